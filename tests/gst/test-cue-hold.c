/* ssmtranslate: cues that are held, without a pipeline
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <string.h>

#include "hold.h"

#define NOW (100 * G_USEC_PER_SEC)

static Cue *
make_cue (const char *text, guint second)
{
  GstBuffer *buffer = *text ? gst_buffer_new_memdup (text, strlen (text)) : gst_buffer_new ();

  GST_BUFFER_PTS (buffer) = second * GST_SECOND;
  GST_BUFFER_DURATION (buffer) = 500 * GST_MSECOND;
  return cue_new (buffer, 0, CUE_FORMAT_PANGO);
}

/* Adds cues divided by '|', at seconds 1, 2 and so on. */
static void
add (CueHold *hold, const char *texts)
{
  g_auto (GStrv) parts = g_strsplit (texts, "|", -1);

  for (guint i = 0; parts[i]; i++) {
    Cue *cue = make_cue (parts[i], i + 1);

    g_assert_true (cue_hold_takes (cue));
    cue_hold_add (hold, cue, NOW, NULL);
  }
}

/* --- which, and how long ------------------------------------------------------------ */

static void
test_takes (void)
{
  static const struct {
    const char *text;
    gboolean takes;
  } rows[] = { { "He went", TRUE }, { "He went.", TRUE }, { "- Yes.", FALSE }, { "12.30", FALSE },
    { "\342\231\252 La \342\231\252", FALSE }, { "- A.\n- B.", FALSE }, { "", FALSE } };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autoptr (Cue) cue = make_cue (rows[i].text, 1);

    g_assert_cmpint (cue_hold_takes (cue), ==, rows[i].takes);
  }
}

static void
test_complete (void)
{
  CueHold *hold = cue_hold_new ();

  cue_hold_set_languages (hold, "en", "de");
  add (hold, "he|went");
  g_assert_false (cue_hold_is_complete (hold));
  add (hold, "home.");
  g_assert_true (cue_hold_is_complete (hold));
  cue_hold_clear (hold);
  g_assert_cmpuint (cue_hold_get_n_cues (hold), ==, 0);
  /* a sentence that is none */
  for (guint i = 0; i < 15; i++)
    add (hold, "and");
  g_assert_false (cue_hold_is_complete (hold));
  add (hold, "and");
  g_assert_true (cue_hold_is_complete (hold));
  cue_hold_free (hold);
}

static void
test_past (void)
{
  CueHold *hold = cue_hold_new ();

  g_assert_false (cue_hold_is_past (hold, 60 * GST_SECOND));
  add (hold, "he");
  g_assert_false (cue_hold_is_past (hold, 2500 * GST_MSECOND));
  g_assert_true (cue_hold_is_past (hold, 2501 * GST_MSECOND));
  g_assert_false (cue_hold_is_past (hold, GST_CLOCK_TIME_NONE));
  cue_hold_free (hold);
}

/* The first that is due counts; silence only where nothing is. */
static void
test_deadline (void)
{
  GstClockTimeDiff soon = 120 * GST_MSECOND, late = GST_SECOND;
  GstClockTimeDiff over = -(GstClockTimeDiff) GST_SECOND;
  CueHold *hold = cue_hold_new ();

  g_assert_cmpint (cue_hold_get_deadline (hold), ==, -1);
  cue_hold_add (hold, make_cue ("a", 1), NOW, NULL);
  g_assert_cmpint (cue_hold_get_deadline (hold), ==, NOW + 500000);
  cue_hold_add (hold, make_cue ("b", 2), NOW, &late);
  g_assert_cmpint (cue_hold_get_deadline (hold), ==, NOW + 980000);
  cue_hold_add (hold, make_cue ("c", 3), NOW, &soon);
  g_assert_cmpint (cue_hold_get_deadline (hold), ==, NOW + 100000);
  cue_hold_add (hold, make_cue ("d", 4), NOW, &late);
  cue_hold_add (hold, make_cue ("e", 5), NOW, NULL);
  g_assert_cmpint (cue_hold_get_deadline (hold), ==, NOW + 100000);
  cue_hold_clear (hold);
  cue_hold_add (hold, make_cue ("f", 6), NOW, &over);
  g_assert_cmpint (cue_hold_get_deadline (hold), ==, NOW);
  cue_hold_free (hold);
}

