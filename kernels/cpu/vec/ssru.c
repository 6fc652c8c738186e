/* ssmtranslate: the simpler simple recurrent unit in vectors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A few channels at a time, all rows of a run with the state in a register.
 */
#include "vec.h"

V_INLINE void
ssru_lanes (const SsmtSsruOp *op, const SsmtRun *run, uint32_t c, uint32_t n)
{
  float *state = ssmt_host_state (&op->state, run->slot) + c;
  V cell = op->by_segment && run->segment_rows == 0 ? v_zero () : v_load_n (state, n);

  for (uint32_t t = run->first; t < run->first + run->rows; t++) {
    V x = v_load_n (ssmt_host_row (op->x, t, op->x_stride) + c, n);
    V forget = v_sigmoid (v_load_n (ssmt_host_row (op->gate, t, op->gate_stride) + c, n));
    float *out = ssmt_host_row (op->out, t, op->out_stride) + c;

    cell = v_fma (forget, cell, v_mul (v_sub (v_set (1.0f), forget), x));
    v_store_n (out, v_add (v_load_n (out, n), v_max (v_zero (), cell)), n);
  }
  v_store_n (state, cell, n);
}

void
FN (ssru) (const SsmtSsruOp *op, uint32_t begin, uint32_t end)
{
  for (uint32_t i = 0; i < op->runs.count; i++)
    for (uint32_t c = begin; c < end; c += VN)
      ssru_lanes (op, &ssmt_host_runs (&op->runs)[i], c, end - c < VN ? end - c : VN);
}
