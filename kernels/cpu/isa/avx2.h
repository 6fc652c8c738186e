/* ssmtranslate: vectors of AVX2 with FMA and F16C, and where the compiler is told so AVX-VNNI
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * c.h says what each of these does.
 */
#ifndef SSMT_ISA_AVX2_H
#define SSMT_ISA_AVX2_H

#include "x86.h"

#include <string.h>

#define VN 8u
#define V_REGISTERS 16
typedef __m256 V;

V_INLINE __m256i
v_first (uint32_t n)
{
  return _mm256_cmpgt_epi32 (
      _mm256_set1_epi32 ((int) n), _mm256_setr_epi32 (0, 1, 2, 3, 4, 5, 6, 7));
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
#define v_greater_bits(a, b) ((uint32_t) _mm256_movemask_ps (_mm256_cmp_ps (a, b, _CMP_GT_OQ)))
#define v_if_greater(a, b, yes, no) _mm256_blendv_ps (no, yes, _mm256_cmp_ps (a, b, _CMP_GT_OQ))
#define v_from_bf16(p)                                                                             \
  _mm256_castsi256_ps (                                                                            \
      _mm256_slli_epi32 (_mm256_cvtepu16_epi32 (_mm_loadu_si128 ((const __m128i *) (p))), 16))
#define v_from_f16(p) _mm256_cvtph_ps (_mm_loadu_si128 ((const __m128i *) (p)))
#define v_from_i8(p)                                                                               \
  _mm256_cvtepi32_ps (_mm256_cvtepi8_epi32 (_mm_loadl_epi64 ((const __m128i *) (p))))

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

#define v_scale(v, n, t) v_mul (v, v_shift_exponent (v_set (1.0f), t))

V_INLINE V
v_abs (V v)
{
  return _mm256_andnot_ps (v_set (-0.0f), v);
}

V_INLINE V
v_keep_n (V v, float other, uint32_t n)
{
  return n >= VN ? v : _mm256_blendv_ps (v_set (other), v, _mm256_castsi256_ps (v_first (n)));
}

#define v_first_lane(v) _mm256_cvtss_f32 (v)

V_INLINE float
v_largest (V v)
{
  __m128 m = _mm_max_ps (_mm256_castps256_ps128 (v), _mm256_extractf128_ps (v, 1));
  m = _mm_max_ps (m, _mm_movehl_ps (m, m));
  return _mm_cvtss_f32 (_mm_max_ss (m, _mm_shuffle_ps (m, m, 1)));
}

V_INLINE V
v_sum_quarters (V a, V b, V c, V d)
{
  V ab = v_add (_mm256_unpacklo_ps (a, b), _mm256_unpackhi_ps (a, b));
  V cd = v_add (_mm256_unpacklo_ps (c, d), _mm256_unpackhi_ps (c, d));
  return v_add (_mm256_shuffle_ps (ab, cd, 0x44), _mm256_shuffle_ps (ab, cd, 0xee));
}

V_INLINE V4
lanes_sum4 (const V *a, const V *b, const V *c, const V *d)
{
  V half = v_add (v_sum_quarters (a[0], b[0], c[0], d[0]), v_sum_quarters (a[1], b[1], c[1], d[1]));
  return _mm_add_ps (_mm256_castps256_ps128 (half), _mm256_extractf128_ps (half, 1));
}

/* --- I8 ----------------------------------------------------------------- */

typedef int I8Sum __attribute__ ((vector_size (32), may_alias)); /* as that of avx512.h */

#define I8_STEP 32u
#define i8_zero() ((I8Sum) _mm256_setzero_si256 ())
#define i8_sum4(a, b, c, d) i4_sum4_256 ((__m256i) (a), (__m256i) (b), (__m256i) (c), (__m256i) (d))
#define i8_x(p, n) i8_load_n (p, n)
#define i8_w(p, n) i8_load_n (p, n)

V_INLINE __m256i
i8_load_n (const void *p, uint32_t n)
{
  int8_t room[I8_STEP] = { 0 };

  if (n < I8_STEP)
    p = memcpy (room, p, n);
  return _mm256_loadu_si256 ((const __m256i *) p);
}

/* As bytes with their signs, in the lower half. */
V_INLINE __m128i
i8_narrow (V whole)
{
  __m256i all = _mm256_cvtps_epi32 (whole);
  __m128i half = _mm_packs_epi32 (_mm256_castsi256_si128 (all), _mm256_extracti128_si256 (all, 1));

  return _mm_packs_epi16 (half, half);
}

V_INLINE void
i8_store_bytes (void *p, __m128i bytes, uint32_t n)
{
  if (n >= VN)
    _mm_storel_epi64 ((__m128i *) p, bytes);
  else
    memcpy (p, &bytes, n);
}

#ifdef __AVXVNNI__

/* unsigned by signed bytes: x is kept as q + 128, as with avx512.h */
typedef uint8_t I8X;

#define I8_OFFSET 128
#define i8_dot(sum, x, w) ((I8Sum) _mm256_dpbusd_avx_epi32 ((__m256i) (sum), x, w))
#define i8_store_n(p, whole, n)                                                                    \
  i8_store_bytes (p, _mm_add_epi8 (i8_narrow (whole), _mm_set1_epi8 (-128)), n)

/* Of 8 outputs n bytes each, from w[0] ... w[7] on: 8 vectors of four bytes an output, `step` bytes from one to the
 * next. */
V_INLINE void
i8_lanes_turn (const int8_t *const *w, uint32_t n, int8_t *to, size_t step)
{
  __m256i a[8], b[8];

  for (uint32_t i = 0; i < 8; i++)
    a[i] = i8_load_n (w[i], n);
  for (uint32_t i = 0; i < 8; i += 2) {
    b[i] = _mm256_unpacklo_epi32 (a[i], a[i + 1]);
    b[i + 1] = _mm256_unpackhi_epi32 (a[i], a[i + 1]);
  }
  for (uint32_t i = 0; i < 8; i += 4)
    for (uint32_t j = 0; j < 2; j++) {
      a[i + 2 * j] = _mm256_unpacklo_epi64 (b[i + j], b[i + j + 2]);
      a[i + 2 * j + 1] = _mm256_unpackhi_epi64 (b[i + j], b[i + j + 2]);
    }
  /* a[4 q + j], half l: bytes 4 (4 l + j) of outputs 4 q to 4 q + 3 */
  for (uint32_t j = 0; j < 4; j++) {
    _mm256_storeu_si256 (
        (__m256i *) (to + j * step), _mm256_permute2x128_si256 (a[j], a[j + 4], 0x20));
    _mm256_storeu_si256 (
        (__m256i *) (to + (j + 4) * step), _mm256_permute2x128_si256 (a[j], a[j + 4], 0x31));
  }
}

#define I8_LANES 8u
#define I8_LANES_STEP 32u /* inputs that i8_lanes_turn() takes */
#define i8_lanes_w(p) _mm256_loadu_si256 ((const __m256i *) (p))
/* Four inputs for all lanes. */
#define i8_lanes_x(p) _mm256_broadcastd_epi32 (_mm_loadu_si32 (p))

/* The sums of n outputs without what the offset of x has added. */
V_INLINE V
i8_lanes_sum (I8Sum sum, const int32_t *sums, uint32_t n)
{
  __m256i added = _mm256_maskload_epi32 (sums, v_first (n));
  return _mm256_cvtepi32_ps (_mm256_sub_epi32 ((__m256i) sum, _mm256_slli_epi32 (added, 7)));
}

#else

/* |w| times x with the sign of w, in sums of pairs, which int16 holds: 2 * 128 * 127 */
typedef int8_t I8X;

#define I8_OFFSET 0
#define i8_store_n(p, whole, n) i8_store_bytes (p, i8_narrow (whole), n)

V_INLINE I8Sum
i8_dot (I8Sum sum, __m256i x, __m256i w)
{
  __m256i pairs = _mm256_maddubs_epi16 (_mm256_abs_epi8 (w), _mm256_sign_epi8 (x, w));
  return sum + (I8Sum) _mm256_madd_epi16 (pairs, _mm256_set1_epi16 (1));
}

/* The same of weights that are int16: fewer multiplications of the kind that two units of a core can do. */
#define I8_WIDE_STEP 16u
#define i8_wide_x(p) _mm256_cvtepi8_epi16 (_mm_loadu_si128 ((const __m128i *) (p)))
#define i8_wide_w(p) _mm256_loadu_si256 ((const __m256i *) (p))
#define i8_wide_dot(sum, x, w) ((sum) + (I8Sum) _mm256_madd_epi16 (x, w))

#endif

/* --- Q4 ----------------------------------------------------------------- */

typedef struct {
  V half[2];
} Q4Lanes;

typedef struct {
  __m256i low, high;
} Q4Group;

#define q4_zero() ((Q4Lanes){ { _mm256_setzero_ps (), _mm256_setzero_ps () } })

V_INLINE Q4Group
q4_unpack (const uint8_t *p)
{
  __m256i pairs = _mm256_loadu_si256 ((const __m256i *) p), low = _mm256_set1_epi8 (15);
  return (Q4Group){ _mm256_and_si256 (pairs, low),
    _mm256_and_si256 (_mm256_srli_epi16 (pairs, 4), low) };
}

typedef __m256i Q4Bytes;
typedef int Q4Sum __attribute__ ((vector_size (32), may_alias)); /* as I8Sum of avx512.h */

#define Q4_STEP 32u
#ifdef __AVXVNNI__
#define q4_dot(sums, w, x) ((Q4Sum) _mm256_dpbusd_avx_epi32 ((__m256i) (sums), w, x))
#else
#define q4_dot(sums, w, x)                                                                         \
  ((sums) + (Q4Sum) _mm256_madd_epi16 (_mm256_maddubs_epi16 (w, x), _mm256_set1_epi16 (1)))
#endif

V_INLINE __m256
q4_add_half (__m256 lanes, __m256i w, const int8_t *x, const int32_t *begin, float scale)
{
  Q4Sum sums = q4_dot ((Q4Sum) _mm256_loadu_si256 ((const __m256i *) begin), w,
      _mm256_loadu_si256 ((const __m256i *) x));
  return _mm256_fmadd_ps (_mm256_set1_ps (scale), _mm256_cvtepi32_ps ((__m256i) sums), lanes);
}

V_INLINE Q4Lanes
q4_add (Q4Lanes lanes, Q4Group w, const int8_t *x, const int32_t *begin, float scale)
{
  return (Q4Lanes){ { q4_add_half (lanes.half[0], w.low, x, begin, scale),
      q4_add_half (lanes.half[1], w.high, x + 32, begin + 8, scale) } };
}

V_INLINE V4
q4_sum4 (const Q4Lanes *l)
{
  return lanes_sum4 (l[0].half, l[1].half, l[2].half, l[3].half);
}

#endif /* SSMT_ISA_AVX2_H */
