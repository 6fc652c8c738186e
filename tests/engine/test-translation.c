/* ssmtranslate: what is told of a translation
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <string.h>

#include "engine/stream/stream-private.h"
#include "stream-util.h"

#define MODEL ((SsmtModel *) data)

static SsmtTranslation *
translate (SsmtStream *stream, const char *text, SsmtTranslateFlags flags)
{
  g_autoptr (GError) error = NULL;
  SsmtTranslation *translation = ssmt_stream_translate (stream, text, flags, NULL, &error);

  g_assert_no_error (error);
  return translation;
}

/* A model that has learnt to spell. */
static SsmtModel *
load_default (void)
{
  g_autofree char *path = g_test_build_filename (G_TEST_DIST, "..", "models", "en-de", NULL);
  g_autoptr (GError) error = NULL;
  SsmtModel *model = ssmt_model_load (path, g_getenv ("SSMT_TEST_DEVICE"), 1, &error);

  g_assert_no_error (error);
  return model;
}

/* Whether the tokenizer makes the same tokens of the text: a search may spell words otherwise. */
static gboolean
is_spelt_so (SsmtModel *model, const char *text, const GArray *tokens)
{
  g_autoptr (GArray) ids = g_array_new (FALSE, FALSE, sizeof (gint32));

  g_assert_true (ssmt_tokenizer_encode (model->tokenizers.target, text, -1, ids, NULL, NULL));
  return ids->len == tokens->len
      && memcmp (ids->data, tokens->data, ids->len * sizeof (gint32)) == 0;
}

/* What is told of each line of a document hangs together. */
static void
test_counts (gconstpointer data)
{
  g_autoptr (SsmtStream) stream = stream_new (MODEL);
  guint64 n_source = 0, n_target = 0, source, target;

  for (guint n = 0; n < 30; n++) {
    g_autofree char *line = stream_line (n);
    g_autoptr (SsmtTranslation) growing = translate (stream, line, SSMT_TRANSLATE_GROWING);
    g_autoptr (SsmtTranslation) whole = translate (stream, line, SSMT_TRANSLATE_NONE);
    guint n_scored = ssmt_translation_get_n_scored_tokens (whole);

    g_assert_cmpfloat (ssmt_translation_get_score (whole), <, 0);
    /* nothing is committed: the same, whether it may still change or not */
    g_assert_cmpfloat (
        ssmt_translation_get_score (growing), ==, ssmt_translation_get_score (whole));
    g_assert_cmpuint (ssmt_translation_get_n_scored_tokens (growing), ==, n_scored);
    n_source += ssmt_translation_get_n_source_tokens (whole);
    n_target += ssmt_translation_get_n_target_tokens (whole);
    ssmt_stream_get_n_tokens (stream, &source, &target);
    g_assert_cmpuint (n_source, ==, source);
    g_assert_cmpuint (n_target, ==, target);
    /* with an end, or cut off */
    n_scored -= ssmt_translation_get_n_target_tokens (whole);
    g_assert_cmpuint (n_scored, <=, 1);
  }
}

/* What the search has added up is what the model says of the pair. */
static void
test_score (gconstpointer beam_size)
{
  static const char *const lines[] = { "Where is the old ship?", "My sister bought a bicycle.",
    "She found it in a small shop.", "It was not expensive.", "The harbour is empty now.",
    "We are waiting for the train to Berlin.", "Do you know him?", "I have never seen the sea." };
  g_autoptr (SsmtModel) model = load_default ();
  g_autoptr (SsmtStream) stream =
      stream_with (model, SSMT_CONTEXT_DOCUMENT, GPOINTER_TO_UINT (beam_size));
  guint n_same = 0;

  for (guint i = 0; i < G_N_ELEMENTS (lines); i++) {
    g_autoptr (SsmtStream) fork = stream_fork (stream, GPOINTER_TO_UINT (beam_size));
    g_autoptr (SsmtTranslation) growing = translate (fork, lines[i], SSMT_TRANSLATE_GROWING);
    g_autoptr (SsmtTranslation) whole = translate (stream, lines[i], SSMT_TRANSLATE_NONE);
    const char *text = ssmt_translation_get_text (whole);
    guint n_tokens;
    double logp;

    if (!is_spelt_so (model, text, fork->growing->hypothesis))
      continue;
    g_assert_true (ssmt_stream_score (fork, lines[i], text, &logp, &n_tokens, NULL, NULL));
    g_assert_cmpfloat_with_epsilon (ssmt_translation_get_score (whole), logp, 1e-3);
    g_assert_cmpuint (ssmt_translation_get_n_scored_tokens (whole), ==, n_tokens);
    n_same++;
  }
  g_assert_cmpuint (n_same, >=, 4);
}

