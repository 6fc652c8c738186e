/* ssmtranslate: captions that a recogniser still revises
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <string.h>

#include "fake-ssmt.h"
#include "rig.h"

static Rig *
partial_rig (const char *policy)
{
  Rig *rig = rig_new_null ();

  g_object_set (rig->element, "model-path", "en-de", "partial-results", TRUE, NULL);
  gst_util_set_object_arg (G_OBJECT (rig->element), "policy", policy);
  rig->h = gst_harness_new_with_element (rig->element, "sink", "src");
  rig_begin (rig, "utf8");
  return rig;
}

static void
push (Rig *rig, const char *text, gboolean is_final)
{
  GstBuffer *buffer = rig_make_cue (text, 1);

  GST_BUFFER_DURATION (buffer) = strlen (text) * 100 * GST_MSECOND;
  if (!is_final)
    gst_buffer_add_custom_meta (buffer, "SsmTranslateInterimMeta");
  gst_harness_push (rig->h, buffer);
  rig_wait (rig);
}

/* Takes what has come out of the pad, "|" between, and applies the messages to the line as docs/element.md
 * says. `*tail`: what they say may still change; it stays where there are none. */
static char *
take (Rig *rig, SsmtCaptionLine *line, char **tail)
{
  GString *out = g_string_new (NULL);
  GstMessage *message;
  GstBuffer *buffer;

  while ((buffer = gst_harness_try_pull (rig->h))) {
    char text[256] = { 0 };

    gst_buffer_extract (buffer, 0, text, sizeof text - 1);
    g_string_append_printf (out, "%s%s", out->len ? "|" : "", text);
    gst_buffer_unref (buffer);
  }
  while ((message = gst_bus_pop_filtered (rig->bus, GST_MESSAGE_ELEMENT))) {
    const GstStructure *s = gst_message_get_structure (message);
    const char *deleted = gst_structure_get_string (s, "deleted");
    const char *added = gst_structure_get_string (s, "new");
    const char *committed = gst_structure_get_string (s, "committed");
    gboolean is_final = FALSE;

    if (gst_structure_has_name (s, "ssmtranslate/partial")) {
      gst_structure_get_boolean (s, "final", &is_final);
      ssmt_caption_line_apply (line, deleted, added, committed, is_final);
      g_free (*tail);
      *tail = g_strdup (gst_structure_get_string (s, "text"));
    }
    gst_message_unref (message);
  }
  return g_string_free (out, FALSE);
}

/* One row an update: the text, what goes out, what is shown after the last committed. */
typedef struct {
  const char *text, *out;
} Row;

static void
check (const char *policy, const Row *rows, guint n)
{
  Rig *rig = partial_rig (policy);

  for (guint i = 0; i < n; i++) {
    g_autofree char *out = NULL;
    GstBuffer *buffer;

    push (rig, rows[i].text, i + 1 == n);
    {
      GString *all = g_string_new (NULL);

      while ((buffer = gst_harness_try_pull (rig->h))) {
        char text[256] = { 0 };

        gst_buffer_extract (buffer, 0, text, sizeof text - 1);
        g_string_append (all, text);
        gst_buffer_unref (buffer);
      }
      out = g_string_free (all, FALSE);
    }
    g_assert_cmpstr (out, ==, rows[i].out);
  }
  rig_free (rig);
}

static void
test_policies (void)
{
  static const Row final[] = { { "he", "" }, { "he went", "" },
    { "he went home", "HE WENT HOME" } };
  static const Row agreement[] = { { "he", "" }, { "he wants", "HE" }, { "he went", "" },
    { "he went home", "WENT" }, { "he went home", "HOME" } };
  static const Row aligned[] = { { "he", "" }, { "he went", "" }, { "he went home", "HE" },
    { "he went home again", "WENT" }, { "he went home again", "HOME AGAIN" } };

  check ("final", final, G_N_ELEMENTS (final));
  check ("local-agreement", agreement, G_N_ELEMENTS (agreement));
  check ("align-att", aligned, G_N_ELEMENTS (aligned));
}

/* What goes out has times that follow each other, within the caption's. */
static void
test_times (void)
{
  Rig *rig = partial_rig ("local-agreement");
  GstClockTime end = 0;
  GstBuffer *buffer;
  guint n = 0;

  push (rig, "he", FALSE);
  push (rig, "he went", FALSE);
  push (rig, "he went home", FALSE);
  push (rig, "he went home", TRUE);
  while ((buffer = gst_harness_try_pull (rig->h))) {
    g_assert_cmpuint (GST_BUFFER_PTS (buffer), >=, end);
    g_assert_cmpuint (GST_BUFFER_DURATION (buffer), >, 0);
    end = GST_BUFFER_PTS (buffer) + GST_BUFFER_DURATION (buffer);
    n++;
    gst_buffer_unref (buffer);
  }
  g_assert_cmpuint (n, ==, 3);
  rig_free (rig);
}

