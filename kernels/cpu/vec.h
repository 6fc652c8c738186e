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

/* 2^n for an integral n; below -149 zero, above 127 infinity. */
V_INLINE V
v_scale2 (V v, V n)
{
  return _mm512_scalef_ps (v, n);
}

/* v = mantissa * 2^exponent, mantissa in [sqrt (1/2), sqrt (2)), v > 0. */
V_INLINE V
v_split (V v, V *exponent)
{
  __m512i bits = _mm512_castps_si512 (v), origin = _mm512_set1_epi32 (0x3f3504f3);
  __m512i e = _mm512_srai_epi32 (_mm512_sub_epi32 (bits, origin), 23);
  *exponent = _mm512_cvtepi32_ps (e);
  return _mm512_castsi512_ps (_mm512_sub_epi32 (bits, _mm512_slli_epi32 (e, 23)));
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
v_scale2 (V v, V n)
{
  /* in two halves, so that subnormal results and infinity come out */
  n = v_min (v_max (n, v_set (-252.0f)), v_set (254.0f));
  __m256i whole = _mm256_cvtps_epi32 (n), half = _mm256_srai_epi32 (whole, 1);
  __m256i rest = _mm256_sub_epi32 (whole, half), bias = _mm256_set1_epi32 (127);
  v = v_mul (v, _mm256_castsi256_ps (_mm256_slli_epi32 (_mm256_add_epi32 (half, bias), 23)));
  return v_mul (v,
      _mm256_castsi256_ps (_mm256_slli_epi32 (_mm256_add_epi32 (rest, bias), 23)));
}

V_INLINE V
v_split (V v, V *exponent)
{
  __m256i bits = _mm256_castps_si256 (v), origin = _mm256_set1_epi32 (0x3f3504f3);
  __m256i e = _mm256_srai_epi32 (_mm256_sub_epi32 (bits, origin), 23);
  *exponent = _mm256_cvtepi32_ps (e);
  return _mm256_castsi256_ps (_mm256_sub_epi32 (bits, _mm256_slli_epi32 (e, 23)));
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

/* 2^r for r in [-0.5, 0.5] within 1 ulp (polynomial of Cephes, exp2f). */
V_INLINE V
v_exp2_fraction (V r)
{
  V p = v_set (1.535336188319500e-4f);
  p = v_fma (p, r, v_set (1.339887440266574e-3f));
  p = v_fma (p, r, v_set (9.618437357674640e-3f));
  p = v_fma (p, r, v_set (5.550332471162809e-2f));
  p = v_fma (p, r, v_set (2.402264791363012e-1f));
  p = v_fma (p, r, v_set (6.931472028550421e-1f));
  return v_fma (p, r, v_set (1.0f));
}

/* 2^x for x below 127. */
V_INLINE V
v_exp2 (V x)
{
  x = v_max (x, v_set (-200.0f));
  V n = v_round (x);
  return v_scale2 (v_exp2_fraction (v_sub (x, n)), n);
}

/* e^x within 2 ulp (Cephes, expf). */
V_INLINE V
v_exp (V x)
{
  x = v_min (v_max (x, v_set (-150.0f)), v_set (150.0f));
  V n = v_round (v_mul (x, v_set (1.44269504f)));
  V r = v_nfma (n, v_set (0.693359375f), x);
  r = v_nfma (n, v_set (-2.12194440e-4f), r);
  V p = v_set (1.9875691500e-4f);
  p = v_fma (p, r, v_set (1.3981999507e-3f));
  p = v_fma (p, r, v_set (8.3334519073e-3f));
  p = v_fma (p, r, v_set (4.1665795894e-2f));
  p = v_fma (p, r, v_set (1.6666665459e-1f));
  p = v_fma (p, r, v_set (5.0000001201e-1f));
  p = v_fma (p, v_mul (r, r), r);
  return v_scale2 (v_add (p, v_set (1.0f)), n);
}

/* log v for v > 0 (Cephes, logf). */
V_INLINE V
v_log (V v)
{
  V e, m = v_sub (v_split (v, &e), v_set (1.0f)), square = v_mul (m, m);
  V p = v_set (7.0376836292e-2f);
  p = v_fma (p, m, v_set (-1.1514610310e-1f));
  p = v_fma (p, m, v_set (1.1676998740e-1f));
  p = v_fma (p, m, v_set (-1.2420140846e-1f));
  p = v_fma (p, m, v_set (1.4249322787e-1f));
  p = v_fma (p, m, v_set (-1.6668057665e-1f));
  p = v_fma (p, m, v_set (2.0000714765e-1f));
  p = v_fma (p, m, v_set (-2.4999993993e-1f));
  p = v_fma (p, m, v_set (3.3333331174e-1f));
  p = v_mul (v_mul (p, m), square);
  p = v_fma (e, v_set (-2.12194440e-4f), p);
  p = v_nfma (v_set (0.5f), square, p);
  return v_fma (e, v_set (0.693359375f), v_add (m, p));
}

/* log (1 + e^x), x itself above 20. */
V_INLINE V
v_softplus (V x)
{
  V y = v_exp (v_min (x, v_set (20.0f))), u = v_add (y, v_set (1.0f));
  /* what the sum 1 + y has lost comes back in first order */
  V lost = v_div (v_sub (y, v_sub (u, v_set (1.0f))), u);
  return v_if_greater (x, v_set (20.0f), x, v_add (v_log (u), lost));
}

V_INLINE V
v_silu (V x)
{
  return v_div (x, v_add (v_set (1.0f), v_exp (v_sub (v_zero (), x))));
}

#endif /* SSMT_VEC_H */
