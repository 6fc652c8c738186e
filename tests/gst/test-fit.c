/* ssmtranslate: whether text can be shown and read
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "fit.h"

#define P CUE_FORMAT_PANGO
#define U CUE_FORMAT_UTF8

static const struct {
  const char *text;
  CueFormat format;
  guint columns, lines, characters;
  const char *plain;
} measures[] = {
  { "", U, 0, 0, 0, "" },
  { "one\nthree\n", U, 5, 2, 8, "one\nthree" },
  { "<i>a &amp; b</i>", P, 5, 1, 5, "a & b" },
  { "a &amp;amp; b", P, 5, 1, 5, "a & b" },
  { "{\\an8}up", U, 2, 1, 2, "up" },
  { "- Yes.\n- No.", P, 6, 2, 11, "- Yes.\n- No." },
  { "\344\275\240\345\245\275", U, 4, 1, 2, "\344\275\240\345\245\275" },
  { "\342\231\252 la \342\231\252", U, 6, 1, 6, "\342\231\252 la \342\231\252" },
};

static void
test_measures (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (measures); i++) {
    g_autofree char *plain = NULL;
    CueMeasure measure = cue_fit_measure (measures[i].text, measures[i].format, &plain);

    g_assert_cmpuint (measure.columns, ==, measures[i].columns);
    g_assert_cmpuint (measure.lines, ==, measures[i].lines);
    g_assert_cmpuint (measure.characters, ==, measures[i].characters);
    g_assert_cmpstr (plain, ==, measures[i].plain);
  }
}

static void
test_limits (void)
{
  static const struct {
    CueLimits limits;
    CueMeasure measure;
    guint ms, needed;
    gboolean holds;
  } rows[] = {
    { { 0, 0, 0 }, { 999, 99, 9999 }, 1, 0, TRUE },
    { { 42, 2, 17 }, { 42, 2, 34 }, 2000, 2000, TRUE },
    { { 42, 2, 17 }, { 43, 2, 34 }, 2000, 2000, FALSE },
    { { 42, 2, 17 }, { 42, 3, 34 }, 2000, 2000, FALSE },
    { { 42, 2, 17 }, { 42, 2, 35 }, 2000, 2059, FALSE },
    { { 42, 2, 17 }, { 42, 2, 35 }, 2059, 2059, TRUE },
    { { 0, 0, 17 }, { 999, 99, 17 }, 0, 1000, TRUE }, /* no duration */
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    CueFit fit = { 0 };

    cue_fit_set (&fit, &rows[i].limits, "de");
    g_assert_cmpint (cue_fit_has_limits (&fit), ==, i > 0);
    g_assert_cmpuint (cue_fit_get_time (&fit, &rows[i].measure), ==, rows[i].needed * GST_MSECOND);
    g_assert_cmpint (
        cue_fit_holds (&fit, &rows[i].measure, rows[i].ms * GST_MSECOND), ==, rows[i].holds);
    cue_fit_clear (&fit);
  }
}

static void
test_room (void)
{
  static const CueLimits limits = { 10, 2, 10 };
  g_autoptr (CueText) two = cue_text_parse ("- Yes.\n- Well no.", 17, U);
  CueFit fit = { 0 };
  CueRoom room, part;

  cue_fit_set (&fit, &limits, NULL);
  room = cue_fit_get_room (&fit, 2 * GST_SECOND, TRUE);
  g_assert_cmpuint (room.max_characters, ==, 20);
  g_assert_cmpuint (cue_room_get_excess (&room, "123456789 123456789"), ==, 0);
  g_assert_cmpuint (cue_room_get_excess (&room, "123456789 1234567890"), ==, 0);
  g_assert_cmpuint (cue_room_get_excess (&room, "123456789 12345678901"), ==, 2);
  part = cue_room_get_part (&room, two, 1);
  g_assert_cmpuint (part.max_characters, ==, 13);
  g_assert_cmpuint (part.layout.max_lines, ==, 1);
  g_assert_cmpuint (cue_room_get_excess (&part, "12345678"), ==, 0);
  g_assert_cmpuint (cue_room_get_excess (&part, "123456789"), ==, 1);
  room = cue_fit_get_room (&fit, GST_CLOCK_TIME_NONE, FALSE);
  g_assert_cmpuint (cue_room_get_excess (&room, "as long as it likes to be, in any line"), ==, 0);
  cue_fit_clear (&fit);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/fit/measures", test_measures);
  g_test_add_func ("/fit/limits", test_limits);
  g_test_add_func ("/fit/room", test_room);
  return g_test_run ();
}
