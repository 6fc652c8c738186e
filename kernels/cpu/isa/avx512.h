/* ssmtranslate: vectors of AVX-512: F, BW, DQ and VL, and where the compiler is told so VNNI and BF16
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * c.h says what each of these does.
 */
#ifndef SSMT_ISA_AVX512_H
#define SSMT_ISA_AVX512_H

#include "x86.h"

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
#define v_fma(a, b, c) _mm512_fmadd_ps (a, b, c)
#define v_nfma(a, b, c) _mm512_fnmadd_ps (a, b, c)
#define v_max(a, b) _mm512_max_ps (a, b)
#define v_min(a, b) _mm512_min_ps (a, b)
#define v_round(a) _mm512_roundscale_ps (a, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC)
#define v_scale(v, n, t) _mm512_scalef_ps (v, n)
#define v_greater_bits(a, b) ((uint32_t) _mm512_cmp_ps_mask (a, b, _CMP_GT_OQ))
#define v_if_greater(a, b, yes, no)                                                                \
  _mm512_mask_blend_ps (_mm512_cmp_ps_mask (a, b, _CMP_GT_OQ), no, yes)
#define v_from_bf16(p)                                                                             \
  _mm512_castsi512_ps (                                                                            \
      _mm512_slli_epi32 (_mm512_cvtepu16_epi32 (_mm256_loadu_si256 ((const __m256i *) (p))), 16))
#define v_from_f16(p) _mm512_cvtph_ps (_mm256_loadu_si256 ((const __m256i *) (p)))
#define v_from_i8(p)                                                                               \
  _mm512_cvtepi32_ps (_mm512_cvtepi8_epi32 (_mm_loadu_si128 ((const __m128i *) (p))))

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

#define v_first_lane(v) _mm512_cvtss_f32 (v)

V_INLINE float
v_largest (V v)
{
  return _mm512_reduce_max_ps (v);
}

V_INLINE V4
lanes_sum4 (const V *a, const V *b, const V *c, const V *d)
{
  V ab = v_add (_mm512_unpacklo_ps (*a, *b), _mm512_unpackhi_ps (*a, *b));
  V cd = v_add (_mm512_unpacklo_ps (*c, *d), _mm512_unpackhi_ps (*c, *d));
  V all = v_add (_mm512_shuffle_ps (ab, cd, 0x44), _mm512_shuffle_ps (ab, cd, 0xee));
  __m256 half = v_fold (all);
  return _mm_add_ps (_mm256_castps256_ps128 (half), _mm256_extractf128_ps (half, 1));
}

/* --- I8 ----------------------------------------------------------------- */

V_INLINE __m256i
vi_fold (__m512i v)
{
  return _mm256_add_epi32 (_mm512_castsi512_si256 (v), _mm512_extracti64x4_epi64 (v, 1));
}

/* As the compiler sees sums inside the intrinsics: with __m512i, which is of another element type,
 * it would keep a copy of every sum in memory, and + would add halves of it. */
typedef int I8Sum __attribute__ ((vector_size (64), may_alias));

#ifdef __AVX512VNNI__

/* vpdpbusd multiplies unsigned by signed bytes, so x is kept as q + 128; the sum is then too large
 * by 128 times the sum of the weight's row. */
typedef uint8_t I8X;

#define I8_STEP 64u
#define I8_OFFSET 128
#define i8_zero() ((I8Sum) _mm512_setzero_si512 ())
#define i8_dot(sum, x, w) ((I8Sum) _mm512_dpbusd_epi32 ((__m512i) (sum), x, w))

V_INLINE __m512i
i8_load_n (const void *p, uint32_t n)
{
  return n >= 64 ? _mm512_loadu_si512 (p) : _mm512_maskz_loadu_epi8 (((uint64_t) 1 << n) - 1, p);
}

#define i8_x(p, n) i8_load_n (p, n)
#define i8_w(p, n) i8_load_n (p, n)

