/* ssmtranslate: RMSNorm in plain C
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "ref.h"

#include "functions.h"

void
ssmt_ref_rms_norm (const SsmtRmsNormOp *op, uint32_t begin, uint32_t end)
{
  const float *weight = ssmt_host_at (op->weight);

  for (uint32_t r = begin; r < end; r++) {
    const float *x = ssmt_host_row (op->x, r, op->x_stride);
    const float *gate = ssmt_host_row (op->gate, r, op->gate_stride);
    float *out = ssmt_host_row (op->out, r, op->out_stride);

    for (uint32_t first = 0; first < op->dim; first += op->group) {
      uint32_t last = first + op->group;
      if (last > op->dim)
        last = op->dim;
      double sum = 0;
      for (uint32_t i = first; i < last; i++) {
        float g = gate ? x[i] * ssmt_silu (gate[i]) : x[i];
        sum += (double) g * g;
      }
      float factor = (float) (1.0 / sqrt (sum / (last - first) + op->eps));
      for (uint32_t i = first; i < last; i++) {
        float g = gate ? x[i] * ssmt_silu (gate[i]) : x[i];
        out[i] = g * factor * (weight ? weight[i] : 1.0f);
      }
    }
  }
}
