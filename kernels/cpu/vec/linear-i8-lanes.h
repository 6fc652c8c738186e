/* ssmtranslate: the product with I8 weights, an output a lane
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A dot product ends with the sum of a vector's lanes, which for short rows costs more than the products. Here the
 * weights of some outputs are turned first, so that each lane is an output, and multiplied with four inputs of one
 * row after the other. Whole numbers: the same sums in any order.
 */
#define LANES_BYTES 16384u /* of turned weights, on the stack, which may be small */
#define LANES_ROWS (V_REGISTERS == 32 ? 12u : 6u) /* at once: sums in twice as many registers */
#define LANES_FEW (V_REGISTERS == 32 ? 8u : 4u)
#define LANES_LEAST 6u /* rows from which on turning pays */

V_INLINE bool
lanes_pay (const Product *product)
{
  return product->rows >= LANES_LEAST && product->cols <= LANES_BYTES / (2 * I8_LANES);
}

/* Outputs [o, o + vectors * I8_LANES), before `end`, for each four inputs one behind the other. */
V_INLINE void
lanes_turn (const Product *product, uint32_t o, uint32_t end, uint32_t vectors, int8_t *panel)
{
  for (uint32_t v = 0; v < vectors; v++)
    for (uint32_t k = 0; k < product->cols; k += I8_LANES_STEP) {
      const int8_t *w[I8_LANES];
      uint32_t n = row_left (product->cols, k);
      for (uint32_t i = 0; i < I8_LANES; i++) {
        uint32_t output = o + v * I8_LANES + i;
        w[i] = (const int8_t *) product->weight
            + (size_t) (output < end ? output : end - 1) * product->cols + k;
      }
      i8_lanes_turn (w, n < I8_LANES_STEP ? n : I8_LANES_STEP,
          panel + ((size_t) k / 4 * vectors + v) * I8_LANES * 4, (size_t) vectors * I8_LANES * 4);
    }
}

V_INLINE void
lanes_store (const Product *product, uint32_t row, uint32_t o, uint32_t end, I8Sum sum)
{
  uint32_t n = end - o < I8_LANES ? end - o : I8_LANES;
  float *out = product->out + (size_t) row * product->out_stride + o;
  V scale = v_mul (v_set (product_step (product, row)), v_load_n (product->scales + o, n));
  V value = v_mul (i8_lanes_sum (sum, product->sums + o, n), scale);

  if (product->bias)
    value = v_add (value, v_load_n (product->bias + o, n));
  if (product->accumulate)
    value = v_add (v_load_n (out, n), value);
  v_store_n (out, value, n);
}

V_INLINE void
lanes_tile (const Product *product, const int8_t *panel, uint32_t row, uint32_t rows, uint32_t o,
    uint32_t end, uint32_t vectors)
{
  const I8X *x[LANES_ROWS];
  I8Sum sum[LANES_ROWS][2];

  for (uint32_t r = 0; r < rows; r++) {
    x[r] = product_x (product, row + r);
    for (uint32_t v = 0; v < vectors; v++)
      sum[r][v] = i8_zero ();
  }
  for (uint32_t k = 0; k < product->cols; k += 4) {
    __typeof__ (i8_lanes_w (panel)) w[2];
    for (uint32_t v = 0; v < vectors; v++, panel += I8_LANES * 4)
      w[v] = i8_lanes_w (panel);
    for (uint32_t r = 0; r < rows; r++) {
      __typeof__ (w[0]) four = i8_lanes_x (x[r] + k);
      for (uint32_t v = 0; v < vectors; v++)
        sum[r][v] = i8_dot (sum[r][v], four, w[v]);
    }
  }
  for (uint32_t r = 0; r < rows; r++)
    for (uint32_t v = 0; v < vectors && o + v * I8_LANES < end; v++)
      lanes_store (product, row + r, o + v * I8_LANES, end, sum[r][v]);
}

V_INLINE void
lanes_rows (const Product *product, const int8_t *panel, uint32_t o, uint32_t end, uint32_t vectors)
{
  uint32_t row = 0, left;

  /* twice eight rather than twelve and four, which would wait for their sums */
  for (; (left = product->rows - row) >= LANES_ROWS && left != 2 * LANES_FEW; row += LANES_ROWS)
    lanes_tile (product, panel, row, LANES_ROWS, o, end, vectors);
  for (; product->rows - row >= LANES_FEW; row += LANES_FEW)
    lanes_tile (product, panel, row, LANES_FEW, o, end, vectors);
  for (; product->rows - row >= 4; row += 4)
    lanes_tile (product, panel, row, 4, o, end, vectors);
  for (; row < product->rows; row++)
    lanes_tile (product, panel, row, 1, o, end, vectors);
}

static void
lanes_product (const Product *product, uint32_t begin, uint32_t end)
{
  _Alignas(64) int8_t panel[LANES_BYTES];

  for (uint32_t o = begin; o < end; o += 2 * I8_LANES)
    if (end - o > I8_LANES) {
      lanes_turn (product, o, end, 2, panel);
      lanes_rows (product, panel, o, end, 2);
    } else {
      lanes_turn (product, o, end, 1, panel);
      lanes_rows (product, panel, o, end, 1);
    }
}
