/* ssmtranslate: cues with odd times, streams that are none, and what only passes through
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <string.h>

#include "fake-ssmt.h"
#include "rig.h"

#define HEAD "stream-start caps:utf8 segment"

/* --- odd cues ---------------------------------------------------------------- */

#define NONE GST_CLOCK_TIME_NONE
#define MS(n) ((n) *GST_MSECOND)

static const struct {
  const char *text;
  GstClockTime pts, duration;
  GstBufferFlags flags;
} odd[] = {
  { "One", MS (1000), MS (500), 0 },
  { "two", MS (1000), MS (500), GST_BUFFER_FLAG_MARKER }, /* the same again */
  { "three", MS (1200), 0, GST_BUFFER_FLAG_DROPPABLE },
  { "four", MS (2000), NONE, 0 },
  { "five", NONE, MS (500), 0 },
  { "six", NONE, NONE, GST_BUFFER_FLAG_HEADER },
  { "", MS (2100), MS (100), 0 },
  { "", NONE, NONE, 0 },
  { "seven", MS (500), MS (10000), 0 },                        /* earlier, over all others */
  { "eight", MS (600), MS (1000), GST_BUFFER_FLAG_CORRUPTED }, /* within it */
  { "nine", MS (1), 0, 0 },
  { "ten.", MS (2500), MS (500), GST_BUFFER_FLAG_GAP },
};

#define WORDS " ONE TWO THREE FOUR FIVE SIX SEVEN EIGHT NINE TEN."

static void
push_odd (Rig *rig)
{
  for (guint i = 0; i < G_N_ELEMENTS (odd); i++) {
    GstBuffer *cue = rig_make_cue (odd[i].text, 0);

    GST_BUFFER_PTS (cue) = odd[i].pts;
    GST_BUFFER_DURATION (cue) = odd[i].duration;
    GST_BUFFER_OFFSET (cue) = i;
    GST_BUFFER_FLAG_SET (cue, odd[i].flags);
    g_assert_cmpint (gst_harness_push (rig->h, cue), ==, GST_FLOW_OK);
  }
}

/* The next one's words, without the fake engine's numbers, go to the end of `words`. NULL:
 * there is no next one. */
static GstBuffer *
pull_words (Rig *rig, GString *words)
{
  GstBuffer *buffer = gst_harness_try_pull (rig->h);
  char text[256] = { 0 };
  const char *word;

  if (!buffer)
    return NULL;
  gst_buffer_extract (buffer, 0, text, sizeof text - 1);
  word = strchr (text, ':') ? strchr (text, ':') + 1 : text;
  g_string_append_printf (words, "%s%s", *word ? " " : "", word);
  return buffer;
}

/* A file, or live and in time: all as it came, in the order of arrival. */
static void
check_unchanged (Rig *rig)
{
  g_autoptr (GString) words = g_string_new (NULL);
  GstBuffer *buffer;

  push_odd (rig);
  rig_wait (rig);
  for (guint i = 0; i < G_N_ELEMENTS (odd); i++) {
    buffer = pull_words (rig, words);
    g_assert_nonnull (buffer);
    g_assert_cmpuint (GST_BUFFER_PTS (buffer), ==, odd[i].pts);
    g_assert_cmpuint (GST_BUFFER_DURATION (buffer), ==, odd[i].duration);
    g_assert_cmpuint (GST_BUFFER_OFFSET (buffer), ==, i);
    g_assert_cmpuint (GST_BUFFER_FLAGS (buffer) & ~GST_BUFFER_FLAG_TAG_MEMORY, ==, odd[i].flags);
    g_assert_cmpint (gst_buffer_get_size (buffer) == 0, ==, *odd[i].text == '\0');
    gst_buffer_unref (buffer);
  }
  g_assert_null (gst_harness_try_pull (rig->h));
  g_assert_cmpstr (words->str, ==, WORDS);
}

static Rig *
new_odd_rig (guint segmentation, gboolean live, guint latency)
{
  Rig *rig = rig_new_null ();

  fake_reset ();
  g_object_set (
      rig->element, "model-path", "en-de", "segmentation", segmentation, "latency", latency, NULL);
  rig->h = gst_harness_new_with_element (rig->element, "sink", "src");
  gst_harness_set_live (rig->h, live);
  gst_harness_use_testclock (rig->h);
  rig_begin (rig, "utf8");
  return rig;
}

