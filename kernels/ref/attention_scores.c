/* ssmtranslate: what attention looks at, in plain C
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "ref.h"

#include <math.h>

static float
dot (const float *x, const float *y, uint32_t dim)
{
  float sum = 0.0f;

  for (uint32_t i = 0; i < dim; i++)
    sum += x[i] * y[i];
  return sum;
}

/* out[j] += factor softmax_j (scale q.k_j), products taken twice rather than kept. */
static void
add_scores (const float *q, const float *k, uint32_t stride, uint32_t rows, uint32_t dim,
    float scale, float factor, float *out)
{
  float largest = -INFINITY, total = 0.0f;

  for (uint32_t j = 0; j < rows; j++)
    largest = fmaxf (largest, scale * dot (q, k + (size_t) j * stride, dim));
  for (uint32_t j = 0; j < rows; j++)
    total += expf (scale * dot (q, k + (size_t) j * stride, dim) - largest);
  for (uint32_t j = 0; j < rows; j++)
    out[j] += factor * expf (scale * dot (q, k + (size_t) j * stride, dim) - largest) / total;
}

static void
add_row (const SsmtAttentionScoresOp *op, const SsmtRun *run, uint32_t t)
{
  size_t row = (size_t) run->first + t;
  uint32_t share = op->heads / op->kv_heads;
  uint32_t from = op->self && op->window > 0 && t >= op->window ? t + 1 - op->window : 0;
  uint32_t n = op->self ? t + 1 - from : run->memory_rows;
  const float *q = ssmt_host_row (op->q, row, op->q_stride);
  const float *k = ssmt_host_row (op->k, op->self ? run->first + from : run->memory, op->kv_stride);

  for (uint32_t head = 0; head < op->heads; head++)
    add_scores (q + (size_t) head * op->head_dim, k + (size_t) (head / share) * op->head_dim,
        op->kv_stride, n, op->head_dim, op->scale, 1.0f / (float) op->heads,
        ssmt_host_row (op->out, row, op->out_stride) + from);
}

void
ssmt_ref_attention_scores (const SsmtAttentionScoresOp *op, uint32_t begin, uint32_t end)
{
  const SsmtRun *run = ssmt_host_runs (&op->runs);

  for (uint32_t i = 0; i < op->runs.count; i++, run++) {
    uint32_t t = begin > run->first ? begin - run->first : 0;
    for (; t < run->rows && run->first + t < end; t++)
      add_row (op, run, t);
  }
}
