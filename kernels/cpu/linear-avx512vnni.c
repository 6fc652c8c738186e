/* ssmtranslate: the I8 product by vpdpbusd
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The instruction multiplies unsigned by signed bytes, so x is kept as q + 128;
 * the sum is then too large by 128 times the sum of the weight's row.
 */
#include "linear.h"

/* Sums as the compiler sees them inside the intrinsics: with __m512i, which is of
 * another element type, it would keep a copy of every sum in memory. */
typedef int Sums __attribute__ ((vector_size (64), may_alias));

V_INLINE __m512i
load_u8 (const uint8_t *p, uint32_t n)
{
  return n >= 64 ? _mm512_loadu_si512 (p) :
      _mm512_maskz_loadu_epi8 (((uint64_t) 1 << n) - 1, p);
}

V_INLINE __m128i
sum4 (__m512i a, __m512i b, __m512i c, __m512i d)
{
  __m512i ab = _mm512_add_epi32 (_mm512_unpacklo_epi32 (a, b), _mm512_unpackhi_epi32 (a, b));
  __m512i cd = _mm512_add_epi32 (_mm512_unpacklo_epi32 (c, d), _mm512_unpackhi_epi32 (c, d));
  __m512i all = _mm512_add_epi32 (_mm512_unpacklo_epi64 (ab, cd),
      _mm512_unpackhi_epi64 (ab, cd));
  __m256i half = _mm256_add_epi32 (_mm512_castsi512_si256 (all),
      _mm512_extracti64x4_epi64 (all, 1));
  return _mm_add_epi32 (_mm256_castsi256_si128 (half), _mm256_extracti128_si256 (half, 1));
}

/* Takes the 128 out again. */
V_INLINE __m128
finish (const SsmtLinearArgs *args, uint32_t row, uint32_t o, uint32_t end, __m128i sum)
{
  const int *sums = args->weight.sums + o;
  __m128i offset = o + 4 <= end ? _mm_loadu_si128 ((const __m128i *) sums) :
      _mm_maskload_epi32 (sums, linear_mask (o, end));
  return linear_scale (args, row, o, end,
      _mm_sub_epi32 (sum, _mm_slli_epi32 (offset, 7)));
}

#define TILE(name) i8_##name
#define TileX uint8_t
#define TileW uint8_t
#define TileSum Sums
#define TileQuad __m128i
#define TILE_STEP 64u
#define tile_zero() ((Sums) _mm512_setzero_si512 ())
#define tile_x(p, n) load_u8 (p, n)
#define tile_w(p, n) load_u8 (p, n)
#define tile_dot(sum, x, w) ((Sums) _mm512_dpbusd_epi32 ((__m512i) (sum), x, w))
#define tile_sum4(a, b, c, d) \
  sum4 ((__m512i) (a), (__m512i) (b), (__m512i) (c), (__m512i) (d))
#define tile_x_of(args, row) (const uint8_t *) linear_packed_row (args, row, 1)
#define tile_finish(args, row, o, quad, end) finish (args, row, o, end, quad)
#include "linear-tile.h"

void
ssmt_avx512vnni_linear_i8 (const SsmtLinearArgs *args, uint32_t begin, uint32_t end)
{
  i8_product (args, begin, end);
}

void
ssmt_avx512vnni_pack_i8 (const float *x, uint32_t cols, void *out, float *scale)
{
  float step = linear_quantisation_step (x, cols);
  uint8_t *q = out;

  *scale = step;
  for (uint32_t i = 0; i < cols; i += 16) {
    uint32_t n = cols - i < 16 ? cols - i : 16;
    V v = v_load_n (x + i, n);
    __mmask16 number = _mm512_cmp_ps_mask (v, v, _CMP_ORD_Q);
    __m512i whole = step > 0.0f ?
        _mm512_maskz_cvtps_epi32 (number, v_div (v, v_set (step))) : _mm512_setzero_si512 ();
    __m128i bytes = _mm_add_epi8 (_mm512_cvtsepi32_epi8 (whole), _mm_set1_epi8 (-128));
    _mm_mask_storeu_epi8 (q + i, v_first (n), bytes);
  }
}
