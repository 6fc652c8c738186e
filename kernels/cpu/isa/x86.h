/* ssmtranslate: what both vector widths of x86 share: four lanes
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef SSMT_ISA_X86_H
#define SSMT_ISA_X86_H

#include <immintrin.h>
#include <stdint.h>

#define V_INLINE static inline __attribute__ ((always_inline))

#define v_opaque(v) __asm__ volatile("" : "+v"(v))

typedef __m128 V4;
typedef __m128i I4;

#define v4_set(f) _mm_set1_ps (f)
#define v4_add(a, b) _mm_add_ps (a, b)
#define v4_mul(a, b) _mm_mul_ps (a, b)
#define v4_store(p, v) _mm_storeu_ps (p, v)
#define v4_first(v) _mm_cvtss_f32 (v)
#define v4_from_i4(i) _mm_cvtepi32_ps (i)
#define i4_minus_128(a, b) _mm_sub_epi32 (a, _mm_slli_epi32 (b, 7))

V_INLINE __m128i
v4_mask (uint32_t n)
{
  return _mm_cmpgt_epi32 (_mm_set1_epi32 ((int) n), _mm_setr_epi32 (0, 1, 2, 3));
}

V_INLINE V4
v4_load_n (const float *p, uint32_t n)
{
  return n >= 4 ? _mm_loadu_ps (p) : _mm_maskload_ps (p, v4_mask (n));
}

V_INLINE void
v4_store_n (float *p, V4 v, uint32_t n)
{
  if (n >= 4)
    _mm_storeu_ps (p, v);
  else
    _mm_maskstore_ps (p, v4_mask (n), v);
}

V_INLINE I4
i4_load_n (const int32_t *p, uint32_t n)
{
  return n >= 4 ? _mm_loadu_si128 ((const __m128i *) p) : _mm_maskload_epi32 (p, v4_mask (n));
}

V_INLINE I4
i4_sum4_256 (__m256i a, __m256i b, __m256i c, __m256i d)
{
  __m256i all = _mm256_hadd_epi32 (_mm256_hadd_epi32 (a, b), _mm256_hadd_epi32 (c, d));
  return _mm_add_epi32 (_mm256_castsi256_si128 (all), _mm256_extracti128_si256 (all, 1));
}

V_INLINE void
q4_to_i8 (const uint8_t *group, int8_t *q)
{
  __m256i pairs = _mm256_loadu_si256 ((const __m256i *) group);
  __m256i low = _mm256_set1_epi8 (15), eight = _mm256_set1_epi8 (8);
  __m256i high = _mm256_and_si256 (_mm256_srli_epi16 (pairs, 4), low);

  _mm256_storeu_si256 ((__m256i *) q, _mm256_sub_epi8 (_mm256_and_si256 (pairs, low), eight));
  _mm256_storeu_si256 ((__m256i *) (q + 32), _mm256_sub_epi8 (high, eight));
}

#endif /* SSMT_ISA_X86_H */
