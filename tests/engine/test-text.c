/* ssmtranslate: what a word, a letter and a sentence is
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <ssmt/ssmt.h>

#include <string.h>

static const struct {
  const char *text, *words;
} words[] = {
  { "", "" }, { "  ", "" }, { "one", "one" }, { " one  two\n", "one|two" },
  { "U+00A0:\302\240x U+202F:\342\200\257y", "U+00A0:|x|U+202F:|y" },
  { "\343\200\200a\343\200\200b", "a|b" }, { "tab\tbell\007end", "tab|bell|end" },
  { "\344\273\226\345\233\236\345\256\266\344\272\206",
      "\344\273\226\345\233\236\345\256\266\344\272\206" },
  { "a\342\200\213b", "a\342\200\213b" }, /* zero width: no white space */
};

static char *
join (const char *text, const SsmtRange *ranges, guint n)
{
  GString *out = g_string_new (NULL);

  for (guint i = 0; i < n; i++)
    g_string_append_printf (out, "%s%.*s", i > 0 ? "|" : "",
        (int) (ranges[i].end - ranges[i].start), text + ranges[i].start);
  return g_string_free (out, FALSE);
}

static void
test_words (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (words); i++) {
    const char *text = words[i].text;
    g_autoptr (GArray) found = g_array_new (FALSE, FALSE, sizeof (SsmtRange));
    g_autofree char *joined = NULL;

    for (SsmtRange word = { 0, 0 }; ssmt_text_next_word (text, &word);)
      g_array_append_val (found, word);
    joined = join (text, (SsmtRange *) found->data, found->len);
    g_assert_cmpstr (joined, ==, words[i].words);
    g_assert_cmpuint (ssmt_text_count_words (text), ==, found->len);
  }
}

static const struct {
  const char *language, *text, *sentences;
} sentences[] = {
  { "en", "", "" },
  { "en", "He went.", "He went." },
  { "en", "He went. She stayed! Why?", "He went. |She stayed! |Why?" },
  { "en", "Mr. Smith left. Then Mrs. Hill came.", "Mr. Smith left. |Then Mrs. Hill came." },
  { "en", "Yes. ... No.", "Yes. ... |No." },
  { "en", "... No.", "... |No." },
  { "de", "Das sind z.B. \303\204pfel. Gut.", "Das sind z.B. \303\204pfel. |Gut." },
  { NULL, "One. Two.", "One. |Two." },
  { "no such language", "One. Two.", "One. |Two." },
  { "ja", "\350\241\214\343\201\217\343\200\202\346\235\245\343\202\213\343\200\202",
      "\350\241\214\343\201\217\343\200\202|\346\235\245\343\202\213\343\200\202" },
};

static void
test_sentences (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (sentences); i++) {
    const char *text = sentences[i].text;
    g_autoptr (SsmtSentences) finder = ssmt_sentences_new (sentences[i].language);
    g_autoptr (SsmtSentences) copy = ssmt_sentences_copy (finder);
    guint n;
    g_autofree SsmtRange *ranges = ssmt_sentences_find (copy, text, &n);
    g_autofree char *joined = join (text, ranges, n);

    g_assert_cmpstr (joined, ==, sentences[i].sentences);
    for (guint j = 0; j < n; j++)
      g_assert_cmpuint (ranges[j].start, ==, j > 0 ? ranges[j - 1].end : 0);
    if (n > 0)
      g_assert_cmpuint (ranges[n - 1].end, ==, strlen (text));
  }
}

static void
test_ends (void)
{
  g_autoptr (SsmtSentences) finder = ssmt_sentences_new ("en");

  g_assert_true (ssmt_sentences_ends (finder, "He went."));
  g_assert_false (ssmt_sentences_ends (finder, "He went"));
  g_assert_false (ssmt_sentences_ends (finder, "He met Mr."));
  g_assert_false (ssmt_sentences_ends (finder, ""));
}

static void
test_letters (void)
{
  g_assert_true (ssmt_text_has_letter ("12 a"));
  g_assert_true (ssmt_text_has_letter ("\320\266"));
  g_assert_false (ssmt_text_has_letter ("12:30 \342\231\252 -"));
  g_assert_false (ssmt_text_has_letter (""));
  g_assert_true (ssmt_text_is_sentence_end (0x3002));
  g_assert_false (ssmt_text_is_sentence_end (','));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/text/words", test_words);
  g_test_add_func ("/text/sentences", test_sentences);
  g_test_add_func ("/text/ends", test_ends);
  g_test_add_func ("/text/letters", test_letters);
  return g_test_run ();
}
