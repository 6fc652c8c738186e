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

/* What has come out, "|" between, and what the messages make of the line that is shown:
 * its end is deleted, the new text is added. */
static char *
take (Rig *rig, GString *shown)
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

    if (gst_structure_has_name (s, "ssmtranslate/partial")) {
      const char *deleted = gst_structure_get_string (s, "deleted");

      g_assert_true (g_str_has_suffix (shown->str, deleted));
      g_string_truncate (shown, shown->len - strlen (deleted));
      g_string_append (shown, gst_structure_get_string (s, "new"));
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

/* A line that follows the messages is the translation, always. */
static void
test_messages (void)
{
  Rig *rig = partial_rig ("local-agreement");
  static const char *const texts[] = { "he", "he wants", "he want to", "he went", "he went home",
    "he went home again" };
  g_autoptr (GString) shown = g_string_new (NULL);
  g_autoptr (GString) pushed = g_string_new (NULL);

  for (guint i = 0; i < G_N_ELEMENTS (texts); i++) {
    g_autofree char *out = NULL;
    GString *line = g_string_new (shown->str + 0);

    push (rig, texts[i], i + 1 == G_N_ELEMENTS (texts));
    g_string_assign (shown, line->str);
    g_string_free (line, TRUE);
    out = take (rig, shown);
    if (*out) {
      g_string_append_printf (pushed, "%s%s", pushed->len ? " " : "", out);
      /* what is committed is out of the messages' hands: a new line begins behind it */
      g_assert_true (g_str_has_prefix (shown->str, out));
      g_string_erase (shown, 0, strlen (out));
      if (shown->len > 0)
        g_string_erase (shown, 0, 1);
    }
  }
  g_assert_cmpstr (shown->str, ==, "");
  g_assert_true (g_str_has_suffix (pushed->str, "HOME AGAIN"));
  rig_free (rig);
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
  g_test_add_func ("/partial/messages", test_messages);
  g_test_add_func ("/partial/off", test_off);
  g_test_add_func ("/partial/ends", test_ends);
  g_test_add_func ("/partial/bus", test_bus);
  return g_test_run ();
}
