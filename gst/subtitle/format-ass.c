/* ssm-subtitle: Advanced SubStation Alpha, and SSA before it
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Only the last field of a "Dialogue:" line is text; all else stays as it is, styles, fonts, comments.
 */
#include "format-ass.h"
#include "ass-codes.h"

#include <string.h>

#include <gio/gio.h>

#include "inline.h"

/* Fields of "Format:" in [Events]. */
typedef struct {
  gint start, end, n;
} Fields;

/* --- the text of an event -------------------------------------------------- */

/* A unit's style: the states that its spans are, (element-type AssState); the one without a span is the first. */
static void
free_states (gpointer data)
{
  g_ptr_array_unref (data);
}

static void
add_state (GPtrArray *states, const AssState *state, SubText *text, gint *open)
{
  g_autofree char *key = ass_state_key (state), *base = ass_state_key (states->pdata[0]);
  gint span;

  sub_text_close (text, *open);
  *open = -1;
  if (strcmp (key, base) == 0)
    return;
  span = sub_text_add_span (text, key, "");
  if (span >= 0 && (guint) span + 1 == states->len)
    g_ptr_array_add (states, ass_state_copy (state));
  sub_text_open (text, span);
  *open = span;
}

/* Bytes of the character at `p`, which may be "\N". */
static gsize
read_char (const char *p, const char *end, gunichar *c)
{
  *c = g_utf8_get_char (p);
  if (*p != '\\' || p + 1 == end)
    return g_utf8_next_char (p) - p;
  if (p[1] == 'N' || p[1] == 'n')
    *c = p[1] == 'N' ? '\n' : ' ';
  else if (p[1] == 'h')
    *c = 0xa0;
  else if (p[1] == '{' || p[1] == '}')
    *c = p[1];
  else
    return 1;
  return 2;
}

typedef struct {
  AssState *state;
  GPtrArray *states; /* NULL: no text yet */
  GString *line;     /* codes of the whole cue */
  SubText *text;
  gint open;
  gboolean draws;
} Reader;

static gsize
read_block (Reader *reader, const char *p, const char *end)
{
  const char *close = memchr (p, '}', end - p);

  if (!close)
    return 0;
  ass_codes_apply (p + 1, close - p - 1, reader->state, reader->line);
  reader->draws |= ass_state_draws (reader->state);
  if (reader->states)
    add_state (reader->states, reader->state, reader->text, &reader->open);
  return close + 1 - p;
}

static void
read_event (Reader *reader, const char *p, const char *end)
{
  while (p < end && !reader->draws) {
    gsize n = *p == '{' ? read_block (reader, p, end) : 0;
    gunichar c;

    if (n == 0) {
      n = read_char (p, end, &c);
      if (!reader->states && !g_unichar_isspace (c)) {
        reader->states = g_ptr_array_new_with_free_func ((GDestroyNotify) g_ptr_array_unref);
        g_ptr_array_add (reader->states, ass_state_copy (reader->state));
      }
      sub_text_add_char (reader->text, c);
    }
    p += n;
  }
}

void
sub_ass_read_text (
    SubDocument *self, const char *text, gsize length, GstClockTime start, GstClockTime end)
{
  g_autoptr (GString) line = g_string_new (NULL);
  g_autoptr (GPtrArray) state = ass_state_new ();
  Reader reader = { .state = state, .line = line, .text = sub_text_new (), .open = -1 };
  gint cue = self->n_cues;

  read_event (&reader, text, text + length);
  if (reader.draws || !reader.states) {
    sub_document_add_piece (self, g_strndup (text, length), cue);
    sub_text_free (reader.text);
    g_clear_pointer (&reader.states, g_ptr_array_unref);
    return;
  }
  {
    const AssState nothing = { NULL, 0 };
    SubUnit unit = { start, end, reader.text, reader.states, free_states };

    ass_state_write_change (&nothing, reader.states->pdata[0], line);
    if (line->len > 0)
      sub_document_add_piece (self, g_strdup (line->str), cue);
    sub_document_add_unit (self, unit, cue);
  }
}

