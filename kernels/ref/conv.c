/* ssmtranslate: the convolution in plain C
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "ref.h"

#include "functions.h"

/* One channel c of a run: out[t] = bias + sum_i weight[i] * input[t - taps + 1 + i]. */
static void
conv_channel (const SsmtConvOp *op, const SsmtRun *run, uint32_t c)
{
  float *state = ssmt_host_state (&op->state, run->slot) + c; /* (taps - 1), dim apart */
  const float *x = ssmt_host_row (op->x, run->first, op->x_stride) + c;
  const float *weight = ssmt_host_row (op->weight, c, op->taps), *bias = ssmt_host_at (op->bias);
  float *out = ssmt_host_row (op->out, run->first, op->out_stride) + c;
  uint32_t past = op->taps - 1;

  for (uint32_t t = 0; t < run->rows; t++) {
    double sum = bias ? bias[c] : 0.0f;
    for (uint32_t i = 0; i < past; i++)
      sum += (double) weight[i] * state[(size_t) i * op->dim];
    sum += (double) weight[past] * x[(size_t) t * op->x_stride];
    out[(size_t) t * op->out_stride] = op->silu ? ssmt_silu ((float) sum) : (float) sum;

    for (uint32_t i = 1; i < past; i++)
      state[(size_t) (i - 1) * op->dim] = state[(size_t) i * op->dim];
    if (past > 0)
      state[(size_t) (past - 1) * op->dim] = x[(size_t) t * op->x_stride];
  }
}

void
ssmt_ref_conv (const SsmtConvOp *op, uint32_t begin, uint32_t end)
{
  for (uint32_t i = 0; i < op->runs.count; i++)
    for (uint32_t c = begin; c < end; c++)
      conv_channel (op, &ssmt_host_runs (&op->runs)[i], c);
}
