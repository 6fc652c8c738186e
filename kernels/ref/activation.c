/* ssmtranslate: activations in plain C
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "ref.h"

#include "functions.h"

static float
activate (float x, SsmtActivation function)
{
  switch (function) {
    case SSMT_ACTIVATION_RELU:
      return ssmt_relu (x);
    case SSMT_ACTIVATION_GELU:
      return ssmt_gelu (x);
    case SSMT_ACTIVATION_SILU:
      return ssmt_silu (x);
  }
  return x;
}

void
ssmt_ref_activation (const SsmtActivationOp *op, uint32_t begin, uint32_t end)
{
  for (uint32_t r = begin; r < end; r++) {
    const float *x = ssmt_host_row (op->x, r, op->x_stride);
    float *out = ssmt_host_row (op->out, r, op->out_stride);

    for (uint32_t i = 0; i < op->dim; i++)
      out[i] = activate (x[i], op->function);
  }
}
