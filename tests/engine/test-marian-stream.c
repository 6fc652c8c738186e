/* ssmtranslate tests: what streams can do, with models of Marian
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <string.h>

#include "ssmt/ssmt.h"
#include "stream-util.h"
#include "test-util.h"

static const char *const folders[] = { "marian/student", "marian/student-int8",
  "marian/two-vocabularies", "marian/self-attention", "marian/transformers" };

static SsmtModel *
load (gconstpointer name)
{
  g_autofree char *folder = test_data (name);
  g_autoptr (GError) error = NULL;
  SsmtModel *model = ssmt_model_load (folder, "cpu", 1, &error);

  g_assert_no_error (error);
  return model;
}

static char **
read_sources (gconstpointer name)
{
  g_autofree char *folder = test_data (name);
  g_autofree char *path = g_build_filename (folder, "expected.tsv", NULL);
  g_autofree char *text = NULL;
  char **lines;

  g_assert_true (g_file_get_contents (path, &text, NULL, NULL));
  lines = g_strsplit (g_strchomp (text), "\n", -1);
  for (char **line = lines; *line; line++)
    (*line)[strcspn (*line, "\t")] = '\0';
  return lines;
}

static SsmtTranslation *
translate (SsmtStream *stream, const char *text, SsmtTranslateFlags flags)
{
  g_autoptr (GError) error = NULL;
  SsmtTranslation *translation = ssmt_stream_translate (stream, text, flags, NULL, &error);

  g_assert_no_error (error);
  return translation;
}

/* Each line is the same wherever it stands: nothing is carried. */
static void
test_nothing_carried (gconstpointer name)
{
  g_autoptr (SsmtModel) model = load (name);
  g_autoptr (SsmtStream) document = stream_new (model);
  g_auto (GStrv) lines = read_sources (name);

  for (guint i = 0; i < 6; i++) {
    g_autoptr (SsmtStream) alone = stream_new (model);
    g_autofree char *a = stream_translate (document, lines[i]);
    g_autofree char *b = stream_translate (alone, lines[i]);

    g_assert_cmpstr (a, ==, b);
  }
}

/* What is committed stays, and the end is the translation as far as nothing was. */
static void
test_growing (gconstpointer name)
{
  g_autoptr (SsmtModel) model = load (name);
  g_autoptr (SsmtStream) stream = stream_new (model);
  g_auto (GStrv) lines = read_sources (name);
  SsmtStreamParams params;
  guint committed = 0;

  ssmt_stream_params_init (&params);
  params.guard = FALSE;
  params.policy = SSMT_POLICY_LOCAL_AGREEMENT;
  g_assert_true (ssmt_stream_set_params (stream, &params, NULL));
  for (guint i = 0; i < 8; i++) {
    g_autoptr (GString) said = g_string_new (NULL);
    g_autoptr (SsmtTranslation) last = NULL;

    for (gsize end = 1; lines[i][end]; end++) {
      g_autofree char *text = g_strndup (lines[i], end);
      g_autoptr (SsmtTranslation) growing = NULL;

      if (lines[i][end] != ' ')
        continue;
      growing = translate (stream, text, SSMT_TRANSLATE_GROWING);
      g_string_append_printf (said, "%s%s",
          said->len > 0 && *ssmt_translation_get_committed (growing) ? " " : "",
          ssmt_translation_get_committed (growing));
      g_assert_true (g_str_has_prefix (ssmt_translation_get_text (growing), said->str));
    }
    committed += said->len > 0;
    last = translate (stream, lines[i], SSMT_TRANSLATE_NONE);
    g_assert_true (g_str_has_prefix (ssmt_translation_get_text (last), said->str));
  }
  g_test_message ("of %u lines a part was said early", committed);
  g_assert_cmpuint (committed, >, 0);
}

/* The given translation has the score that its search has added up; less than that, where a shortlist
 * left no probability to others. */
