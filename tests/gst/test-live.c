/* ssmtranslate: live time, lateness and catching up, on a clock of the test's
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <gst/check/gsttestclock.h>

#include <string.h>

#include "fake-ssmt.h"
#include "rig.h"

#define UPSTREAM (20 * GST_MSECOND)

/* A live rig whose clock stands at 0. */
static Rig *
live_rig (guint latency, guint lateness)
{
  Rig *rig = rig_new_null ();

  g_object_set (
      rig->element, "model-path", "en-de", "latency", latency, "lateness", lateness, NULL);
  rig->h = gst_harness_new_with_element (rig->element, "sink", "src");
  gst_harness_set_live (rig->h, TRUE);
  gst_harness_set_upstream_latency (rig->h, UPSTREAM);
  gst_harness_use_testclock (rig->h);
  rig_begin (rig, "utf8");
  return rig;
}

static GstStructure *
pop_element_message (Rig *rig, const char *name)
{
  GstMessage *message;
  GstStructure *found = NULL;

  while (!found && (message = gst_bus_pop_filtered (rig->bus, GST_MESSAGE_ELEMENT))) {
    if (gst_message_has_name (message, name))
      found = gst_structure_copy (gst_message_get_structure (message));
    gst_message_unref (message);
  }
  return found;
}

/* --- late text ------------------------------------------------------------- */

/* The cue is at 1 s and half a second long; it comes in when the clock stands at `now`. */
static const struct {
  guint now, latency, lateness; /* ms */
  guint running_time;           /* of the text that goes out, ms */
  guint delay;                  /* observed, ms */
} late[] = {
  { 500, 300, 0, 1000, 0 },
  { 1020, 300, 0, 1000, 0 },
  { 1320, 300, 0, 1000, 300 },
  { 1420, 300, 0, 1100, 400 },
  { 9020, 300, 0, 8700, 8000 },
  { 1320, 0, 0, 1300, 300 },
  { 1320, 0, 300, 1300, 300 },
  { 1420, 0, 300, 1400, 400 },
  { 1420, 100, 300, 1300, 400 },
  { 500, 100, 300, 1300, 0 },
};

static void
test_late (gconstpointer data)
{
  guint i = GPOINTER_TO_UINT (data);
  Rig *rig = live_rig (late[i].latency, late[i].lateness);
  guint allowed = late[i].latency + late[i].lateness;
  const GstSegment *segment;
  GstClockTime max_delay, running_time;
  GstStructure *excess, *stats;
  guint64 n_late;
  GstBuffer *buffer;
  GstEvent *event;

  gst_harness_set_time (rig->h, late[i].now * GST_MSECOND);
  gst_harness_push (rig->h, rig_make_cue ("word", 1));
  buffer = gst_harness_pull (rig->h);
  event = gst_pad_get_sticky_event (rig->h->sinkpad, GST_EVENT_SEGMENT, 0);
  gst_event_parse_segment (event, &segment);
  running_time = gst_segment_to_running_time (segment, GST_FORMAT_TIME, GST_BUFFER_PTS (buffer));
  g_assert_cmpuint (running_time, ==, late[i].running_time * GST_MSECOND);
  g_assert_cmpuint (GST_BUFFER_DURATION (buffer), ==, 500 * GST_MSECOND);
  g_object_get (rig->element, "max-observed-delay", &max_delay, NULL);
  g_assert_cmpuint (max_delay, ==, late[i].delay * GST_MSECOND);

  excess = pop_element_message (rig, "ssmtranslate/excessive-delay");
  g_assert_cmpint (excess != NULL, ==, late[i].delay > allowed);
  g_object_get (rig->element, "stats", &stats, NULL);
  g_assert_true (gst_structure_get_uint64 (stats, "late", &n_late));
  g_assert_cmpuint (n_late, ==, late[i].delay > allowed);
  gst_structure_free (stats);
  if (excess) {
    guint64 delay, pts;

    g_assert_true (gst_structure_get (
        excess, "delay", G_TYPE_UINT64, &delay, "pts", G_TYPE_UINT64, &pts, NULL));
    g_assert_cmpuint (delay, ==, late[i].delay * GST_MSECOND);
    g_assert_cmpuint (pts, ==, GST_SECOND);
    gst_structure_free (excess);
  }
  gst_event_unref (event);
  gst_buffer_unref (buffer);
  rig_free (rig);
}

static void
count_notify (GObject *object, GParamSpec *pspec, gpointer data)
{
  g_atomic_int_inc ((gint *) data);
}

