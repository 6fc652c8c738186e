/* ssmtranslate: a harness that writes down what leaves the element
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "rig.h"

#include <stdlib.h>
#include <string.h>

#include "gstssmtranslate.h"

void
rig_init (int *argc, char ***argv)
{
  g_test_init (argc, argv, NULL);
  gst_init (argc, argv);
  g_assert_true (GST_ELEMENT_REGISTER (ssmtranslate, NULL));
}

void
rig_allow_warnings (gboolean allow)
{
  g_log_set_always_fatal (
      G_LOG_FATAL_MASK | G_LOG_LEVEL_CRITICAL | (allow ? 0 : G_LOG_LEVEL_WARNING));
}

/* --- log -------------------------------------------------------------------- */

static char *
describe_event (GstEvent *event)
{
  GstCaps *caps;
  GstTagList *tags;
  g_autofree char *code = NULL;

  switch (GST_EVENT_TYPE (event)) {
    case GST_EVENT_CAPS:
      gst_event_parse_caps (event, &caps);
      return g_strdup_printf (
          "caps:%s", gst_structure_get_string (gst_caps_get_structure (caps, 0), "format"));
    case GST_EVENT_TAG:
      gst_event_parse_tag (event, &tags);
      gst_tag_list_get_string (tags, GST_TAG_LANGUAGE_CODE, &code);
      return g_strdup_printf ("tag:%s", code ? code : "-");
    case GST_EVENT_CUSTOM_DOWNSTREAM:
      return g_strdup (gst_structure_get_name (gst_event_get_structure (event)));
    default:
      return g_strdup (GST_EVENT_TYPE_NAME (event));
  }
}

static char *
dup_buffer_text (GstBuffer *buffer)
{
  gsize size = gst_buffer_get_size (buffer);
  char *text = g_malloc0 (size + 1);

  gst_buffer_extract (buffer, 0, text, size);
  return text;
}

static GstPadProbeReturn
write_down (GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
  Rig *rig = data;
  g_autofree char *what = NULL;

  if (GST_PAD_PROBE_INFO_TYPE (info) & GST_PAD_PROBE_TYPE_BUFFER)
    what = dup_buffer_text (GST_PAD_PROBE_INFO_BUFFER (info));
  else
    what = describe_event (GST_PAD_PROBE_INFO_EVENT (info));
  g_mutex_lock (&rig->lock);
  g_string_append_printf (rig->log, "%s%s", rig->log->len ? " " : "", *what ? what : "(empty)");
  g_mutex_unlock (&rig->lock);
  return GST_PAD_PROBE_OK;
}

char *
rig_take_log (Rig *rig)
{
  char *log;

  g_mutex_lock (&rig->lock);
  log = g_strdup (rig->log->str);
  g_string_truncate (rig->log, 0);
  g_mutex_unlock (&rig->lock);
  return log;
}

guint
rig_count_words (const char *text, const char *word)
{
  g_auto (GStrv) words = g_strsplit (text, " ", -1);
  guint n = 0;

  for (guint i = 0; words[i]; i++)
    n += g_str_equal (words[i], word);
  return n;
}

char *
rig_wait_for_log (Rig *rig, guint n_eos, const char *end)
{
  for (guint i = 0; i < 10000; i++) {
    gboolean done;

    g_mutex_lock (&rig->lock);
    done = end ? g_str_has_suffix (rig->log->str, end)
               : rig_count_words (rig->log->str, "eos") >= n_eos;
    g_mutex_unlock (&rig->lock);
    if (done)
      return rig_take_log (rig);
    g_usleep (1000);
  }
  g_test_message ("so far: %s", rig->log->str);
  g_assert_not_reached ();
}

char *
rig_wait_for_eos (Rig *rig, guint n_eos)
{
  return rig_wait_for_log (rig, n_eos, NULL);
}

void
rig_wait_for_count (gint *counter, gint value)
{
  for (guint i = 0; g_atomic_int_get (counter) < value; i++) {
    g_assert_cmpuint (i, <, 10000);
    g_usleep (1000);
  }
}

