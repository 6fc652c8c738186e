/* ssmtranslate: other translations that a search has found
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "engine/stream/alternatives.h"

#include "engine/stream/aligner.h"

void
ssmt_translation_set_alternatives (
    SsmtTranslation *self, const char *source, const SsmtSegment *segment)
{
  self->source = g_strdup (source);
  self->piece = g_strdup (segment->piece);
  self->alternatives = g_ptr_array_new_with_free_func ((GDestroyNotify) ssmt_alternative_free);
  for (guint i = 0; i < segment->ended->len; i++) {
    const SsmtEnded *ended = segment->ended->pdata[i];
    SsmtAlternative *alternative = g_new (SsmtAlternative, 1);

    *alternative = (SsmtAlternative){ ssmt_segment_decode (segment, ended->tokens),
      g_array_ref (ended->tokens), ended->score, ended->n_scored };
    g_ptr_array_add (self->alternatives, alternative);
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

static gboolean
read_pair (SsmtSegment *segment, const char *piece, const GArray *tokens)
{
  return ssmt_segment_set_tokens (segment, piece, tokens) && ssmt_segment_read_source (segment)
      && ssmt_segment_read_target (segment)
      && (!segment->wants_scores || ssmt_segment_read_scores (segment));
}

SsmtTranslation *
ssmt_stream_take_alternative (SsmtStream *self, SsmtTranslation *translation, guint index,
    SsmtTranslateFlags flags, GCancellable *cancellable, GError **error)
{
  gint64 start = g_get_monotonic_time ();
  g_auto (SsmtSegment) segment = { NULL };
  g_autoptr (SsmtAligner) aligner = NULL;
  const SsmtAlternative *alternative;
  SsmtTranslation *taken;
  char *text;

  g_return_val_if_fail (SSMT_IS_STREAM (self), NULL);
  g_return_val_if_fail (translation != NULL, NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  alternative = get_alternative (self, translation, index, error);
  if (alternative == NULL || g_cancellable_set_error_if_cancelled (cancellable, error))
    return NULL;
  ssmt_segment_init (&segment, self, cancellable, error);
  segment.wants_scores = (flags & SSMT_TRANSLATE_ALIGN) != 0;
  ssmt_segment_begin (&segment);
  if (!read_pair (&segment, translation->piece, alternative->tokens))
    return NULL;
  text = ssmt_segment_dup_text (&segment);
  segment.tally.score = alternative->score;
  segment.tally.n_scored = alternative->n_scored;
  segment.tally.n_target = alternative->tokens->len;
  ssmt_segment_commit (&segment);
  taken = ssmt_translation_new (text, g_strdup (text), g_strdup (""), &segment.tally);
  if (segment.wants_scores) {
    aligner = ssmt_aligner_new (self->model->tokenizers.source, self->model->tokenizers.target);
    ssmt_aligner_add (aligner, (SsmtJoints){ FALSE, FALSE }, segment.piece, text,
        segment.prompt.source, segment.target, segment.scores, segment.columns);
    taken->alignment = ssmt_aligner_finish (aligner, translation->source, text);
  }
  taken->duration = g_get_monotonic_time () - start;
  return taken;
}
