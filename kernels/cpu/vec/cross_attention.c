/* ssmtranslate: cross-attention in vectors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "attend.h"

static void
attend_run (const SsmtCrossAttentionOp *op, const SsmtRun *run, uint32_t kv_head)
{
  uint32_t dim = op->head_dim, share = op->heads / op->kv_heads;
  size_t at = (size_t) kv_head * dim;
  Memory memory = { .k = ssmt_host_row (op->k, run->memory, op->kv_stride) + at,
    .v = ssmt_host_row (op->v, run->memory, op->kv_stride) + at,
    .stride = op->kv_stride,
    .window = 1 };

  for (uint32_t t = 0; t < run->rows; t++) {
    const float *q = ssmt_host_row (op->q, (size_t) run->first + t, op->q_stride);
    float *out = ssmt_host_row (op->out, (size_t) run->first + t, op->out_stride);
    for (uint32_t head = kv_head * share; head < (kv_head + 1) * share; head++)
      attend (q + (size_t) head * dim, &memory, 0, run->memory_rows, op->scale, dim,
          out + (size_t) head * dim);
  }
}

void
FN (cross_attention) (const SsmtCrossAttentionOp *op, uint32_t begin, uint32_t end)
{
  for (uint32_t i = 0; i < op->runs.count; i++)
    for (uint32_t kv_head = begin; kv_head < end; kv_head++)
      attend_run (op, &ssmt_host_runs (&op->runs)[i], kv_head);
}