void
rig_assert_faster (gint64 start, guint ms)
{
  gint64 took = (g_get_monotonic_time () - start) / 1000;

  g_test_message ("took %" G_GINT64_FORMAT " ms", took);
  g_assert_cmpint (took, <, ms);
}

/* --- life --------------------------------------------------------------------- */

/* A message about a context keeps the model alive. */
static GstBusSyncReply
drop_contexts (GstBus *bus, GstMessage *message, gpointer data)
{
  if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_HAVE_CONTEXT
      || GST_MESSAGE_TYPE (message) == GST_MESSAGE_NEED_CONTEXT) {
    gst_message_unref (message);
    return GST_BUS_DROP;
  }
  return GST_BUS_PASS;
}

Rig *
rig_new_null (void)
{
  Rig *rig = g_new0 (Rig, 1);
  GstPad *pad;

  rig->element = gst_object_ref_sink (gst_element_factory_make ("ssmtranslate", NULL));
  rig->bus = gst_bus_new ();
  gst_bus_set_sync_handler (rig->bus, drop_contexts, NULL, NULL);
  gst_element_set_bus (rig->element, rig->bus);
  g_mutex_init (&rig->lock);
  rig->log = g_string_new (NULL);
  pad = gst_element_get_static_pad (rig->element, "src");
  gst_pad_add_probe (pad,
      GST_PAD_PROBE_TYPE_BUFFER | GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM
          | GST_PAD_PROBE_TYPE_EVENT_FLUSH,
      write_down, rig, NULL);
  gst_object_unref (pad);
  return rig;
}

Rig *
rig_new (const char *path)
{
  Rig *rig = rig_new_null ();

  g_object_set (rig->element, "model-path", path ? path : "en-de", NULL);
  rig->h = gst_harness_new_with_element (rig->element, "sink", "src");
  return rig;
}

void
rig_free (Rig *rig)
{
  /* before the harness: it answers queries until it is gone, and a while longer */
  gst_element_set_state (rig->element, GST_STATE_NULL);
  if (rig->h)
    gst_harness_teardown (rig->h);
  gst_element_set_bus (rig->element, NULL);
  gst_object_unref (rig->element);
  gst_object_unref (rig->bus);
  g_mutex_clear (&rig->lock);
  g_string_free (rig->log, TRUE);
  g_free (rig);
}

/* --- what goes in ---------------------------------------------------------------- */

static void
push_event (Rig *rig, GstEvent *event)
{
  gst_harness_push_event (rig->h, event);
}

static void
push_caps (Rig *rig, const char *format)
{
  GstCaps *caps = gst_caps_new_simple ("text/x-raw", "format", G_TYPE_STRING, format, NULL);

  push_event (rig, gst_event_new_caps (caps));
  gst_caps_unref (caps);
}

static void
push_segment (Rig *rig, const char *fields)
{
  g_auto (GStrv) numbers = g_strsplit (fields, ",", 5);
  guint64 *members[4];
  GstSegment segment;

  gst_segment_init (&segment, GST_FORMAT_TIME);
  members[0] = &segment.start;
  members[1] = &segment.stop;
  members[2] = &segment.time;
  members[3] = &segment.base;
  if (numbers[0])
    segment.rate = g_ascii_strtod (numbers[0], NULL);
  for (guint i = 1; numbers[0] && numbers[i]; i++)
    *members[i - 1] = g_str_equal (numbers[i], "-")
        ? GST_CLOCK_TIME_NONE
        : g_ascii_strtoull (numbers[i], NULL, 10) * GST_SECOND;
  push_event (rig, gst_event_new_segment (&segment));
}

void
rig_begin (Rig *rig, const char *format)
{
  push_event (rig, gst_event_new_stream_start ("one"));
  push_caps (rig, format);
  push_segment (rig, "");
}

GstBuffer *
rig_make_cue (const char *text, guint n)
{
  GstBuffer *buffer = *text ? gst_buffer_new_memdup (text, strlen (text)) : gst_buffer_new ();

  GST_BUFFER_PTS (buffer) = n * GST_SECOND;
  GST_BUFFER_DURATION (buffer) = 500 * GST_MSECOND;
  return buffer;
}

