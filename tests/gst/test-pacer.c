/* ssmtranslate: the times of cues, in numbers
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "pacer.h"

#define NONE GST_CLOCK_TIME_NONE
#define MS(n) ((n) *GST_MSECOND)
#define UPSTREAM MS (20)

static void
take_segment (CuePacer *pacer, gdouble rate, guint64 start, guint64 stop, guint lateness)
{
  GstSegment segment;

  gst_segment_init (&segment, GST_FORMAT_TIME);
  segment.rate = rate;
  segment.start = segment.time = start;
  segment.stop = stop;
  cue_pacer_take_segment (pacer, &segment, lateness);
}

static CuePacer
make_pacer (guint lateness)
{
  CuePacer pacer;

  cue_pacer_init (&pacer);
  take_segment (&pacer, 1.0, 0, NONE, lateness);
  return pacer;
}

static CueMoment
make_moment (guint now, guint latency)
{
  return (CueMoment){ MS (now), TRUE, UPSTREAM, latency };
}

/* --- late text ---------------------------------------------------------------- */

/* The cue is at 1 s and half a second long. All in ms. */
static const struct {
  guint now, latency, lateness;
  guint pts, delay; /* as it goes out */
} late[] = {
  { 500, 300, 0, 1000, 0 },
  { 1020, 300, 0, 1000, 0 },
  { 1320, 300, 0, 1000, 300 },
  { 1420, 300, 0, 1100, 400 },
  { 9020, 300, 0, 8700, 8000 },
  { 1320, 0, 0, 1300, 300 },
  { 1320, 0, 300, 1000, 300 },
  { 1420, 0, 300, 1100, 400 },
  { 1420, 100, 300, 1000, 400 },
};

static void
test_late (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (late); i++) {
    CuePacer pacer = make_pacer (late[i].lateness);
    CueMoment moment = make_moment (late[i].now, late[i].latency);
    GstClockTime pts = GST_SECOND, duration = MS (500);
    CueDelay delay = cue_pacer_schedule (&pacer, &moment, 4, &pts, &duration);

    g_assert_cmpuint (pts, ==, MS (late[i].pts));
    g_assert_cmpuint (duration, ==, MS (500));
    g_assert_cmpuint (delay.delay, ==, MS (late[i].delay));
    g_assert_cmpuint (delay.allowed, ==, MS (late[i].latency + late[i].lateness));
    g_assert_cmpuint (pacer.last_end, ==, MS (late[i].pts + 500 + late[i].lateness));
  }
}

/* Nothing has a time: not live, time stands, the segment is not in time, no PTS. */
static void
test_untimed (void)
{
  CueMoment moments[] = { make_moment (9000, 300), make_moment (9000, 300), make_moment (9000, 300),
    make_moment (9000, 300) };
  GstClockTimeDiff slack;

  moments[0].is_live = FALSE;
  moments[1].now = NONE;
  for (guint i = 0; i < G_N_ELEMENTS (moments); i++) {
    CuePacer pacer = make_pacer (0);
    GstClockTime pts = i == 3 ? NONE : GST_SECOND, before = pts, end = NONE;
    CueDelay delay;

    if (i == 2)
      gst_segment_init (&pacer.segment, GST_FORMAT_BYTES);
    delay = cue_pacer_schedule (&pacer, &moments[i], 4, &pts, &end);
    g_assert_cmpuint (pts, ==, before);
    g_assert_cmpuint (end, ==, NONE);
    g_assert_cmpuint (delay.delay, ==, NONE);
    g_assert_false (cue_pacer_get_slack (&pacer, &moments[i], pts, &slack));
  }
}

