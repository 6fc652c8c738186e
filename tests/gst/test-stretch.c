/* ssmtranslate: how long a cue may stay
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "stretch.h"

#define NONE GST_CLOCK_TIME_NONE
#define END CUE_STRETCH_END

/* ms: a cue at 1000 for 500 that needs some time; nothing is before `silence`; what comes; the end of the
 * segment; how long it stays. */
static const struct {
  guint64 needed, silence, next, stop, duration;
} rows[] = {
  { 900, 0, END, NONE, 900 },
  { 900, 0, 5000, NONE, 900 },
  { 900, 0, 1800, NONE, 720 },
  { 900, 0, 1570, NONE, 500 }, /* no gap is left */
  { 900, 0, 1500, NONE, 500 },
  { 900, 0, 1200, NONE, 500 }, /* overlaps: as it is */
  { 900, 0, 0, NONE, 500 },
  { 900, 0, NONE, NONE, 500 }, /* nobody knows */
  { 900, 1700, NONE, NONE, 620 },
  { 900, 4000, NONE, NONE, 900 },
  { 900, 0, END, 1800, 800 },
  { 900, 0, END, 1200, 500 },
};

static guint64
scale (guint64 ms)
{
  return ms >= END ? ms : ms * GST_MSECOND;
}

static GstBuffer *
make_buffer (void)
{
  GstBuffer *buffer = gst_buffer_new ();

  GST_BUFFER_PTS (buffer) = 1000 * GST_MSECOND;
  GST_BUFFER_DURATION (buffer) = 500 * GST_MSECOND;
  return buffer;
}

static void
test_rows (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    CueStretch stretch = { NULL };
    CueMeasure measure = { 0 };
    g_autoptr (GstBuffer) buffer = NULL;

    g_assert_false (cue_stretch_is_waiting (&stretch));
    g_assert_cmpint (cue_stretch_get_deadline (&stretch), ==, -1);
    cue_stretch_wait (
        &stretch, make_buffer (), &measure, g_strdup ("text"), scale (rows[i].needed), 7);
    g_assert_cmpint (cue_stretch_get_deadline (&stretch), >, 7);
    g_assert_cmpint (
        cue_stretch_note_silence (&stretch, scale (rows[i].silence)), ==, rows[i].silence >= 1980);
    buffer = cue_stretch_take (&stretch, scale (rows[i].next), scale (rows[i].stop));
    g_assert_cmpuint (GST_BUFFER_PTS (buffer), ==, 1000 * GST_MSECOND);
    g_assert_cmpuint (GST_BUFFER_DURATION (buffer), ==, scale (rows[i].duration));
    g_assert_false (cue_stretch_is_waiting (&stretch));
    cue_stretch_clear (&stretch);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  gst_init (&argc, &argv);
  g_test_add_func ("/stretch/rows", test_rows);
  return g_test_run ();
}
