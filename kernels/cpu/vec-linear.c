/* ssmtranslate: products with F32, F16, BF16 and I8 weights in plain vectors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "linear.h"

/* F32, F16, BF16: the weight becomes F32, the sums are F32. */
#define TileX float
#define TileSum V
#define TileQuad __m128
#define TILE_STEP VN
#define tile_zero() v_zero ()
#define tile_x(p, n) v_load_n (p, n)
#define tile_dot(sum, x, w) v_fma (x, w, sum)
#define tile_sum4 v_sum4
#define tile_x_of linear_row
#define tile_finish(args, row, o, quad, end) quad

#define TILE(name) f32_##name
#define TileW float
#define tile_w(p, n) v_weights (p, 0, SSMT_DTYPE_F32, n)
#include "linear-tile.h"
#undef TILE
#undef TileW
#undef tile_w

#define TileW uint16_t
#define TILE(name) f16_##name
#define tile_w(p, n) v_weights (p, 0, SSMT_DTYPE_F16, n)
#include "linear-tile.h"
#undef TILE
#undef tile_w

#define TILE(name) bf16_##name
#define tile_w(p, n) v_weights (p, 0, SSMT_DTYPE_BF16, n)
#include "linear-tile.h"
#undef TILE
#undef tile_w
#undef TileW

#undef TileX
#undef TileSum
#undef TileQuad
#undef TILE_STEP
#undef tile_zero
#undef tile_x
#undef tile_dot
#undef tile_sum4
#undef tile_x_of
#undef tile_finish

/* I8: x as int16, products of pairs in int32. */
#ifdef __AVX512F__
typedef __m512i VI;
#define vi_zero() _mm512_setzero_si512 ()
#define vi_load(p) _mm512_loadu_si512 (p)
#define vi_widen(p) _mm512_cvtepi8_epi16 (_mm256_loadu_si256 ((const __m256i *) (p)))
#define vi_dot(sum, x, w) _mm512_add_epi32 (sum, _mm512_madd_epi16 (x, w))

V_INLINE __m256i
vi_fold (VI v)
{
  return _mm256_add_epi32 (_mm512_castsi512_si256 (v), _mm512_extracti64x4_epi64 (v, 1));
}
#else
typedef __m256i VI;
#define vi_zero() _mm256_setzero_si256 ()
#define vi_load(p) _mm256_loadu_si256 ((const __m256i *) (p))
#define vi_widen(p) _mm256_cvtepi8_epi16 (_mm_loadu_si128 ((const __m128i *) (p)))
#define vi_dot(sum, x, w) _mm256_add_epi32 (sum, _mm256_madd_epi16 (x, w))
#define vi_fold(v) (v)
#endif
#define VIN (2 * VN)            /* int16 in a vector */

V_INLINE __m128i
vi_sum4 (VI a, VI b, VI c, VI d)
{
  __m256i ab = _mm256_hadd_epi32 (vi_fold (a), vi_fold (b));
  __m256i all = _mm256_hadd_epi32 (ab, _mm256_hadd_epi32 (vi_fold (c), vi_fold (d)));
  return _mm_add_epi32 (_mm256_castsi256_si128 (all), _mm256_extracti128_si256 (all, 1));
}

/* The first n of a vector of values of `size` bytes, the others zero. */
V_INLINE VI
vi_load_n (const int16_t *p, uint32_t n)
{
  int16_t room[VIN] = { 0 };

  if (n >= VIN)
    return vi_load (p);
  memcpy (room, p, n * sizeof *p);
  return vi_load (room);
}

V_INLINE VI
vi_widen_n (const int8_t *p, uint32_t n)
{
  int8_t room[VIN] = { 0 };

  if (n >= VIN)
    return vi_widen (p);
  memcpy (room, p, n);
  return vi_widen (room);
}

#define TILE(name) i8_##name
#define TileX int16_t
#define TileW int8_t
#define TileSum VI
#define TileQuad __m128i
#define TILE_STEP VIN
#define tile_zero() vi_zero ()
#define tile_x(p, n) vi_load_n (p, n)
#define tile_w(p, n) vi_widen_n (p, n)
#define tile_dot(sum, x, w) vi_dot (sum, x, w)
#define tile_sum4 vi_sum4
#define tile_x_of(args, row) (const int16_t *) linear_packed_row (args, row, 2)
#define tile_finish(args, row, o, quad, end) linear_scale (args, row, o, end, quad)
#include "linear-tile.h"

void
FN (pack_i8) (const float *x, uint32_t cols, void *out, float *scale)
{
  float step = linear_quantisation_step (x, cols);
  int16_t *q = out;

  *scale = step;
  for (uint32_t i = 0; i < cols; i += VN) {
    uint32_t n = cols - i < VN ? cols - i : VN;
    float value[VN];
    V v = v_load_n (x + i, n);
    /* what is not a number becomes 0 */
    v = step > 0.0f ? v_round (v_div (v, v_set (step))) : v_zero ();
    v_store (value, v_if_greater (v_abs (v), v_set (-1.0f), v, v_zero ()));
    for (uint32_t j = 0; j < n; j++)
      q[i + j] = (int16_t) value[j];
  }
}

/* --- names -------------------------------------------------------------- */

void
FN (linear_f32) (const SsmtLinearArgs *args, uint32_t begin, uint32_t end)
{
  f32_product (args, begin, end);
}

void
FN (linear_f16) (const SsmtLinearArgs *args, uint32_t begin, uint32_t end)
{
  f16_product (args, begin, end);
}

void
FN (linear_bf16) (const SsmtLinearArgs *args, uint32_t begin, uint32_t end)
{
  bf16_product (args, begin, end);
}

void
FN (linear_i8) (const SsmtLinearArgs *args, uint32_t begin, uint32_t end)
{
  i8_product (args, begin, end);
}