static void
test_slack (void)
{
  CuePacer pacer = make_pacer (200);
  CueMoment moment = make_moment (1000, 300);
  GstClockTimeDiff slack;

  g_assert_true (cue_pacer_get_slack (&pacer, &moment, GST_SECOND, &slack));
  g_assert_cmpint (slack, ==, MS (520));
  moment.now = MS (2000);
  g_assert_true (cue_pacer_get_slack (&pacer, &moment, GST_SECOND, &slack));
  g_assert_cmpint (slack, ==, -(GstClockTimeDiff) MS (480));
  moment.latency = CUE_PACER_UNSYNCHRONISED;
  g_assert_false (cue_pacer_get_slack (&pacer, &moment, GST_SECOND, &slack));
}

/* --- text without a time of its own --------------------------------------------- */

static void
test_unsynchronised (void)
{
  static const struct {
    guint now, pts;
  } rows[] = { { 3000, 3000 }, { 3100, 3500 }, { 9000, 9000 } };
  CuePacer pacer = make_pacer (0);

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    CueMoment moment = make_moment (rows[i].now, CUE_PACER_UNSYNCHRONISED);
    GstClockTime pts = GST_SECOND, duration = MS (500);
    CueDelay delay = cue_pacer_schedule (&pacer, &moment, 4, &pts, &duration);

    g_assert_cmpuint (pts, ==, MS (rows[i].pts));
    g_assert_cmpuint (delay.delay, ==, NONE);
  }
}

/* Never outside the segment; without a clock behind what went out. */
static void
test_free_position (void)
{
  CuePacer pacer;
  CueMoment moment = make_moment (0, CUE_PACER_UNSYNCHRONISED);

  cue_pacer_init (&pacer);
  g_assert_cmpuint (cue_pacer_get_free_position (&pacer, &moment), ==, NONE);
  take_segment (&pacer, 1.0, MS (5000), MS (8000), 0);
  g_assert_cmpuint (cue_pacer_get_free_position (&pacer, &moment), ==, MS (5000));
  moment.now = MS (60000);
  g_assert_cmpuint (cue_pacer_get_free_position (&pacer, &moment), ==, MS (8000) - 1);
  moment.now = NONE;
  pacer.last_end = MS (1000);
  g_assert_cmpuint (cue_pacer_get_free_position (&pacer, &moment), ==, MS (6000));
}

static void
test_stamp (void)
{
  CuePacer pacer = make_pacer (100);
  CueMoment moment = make_moment (7000, 300);
  GstClockTime pts = NONE, duration = NONE;

  cue_pacer_stamp (&pacer, &moment, MS (500), 30, &pts, &duration);
  g_assert_cmpuint (pts, ==, MS (6500));
  g_assert_cmpuint (duration, ==, MS (2000));
  /* what is there stays */
  cue_pacer_stamp (&pacer, &moment, MS (900), 300, &pts, &duration);
  g_assert_cmpuint (pts, ==, MS (6500));
  g_assert_cmpuint (duration, ==, MS (2000));
  g_assert_cmpuint (cue_get_reading_time (0), ==, MS (1000));
  g_assert_cmpuint (cue_get_reading_time (1000), ==, MS (7000));
}

/* --- segments -------------------------------------------------------------------- */

/* Text ended at 20 s of a segment from 0. */
static const struct {
  gdouble rate;
  guint start, stop; /* s; 0: open */
  gboolean elsewhere;
} segments[] = {
  { 1.0, 0, 0, FALSE },  /* the same again */
  { 1.0, 0, 60, FALSE }, /* its end has become known */
  { 1.0, 19, 0, FALSE },
  { 1.0, 18, 0, TRUE },
  { 1.0, 30, 0, FALSE },
  { 1.0, 31, 0, TRUE },
  { 2.0, 20, 0, FALSE },
  { -1.0, 0, 20, TRUE },
};

static void
test_segments (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (segments); i++) {
    CuePacer pacer = make_pacer (0);
    GstSegment segment;

    cue_pacer_note_position (&pacer, 19 * GST_SECOND, GST_SECOND);
    gst_segment_init (&segment, GST_FORMAT_TIME);
    segment.rate = segments[i].rate;
    segment.start = segment.time = segments[i].start * GST_SECOND;
    if (segments[i].stop > 0)
      segment.stop = segments[i].stop * GST_SECOND;
    g_assert_cmpint (cue_pacer_take_segment (&pacer, &segment, 250), ==, segments[i].elsewhere);
    g_assert_cmpuint (segment.base, ==, MS (250));
    g_assert_cmpuint (pacer.position == NONE, ==, segments[i].elsewhere);
  }
}