static void
test_score (gconstpointer name)
{
  g_autoptr (SsmtModel) model = load (name);
  g_autoptr (SsmtStream) stream = stream_new (model);
  g_auto (GStrv) lines = read_sources (name);
  guint n = g_strv_length (lines), same = 0;

  for (guint i = 0; i < n; i++) {
    g_autoptr (SsmtTranslation) found = translate (stream, lines[i], SSMT_TRANSLATE_NONE);
    g_autoptr (GError) error = NULL;
    double logp;
    guint n_tokens;

    if (!ssmt_stream_score (
            stream, lines[i], ssmt_translation_get_text (found), &logp, &n_tokens, NULL, &error)) {
      g_assert_error (error, SSMT_ERROR, SSMT_ERROR_TEXT);
      continue;
    }
    /* a text may have other tokens */
    if (n_tokens != ssmt_translation_get_n_scored_tokens (found))
      continue;
    g_assert_cmpfloat (logp, <, 0);
    g_assert_cmpfloat (logp, <=, ssmt_translation_get_score (found) + 1e-3 * (1 - logp));
    same += ABS (logp - ssmt_translation_get_score (found)) < 1e-3 * (1 - logp);
  }
  g_test_message ("%u of %u lines", same, n);
  if (!g_str_has_suffix (name, "attention"))
    return;
  g_assert_cmpuint (same, >, 0);
}

static void
test_alternatives (gconstpointer name)
{
  g_autoptr (SsmtModel) model = load (name);
  g_autoptr (SsmtStream) stream = stream_with (model, SSMT_CONTEXT_NONE, 4);
  g_auto (GStrv) lines = read_sources (name);

  for (guint i = 0; i < 6; i++) {
    g_autoptr (SsmtTranslation) one = translate (stream, lines[i], SSMT_TRANSLATE_NONE);
    g_autoptr (SsmtTranslation) all = translate (stream, lines[i], SSMT_TRANSLATE_ALTERNATIVES);
    guint n = ssmt_translation_get_n_alternatives (all), n_tokens;
    double score, before = 0;

    g_assert_cmpuint (ssmt_translation_get_n_alternatives (one), ==, 0);
    g_assert_cmpuint (n, >=, 4);
    g_assert_cmpstr (ssmt_translation_get_text (one), ==, ssmt_translation_get_text (all));
    g_assert_cmpstr (ssmt_translation_get_alternative (all, 0, &score, &n_tokens), ==,
        ssmt_translation_get_text (all));
    g_assert_cmpfloat (score, ==, ssmt_translation_get_score (all));
    g_assert_cmpuint (n_tokens, ==, ssmt_translation_get_n_scored_tokens (all));
    for (guint j = 0; j < n; j++) {
      g_assert_nonnull (ssmt_translation_get_alternative (all, j, &score, &n_tokens));
      g_assert_cmpfloat (score, <, 0);
      g_assert_cmpuint (n_tokens, >, 0);
      if (j > 0)
        g_assert_cmpfloat (score, !=, before);
      before = score;
    }
  }
}

/* Each word of a translation looks at a word of its source. */
static void
test_alignment (gconstpointer name)
{
  g_autoptr (SsmtModel) model = load (name);
  g_autoptr (SsmtStream) stream = stream_new (model);
  g_auto (GStrv) lines = read_sources (name);
  guint known = 0;

  for (guint i = 0; i < 6; i++) {
    g_autoptr (SsmtTranslation) translation = translate (stream, lines[i], SSMT_TRANSLATE_ALIGN);
    const SsmtAlignment *alignment = ssmt_translation_get_alignment (translation);

    g_assert_cmpuint (alignment->n_source, ==, ssmt_text_count_words (lines[i]));
    g_assert_cmpuint (
        alignment->n_target, ==, ssmt_text_count_words (ssmt_translation_get_text (translation)));
    for (guint j = 0; j < alignment->n_target; j++) {
      g_assert_cmpint (alignment->source_word[j], <, (gint) alignment->n_source);
      known += alignment->source_word[j] >= 0;
    }
  }
  g_assert_cmpuint (known, >, 0);
}

int
main (int argc, char **argv)
{
  static const struct {
    const char *name;
    GTestDataFunc func;
  } tests[] = { { "nothing-carried", test_nothing_carried }, { "score", test_score },
    { "alternatives", test_alternatives }, { "alignment", test_alignment } };

  g_test_init (&argc, &argv, NULL);
  /* the random words of the others go on in the middle */
  for (guint j = 0; j < 3; j++) {
    g_autofree char *name =
        g_strconcat ("/marian-stream/growing/", strchr (folders[j], '/') + 1, NULL);

    g_test_add_data_func (name, folders[j], test_growing);
  }
  for (guint i = 0; i < G_N_ELEMENTS (tests); i++)
    for (guint j = 0; j < G_N_ELEMENTS (folders); j++) {
      g_autofree char *name =
          g_strdup_printf ("/marian-stream/%s/%s", tests[i].name, strchr (folders[j], '/') + 1);

      g_test_add_data_func (name, folders[j], tests[i].func);
    }
  return g_test_run ();
}
