/* ssmtranslate: the selective scan in plain C
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "ref.h"

#include "functions.h"

/* One row of all channels in range: h = exp(D A) h + (D u) B; y = h C + d u. */
static void
selective_scan_row (
    const SsmtSelectiveScanOp *op, float *h, size_t row, uint32_t begin, uint32_t end)
{
  const float *u = ssmt_host_row (op->u, row, op->u_stride);
  const float *dt = ssmt_host_row (op->dt, row, op->dt_stride);
  const float *b = ssmt_host_row (op->b, row, op->bc_stride);
  const float *c = ssmt_host_row (op->c, row, op->bc_stride);
  const float *z = ssmt_host_row (op->z, row, op->z_stride);
  const float *a = ssmt_host_at (op->a), *d = ssmt_host_at (op->d);
  const float *dt_bias = ssmt_host_at (op->dt_bias);
  float *out = ssmt_host_row (op->out, row, op->out_stride);

  for (uint32_t i = begin; i < end; i++) {
    float delta = ssmt_softplus (dt[i] + dt_bias[i]);
    double y = (double) d[i] * u[i];
    for (uint32_t n = 0; n < op->d_state; n++) {
      size_t at = (size_t) n * op->dim + i;
      h[at] = (float) ((double) ssmt_exp (delta * a[at]) * h[at] + (double) delta * u[i] * b[n]);
      y += (double) h[at] * c[n];
    }
    out[i] = (float) (z ? y * ssmt_silu (z[i]) : y);
  }
}

void
ssmt_ref_selective_scan (const SsmtSelectiveScanOp *op, uint32_t begin, uint32_t end)
{
  const SsmtRun *run = ssmt_host_runs (&op->runs);

  for (uint32_t i = 0; i < op->runs.count; i++, run++) {
    float *h = ssmt_host_state (&op->state, run->slot); /* (d_state, dim) */
    for (uint32_t t = 0; t < run->rows; t++)
      selective_scan_row (op, h, (size_t) run->first + t, begin, end);
  }
}
