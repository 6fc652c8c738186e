/* ssmtranslate: how probable a translation is
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "ssmt/ssmt-score.h"

#include <math.h>

#include "engine/stream/pair.h"

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
add_rows (SsmtStream *self, const gint32 *tokens, guint n,
    const float *logits, double *logp)
{
  guint vocab = ssmt_network_get_vocab_size (self->model->network);

  for (guint i = 0; i < n; i++)
    *logp += log_softmax (logits + (gsize) i * vocab, vocab, tokens[i]);
}

/* `tokens`: the target and its end. The prompt has been read; its logits are the first of
 * `logits`, (ROWS, vocab_size). */
static gboolean
stream_score (SsmtStream *self, const SsmtCarried *work, const GArray *tokens,
    guint memory_rows, float *logits, double *logp,
    GCancellable *cancellable, GError **error)
{
  const gint32 *ids = (const gint32 *) tokens->data;
  guint max_rows =
      MIN (ROWS, ssmt_scheduler_get_max_rows (self->model->scheduler));
  guint32 rows[ROWS];

  if (!ssmt_arena_check_room (&self->decoder, work->decoder_slot, tokens->len,
          error))
    return FALSE;
  for (guint i = 0; i < ROWS; i++)
    rows[i] = i;
  add_rows (self, ids, 1, logits, logp);
  /* the row of a token tells of the next one */
  for (guint done = 0; done + 1 < tokens->len;) {
    guint n = MIN (tokens->len - 1 - done, max_rows);
    SsmtRows run = { work->decoder_slot, n, 0, memory_rows };
    SsmtRequest request = {.stack = SSMT_STACK_DECODER,
      .arena = &self->decoder,.runs = &run,.n_runs = 1,
      .tokens = ids + done,.logit_rows = rows,.n_logit_rows = n,
      .memory = self->memory,
      .logits = logits
    };

    if (g_cancellable_set_error_if_cancelled (cancellable, error))
      return FALSE;
    self->n_decoder_rows += n;
    if (!ssmt_scheduler_run (self->model->scheduler, &request, error))
      return FALSE;
    add_rows (self, ids + done + 1, n, logits, logp);
    done += n;
  }
  return TRUE;
}

gboolean
ssmt_stream_score (SsmtStream *self, const char *source, const char *target,
    double *logp, guint *n_tokens, GCancellable *cancellable, GError **error)
{
  g_auto (SsmtPair) pair = { NULL };
  g_autofree float *logits = NULL;
  SsmtCarried work;
  guint memory_rows;
  gboolean done;

  g_return_val_if_fail (SSMT_IS_STREAM (self), FALSE);
  g_return_val_if_fail (source != NULL && target != NULL && logp != NULL,
      FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  *logp = 0;
  if (!ssmt_pair_init (&pair, self->model, source, target, error))
    return FALSE;
  g_array_append_val (pair.target, self->model->config->target_end);
  work = ssmt_pair_begin (self);
  logits = g_new (float, (gsize) ROWS
      * ssmt_network_get_vocab_size (self->model->network));
  ssmt_scheduler_enter (self->model->scheduler);
  done = ssmt_segment_read_prompt (self, &work, &pair.source, &memory_rows,
      logits, cancellable, error)
      && stream_score (self, &work, pair.target, memory_rows, logits, logp,
      cancellable, error);
  ssmt_scheduler_leave (self->model->scheduler);
  ssmt_segment_release (self, &work);
  if (n_tokens != NULL)
    *n_tokens = pair.target->len;
  return done;
}
