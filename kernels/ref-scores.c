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
add_row (const SsmtAttentionScoresArgs *args, const SsmtRun *run, size_t row)
{
  uint32_t share = args->heads / args->kv_heads;

  for (uint32_t head = 0; head < args->heads; head++)
    add_scores (args->q + row * args->q_stride + (size_t) head * args->head_dim,
        args->k + (size_t) run->memory * args->kv_stride +
        (size_t) (head / share) * args->head_dim, args->kv_stride, run->memory_rows,
        args->head_dim, args->scale, 1.0f / (float) args->heads,
        args->out + row * args->out_stride);
}

void
ssmt_ref_attention_scores (const SsmtAttentionScoresArgs *args, uint32_t begin, uint32_t end)
{
  for (uint32_t i = 0; i < args->runs.count; i++) {
    const SsmtRun *run = &args->runs.list[i];
    uint32_t t = begin > run->first ? begin - run->first : 0;
    for (; t < run->rows && run->first + t < end; t++)
      add_row (args, run, (size_t) run->first + t);
  }
}
