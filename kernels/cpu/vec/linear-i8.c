/* ssmtranslate: the product with I8 weights
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "linear.h"

/* sum * (step of the row * scale of the output), without what the offset of x has added */
V_INLINE V4
finish (const Product *product, uint32_t row, uint32_t o, uint32_t end, I4 sum)
{
  V4 scale = v4_load_n (product->scales + o, end - o);

  if (I8_OFFSET == 128)
    sum = i4_minus_128 (sum, i4_load_n (product->sums + o, end - o));
  return v4_mul (v4_from_i4 (sum), v4_mul (v4_set (product_step (product, row)), scale));
}

#define TILE(name) i8_##name
#define TileX I8X
#define TileW int8_t
#define TileSum I8Sum
#define TileQuad I4
#define TILE_STEP I8_STEP
#define tile_zero() i8_zero ()
#define tile_x(p, n) i8_x (p, n)
#define tile_w(p, n) i8_w (p, n)
#define tile_dot(sum, x, w) i8_dot (sum, x, w)
#define tile_sum4(a, b, c, d) i8_sum4 (*(a), *(b), *(c), *(d))
#define TILE_PARTS 1u
#define tile_finish(args, row, o, quad, end) finish (args, row, o, end, quad)
#include "tile.h"

void
FN (linear_i8) (const Product *product, uint32_t begin, uint32_t end)
{
  i8_product (product, begin, end);
}

float
FN (pack_i8) (const float *x, uint32_t cols, void *out)
{
  float step = row_step (x, cols);
  I8X *q = out;

  for (uint32_t i = 0; i < cols; i += VN) {
    uint32_t n = cols - i < VN ? cols - i : VN;
    i8_store_n (q + i, in_steps (v_load_n (x + i, n), step), n);
  }
  return step;
}
