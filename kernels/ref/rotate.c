/* ssmtranslate: rotation by position in plain C
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "ref.h"

#include <math.h>

static void
rotate_pair (float *first, float *second, double angle)
{
  float cosine = (float) cos (angle), sine = (float) sin (angle);
  float x = *first, y = *second;

  *first = x * cosine - y * sine;
  *second = y * cosine + x * sine;
}

/* Pairs (i, i + half) of each head of x (heads, head_dim) turn by their angle. */
static void
rotate_halves (const SsmtAttentionOp *op, float *x, uint32_t heads, uint64_t position)
{
  uint32_t rotary_dim = ssmt_attention_rotary_dim (op), half = rotary_dim / 2;

  for (uint32_t i = 0; i < half; i++) {
    double angle = (double) position * pow (op->rotary_base, -2.0 * i / rotary_dim);
    for (uint32_t head = 0; head < heads; head++) {
      float *pair = x + (size_t) head * op->head_dim + i;
      rotate_pair (pair, pair + half, angle);
    }
  }
}

void
ssmt_ref_rotary (const SsmtAttentionOp *op, uint32_t begin, uint32_t end)
{
  const SsmtRun *run = ssmt_host_runs (&op->runs);

  for (uint32_t i = 0; i < op->runs.count; i++, run++) {
    uint32_t t = begin > run->first ? begin - run->first : 0;
    for (; t < run->rows && run->first + t < end; t++) {
      size_t row = (size_t) run->first + t;
      uint64_t position = run->position + t;
      rotate_halves (op, ssmt_host_row (op->q, row, op->q_stride), op->heads, position);
      rotate_halves (op, ssmt_host_row (op->k, row, op->kv_stride), op->kv_heads, position);
    }
  }
}

static void
rotate_heads (const SsmtRotateOp *op, float *x, uint32_t heads, uint64_t position)
{
  uint32_t half = op->head_dim / 2;
  uint32_t step = op->interleaved ? 2 : 1, apart = op->interleaved ? 1 : half;

  for (uint32_t i = 0; i < half; i++) {
    double angle = (double) position * pow (op->base, -(double) i / op->divisor);
    for (uint32_t head = 0; head < heads; head++) {
      float *pair = x + (size_t) head * op->head_dim + (size_t) i * step;
      rotate_pair (pair, pair + apart, angle);
    }
  }
}

void
ssmt_ref_rotate (const SsmtRotateOp *op, uint32_t begin, uint32_t end)
{
  const SsmtRun *run = ssmt_host_runs (&op->runs);

  for (uint32_t i = 0; i < op->runs.count; i++, run++) {
    uint32_t t = begin > run->first ? begin - run->first : 0;
    for (; t < run->rows && run->first + t < end; t++) {
      size_t row = (size_t) run->first + t;
      uint64_t position = run->position + t;
      rotate_heads (op, ssmt_host_row (op->q, row, op->q_stride), op->q_heads, position);
      rotate_heads (op, ssmt_host_row (op->k, row, op->k_stride), op->k_heads, position);
    }
  }
}
