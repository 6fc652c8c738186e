/* ssmtranslate: the product by dot products, for one kind of weights
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Included once per kind, after these are defined:
 *   TILE(name)          name of a function, unique to the kind
 *   TileX, TileW        elements of x and of the weights
 *   TileSum, TileQuad   a vector of running sums; four sums of them
 *   TILE_STEP           elements of a row that one vector takes
 *   TILE_PARTS          vectors that the sums of one output are in: they take steps in turn
 *   tile_zero ()  tile_x (p, n)  tile_w (args, p, n)  tile_dot (sum, x, w)
 *   tile_sum4 (a, b, c, d)
 *                       of four times TILE_PARTS vectors
 *   tile_finish (args, row, o, quad)
 *                       four sums as floats, before bias
 * and where it pays to make elements wider once for many rows (linear.h):
 *   TileWide, TILE_WIDEN (args, o, end, panel), TILE_WIDE_COLUMN
 *                       such an element; the product with outputs [o, o + 4) in `panel`; what multiplies it
 *
 * Each (row, output) has one chain of sums, in the order of the inputs, however
 * many rows and outputs a tile takes: results are the same bits for any batch.
 */

/* Where sums in two vectors fill 16 registers a tile goes over two outputs at a time. */
#define TILE_PAIRS (TILE_PARTS == 2 && V_REGISTERS == 16)
#if TILE_PAIRS /* in a register, or the compiler reads it from memory for each product */
#define TILE_HOLD(v)                                                                               \
  do {                                                                                             \
    if (rows > 1)                                                                                  \
      v_opaque (v);                                                                                \
  } while (0)
#else
#define TILE_HOLD(v)
#endif
#define TILE_MAX_ROWS (V_REGISTERS == 32 ? 6u : TILE_PAIRS ? 3u : 2u)
#define TILE_MAX_OUTPUTS 8u
#define TILE_AT_ONCE (TILE_PAIRS ? 2u : 4u)
#define TILE_STRIP_OUTPUTS (TILE_PARTS == 1 ? 8u : 4u) /* of one row: what registers hold */

/* Adds what [k, k + n) of the inputs give to the sums of a tile. */
V_INLINE void
TILE (step) (const Product *args, TileSum (*sum)[TILE_MAX_OUTPUTS], const TileX *const *x,
    const TileW *const *w, size_t k, uint32_t n, uint32_t rows, uint32_t outputs)
{
  uint32_t wide = outputs < 4 ? outputs : 4;

  for (uint32_t o = 0; o < outputs; o += wide) {
    __typeof__ (tile_w (args, w[0], n)) weight[4];
    for (uint32_t i = 0; i < wide; i++) {
      weight[i] = tile_w (args, w[o + i] + k, n);
      TILE_HOLD (weight[i]);
    }
    for (uint32_t r = 0; r < rows; r++) {
      __typeof__ (tile_x (x[0], n)) input = tile_x (x[r] + k, n);
      TILE_HOLD (input);
      for (uint32_t i = 0; i < wide; i++)
        sum[r][o + i] = tile_dot (sum[r][o + i], input, weight[i]);
    }
  }
}

/* The same of what is left from k on, which may be a whole step or nothing: that counts as zeros. */
V_INLINE void
TILE (end) (const Product *args, TileSum (*sum)[TILE_MAX_OUTPUTS], const TileX *const *x,
    const TileW *const *w, size_t k, uint32_t rows, uint32_t outputs)
{
  uint32_t left = row_left (args->cols, (uint32_t) k);

  if (left >= TILE_STEP)
    TILE (step) (args, sum, x, w, k, TILE_STEP, rows, outputs);
  else if (left > 0)
    TILE (step) (args, sum, x, w, k, left, rows, outputs);
#if TILE_PARTS > 1
  else { /* a sum of -0 becomes 0; a zero made here, which does not take a register of the loop before */
    TileSum zero = tile_zero ();
    v_opaque (zero);
    for (uint32_t r = 0; r < rows; r++)
      for (uint32_t i = 0; i < outputs; i++)
        sum[r][i] = v_add (sum[r][i], zero);
  }
#endif
}

/* Parts [part, part + parts) of the sums of outputs [o, o + outputs) of a tile: a part or some outputs in each
 * of so many passes over what is in the first cache then. `ahead`: weights from those of the pass to those that
 * it asks for, in the order in which they lie in memory; 0: none. */
V_INLINE void
TILE (pass) (const Product *args, TileSum (*sum)[TILE_MAX_OUTPUTS][TILE_PARTS],
    const TileX *const *x, const TileW *const *w, uint32_t part, uint32_t parts, uint32_t rows,
    uint32_t o, uint32_t outputs, size_t ahead)
{
  size_t cols = args->cols, first = part * TILE_STEP, k = first;
  TileSum now[TILE_PARTS][6][TILE_MAX_OUTPUTS];

  for (uint32_t p = 0; p < parts; p++)
    for (uint32_t r = 0; r < rows; r++)
      for (uint32_t i = 0; i < outputs; i++)
        now[p][r][i] = tile_zero ();
  for (; k + parts * TILE_STEP <= cols; k += TILE_PARTS * TILE_STEP) {
    if (ahead > 0)
      product_ask (w[o] + ahead + k * outputs, TILE_PARTS * TILE_STEP * outputs * sizeof (TileW));
    for (uint32_t p = 0; p < parts; p++)
      TILE (step) (args, now[p], x, w + o, k + p * TILE_STEP, TILE_STEP, rows, outputs);
  }
  for (uint32_t p = 0; p < parts && k - first < cols; p++)
    TILE (end) (args, now[p], x, w + o, k + p * TILE_STEP, rows, outputs);
  for (uint32_t p = 0; p < parts; p++)
    for (uint32_t r = 0; r < rows; r++)
      for (uint32_t i = 0; i < outputs; i++)
        sum[r][o + i][part + p] = now[p][r][i];
}

