/* ssmtranslate: the simpler simple recurrent unit in plain C
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "ref.h"

#include "functions.h"

static void
ssru_channel (const SsmtSsruOp *op, const SsmtRun *run, uint32_t c)
{
  float *state = ssmt_host_state (&op->state, run->slot) + c;
  float cell = op->by_segment && run->segment_rows == 0 ? 0.0f : *state;

  for (uint32_t t = run->first; t < run->first + run->rows; t++) {
    float forget = ssmt_sigmoid (ssmt_host_row (op->gate, t, op->gate_stride)[c]);

    cell = forget * cell + (1.0f - forget) * ssmt_host_row (op->x, t, op->x_stride)[c];
    ssmt_host_row (op->out, t, op->out_stride)[c] += ssmt_relu (cell);
  }
  *state = cell;
}

void
ssmt_ref_ssru (const SsmtSsruOp *op, uint32_t begin, uint32_t end)
{
  for (uint32_t i = 0; i < op->runs.count; i++)
    for (uint32_t c = begin; c < end; c++)
      ssru_channel (op, &ssmt_host_runs (&op->runs)[i], c);
}
