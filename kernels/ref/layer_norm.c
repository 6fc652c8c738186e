/* ssmtranslate: LayerNorm in plain C
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "ref.h"

#include <math.h>

void
ssmt_ref_layer_norm (const SsmtLayerNormOp *op, uint32_t begin, uint32_t end)
{
  const float *weight = ssmt_host_at (op->weight), *bias = ssmt_host_at (op->bias);

  for (uint32_t r = begin; r < end; r++) {
    const float *x = ssmt_host_row (op->x, r, op->x_stride);
    float *out = ssmt_host_row (op->out, r, op->out_stride);
    double mean = 0, variance = 0;

    for (uint32_t i = 0; i < op->dim; i++)
      mean += x[i];
    mean /= op->dim;
    for (uint32_t i = 0; i < op->dim; i++)
      variance += (x[i] - mean) * (x[i] - mean);
    double factor = 1.0 / sqrt (variance / op->dim + op->eps);
    for (uint32_t i = 0; i < op->dim; i++)
      out[i] = (float) ((x[i] - mean) * factor * weight[i] + (bias ? bias[i] : 0.0f));
  }
}
