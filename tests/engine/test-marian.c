/* ssmtranslate tests: models of Marian, against what Marian itself makes of them
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * tests/data/marian is of tests/reference/make-marian.py.
 */
#include <math.h>
#include <string.h>

#include <gio/gio.h>

#include "ssmt/ssmt.h"
#include "test-util.h"

/* --- what comes out ----------------------------------------------------- */

/* As Marian searches: greedy, without a guard against loops. */
static SsmtStream *
open_stream (const char *folder, SsmtModel **model)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (SsmtStreamParams) params = ssmt_stream_params_new ();
  SsmtStream *stream;

  *model = ssmt_model_load (folder, "cpu", 1, &error);
  g_assert_no_error (error);
  params->no_repeat_ngram = 0;
  params->guard = FALSE;
  stream = ssmt_stream_new (*model, params, &error);
  g_assert_no_error (error);
  return stream;
}

static char **
read_expected (const char *folder)
{
  g_autofree char *path = g_build_filename (folder, "expected.tsv", NULL);
  g_autofree char *text = NULL;

  g_assert_true (g_file_get_contents (path, &text, NULL, NULL));
  return g_strsplit (g_strchomp (text), "\n", -1);
}

/* Both are sums over the same tokens, its end counted. */
static void
check_score (SsmtTranslation *translation, double expected)
{
  double score = ssmt_translation_get_score (translation);

  g_assert_cmpfloat_with_epsilon (score, expected, 1e-4 * (1 + fabs (expected)));
}

/* ">>deu<<": the line is to be translated into that. */
static void
set_language (SsmtStream *stream, const char *tag)
{
  g_autofree char *code = g_strndup (tag + 2, strlen (tag) - 4);
  g_autoptr (GError) error = NULL;

  g_assert_true (ssmt_stream_set_target_language (stream, code, &error));
  g_assert_no_error (error);
  g_assert_cmpstr (ssmt_stream_get_target_language (stream), ==, code);
}

/* Of models that write several languages. */
static void
test_languages (void)
{
  g_autofree char *folder = test_data ("marian/transformers-tags");
  g_autoptr (SsmtModel) model = NULL;
  g_autoptr (SsmtStream) stream = open_stream (folder, &model);
  g_autofree char *all = g_strjoinv (" ", (char **) ssmt_model_get_target_languages (model));
  static const char *const same[][2] = { { "de", "deu" }, { "de-AT", "deu" }, { "nl", "nld" },
    { "pt-BR", "pt_br" }, { "por", "pt_br" } };
  g_autoptr (GError) error = NULL;

  g_assert_cmpstr (all, ==, "deu nld pt_br");
  g_assert_null (ssmt_stream_translate (stream, "bapesa.", 0, NULL, &error));
  test_expect_error (&error, SSMT_ERROR_UNSUPPORTED, "several|deu, nld, pt_br");
  g_assert_false (ssmt_stream_set_target_language (stream, "fr", &error));
  test_expect_error (&error, SSMT_ERROR_UNSUPPORTED, "\"fr\"|deu, nld, pt_br");
  for (guint i = 0; i < G_N_ELEMENTS (same); i++) {
    g_assert_true (ssmt_stream_set_target_language (stream, same[i][0], &error));
    g_assert_cmpstr (ssmt_stream_get_target_language (stream), ==, same[i][1]);
  }
  g_clear_object (&stream);
  g_clear_object (&model);
  g_clear_pointer (&folder, g_free);
  folder = test_data ("marian/transformers");
  stream = open_stream (folder, &model);
  g_assert_false (ssmt_stream_set_target_language (stream, "yy", &error));
  test_expect_error (&error, SSMT_ERROR_UNSUPPORTED, "one language");
}

static void
test_system (gconstpointer name)
{
  g_autofree char *path = g_build_filename ("marian", name, NULL);
  g_autofree char *folder = test_data (path);
  g_autoptr (SsmtModel) model = NULL;
  g_autoptr (SsmtStream) stream = open_stream (folder, &model);
  g_auto (GStrv) lines = read_expected (folder);
  gboolean is_int8 = g_str_has_suffix (name, "int8");
  guint good = 0, n = g_strv_length (lines);

  for (guint i = 0; i < n; i++) {
    g_auto (GStrv) columns = g_strsplit (lines[i], "\t", -1);
    gboolean has_tag = columns[2] && *columns[2] == '>';
    g_autoptr (GError) error = NULL;
    g_autoptr (SsmtTranslation) translation = NULL;
    const char *text;

    if (has_tag)
      set_language (stream, columns[2]);
    translation = ssmt_stream_translate (stream, columns[0], 0, NULL, &error);
    g_assert_no_error (error);
    text = ssmt_translation_get_text (translation);
    /* Marian stops after two and a half tokens for each of the source, which is earlier */
    if (g_str_has_prefix (text, columns[1]))
      good++;
    if (g_str_equal (text, columns[1]) && columns[2] && !has_tag && !is_int8)
      check_score (translation, g_ascii_strtod (columns[2], NULL));
    if (!g_str_has_prefix (text, columns[1]))
      g_test_message ("%s\n  is       %s\n  expected %s", columns[0], text, columns[1]);
  }
  g_test_message ("%u of %u lines", good, n);
  /* Activations are rounded to int8: random weights decide nearly nothing by much. */
  if (is_int8)
    g_assert_cmpuint (good, >=, n / 3);
  else
    g_assert_cmpuint (good, ==, n);
}

/* Languages in an ssmt.json leave all else as the library has it. */
static void
test_text_file (void)
{
  static const char *const names[] = { "config.json", "generation_config.json", "model.safetensors",
    "source.spm", "target.spm", "vocab.json" };
  static const char text[] = "{ \"languages\": { \"source\": \"en\", \"target\": \"de\" } }";
  char *folder = test_folder_new ();
  g_autoptr (SsmtModel) model = NULL;
  g_autoptr (SsmtStream) stream = NULL;
  g_autoptr (SsmtTranslation) translation = NULL;
  g_autofree char *from = test_data ("marian/transformers");
  g_auto (GStrv) lines = read_expected (from), columns = g_strsplit (lines[0], "\t", -1);
  g_autoptr (GError) error = NULL;

  for (guint i = 0; i < G_N_ELEMENTS (names); i++) {
    g_autofree char *path = g_build_filename (from, names[i], NULL);
    g_autoptr (GBytes) bytes = test_file_read (path);

    g_free (test_file_write (
        folder, names[i], g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes)));
  }
  g_free (test_file_write (folder, "ssmt.json", text, strlen (text)));
  stream = open_stream (folder, &model);
  g_assert_cmpstr (ssmt_model_get_target_language (model), ==, "de");
  g_assert_false (ssmt_model_get_carries_state (model));
  translation = ssmt_stream_translate (stream, columns[0], 0, NULL, &error);
  g_assert_no_error (error);
  g_assert_true (g_str_has_prefix (ssmt_translation_get_text (translation), columns[1]));
  test_folder_remove (folder);
}

int
main (int argc, char **argv)
{
  static const char *const systems[] = { "student", "student-int8", "two-vocabularies", "npz",
    "self-attention", "two-self-attention", "pre-norm", "transformers", "transformers-separate",
    "transformers-tags" };

  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (systems); i++) {
    g_autofree char *name = g_strconcat ("/marian/", systems[i], NULL);

    g_test_add_data_func (name, systems[i], test_system);
  }
  g_test_add_func ("/marian/languages", test_languages);
  g_test_add_func ("/marian/text-file", test_text_file);
  return g_test_run ();
}