/* All pieces of a long text count. */
static void
test_pieces (gconstpointer data)
{
  g_autoptr (SsmtStream) whole = stream_new (MODEL);
  g_autoptr (SsmtStream) parts = stream_new (MODEL);
  g_autoptr (GPtrArray) pieces = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GString) text = g_string_new (NULL);
  g_autoptr (SsmtTranslation) translation = NULL;
  g_auto (SsmtBudget) budget = { NULL };
  guint n_scored = 0, n_source = 0, n_target = 0;
  double score = 0;

  for (guint n = 0; n < 40; n++) {
    g_autofree char *line = stream_line (n);

    g_string_append_printf (text, "%s%s", n > 0 ? " " : "", line);
  }
  ssmt_budget_init (&budget, text->len, NULL);
  g_assert_true (ssmt_text_split (
      MODEL->tokenizers.source, text->str, MODEL->config->max_source, pieces, &budget, NULL));
  g_assert_cmpuint (pieces->len, >, 1);
  translation = translate (whole, text->str, SSMT_TRANSLATE_NONE);
  for (guint i = 0; i < pieces->len; i++) {
    g_autoptr (SsmtTranslation) part = translate (parts, pieces->pdata[i], SSMT_TRANSLATE_NONE);

    score += ssmt_translation_get_score (part);
    n_scored += ssmt_translation_get_n_scored_tokens (part);
    n_source += ssmt_translation_get_n_source_tokens (part);
    n_target += ssmt_translation_get_n_target_tokens (part);
  }
  g_assert_cmpfloat_with_epsilon (ssmt_translation_get_score (translation), score, 1e-9);
  g_assert_cmpuint (ssmt_translation_get_n_scored_tokens (translation), ==, n_scored);
  g_assert_cmpuint (ssmt_translation_get_n_source_tokens (translation), ==, n_source);
  g_assert_cmpuint (ssmt_translation_get_n_target_tokens (translation), ==, n_target);
}

/* Words that are committed are given: what comes behind them is scored, with its end. */
static void
test_committed (void)
{
  static const char *const lines[] = { "My sister bought a bicycle yesterday.",
    "We are waiting for the train to Berlin.", "The old man lived alone in a house by the sea." };
  g_autoptr (SsmtModel) model = load_default ();
  g_autoptr (SsmtStream) stream = stream_new (model);
  SsmtStreamParams params;
  guint n_early = 0;

  ssmt_stream_params_init (&params);
  params.policy = SSMT_POLICY_LOCAL_AGREEMENT;
  g_assert_true (ssmt_stream_set_params (stream, &params, NULL));
  for (guint i = 0; i < G_N_ELEMENTS (lines); i++) {
    g_autofree char *longer = g_strconcat (lines[i], " He", NULL);
    g_autoptr (SsmtStream) fork = stream_fork (stream, 1);
    g_autoptr (SsmtTranslation) first = translate (stream, lines[i], SSMT_TRANSLATE_GROWING);
    g_autoptr (SsmtTranslation) second = translate (stream, longer, SSMT_TRANSLATE_GROWING);
    guint n_committed = stream->growing->committed->len;
    g_autoptr (SsmtTranslation) last = translate (stream, lines[i], SSMT_TRANSLATE_NONE);
    double logp;

    g_assert_cmpuint (ssmt_translation_get_n_scored_tokens (last), ==,
        ssmt_translation_get_n_target_tokens (last) - n_committed + 1);
    g_assert_true (ssmt_stream_score (
        fork, lines[i], ssmt_translation_get_text (last), &logp, NULL, NULL, NULL));
    if (n_committed > 0)
      g_assert_cmpfloat (ssmt_translation_get_score (last), >, logp);
    n_early += n_committed > 0;
  }
  g_assert_cmpuint (n_early, >, 0);
}

static void
test_passed_through (gconstpointer data)
{
  g_autoptr (SsmtStream) stream = stream_new (MODEL);
  g_autoptr (SsmtTranslation) translation = translate (stream, " 12 - 3 ", SSMT_TRANSLATE_NONE);

  g_assert_cmpstr (ssmt_translation_get_text (translation), ==, " 12 - 3 ");
  g_assert_cmpstr (ssmt_translation_get_committed (translation), ==, " 12 - 3 ");
  g_assert_cmpstr (ssmt_translation_get_tail (translation), ==, "");
  g_assert_cmpfloat (ssmt_translation_get_score (translation), ==, 0);
  g_assert_cmpuint (ssmt_translation_get_n_scored_tokens (translation), ==, 0);
  g_assert_cmpuint (ssmt_translation_get_n_source_tokens (translation), ==, 0);
  g_assert_cmpuint (ssmt_translation_get_n_target_tokens (translation), ==, 0);
}