/* --- lines ---------------------------------------------------------------- */

static Fields
read_fields (const char *line, gsize length)
{
  g_autofree char *text = g_strndup (line, length);
  g_auto (GStrv) names = g_strsplit (text, ",", 64);
  Fields fields = { -1, -1, 0 };

  for (gint i = 0; names[i]; i++) {
    g_strstrip (names[i]);
    if (g_ascii_strcasecmp (names[i], "Start") == 0)
      fields.start = i;
    else if (g_ascii_strcasecmp (names[i], "End") == 0)
      fields.end = i;
    fields.n++;
  }
  return fields;
}

/* Where the last field of "Dialogue:" begins; NULL: it has fewer. `line` ends with a NUL or '\n'. */
static const char *
find_text (
    const char *line, gsize length, const Fields *fields, GstClockTime *start, GstClockTime *end)
{
  const char *p = line, *stop = line + length;

  *start = *end = GST_CLOCK_TIME_NONE;
  for (gint i = 0; i + 1 < fields->n; i++) {
    const char *comma = memchr (p, ',', stop - p);

    if (!comma)
      return NULL;
    p += strspn (p, " \t");
    if (i == fields->start)
      *start = sub_time_read (p, NULL);
    else if (i == fields->end)
      *end = sub_time_read (p, NULL);
    p = comma + 1;
  }
  return p;
}

static gboolean
has_prefix (const SubLine *line, const char *prefix)
{
  gsize n = strlen (prefix);

  return line->length >= n && g_ascii_strncasecmp (line->start, prefix, n) == 0;
}

static gboolean
read_ass (SubDocument *self, const char *text, GError **error)
{
  g_autoptr (GArray) lines = sub_lines_new (text);
  Fields fields = { 1, 2, 10 };
  const char *verbatim = text;
  gboolean in_events = FALSE;

  for (guint i = 0; i < lines->len; i++) {
    const SubLine *line = &g_array_index (lines, SubLine, i);
    GstClockTime start, end;
    const char *last = NULL;

    if (line->length > 0 && line->start[0] == '[')
      in_events = has_prefix (line, "[Events]");
    else if (in_events && has_prefix (line, "Format:"))
      fields = read_fields (line->start + 7, line->length - 7);
    else if (in_events && has_prefix (line, "Dialogue:"))
      last = find_text (line->start + 9, line->length - 9, &fields, &start, &end);
    if (!last)
      continue;
    sub_document_add_piece (self, g_strndup (verbatim, last - verbatim), -1);
    verbatim = line->start + line->length;
    sub_ass_read_text (self, last, verbatim - last, start, end);
  }
  sub_document_add_piece (self, g_strdup (verbatim), -1);
  return TRUE;
}

/* --- writing -------------------------------------------------------------- */

static void
write_char (GString *out, gunichar c)
{
  if (c == '\n')
    g_string_append (out, "\\N");
  else if (c == 0xa0)
    g_string_append (out, "\\h");
  else if (c == '{' || c == '}')
    g_string_append_printf (out, "\\%c", (char) c);
  else
    g_string_append_unichar (out, c);
}

static char *
write_unit (const SubUnit *unit, const char *markup)
{
  const GPtrArray *states = unit->style;
  g_autoptr (GArray) tokens = sub_text_tokens (markup);
  const AssState *last = states->pdata[0];
  GString *out = g_string_new (NULL);

  for (guint i = 0; i < tokens->len; i++) {
    const SubToken *token = &g_array_index (tokens, SubToken, i);
    guint number = token->span + 1;
    const AssState *state = number < states->len ? states->pdata[number] : states->pdata[0];

    if (token->opens || token->closes)
      continue;
    if (!g_unichar_isspace (token->c)) {
      ass_state_write_change (last, state, out);
      last = state;
    }
    write_char (out, token->c);
  }
  return g_string_free (out, FALSE);
}

const SubFormat sub_format_ass = { "ass", ".ass .ssa ", read_ass, write_unit, NULL };
