/* ssmtranslate: the product with Q4 weights (ops.h says what it is to the bit)
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A packed row of x is, per group of 64 inputs, 64 int8 and then 16 int32 that are
 * -8 times the sum of each four of them: sums begin there, for the weights are
 * multiplied as they are stored, 8 too large and never negative.
 */
#include "linear.h"

#define GROUP_BYTES (SSMT_Q4_GROUP / 2)
#define MAX_ROWS 4u
#define OUTPUTS 4u

typedef struct {
  int8_t q[SSMT_Q4_GROUP];
  int32_t begin[16];
} PackedGroup;

/* Rows [row, row + rows) by four outputs from `o` on, those before `end` kept. */
V_INLINE void
tile (const Product *product, uint32_t row, uint32_t o, uint32_t end, uint32_t rows)
{
  size_t groups = ssmt_q4_groups (product->cols);
  const uint8_t *w[OUTPUTS];
  const PackedGroup *x[MAX_ROWS];
  const float *scales[OUTPUTS];
  Q4Lanes lanes[MAX_ROWS][OUTPUTS];

  for (uint32_t i = 0; i < OUTPUTS; i++) {
    size_t output = o + i < end ? o + i : end - 1;
    w[i] = (const uint8_t *) product->weight + output * groups * GROUP_BYTES;
    scales[i] = product->scales + output * groups;
  }
  for (uint32_t r = 0; r < rows; r++) {
    x[r] = product_x (product, row + r);
    for (uint32_t i = 0; i < OUTPUTS; i++)
      lanes[r][i] = q4_zero ();
  }
  for (size_t g = 0; g < groups; g++) {
    /* few rows wait for memory: ask for the next tile, in the order in which it lies there */
    if (rows <= 2)
      product_ask (w[0] + OUTPUTS * (groups + g) * GROUP_BYTES, OUTPUTS * GROUP_BYTES);
    for (uint32_t i = 0; i < OUTPUTS; i++) {
      Q4Group group = q4_unpack (w[i] + g * GROUP_BYTES);
      for (uint32_t r = 0; r < rows; r++)
        lanes[r][i] = q4_add (lanes[r][i], group, x[r][g].q, x[r][g].begin, scales[i][g]);
    }
  }
  for (uint32_t r = 0; r < rows; r++)
    product_store (product, row + r, o, end,
        v4_mul (q4_sum4 (lanes[r]), v4_set (product_step (product, row + r))));
}

static void
product_rows (const Product *product, uint32_t row, uint32_t last, uint32_t o, uint32_t end)
{
#if V_REGISTERS == 32
  for (; last - row >= 4; row += 4)
    tile (product, row, o, end, 4);
#endif
  for (; last - row >= 2; row += 2)
    tile (product, row, o, end, 2);
  if (row < last)
    tile (product, row, o, end, 1);
}

void
FN (linear_q4) (const Product *product, uint32_t begin, uint32_t end)
{
  /* as many rows as stay in the cache beside the weights */
  size_t block = LINEAR_CACHE / (ssmt_q4_groups (product->cols) * sizeof (PackedGroup));
  block = block < 12 ? 12 : block & ~(size_t) 3;

  for (uint32_t row = 0; row < product->rows;) {
    uint32_t last = product->rows - row <= block ? product->rows : row + (uint32_t) block;
    for (uint32_t o = begin; o < end; o += OUTPUTS)
      product_rows (product, row, last, o, end);
    row = last;
  }
}

float
FN (pack_q4) (const float *x, uint32_t cols, void *out)
{
  float step = row_step (x, cols);
  PackedGroup *group = out;

  for (uint32_t first = 0; first < cols; first += SSMT_Q4_GROUP, group++) {
    uint32_t n = cols - first < SSMT_Q4_GROUP ? cols - first : SSMT_Q4_GROUP;
    float value[SSMT_Q4_GROUP] = { 0 };
    int8_t *q = group->q;

    for (uint32_t i = 0; i < n; i += VN)
      v_store (value + i, in_steps (v_load_n (x + first + i, n - i < VN ? n - i : VN), step));
    for (uint32_t i = 0; i < SSMT_Q4_GROUP; i++)
      q[i] = (int8_t) value[i];
    for (uint32_t i = 0; i < 16; i++)
      group->begin[i] = -8 * (q[4 * i] + q[4 * i + 1] + q[4 * i + 2] + q[4 * i + 3]);
  }
  return step;
}
