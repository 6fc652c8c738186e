/* ssmtranslate: one vector of floats, in the width of the instruction set
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The vec-*.c files are written with this and compiled once per instruction
 * set: V is 16 lanes with AVX-512, 8 with AVX2.  *_n () touch the first n lanes
 * only and read the others as zero: this is how every odd width ends.
 */
#ifndef SSMT_VEC_H
#define SSMT_VEC_H

#include "cpu-kernels.h"

#include <immintrin.h>
#include <math.h>
#include <string.h>

#define V_INLINE static inline __attribute__ ((always_inline))

/* FN (scan) is ssmt_avx512_scan where SSMT_ISA is avx512. */
#define FN_PASTE(isa, name) ssmt_##isa##_##name
#define FN_EXPAND(isa, name) FN_PASTE (isa, name)
#define FN(name) FN_EXPAND (SSMT_ISA, name)

#ifdef __AVX512F__

#define VN 16u
#define V_REGISTERS 32
typedef __m512 V;

V_INLINE __mmask16
v_first (uint32_t n)
{
  return (__mmask16) ((1u << n) - 1);
}

#define v_set(f) _mm512_set1_ps (f)
#define v_zero() _mm512_setzero_ps ()
#define v_load(p) _mm512_loadu_ps (p)
#define v_store(p, v) _mm512_storeu_ps (p, v)
#define v_add(a, b) _mm512_add_ps (a, b)
#define v_sub(a, b) _mm512_sub_ps (a, b)
#define v_mul(a, b) _mm512_mul_ps (a, b)
#define v_div(a, b) _mm512_div_ps (a, b)
#define v_fma(a, b, c) _mm512_fmadd_ps (a, b, c)        /* a b + c */
#define v_nfma(a, b, c) _mm512_fnmadd_ps (a, b, c)      /* c - a b */
#define v_max(a, b) _mm512_max_ps (a, b)
#define v_min(a, b) _mm512_min_ps (a, b)
#define v_round(a) \
  _mm512_roundscale_ps (a, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC)
/* bits of the lanes where a > b; false for NaN */
#define v_greater_bits(a, b) ((uint32_t) _mm512_cmp_ps_mask (a, b, _CMP_GT_OQ))
/* a > b ? yes : no */
#define v_if_greater(a, b, yes, no) \
  _mm512_mask_blend_ps (_mm512_cmp_ps_mask (a, b, _CMP_GT_OQ), no, yes)
#define v_from_bf16(p) _mm512_castsi512_ps (_mm512_slli_epi32 \
    (_mm512_cvtepu16_epi32 (_mm256_loadu_si256 ((const __m256i *) (p))), 16))
#define v_from_f16(p) _mm512_cvtph_ps (_mm256_loadu_si256 ((const __m256i *) (p)))
#define v_from_i8(p) _mm512_cvtepi32_ps \
    (_mm512_cvtepi8_epi32 (_mm_loadu_si128 ((const __m128i *) (p))))

V_INLINE V
v_load_n (const float *p, uint32_t n)
{
  return n >= VN ? v_load (p) : _mm512_maskz_loadu_ps (v_first (n), p);
}

V_INLINE void
v_store_n (float *p, V v, uint32_t n)
{
  if (n >= VN)
    v_store (p, v);
  else
    _mm512_mask_storeu_ps (p, v_first (n), v);
}

/* v 2^n where t is n + ROUNDER (below). */
V_INLINE V
v_shift_exponent (V v, V t)
{
  __m512i n = _mm512_slli_epi32 (_mm512_castps_si512 (t), 23);
  return _mm512_castsi512_ps (_mm512_add_epi32 (_mm512_castps_si512 (v), n));
}

V_INLINE V
v_abs (V v)
{
  return _mm512_abs_ps (v);
}

/* Keeps the first n lanes, sets the others to `other`. */
V_INLINE V
v_keep_n (V v, float other, uint32_t n)
{
  return n >= VN ? v : _mm512_mask_blend_ps (v_first (n), v_set (other), v);
}

/* Half of the lanes added to the other half. */
V_INLINE __m256
v_fold (V v)
{
  return _mm256_add_ps (_mm512_castps512_ps256 (v),
      _mm256_castsi256_ps (_mm512_extracti64x4_epi64 (_mm512_castps_si512 (v), 1)));
}

