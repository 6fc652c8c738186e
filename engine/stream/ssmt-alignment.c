/* ssmtranslate: which words of a translation that is given translate which
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * With an encoder, what the decoder's rows look at in its output. Without, source and target
 * stand in one sequence, read in one call, and the rows of the target look back at those of the
 * source. In both the row that chooses a token, the one before its own, tells for it.
 */
#include "engine/network/logits.h"
#include "engine/stream/aligner.h"
#include "engine/stream/segment.h"

#include <string.h>

G_DEFINE_BOXED_TYPE (SsmtAlignment, ssmt_alignment, ssmt_alignment_copy, ssmt_alignment_free)

SsmtAlignment *
ssmt_alignment_copy (const SsmtAlignment *alignment)
{
  SsmtAlignment *copy = g_new (SsmtAlignment, 1);
  gsize n = (gsize) alignment->n_target * alignment->n_source;

  *copy = *alignment;
  copy->target = g_memdup2 (alignment->target, alignment->n_target * sizeof (SsmtRange));
  copy->source = g_memdup2 (alignment->source, alignment->n_source * sizeof (SsmtRange));
  copy->source_word = g_memdup2 (alignment->source_word, alignment->n_target * sizeof (gint));
  copy->scores = g_memdup2 (alignment->scores, n * sizeof (gfloat));
  return copy;
}

void
ssmt_alignment_free (SsmtAlignment *alignment)
{
  if (alignment == NULL)
    return;
  g_free (alignment->target);
  g_free (alignment->source);
  g_free (alignment->source_word);
  g_free (alignment->scores);
  g_free (alignment);
}

gfloat
ssmt_alignment_get_score (const SsmtAlignment *alignment, guint target, guint source)
{
  g_return_val_if_fail (target < alignment->n_target && source < alignment->n_source, 0.0f);
  return alignment->scores[(gsize) target * alignment->n_source + source];
}

void
ssmt_alignment_get_target_word (
    const SsmtAlignment *alignment, guint word, gsize *start, gsize *end)
{
  g_return_if_fail (word < alignment->n_target);
  *start = alignment->target[word].start;
  *end = alignment->target[word].end;
}

void
ssmt_alignment_get_source_word (
    const SsmtAlignment *alignment, guint word, gsize *start, gsize *end)
{
  g_return_if_fail (word < alignment->n_source);
  *start = alignment->source[word].start;
  *end = alignment->source[word].end;
}

GType
ssmt_align_source_get_type (void)
{
  static gsize type = 0;
  static const GEnumValue values[] = { { SSMT_ALIGN_ATTENTION, "What attention looks at",
                                           "attention" },
    { SSMT_ALIGN_HIDDEN, "What the state of scans carries on", "hidden" }, { 0, NULL, NULL } };

  if (g_once_init_enter (&type))
    g_once_init_leave (&type, g_enum_register_static ("SsmtAlignSource", values));
  return type;
}

static gboolean
fail (SsmtSegment *segment, const char *text)
{
  g_set_error_literal (segment->error, SSMT_ERROR, SSMT_ERROR_UNSUPPORTED, text);
  return FALSE;
}

/* From cross-attention. */
static gboolean
align_with_encoder (SsmtSegment *segment, SsmtAlignSource from)
{
  if (from == SSMT_ALIGN_HIDDEN)
    return fail (segment,
        "the scans of a decoder with an encoder do not read "
        "the source: align from attention");
  if (!ssmt_segment_read_source (segment) || !ssmt_segment_read_scores (segment))
    return FALSE;
  return segment->scores != NULL
      || fail (segment, "the model's decoder begins a translation with nothing that tells");
}

/* What stands in the sequence: *first is the first row of the source's text, *last the row that
 * chooses the first token of the target. */
static GArray *
join_pair (const SsmtSegment *segment, guint *first, guint *last)
{
  const GArray *start = ssmt_template_get_target (ssmt_stream_get_template (segment->stream));
  const SsmtPrompt *prompt = &segment->prompt;
  GArray *ids = g_array_new (FALSE, FALSE, sizeof (gint32));

  if (segment->at.pending >= 0)
    g_array_append_val (ids, segment->at.pending);
  *first = ids->len + prompt->first;
  g_array_append_vals (ids, prompt->ids->data, prompt->ids->len);
  g_array_append_vals (ids, start->data, start->len);
  *last = ids->len - 1;
  g_array_append_vals (ids, segment->target->data, segment->target->len);
  return ids;
}

