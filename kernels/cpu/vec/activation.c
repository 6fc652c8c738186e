/* ssmtranslate: activations in vectors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "vec.h"

V_INLINE void
activate_row (const float *x, float *out, uint32_t dim, SsmtActivation function)
{
  for (uint32_t i = 0; i < dim; i += VN) {
    uint32_t n = dim - i < VN ? dim - i : VN;
    v_store_n (out + i, v_activate (v_load_n (x + i, n), function), n);
  }
}

void
FN (activation) (const SsmtActivationOp *op, uint32_t begin, uint32_t end)
{
  for (uint32_t r = begin; r < end; r++) {
    const float *x = ssmt_host_row (op->x, r, op->x_stride);
    float *out = ssmt_host_row (op->out, r, op->out_stride);
    switch (op->function) {
      case SSMT_ACTIVATION_RELU:
        activate_row (x, out, op->dim, SSMT_ACTIVATION_RELU);
        break;
      case SSMT_ACTIVATION_GELU:
        activate_row (x, out, op->dim, SSMT_ACTIVATION_GELU);
        break;
      case SSMT_ACTIVATION_SILU:
        activate_row (x, out, op->dim, SSMT_ACTIVATION_SILU);
        break;
    }
  }
}