V_INLINE float
v_largest (V v)
{
  return _mm512_reduce_max_ps (v);
}

/* Four sums, each over the lanes of one vector, always in the same order. */
V_INLINE __m128
v_sum4 (V a, V b, V c, V d)
{
  V ab = v_add (_mm512_unpacklo_ps (a, b), _mm512_unpackhi_ps (a, b));
  V cd = v_add (_mm512_unpacklo_ps (c, d), _mm512_unpackhi_ps (c, d));
  V all = v_add (_mm512_shuffle_ps (ab, cd, 0x44), _mm512_shuffle_ps (ab, cd, 0xee));
  __m256 half = v_fold (all);
  return _mm_add_ps (_mm256_castps256_ps128 (half), _mm256_extractf128_ps (half, 1));
}

#else /* AVX2, FMA, F16C */

#define VN 8u
#define V_REGISTERS 16
typedef __m256 V;

V_INLINE __m256i
v_first (uint32_t n)
{
  return _mm256_cmpgt_epi32 (_mm256_set1_epi32 ((int) n),
      _mm256_setr_epi32 (0, 1, 2, 3, 4, 5, 6, 7));
}

#define v_set(f) _mm256_set1_ps (f)
#define v_zero() _mm256_setzero_ps ()
#define v_load(p) _mm256_loadu_ps (p)
#define v_store(p, v) _mm256_storeu_ps (p, v)
#define v_add(a, b) _mm256_add_ps (a, b)
#define v_sub(a, b) _mm256_sub_ps (a, b)
#define v_mul(a, b) _mm256_mul_ps (a, b)
#define v_div(a, b) _mm256_div_ps (a, b)
#define v_fma(a, b, c) _mm256_fmadd_ps (a, b, c)
#define v_nfma(a, b, c) _mm256_fnmadd_ps (a, b, c)
#define v_max(a, b) _mm256_max_ps (a, b)
#define v_min(a, b) _mm256_min_ps (a, b)
#define v_round(a) _mm256_round_ps (a, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC)
#define v_greater_bits(a, b) \
  ((uint32_t) _mm256_movemask_ps (_mm256_cmp_ps (a, b, _CMP_GT_OQ)))
#define v_if_greater(a, b, yes, no) \
  _mm256_blendv_ps (no, yes, _mm256_cmp_ps (a, b, _CMP_GT_OQ))
#define v_from_bf16(p) _mm256_castsi256_ps (_mm256_slli_epi32 \
    (_mm256_cvtepu16_epi32 (_mm_loadu_si128 ((const __m128i *) (p))), 16))
#define v_from_f16(p) _mm256_cvtph_ps (_mm_loadu_si128 ((const __m128i *) (p)))
#define v_from_i8(p) _mm256_cvtepi32_ps \
    (_mm256_cvtepi8_epi32 (_mm_loadl_epi64 ((const __m128i *) (p))))

V_INLINE V
v_load_n (const float *p, uint32_t n)
{
  return n >= VN ? v_load (p) : _mm256_maskload_ps (p, v_first (n));
}

V_INLINE void
v_store_n (float *p, V v, uint32_t n)
{
  if (n >= VN)
    v_store (p, v);
  else
    _mm256_maskstore_ps (p, v_first (n), v);
}

V_INLINE V
v_shift_exponent (V v, V t)
{
  __m256i n = _mm256_slli_epi32 (_mm256_castps_si256 (t), 23);
  return _mm256_castsi256_ps (_mm256_add_epi32 (_mm256_castps_si256 (v), n));
}

V_INLINE V
v_abs (V v)
{
  return _mm256_andnot_ps (v_set (-0.0f), v);
}

V_INLINE V
v_keep_n (V v, float other, uint32_t n)
{
  return n >= VN ? v :
      _mm256_blendv_ps (v_set (other), v, _mm256_castsi256_ps (v_first (n)));
}

V_INLINE float
v_largest (V v)
{
  __m128 m = _mm_max_ps (_mm256_castps256_ps128 (v), _mm256_extractf128_ps (v, 1));
  m = _mm_max_ps (m, _mm_movehl_ps (m, m));
  return _mm_cvtss_f32 (_mm_max_ss (m, _mm_shuffle_ps (m, m, 1)));
}

