/* ssmtranslate: products; those with F32, F16 and BF16 weights
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "linear.h"

/* The weight becomes F32, the sums are F32. */
#define TileSum V
#define TileQuad V4
#define tile_zero() v_zero ()
#define tile_sum4 lanes_sum4
#define TILE_PARTS SUM_PARTS
#define tile_finish(args, row, o, quad, end) quad

/* The first n: by way of memory, for masks would take registers of the loop before. */
V_INLINE V
load_end (const float *p, uint32_t n)
{
  float room[VN];

  return n >= VN ? v_load (p) : v_load (v_tail (room, p, n, sizeof *p));
}

#define TileX float
#define TILE_STEP VN
#define tile_x(p, n) load_end (p, n)
#define tile_dot(sum, x, w) v_fma (x, w, sum)

#define TILE(name) f32_##name
#define TileW float
#define tile_w(args, p, n) load_end (p, n)
#include "tile.h"
#undef TILE
#undef TileW
#undef tile_w

#define TileW uint16_t
#define TILE(name) f16_##name
#define tile_w(args, p, n) v_weights (p, 0, SSMT_DTYPE_F16, n)
#include "tile.h"
#undef TILE
#undef tile_w

#define TILE(name) bf16_##name
#ifdef BF16_STEP
#define PACKED_BF16 true
#undef TileX
#undef TILE_STEP
#undef tile_x
#undef tile_dot
#define TileX uint16_t
#define TILE_STEP BF16_STEP
#define tile_x(p, n) bf16_load_n (p, n)
#define tile_w(args, p, n) bf16_load_n (p, n)
#define tile_dot(sum, x, w) bf16_dot (sum, x, w)
#else
/* Four rows of bfloat16 as floats. */
V_INLINE Product
bf16_widen (const Product *args, uint32_t o, uint32_t end, float *panel)
{
  Product wide = *args;
  size_t bytes = args->cols * sizeof (uint16_t);

  for (uint32_t i = 0; i < 4 && o + i < end; i++)
    for (uint32_t k = 0; k < args->cols; k += VN) {
      uint32_t n = row_left (args->cols, k);
      v_store_n (panel + (size_t) i * args->cols + k,
          v_weights (args->weight + (o + i) * bytes, k, SSMT_DTYPE_BF16, n), n);
    }
  wide.weight = (const char *) panel;
  wide.first = o;
  return wide;
}

#define PACKED_BF16 false
#define bf16_store_n(p, v, n) ((void) (p), (void) (v))
#define tile_w(args, p, n) v_weights (p, 0, SSMT_DTYPE_BF16, n)
#define TileWide float
#define TILE_WIDEN(args, o, end, panel) bf16_widen (args, o, end, panel)
#define TILE_WIDE_COLUMN f32_column
#endif
#include "tile.h"

static size_t
align (size_t bytes)
{
  return (bytes + PACKED_ALIGN - 1) / PACKED_ALIGN * PACKED_ALIGN;
}

size_t
FN (pack_bytes) (SsmtDType dtype, uint32_t cols)
{
  switch (dtype) {
    case SSMT_DTYPE_I8:
      return PACKED_HEAD + align (cols * sizeof (I8X));
    case SSMT_DTYPE_Q4:
      return PACKED_HEAD + ssmt_q4_groups (cols) * (SSMT_Q4_GROUP + 16 * sizeof (int32_t));
    case SSMT_DTYPE_BF16:
      return PACKED_BF16 ? PACKED_HEAD + align (cols * sizeof (uint16_t)) : 0;
    default:
      return 0;
  }
}

static void
pack_bf16 (const float *x, uint32_t cols, uint16_t *out)
{
  for (uint32_t i = 0; i < cols; i += VN) {
    uint32_t n = cols - i < VN ? cols - i : VN;
    bf16_store_n (out + i, v_load_n (x + i, n), n);
  }
}

void
FN (pack) (const SsmtLinearOp *op, void *rows, uint32_t begin, uint32_t end)
{
  SsmtDType dtype = op->weight->dtype;
  uint32_t cols = op->weight->cols;
  size_t bytes = FN (pack_bytes) (dtype, cols);

  for (uint32_t r = begin; r < end; r++) {
    const float *x = ssmt_host_row (op->x, r, op->x_stride);
    char *head = (char *) rows + r * bytes;

    if (dtype == SSMT_DTYPE_BF16)
      pack_bf16 (x, cols, (uint16_t *) (void *) (head + PACKED_HEAD));
    else
      *(float *) (void *) head =
          (dtype == SSMT_DTYPE_I8 ? FN (pack_i8) : FN (pack_q4)) (x, cols, head + PACKED_HEAD);
  }
}

void
FN (linear) (const SsmtLinearOp *op, uint32_t begin, uint32_t end)
{
  const SsmtMatrix *weight = op->weight;
  size_t packed = FN (pack_bytes) (weight->dtype, weight->cols);
  Product product = { .x = (const char *) ssmt_host_at (op->x) + (packed > 0 ? PACKED_HEAD : 0),
    .x_bytes = packed > 0 ? packed : op->x_stride * sizeof (float),
    .weight = ssmt_host_at (weight->data),
    .weight_end = (const int8_t *) ssmt_host_at (weight->data)
        + weight->rows * ssmt_row_bytes (weight->dtype, weight->cols),
    .scales = ssmt_host_at (weight->scales),
    .sums = ssmt_host_at (weight->derived),
    .bias = ssmt_host_at (op->bias),
    .out = ssmt_host_at (op->out),
    .rows = op->rows,
    .cols = weight->cols,
    .out_stride = op->out_stride,
    .accumulate = op->accumulate,
    .far = weight->rows * ssmt_row_bytes (weight->dtype, weight->cols) >= LINEAR_FAR };

  switch (weight->dtype) {
    case SSMT_DTYPE_F32:
      f32_product (&product, begin, end);
      break;
    case SSMT_DTYPE_F16:
      f16_product (&product, begin, end);
      break;
    case SSMT_DTYPE_BF16:
      bf16_product (&product, begin, end);
      break;
    case SSMT_DTYPE_I8:
      FN (linear_i8) (&product, begin, end);
      break;
    case SSMT_DTYPE_Q4:
      FN (linear_q4) (&product, begin, end);
      break;
  }
}
