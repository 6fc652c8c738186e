/* ssmtranslate: the convolution in vectors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A few channels at a time, and with them all tokens of a run, the state in registers. The arithmetic of a
 * token is the same wherever a run is cut, so that results do not depend on it.
 */
#include "../../ref/ref.h"
#include "vec.h"

#define MAX_TAPS 8

/* n channels from c on of one run; `taps` known when compiled. */
V_INLINE void
conv_lanes (const SsmtConvOp *op, const SsmtRun *run, const V *weight, V bias, uint32_t c,
    uint32_t n, uint32_t taps)
{
  float *state = ssmt_host_state (&op->state, run->slot) + c;
  const float *x = ssmt_host_row (op->x, run->first, op->x_stride) + c;
  float *out = ssmt_host_row (op->out, run->first, op->out_stride) + c;
  V past[MAX_TAPS]; /* the last taps inputs, oldest first */

  for (uint32_t i = 0; i + 1 < taps; i++)
    past[i] = v_load_n (state + (size_t) i * op->dim, n);
  for (uint32_t t = 0; t < run->rows; t++) {
    past[taps - 1] = v_load_n (x + (size_t) t * op->x_stride, n);
    V sum = bias;
    for (uint32_t i = 0; i < taps; i++)
      sum = v_fma (weight[i], past[i], sum);
    v_store_n (out + (size_t) t * op->out_stride, op->silu ? v_silu (sum) : sum, n);
    for (uint32_t i = 0; i + 1 < taps; i++)
      past[i] = past[i + 1];
  }
  for (uint32_t i = 0; i + 1 < taps; i++)
    v_store_n (state + (size_t) i * op->dim, past[i], n);
}

V_INLINE void
conv_block (const SsmtConvOp *op, uint32_t c, uint32_t n, uint32_t taps)
{
  const float *first = ssmt_host_row (op->weight, c, op->taps), *biases = ssmt_host_at (op->bias);
  V weight[MAX_TAPS], bias = biases ? v_load_n (biases + c, n) : v_zero ();
  float column[MAX_TAPS][VN];

  for (uint32_t lane = 0; lane < VN; lane++)
    for (uint32_t i = 0; i < taps; i++)
      column[i][lane] = lane < n ? first[(size_t) lane * taps + i] : 0.0f;
  for (uint32_t i = 0; i < taps; i++)
    weight[i] = v_load (column[i]);
  for (uint32_t i = 0; i < op->runs.count; i++)
    conv_lanes (op, &ssmt_host_runs (&op->runs)[i], weight, bias, c, n, taps);
}

V_INLINE void
conv_range (const SsmtConvOp *op, uint32_t begin, uint32_t end, uint32_t taps)
{
  uint32_t c = begin;

  for (; c + VN <= end; c += VN)
    conv_block (op, c, VN, taps);
  if (c < end)
    conv_block (op, c, end - c, taps);
}

void
FN (conv) (const SsmtConvOp *op, uint32_t begin, uint32_t end)
{
  if (op->taps == 4)
    conv_range (op, begin, end, 4);
  else if (op->taps <= MAX_TAPS)
    conv_range (op, begin, end, op->taps);
  else
    ssmt_ref_conv (op, begin, end);
}
