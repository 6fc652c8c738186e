/* ssmtranslate: the selective scan in vectors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A few channels at a time, and with them all tokens of a run, the state in registers. The arithmetic of a
 * token is the same wherever a run is cut, so that results do not depend on it.
 */
#include "vec.h"

#define LOG2_E 1.44269504f
#define SCAN_STATES 16 /* what fits in registers */

/* Pointers of one row, at the first channel of the block. */
typedef struct {
  const float *u, *dt, *z, *b, *c;
  float *out;
} ScanRow;

V_INLINE ScanRow
scan_row (const SsmtSelectiveScanOp *op, size_t row, uint32_t c)
{
  const float *z = ssmt_host_row (op->z, row, op->z_stride);

  return (ScanRow){ ssmt_host_row (op->u, row, op->u_stride) + c,
    ssmt_host_row (op->dt, row, op->dt_stride) + c, z ? z + c : NULL,
    ssmt_host_row (op->b, row, op->bc_stride), ssmt_host_row (op->c, row, op->bc_stride),
    ssmt_host_row (op->out, row, op->out_stride) + c };
}

/* h = 2^(D A log2 e) h + (D u) B; returns y + h C. */
V_INLINE V
scan_state (V *h, V a, V delta, V input, float b, float c, V y)
{
  *h = v_fma (v_exp2 (v_mul (delta, a)), *h, v_mul (input, v_set (b)));
  return v_fma (*h, v_set (c), y);
}

/* n channels from c on of one run.  a (d_state): A log2 e of these channels. */
V_INLINE void
scan_run (const SsmtSelectiveScanOp *op, const SsmtRun *run, const V *a, uint32_t c, uint32_t n)
{
  float *state = ssmt_host_state (&op->state, run->slot) + c;
  V bias = v_load_n (ssmt_host_row (op->dt_bias, 0, 0) + c, n),
    d = v_load_n (ssmt_host_row (op->d, 0, 0) + c, n);
  V h[SCAN_STATES];

  for (uint32_t s = 0; s < SCAN_STATES; s++)
    h[s] = v_load_n (state + (size_t) s * op->dim, n);
  for (uint32_t t = 0; t < run->rows; t++) {
    ScanRow row = scan_row (op, (size_t) run->first + t, c);
    V u = v_load_n (row.u, n), y = v_mul (d, u);
    V delta = v_softplus (v_add (v_load_n (row.dt, n), bias)), input = v_mul (delta, u);
#pragma GCC unroll 16
    for (uint32_t s = 0; s < SCAN_STATES; s++)
      y = scan_state (&h[s], a[s], delta, input, row.b[s], row.c[s], y);
    v_store_n (row.out, row.z ? v_mul (y, v_silu (v_load_n (row.z, n))) : y, n);
  }
  for (uint32_t s = 0; s < SCAN_STATES; s++)
    v_store_n (state + (size_t) s * op->dim, h[s], n);
}

V_INLINE void
scan_block (const SsmtSelectiveScanOp *op, uint32_t c, uint32_t n)
{
  V a[SCAN_STATES];

  for (uint32_t s = 0; s < SCAN_STATES; s++)
    a[s] = v_mul (v_load_n (ssmt_host_row (op->a, s, op->dim) + c, n), v_set (LOG2_E));
  for (uint32_t i = 0; i < op->runs.count; i++)
    scan_run (op, &ssmt_host_runs (&op->runs)[i], a, c, n);
}

/* Any d_state: the state stays in memory. */
V_INLINE void
scan_run_any (const SsmtSelectiveScanOp *op, const SsmtRun *run, uint32_t c, uint32_t n)
{
  float *state = ssmt_host_state (&op->state, run->slot) + c;
  V bias = v_load_n (ssmt_host_row (op->dt_bias, 0, 0) + c, n),
    d = v_load_n (ssmt_host_row (op->d, 0, 0) + c, n);

  for (uint32_t t = 0; t < run->rows; t++) {
    ScanRow row = scan_row (op, (size_t) run->first + t, c);
    V u = v_load_n (row.u, n), y = v_mul (d, u);
    V delta = v_softplus (v_add (v_load_n (row.dt, n), bias)), input = v_mul (delta, u);
    for (uint32_t s = 0; s < op->d_state; s++) {
      size_t at = (size_t) s * op->dim;
      V a = v_mul (v_load_n (ssmt_host_row (op->a, s, op->dim) + c, n), v_set (LOG2_E));
      V h = v_load_n (state + at, n);
      y = scan_state (&h, a, delta, input, row.b[s], row.c[s], y);
      v_store_n (state + at, h, n);
    }
    v_store_n (row.out, row.z ? v_mul (y, v_silu (v_load_n (row.z, n))) : y, n);
  }
}

void
FN (selective_scan) (const SsmtSelectiveScanOp *op, uint32_t begin, uint32_t end)
{
  bool in_registers = op->d_state == SCAN_STATES;

  for (uint32_t c = begin; c < end; c += VN) {
    uint32_t n = end - c < VN ? end - c : VN;
    if (in_registers && n == VN) {
      scan_block (op, c, VN);
    } else if (in_registers) {
      scan_block (op, c, n);
    } else {
      for (uint32_t i = 0; i < op->runs.count; i++)
        scan_run_any (op, &ssmt_host_runs (&op->runs)[i], c, n);
    }
  }
}
