/* ssmtranslate: hidden attention in plain C
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "ref.h"

#include "functions.h"

static float
step_size (const SsmtHiddenScoresOp *op, size_t row, uint32_t channel)
{
  const float *dt_bias = ssmt_host_at (op->dt_bias);

  return ssmt_time_step (ssmt_host_row (op->dt, row, op->dt_stride)[channel] + dt_bias[channel],
      op->dt_min, op->dt_max);
}

/* sum_n C[n] B[n] exp (A[n] time) for one channel */
static float
carried_weight (
    const SsmtHiddenScoresOp *op, const float *b, const float *c, uint32_t channel, float time)
{
  const float *a = ssmt_host_at (op->a);
  float sum = 0.0f;

  for (uint32_t n = 0; n < op->d_state; n++)
    sum += c[n] * b[n] * (op->scalar ? 1.0f : expf (a[(size_t) n * op->dim + channel] * time));
  return op->scalar ? sum * expf (a[channel] * time) : sum;
}

static void
add_channel (
    const SsmtHiddenScoresOp *op, const SsmtRun *run, uint32_t t, uint32_t channel, float *work)
{
  size_t group = channel / (op->dim / op->groups) * op->d_state;
  const float *c = ssmt_host_row (op->c, (size_t) run->first + t, op->bc_stride) + group;
  float time = 0.0f;

  for (uint32_t j = t + 1; j-- > 0;) {
    size_t row = (size_t) run->first + j;
    const float *b = ssmt_host_row (op->b, row, op->bc_stride) + group;
    float step = step_size (op, row, channel);

    work[j] += fabsf (step * carried_weight (op, b, c, channel, time));
    time += step;
  }
}

static void
add_row (const SsmtHiddenScoresOp *op, const SsmtRun *run, uint32_t t)
{
  size_t row = (size_t) run->first + t;
  float *work = ssmt_host_row (op->work, row, op->out_stride);
  float *out = ssmt_host_row (op->out, row, op->out_stride);
  float total = 0.0f;

  for (uint32_t j = 0; j <= t; j++)
    work[j] = 0.0f;
  for (uint32_t channel = 0; channel < op->dim; channel++)
    add_channel (op, run, t, channel, work);
  for (uint32_t j = 0; j <= t; j++)
    total += work[j];
  for (uint32_t j = 0; j <= t && total != 0.0f; j++)
    out[j] += work[j] / total;
}

void
ssmt_ref_hidden_scores (const SsmtHiddenScoresOp *op, uint32_t begin, uint32_t end)
{
  const SsmtRun *run = ssmt_host_runs (&op->runs);

  for (uint32_t i = 0; i < op->runs.count; i++, run++) {
    uint32_t t = begin > run->first ? begin - run->first : 0;
    for (; t < run->rows && run->first + t < end; t++)
      add_row (op, run, t);
  }
}
