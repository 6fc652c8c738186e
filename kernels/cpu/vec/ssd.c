/* ssmtranslate: the scan of Mamba-2 in vectors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Some tokens at a time, of a few channels; one token alone takes many channels, so that it goes over the state as
 * that lies in memory. The arithmetic of a token is the same wherever a run is cut, so that results do not
 * depend on it.
 */
#include "vec.h"

#define SSD_TOKENS 4
#define SSD_VECTORS 2
#define SSD_MOST_VECTORS (64u / VN) /* of one token */

/* A few rows of one head; b, c: (d_state), x, out: at the head. */
typedef struct {
  const float *x[SSD_TOKENS], *b[SSD_TOKENS], *c[SSD_TOKENS];
  float *out[SSD_TOKENS];
  float delta[SSD_TOKENS], decay[SSD_TOKENS];
} SsdRows;

static void
ssd_rows (const SsmtSsdOp *op, size_t row, uint32_t tokens, uint32_t head, SsdRows *rows)
{
  uint32_t group = head / (op->heads / op->groups);
  const float *a = ssmt_host_at (op->a), *dt_bias = ssmt_host_at (op->dt_bias);

  for (uint32_t t = 0; t < tokens; t++, row++) {
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
 *   S = decay S + B (D x), y = d x + S C     for `tokens` rows in turn. */
V_INLINE void
ssd_lanes (const SsmtSsdOp *op, const SsdRows *rows, float *s, float d, uint32_t p, uint32_t n,
    uint32_t vectors, uint32_t tokens)
{
  V input[SSD_TOKENS][SSD_MOST_VECTORS], y[SSD_TOKENS][SSD_MOST_VECTORS];

  for (uint32_t t = 0; t < tokens; t++)
    for (uint32_t j = 0; j < vectors; j++) {
      V x = v_load_n (rows->x[t] + p + j * VN, n);
      input[t][j] = v_mul (x, v_set (rows->delta[t]));
      y[t][j] = v_mul (x, v_set (d));
    }
  for (uint32_t i = 0; i < op->d_state; i++) {
    float *state = s + (size_t) i * op->head_dim + p;
    for (uint32_t j = 0; j < vectors; j++) {
      V h = v_load_n (state + j * VN, n);
      for (uint32_t t = 0; t < tokens; t++) {
        h = v_fma (v_set (rows->b[t][i]), input[t][j], v_mul (h, v_set (rows->decay[t])));
        y[t][j] = v_fma (h, v_set (rows->c[t][i]), y[t][j]);
      }
      v_store_n (state + j * VN, h, n);
    }
  }
  for (uint32_t t = 0; t < tokens; t++)
    for (uint32_t j = 0; j < vectors; j++)
      v_store_n (rows->out[t] + p + j * VN, y[t][j], n);
}

/* All lanes of a head over `tokens` rows. */
V_INLINE void
ssd_head (const SsmtSsdOp *op, const SsdRows *rows, float *s, float d, uint32_t tokens)
{
  uint32_t p = 0;

  if (tokens == 1)
    for (; p + SSD_MOST_VECTORS * VN <= op->head_dim; p += SSD_MOST_VECTORS * VN)
      ssd_lanes (op, rows, s, d, p, VN, SSD_MOST_VECTORS, 1);
  for (; p + SSD_VECTORS * VN <= op->head_dim; p += SSD_VECTORS * VN)
    ssd_lanes (op, rows, s, d, p, VN, SSD_VECTORS, tokens);
  for (; p + VN <= op->head_dim; p += VN)
    ssd_lanes (op, rows, s, d, p, VN, 1, tokens);
  if (p < op->head_dim)
    ssd_lanes (op, rows, s, d, p, op->head_dim - p, 1, tokens);
}

static void
ssd_run (const SsmtSsdOp *op, const SsmtRun *run, uint32_t head)
{
  float *s = ssmt_host_state (&op->state, run->slot) + (size_t) head * op->d_state * op->head_dim;
  float d = ssmt_host_row (op->d, 0, 0)[head];
  SsdRows rows;
  uint32_t t = 0;

  for (; t + SSD_TOKENS <= run->rows; t += SSD_TOKENS) {
    ssd_rows (op, (size_t) run->first + t, SSD_TOKENS, head, &rows);
    ssd_head (op, &rows, s, d, SSD_TOKENS);
  }
  for (; t < run->rows; t++) {
    ssd_rows (op, (size_t) run->first + t, 1, head, &rows);
    ssd_head (op, &rows, s, d, 1);
  }
}

void
FN (ssd) (const SsmtSsdOp *op, uint32_t begin, uint32_t end)
{
  for (uint32_t i = 0; i < op->runs.count; i++)
    for (uint32_t head = begin; head < end; head++)
      ssd_run (op, &ssmt_host_runs (&op->runs)[i], head);
}