V_INLINE I4
i8_sum4 (I8Sum a, I8Sum b, I8Sum c, I8Sum d)
{
  __m512i ab = _mm512_add_epi32 (_mm512_unpacklo_epi32 ((__m512i) a, (__m512i) b),
      _mm512_unpackhi_epi32 ((__m512i) a, (__m512i) b));
  __m512i cd = _mm512_add_epi32 (_mm512_unpacklo_epi32 ((__m512i) c, (__m512i) d),
      _mm512_unpackhi_epi32 ((__m512i) c, (__m512i) d));
  __m512i all = _mm512_add_epi32 (_mm512_unpacklo_epi64 (ab, cd), _mm512_unpackhi_epi64 (ab, cd));
  __m256i half = vi_fold (all);
  return _mm_add_epi32 (_mm256_castsi256_si128 (half), _mm256_extracti128_si256 (half, 1));
}

/* Of 16 outputs n bytes each, from w[0] ... w[15] on: 16 vectors of four bytes an output, `step` bytes from one to
 * the next. */
V_INLINE void
i8_lanes_turn (const int8_t *const *w, uint32_t n, int8_t *to, size_t step)
{
  __m512i a[16], b[16];

  for (uint32_t i = 0; i < 16; i++)
    a[i] = i8_load_n (w[i], n);
  for (uint32_t i = 0; i < 16; i += 2) {
    b[i] = _mm512_unpacklo_epi32 (a[i], a[i + 1]);
    b[i + 1] = _mm512_unpackhi_epi32 (a[i], a[i + 1]);
  }
  for (uint32_t i = 0; i < 16; i += 4)
    for (uint32_t j = 0; j < 2; j++) {
      a[i + 2 * j] = _mm512_unpacklo_epi64 (b[i + j], b[i + j + 2]);
      a[i + 2 * j + 1] = _mm512_unpackhi_epi64 (b[i + j], b[i + j + 2]);
    }
  /* a[4 q + j], quarter l: bytes 4 (4 l + j) of outputs 4 q to 4 q + 3 */
  for (uint32_t j = 0; j < 4; j++) {
    __m512i low = _mm512_shuffle_i32x4 (a[j], a[j + 4], 0x88);
    __m512i high = _mm512_shuffle_i32x4 (a[j], a[j + 4], 0xdd);
    __m512i low2 = _mm512_shuffle_i32x4 (a[j + 8], a[j + 12], 0x88);
    __m512i high2 = _mm512_shuffle_i32x4 (a[j + 8], a[j + 12], 0xdd);
    _mm512_storeu_si512 (to + j * step, _mm512_shuffle_i32x4 (low, low2, 0x88));
    _mm512_storeu_si512 (to + (j + 4) * step, _mm512_shuffle_i32x4 (high, high2, 0x88));
    _mm512_storeu_si512 (to + (j + 8) * step, _mm512_shuffle_i32x4 (low, low2, 0xdd));
    _mm512_storeu_si512 (to + (j + 12) * step, _mm512_shuffle_i32x4 (high, high2, 0xdd));
  }
}

#define I8_LANES 16u
#define I8_LANES_STEP 64u /* inputs that i8_lanes_turn() takes */
#define i8_lanes_w(p) _mm512_loadu_si512 (p)

/* Four inputs for all lanes. */
V_INLINE __m512i
i8_lanes_x (const I8X *p)
{
  return _mm512_broadcastd_epi32 (_mm_loadu_si32 (p));
}

/* The sums of n outputs without what the offset of x has added. */
V_INLINE V
i8_lanes_sum (I8Sum sum, const int32_t *sums, uint32_t n)
{
  __m512i added = _mm512_maskz_loadu_epi32 (v_first (n), sums);
  return _mm512_cvtepi32_ps (_mm512_sub_epi32 ((__m512i) sum, _mm512_slli_epi32 (added, 7)));
}

V_INLINE void
i8_store_n (I8X *p, V whole, uint32_t n)
{
  __m128i bytes = _mm512_cvtsepi32_epi8 (_mm512_cvtps_epi32 (whole));
  _mm_mask_storeu_epi8 (p, v_first (n), _mm_add_epi8 (bytes, _mm_set1_epi8 (-128)));
}

#else

