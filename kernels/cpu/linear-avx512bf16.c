/* ssmtranslate: the BF16 product by vdpbf16ps
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "linear.h"

V_INLINE __m512bh
load_bf16 (const uint16_t *p, uint32_t n)
{
  __m512i v = n >= 32 ? _mm512_loadu_si512 (p) :
      _mm512_maskz_loadu_epi16 ((1u << n) - 1, p);
  return (__m512bh) v;
}

#define TILE(name) bf16_##name
#define TileX uint16_t
#define TileW uint16_t
#define TileSum V
#define TileQuad __m128
#define TILE_STEP 32u
#define tile_zero() v_zero ()
#define tile_x(p, n) load_bf16 (p, n)
#define tile_w(p, n) load_bf16 (p, n)
#define tile_dot(sum, x, w) _mm512_dpbf16_ps (sum, x, w)
#define tile_sum4 v_sum4
#define tile_x_of(args, row) (const uint16_t *) linear_packed_row (args, row, 2)
#define tile_finish(args, row, o, quad, end) quad
#include "linear-tile.h"

void
ssmt_avx512bf16_linear_bf16 (const SsmtLinearArgs *args, uint32_t begin, uint32_t end)
{
  bf16_product (args, begin, end);
}

void
ssmt_avx512bf16_pack_bf16 (const float *x, uint32_t cols, void *out, float *scale)
{
  uint16_t *rounded = out;

  *scale = 1.0f;
  for (uint32_t i = 0; i < cols; i += 16) {
    uint32_t n = cols - i < 16 ? cols - i : 16;
    __m256i v = (__m256i) _mm512_cvtneps_pbh (v_load_n (x + i, n));
    _mm256_mask_storeu_epi16 (rounded + i, v_first (n), v);
  }
}
