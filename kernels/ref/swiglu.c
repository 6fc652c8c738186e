/* ssmtranslate: the gated activation in plain C
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "ref.h"

#include "functions.h"

void
ssmt_ref_swiglu (const SsmtSwigluOp *op, uint32_t begin, uint32_t end)
{
  for (uint32_t r = begin; r < end; r++) {
    const float *gate = ssmt_host_row (op->gate, r, op->gate_stride);
    const float *up = ssmt_host_row (op->up, r, op->up_stride);
    float *out = ssmt_host_row (op->out, r, op->out_stride);

    for (uint32_t i = 0; i < op->dim; i++)
      out[i] = (op->gelu ? ssmt_gelu (gate[i]) : ssmt_silu (gate[i])) * up[i];
  }
}
