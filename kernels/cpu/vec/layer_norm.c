/* ssmtranslate: LayerNorm in vectors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "vec.h"

/* Lanes behind the row are the mean, so that they add nothing to the variance. */
static void
norm_row (
    const float *x, const float *weight, const float *bias, float *out, uint32_t dim, float eps)
{
  V sums[SUM_PARTS], squares[SUM_PARTS];
  uint32_t i;

  for (uint32_t p = 0; p < SUM_PARTS; p++)
    sums[p] = squares[p] = v_zero ();
  for (i = 0; i < dim; i += SUM_LANES)
    for (uint32_t p = 0; p < SUM_PARTS; p++)
      sums[p] = v_add (sums[p], v_load_n (x + i + p * VN, row_left (dim, i + p * VN)));
  float mean = lanes_sum (sums) / (float) dim;
  for (i = 0; i < dim; i += SUM_LANES)
    for (uint32_t p = 0; p < SUM_PARTS; p++) {
      uint32_t at = i + p * VN, n = row_left (dim, at);
      V d = v_sub (v_keep_n (v_load_n (x + at, n), mean, n), v_set (mean));
      squares[p] = v_fma (d, d, squares[p]);
    }
  V factor = v_set (1.0f / sqrtf (lanes_sum (squares) / (float) dim + eps));
  for (i = 0; i < dim; i += VN) {
    uint32_t n = dim - i < VN ? dim - i : VN;
    V d = v_mul (v_sub (v_load_n (x + i, n), v_set (mean)), factor);
    V shift = bias ? v_load_n (bias + i, n) : v_zero ();
    v_store_n (out + i, v_fma (d, v_load_n (weight + i, n), shift), n);
  }
}

void
FN (layer_norm) (const SsmtLayerNormOp *op, uint32_t begin, uint32_t end)
{
  const float *x = ssmt_host_at (op->x);
  const float *weight = ssmt_host_at (op->weight), *bias = ssmt_host_at (op->bias);
  float *out = ssmt_host_at (op->out);

  for (uint32_t r = begin; r < end; r++)
    norm_row (x + (size_t) r * op->x_stride, weight, bias, out + (size_t) r * op->out_stride,
        op->dim, op->eps);
}