V_INLINE __m128
v_sum4 (V a, V b, V c, V d)
{
  V ab = v_add (_mm256_unpacklo_ps (a, b), _mm256_unpackhi_ps (a, b));
  V cd = v_add (_mm256_unpacklo_ps (c, d), _mm256_unpackhi_ps (c, d));
  V all = v_add (_mm256_shuffle_ps (ab, cd, 0x44), _mm256_shuffle_ps (ab, cd, 0xee));
  return _mm_add_ps (_mm256_castps256_ps128 (all), _mm256_extractf128_ps (all, 1));
}

#endif

V_INLINE float
v_sum (V v)
{
  return _mm_cvtss_f32 (v_sum4 (v, v, v, v));
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
  return dtype == SSMT_DTYPE_BF16 ? v_from_bf16 (p) :
      dtype == SSMT_DTYPE_F16 ? v_from_f16 (p) : v_from_i8 (p);
}

/* --- functions ---------------------------------------------------------- */

/* x + ROUNDER has the nearest integer of x in its low bits; |x| < 2^22. */
#define ROUNDER 12582912.0f

/* 2^x for x below 128; what is below 2^-126 becomes that.  Relative error 2e-7. */
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

/* e^x for x in [-87, 88], others as the nearer end.  Relative error 2e-7. */
V_INLINE V
v_exp (V x)
{
  x = v_min (v_max (x, v_set (-87.0f)), v_set (88.0f));
  V t = v_fma (x, v_set (1.44269504f), v_set (ROUNDER)), n = v_sub (t, v_set (ROUNDER));
  V r = v_nfma (n, v_set (-2.12194440e-4f), v_nfma (n, v_set (0.693359375f), x));
  V p = v_set (8.290314529e-3f);
  p = v_fma (p, r, v_set (4.189792939e-2f));
  p = v_fma (p, r, v_set (1.666763620e-1f));
  p = v_fma (p, r, v_set (4.999914953e-1f));
  p = v_fma (p, r, v_set (9.999997072e-1f));
  return v_shift_exponent (v_fma (p, r, v_set (1.0f)), t);
}

/* log (1 + e^x) = max (x, 0) + log (1 + y), y = e^-|x|, the latter as y P(y). */
V_INLINE V
v_softplus (V x)
{
  V y = v_exp (v_sub (v_zero (), v_abs (x)));
  V p = v_set (5.232687902e-3f);
  p = v_fma (p, y, v_set (-2.950521328e-2f));
  p = v_fma (p, y, v_set (7.822591036e-2f));
  p = v_fma (p, y, v_set (-1.366324227e-1f));
  p = v_fma (p, y, v_set (1.910600510e-1f));
  p = v_fma (p, y, v_set (-2.484298179e-1f));
  p = v_fma (p, y, v_set (3.331909675e-1f));
  p = v_fma (p, y, v_set (-4.999949314e-1f));
  p = v_fma (p, y, v_set (9.999999699e-1f));
  return v_fma (p, y, v_max (x, v_zero ()));
}

V_INLINE V
v_silu (V x)
{
  return v_div (x, v_add (v_set (1.0f), v_exp (v_sub (v_zero (), x))));
}

/* erf as Abramowitz and Stegun 7.1.26: 1 - (a1 t + ... + a5 t^5) e^(-z^2), z = |x| / sqrt(2),
 * t = 1 / (1 + p z), absolute error 1.5e-7; gelu(x) = max (x, 0) - |x| (1 - erf z) / 2. */
V_INLINE V
v_gelu (V x)
{
  V size = v_abs (x), z = v_mul (size, v_set (0.70710678f));
  V t = v_div (v_set (1.0f), v_fma (z, v_set (0.3275911f), v_set (1.0f)));
  V p = v_set (1.061405429f);
  p = v_fma (p, t, v_set (-1.453152027f));
  p = v_fma (p, t, v_set (1.421413741f));
  p = v_fma (p, t, v_set (-0.284496736f));
  p = v_fma (p, t, v_set (0.254829592f));
  p = v_mul (v_mul (p, t), v_exp (v_sub (v_zero (), v_mul (z, z))));
  return v_nfma (v_mul (size, v_set (0.5f)), p, v_max (x, v_zero ()));
}

#endif /* SSMT_VEC_H */
