/* ssmtranslate: which language a row of texts is in
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <ssmt/ssmt.h>

#include <stdlib.h>
#include <string.h>

/* A row of texts, "de.9" for German with a confidence of 0.9, "-" for one of which nothing is known, and
 * what each is taken for. */
static const struct {
  const char *name, *expected, *texts, *taken;
} rows[] = {
  { "nothing is known", NULL, "- - -", "- - -" },
  { "the first that is known", NULL, "- en.4 -", "- en en" },
  { "short ones are as those before", NULL, "en.9 - - de.9 - -", "en en en de en en" },
  { "an unsure one does not differ", NULL, "en.9 en.9 de.6 - en.9", "en en en en en" },
  { "a sure one does", NULL, "en.9 en.9 de.86 en.9", "en en de en" },
  { "two sentences change the row", NULL, "en.9 en.9 de.8 de.8 - -", "en en en de de de" },
  { "three that are short", NULL, "en.9 en.9 de.6 - de.5 - de.6 -", "en en en en en en de de" },
  { "what confirms the row ends that", NULL, "en.9 en.9 de.6 en.5 de.6 de.6", "en en en en en en" },
  { "a third language begins afresh", NULL, "en.9 en.9 de.7 fr.7 de.7 -", "en en en en en en" },
  { "one alone is soon outweighed", NULL, "no.5 de.6 -", "no de de" },
  { "what was gathered has an end", NULL, "en.9 en.9 en.9 en.9 en.9 de.9 de.9 -",
      "en en en en en de de de" },
  { "and back", NULL, "en.9 en.9 de.9 de.9 - en.9 en.9 -", "en en de de de en en en" },
  { "expected", "de", "- - en.4 -", "de de en en" },
  { "expected, confirmed", "de", "- de.8 en.7 -", "de de de de" },
  { "region", "pt-BR", "pt.9 - en.9 -", "pt-BR pt-BR en pt-BR" },
  { "script", NULL, "zh.9 zh-Hant.9 zh-Hant.9", "zh zh zh" },
  { "Norwegian", "nb", "no.9 nn.9", "nb nb" },
};

static double
read_text (char *word, const char **language)
{
  char *point = strchr (word, '.');

  if (!point) {
    *language = NULL;
    return 0;
  }
  *language = word;
  *point = '\0';
  return strtol (point + 1, NULL, 10) / (strlen (point + 1) == 1 ? 10.0 : 100.0);
}

static void
test_row (gconstpointer data)
{
  guint i = GPOINTER_TO_UINT (data);
  g_autoptr (SsmtLanguageTracker) tracker = ssmt_language_tracker_new ();
  g_auto (GStrv) texts = g_strsplit (rows[i].texts, " ", -1);
  g_auto (GStrv) taken = g_strsplit (rows[i].taken, " ", -1);

  g_assert_cmpuint (g_strv_length (texts), ==, g_strv_length (taken));
  ssmt_language_tracker_reset (tracker, rows[i].expected);
  for (guint k = 0; texts[k]; k++) {
    g_autoptr (SsmtLanguageTracker) before = ssmt_language_tracker_copy (tracker);
    const char *expected = g_str_equal (taken[k], "-") ? NULL : taken[k], *language;
    double confidence = read_text (texts[k], &language);

    g_assert_cmpstr (ssmt_language_tracker_peek (tracker, language, confidence), ==, expected);
    g_assert_cmpstr (ssmt_language_tracker_get_language (tracker), ==,
        ssmt_language_tracker_get_language (before));
    g_assert_cmpstr (ssmt_language_tracker_add (tracker, language, confidence), ==, expected);
    g_assert_cmpstr (ssmt_language_tracker_add (before, language, confidence), ==, expected);
  }
}

static void
test_reset (void)
{
  g_autoptr (SsmtLanguageTracker) tracker = ssmt_language_tracker_new ();

  for (guint i = 0; i < 4; i++)
    ssmt_language_tracker_add (tracker, "en", 0.9);
  /* its own language may be what is expected next */
  ssmt_language_tracker_reset (tracker, ssmt_language_tracker_get_language (tracker));
  g_assert_cmpstr (ssmt_language_tracker_get_language (tracker), ==, "en");
  g_assert_cmpstr (ssmt_language_tracker_add (tracker, "de", 0.4), ==, "de");
  g_assert_cmpstr (ssmt_language_tracker_get_language (tracker), ==, "de");
  ssmt_language_tracker_reset (tracker, NULL);
  g_assert_null (ssmt_language_tracker_get_language (tracker));
}

/* Texts as they come, identified with what is expected of them. */
static void
test_film (void)
{
  static const struct {
    const char *text, *taken;
  } cues[] = {
    { "Mr. Miller, where have you been?", "en" },
    { "Hmm.", "en" },
    { "I was at the harbour all night, waiting for her.", "en" },
    { "Okay, okay.", "en" },
    { "Wir haben die ganze Nacht auf Sie gewartet.", "de" },
    { "Ja.", "en" },
    { "What did he say?", "en" },
    { "Setzen Sie sich bitte an den Tisch.", "de" },
    { "Und jetzt erzählen Sie uns alles.", "de" },
    { "Ja.", "de" },
    { "Hamburg.", "de" },
  };
  g_autoptr (SsmtLanguageTracker) tracker = ssmt_language_tracker_new ();

  if (!ssmt_language_can_identify ()) {
    g_test_skip ("built without CLD2");
    return;
  }
  for (guint i = 0; i < G_N_ELEMENTS (cues); i++) {
    double confidence;
    const char *language = ssmt_language_identify (
        cues[i].text, NULL, ssmt_language_tracker_get_language (tracker), &confidence);

    g_test_message ("%s: %s, %.2f", cues[i].text, language ? language : "-", confidence);
    g_assert_cmpstr (ssmt_language_tracker_add (tracker, language, confidence), ==, cues[i].taken);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autofree char *path = g_strdup_printf ("/language-tracker/%s", rows[i].name);

    g_test_add_data_func (path, GUINT_TO_POINTER (i), test_row);
  }
  g_test_add_func ("/language-tracker/reset", test_reset);
  g_test_add_func ("/language-tracker/film", test_film);
  return g_test_run ();
}