static void
test_odd (gconstpointer data)
{
  guint i = GPOINTER_TO_UINT (data);
  Rig *rig = new_odd_rig (i & 1, i >> 1, 300);

  check_unchanged (rig);
  rig_free (rig);
}

/* Much too late: what has a time is moved, never back, and nothing gets lost where the
 * element makes one cue of many. */
static void
test_odd_late (gconstpointer segmentation)
{
  Rig *rig = new_odd_rig (GPOINTER_TO_UINT (segmentation), TRUE, 300);
  g_autoptr (GString) words = g_string_new (NULL);
  GstClockTime last = 0;
  GstBuffer *buffer;

  gst_harness_set_time (rig->h, 60 * GST_SECOND);
  g_atomic_int_set (&fake.delay_us, 5000);
  push_odd (rig);
  rig_wait (rig);
  while ((buffer = pull_words (rig, words))) {
    if (GST_BUFFER_PTS_IS_VALID (buffer)) {
      g_assert_cmpuint (GST_BUFFER_PTS (buffer), >=, last);
      last = GST_BUFFER_PTS (buffer);
    }
    gst_buffer_unref (buffer);
  }
  g_assert_cmpuint (last, >, 59 * GST_SECOND);
  g_assert_cmpstr (words->str, ==, WORDS);
  rig_free (rig);
}

/* The element sets all times: they are there, and none is before the end of the last. */
static void
check_stamps (Rig *rig, GString *words, GstClockTime *end)
{
  GstBuffer *buffer;

  rig_wait (rig);
  while ((buffer = pull_words (rig, words))) {
    g_assert_true (GST_BUFFER_PTS_IS_VALID (buffer));
    g_assert_true (GST_BUFFER_DURATION_IS_VALID (buffer));
    g_assert_cmpuint (GST_BUFFER_PTS (buffer), >=, *end);
    *end = GST_BUFFER_PTS (buffer) + GST_BUFFER_DURATION (buffer);
    gst_buffer_unref (buffer);
  }
}

static void
test_odd_unsynchronised (gconstpointer segmentation)
{
  Rig *rig = new_odd_rig (GPOINTER_TO_UINT (segmentation), TRUE, G_MAXUINT);
  g_autoptr (GString) words = g_string_new (NULL);
  GstClockTime end = 7 * GST_SECOND;

  gst_harness_set_time (rig->h, 7 * GST_SECOND);
  push_odd (rig);
  check_stamps (rig, words, &end);
  g_assert_cmpstr (words->str, ==, WORDS);
  /* an update is no reason to go back */
  rig_play (rig, "SEGMENT:1,0,90,0,0");
  push_odd (rig);
  check_stamps (rig, words, &end);
  g_assert_cmpstr (words->str, ==, WORDS WORDS);
  rig_free (rig);
}

/* The segment is over before its text is there: that stands at the end of it. */
static void
test_odd_after_stop (void)
{
  Rig *rig = new_odd_rig (0, TRUE, G_MAXUINT);
  GstClockTime last = 0;

  rig_play (rig, "SEGMENT:1,3,9,3,0");
  for (guint i = 0; i < 4; i++) {
    GstBuffer *buffer;

    gst_harness_set_time (rig->h, (i * 5 + 1) * GST_SECOND);
    rig_play (rig, "word");
    buffer = gst_harness_pull (rig->h);
    g_assert_cmpuint (GST_BUFFER_PTS (buffer), >=, MAX (last, 3 * GST_SECOND));
    g_assert_cmpuint (GST_BUFFER_PTS (buffer), <, 9 * GST_SECOND);
    last = GST_BUFFER_PTS (buffer);
    gst_buffer_unref (buffer);
  }
  g_assert_cmpuint (last, ==, 9 * GST_SECOND - 1);
  rig_free (rig);
}

/* Cues that wait become one over the time of all, whichever ends last. */
static void
test_odd_merge (void)
{
  Rig *rig = new_odd_rig (0, TRUE, 300);
  GstClockTime end = 0;
  guint n = 0;

  gst_harness_set_time (rig->h, 60 * GST_SECOND);
  rig_play (rig, "late@1 WAIT late@1 WAIT late@1 WAIT");
  g_atomic_int_set (&fake.delay_us, 50000);
  rig_play (rig, "a@50");
  rig_wait_for_count (&fake.n_started, 4);
  for (guint i = 0; i < 3; i++) {
    GstBuffer *cue = rig_make_cue ("b", 50 + i);

    GST_BUFFER_DURATION (cue) = i == 0 ? 10 * GST_SECOND : i == 1 ? NONE : 0;
    gst_harness_push (rig->h, cue);
  }
  rig_wait (rig);
  while (gst_harness_buffers_in_queue (rig->h) > 0) {
    GstBuffer *buffer = gst_harness_pull (rig->h);

    end = GST_BUFFER_DURATION (buffer);
    n++;
    gst_buffer_unref (buffer);
  }
  g_assert_cmpuint (n, ==, 5);
  g_assert_cmpuint (end, ==, 10 * GST_SECOND);
  rig_free (rig);
}

