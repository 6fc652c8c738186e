/* ssmtranslate: rotation by position in vectors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "../../ref/ref.h"
#include "vec.h"

#define MAX_PAIRS 256

/* cosine, sine: (head_dim / 2) */
static void
rotate_head (const SsmtRotateOp *op, float *x, const float *cosine, const float *sine)
{
  uint32_t half = op->head_dim / 2;
  uint32_t step = op->interleaved ? 2 : 1, apart = op->interleaved ? 1 : half;

  for (uint32_t i = 0; i < half; i++) {
    float *pair = x + (size_t) i * step;
    float first = pair[0], second = pair[apart];
    pair[0] = first * cosine[i] - second * sine[i];
    pair[apart] = second * cosine[i] + first * sine[i];
  }
}

static void
rotate_heads (
    const SsmtRotateOp *op, float *x, uint32_t heads, const float *cosine, const float *sine)
{
  for (uint32_t head = 0; head < heads; head++)
    rotate_head (op, x + (size_t) head * op->head_dim, cosine, sine);
}

void
FN (rotate) (const SsmtRotateOp *op, uint32_t begin, uint32_t end)
{
  const SsmtRun *run = ssmt_host_runs (&op->runs);
  double frequency[MAX_PAIRS];
  float cosine[MAX_PAIRS], sine[MAX_PAIRS];
  uint32_t half = op->head_dim / 2;

  if (half > MAX_PAIRS) {
    ssmt_ref_rotate (op, begin, end);
    return;
  }
  for (uint32_t i = 0; i < half; i++)
    frequency[i] = pow (op->base, -(double) i / op->divisor);
  for (uint32_t i = 0; i < op->runs.count; i++, run++) {
    uint32_t t = begin > run->first ? begin - run->first : 0;
    for (; t < run->rows && run->first + t < end; t++) {
      size_t row = (size_t) run->first + t;
      rotation_angles (run->position + t, frequency, half, cosine, sine);
      rotate_heads (op, ssmt_host_row (op->q, row, op->q_stride), op->q_heads, cosine, sine);
      rotate_heads (op, ssmt_host_row (op->k, row, op->k_stride), op->k_heads, cosine, sine);
    }
  }
}
