/* ssmtranslate: sentences over cues
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <gst/check/gsttestclock.h>

#include <string.h>

#include "fake-ssmt.h"
#include "rig.h"

static Rig *
sentence_rig (void)
{
  Rig *rig = rig_new (NULL);

  g_object_set (rig->element, "segmentation", 1, NULL);
  /* a file: nothing is due */
  gst_harness_set_live (rig->h, FALSE);
  return rig;
}

/* The n-th word is a cue at second n, half a second long. */
static const struct {
  const char *script, *log;
} scripts[] = {
  /* one segment for the engine, one cue for each */
  { "he_went home. WAIT", "1:HE WENT|HOME." },
  { "he went home. WAIT", "1:HE|WENT|HOME." },
  { "yes. no. WAIT", "1:YES.|2:NO." },
  /* the second sentence begins in the first cue */
  { "Yes._He went. WAIT", "1:YES. 2:HE|WENT." },
  /* what ends a wait */
  { "he went EOS", "1:HE|WENT|eos" },
  { "he went SEGMENT home WAIT", "1:HE|WENT|segment|2:HOME" },
  { "he CUSTOM:rstranscribe/final-transcript went WAIT",
      "1:HE|rstranscribe/final-transcript|2:WENT" },
  { "he went CUSTOM:rstranscribe/speaker-change no WAIT",
      "1:HE|WENT|rstranscribe/speaker-change|2:NO" },
  { "he GAP went GAP GAP WAIT", "1:HE|gap|2:WENT|gap|gap" },
  { "he WAIT went WAIT", "1:HE|2:WENT" },
  { "he CAPS:pango-markup went WAIT", "1:HE|caps:pango-markup|2:WENT" },
  { "he STREAM:two went WAIT", "1:HE|stream-start|1:WENT" },
  { "he DISCONT:went WAIT", "1:HE|1:WENT" },
  { "he EMPTY went WAIT", "1:HE|(empty)|2:WENT" },
  /* signs and speakers stand for themselves */
  { "he -_yes. went WAIT", "1:HE|- 2:YES.|3:WENT" },
  { "he 12.30 went WAIT", "1:HE|12.30|2:WENT" },
  { "badtext here. WAIT", "badtext|here." },
};

/* Spans, in the fake engine's order of words, which is that of the source. */
static const struct {
  const char *script, *log;
} spans[] = {
  { "a_<i>b</i>_c WAIT", "1:A <i>B</i> C" },
  { "<b>a_b</b>_c. d. WAIT", "<b>1:A B</b> C.|2:D." },
  { "aaa_<i>bbb c</i>_d. WAIT", "1:AAA <i>BBB</i>|C D." },
};

static void
test_script (gconstpointer data)
{
  guint i = GPOINTER_TO_UINT (data);
  Rig *rig = sentence_rig ();
  g_autofree char *script = NULL, *expected = NULL, *log = NULL;

  script = g_strconcat ("BEGIN:utf8 ", scripts[i].script, NULL);
  expected = g_strdelimit (g_strdup (scripts[i].log), "|", ' ');
  rig_play (rig, script);
  if (g_str_has_suffix (script, "EOS")) {
    GstBuffer *buffer = NULL;

    while (gst_harness_pull_until_eos (rig->h, &buffer) && buffer)
      gst_buffer_unref (buffer);
  }
  log = rig_take_log (rig);
  g_assert_true (g_str_has_prefix (log, "stream-start caps:utf8 segment "));
  {
    char *rest = log + strlen ("stream-start caps:utf8 segment ");
    g_auto (GStrv) words = NULL;
    g_autofree char *joined = NULL;

    /* the tag is of no interest here */
    words = g_strsplit (rest, "tag:de ", -1);
    joined = g_strjoinv ("", words);
    g_assert_cmpstr (joined, ==, expected);
  }
  rig_free (rig);
}

static void
test_spans (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (spans); i++) {
    Rig *rig = sentence_rig ();
    g_autofree char *script = g_strconcat ("BEGIN:pango-markup ", spans[i].script, NULL);
    g_auto (GStrv) cues = g_strsplit (spans[i].log, "|", -1);

    rig_play (rig, script);
    for (guint j = 0; cues[j]; j++) {
      g_autofree char *text = rig_pull_text (rig);

      g_assert_cmpstr (text, ==, cues[j]);
    }
    rig_free (rig);
  }
}

/* Each cue keeps its PTS and duration. */
static void
test_times (void)
{
  Rig *rig = sentence_rig ();

  fake_reset ();
  rig_play (rig, "BEGIN:utf8 one two three four. WAIT");
  for (guint i = 1; i <= 4; i++) {
    GstBuffer *buffer = gst_harness_pull (rig->h);

    g_assert_cmpuint (GST_BUFFER_PTS (buffer), ==, i * GST_SECOND);
    g_assert_cmpuint (GST_BUFFER_DURATION (buffer), ==, 500 * GST_MSECOND);
    gst_buffer_unref (buffer);
  }
  g_assert_cmpint (fake.n_segments, ==, 1);
  rig_free (rig);
}

