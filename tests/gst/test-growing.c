/* ssmtranslate: what is shown of a growing caption, and what goes out
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <string.h>

#include "growing.h"

static Cue *
make_cue (const char *text, guint ms)
{
  GstBuffer *buffer = gst_buffer_new_memdup (text, strlen (text));

  GST_BUFFER_PTS (buffer) = GST_SECOND;
  GST_BUFFER_DURATION (buffer) = ms * GST_MSECOND;
  return cue_new (buffer, 0, CUE_FORMAT_PANGO);
}

/* One after the other: what is committed and the tail, and how that changes what is shown. NULL:
 * it does not. */
static const struct {
  const char *committed, *tail, *deleted, *added;
  gboolean is_final;
} rows[] = {
  { "", "Ich bin", "", "Ich bin" },
  { "", "Ich bin", NULL, NULL },
  { "Ich", "war gestern", " bin", " war gestern" },
  { "war", "", " gestern", "" },
  { "", "", NULL, NULL },
  { "da", "gewesen", "", "da gewesen" },
  { "", "gewesenes", "gewesen", "gewesenes" },
  { "gewesen", "", "gewesenes", "gewesen", TRUE },
  /* a line ends once */
  { "", "", NULL, NULL, TRUE },
  { "", "Du", "", "Du" },
  { "Du", "", "", "" },
  { "", "", "", "", TRUE },
};

static void
test_show (void)
{
  CueGrowing *growing = cue_growing_new ();

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_auto (CueChange) change = { NULL };

    g_assert_cmpint (
        cue_growing_show (growing, rows[i].committed, rows[i].tail, rows[i].is_final, &change), ==,
        rows[i].added != NULL);
    g_assert_cmpstr (change.deleted, ==, rows[i].deleted);
    g_assert_cmpstr (change.added, ==, rows[i].added);
  }
  cue_growing_free (growing);
}

/* What goes out stands behind what went out, to the end of the caption. */
static void
test_times (void)
{
  static const struct {
    guint source_ms;
    guint64 pts, duration; /* ms */
  } times[] = { { 400, 1000, 400 }, { 900, 1400, 500 }, { 900, 1900, 1000 }, { 2900, 1900, 2000 } };
  CueGrowing *growing = cue_growing_new ();

  for (guint i = 0; i < G_N_ELEMENTS (times); i++) {
    g_autoptr (Cue) cue = make_cue ("<i>go on</i>", times[i].source_ms);
    char *committed = (char *) "A & B", text[32] = { 0 };
    g_autoptr (GstBuffer) buffer =
        cue_growing_make_buffer (growing, cue, committed, CUE_FORMAT_PANGO);

    gst_buffer_extract (buffer, 0, text, sizeof text - 1);
    g_assert_cmpstr (text, ==, "<i>A &amp; B</i>");
    g_assert_cmpuint (GST_BUFFER_PTS (buffer), ==, times[i].pts * GST_MSECOND);
    g_assert_cmpuint (GST_BUFFER_DURATION (buffer), ==, times[i].duration * GST_MSECOND);
  }
  cue_growing_free (growing);
}

static void
test_text (void)
{
  CueGrowing *growing = cue_growing_new ();
  g_autoptr (Cue) none = NULL, last = NULL, two = make_cue ("- A.\n- B.", 1);

  g_assert_false (cue_growing_takes (two));
  g_assert_false (cue_growing_is_active (growing));
  none = cue_growing_take (growing);
  g_assert_null (none);
  cue_growing_set (growing, make_cue ("he", 1));
  cue_growing_set (growing, make_cue ("he went", 1));
  g_assert_true (cue_growing_is_active (growing));
  last = cue_growing_take (growing);
  g_assert_true (cue_growing_takes (last));
  g_assert_cmpstr (last->text, ==, "he went");
  cue_growing_set (growing, make_cue ("no", 1));
  cue_growing_clear (growing);
  g_assert_false (cue_growing_is_active (growing));
  cue_growing_free (growing);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  gst_init (&argc, &argv);
  cue_register_interim ();
  g_test_add_func ("/growing/show", test_show);
  g_test_add_func ("/growing/times", test_times);
  g_test_add_func ("/growing/text", test_text);
  return g_test_run ();
}
