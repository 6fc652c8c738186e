/* ssmtranslate: how probable a translation is
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "ssmt/ssmt-score.h"

#include <math.h>
#include <string.h>

#include "engine/network/logits.h"
#include "engine/stream/segment.h"

/* Rows whose logits are looked at together. */
#define ROWS 32

/* log softmax (logits)[id] */
static double
log_softmax (const float *logits, guint n, gint32 id)
{
  float most = -INFINITY;
  double sum = 0;

  for (guint i = 0; i < n; i++)
    most = MAX (most, logits[i]);
  for (guint i = 0; i < n; i++)
    sum += exp ((double) logits[i] - most);
  return logits[id] - most - log (sum);
}

/* Adds what the logits of `n` rows say of tokens[0] ... */
static void
add_rows (SsmtStream *self, const gint32 *tokens, guint n, const float *logits, double *logp)
{
  guint vocab = ssmt_network_get_vocab_size (self->model->network);

  for (guint i = 0; i < n; i++)
    *logp += log_softmax (logits + (gsize) i * vocab, vocab, tokens[i]);
}

/* The target and its end, after the source; `logits`, (ROWS, vocab_size), begin with the source's. */
static gboolean
segment_score (SsmtSegment *segment, float *logits, double *logp)
{
  SsmtStream *stream = segment->stream;
  SsmtScheduler *scheduler = stream->model->scheduler;
  SsmtArena *arena = &stream->arenas[SSMT_STACK_DECODER];
  guint slot = segment->at.slots[SSMT_STACK_DECODER];
  const gint32 *ids = (const gint32 *) segment->target->data;
  guint n_ids = segment->target->len;
  guint max_rows = MIN (ROWS, ssmt_scheduler_get_max_rows (scheduler));
  guint32 rows[ROWS];

  if (!ssmt_arena_check_room (arena, slot, n_ids, segment->error))
    return FALSE;
  for (guint i = 0; i < ROWS; i++)
    rows[i] = i;
  add_rows (stream, ids, 1, logits, logp);
  /* the row of a token tells of the next one */
  for (guint done = 0; done + 1 < n_ids;) {
    guint n = MIN (n_ids - 1 - done, max_rows);
    SsmtRows run = { slot, n, 0, segment->memory_rows };
    SsmtRequest request = { .stack = SSMT_STACK_DECODER,
      .arena = arena,
      .runs = &run,
      .n_runs = 1,
      .tokens = ids + done,
      .memory = stream->memory,
      .logit_rows = rows,
      .n_logit_rows = n,
      .logits = logits };

    if (g_cancellable_set_error_if_cancelled (segment->budget->cancellable, segment->error))
      return FALSE;
    stream->n_rows[SSMT_STACK_DECODER] += n;
    if (!ssmt_scheduler_run (scheduler, &request, segment->error))
      return FALSE;
    add_rows (stream, ids + done + 1, n, logits, logp);
    done += n;
  }
  return TRUE;
}

gboolean
ssmt_stream_score (SsmtStream *self, const char *source, const char *target, double *logp,
    guint *n_tokens, GCancellable *cancellable, GError **error)
{
  g_auto (SsmtBudget) budget = { NULL };
  g_auto (SsmtSegment) segment = { NULL };
  g_autofree float *logits = NULL;

  g_return_val_if_fail (SSMT_IS_STREAM (self), FALSE);
  g_return_val_if_fail (source != NULL && target != NULL && logp != NULL, FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  *logp = 0;
  ssmt_budget_init (&budget, strlen (source) + strlen (target), cancellable);
  ssmt_segment_init (&segment, self, &budget, error);
  ssmt_segment_begin (&segment);
  if (!ssmt_segment_set_pair (&segment, source, target))
    return FALSE;
  logits = ssmt_logits_new (ROWS, ssmt_network_get_vocab_size (self->model->network), error);
  if (logits == NULL)
    return FALSE;
  segment.logits = logits;
  g_array_append_val (segment.target, self->model->config->target_end);
  if (!ssmt_segment_read_source (&segment) || !segment_score (&segment, logits, logp))
    return FALSE;
  if (!isfinite (*logp)) {
    g_set_error_literal (error, SSMT_ERROR, SSMT_ERROR_NOT_FINITE,
        "the model computes values that are infinite or no numbers");
    return FALSE;
  }
  if (n_tokens != NULL)
    *n_tokens = segment.target->len;
  return TRUE;
}
