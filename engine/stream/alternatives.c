/* ssmtranslate: other translations that a search has found
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "engine/stream/alternatives.h"

#include "engine/stream/aligner.h"

static SsmtAlternative *
new_alternative (const char *text, const GArray *tokens, double score, guint n_scored)
{
  SsmtAlternative *alternative = g_new (SsmtAlternative, 1);

  *alternative = (SsmtAlternative){ g_strdup (text), g_array_copy ((GArray *) tokens), score,
    n_scored };
  return alternative;
}

void
ssmt_translation_set_alternatives (SsmtTranslation *self, const char *source,
    const SsmtSegment *segment, const GPtrArray *texts)
{
  self->source = g_strdup (source);
  self->piece = g_strdup (segment->piece);
  self->alternatives = g_ptr_array_new_with_free_func ((GDestroyNotify) ssmt_alternative_free);
  if (self->mended != 0)
    g_ptr_array_add (self->alternatives,
        new_alternative (
            self->text, segment->target, segment->tally.score, segment->tally.n_scored));
  for (guint i = 0; i < MIN (segment->ended->len, texts->len); i++) {
    const SsmtEnded *ended = segment->ended->pdata[i];

    if (texts->pdata[i] == NULL)
      continue;
    g_ptr_array_add (self->alternatives,
        new_alternative (texts->pdata[i], ended->tokens, ended->score, ended->n_scored));
  }
}

/* --- taking one -------------------------------------------------------------- */

static const SsmtAlternative *
get_alternative (SsmtStream *stream, SsmtTranslation *translation, guint index, GError **error)
{
  guint vocab = ssmt_network_get_vocab_size (stream->model->network);
  const SsmtAlternative *alternative;

  if (index >= ssmt_translation_get_n_alternatives (translation)) {
    g_set_error (
        error, SSMT_ERROR, SSMT_ERROR_TEXT, "the translation has no alternative %u", index);
    return NULL;
  }
  alternative = translation->alternatives->pdata[index];
  for (guint i = 0; i < alternative->tokens->len; i++) {
    if ((guint32) g_array_index (alternative->tokens, gint32, i) < vocab)
      continue;
    g_set_error_literal (
        error, SSMT_ERROR, SSMT_ERROR_TEXT, "the translation is one of another model");
    return NULL;
  }
  return alternative;
}

/* Which words translate which, where the guard changed no number of words; nearly, where it did. */
static SsmtAlignment *
align (const SsmtSegment *segment, const char *source, const char *text)
{
  const SsmtTokenizers *tokenizers = &segment->stream->model->tokenizers;
  g_autoptr (SsmtAligner) aligner =
      ssmt_aligner_new (tokenizers->source, tokenizers->target, segment->budget);
  g_autofree char *plain = ssmt_text_normalize (source);
  SsmtAlignerPiece piece;
  g_autofree gsize *sources = ssmt_aligner_find_starts (plain, 0, &piece.n_source);
  g_autofree gsize *targets = ssmt_aligner_find_starts (text, 0, &piece.n_target);

  piece.source_at = sources;
  piece.target_at = targets;
  ssmt_aligner_add (aligner, &piece, segment->prompt.source, segment->target, segment->scores,
      segment->columns);
  return ssmt_aligner_finish (aligner, plain, source, text);
}

SsmtTranslation *
ssmt_stream_take_alternative (SsmtStream *self, SsmtTranslation *translation, guint index,
    SsmtTranslateFlags flags, GCancellable *cancellable, GError **error)
{
  gint64 start = g_get_monotonic_time ();
  g_auto (SsmtBudget) budget = { NULL };
  g_auto (SsmtSegment) segment = { NULL };
  g_autoptr (SsmtAlignment) alignment = NULL;
  const SsmtAlternative *alternative;
  SsmtTranslation *taken;
  char *text;

  g_return_val_if_fail (SSMT_IS_STREAM (self), NULL);
  g_return_val_if_fail (translation != NULL, NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  alternative = get_alternative (self, translation, index, error);
  if (alternative == NULL || g_cancellable_set_error_if_cancelled (cancellable, error))
    return NULL;
  ssmt_budget_init (&budget, strlen (translation->piece), cancellable);
  ssmt_segment_init (&segment, self, &budget, error);
  segment.wants_scores = (flags & SSMT_TRANSLATE_ALIGN) != 0;
  ssmt_segment_begin (&segment);
  if (!ssmt_segment_take (&segment, translation->piece, alternative->tokens))
    return NULL;
  if (segment.wants_scores)
    alignment = align (&segment, translation->source, alternative->text);
  if (!ssmt_budget_check (&budget, error))
    return NULL;
  text = g_strdup (alternative->text);
  segment.tally.score = alternative->score;
  segment.tally.n_scored = alternative->n_scored;
  segment.tally.n_target = alternative->tokens->len;
  ssmt_segment_commit (&segment);
  taken = ssmt_translation_new (text, g_strdup (text), g_strdup (""), &segment.tally);
  taken->alignment = g_steal_pointer (&alignment);
  taken->duration = g_get_monotonic_time () - start;
  return taken;
}
