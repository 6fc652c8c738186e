/* ssmtranslate: what the kernels of this folder are written with
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * They are compiled once per instruction set, whose header (isa/) brings vectors V of VN floats; isa/c.h
 * says what each primitive does. Here is what can be made of them.
 */
#ifndef SSMT_VEC_H
#define SSMT_VEC_H

#include SSMT_ISA_HEADER
#include "../cpu-kernels.h"

#include <math.h>
#include <string.h>

/* FN (ssd) is ssmt_avx512_ssd where SSMT_ISA is avx512. */
#define FN_PASTE(isa, name) ssmt_##isa##_##name
#define FN_EXPAND(isa, name) FN_PASTE (isa, name)
#define FN(name) FN_EXPAND (SSMT_ISA, name)

#define OP(Type, name) void FN (name) (const Ssmt##Type##Op *, uint32_t begin, uint32_t end);
#define RARE_OP(Type, name)
#include "../../ops.def"

/* What the table of kernels has beside operations (cpu-kernels.h). */
void FN (rotary) (const SsmtAttentionOp *, uint32_t begin, uint32_t end);
size_t FN (pack_bytes) (SsmtDType dtype, uint32_t cols);
void FN (pack) (const SsmtLinearOp *, void *rows, uint32_t begin, uint32_t end);

/* What measure.h has. */
uint64_t FN (read) (const void *data, size_t bytes);
double FN (multiply) (SsmtDType dtype);

/* --- sums over a row ---------------------------------------------------- */

/* Every sum over a row has SUM_LANES lanes, input i in lane i % SUM_LANES, in SUM_PARTS vectors, and ends in
 * one tree (lanes_sum4 ()): an order that is the same on every instruction set, and with it all bits. What
 * stands behind the last input counts as zeros. */
#define SUM_LANES 16u
#define SUM_PARTS (SUM_LANES / VN)

/* How many of a row's `dim` elements there are from `at` on. */
V_INLINE uint32_t
row_left (uint32_t dim, uint32_t at)
{
  return at < dim ? dim - at : 0;
}

V_INLINE float
lanes_sum (const V *lanes)
{
  return v4_first (lanes_sum4 (lanes, lanes, lanes, lanes));
}

/* The first n of VN stored values of `size` bytes, zeros after them, so that the
 * conversions above may read a whole vector at the end of a row. */
V_INLINE const void *
v_tail (void *room, const void *p, uint32_t n, size_t size)
{
  memset (room, 0, VN * size);
  memcpy (room, p, n * size);
  return room;
}

/* Weights i to i + n of a row (read as `dtype`, known when compiled). */
V_INLINE V
v_weights (const void *row, size_t i, SsmtDType dtype, uint32_t n)
{
  size_t size = ssmt_dtype_size (dtype);
  char room[VN * 4];
  const char *p = (const char *) row + i * size;

  if (dtype == SSMT_DTYPE_F32)
    return v_load_n ((const float *) (const void *) p, n);
  if (n < VN)
    p = v_tail (room, p, n, size);
  return dtype == SSMT_DTYPE_BF16 ? v_from_bf16 (p)
      : dtype == SSMT_DTYPE_F16   ? v_from_f16 (p)
                                  : v_from_i8 (p);
}

/* --- functions ---------------------------------------------------------- */

/* x + ROUNDER has the nearest integer of x in its low bits; |x| < 2^22. */
#define ROUNDER 12582912.0f

/* 2^x for x below 128; what is below 2^-126, and NaN, becomes that.  Relative error 2e-7. */
V_INLINE V
v_exp2 (V x)
{
  x = v_max (x, v_set (-126.0f));
  V t = v_add (x, v_set (ROUNDER)), r = v_sub (x, v_sub (t, v_set (ROUNDER)));
  V p = v_set (1.326472690e-3f);
  p = v_fma (p, r, v_set (9.671512661e-3f));
  p = v_fma (p, r, v_set (5.550733744e-2f));
  p = v_fma (p, r, v_set (2.402224208e-1f));
  p = v_fma (p, r, v_set (6.931469776e-1f));
  return v_shift_exponent (v_fma (p, r, v_set (1.0f)), t);
}

