/* ssmtranslate: the product in plain C
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "ref.h"

#include "../quantise.h"

#include <math.h>

static void
store (const SsmtLinearOp *op, uint32_t row, uint32_t o, double sum)
{
  const float *bias = ssmt_host_at (op->bias);
  float *out = ssmt_host_row (op->out, row, op->out_stride) + o;
  float value = (float) sum;

  if (bias)
    value += bias[o];
  *out = op->accumulate ? *out + value : value;
}

static const void *
weight_row (const SsmtMatrix *w, uint32_t o)
{
  return (const char *) ssmt_host_at (w->data) + o * ssmt_row_bytes (w->dtype, w->cols);
}

static void
linear_i8 (const SsmtLinearOp *op, uint32_t row, uint32_t begin, uint32_t end)
{
  const SsmtMatrix *w = op->weight;
  const float *x = ssmt_host_row (op->x, row, op->x_stride), *scales = ssmt_host_at (w->scales);
  float step = ssmt_quantisation_step (x, w->cols);

  for (uint32_t o = begin; o < end; o++) {
    const int8_t *q = weight_row (w, o);
    int32_t sum = 0;
    for (uint32_t i = 0; i < w->cols; i++)
      sum += ssmt_quantised (x[i], step) * q[i];
    store (op, row, o, (float) sum * (step * scales[o]));
  }
}

float
ssmt_ref_sum_lanes (const float lane[16])
{
  float quarter[4];

  for (int i = 0; i < 4; i++)
    quarter[i] = (lane[4 * i] + lane[4 * i + 2]) + (lane[4 * i + 1] + lane[4 * i + 3]);
  return (quarter[0] + quarter[2]) + (quarter[1] + quarter[3]);
}

static void
linear_q4 (const SsmtLinearOp *op, uint32_t row, uint32_t begin, uint32_t end)
{
  const SsmtMatrix *w = op->weight;
  const float *x = ssmt_host_row (op->x, row, op->x_stride), *scales = ssmt_host_at (w->scales);
  float step = ssmt_quantisation_step (x, w->cols);
  size_t groups = ssmt_q4_groups (w->cols);

  for (uint32_t o = begin; o < end; o++) {
    float lane[16] = { 0 };
    for (size_t g = 0; g < groups; g++) {
      int32_t sum[16] = { 0 };
      for (uint32_t i = 0; i < SSMT_Q4_GROUP; i++) {
        uint32_t col = (uint32_t) (g * SSMT_Q4_GROUP) + i;
        if (col < w->cols)
          sum[i / 4] += ssmt_quantised (x[col], step)
              * (int) ssmt_stored_value (w->dtype, weight_row (w, o), col);
      }
      for (int j = 0; j < 16; j++)
        lane[j] = fmaf (scales[o * groups + g], (float) sum[j], lane[j]);
    }
    store (op, row, o, ssmt_ref_sum_lanes (lane) * step);
  }
}

static void
linear_float (const SsmtLinearOp *op, bool round_bf16, uint32_t begin, uint32_t end)
{
  const SsmtMatrix *w = op->weight;

  for (uint32_t r = 0; r < op->rows; r++) {
    const float *x = ssmt_host_row (op->x, r, op->x_stride);
    for (uint32_t o = begin; o < end; o++) {
      const void *row = weight_row (w, o);
      double sum = 0;
      for (uint32_t i = 0; i < w->cols; i++) {
        float xi = round_bf16 ? ssmt_bf16_to_f32 (ssmt_f32_to_bf16 (x[i])) : x[i];
        sum += (double) xi * ssmt_stored_value (w->dtype, row, i);
      }
      store (op, r, o, sum);
    }
  }
}

void
ssmt_ref_linear (const SsmtLinearOp *op, uint32_t begin, uint32_t end)
{
  SsmtDType dtype = op->weight->dtype;

  if (dtype != SSMT_DTYPE_I8 && dtype != SSMT_DTYPE_Q4) {
    linear_float (op, false, begin, end);
    return;
  }
  for (uint32_t r = 0; r < op->rows; r++)
    (dtype == SSMT_DTYPE_I8 ? linear_i8 : linear_q4) (op, r, begin, end);
}

void
ssmt_ref_linear_bf16 (const SsmtLinearOp *op, uint32_t begin, uint32_t end)
{
  if (op->weight->dtype == SSMT_DTYPE_BF16)
    linear_float (op, true, begin, end);
  else
    ssmt_ref_linear (op, begin, end);
}