static void
test_notify (void)
{
  Rig *rig = live_rig (300, 0);
  static gint n;

  g_signal_connect (rig->element, "notify::max-observed-delay", G_CALLBACK (count_notify), &n);
  gst_harness_set_time (rig->h, 2500 * GST_MSECOND);
  gst_harness_push (rig->h, rig_make_cue ("late", 1));
  gst_harness_push (rig->h, rig_make_cue ("less", 2));
  rig_wait (rig);
  g_assert_cmpint (g_atomic_int_get (&n), ==, 1);
  gst_harness_push (rig->h, rig_make_cue ("later", 0));
  rig_wait (rig);
  g_assert_cmpint (g_atomic_int_get (&n), ==, 2);
  rig_free (rig);
}

/* A file that is read slowly is not late. */
static void
test_not_live (void)
{
  Rig *rig = live_rig (300, 0);
  GstBuffer *buffer;

  gst_harness_set_live (rig->h, FALSE);
  gst_harness_set_time (rig->h, 60 * GST_SECOND);
  gst_harness_push (rig->h, rig_make_cue ("word", 1));
  buffer = gst_harness_pull (rig->h);
  g_assert_cmpuint (GST_BUFFER_PTS (buffer), ==, GST_SECOND);
  gst_buffer_unref (buffer);
  rig_free (rig);
}

/* --- unsynchronised -------------------------------------------------------- */

static void
test_unsynchronised (void)
{
  Rig *rig = live_rig (G_MAXUINT, 0);
  static const struct {
    guint now, start; /* ms; each is half a second long */
  } rows[] = { { 3000, 3000 }, { 3100, 3500 }, { 9000, 9000 } };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    GstBuffer *buffer;

    gst_harness_set_time (rig->h, rows[i].now * GST_MSECOND);
    gst_harness_push (rig->h, rig_make_cue ("word", 1));
    buffer = gst_harness_pull (rig->h);
    g_assert_cmpuint (GST_BUFFER_PTS (buffer), ==, rows[i].start * GST_MSECOND);
    g_assert_cmpuint (GST_BUFFER_DURATION (buffer), ==, 500 * GST_MSECOND);
    gst_buffer_unref (buffer);
  }
  g_assert_null (pop_element_message (rig, "ssmtranslate/excessive-delay"));
  rig_free (rig);
}

static void
test_unsynchronised_state (void)
{
  Rig *rig = rig_new_null ();
  GstClock *clock;

  g_object_set (rig->element, "model-path", "en-de", NULL);
  g_assert_cmpint (
      gst_element_set_state (rig->element, GST_STATE_PAUSED), ==, GST_STATE_CHANGE_SUCCESS);
  g_assert_null (gst_element_provide_clock (rig->element));
  gst_element_set_state (rig->element, GST_STATE_NULL);
  g_object_set (rig->element, "latency", G_MAXUINT, NULL);
  g_assert_cmpint (
      gst_element_set_state (rig->element, GST_STATE_PAUSED), ==, GST_STATE_CHANGE_NO_PREROLL);
  clock = gst_element_provide_clock (rig->element);
  g_assert_true (GST_IS_SYSTEM_CLOCK (clock));
  gst_object_unref (clock);
  rig_free (rig);
}

/* --- catching up ----------------------------------------------------------- */

/* A model of 40 ms a cue, a source of a cue each 10 ms, on a real clock. Whatever
 * happens, no cue is older than what the model takes for three. */
static void
test_bounded_lag (void)
{
  enum { N = 200, EVERY = 10, DECODE = 40, ALLOWED = 60 };
  Rig *rig = rig_new_null ();
  g_autoptr (GString) steps = g_string_new (NULL);
  GstClockTime base, late_max = 0, max_delay;
  guint n_out = 0, n_words = 0;
  GstStructure *step;
  GstBuffer *buffer;

  fake.delay_us = DECODE * 1000;
  g_object_set (rig->element, "model-path", "en-de", "latency", ALLOWED, "beam-size", 8, NULL);
  rig->h = gst_harness_new_with_element (rig->element, "sink", "src");
  gst_harness_set_live (rig->h, TRUE);
  gst_harness_use_systemclock (rig->h);
  rig_begin (rig, "utf8");
  base = gst_element_get_base_time (rig->element);
  for (guint i = 0; i < N; i++) {
    g_autoptr (GstClock) clock = gst_element_get_clock (rig->element);
    GstBuffer *cue = rig_make_cue ("word", 0);

    GST_BUFFER_PTS (cue) = gst_clock_get_time (clock) - base;
    GST_BUFFER_DURATION (cue) = EVERY * GST_MSECOND;
    gst_harness_push (rig->h, cue);
    g_usleep (EVERY * 1000);
  }
  rig_wait (rig);
  while ((buffer = gst_harness_try_pull (rig->h))) {
    g_autofree char *text = g_malloc0 (gst_buffer_get_size (buffer) + 1);

    gst_buffer_extract (buffer, 0, text, -1);
    for (char *p = text; (p = strstr (p, "WORD")); p++)
      n_words++;
    n_out++;
    gst_buffer_unref (buffer);
  }
  g_assert_cmpuint (n_words, ==, N);
  g_assert_cmpuint (n_out, <, N);
  g_object_get (rig->element, "max-observed-delay", &max_delay, NULL);
  late_max = max_delay / GST_MSECOND;
  g_test_message ("%u cues out, at most %u ms late", n_out, (guint) late_max);
  /* with the slack that a busy machine needs; without a policy it is 6 s */
  g_assert_cmpuint (late_max, <, 1000);
  while ((step = pop_element_message (rig, "ssmtranslate/catch-up"))) {
    g_string_append_printf (steps, "%s ", gst_structure_get_string (step, "step"));
    gst_structure_free (step);
  }
  g_assert_true (g_str_has_prefix (steps->str, "smaller-beam greedy merge "));
  rig_free (rig);
  fake_reset ();
}