/* A live sentence is due with its first cue, whatever times the next one has not. */
static void
test_odd_deadline (void)
{
  gint64 fastest = G_MAXINT64;

  for (guint i = 0; i < 3; i++) {
    Rig *rig = new_odd_rig (1, TRUE, 100);
    GstBuffer *cue = rig_make_cue ("he", 0);
    gint64 start;

    gst_harness_use_systemclock (rig->h);
    GST_BUFFER_PTS (cue) = gst_element_get_current_running_time (rig->element);
    start = g_get_monotonic_time ();
    gst_harness_push (rig->h, cue);
    cue = rig_make_cue ("went", 0);
    GST_BUFFER_PTS (cue) = NONE;
    gst_harness_push (rig->h, cue);
    gst_buffer_unref (gst_harness_pull (rig->h));
    fastest = MIN (fastest, g_get_monotonic_time () - start);
    rig_free (rig);
  }
  g_test_message ("out after %" G_GINT64_FORMAT " ms", fastest / 1000);
  g_assert_cmpint (fastest, <, 400 * 1000);
}

/* --- scripts -------------------------------------------------------------------- */

static const struct {
  const char *name, *script, *log;
  const char *takes; /* caps of downstream, NULL: any */
} scripts[] = {
  /* caps that change */
  { "caps",
      "BEGIN:utf8 R&d. CAPS:pango-markup <i>R&amp;d.</i> CAPS:utf8 R&d. "
      "EOS",
      HEAD " tag:de 1:R&D. caps:pango-markup <i>2:R&amp;D.</i> "
           "caps:utf8 3:R&D. eos" },
  { "caps to utf8",
      "BEGIN:utf8 R&d. CAPS:pango-markup <i>R&amp;d.</i> "
      "CAPS:utf8 R&d. EOS",
      HEAD " tag:de 1:R&D. 2:R&D. 3:R&D. eos", "text/x-raw,format=utf8" },
  { "caps to markup",
      "BEGIN:utf8 R&d. CAPS:pango-markup <i>R&amp;d.</i> "
      "CAPS:utf8 R&d. EOS",
      "stream-start caps:pango-markup segment tag:de "
      "1:R&amp;D. <i>2:R&amp;D.</i> 3:R&amp;D. eos",
      "text/x-raw,format=pango-markup" },

  /* streams without text, or without more */
  { "eos", "BEGIN:utf8 EOS", HEAD " eos" },
  { "eos without segment", "STREAM:one CAPS:utf8 EOS", "stream-start caps:utf8 eos" },
  { "eos without caps", "STREAM:one EOS", "stream-start eos" },
  { "eos twice", "BEGIN:utf8 A. EOS EOS", HEAD " tag:de 1:A. eos" },
  { "gap first", "BEGIN:utf8 GAP EOS", HEAD " tag:de gap eos" },
  { "empty first", "BEGIN:utf8 EMPTY A. EOS", HEAD " tag:de (empty) 1:A. eos" },
  { "only empty", "BEGIN:utf8 EMPTY EMPTY EOS", HEAD " tag:de (empty) (empty) eos" },
  { "flush first", "FLUSH BEGIN:utf8 A. EOS", "flush-start flush-stop " HEAD " tag:de 1:A. eos" },
  { "flush twice", "BEGIN:utf8 WAIT FLUSH FLUSH SEGMENT A. EOS",
      HEAD " flush-start flush-stop flush-start flush-stop segment tag:de "
           "1:A. eos" },
  { "flush, then eos", "BEGIN:utf8 A. WAIT FLUSH EOS",
      HEAD " tag:de 1:A. flush-start flush-stop eos" },
  { "stream anew", "BEGIN:utf8 A. BEGIN:utf8 B. EOS",
      HEAD " tag:de 1:A. stream-start segment tag:de 2:B. eos" },
  { "another stream",
      "BEGIN:utf8 A. STREAM:two CAPS:pango-markup SEGMENT B. "
      "STREAM:three CAPS:utf8 SEGMENT C. EOS",
      HEAD " tag:de 1:A. "
           "stream-start caps:pango-markup segment tag:de 1:B. "
           "stream-start caps:utf8 segment tag:de 1:C. eos" },
};