/* --- a value ---------------------------------------------------------------- */

static void
on_translated (GObject *stream, GAsyncResult *result, gpointer user_data)
{
  SsmtTranslation **translation = user_data;
  g_autoptr (GError) error = NULL;

  *translation = ssmt_stream_translate_finish (SSMT_STREAM (stream), result, &error);
  g_assert_no_error (error);
}

/* It outlives its stream, costs time, and is the same meanwhile. */
static void
test_value (gconstpointer data)
{
  SsmtStream *stream = stream_new (MODEL);
  g_autofree char *expected = stream_translate (stream, "the old mill");
  g_autoptr (SsmtTranslation) translation = NULL, other = NULL;

  ssmt_stream_reset (stream);
  ssmt_stream_translate_async (stream, "the old mill",
      SSMT_TRANSLATE_ALIGN | SSMT_TRANSLATE_GROWING, NULL, on_translated, &translation);
  while (translation == NULL)
    g_main_context_iteration (NULL, TRUE);
  g_object_unref (stream);
  g_assert_cmpstr (ssmt_translation_get_text (translation), ==, expected);
  g_assert_cmpstr (ssmt_translation_get_tail (translation), ==, expected);
  g_assert_cmpuint (ssmt_translation_get_alignment (translation)->n_source, ==, 3);
  g_assert_cmpint (ssmt_translation_get_duration (translation), >, 0);
  other = ssmt_translation_ref (translation);
  g_assert_true (other == translation);
}

/* Taking what the search has chosen is what the search did; with any other the state is another. */
static void
test_take_alternative (gconstpointer data)
{
  g_autoptr (SsmtStream) stream = stream_with (MODEL, SSMT_CONTEXT_DOCUMENT, 4);
  g_autoptr (SsmtState) before = NULL, after = NULL;
  g_autoptr (SsmtTranslation) all = NULL;
  g_autoptr (GBytes) first = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *line = stream_line (1), *next = stream_line (2), *expected = NULL, *again = NULL;
  guint n;

  g_free (stream_translate_lines (stream, 0, 1));
  before = ssmt_stream_get_state (stream, NULL);
  all = translate (stream, line, SSMT_TRANSLATE_ALTERNATIVES);
  n = ssmt_translation_get_n_alternatives (all);
  g_assert_cmpuint (n, >, 1);
  after = ssmt_stream_get_state (stream, NULL);
  expected = stream_translate (stream, next);
  for (guint i = 0; i < n; i++) {
    g_autoptr (SsmtTranslation) taken = NULL;
    g_autoptr (GBytes) saved = NULL;
    g_autofree char *text = NULL;
    double score;
    guint n_tokens;
    const char *wanted = ssmt_translation_get_alternative (all, i, &score, &n_tokens);

    g_assert_true (ssmt_stream_set_state (stream, before, NULL));
    taken = ssmt_stream_take_alternative (stream, all, i, SSMT_TRANSLATE_ALIGN, NULL, &error);
    g_assert_no_error (error);
    if (*wanted)
      g_assert_cmpstr (ssmt_translation_get_text (taken), ==, wanted);
    g_assert_cmpfloat (ssmt_translation_get_score (taken), ==, score);
    g_assert_cmpuint (ssmt_translation_get_n_scored_tokens (taken), ==, n_tokens);
    g_assert_cmpuint (ssmt_translation_get_alignment (taken)->n_target, ==,
        ssmt_text_count_words (ssmt_translation_get_text (taken)));
    g_assert_cmpuint (ssmt_stream_get_n_segments (stream), ==, 2);
    saved = stream_save (stream);
    text = stream_translate (stream, next);
    if (i == 0)
      g_assert_cmpstr (text, ==, expected);
    else
      g_assert_false (g_bytes_equal (saved, first));
    if (i == 0)
      first = g_bytes_ref (saved);
  }
  g_assert_true (ssmt_stream_set_state (stream, after, NULL));
  g_assert_null (ssmt_stream_take_alternative (stream, all, n, 0, NULL, &error));
  g_assert_error (error, SSMT_ERROR, SSMT_ERROR_TEXT);
  again = stream_translate (stream, next);
  g_assert_cmpstr (again, ==, expected);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_data_func ("/translation/score/greedy", GUINT_TO_POINTER (1), test_score);
  g_test_add_data_func ("/translation/score/beam", GUINT_TO_POINTER (4), test_score);
  g_test_add_func ("/translation/committed", test_committed);
  stream_add_test ("translation/counts", test_counts);
  stream_add_test ("translation/take-alternative", test_take_alternative);
  stream_add_test ("translation/pieces", test_pieces);
  stream_add_test ("translation/passed-through", test_passed_through);
  stream_add_test ("translation/value", test_value);
  return g_test_run ();
}
