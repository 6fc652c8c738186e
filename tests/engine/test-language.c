/* ssmtranslate: which language a text is in
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <ssmt/ssmt.h>

#include <string.h>

static const struct {
  const char *text, *language; /* NULL: not known */
  double least, most;          /* confidence */
} texts[] = {
  { "", NULL, 0, 0 },
  { "   ", NULL, 0, 0 },
  { "...", NULL, 0, 0 },
  { "12:30", NULL, 0, 0 },
  { "Yes.", NULL, 0, 0 },
  { "Okay, okay.", NULL, 0, 0 },
  { "Hmm.", NULL, 0, 0 },
  { "Where is the key?", "en", 0.7, 0.95 },
  { "I have never seen such a beautiful house in my life.", "en", 0.9, 1 },
  { "WHERE ARE YOU GOING TONIGHT?", "en", 0.7, 1 },
  { "Guten Morgen, mein Herr.", "de", 0.7, 0.95 },
  { "Ich weiß nicht, was du meinst.", "de", 0.85, 1 },
  { "Je ne sais pas ce que tu veux dire.", "fr", 0.85, 1 },
  { "Não sei o que você quer dizer.", "pt", 0.85, 1 },
  { "¿Dónde está la llave de la casa?", "es", 0.85, 1 },
  { "Non so cosa vuoi dire con questo.", "it", 0.85, 1 },
  { "Я не знаю, что ты имеешь в виду.", "ru", 0.85, 1 },
  { "שלום, מה שלומך היום?", "he", 0.85, 1 },
  { "私は学生です。今日は公園に行きます。", "ja", 0.85, 1 },
  { "我们今天去公园吧，你觉得怎么样？", "zh", 0.85, 1 },
};

static gboolean
needs_identifier (void)
{
  if (ssmt_language_can_identify ())
    return TRUE;
  g_test_skip ("built without CLD2");
  return FALSE;
}

static void
test_texts (void)
{
  if (!needs_identifier ())
    return;
  for (guint i = 0; i < G_N_ELEMENTS (texts); i++) {
    double confidence = -1;
    const char *language = ssmt_language_identify (texts[i].text, NULL, NULL, &confidence);

    g_test_message ("\"%s\": %s, %.2f", texts[i].text, language ? language : "-", confidence);
    g_assert_cmpstr (language, ==, texts[i].language);
    g_assert_cmpfloat (confidence, >=, texts[i].least);
    g_assert_cmpfloat (confidence, <=, texts[i].most);
    g_assert_cmpstr (ssmt_language_identify (texts[i].text, NULL, NULL, NULL), ==, language);
  }
}

static void
test_candidates (void)
{
  static const char *const german[] = { "en", "de-AT", NULL }, *const none[] = { NULL },
                           *const chinese[] = { "zh-Hant", NULL };
  double confidence;

  if (!needs_identifier ())
    return;
  g_assert_cmpstr (
      ssmt_language_identify ("Ich weiß nicht, was du meinst.", german, NULL, &confidence), ==,
      "de");
  g_assert_cmpfloat (confidence, >, 0.85);
  /* what is too short for an answer is guessed */
  g_assert_cmpstr (ssmt_language_identify ("Nein, danke.", NULL, NULL, NULL), ==, NULL);
  g_assert_cmpstr (ssmt_language_identify ("Nein, danke.", german, NULL, &confidence), ==, "de");
  g_assert_cmpfloat (confidence, >, 0);
  g_assert_cmpfloat (confidence, <=, 0.25);
  g_assert_cmpstr (
      ssmt_language_identify ("Je ne sais pas ce que tu veux dire.", german, NULL, &confidence), ==,
      NULL);
  g_assert_cmpfloat (confidence, ==, 0);
  g_assert_null (ssmt_language_identify ("Where is the key?", none, NULL, NULL));
  g_assert_cmpstr (
      ssmt_language_identify ("我们今天去公园吧，你觉得怎么样？", chinese, NULL, NULL), ==, "zh");
}

/* Short texts lean towards what is expected, long ones do not. */
static void
test_expected (void)
{
  static const char *const codes[] = { "en", "de", "pt-BR", "zh-Hant", "he", "xx", "", "no-such" };

  if (!needs_identifier ())
    return;
  for (guint i = 0; i < G_N_ELEMENTS (codes); i++)
    g_assert_cmpstr (
        ssmt_language_identify ("Ich weiß nicht, was du meinst.", NULL, codes[i], NULL), ==, "de");
  g_assert_cmpstr (ssmt_language_identify ("Das war nie ein Problem.", NULL, NULL, NULL), !=, "de");
  g_assert_cmpstr (ssmt_language_identify ("Das war nie ein Problem.", NULL, "de", NULL), ==, "de");
}

static void
test_bad (void)
{
  static const char *const bad[] = { "\xff", "Ich weiß nicht, was du \xc3",
    "\xed\xa0\x80 surrogate", "\xc0\x80 overlong and quite a long English sentence",
    "I do not know what you \xf8\x88\x80\x80\x80 mean by that." };
  g_autofree char *longest = g_strnfill (3 * 4096, 'x');
  GString *words = g_string_new ("Ich weiß nicht, was du meinst.");
  double confidence = -1;

  for (guint i = 0; i < G_N_ELEMENTS (bad); i++) {
    g_assert_null (ssmt_language_identify (bad[i], NULL, NULL, &confidence));
    g_assert_cmpfloat (confidence, ==, 0);
  }
  ssmt_language_identify (longest, NULL, NULL, NULL);
  /* wherever a long text is cut, no character is */
  for (guint i = 0; i < 4096; i++)
    g_string_append (words, "…");
  for (guint i = 0; i < 4; i++) {
    const char *language = ssmt_language_identify (words->str, NULL, NULL, NULL);

    g_assert_cmpstr (language, ==, ssmt_language_can_identify () ? "de" : NULL);
    g_string_prepend_c (words, ' ');
  }
  g_string_free (words, TRUE);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/language/texts", test_texts);
  g_test_add_func ("/language/candidates", test_candidates);
  g_test_add_func ("/language/expected", test_expected);
  g_test_add_func ("/language/bad", test_bad);
  return g_test_run ();
}