/* Texts of three lines, the last of each is final. */
static const struct {
  const char *text;
  gboolean is_final;
} lines[] = {
  { "he" },
  { "he wants" },
  { "he wants to" },
  { "he wants to go" },
  { "he wants to get" },
  { "he wants two" },
  { "he wants two dogs", TRUE },
  /* all of it is committed before it is final */
  { "the the" },
  { "the the the" },
  { "the the the", TRUE },
  { "where" },
  { "where is" },
  { "where is she", TRUE },
};

/* A line that follows the messages is what was committed since it began and what may still change, always;
 * what has come out of the pad is what it says is committed. */
static void
test_messages (gconstpointer policy)
{
  Rig *rig = partial_rig (policy);
  g_autoptr (SsmtCaptionLine) line = ssmt_caption_line_new ();
  g_autoptr (GString) pushed = g_string_new (NULL);
  g_autofree char *tail = NULL;

  for (guint i = 0; i < G_N_ELEMENTS (lines); i++) {
    g_autofree char *out = NULL, *shown = NULL;

    push (rig, lines[i].text, lines[i].is_final);
    out = take (rig, line, &tail);
    g_string_append_printf (pushed, "%s%s", pushed->len && *out ? " " : "", out);
    shown = g_strconcat (pushed->str, pushed->len && tail && *tail ? " " : "", tail, NULL);
    g_assert_cmpstr (ssmt_caption_line_get_text (line), ==, shown);
    g_assert_cmpstr (ssmt_caption_line_get_committed (line), ==, pushed->str);
    g_assert_cmpint (ssmt_caption_line_is_final (line), ==, lines[i].is_final);
    if (lines[i].is_final)
      g_string_truncate (pushed, 0);
  }
  rig_free (rig);
}

/* A song of a radio station, the end of a file's other streams, silence: the line goes on. */
static void
test_events (void)
{
  Rig *rig = partial_rig ("final");
  g_autoptr (SsmtCaptionLine) line = ssmt_caption_line_new ();
  g_autofree char *out = NULL, *all = NULL, *tail = NULL;

  push (rig, "he went", FALSE);
  gst_harness_push_event (
      rig->h, gst_event_new_tag (gst_tag_list_new (GST_TAG_TITLE, "a song", NULL)));
  gst_harness_push_event (rig->h, gst_event_new_stream_group_done (1));
  gst_harness_push_event (rig->h, gst_event_new_gap (GST_SECOND, GST_MSECOND));
  rig_wait (rig);
  out = take (rig, line, &tail);
  g_assert_cmpstr (out, ==, "");
  g_assert_false (ssmt_caption_line_is_final (line));
  push (rig, "he went home", TRUE);
  all = take (rig, line, &tail);
  g_assert_cmpstr (all, ==, "HE WENT HOME");

  /* the next text is in another language */
  push (rig, "he went", FALSE);
  gst_harness_push_event (
      rig->h, gst_event_new_tag (gst_tag_list_new (GST_TAG_LANGUAGE_CODE, "en", NULL)));
  rig_wait (rig);
  g_free (out);
  out = take (rig, line, &tail);
  g_assert_cmpstr (out, ==, "HE WENT");
  rig_free (rig);
}

/* What is forgotten by a flush is taken back from the screen, but for what stands. */
static void
test_taken_back (void)
{
  Rig *rig = partial_rig ("align-att");
  g_autoptr (SsmtCaptionLine) line = ssmt_caption_line_new ();
  g_autofree char *out = NULL, *after = NULL, *tail = NULL;

  push (rig, "he went home again", FALSE);
  out = take (rig, line, &tail);
  g_assert_cmpstr (out, ==, "HE WENT");
  g_assert_cmpstr (ssmt_caption_line_get_text (line), ==, "HE WENT HOME AGAIN");
  rig_play (rig, "FLUSH SEGMENT WAIT");
  after = take (rig, line, &tail);
  g_assert_cmpstr (ssmt_caption_line_get_text (line), ==, "HE WENT");
  g_assert_true (ssmt_caption_line_is_final (line));
  rig_free (rig);
}

/* Who has missed a message shows what can be known. */
static void
test_missed (void)
{
  g_autoptr (SsmtCaptionLine) line = ssmt_caption_line_new (), copy = NULL;

  g_assert_true (ssmt_caption_line_apply (line, "", "one two", "one", FALSE));
  copy = ssmt_caption_line_copy (line);
  g_assert_false (ssmt_caption_line_apply (line, "nothing like it", "three", "", FALSE));
  g_assert_cmpstr (ssmt_caption_line_get_text (line), ==, "one three");
  g_assert_false (ssmt_caption_line_apply (line, "", "", "nor this", TRUE));
  g_assert_cmpstr (ssmt_caption_line_get_text (line), ==, "one nor this");
  g_assert_cmpstr (ssmt_caption_line_get_text (copy), ==, "one two");
  g_assert_true (ssmt_caption_line_apply (line, "", "new", "", FALSE));
  g_assert_cmpstr (ssmt_caption_line_get_text (line), ==, "new");
}

