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

/* Elements of a row at its end: x has zeros behind them, so what weights are there does not matter, where there
 * are any. */
#define whole_or(product, p, n, step)                                                              \
  ((n) < (step) && (const int8_t *) (p) + (step) <= (product)->weight_end ? (step) : (n))

#ifdef I8_WIDE_STEP
#define TILE(name) i8_wide_##name
#define TileX I8X
#define TileW int16_t
#define TileSum I8Sum
#define TileQuad I4
#define TILE_STEP I8_WIDE_STEP
#define tile_zero() i8_zero ()
#define tile_x(p, n) i8_wide_x (p)
#define tile_w(args, p, n) i8_wide_w (p)
#define tile_dot(sum, x, w) i8_wide_dot (sum, x, w)
#define tile_sum4(a, b, c, d) i8_sum4 (*(a), *(b), *(c), *(d))
#define TILE_PARTS 1u
#define tile_finish(args, row, o, quad, end) finish (args, row, o, end, quad)
#define TILE_COLUMN_ONLY
#include "tile.h"
#undef TILE
#undef TileX
#undef TileW
#undef TileSum
#undef TileQuad
#undef TILE_STEP
#undef tile_zero
#undef tile_x
#undef tile_w
#undef tile_dot
#undef tile_sum4
#undef TILE_PARTS
#undef tile_finish
#undef TILE_COLUMN_ONLY

/* Four rows of weights as int16, whole steps of them, with zeros behind as x has them. */
static Product
i8_widen (const Product *args, uint32_t o, uint32_t end, int16_t *panel)
{
  Product wide = *args;

  wide.cols = (args->cols + I8_WIDE_STEP - 1) / I8_WIDE_STEP * I8_WIDE_STEP;
  for (uint32_t i = 0; i < 4 && o + i < end; i++) {
    const int8_t *w = (const int8_t *) args->weight + (size_t) (o + i) * args->cols;
    int16_t *to = panel + (size_t) i * wide.cols;
    for (uint32_t k = 0; k < wide.cols; k++)
      to[k] = k < args->cols ? w[k] : 0;
  }
  wide.weight = (const char *) panel;
  wide.first = o;
  return wide;
}

#define TileWide int16_t
#define TILE_WIDEN(args, o, end, panel) i8_widen (args, o, end, panel)
#define TILE_WIDE_COLUMN i8_wide_column
#endif

#define TILE(name) i8_##name
#define TileX I8X
#define TileW int8_t
#define TileSum I8Sum
#define TileQuad I4
#define TILE_STEP I8_STEP
#define tile_zero() i8_zero ()
#define tile_x(p, n) i8_x (p, I8_STEP)
#define tile_w(args, p, n) i8_w (p, whole_or (args, p, n, I8_STEP))
#define tile_dot(sum, x, w) i8_dot (sum, x, w)
#define tile_sum4(a, b, c, d) i8_sum4 (*(a), *(b), *(c), *(d))
#define TILE_PARTS 1u
#define tile_finish(args, row, o, quad, end) finish (args, row, o, end, quad)
#include "tile.h"

/* --- one row ---------------------------------------------------------------- */

#define CHAINS 4u /* of sums, so that none waits: whole numbers add up in any order */

/* The sums of one output; w: its weights. */
V_INLINE I8Sum
row_dot (const Product *product, const int8_t *w, const I8X *x)
{
  uint32_t cols = product->cols, k = 0;
  I8Sum sum[CHAINS];

  for (uint32_t i = 0; i < CHAINS; i++)
    sum[i] = i8_zero ();
  for (; k + CHAINS * I8_STEP <= cols; k += CHAINS * I8_STEP) {
    product_ask (w + k + LINEAR_AHEAD, CHAINS * I8_STEP);
    for (uint32_t i = 0; i < CHAINS; i++) {
      uint32_t at = k + i * I8_STEP;
      sum[i] = i8_dot (sum[i], i8_x (x + at, I8_STEP), i8_w (w + at, I8_STEP));
    }
  }
  for (; k + I8_STEP <= cols; k += I8_STEP)
    sum[0] = i8_dot (sum[0], i8_x (x + k, I8_STEP), i8_w (w + k, I8_STEP));
  if (k < cols)
    sum[1] = i8_dot (
        sum[1], i8_x (x + k, I8_STEP), i8_w (w + k, whole_or (product, w + k, cols - k, I8_STEP)));
  return (sum[0] + sum[1]) + (sum[2] + sum[3]);
}

/* One output after the other, as they lie in memory. */
static void
row_product (const Product *product, uint32_t begin, uint32_t end)
{
  const I8X *x = product_x (product, 0);
  uint32_t cols = product->cols;

  for (uint32_t o = begin; o < end; o += 4) {
    I8Sum sum[4];

    for (uint32_t i = 0; i < 4; i++) {
      uint32_t output = o + i < end ? o + i : end - 1;
      sum[i] = row_dot (product, (const int8_t *) product->weight + (size_t) output * cols, x);
    }
    product_store (
        product, 0, o, end, finish (product, 0, o, end, i8_sum4 (sum[0], sum[1], sum[2], sum[3])));
  }
}

/* --- many rows --------------------------------------------------------------- */

#ifdef I8_LANES
#include "linear-i8-lanes.h"
#endif

void
FN (linear_i8) (const Product *product, uint32_t begin, uint32_t end)
{
  if (product->rows == 1)
    row_product (product, begin, end);
#ifdef I8_LANES
  else if (lanes_pay (product))
    lanes_product (product, begin, end);
#endif
  else
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
  memset (q + cols, 0, -(cols * sizeof *q) % PACKED_ALIGN); /* whole vectors are read */
  return step;
}