/* As the stats say. */
static void
read_hurry (Rig *rig, guint64 *n_steps, guint *step)
{
  GstStructure *stats;

  g_object_get (rig->element, "stats", &stats, NULL);
  g_assert_true (gst_structure_get (
      stats, "catch-ups", G_TYPE_UINT64, n_steps, "catch-up-step", G_TYPE_UINT, step, NULL));
  gst_structure_free (stats);
}

/* In time again, it goes back step by step. */
static void
test_calm (void)
{
  Rig *rig = live_rig (300, 0);
  guint64 n_steps;
  guint step_now;
  g_autoptr (GString) steps = g_string_new (NULL);
  GstStructure *step;

  g_object_set (rig->element, "beam-size", 4, NULL);
  gst_harness_set_time (rig->h, 5 * GST_SECOND);
  for (guint i = 0; i < 3; i++) {
    gst_harness_push (rig->h, rig_make_cue ("late", 1));
    rig_wait (rig);
  }
  g_assert_cmpint (fake.last_beam_size, ==, 1);
  read_hurry (rig, &n_steps, &step_now);
  g_assert_cmpuint (step_now, ==, 3);
  g_assert_cmpuint (n_steps, ==, 3);
  for (guint i = 0; i < 40; i++) {
    gst_harness_push (rig->h, rig_make_cue ("soon", 10));
    rig_wait (rig);
  }
  g_assert_cmpint (fake.last_beam_size, ==, 4);
  read_hurry (rig, &n_steps, &step_now);
  g_assert_cmpuint (step_now, ==, 0);
  g_assert_cmpuint (n_steps, ==, 3);
  while ((step = pop_element_message (rig, "ssmtranslate/catch-up"))) {
    guint beam;

    g_assert_true (gst_structure_get_uint (step, "beam-size", &beam));
    g_string_append_printf (steps, "%s:%u ", gst_structure_get_string (step, "step"), beam);
    gst_structure_free (step);
  }
  g_assert_cmpstr (steps->str, ==,
      "smaller-beam:2 greedy:1 merge:1 "
      "greedy:1 smaller-beam:2 none:4 ");
  rig_free (rig);
}

/* --- speech ---------------------------------------------------------------- */

/* As pocketsphinx does it: no caps, no times. */
static void
test_plain_text (void)
{
  Rig *rig = rig_new_null ();
  g_autofree char *log = NULL;
  GstSegment segment;
  GstBuffer *buffer;

  g_object_set (rig->element, "model-path", "en-de", NULL);
  rig->h = gst_harness_new_with_element (rig->element, "sink", "src");
  gst_harness_use_testclock (rig->h);
  gst_harness_set_src_caps_str (rig->h, "text/plain");
  gst_harness_set_time (rig->h, 7 * GST_SECOND);
  gst_segment_init (&segment, GST_FORMAT_TIME);
  gst_harness_push_event (rig->h, gst_event_new_stream_start ("one"));
  gst_harness_push_event (rig->h, gst_event_new_segment (&segment));
  gst_harness_push (rig->h, gst_buffer_new_memdup ("go forward\n", 11));
  buffer = gst_harness_pull (rig->h);
  g_assert_cmpuint (GST_BUFFER_PTS (buffer), >, 6 * GST_SECOND);
  g_assert_cmpuint (GST_BUFFER_PTS (buffer), <=, 7 * GST_SECOND);
  g_assert_true (GST_BUFFER_DURATION_IS_VALID (buffer));
  gst_buffer_unref (buffer);
  log = rig_take_log (rig);
  g_assert_nonnull (strstr (log, "caps:utf8 segment"));
  rig_free (rig);
}