/* Rows [row, row + rows) by outputs [o, o + outputs), those before `end` kept; `at_once` of them in a pass. */
V_INLINE void
TILE (tile) (const Product *args, uint32_t row, uint32_t o, uint32_t end, uint32_t rows,
    uint32_t outputs, uint32_t at_once)
{
  uint32_t cols = args->cols, parts = rows == 1 || TILE_PAIRS ? TILE_PARTS : 1;
  /* few rows wait for memory: ask for the next tile, for one output after the other for what is near */
  size_t ahead = at_once == 1                           ? LINEAR_AHEAD / sizeof (TileW)
      : rows <= (TILE_PAIRS ? 3 : 2) && args->rows <= 8 ? (size_t) outputs * cols
                                                        : 0;
  const TileX *x[6];
  const TileW *w[TILE_MAX_OUTPUTS];
  TileSum sum[6][TILE_MAX_OUTPUTS][TILE_PARTS];

  for (uint32_t i = 0; i < outputs; i++) {
    uint32_t output = o + i < end ? o + i : end - 1;
    w[i] = (const TileW *) args->weight + (size_t) (output - args->first) * cols;
  }
  for (uint32_t r = 0; r < rows; r++)
    x[r] = (const TileX *) product_x (args, row + r);
  for (uint32_t part = 0; part < TILE_PARTS; part += parts)
    for (uint32_t i = 0; i < outputs; i += at_once)
      TILE (pass) (args, sum, x, w, part, parts, rows, i, at_once, part > 0 ? 0 : ahead);

  for (uint32_t r = 0; r < rows; r++)
    for (uint32_t i = 0; i < outputs && o + i < end; i += 4) {
      TileQuad quad = tile_sum4 (sum[r][i], sum[r][i + 1], sum[r][i + 2], sum[r][i + 3]);
      product_store (args, row + r, o + i, end, tile_finish (args, row + r, o + i, quad, end));
    }
}

#ifndef TILE_COLUMN_ONLY
/* Outputs [begin, end) of a few rows. */
V_INLINE void
TILE (strip) (const Product *args, uint32_t begin, uint32_t end, uint32_t rows, uint32_t outputs,
    uint32_t at_once)
{
  for (uint32_t o = begin; o < end; o += outputs)
    TILE (tile) (args, 0, o, end, rows, outputs, at_once);
}
#endif

/* Four outputs of rows [row, last): as many rows at once as there are registers. */
static void
TILE (column) (const Product *args, uint32_t row, uint32_t last, uint32_t o, uint32_t end)
{
  while (row < last) {
    uint32_t left = last - row, groups = (left + TILE_MAX_ROWS - 1) / TILE_MAX_ROWS;
    uint32_t rows = (left + groups - 1) / groups;
    if (TILE_PAIRS && left > TILE_MAX_ROWS) /* four rows are three and one */
      rows = TILE_MAX_ROWS;
    switch (rows) {
      case 1:
        TILE (tile) (args, row, o, end, 1, 4, 4);
        break;
      case 2:
        TILE (tile) (args, row, o, end, 2, 4, TILE_AT_ONCE);
        break;
#if V_REGISTERS == 32 || TILE_PAIRS
      case 3:
        TILE (tile) (args, row, o, end, 3, 4, TILE_AT_ONCE);
        break;
#endif
#if V_REGISTERS == 32
      case 4:
        TILE (tile) (args, row, o, end, 4, 4, TILE_AT_ONCE);
        break;
      case 5:
        TILE (tile) (args, row, o, end, 5, 4, TILE_AT_ONCE);
        break;
      default:
        TILE (tile) (args, row, o, end, 6, 4, TILE_AT_ONCE);
        break;
#endif
    }
    row += rows;
  }
}

#ifndef TILE_COLUMN_ONLY
static void
TILE (product) (const Product *args, uint32_t begin, uint32_t end)
{
  if (args->rows == 1 && args->far) {
    TILE (strip) (args, begin, end, 1, 4, 1);
    return;
  }
  if (args->rows == 1) {
    TILE (strip) (args, begin, end, 1, TILE_STRIP_OUTPUTS, TILE_STRIP_OUTPUTS);
    return;
  }
#if V_REGISTERS == 32
  if (args->rows == 2) {
    TILE (strip) (args, begin, end, 2, 8, 8);
    return;
  }
#endif
#ifdef TILE_WIDEN
  TileWide panel[WIDE_BYTES / sizeof (TileWide)];
#endif
  /* as many rows as stay in the cache beside the weights */
  size_t block = LINEAR_CACHE / (args->cols * sizeof (TileX));
  block = block < 12 ? 12 : block;
  for (uint32_t row = 0; row < args->rows;) {
    uint32_t last = args->rows - row <= block ? args->rows : row + (uint32_t) block;
    for (uint32_t o = begin; o < end; o += 4) {
#ifdef TILE_WIDEN
      if (last - row >= WIDE_ROWS && args->cols <= WIDE_BYTES / (4 * sizeof (TileWide))) {
        Product wide = TILE_WIDEN (args, o, end, panel);
        TILE_WIDE_COLUMN (&wide, row, last, o, end);
        continue;
      }
#endif
      TILE (column) (args, row, last, o, end);
    }
    row = last;
  }
}

#endif

#undef TILE_WIDEN
#undef TILE_WIDE_COLUMN
#undef TileWide
#undef TILE_PAIRS
#undef TILE_HOLD
#undef TILE_AT_ONCE
#undef TILE_STRIP_OUTPUTS
#undef TILE_MAX_ROWS
#undef TILE_MAX_OUTPUTS