/* What was held before a flush is forgotten. */
static void
test_flush (void)
{
  Rig *rig = sentence_rig ();
  g_autofree char *log = NULL;

  rig_play (rig, "BEGIN:utf8 WAIT he");
  g_usleep (50 * 1000);
  rig_play (rig, "FLUSH SEGMENT went WAIT");
  log = rig_take_log (rig);
  g_assert_null (strstr (log, "HE"));
  g_assert_true (g_str_has_suffix (log, "segment 1:WENT"));
  rig_free (rig);
}

/* The next cue is far away: its sentence is another one. */
static void
test_pause (void)
{
  Rig *rig = sentence_rig ();
  g_autofree char *first = NULL, *second = NULL;

  rig_begin (rig, "utf8");
  gst_harness_push (rig->h, rig_make_cue ("he", 1));
  gst_harness_push (rig->h, rig_make_cue ("went.", 20));
  first = rig_pull_text (rig);
  second = rig_pull_text (rig);
  g_assert_cmpstr (first, ==, "1:HE");
  g_assert_cmpstr (second, ==, "2:WENT.");
  rig_free (rig);
}

/* Nothing comes any more, not even an event: the text goes out all the same. */
static void
test_silence (void)
{
  Rig *rig = sentence_rig ();
  g_autofree char *text = NULL;
  gint64 start = g_get_monotonic_time ();

  rig_play (rig, "BEGIN:utf8 he");
  text = rig_pull_text (rig);
  g_assert_cmpstr (text, ==, "1:HE");
  g_assert_cmpint (g_get_monotonic_time () - start, >=, 400 * G_TIME_SPAN_MILLISECOND);
  rig_free (rig);
}

/* Live: out before latency is over, on a clock that runs. */
static void
test_deadline (void)
{
  Rig *rig = rig_new_null ();
  GstBuffer *cue, *buffer;
  GstClockTime max_delay;

  g_object_set (rig->element, "model-path", "en-de", "latency", 200, "segmentation", 1, NULL);
  rig->h = gst_harness_new_with_element (rig->element, "sink", "src");
  gst_harness_set_live (rig->h, TRUE);
  gst_harness_use_systemclock (rig->h);
  rig_begin (rig, "utf8");
  cue = rig_make_cue ("he", 0);
  GST_BUFFER_PTS (cue) = gst_element_get_current_running_time (rig->element);
  gst_harness_push (rig->h, cue);
  buffer = gst_harness_pull (rig->h);
  g_object_get (rig->element, "max-observed-delay", &max_delay, NULL);
  g_test_message ("out after %u ms", (guint) (max_delay / GST_MSECOND));
  g_assert_cmpuint (max_delay, >, 100 * GST_MSECOND);
  g_assert_cmpuint (max_delay, <, 450 * GST_MSECOND);
  gst_buffer_unref (buffer);
  rig_free (rig);
}

static GstPadProbeReturn
say_eos (GstPad *pad, GstPadProbeInfo *info, gpointer eos)
{
  if (!g_atomic_int_get ((gint *) eos))
    return GST_PAD_PROBE_OK;
  gst_buffer_unref (GST_PAD_PROBE_INFO_BUFFER (info));
  GST_PAD_PROBE_INFO_DATA (info) = NULL;
  GST_PAD_PROBE_INFO_FLOW_RETURN (info) = GST_FLOW_EOS;
  return GST_PAD_PROBE_HANDLED;
}

static Rig *
growing_rig (const char *policy)
{
  Rig *rig = rig_new_null ();

  fake_reset ();
  g_object_set (
      rig->element, "model-path", "en-de", "partial-results", TRUE, "segmentation", 1, NULL);
  gst_util_set_object_arg (G_OBJECT (rig->element), "policy", policy);
  rig->h = gst_harness_new_with_element (rig->element, "sink", "src");
  gst_harness_set_live (rig->h, FALSE);
  return rig;
}

static void
push_interim (Rig *rig, const char *text)
{
  GstBuffer *interim = rig_make_cue (text, 1);

  gst_buffer_add_custom_meta (interim, "SsmTranslateInterimMeta");
  gst_harness_push (rig->h, interim);
}

/* What is held comes before the text that begins to grow, and is no part of it. */
static void
test_before_growing (void)
{
  Rig *rig = growing_rig ("align-att");
  g_autofree char *log = NULL;

  rig_begin (rig, "utf8");
  gst_harness_push (rig->h, rig_make_cue ("he went", 1));
  push_interim (rig, "and then he slept");
  push_interim (rig, "and then he slept well");
  rig_play (rig, "WAIT");
  log = rig_take_log (rig);
  g_assert_nonnull (strstr (log, "1:HE WENT"));
  g_assert_nonnull (strstr (strstr (log, "1:HE WENT"), "AND THEN"));
  g_assert_nonnull (strstr (strstr (log, "AND THEN"), "HE"));
  rig_free (rig);
}

