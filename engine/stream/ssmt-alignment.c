/* ssmtranslate: which words of a translation that is given translate which
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * With an encoder, what the decoder's rows look at in its output. Without, source and target
 * stand in one sequence, read in one call, and the rows of the target look back at those of the
 * source. In both the row that chooses a token, the one before its own, tells for it.
 */
#include "engine/stream/aligner.h"
#include "engine/stream/pair.h"

#include <string.h>

GType
ssmt_align_source_get_type (void)
{
  static gsize type = 0;
  static const GEnumValue values[] = {
    {SSMT_ALIGN_ATTENTION, "What attention looks at", "attention"},
    {SSMT_ALIGN_HIDDEN, "What the state of scans carries on", "hidden"},
    {0, NULL, NULL}
  };

  if (g_once_init_enter (&type))
    g_once_init_leave (&type,
        g_enum_register_static ("SsmtAlignSource", values));
  return type;
}

static float *
fail (GError **error, const char *text)
{
  g_set_error_literal (error, SSMT_ERROR, SSMT_ERROR_UNSUPPORTED, text);
  return NULL;
}

/* (target, *columns) scores, from cross-attention. */
static float *
align_with_encoder (SsmtStream *self, const SsmtPair *pair,
    SsmtAlignSource from, guint *columns, GCancellable *cancellable,
    GError **error)
{
  SsmtCarried work;
  guint memory_rows, before;
  float *scores = NULL;

  if (from == SSMT_ALIGN_HIDDEN)
    return fail (error, "the scans of a decoder with an encoder do not read "
        "the source: align from attention");
  work = ssmt_pair_begin (self);
  before = ssmt_arena_acquire (&self->decoder);
  ssmt_arena_copy_slot (&self->decoder, before, &self->decoder,
      work.decoder_slot);
  if (ssmt_segment_read_prompt (self, &work, &pair->source, &memory_rows,
          NULL, cancellable, error)) {
    scores = ssmt_segment_read_scores (self, before, work.pending,
        &pair->source, pair->target, memory_rows, columns);
    if (scores == NULL)
      ssmt_segment_set_memory_error (error);
  }
  ssmt_arena_release (&self->decoder, before);
  ssmt_segment_release (self, &work);
  return scores;
}

/* What stands in the sequence: *first is the first row of the source's text, *last the row that
 * chooses the first token of the target. */
static GArray *
join_pair (SsmtStream *self, gint32 pending, const SsmtPair *pair,
    guint *first, guint *last)
{
  const GArray *start = ssmt_template_get_target (self->model->tokenizers.segment);
  GArray *ids = g_array_new (FALSE, FALSE, sizeof (gint32));

  if (pending >= 0)
    g_array_append_val (ids, pending);
  *first = ids->len + pair->source.first;
  g_array_append_vals (ids, pair->source.ids->data, pair->source.ids->len);
  if (start->len > 0)
    g_array_append_vals (ids, start->data, start->len);
  *last = ids->len - 1;
  g_array_append_vals (ids, pair->target->data, pair->target->len);
  return ids;
}

static float *
align_without_encoder (SsmtStream *self, const SsmtPair *pair,
    SsmtAlignSource from, guint *columns, GError **error)
{
  g_autoptr (GArray) ids = NULL;
  g_autofree float *all = NULL;
  guint first, last, n = pair->source.source->len;
  SsmtScores kind = from == SSMT_ALIGN_HIDDEN
      ? SSMT_SCORES_HIDDEN : SSMT_SCORES_SELF;
  gboolean done;
  float *scores;
  SsmtCarried work;

  if (!ssmt_network_tells_scores (self->model->network, kind))
    return fail (error, from == SSMT_ALIGN_HIDDEN
        ? "the model has no scan with hidden attention: align from attention"
        : "the model has no attention: align from hidden attention");
  work = ssmt_pair_begin (self);
  ids = join_pair (self, work.pending, pair, &first, &last);
  all = g_new (float, (gsize) ids->len * ids->len);
  self->n_decoder_rows += ids->len;
  done = ssmt_arena_check_room (&self->decoder, work.decoder_slot, ids->len,
      error)
      && ssmt_scheduler_run (self->model->scheduler, &(SsmtRequest) {
        .stack = SSMT_STACK_DECODER,.arena = &self->decoder,
        .runs = &(SsmtRows) { work.decoder_slot, ids->len, 0, 0 },.n_runs = 1,
        .tokens = (const gint32 *) ids->data,.scores = kind,
        .score_columns = ids->len,.score_values = all}, error);
  ssmt_segment_release (self, &work);
  if (!done)
    return NULL;
  scores = g_new (float, (gsize) pair->target->len * n);
  for (gsize row = 0; row < pair->target->len; row++)
    memcpy (scores + row * n, all + (row + last) * ids->len + first,
        n * sizeof (float));
  *columns = n;
  return scores;
}

SsmtAlignment *
ssmt_stream_align (SsmtStream *self, const char *source, const char *target,
    SsmtAlignSource from, GCancellable *cancellable, GError **error)
{
  g_autoptr (SsmtAligner) aligner = NULL;
  g_auto (SsmtPair) pair = { NULL };
  g_autofree float *scores = NULL;
  guint columns = 0;

  g_return_val_if_fail (SSMT_IS_STREAM (self), NULL);
  g_return_val_if_fail (source != NULL && target != NULL, NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  if (!ssmt_pair_init (&pair, self->model, source, target, error))
    return NULL;
  if (pair.source.joined) {
    fail (error, "the model's template cuts the source into tokens together "
        "with text of its own");
    return NULL;
  }
  if (g_cancellable_set_error_if_cancelled (cancellable, error))
    return NULL;
  scores = ssmt_network_has_encoder (self->model->network)
      ? align_with_encoder (self, &pair, from, &columns, cancellable, error)
      : align_without_encoder (self, &pair, from, &columns, error);
  if (scores == NULL)
    return NULL;
  aligner = ssmt_aligner_new (self->model->tokenizers.source,
      self->model->tokenizers.target);
  ssmt_aligner_add (aligner, pair.source_text, pair.target_text,
      pair.source.source, pair.target, scores, columns);
  return ssmt_aligner_finish (aligner, pair.source_text, pair.target_text);
}