/* x as int16, products of pairs in int32 */
typedef int16_t I8X;

#define I8_STEP 32u
#define I8_OFFSET 0
#define i8_zero() ((I8Sum) _mm512_setzero_si512 ())
#define i8_dot(sum, x, w) ((sum) + (I8Sum) _mm512_madd_epi16 (x, w))

V_INLINE __m512i
i8_x (const I8X *p, uint32_t n)
{
  return n >= I8_STEP ? _mm512_loadu_si512 (p) : _mm512_maskz_loadu_epi16 ((1u << n) - 1, p);
}

V_INLINE __m512i
i8_w (const int8_t *p, uint32_t n)
{
  return _mm512_cvtepi8_epi16 (n >= I8_STEP ? _mm256_loadu_si256 ((const __m256i *) p)
                                            : _mm256_maskz_loadu_epi8 ((1u << n) - 1, p));
}

V_INLINE I4
i8_sum4 (I8Sum a, I8Sum b, I8Sum c, I8Sum d)
{
  return i4_sum4_256 (
      vi_fold ((__m512i) a), vi_fold ((__m512i) b), vi_fold ((__m512i) c), vi_fold ((__m512i) d));
}

V_INLINE void
i8_store_n (I8X *p, V whole, uint32_t n)
{
  _mm256_mask_storeu_epi16 (p, v_first (n), _mm512_cvtepi32_epi16 (_mm512_cvtps_epi32 (whole)));
}

#endif

/* --- Q4 ----------------------------------------------------------------- */

typedef __m512 Q4Lanes;
typedef __m512i Q4Group;

#define q4_zero() _mm512_setzero_ps ()

V_INLINE Q4Group
q4_unpack (const uint8_t *p)
{
  /* low four bits below, high four bits above */
  __m512i pairs = _mm512_broadcast_i64x4 (_mm256_loadu_si256 ((const __m256i *) p));
  pairs = _mm512_mask_srli_epi32 (pairs, 0xff00, pairs, 4);
  return _mm512_and_si512 (pairs, _mm512_set1_epi8 (15));
}

typedef __m512i Q4Bytes;
typedef int Q4Sum __attribute__ ((vector_size (64), may_alias)); /* as I8Sum */

#define Q4_STEP 64u
#ifdef __AVX512VNNI__
#define q4_dot(sums, w, x) ((Q4Sum) _mm512_dpbusd_epi32 ((__m512i) (sums), w, x))
#else
#define q4_dot(sums, w, x)                                                                         \
  ((sums) + (Q4Sum) _mm512_madd_epi16 (_mm512_maddubs_epi16 (w, x), _mm512_set1_epi16 (1)))
#endif

V_INLINE Q4Lanes
q4_add (Q4Lanes lanes, Q4Group w, const int8_t *x, const int32_t *begin, float scale)
{
  Q4Sum sums = q4_dot ((Q4Sum) _mm512_loadu_si512 (begin), w, _mm512_loadu_si512 (x));
  return _mm512_fmadd_ps (_mm512_set1_ps (scale), _mm512_cvtepi32_ps ((__m512i) sums), lanes);
}

V_INLINE V4
q4_sum4 (const Q4Lanes *lanes)
{
  return lanes_sum4 (&lanes[0], &lanes[1], &lanes[2], &lanes[3]);
}

/* --- BF16 by BF16 ------------------------------------------------------- */

#ifdef __AVX512BF16__

#define BF16_STEP 32u
#define bf16_dot(sum, x, w) _mm512_dpbf16_ps (sum, x, w)

V_INLINE __m512bh
bf16_load_n (const uint16_t *p, uint32_t n)
{
  return (
      __m512bh) (n >= 32 ? _mm512_loadu_si512 (p) : _mm512_maskz_loadu_epi16 ((1u << n) - 1, p));
}

V_INLINE void
bf16_store_n (uint16_t *p, V v, uint32_t n)
{
  _mm256_mask_storeu_epi16 (p, v_first (n), (__m256i) _mm512_cvtneps_pbh (v));
}

#endif

#endif /* SSMT_ISA_AVX512_H */
