/* ssmtranslate: RMSNorm in vectors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "vec.h"

V_INLINE V
gated (const float *x, const float *gate, uint32_t i, uint32_t n)
{
  V v = v_load_n (x + i, n);
  return gate ? v_mul (v, v_silu (v_load_n (gate + i, n))) : v;
}

/* sums += g^2 of SUM_LANES channels from `i` on, of which `left` are there. */
V_INLINE void
add_squares (V *sums, const float *x, const float *gate, float *out, uint32_t i, uint32_t left)
{
  for (uint32_t p = 0; p < SUM_PARTS; p++) {
    uint32_t at = i + p * VN, n = row_left (left, p * VN);
    V g = gated (x, gate, at, n);
    sums[p] = v_fma (g, g, sums[p]);
    if (gate) /* kept, not to compute SiLU twice */
      v_store_n (out + at, g, n);
  }
}

/* out = weight g / sqrt (mean (g^2) + eps) over `dim` channels; any may be out. */
V_INLINE void
norm_group (
    const float *x, const float *gate, const float *weight, float *out, uint32_t dim, float eps)
{
  V sums[SUM_PARTS];
  uint32_t i;

  for (uint32_t p = 0; p < SUM_PARTS; p++)
    sums[p] = v_zero ();
  for (i = 0; i + SUM_LANES <= dim; i += SUM_LANES)
    add_squares (sums, x, gate, out, i, SUM_LANES);
  if (i < dim)
    add_squares (sums, x, gate, out, i, dim - i);
  V factor = v_set (1.0f / sqrtf (lanes_sum (sums) / (float) dim + eps));
  for (i = 0; i < dim; i += VN) {
    uint32_t n = dim - i < VN ? dim - i : VN;
    V g = v_mul (v_load_n (gate ? out + i : x + i, n), factor);
    v_store_n (out + i, weight ? v_mul (g, v_load_n (weight + i, n)) : g, n);
  }
}

void
FN (rms_norm) (const SsmtRmsNormOp *op, uint32_t begin, uint32_t end)
{
  const float *weight = ssmt_host_at (op->weight);

  for (uint32_t r = begin; r < end; r++) {
    const float *x = ssmt_host_row (op->x, r, op->x_stride);
    const float *gate = ssmt_host_row (op->gate, r, op->gate_stride);
    float *out = ssmt_host_row (op->out, r, op->out_stride);

    for (uint32_t first = 0; first < op->dim; first += op->group) {
      uint32_t dim = op->dim - first < op->group ? op->dim - first : op->group;
      if (gate)
        norm_group (
            x + first, gate + first, weight ? weight + first : NULL, out + first, dim, op->eps);
      else
        norm_group (x + first, NULL, weight ? weight + first : NULL, out + first, dim, op->eps);
    }
  }
}