/* Without the property interim text is not for us; it never goes out as it is. */
static void
test_off (void)
{
  Rig *rig = partial_rig ("local-agreement");

  g_object_set (rig->element, "partial-results", FALSE, NULL);
  push (rig, "he", FALSE);
  push (rig, "he", FALSE);
  g_assert_cmpuint (gst_harness_buffers_in_queue (rig->h), ==, 0);
  push (rig, "he", TRUE);
  g_assert_cmpuint (gst_harness_buffers_in_queue (rig->h), ==, 1);
  rig_free (rig);
}

/* No final text comes: the event, or EOS, ends it. A flush forgets it. */
static void
test_ends (void)
{
  Rig *rig = partial_rig ("final");
  g_autofree char *log = NULL, *after = NULL;

  push (rig, "he went", FALSE);
  rig_play (rig, "CUSTOM:rstranscribe/final-transcript WAIT");
  log = rig_take_log (rig);
  g_assert_true (g_str_has_suffix (log, "HE WENT rstranscribe/final-transcript"));
  push (rig, "no more", FALSE);
  rig_play (rig, "FLUSH SEGMENT one WAIT");
  after = rig_take_log (rig);
  g_assert_null (strstr (after, "MORE"));
  rig_free (rig);
}

/* As pocketsphinx does it, upstream in the same bin. */
static void
test_bus (void)
{
  GstElement *pipeline = gst_pipeline_new (NULL);
  GstElement *source = gst_element_factory_make ("appsrc", NULL);
  GstElement *other = gst_element_factory_make ("identity", NULL);
  GstElement *element = gst_element_factory_make ("ssmtranslate", NULL);
  GstElement *sink = gst_element_factory_make ("fakesink", NULL);
  g_autoptr (GstCaps) caps = gst_caps_from_string ("text/x-raw,format=utf8");
  g_autoptr (GstBus) bus = gst_element_get_bus (pipeline);
  g_autoptr (GstBuffer) first = rig_make_cue ("first", 0);
  GstMessage *message = NULL;
  gboolean seen = FALSE;
  GstFlowReturn ret;

  fake_reset ();
  g_object_set (source, "caps", caps, "format", GST_FORMAT_TIME, NULL);
  g_object_set (element, "model-path", "en-de", "partial-results", TRUE, NULL);
  g_object_set (sink, "async", FALSE, NULL);
  gst_bin_add_many (GST_BIN (pipeline), source, other, element, sink, NULL);
  g_assert_true (gst_element_link_many (source, other, element, sink, NULL));
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  g_signal_emit_by_name (source, "push-buffer", first, &ret);
  g_assert_cmpint (ret, ==, GST_FLOW_OK);
  while (g_atomic_int_get (&fake.n_segments) == 0)
    g_usleep (1000);
  gst_element_post_message (sink,
      gst_message_new_element (GST_OBJECT (sink),
          gst_structure_new ("pocketsphinx", "final", G_TYPE_BOOLEAN, FALSE, "hypothesis",
              G_TYPE_STRING, "not upstream", NULL)));
  gst_element_post_message (source,
      gst_message_new_element (GST_OBJECT (source),
          gst_structure_new ("pocketsphinx", "final", G_TYPE_BOOLEAN, FALSE, "hypothesis",
              G_TYPE_STRING, "go on", NULL)));
  while (!seen
      && (message = gst_bus_timed_pop_filtered (
              bus, 5 * GST_SECOND, GST_MESSAGE_ELEMENT | GST_MESSAGE_EOS | GST_MESSAGE_ERROR))) {
    const GstStructure *s = gst_message_get_structure (message);

    if (s && gst_structure_has_name (s, "ssmtranslate/partial")) {
      g_assert_cmpstr (gst_structure_get_string (s, "new"), ==, "GO ON");
      seen = TRUE;
    }
    g_assert_cmpint (GST_MESSAGE_TYPE (message), ==, GST_MESSAGE_ELEMENT);
    gst_message_unref (message);
  }
  g_assert_true (seen);
  gst_element_set_state (pipeline, GST_STATE_NULL);
  gst_object_unref (pipeline);
}

int
main (int argc, char **argv)
{
  rig_init (&argc, &argv);
  g_test_add_func ("/partial/policies", test_policies);
  g_test_add_func ("/partial/times", test_times);
  g_test_add_data_func ("/partial/messages/final", "final", test_messages);
  g_test_add_data_func ("/partial/messages/agreement", "local-agreement", test_messages);
  g_test_add_data_func ("/partial/messages/aligned", "align-att", test_messages);
  g_test_add_func ("/partial/events", test_events);
  g_test_add_func ("/partial/taken-back", test_taken_back);
  g_test_add_func ("/partial/missed", test_missed);
  g_test_add_func ("/partial/off", test_off);
  g_test_add_func ("/partial/ends", test_ends);
  g_test_add_func ("/partial/bus", test_bus);
  return g_test_run ();
}
