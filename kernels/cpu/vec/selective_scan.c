/* ssmtranslate: the selective scan in vectors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Rows are taken SCAN_ROWS at a time, the last of a run alone. Of several, a few channels and a few states stay in
 * registers over all of them; of one, states are taken as they lie in memory. The arithmetic of a token is the
 * same wherever a run is cut, so that results do not depend on it.
 */
#include "vec.h"

#define LOG2_E 1.44269504f
#define SCAN_ROWS 16u                             /* at once */
#define SCAN_STATES (V_REGISTERS == 32 ? 8u : 4u) /* of a few channels, in registers with their A */
#define SCAN_CHANNELS 1280u                       /* of one row: what it keeps in the first cache */

/* h = 2^(D A log2 e) h + (D u) B; returns y + h C. */
V_INLINE V
scan_state (V *h, V a, V delta, V input, float b, float c, V y)
{
  *h = v_fma (v_exp2 (v_mul (delta, a)), *h, v_mul (input, v_set (b)));
  return v_fma (*h, v_set (c), y);
}

V_INLINE V
scan_a (const SsmtSelectiveScanOp *op, uint32_t s, uint32_t c, uint32_t n)
{
  return v_mul (v_load_n (ssmt_host_row (op->a, s, op->dim) + c, n), v_set (LOG2_E));
}

/* D, D u and d u of n channels from c on. */
V_INLINE void
scan_input (
    const SsmtSelectiveScanOp *op, size_t row, uint32_t c, uint32_t n, V *delta, V *input, V *y)
{
  V u = v_load_n (ssmt_host_row (op->u, row, op->u_stride) + c, n);
  V dt = v_load_n (ssmt_host_row (op->dt, row, op->dt_stride) + c, n);

  *delta = v_softplus (v_add (dt, v_load_n (ssmt_host_row (op->dt_bias, 0, 0) + c, n)));
  *input = v_mul (*delta, u);
  *y = v_mul (v_load_n (ssmt_host_row (op->d, 0, 0) + c, n), u);
}

V_INLINE void
scan_output (const SsmtSelectiveScanOp *op, size_t row, uint32_t c, uint32_t n, V y)
{
  const float *z = ssmt_host_row (op->z, row, op->z_stride);

  if (z)
    y = v_mul (y, v_silu (v_load_n (z + c, n)));
  v_store_n (ssmt_host_row (op->out, row, op->out_stride) + c, y, n);
}

/* --- several rows --------------------------------------------------------- */

/* What the states of n channels add to y of `rows` rows: `states` states from `first` on. */
V_INLINE void
scan_states (const SsmtSelectiveScanOp *op, float *state, size_t row, uint32_t rows, uint32_t first,
    uint32_t states, uint32_t c, uint32_t n, const V *delta, const V *input, V *y)
{
  const float *b = ssmt_host_row (op->b, row, op->bc_stride) + first;
  const float *out = ssmt_host_row (op->c, row, op->bc_stride) + first;
  V h[8], a[8];

  for (uint32_t s = 0; s < states; s++) {
    h[s] = v_load_n (state + (size_t) (first + s) * op->dim + c, n);
    a[s] = scan_a (op, first + s, c, n);
  }
  for (uint32_t t = 0; t < rows; t++, b += op->bc_stride, out += op->bc_stride) {
    V sum = y[t];
    for (uint32_t s = 0; s < states; s++)
      sum = scan_state (&h[s], a[s], delta[t], input[t], b[s], out[s], sum);
    y[t] = sum;
  }
  for (uint32_t s = 0; s < states; s++)
    v_store_n (state + (size_t) (first + s) * op->dim + c, h[s], n);
}

V_INLINE void
scan_rows (
    const SsmtSelectiveScanOp *op, float *state, size_t row, uint32_t rows, uint32_t c, uint32_t n)
{
  V delta[SCAN_ROWS], input[SCAN_ROWS], y[SCAN_ROWS];
  uint32_t s = 0;

  for (uint32_t t = 0; t < rows; t++)
    scan_input (op, row + t, c, n, &delta[t], &input[t], &y[t]);
  for (; s + SCAN_STATES <= op->d_state; s += SCAN_STATES)
    scan_states (op, state, row, rows, s, SCAN_STATES, c, n, delta, input, y);
  for (; s < op->d_state; s++)
    scan_states (op, state, row, rows, s, 1, c, n, delta, input, y);
  for (uint32_t t = 0; t < rows; t++)
    scan_output (op, row + t, c, n, y[t]);
}

/* --- one row -------------------------------------------------------------- */

/* `count` channels from c on, at most SCAN_CHANNELS. */
V_INLINE void
scan_row (const SsmtSelectiveScanOp *op, float *state, size_t row, uint32_t c, uint32_t count)
{
  const float *b = ssmt_host_row (op->b, row, op->bc_stride);
  const float *out = ssmt_host_row (op->c, row, op->bc_stride);
  V delta[SCAN_CHANNELS / VN], input[SCAN_CHANNELS / VN], y[SCAN_CHANNELS / VN];

  for (uint32_t i = 0; i < count; i += VN)
    scan_input (op, row, c + i, row_left (count, i), &delta[i / VN], &input[i / VN], &y[i / VN]);
  for (uint32_t s = 0; s < op->d_state; s++) {
    float *h = state + (size_t) s * op->dim + c;
    for (uint32_t i = 0; i < count; i += VN) {
      uint32_t n = row_left (count, i);
      V now = v_load_n (h + i, n);
      y[i / VN] = scan_state (
          &now, scan_a (op, s, c + i, n), delta[i / VN], input[i / VN], b[s], out[s], y[i / VN]);
      v_store_n (h + i, now, n);
    }
  }
  for (uint32_t i = 0; i < count; i += VN)
    scan_output (op, row, c + i, row_left (count, i), y[i / VN]);
}

static void
scan_run (const SsmtSelectiveScanOp *op, const SsmtRun *run, uint32_t begin, uint32_t end)
{
  float *state = ssmt_host_state (&op->state, run->slot);
  uint32_t t = 0;

  for (; run->rows - t > 1; t += run->rows - t < SCAN_ROWS ? run->rows - t : SCAN_ROWS) {
    uint32_t rows = run->rows - t < SCAN_ROWS ? run->rows - t : SCAN_ROWS;
    for (uint32_t c = begin; c < end; c += VN) {
      if (end - c >= VN)
        scan_rows (op, state, (size_t) run->first + t, rows, c, VN);
      else
        scan_rows (op, state, (size_t) run->first + t, rows, c, end - c);
    }
  }
  for (uint32_t c = begin; t < run->rows && c < end; c += SCAN_CHANNELS)
    scan_row (
        op, state, (size_t) run->first + t, c, end - c < SCAN_CHANNELS ? end - c : SCAN_CHANNELS);
}

void
FN (selective_scan) (const SsmtSelectiveScanOp *op, uint32_t begin, uint32_t end)
{
  for (uint32_t i = 0; i < op->runs.count; i++)
    scan_run (op, &ssmt_host_runs (&op->runs)[i], begin, end);
}
