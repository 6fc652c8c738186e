/* ssmt-live: the captions that are shown
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "live-hub.h"

#include <string.h>

#include "live-json.h"

#define READ_BYTES 65536

typedef struct {
  guint64 change; /* number of the last one */
  guint stream;
  guint64 number; /* in its stream, from 1 on */
  char *committed, *tail;
  gboolean is_final;
  LiveTime time;
} Line;

typedef struct {
  char *id, *language;
  Line *open; /* one of `lines`; NULL: the next text begins a line */
  guint64 n_lines;
} Stream;

struct _LiveHub {
  GMutex lock;
  LiveHubFunc changed;
  gpointer data;
  char *epoch;     /* of this process: numbers begin anew with it */
  GArray *streams; /* of Stream */
  GQueue lines;    /* of Line, in the order of their last change */
  guint64 change, state;
  char *status, *message;
};

static void
line_free (gpointer data)
{
  Line *line = data;

  g_free (line->committed);
  g_free (line->tail);
  g_free (line);
}

static void
stream_clear (gpointer data)
{
  Stream *stream = data;

  g_free (stream->id);
  g_free (stream->language);
}

LiveHub *
live_hub_new (LiveHubFunc changed, gpointer data)
{
  LiveHub *hub = g_new0 (LiveHub, 1);

  g_mutex_init (&hub->lock);
  hub->changed = changed;
  hub->data = data;
  hub->epoch = g_strdup_printf ("%" G_GINT64_MODIFIER "x", g_get_real_time ());
  hub->streams = g_array_new (FALSE, TRUE, sizeof (Stream));
  g_array_set_clear_func (hub->streams, stream_clear);
  g_queue_init (&hub->lines);
  hub->status = g_strdup ("starting");
  hub->message = g_strdup ("");
  hub->state = 1;
  return hub;
}

void
live_hub_free (LiveHub *hub)
{
  if (!hub)
    return;
  g_queue_clear_full (&hub->lines, line_free);
  g_array_unref (hub->streams);
  g_free (hub->epoch);
  g_free (hub->status);
  g_free (hub->message);
  g_mutex_clear (&hub->lock);
  g_free (hub);
}

/* --- streams -------------------------------------------------------------- */

static Stream *
get_stream (LiveHub *hub, guint stream)
{
  return &g_array_index (hub->streams, Stream, stream);
}

guint
live_hub_add_stream (LiveHub *hub, const char *id, const char *language)
{
  Stream stream = { g_strdup (id), g_strdup (language ? language : ""), NULL, 0 };
  guint n;

  g_mutex_lock (&hub->lock);
  g_array_append_val (hub->streams, stream);
  n = hub->streams->len - 1;
  hub->state++;
  g_mutex_unlock (&hub->lock);
  return n;
}

void
live_hub_set_language (LiveHub *hub, guint stream, const char *language)
{
  gboolean is_new;

  g_mutex_lock (&hub->lock);
  is_new = strcmp (get_stream (hub, stream)->language, language) != 0;
  if (is_new) {
    g_free (get_stream (hub, stream)->language);
    get_stream (hub, stream)->language = g_strdup (language);
    hub->state++;
  }
  g_mutex_unlock (&hub->lock);
  if (is_new)
    hub->changed (hub->data);
}

void
live_hub_set_status (LiveHub *hub, const char *state, const char *message)
{
  g_mutex_lock (&hub->lock);
  if (strcmp (hub->status, "error") != 0) {
    g_free (hub->status);
    g_free (hub->message);
    hub->status = g_strdup (state);
    hub->message = g_utf8_make_valid (message, -1);
    hub->state++;
  }
  g_mutex_unlock (&hub->lock);
  hub->changed (hub->data);
}

/* --- lines ---------------------------------------------------------------- */

/* Where the source was when it came to `place`. */
static void
find_times (LiveHub *hub, LiveTime *time)
{
  const Line *found = NULL;

  for (GList *link = hub->lines.tail; link; link = link->prev) {
    const Line *line = link->data;

    if (line->stream == 0 && line->time.place <= time->place
        && (!found || line->number > found->number))
      found = line;
  }
  if (!found)
    return;
  time->start = found->time.start;
  time->end = found->time.end;
}

/* The open line, or a new one, as the last of all. */
static Line *
take_line (LiveHub *hub, guint n, const LiveTime *time)
{
  Stream *stream = get_stream (hub, n);
  Line *line = stream->open;

  if (line) {
    g_queue_remove (&hub->lines, line);
    line->time.end = time->end;
  } else {
    line = stream->open = g_new0 (Line, 1);
    line->stream = n;
    line->number = ++stream->n_lines;
    line->time = *time;
  }
  g_queue_push_tail (&hub->lines, line);
  return line;
}

/* Lines that still grow stay. */
static void
forget_lines (LiveHub *hub)
{
  GList *link = hub->lines.head;

  while (link && hub->lines.length > LIVE_HUB_LINES * hub->streams->len) {
    GList *next = link->next;
    Line *line = link->data;

    if (line->is_final) {
      line_free (line);
      g_queue_delete_link (&hub->lines, link);
    }
    link = next;
  }
}