static gboolean
align_without_encoder (SsmtSegment *segment, SsmtAlignSource from)
{
  SsmtStream *stream = segment->stream;
  SsmtArena *arena = &stream->arenas[SSMT_STACK_DECODER];
  guint slot = segment->at.slots[SSMT_STACK_DECODER];
  SsmtScores kind = from == SSMT_ALIGN_HIDDEN ? SSMT_SCORES_HIDDEN : SSMT_SCORES_SELF;
  guint n = segment->prompt.source->len, n_target = segment->target->len;
  g_autofree float *all = NULL;
  g_autoptr (GArray) ids = NULL;
  guint first, last;

  if (!ssmt_network_tells_scores (stream->model->network, kind))
    return fail (segment,
        from == SSMT_ALIGN_HIDDEN
            ? "the model has no scan with hidden attention: align from attention"
            : "the model has no attention: align from hidden attention");
  ids = join_pair (segment, &first, &last);
  all = ssmt_segment_new_scores (segment, ids->len, ids->len);
  if (all == NULL)
    return FALSE;
  stream->n_rows[SSMT_STACK_DECODER] += ids->len;
  if (!ssmt_arena_check_room (arena, slot, ids->len, segment->error)
      || !ssmt_scheduler_run (stream->model->scheduler,
          &(SsmtRequest){ .stack = SSMT_STACK_DECODER,
              .arena = arena,
              .runs = &(SsmtRows){ slot, ids->len, 0, 0 },
              .n_runs = 1,
              .tokens = (const gint32 *) ids->data,
              .scores = kind,
              .score_columns = ids->len,
              .score_values = all },
          segment->error))
    return FALSE;
  segment->scores = ssmt_logits_new (n_target, n, segment->error);
  if (segment->scores == NULL)
    return FALSE;
  segment->columns = n;
  for (gsize row = 0; row < n_target; row++)
    memcpy (segment->scores + row * n, all + (row + last) * ids->len + first, n * sizeof (float));
  return TRUE;
}

static gboolean
segment_align (SsmtSegment *segment, SsmtAlignSource from)
{
  if (segment->prompt.joined)
    return fail (segment,
        "the model's template cuts the source into tokens "
        "together with text of its own");
  if (g_cancellable_set_error_if_cancelled (segment->budget->cancellable, segment->error))
    return FALSE;
  return ssmt_network_has_encoder (segment->stream->model->network)
      ? align_with_encoder (segment, from)
      : align_without_encoder (segment, from);
}

SsmtAlignment *
ssmt_stream_align (SsmtStream *self, const char *source, const char *target, SsmtAlignSource from,
    GCancellable *cancellable, GError **error)
{
  g_autoptr (SsmtAligner) aligner = NULL;
  g_auto (SsmtBudget) budget = { NULL };
  g_auto (SsmtSegment) segment = { NULL };
  SsmtAlignment *alignment;

  g_return_val_if_fail (SSMT_IS_STREAM (self), NULL);
  g_return_val_if_fail (source != NULL && target != NULL, NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  ssmt_budget_init (&budget, strlen (source) + strlen (target), cancellable);
  ssmt_segment_init (&segment, self, &budget, error);
  segment.wants_scores = TRUE;
  ssmt_segment_begin (&segment);
  if (!ssmt_segment_set_pair (&segment, source, target) || !segment_align (&segment, from))
    return NULL;
  aligner =
      ssmt_aligner_new (self->model->tokenizers.source, self->model->tokenizers.target, &budget);
  ssmt_aligner_add_whole (aligner, segment.piece, segment.translation, segment.prompt.source,
      segment.target, segment.scores, segment.columns);
  alignment = ssmt_aligner_finish (aligner, segment.piece, segment.piece, segment.translation);
  if (alignment == NULL && ssmt_budget_check (&budget, error))
    g_set_error_literal (
        error, SSMT_ERROR, SSMT_ERROR_TEXT, "the pair has too many words to be aligned");
  return alignment;
}
