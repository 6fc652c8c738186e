/* ssmtranslate: the scan of Mamba-2 in vectors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Some tokens at a time, of a few channels; one token alone takes many channels, so that it goes over the state as
 * that lies in memory. The arithmetic of a token is the same wherever a run is cut, so that results do not
 * depend on it.
 */
#include "vec.h"

#define SSD_ROWS 32 /* prepared at a time */
#define SSD_TOKENS 4
#define SSD_NEAR                                                                                   \
  (16384 / sizeof (V)) /* of the state, lanes brought together: on the stack, which may be small */
#define SSD_VECTORS 2
#define SSD_MOST_VECTORS (64u / VN) /* of one token */

/* Some rows of one head; b, c: (d_state), x, out: at the head. */
typedef struct {
  uint32_t count;
  const float *x[SSD_ROWS], *b[SSD_ROWS], *c[SSD_ROWS];
  float *out[SSD_ROWS];
  float delta[SSD_ROWS], decay[SSD_ROWS];
} SsdRows;

/* Lanes of the state: those of state i at s + i * stride. */
typedef struct {
  float *s;
  size_t stride;
} Part;

static void
ssd_rows (const SsmtSsdOp *op, size_t row, uint32_t count, uint32_t head, SsdRows *rows)
{
  uint32_t group = head / (op->heads / op->groups);
  const float *a = ssmt_host_at (op->a), *dt_bias = ssmt_host_at (op->dt_bias);

  rows->count = count;
  for (uint32_t t = 0; t < count; t++, row++) {
    size_t bc = (size_t) group * op->d_state, p = (size_t) head * op->head_dim;
    rows->x[t] = ssmt_host_row (op->x, row, op->x_stride) + p;
    rows->out[t] = ssmt_host_row (op->out, row, op->out_stride) + p;
    rows->b[t] = ssmt_host_row (op->b, row, op->bc_stride) + bc;
    rows->c[t] = ssmt_host_row (op->c, row, op->bc_stride) + bc;

    float dt = ssmt_host_row (op->dt, row, op->dt_stride)[head] + dt_bias[head];
    float delta = softplus_of (dt);
    delta = delta < op->dt_min ? op->dt_min : delta > op->dt_max ? op->dt_max : delta;
    rows->delta[t] = delta;
    rows->decay[t] = exp_of (delta * a[head]);
  }
}

/* Lanes p to p + vectors * VN of a head (the last n of them valid):
 *   S = decay S + B (D x), y = d x + S C     for `tokens` rows in turn from row `first` on. */
V_INLINE void
ssd_lanes (const SsmtSsdOp *op, const SsdRows *rows, Part part, float d, uint32_t p, uint32_t n,
    uint32_t vectors, uint32_t first, uint32_t tokens)
{
  V input[SSD_TOKENS][SSD_MOST_VECTORS], y[SSD_TOKENS][SSD_MOST_VECTORS];

  for (uint32_t t = 0; t < tokens; t++)
    for (uint32_t j = 0; j < vectors; j++) {
      V x = v_load_n (rows->x[first + t] + p + j * VN, n);
      input[t][j] = v_mul (x, v_set (rows->delta[first + t]));
      y[t][j] = v_mul (x, v_set (d));
    }
  for (uint32_t i = 0; i < op->d_state; i++) {
    float *state = part.s + i * part.stride;
    for (uint32_t j = 0; j < vectors; j++) {
      V h = v_load_n (state + j * VN, n);
      for (uint32_t t = 0; t < tokens; t++) {
        h = v_fma (
            v_set (rows->b[first + t][i]), input[t][j], v_mul (h, v_set (rows->decay[first + t])));
        y[t][j] = v_fma (h, v_set (rows->c[first + t][i]), y[t][j]);
      }
      v_store_n (state + j * VN, h, n);
    }
  }
  for (uint32_t t = 0; t < tokens; t++)
    for (uint32_t j = 0; j < vectors; j++)
      v_store_n (rows->out[first + t] + p + j * VN, y[t][j], n);
}

V_INLINE void
ssd_rows_of (const SsmtSsdOp *op, const SsdRows *rows, Part part, float d, uint32_t p, uint32_t n,
    uint32_t vectors)
{
  uint32_t t = 0;

  for (; t + SSD_TOKENS <= rows->count; t += SSD_TOKENS)
    ssd_lanes (op, rows, part, d, p, n, vectors, t, SSD_TOKENS);
  for (; t < rows->count; t++)
    ssd_lanes (op, rows, part, d, p, n, vectors, t, 1);
}

/* Lanes p to p + vectors * VN, over many tokens brought together first: as they lie they share few sets of the
 * cache. */
V_INLINE void
ssd_part (const SsmtSsdOp *op, const SsdRows *rows, float *s, float d, uint32_t p, uint32_t n,
    uint32_t vectors)
{
  V near[SSD_NEAR];
  Part part = { s + p, op->head_dim };

  if (rows->count < 2 * SSD_TOKENS || op->d_state * vectors > SSD_NEAR || n < VN) {
    ssd_rows_of (op, rows, part, d, p, n, vectors);
    return;
  }
  for (uint32_t i = 0; i < op->d_state; i++)
    for (uint32_t j = 0; j < vectors; j++)
      near[i * vectors + j] = v_load (part.s + i * part.stride + j * VN);
  ssd_rows_of (op, rows, (Part){ (float *) near, vectors * VN }, d, p, VN, vectors);
  for (uint32_t i = 0; i < op->d_state; i++)
    for (uint32_t j = 0; j < vectors; j++)
      v_store (part.s + i * part.stride + j * VN, near[i * vectors + j]);
}

static void
ssd_head (const SsmtSsdOp *op, const SsdRows *rows, float *s, float d)
{
  uint32_t p = 0;

  if (rows->count == 1)
    for (; p + SSD_MOST_VECTORS * VN <= op->head_dim; p += SSD_MOST_VECTORS * VN)
      ssd_lanes (op, rows, (Part){ s + p, op->head_dim }, d, p, VN, SSD_MOST_VECTORS, 0, 1);
  for (; p + SSD_VECTORS * VN <= op->head_dim; p += SSD_VECTORS * VN)
    ssd_part (op, rows, s, d, p, VN, SSD_VECTORS);
  for (; p + VN <= op->head_dim; p += VN)
    ssd_part (op, rows, s, d, p, VN, 1);
  if (p < op->head_dim)
    ssd_part (op, rows, s, d, p, op->head_dim - p, 1);
}

static void
ssd_run (const SsmtSsdOp *op, const SsmtRun *run, uint32_t head)
{
  float *s = ssmt_host_state (&op->state, run->slot) + (size_t) head * op->d_state * op->head_dim;
  float d = ssmt_host_row (op->d, 0, 0)[head];
  SsdRows rows;

  for (uint32_t t = 0; t < run->rows; t += rows.count) {
    ssd_rows (op, (size_t) run->first + t, run->rows - t < SSD_ROWS ? run->rows - t : SSD_ROWS,
        head, &rows);
    ssd_head (op, &rows, s, d);
  }
}

void
FN (ssd) (const SsmtSsdOp *op, uint32_t begin, uint32_t end)
{
  for (uint32_t i = 0; i < op->runs.count; i++)
    for (uint32_t head = begin; head < end; head++)
      ssd_run (op, &ssmt_host_runs (&op->runs)[i], head);
}