/* Valid, and no more than a line may have. */
static char *
dup_text (const char *text)
{
  gsize length = strlen (text);

  if (length > LIVE_HUB_LINE_BYTES) {
    length = LIVE_HUB_LINE_BYTES;
    while (length > 0 && ((guchar) text[length] & 0xc0) == 0x80)
      length--;
  }
  return g_utf8_make_valid (text, length);
}

static void
show (LiveHub *hub, guint stream, const char *committed, const char *tail, gboolean is_final,
    const LiveTime *time)
{
  LiveTime times = *time;
  Line *line;

  if (stream > 0)
    find_times (hub, &times);
  line = take_line (hub, stream, &times);
  g_free (line->committed);
  g_free (line->tail);
  line->committed = dup_text (committed);
  line->tail = dup_text (tail);
  line->change = ++hub->change;
  line->is_final = is_final;
  if (is_final)
    get_stream (hub, stream)->open = NULL;
  forget_lines (hub);
}

void
live_hub_show (LiveHub *hub, guint stream, const char *committed, const char *tail,
    gboolean is_final, const LiveTime *time)
{
  gboolean is_shown;

  g_mutex_lock (&hub->lock);
  is_shown = *committed || *tail || get_stream (hub, stream)->open;
  if (is_shown)
    show (hub, stream, committed, tail, is_final, time);
  g_mutex_unlock (&hub->lock);
  if (is_shown)
    hub->changed (hub->data);
}

/* --- readers -------------------------------------------------------------- */

LiveReader
live_hub_get_reader (LiveHub *hub, const char *last_id)
{
  gsize length = strlen (hub->epoch);
  LiveReader reader = { 0 };

  if (!last_id || strncmp (last_id, hub->epoch, length) != 0 || last_id[length] != '-')
    return reader;
  g_mutex_lock (&hub->lock);
  if (!g_ascii_string_to_unsigned (last_id + length + 1, 10, 0, hub->change, &reader.change, NULL))
    reader.change = 0;
  g_mutex_unlock (&hub->lock);
  return reader;
}

static void
write_state (LiveHub *hub, GString *out)
{
  g_string_append (out, "event: streams\ndata: ");
  live_json_begin (out, NULL, '{');
  live_json_add_string (out, "epoch", hub->epoch);
  live_json_begin (out, "streams", '[');
  for (guint i = 0; i < hub->streams->len; i++) {
    live_json_begin (out, NULL, '{');
    live_json_add_string (out, "id", get_stream (hub, i)->id);
    live_json_add_string (out, "language", get_stream (hub, i)->language);
    live_json_add_boolean (out, "source", i == 0);
    live_json_end (out, '}');
  }
  live_json_end (out, ']');
  live_json_end (out, '}');
  g_string_append (out, "\n\nevent: status\ndata: ");
  live_json_begin (out, NULL, '{');
  live_json_add_string (out, "state", hub->status);
  live_json_add_string (out, "message", hub->message);
  live_json_end (out, '}');
  g_string_append (out, "\n\n");
}

static void
write_line (LiveHub *hub, const Line *line, GString *out)
{
  g_string_append_printf (out, "id: %s-%" G_GUINT64_FORMAT "\ndata: ", hub->epoch, line->change);
  live_json_begin (out, NULL, '{');
  live_json_add_string (out, "stream", get_stream (hub, line->stream)->id);
  live_json_add_count (out, "line", line->number);
  live_json_add_string (out, "committed", line->committed);
  live_json_add_string (out, "tail", line->tail);
  live_json_add_boolean (out, "final", line->is_final);
  if (line->time.start >= 0)
    live_json_add_seconds (out, "start", line->time.start);
  if (line->time.end >= 0)
    live_json_add_seconds (out, "end", line->time.end);
  live_json_end (out, '}');
  g_string_append (out, "\n\n");
}

/* The first line behind the change that the reader knows. */
static GList *
find_line (LiveHub *hub, const LiveReader *reader)
{
  GList *found = NULL;

  for (GList *link = hub->lines.tail; link; link = link->prev) {
    if (((const Line *) link->data)->change <= reader->change)
      break;
    found = link;
  }
  return found;
}

char *
live_hub_read (LiveHub *hub, LiveReader *reader)
{
  g_autoptr (GString) out = g_string_new (NULL);

  g_mutex_lock (&hub->lock);
  if (reader->state < hub->state)
    write_state (hub, out);
  reader->state = hub->state;
  for (GList *link = find_line (hub, reader); link && out->len < READ_BYTES; link = link->next) {
    const Line *line = link->data;

    write_line (hub, line, out);
    reader->change = line->change;
  }
  g_mutex_unlock (&hub->lock);
  return out->len > 0 ? g_string_free (g_steal_pointer (&out), FALSE) : NULL;
}