void
rig_wait (Rig *rig)
{
  GstQuery *query = gst_query_new_drain ();

  gst_pad_peer_query (rig->h->srcpad, query);
  gst_query_unref (query);
}

char *
rig_pull_text (Rig *rig)
{
  GstBuffer *buffer = gst_harness_pull (rig->h);
  char *text;

  g_assert_nonnull (buffer);
  text = dup_buffer_text (buffer);
  gst_buffer_unref (buffer);
  return text;
}

/* WORD:argument; a `_` in a cue is a space, and "@9" behind it says that it begins at
 * second 9. */
static void
play_word (Rig *rig, const char *word, guint n)
{
  g_auto (GStrv) parts = g_strsplit (word, ":", 2);
  const char *argument = parts[1];
  const char *second = strchr (word, '@');
  g_autofree char *text = g_strdelimit (g_strdup (argument ? argument : word), "_", ' ');
  GstBuffer *cue;

  if (second) {
    *strchr (text, '@') = '\0';
    n = strtoul (second + 1, NULL, 10);
  }
  if (g_str_equal (parts[0], "BEGIN")) {
    rig_begin (rig, argument);
  } else if (g_str_equal (parts[0], "STREAM")) {
    push_event (rig, gst_event_new_stream_start (argument));
  } else if (g_str_equal (parts[0], "CAPS")) {
    push_caps (rig, argument);
  } else if (g_str_equal (parts[0], "SEGMENT")) {
    push_segment (rig, argument ? argument : "");
  } else if (g_str_equal (parts[0], "GAP")) {
    push_event (rig, gst_event_new_gap (n * GST_SECOND, GST_SECOND));
  } else if (g_str_equal (parts[0], "TAG")) {
    push_event (rig, gst_event_new_tag (gst_tag_list_new (GST_TAG_LANGUAGE_CODE, argument, NULL)));
  } else if (g_str_equal (parts[0], "TITLE")) {
    push_event (rig, gst_event_new_tag (gst_tag_list_new (GST_TAG_TITLE, argument, NULL)));
  } else if (g_str_equal (parts[0], "CUSTOM")) {
    push_event (rig,
        gst_event_new_custom (GST_EVENT_CUSTOM_DOWNSTREAM, gst_structure_new_empty (argument)));
  } else if (g_str_equal (parts[0], "EOS")) {
    push_event (rig, gst_event_new_eos ());
  } else if (g_str_equal (parts[0], "FLUSH")) {
    push_event (rig, gst_event_new_flush_start ());
    push_event (rig, gst_event_new_flush_stop (TRUE));
  } else if (g_str_equal (parts[0], "WAIT")) {
    rig_wait (rig);
  } else if (g_str_equal (parts[0], "EMPTY")) {
    gst_harness_push (rig->h, rig_make_cue ("", n));
  } else {
    cue = rig_make_cue (text, n);
    if (g_str_equal (parts[0], "DISCONT"))
      GST_BUFFER_FLAG_SET (cue, GST_BUFFER_FLAG_DISCONT);
    gst_harness_push (rig->h, cue);
  }
}

void
rig_play (Rig *rig, const char *script)
{
  g_auto (GStrv) words = g_strsplit (script, " ", -1);

  for (guint i = 0; words[i]; i++)
    play_word (rig, words[i], i);
}

/* --- bus ----------------------------------------------------------------------------- */

char *
rig_pop_message (Rig *rig, GstMessageType type)
{
  GstMessage *message = gst_bus_pop_filtered (rig->bus, type);
  GError *error = NULL;
  char *text;

  if (!message)
    return NULL;
  switch (type) {
    case GST_MESSAGE_ERROR:
      gst_message_parse_error (message, &error, NULL);
      break;
    case GST_MESSAGE_WARNING:
      gst_message_parse_warning (message, &error, NULL);
      break;
    default:
      break;
  }
  text = error
      ? g_strdup_printf ("%s %d %s", g_quark_to_string (error->domain), error->code, error->message)
      : g_strdup (GST_MESSAGE_TYPE_NAME (message));
  g_clear_error (&error);
  gst_message_unref (message);
  return text;
}
