/* ssmtranslate: LayerNorm and activations in vectors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "vec.h"
#include "vec-kernels.h"

/* --- layer_norm --------------------------------------------------------- */

/* Lanes behind the row are the mean, so that they add nothing to the variance. */
static void
norm_row (const float *x, const float *weight, const float *bias, float *out, uint32_t dim,
    float eps)
{
  V sum = v_zero (), squares = v_zero ();
  uint32_t i;

  for (i = 0; i < dim; i += VN)
    sum = v_add (sum, v_load_n (x + i, dim - i < VN ? dim - i : VN));
  float mean = v_sum (sum) / (float) dim;
  for (i = 0; i < dim; i += VN) {
    uint32_t n = dim - i < VN ? dim - i : VN;
    V d = v_sub (v_keep_n (v_load_n (x + i, n), mean, n), v_set (mean));
    squares = v_fma (d, d, squares);
  }
  V factor = v_set (1.0f / sqrtf (v_sum (squares) / (float) dim + eps));
  for (i = 0; i < dim; i += VN) {
    uint32_t n = dim - i < VN ? dim - i : VN;
    V d = v_mul (v_sub (v_load_n (x + i, n), v_set (mean)), factor);
    V shift = bias ? v_load_n (bias + i, n) : v_zero ();
    v_store_n (out + i, v_fma (d, v_load_n (weight + i, n), shift), n);
  }
}

void
FN (layer_norm) (const SsmtLayerNormArgs *args, uint32_t begin, uint32_t end)
{
  for (uint32_t r = begin; r < end; r++)
    norm_row (args->x + (size_t) r * args->x_stride, args->weight, args->bias,
        args->out + (size_t) r * args->out_stride, args->dim, args->eps);
}

/* --- activation --------------------------------------------------------- */

/* x Phi (x) with erfc of Abramowitz and Stegun 7.1.26, whose error is 1.5e-7:
 * q = erfc (|x| / sqrt 2) / 2, and Phi (x) is q below zero, 1 - q above. */
V_INLINE V
gelu (V x)
{
  V a = v_mul (v_abs (x), v_set (0.70710678f));
  V t = v_div (v_set (1.0f), v_fma (a, v_set (0.3275911f), v_set (1.0f)));
  V p = v_set (1.061405429f);
  p = v_fma (p, t, v_set (-1.453152027f));
  p = v_fma (p, t, v_set (1.421413741f));
  p = v_fma (p, t, v_set (-0.284496736f));
  p = v_fma (p, t, v_set (0.254829592f));
  V q = v_mul (v_mul (v_mul (p, t), v_set (0.5f)), v_exp (v_sub (v_zero (), v_mul (a, a))));
  /* x Phi (x) = max (x, 0) - |x| q on both sides of zero */
  return v_nfma (v_abs (x), q, v_max (x, v_zero ()));
}

V_INLINE void
activate_row (const float *x, float *out, uint32_t dim, SsmtActivation function)
{
  for (uint32_t i = 0; i < dim; i += VN) {
    uint32_t n = dim - i < VN ? dim - i : VN;
    V v = v_load_n (x + i, n);
    v_store_n (out + i, function == SSMT_ACTIVATION_GELU ? gelu (v)
        : function == SSMT_ACTIVATION_SILU ? v_silu (v) : v_max (v, v_zero ()), n);
  }
}

void
FN (activation) (const SsmtActivationArgs *args, uint32_t begin, uint32_t end)
{
  for (uint32_t r = begin; r < end; r++) {
    const float *x = args->x + (size_t) r * args->x_stride;
    float *out = args->out + (size_t) r * args->out_stride;
    switch (args->function) {
      case SSMT_ACTIVATION_RELU:
        activate_row (x, out, args->dim, SSMT_ACTIVATION_RELU);
        break;
      case SSMT_ACTIVATION_GELU:
        activate_row (x, out, args->dim, SSMT_ACTIVATION_GELU);
        break;
      case SSMT_ACTIVATION_SILU:
        activate_row (x, out, args->dim, SSMT_ACTIVATION_SILU);
        break;
    }
  }
}
