/* ssmtranslate: attention in plain C
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "attend.h"

#include "functions.h"

#include <string.h>

static float
dot (const float *a, const float *b, uint32_t dim)
{
  double sum = 0;

  for (uint32_t i = 0; i < dim; i++)
    sum += (double) a[i] * b[i];
  return (float) sum;
}

static const float *
key_at (const SsmtRefKeys *keys, uint64_t position)
{
  if (position >= keys->start)
    return keys->rows + (size_t) (position - keys->start) * keys->rows_stride;
  return keys->ring + (size_t) (position % keys->window) * keys->ring_stride;
}

void
ssmt_ref_attend (const float *q, const SsmtRefKeys *k, const SsmtRefKeys *v, uint64_t from,
    uint64_t to, float scale, uint32_t head_dim, float *out)
{
  float largest = -INFINITY;
  double total = 0;

  for (uint64_t j = from; j < to; j++)
    largest = fmaxf (largest, dot (q, key_at (k, j), head_dim) * scale);
  memset (out, 0, head_dim * sizeof *out);
  for (uint64_t j = from; j < to; j++) {
    float p = ssmt_exp (dot (q, key_at (k, j), head_dim) * scale - largest);
    total += p;
    for (uint32_t i = 0; i < head_dim; i++)
      out[i] += p * key_at (v, j)[i];
  }
  for (uint32_t i = 0; i < head_dim && total > 0; i++)
    out[i] = (float) (out[i] / total);
}

/* The last rows of the run replace the oldest of the ring. */
static void
attention_keep (const SsmtAttentionOp *op, const SsmtRun *run, uint32_t kv_head)
{
  size_t width = (size_t) op->kv_heads * op->head_dim, head = (size_t) kv_head * op->head_dim;
  size_t bytes = op->head_dim * sizeof (float);
  uint32_t window = ssmt_attention_window (op);
  float *state = ssmt_host_state (&op->state, run->slot);

  for (uint32_t t = run->rows > window ? run->rows - window : 0; state && t < run->rows; t++) {
    float *ring =
        state + head + (size_t) ((run->position + t) % window) * ssmt_attention_state_stride (op);
    size_t row = (size_t) run->first + t;
    memcpy (ring, ssmt_host_row (op->k, row, op->kv_stride) + head, bytes);
    memcpy (ring + width, ssmt_host_row (op->v, row, op->kv_stride) + head, bytes);
  }
}

static void
attention_run (const SsmtAttentionOp *op, const SsmtRun *run, uint32_t kv_head)
{
  uint32_t dim = op->head_dim, share = op->heads / op->kv_heads;
  size_t head = (size_t) kv_head * dim;
  const float *state = ssmt_host_state (&op->state, run->slot);
  SsmtRefKeys k = { state ? state + head : NULL,
    ssmt_host_row (op->k, run->first, op->kv_stride) + head, ssmt_attention_state_stride (op),
    op->kv_stride, run->position, ssmt_attention_window (op) };
  SsmtRefKeys v = k;

  v.rows = ssmt_host_row (op->v, run->first, op->kv_stride) + head;
  v.ring = state ? k.ring + (size_t) op->kv_heads * dim : NULL;
  for (uint32_t t = 0; t < run->rows; t++) {
    uint64_t now = run->position + t, end = run->position + run->rows;
    uint64_t from = ssmt_attention_from (op, run, now);
    size_t row = (size_t) run->first + t;
    for (uint32_t i = kv_head * share; i < (kv_head + 1) * share; i++)
      ssmt_ref_attend (ssmt_host_row (op->q, row, op->q_stride) + (size_t) i * dim, &k, &v, from,
          op->bidirectional ? end : now + 1, op->scale, dim,
          ssmt_host_row (op->out, row, op->out_stride) + (size_t) i * dim);
  }
}

void
ssmt_ref_attention (const SsmtAttentionOp *op, uint32_t begin, uint32_t end)
{
  const SsmtRun *run = ssmt_host_runs (&op->runs);

  for (uint32_t i = 0; i < op->runs.count; i++, run++)
    for (uint32_t kv_head = begin; kv_head < end; kv_head++) {
      attention_run (op, run, kv_head);
      attention_keep (op, run, kv_head);
    }
}
