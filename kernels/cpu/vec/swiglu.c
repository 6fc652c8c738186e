/* ssmtranslate: the gated activation in vectors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "vec.h"

V_INLINE void
row_of (const float *gate, const float *up, float *out, uint32_t dim, SsmtActivation function)
{
  for (uint32_t i = 0; i < dim; i += VN) {
    uint32_t n = dim - i < VN ? dim - i : VN;
    V g = v_activate (v_load_n (gate + i, n), function);
    v_store_n (out + i, v_mul (g, v_load_n (up + i, n)), n);
  }
}

void
FN (swiglu) (const SsmtSwigluOp *op, uint32_t begin, uint32_t end)
{
  for (uint32_t r = begin; r < end; r++) {
    const float *gate = ssmt_host_row (op->gate, r, op->gate_stride);
    const float *up = ssmt_host_row (op->up, r, op->up_stride);
    float *out = ssmt_host_row (op->out, r, op->out_stride);

    if (op->gelu)
      row_of (gate, up, out, op->dim, SSMT_ACTIVATION_GELU);
    else
      row_of (gate, up, out, op->dim, SSMT_ACTIVATION_SILU);
  }
}