static void
test_script (gconstpointer data)
{
  guint i = GPOINTER_TO_UINT (data);

  for (guint segmentation = 0; segmentation < 2; segmentation++) {
    Rig *rig = rig_new (NULL);
    g_autofree char *log = NULL;

    fake_reset ();
    g_object_set (rig->element, "segmentation", segmentation, NULL);
    if (scripts[i].takes)
      gst_harness_set_sink_caps_str (rig->h, scripts[i].takes);
    rig_play (rig, scripts[i].script);
    log = rig_wait_for_eos (rig, 1);
    g_assert_cmpstr (log, ==, scripts[i].log);
    rig_free (rig);
  }
}

/* --- no stream ----------------------------------------------------------------- */

static void
test_paused (void)
{
  static const guint latencies[] = { 300, G_MAXUINT };

  for (guint i = 0; i < 2 * G_N_ELEMENTS (latencies); i++) {
    Rig *rig = rig_new_null ();
    GstStateChangeReturn ret;
    gint64 start;

    g_object_set (rig->element, "model-path", "en-de", "latency", latencies[i / 2], "segmentation",
        i % 2, NULL);
    gst_element_set_state (rig->element, GST_STATE_READY);
    start = g_get_monotonic_time ();
    ret = gst_element_set_state (rig->element, GST_STATE_PAUSED);
    g_assert_cmpint (ret, ==, i / 2 ? GST_STATE_CHANGE_NO_PREROLL : GST_STATE_CHANGE_SUCCESS);
    ret = gst_element_set_state (rig->element, GST_STATE_NULL);
    g_assert_cmpint (ret, ==, GST_STATE_CHANGE_SUCCESS);
    rig_assert_faster (start, 1000);
    rig_free (rig);
  }
}

/* It waits for PLAYING, and nobody for it. */
static void
test_paused_with_text (void)
{
  Rig *rig = new_odd_rig (0, TRUE, G_MAXUINT);
  g_autofree char *log = NULL;
  gint64 start;

  gst_element_set_state (rig->element, GST_STATE_PAUSED);
  rig_play (rig, "a GAP b EOS");
  g_usleep (5000);
  log = rig_take_log (rig);
  g_assert_cmpuint (rig_count_words (log, "1:A"), ==, 0);
  start = g_get_monotonic_time ();
  gst_element_set_state (rig->element, GST_STATE_NULL);
  rig_assert_faster (start, 1000);
  rig_free (rig);
}

/* Cues without what has to come before them: an error flow, and the next stream works. */
static void
test_too_early (gconstpointer head)
{
  Rig *rig = rig_new (NULL);
  GstFlowReturn ret = GST_FLOW_OK;
  g_autofree char *log = NULL, *message = NULL;

  fake_reset ();
  rig_allow_warnings (TRUE);
  if (*(const char *) head)
    rig_play (rig, head);
  for (guint i = 0; ret == GST_FLOW_OK && i < 1000; i++) {
    ret = gst_harness_push (rig->h, rig_make_cue ("a", i));
    g_usleep (1000);
  }
  g_assert_cmpint (ret, <, GST_FLOW_EOS);
  rig_play (rig, "EOS");
  message = rig_pop_message (rig, GST_MESSAGE_ERROR);
  g_assert_nonnull (message);
  g_assert_cmpint (fake.n_started, ==, 0);
  gst_element_set_state (rig->element, GST_STATE_READY);
  gst_element_set_state (rig->element, GST_STATE_PLAYING);
  g_free (rig_take_log (rig));
  rig_play (rig, "FLUSH BEGIN:utf8 a EOS");
  log = rig_wait_for_eos (rig, 1);
  g_assert_true (g_str_has_suffix (log, "segment tag:de 1:A eos"));
  rig_allow_warnings (FALSE);
  rig_free (rig);
}

/* --- reset --------------------------------------------------------------------- */