/* --- stats ----------------------------------------------------------------- */

/* Of the histogram: all cues are in it, and its sum is as long as the delays say. */
static void
assert_delays (const GstStructure *stats, guint64 cues)
{
  const GValue *bounds = gst_structure_get_value (stats, "delay-bounds");
  const GValue *counts = gst_structure_get_value (stats, "delay-counts");
  guint n_bounds = gst_value_array_get_size (bounds);
  guint64 counted = 0, before = 0, sum, longest;

  g_assert_cmpuint (gst_value_array_get_size (counts), ==, n_bounds + 1);
  for (guint i = 0; i <= n_bounds; i++)
    counted += g_value_get_uint64 (gst_value_array_get_value (counts, i));
  g_assert_cmpuint (counted, ==, cues);
  for (guint i = 0; i < n_bounds; i++) {
    guint64 bound = g_value_get_uint64 (gst_value_array_get_value (bounds, i));

    g_assert_cmpuint (bound, >, before);
    before = bound;
  }
  g_assert_true (gst_structure_get (
      stats, "delay-sum", G_TYPE_UINT64, &sum, "delay-max", G_TYPE_UINT64, &longest, NULL));
  g_assert_cmpuint (sum, >=, longest);
  g_assert_cmpuint (sum, <=, cues * longest);
}

static void
test_stats (void)
{
  Rig *rig = rig_new (NULL);
  GstStructure *posted, *asked = NULL;
  guint64 cues, source, target, resets, state, p50, p99;
  GstBuffer *buffer = NULL;

  rig_play (rig, "BEGIN:utf8 one_two three DISCONT:four WAIT");
  g_signal_emit_by_name (rig->element, "post-stats");
  posted = pop_element_message (rig, "ssmtranslate/stats");
  g_object_get (rig->element, "stats", &asked, NULL);
  g_assert_true (gst_structure_is_equal (posted, asked));
  g_assert_true (gst_structure_get (asked, "cues", G_TYPE_UINT64, &cues, "source-tokens",
      G_TYPE_UINT64, &source, "target-tokens", G_TYPE_UINT64, &target, "resets", G_TYPE_UINT64,
      &resets, "state-bytes", G_TYPE_UINT64, &state, "delay-p50", G_TYPE_UINT64, &p50, "delay-p99",
      G_TYPE_UINT64, &p99, NULL));
  g_assert_true (gst_structure_has_field_typed (asked, "tokens-per-second", G_TYPE_DOUBLE));
  g_assert_cmpuint (cues, ==, 3);
  g_assert_cmpuint (source, ==, 4);
  g_assert_cmpuint (target, ==, 4);
  g_assert_cmpuint (resets, ==, 1);
  g_assert_cmpuint (state, ==, 4096);
  g_assert_cmpuint (p50, >, 0);
  g_assert_cmpuint (p50, <=, p99);
  assert_delays (asked, 3);
  gst_structure_free (posted);
  gst_structure_free (asked);

  rig_play (rig, "EOS");
  while (gst_harness_pull_until_eos (rig->h, &buffer) && buffer)
    gst_buffer_unref (buffer);
  posted = pop_element_message (rig, "ssmtranslate/stats");
  g_assert_nonnull (posted);
  gst_structure_free (posted);
  rig_free (rig);
}

static void
test_reset (void)
{
  Rig *rig = rig_new (NULL);
  g_autofree char *log = NULL;

  rig_play (rig, "BEGIN:utf8 a b WAIT");
  g_signal_emit_by_name (rig->element, "reset");
  rig_play (rig, "c d WAIT");
  log = rig_take_log (rig);
  g_assert_cmpstr (log, ==, "stream-start caps:utf8 segment tag:de 1:A 2:B 1:C 2:D");
  rig_free (rig);
}

int
main (int argc, char **argv)
{
  rig_init (&argc, &argv);
  for (guint i = 0; i < G_N_ELEMENTS (late); i++) {
    g_autofree char *path = g_strdup_printf ("/late/%u", i);

    g_test_add_data_func (path, GUINT_TO_POINTER (i), test_late);
  }
  g_test_add_func ("/late/notify", test_notify);
  g_test_add_func ("/late/not-live", test_not_live);
  g_test_add_func ("/unsynchronised/times", test_unsynchronised);
  g_test_add_func ("/unsynchronised/state", test_unsynchronised_state);
  g_test_add_func ("/catch-up/bounded-lag", test_bounded_lag);
  g_test_add_func ("/catch-up/calm", test_calm);
  g_test_add_func ("/speech/plain-text", test_plain_text);
  g_test_add_func ("/stats", test_stats);
  g_test_add_func ("/reset", test_reset);
  return g_test_run ();
}