/* --- sentences and shares -------------------------------------------------------------- */

static char *
divide (CueHold *hold, const char *translations)
{
  g_auto (GStrv) sentences = cue_hold_dup_sentences (hold);
  g_auto (GStrv) parts = g_strsplit (translations, "|", -1);
  g_autoptr (GPtrArray) none = g_ptr_array_new ();
  g_autoptr (GPtrArray) texts = NULL;
  g_autoptr (GString) all = g_string_new (NULL);

  g_assert_cmpuint (g_strv_length (sentences), ==, g_strv_length (parts));
  texts = cue_hold_divide (hold, parts, none, CUE_FORMAT_UTF8);
  g_assert_cmpuint (texts->len, ==, cue_hold_get_n_cues (hold));
  for (guint i = 0; i < texts->len; i++)
    g_string_append_printf (all, "%s%s", i > 0 ? "|" : "", (const char *) texts->pdata[i]);
  return g_strdup (all->str);
}

static void
test_divide (void)
{
  static const struct {
    const char *cues, *translations, *shares;
  } rows[] = {
    { "he went|home.", "er ging heim.", "er ging|heim." },
    { "Yes. He|went.", "Ja.|Er ging.", "Ja. Er|ging." },
    { "he|went|home.", "heim.", "heim.||" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    CueHold *hold = cue_hold_new ();
    g_autofree char *shares = NULL;

    add (hold, rows[i].cues);
    shares = divide (hold, rows[i].translations);
    g_assert_cmpstr (shares, ==, rows[i].shares);
    cue_hold_free (hold);
  }
}

static void
test_take (void)
{
  CueHold *hold = cue_hold_new ();

  add (hold, "he|<i>went</i> on");
  g_assert_true (cue_hold_has_spans (hold));
  for (guint i = 1; i <= 2; i++) {
    g_autoptr (Cue) cue = cue_hold_take (hold);

    g_assert_cmpuint (cue->pts, ==, i * GST_SECOND);
  }
  /* the next group has nothing of this one */
  add (hold, "home");
  g_assert_false (cue_hold_has_spans (hold));
  {
    g_auto (GStrv) sentences = cue_hold_dup_sentences (hold);

    g_assert_cmpstr (sentences[0], ==, "home");
  }
  cue_hold_free (hold);
}

/* A language that becomes known while cues are held changes nothing for them. */
static void
test_languages (void)
{
  CueHold *hold = cue_hold_new ();
  g_autofree char *shares = NULL;

  cue_hold_set_languages (hold, "en", "de");
  add (hold, "he went");
  cue_hold_set_languages (hold, "fr", "de");
  add (hold, "home .");
  shares = divide (hold, "er ging heim.");
  g_assert_cmpstr (shares, ==, "er ging|heim.");
  cue_hold_clear (hold);
  /* French has a space before it */
  add (hold, "Quoi|! Non.");
  {
    g_auto (GStrv) sentences = cue_hold_dup_sentences (hold);

    g_assert_cmpstr (sentences[0], ==, "Quoi !");
  }
  cue_hold_free (hold);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  gst_init (&argc, &argv);
  cue_register_interim ();
  g_test_add_func ("/cue-hold/takes", test_takes);
  g_test_add_func ("/cue-hold/complete", test_complete);
  g_test_add_func ("/cue-hold/past", test_past);
  g_test_add_func ("/cue-hold/deadline", test_deadline);
  g_test_add_func ("/cue-hold/divide", test_divide);
  g_test_add_func ("/cue-hold/take", test_take);
  g_test_add_func ("/cue-hold/languages", test_languages);
  return g_test_run ();
}