/* --- catching up ------------------------------------------------------------------ */

static void
plan (CuePacer *pacer, gboolean late, gboolean changes, guint beam)
{
  CueMoment moment = make_moment (late ? 9000 : 900, 300);
  GstClockTime delay;

  g_assert_cmpint (cue_pacer_plan (pacer, &moment, GST_SECOND, 4, 3, &delay), ==, changes);
  g_assert_cmpuint (delay, ==, late ? MS (7980) : 0);
  g_assert_cmpuint (cue_pacer_get_beam (pacer, 4), ==, beam);
}

static void
test_catch_up (void)
{
  CuePacer pacer = make_pacer (0);

  plan (&pacer, FALSE, FALSE, 4);
  plan (&pacer, TRUE, TRUE, 2);
  plan (&pacer, TRUE, TRUE, 1);
  plan (&pacer, TRUE, TRUE, 1);
  g_assert_cmpint (pacer.catch_up, ==, CUE_CATCH_UP_MERGE);
  plan (&pacer, TRUE, FALSE, 1);
  for (guint i = 0; i < 24; i++)
    plan (&pacer, FALSE, i % 8 == 7, i < 15 ? 1 : i < 23 ? 2 : 4);
  g_assert_cmpint (pacer.catch_up, ==, CUE_CATCH_UP_NONE);
  /* with a beam of 1 only merging is left */
  for (guint i = 0; i < 2; i++) {
    CueMoment moment = make_moment (9000, 300);
    GstClockTime delay;

    g_assert_cmpint (cue_pacer_plan (&pacer, &moment, GST_SECOND, 1, 3, &delay), ==, i == 0);
    g_assert_cmpstr (cue_catch_up_get_name (pacer.catch_up), ==, "merge");
  }
}

/* What decoding takes is part of it: a cue is late before it is. */
static void
test_decode_time (void)
{
  CuePacer pacer = make_pacer (0);
  CueMoment moment = make_moment (1000, 300);
  GstClockTime delay;

  cue_pacer_note_decode (&pacer, MS (400));
  g_assert_cmpuint (pacer.decode_time, ==, MS (400));
  g_assert_true (cue_pacer_plan (&pacer, &moment, GST_SECOND, 4, 0, &delay));
  cue_pacer_note_decode (&pacer, 0);
  g_assert_cmpuint (pacer.decode_time, ==, MS (300));
  g_assert_false (cue_pacer_plan (&pacer, &moment, GST_SECOND, 4, 0, &delay));
}

/* Without times cues that wait tell. */
static void
test_waiting (void)
{
  CuePacer pacer = make_pacer (0);
  CueMoment moment = make_moment (1000, CUE_PACER_UNSYNCHRONISED);
  GstClockTime delay;

  g_assert_false (cue_pacer_plan (&pacer, &moment, NONE, 4, 1, &delay));
  g_assert_true (cue_pacer_plan (&pacer, &moment, NONE, 4, 2, &delay));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  gst_init (&argc, &argv);
  g_test_add_func ("/pacer/late", test_late);
  g_test_add_func ("/pacer/untimed", test_untimed);
  g_test_add_func ("/pacer/slack", test_slack);
  g_test_add_func ("/pacer/unsynchronised", test_unsynchronised);
  g_test_add_func ("/pacer/free-position", test_free_position);
  g_test_add_func ("/pacer/stamp", test_stamp);
  g_test_add_func ("/pacer/segments", test_segments);
  g_test_add_func ("/pacer/catch-up", test_catch_up);
  g_test_add_func ("/pacer/decode-time", test_decode_time);
  g_test_add_func ("/pacer/waiting", test_waiting);
  return g_test_run ();
}