/* A tag with another language, while a cue is held and a text grows (it is no words yet) and downstream
 * wants neither: what was held goes the way of what grew. */
static void
test_tag_when_refused (void)
{
  Rig *rig = growing_rig ("final");
  g_autofree char *log = NULL;
  GstPad *pad;
  gint eos = 0;

  pad = gst_element_get_static_pad (rig->element, "src");
  gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_BUFFER, say_eos, &eos, NULL);
  rig_begin (rig, "utf8");
  gst_harness_push (rig->h, rig_make_cue ("he went", 1));
  push_interim (rig, "...");
  g_usleep (20000);
  g_atomic_int_set (&eos, 1);
  rig_play (rig, "TAG:fr");
  rig_wait_for_count (&fake.n_started, 1);
  g_usleep (20000);
  g_atomic_int_set (&eos, 0);
  rig_play (rig, "SEGMENT home. WAIT");
  log = rig_take_log (rig);
  g_assert_null (strstr (log, "HE WENT"));
  g_assert_nonnull (strstr (log, "HOME."));
  gst_object_unref (pad);
  rig_free (rig);
}

/* --- TextAccumulateSentenceMeta --------------------------------------------------- */

static GstBuffer *
make_sentence (const char *text)
{
  g_auto (GStrv) words = g_strsplit (text, " ", -1);
  GstBuffer *buffer = rig_make_cue (text, 1);
  GstBufferList *list = gst_buffer_list_new ();
  GstCustomMeta *meta;

  for (guint i = 0; words[i]; i++)
    gst_buffer_list_add (list, rig_make_cue (words[i], i + 1));
  meta = gst_buffer_add_custom_meta (buffer, "TextAccumulateSentenceMeta");
  gst_structure_set (
      gst_custom_meta_get_structure (meta), "words", GST_TYPE_BUFFER_LIST, list, NULL);
  gst_buffer_list_unref (list);
  return buffer;
}

static void
test_words (gconstpointer segmentation)
{
  Rig *rig = rig_new (NULL);
  g_autoptr (GstBufferList) words = NULL;
  g_autoptr (GString) all = g_string_new (NULL);
  GstCustomMeta *meta;
  GstBuffer *buffer;

  g_object_set (rig->element, "segmentation", GPOINTER_TO_INT (segmentation), NULL);
  rig_begin (rig, "utf8");
  gst_harness_push (rig->h, make_sentence ("and then he"));
  rig_wait (rig);
  buffer = gst_harness_try_pull (rig->h);
  g_assert_nonnull (buffer);
  meta = gst_buffer_get_custom_meta (buffer, "TextAccumulateSentenceMeta");
  g_assert_nonnull (meta);
  g_assert_true (gst_structure_get (
      gst_custom_meta_get_structure (meta), "words", GST_TYPE_BUFFER_LIST, &words, NULL));
  g_assert_cmpuint (gst_buffer_list_length (words), ==, 3);
  for (guint i = 0; i < 3; i++) {
    GstBuffer *word = gst_buffer_list_get (words, i);
    char text[32] = { 0 };

    gst_buffer_extract (word, 0, text, sizeof text - 1);
    g_string_append_printf (all, "%s ", text);
    g_assert_cmpuint (GST_BUFFER_PTS (word), ==, (i + 1) * GST_SECOND);
    g_assert_cmpuint (GST_BUFFER_DURATION (word), ==, 500 * GST_MSECOND);
  }
  g_assert_cmpstr (all->str, ==, "1:AND THEN HE ");
  gst_buffer_unref (buffer);
  rig_free (rig);
}

int
main (int argc, char **argv)
{
  static const gchar *no_tags[] = { NULL };

  rig_init (&argc, &argv);
  gst_meta_register_custom ("TextAccumulateSentenceMeta", no_tags, NULL, NULL, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (scripts); i++) {
    g_autofree char *path = g_strdup_printf ("/hold/%u", i);

    g_test_add_data_func (path, GUINT_TO_POINTER (i), test_script);
  }
  g_test_add_func ("/hold/spans", test_spans);
  g_test_add_func ("/hold/times", test_times);
  g_test_add_func ("/hold/flush", test_flush);
  g_test_add_func ("/hold/pause", test_pause);
  g_test_add_func ("/hold/silence", test_silence);
  g_test_add_func ("/hold/deadline", test_deadline);
  g_test_add_func ("/hold/before-growing", test_before_growing);
  g_test_add_func ("/hold/tag-when-refused", test_tag_when_refused);
  g_test_add_data_func ("/words/cue", GINT_TO_POINTER (0), test_words);
  g_test_add_data_func ("/words/sentence", GINT_TO_POINTER (1), test_words);
  return g_test_run ();
}
