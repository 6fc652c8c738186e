/* ssmtranslate: the scan of Mamba-2 in plain C
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "ref.h"

#include "functions.h"

/* One row of one head: S = a S + B (x) (D x); y = S^T C + d x. */
static void
ssd_row (const SsmtSsdOp *op, float *s, size_t row, uint32_t head)
{
  uint32_t p = op->head_dim, group = head / (op->heads / op->groups);
  const float *x = ssmt_host_row (op->x, row, op->x_stride) + (size_t) head * p;
  const float *b = ssmt_host_row (op->b, row, op->bc_stride) + (size_t) group * op->d_state;
  const float *c = ssmt_host_row (op->c, row, op->bc_stride) + (size_t) group * op->d_state;
  const float *a = ssmt_host_at (op->a), *d = ssmt_host_at (op->d);
  const float *dt_bias = ssmt_host_at (op->dt_bias);
  float *y = ssmt_host_row (op->out, row, op->out_stride) + (size_t) head * p;

  float delta = ssmt_time_step (
      ssmt_host_row (op->dt, row, op->dt_stride)[head] + dt_bias[head], op->dt_min, op->dt_max);
  double decay = ssmt_exp (delta * a[head]);

  for (uint32_t i = 0; i < p; i++) {
    double sum = (double) d[head] * x[i];
    for (uint32_t n = 0; n < op->d_state; n++) {
      float *state = &s[(size_t) n * p + i];
      *state = (float) (decay * *state + (double) b[n] * delta * x[i]);
      sum += (double) *state * c[n];
    }
    y[i] = (float) sum;
  }
}

void
ssmt_ref_ssd (const SsmtSsdOp *op, uint32_t begin, uint32_t end)
{
  const SsmtRun *run = ssmt_host_runs (&op->runs);

  for (uint32_t i = 0; i < op->runs.count; i++, run++)
    for (uint32_t head = begin; head < end; head++) {
      float *s =
          ssmt_host_state (&op->state, run->slot) + (size_t) head * op->d_state * op->head_dim;
      for (uint32_t t = 0; t < run->rows; t++)
        ssd_row (op, s, (size_t) run->first + t, head);
    }
}