/* What is at work ends as it began, the next is new. */
static void
test_reset (gconstpointer data)
{
  static const struct {
    guint segmentation;
    const char *before, *after, *log;
  } rows[] = {
    { 0, "a b", "c d", " tag:de 1:A 2:B 1:C 2:D eos" },
    { 1, "A. he went.", "C. he went.", " tag:de 1:A. 2:HE WENT. 1:C. 2:HE WENT. eos" },
    { 1, "A. b CUSTOM:x", "C. d", " tag:de 1:A. 2:B x 1:C. 2:D eos" },
  };
  guint i = GPOINTER_TO_UINT (data);
  Rig *rig = rig_new (NULL);
  g_autofree char *log = NULL, *expected = NULL;

  fake_reset ();
  g_object_set (rig->element, "segmentation", rows[i].segmentation, NULL);
  rig_begin (rig, "utf8");
  g_atomic_int_set (&fake.delay_us, 100000);
  rig_play (rig, rows[i].before);
  rig_wait_for_count (&fake.n_started, 2);
  g_signal_emit_by_name (rig->element, "reset");
  g_atomic_int_set (&fake.delay_us, 0);
  rig_play (rig, rows[i].after);
  rig_play (rig, "EOS");
  log = rig_wait_for_eos (rig, 1);
  expected = g_strconcat (HEAD, rows[i].log, NULL);
  g_assert_cmpstr (log, ==, expected);
  rig_free (rig);
}

static void
push_interim (Rig *rig, const char *text)
{
  GstBuffer *cue = rig_make_cue (text, 1);

  gst_buffer_add_custom_meta (cue, "SsmTranslateInterimMeta");
  gst_harness_push (rig->h, cue);
}

/* Text that grows is one cue: nothing of it comes twice, nothing is lost. */
static void
test_reset_partial (void)
{
  Rig *rig = rig_new (NULL);
  g_autofree char *log = NULL;

  fake_reset ();
  g_object_set (rig->element, "partial-results", TRUE, "policy", SSMT_POLICY_ALIGN_ATT, NULL);
  rig_play (rig, "BEGIN:utf8 a");
  push_interim (rig, "he went home");
  rig_wait (rig);
  g_signal_emit_by_name (rig->element, "reset");
  push_interim (rig, "he went home again");
  rig_play (rig, "he_went_home_again b");
  push_interim (rig, "and then on");
  rig_play (rig, "DISCONT:c EOS");
  log = rig_wait_for_eos (rig, 1);
  g_assert_cmpstr (log, ==,
      HEAD " tag:de 1:A HE WENT HOME AGAIN 1:B AND "
           "THEN ON 1:C eos");
  rig_free (rig);
}

int
main (int argc, char **argv)
{
  static const char *const names[] = { "file, cue", "file, sentence", "live, cue",
    "live, sentence" };
  static const char *const early[] = { "", "STREAM:one", "STREAM:one CAPS:utf8",
    "STREAM:one SEGMENT", "BEGIN:utf8 WAIT FLUSH" };

  rig_init (&argc, &argv);
  for (guint i = 0; i < G_N_ELEMENTS (names); i++) {
    g_autofree char *path = g_strdup_printf ("/odd/%s", names[i]);

    g_test_add_data_func (path, GUINT_TO_POINTER (i), test_odd);
  }
  g_test_add_data_func ("/odd/late, cue", GUINT_TO_POINTER (0), test_odd_late);
  g_test_add_data_func ("/odd/late, sentence", GUINT_TO_POINTER (1), test_odd_late);
  g_test_add_data_func ("/odd/unsynchronised, cue", GUINT_TO_POINTER (0), test_odd_unsynchronised);
  g_test_add_data_func (
      "/odd/unsynchronised, sentence", GUINT_TO_POINTER (1), test_odd_unsynchronised);
  g_test_add_func ("/odd/after the stop", test_odd_after_stop);
  g_test_add_func ("/odd/merged", test_odd_merge);
  g_test_add_func ("/odd/deadline", test_odd_deadline);
  for (guint i = 0; i < G_N_ELEMENTS (scripts); i++) {
    g_autofree char *path = g_strdup_printf ("/scripts/%s", scripts[i].name);

    g_test_add_data_func (path, GUINT_TO_POINTER (i), test_script);
  }
  g_test_add_func ("/paused/without text", test_paused);
  g_test_add_func ("/paused/with text", test_paused_with_text);
  for (guint i = 0; i < G_N_ELEMENTS (early); i++) {
    g_autofree char *path = g_strdup_printf ("/too early/%u", i);

    g_test_add_data_func (path, early[i], test_too_early);
  }
  for (guint i = 0; i < 3; i++) {
    g_autofree char *path = g_strdup_printf ("/reset/%u", i);

    g_test_add_data_func (path, GUINT_TO_POINTER (i), test_reset);
  }
  g_test_add_func ("/reset/text that grows", test_reset_partial);
  return g_test_run ();
}