/* e^x = p 2^n for x in [-87, 88]; the low bits of t are n.  Relative error 2e-7. */
V_INLINE V
v_exp_parts (V x, V *n, V *t)
{
  *t = v_fma (x, v_set (1.44269504f), v_set (ROUNDER));
  *n = v_sub (*t, v_set (ROUNDER));
  V r = v_nfma (*n, v_set (-2.12194440e-4f), v_nfma (*n, v_set (0.693359375f), x));
  V p = v_set (8.290314529e-3f);
  p = v_fma (p, r, v_set (4.189792939e-2f));
  p = v_fma (p, r, v_set (1.666763620e-1f));
  p = v_fma (p, r, v_set (4.999914953e-1f));
  p = v_fma (p, r, v_set (9.999997072e-1f));
  return v_fma (p, r, v_set (1.0f));
}

/* e^x, of what is outside as at the nearer end; NaN stays NaN */
V_INLINE V
v_exp (V x)
{
  V n, t, p = v_exp_parts (v_min (v_set (88.0f), v_max (v_set (-87.0f), x)), &n, &t);
  return v_scale (p, n, t);
}

/* The same, anything for NaN: where it meets x again */
V_INLINE V
v_exp_number (V x)
{
  V n, t, p = v_exp_parts (v_min (v_max (x, v_set (-87.0f)), v_set (88.0f)), &n, &t);
  return v_shift_exponent (p, t);
}

/* log (1 + e^x) = max (x, 0) + log (1 + y), y = e^-|x|, the latter as y P(y). */
V_INLINE V
v_softplus (V x)
{
  V y = v_exp_number (v_sub (v_zero (), v_abs (x)));
  V p = v_set (5.232687902e-3f);
  p = v_fma (p, y, v_set (-2.950521328e-2f));
  p = v_fma (p, y, v_set (7.822591036e-2f));
  p = v_fma (p, y, v_set (-1.366324227e-1f));
  p = v_fma (p, y, v_set (1.910600510e-1f));
  p = v_fma (p, y, v_set (-2.484298179e-1f));
  p = v_fma (p, y, v_set (3.331909675e-1f));
  p = v_fma (p, y, v_set (-4.999949314e-1f));
  p = v_fma (p, y, v_set (9.999999699e-1f));
  return v_fma (p, y, v_max (v_zero (), x));
}

V_INLINE V
v_sigmoid (V x)
{
  return v_div (v_set (1.0f), v_add (v_set (1.0f), v_exp (v_sub (v_zero (), x))));
}

V_INLINE V
v_silu (V x)
{
  return v_div (x, v_add (v_set (1.0f), v_exp_number (v_sub (v_zero (), x))));
}

/* x Phi (x) = max (x, 0) - |x| erfc (z) / 2, z = |x| / sqrt(2), with erfc as Abramowitz and Stegun
 * 7.1.26: (a1 t + ... + a5 t^5) e^(-z^2), t = 1 / (1 + p z), absolute error 1.5e-7. */
V_INLINE V
v_gelu (V x)
{
  V size = v_min (v_set (30.0f), v_abs (x)), z = v_mul (size, v_set (0.70710678f));
  V t = v_div (v_set (1.0f), v_fma (z, v_set (0.3275911f), v_set (1.0f)));
  V p = v_set (1.061405429f);
  p = v_fma (p, t, v_set (-1.453152027f));
  p = v_fma (p, t, v_set (1.421413741f));
  p = v_fma (p, t, v_set (-0.284496736f));
  p = v_fma (p, t, v_set (0.254829592f));
  p = v_mul (v_mul (p, t), v_exp_number (v_sub (v_zero (), v_mul (z, z))));
  return v_nfma (v_mul (size, v_set (0.5f)), p, v_max (v_zero (), x));
}

/* An activation; `function` known when compiled. */
V_INLINE V
v_activate (V x, SsmtActivation function)
{
  return function == SSMT_ACTIVATION_GELU ? v_gelu (x)
      : function == SSMT_ACTIVATION_SILU  ? v_silu (x)
                                          : v_max (v_zero (), x);
}

/* The same of one number: the C library's are not the same everywhere. */
V_INLINE float
exp_of (float x)
{
  return v_first_lane (v_exp (v_set (x)));
}

V_INLINE float
softplus_of (float x)
{
  return v_first_lane (v_softplus (v_set (x)));
}

/* Cosine and sine (pairs) of position * frequency (pairs). */
V_INLINE void
rotation_angles (
    uint64_t position, const double *frequency, uint32_t pairs, float *cosine, float *sine)
{
  for (uint32_t i = 0; i < pairs; i++) {
    double angle = (double) position * frequency[i];
    cosine[i] = (float) cos (angle);
    sine[i] = (float) sin (angle);
  }
}

#endif /* SSMT_VEC_H */
