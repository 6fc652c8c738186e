/* ssmtranslate tests: paragraphs, read sentence by sentence by models that know single sentences only
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <string.h>

#include "engine/tokens/languages.h"
#include "ssmt/ssmt.h"
#include "test-util.h"

/* The student of tests/data/marian as a model of these languages. */
static char *
copy_as (const char *pair)
{
  static const char *const names[][2] = { { "model", "bin" }, { "vocab", "spm" },
    { "lex.50.50", "s2t.bin" } };
  g_autofree char *from = test_data ("marian/student");
  char *folder = test_folder_new ();

  for (guint i = 0; i < G_N_ELEMENTS (names); i++) {
    g_autofree char *old = g_strdup_printf ("%s.xxyy.%s", names[i][0], names[i][1]);
    g_autofree char *new = g_strdup_printf ("%s.%s.%s", names[i][0], pair, names[i][1]);
    g_autofree char *path = g_build_filename (from, old, NULL);
    g_autoptr (GBytes) bytes = test_file_read (path);

    g_free (
        test_file_write (folder, new, g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes)));
  }
  return folder;
}

/* Sentences that ICU knows as such whatever follows, each with its space. */
static GPtrArray *
read_sentences (void)
{
  g_autofree char *path = test_data ("marian/student/expected.tsv");
  g_autofree char *text = NULL;
  g_auto (GStrv) lines = NULL;
  GPtrArray *sentences = g_ptr_array_new_with_free_func (g_free);

  g_assert_true (g_file_get_contents (path, &text, NULL, NULL));
  lines = g_strsplit (text, "\n", -1);
  for (guint i = 0; lines[i] && *lines[i]; i++) {
    g_autofree char *line = g_strndup (lines[i], strcspn (lines[i], "\t"));

    g_strdelimit (line, ".!?", ' ');
    g_ptr_array_add (sentences, g_strconcat (g_strstrip (line), i % 2 ? "!" : "?", NULL));
  }
  return sentences;
}

static SsmtTranslation *
translate (SsmtStream *stream, const char *text)
{
  g_autoptr (GError) error = NULL;
  SsmtTranslation *translation =
      ssmt_stream_translate (stream, text, SSMT_TRANSLATE_ALIGN, NULL, &error);

  g_assert_no_error (error);
  return translation;
}

/* What is aligned within a sentence is so within the paragraph: words are counted on, and where no
 * space divides two sentences they share a word. */
static guint
check_words (const SsmtAlignment *whole, const SsmtAlignment *part, guint target, guint source)
{
  guint same = 0;

  g_assert_cmpuint (target + part->n_target, <=, whole->n_target);
  for (guint i = 0; i < part->n_target; i++) {
    gint word = part->source_word[i];

    same += whole->source_word[target + i] == (word < 0 ? -1 : word + (gint) source);
  }
  return same;
}

static void
test_paragraph (gconstpointer pair)
{
  char *folder = copy_as (pair);
  gboolean spaces = !g_str_has_suffix (pair, "zh") && !g_str_has_suffix (pair, "ja");
  g_autoptr (GError) error = NULL;
  g_autoptr (SsmtModel) model = ssmt_model_load (folder, "cpu", 1, &error);
  g_autoptr (SsmtStream) stream = NULL;
  g_autoptr (GPtrArray) sentences = read_sentences ();
  g_autoptr (GString) text = g_string_new (NULL);
  g_autoptr (GString) expected = g_string_new (NULL);
  g_autoptr (SsmtTranslation) whole = NULL;
  guint n_words = 0, n_same = 0, n_target = 0, n_source = 0;

  g_assert_no_error (error);
  stream = ssmt_stream_new (model, NULL, &error);
  for (guint i = 0; i < sentences->len; i++)
    g_string_append_printf (text, "%s%s", i > 0 ? " " : "", (char *) sentences->pdata[i]);
  whole = translate (stream, text->str);
  for (guint i = 0; i < sentences->len; i++) {
    g_autoptr (SsmtTranslation) part = translate (stream, sentences->pdata[i]);
    const char *translation = ssmt_translation_get_text (part);
    guint n = ssmt_text_count_words (translation);

    if (spaces) {
      n_same += check_words (ssmt_translation_get_alignment (whole),
          ssmt_translation_get_alignment (part), n_target, n_source);
      n_words += n;
    }
    n_target += n - (!spaces && i > 0);
    n_source += ssmt_text_count_words (sentences->pdata[i]);
    g_string_append_printf (expected, "%s%s", spaces && i > 0 ? " " : "", translation);
  }
  g_assert_cmpstr (ssmt_translation_get_text (whole), ==, expected->str);
  g_assert_cmpuint (ssmt_text_count_words (expected->str), ==, n_target);
  g_assert_cmpuint (n_same, ==, n_words);
  test_folder_remove (folder);
}

/* As long as it fits it is one text: what a cue says in two sentences belongs together. */
static void
test_short (void)
{
  char *folder = copy_as ("ende");
  g_autoptr (SsmtModel) model = ssmt_model_load (folder, "cpu", 1, NULL);
  g_autoptr (SsmtStream) stream = ssmt_stream_new (model, NULL, NULL);
  g_autoptr (GPtrArray) sentences = read_sentences ();
  g_autofree char *text =
      g_strconcat (sentences->pdata[0], " ", (char *) sentences->pdata[1], NULL);
  g_autoptr (SsmtTranslation) both = translate (stream, text);
  g_autoptr (SsmtTranslation) first = translate (stream, sentences->pdata[0]);
  g_autoptr (SsmtTranslation) second = translate (stream, sentences->pdata[1]);
  g_autofree char *joined = g_strconcat (
      ssmt_translation_get_text (first), " ", ssmt_translation_get_text (second), NULL);

  g_assert_cmpstr (ssmt_translation_get_text (both), !=, joined);
  test_folder_remove (folder);
}

static void
test_spaces (void)
{
  static const char *const without[] = { "zh", "zh-Hant-TW", "zh_hans", "ja", "JA-JP", "jpn" };
  static const char *const with[] = { "en", "de-AT", "jav", "zha", "ko", "" };

  g_assert_true (ssmt_language_has_spaces (NULL));
  for (guint i = 0; i < G_N_ELEMENTS (without); i++)
    g_assert_false (ssmt_language_has_spaces (without[i]));
  for (guint i = 0; i < G_N_ELEMENTS (with); i++)
    g_assert_true (ssmt_language_has_spaces (with[i]));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_data_func ("/sentences/paragraph", "ende", test_paragraph);
  g_test_add_data_func ("/sentences/chinese", "enzh", test_paragraph);
  g_test_add_data_func ("/sentences/japanese", "enja", test_paragraph);
  g_test_add_func ("/sentences/short", test_short);
  g_test_add_func ("/sentences/spaces", test_spaces);
  return g_test_run ();
}
