/* ssmtranslate: cross-attention in plain C
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "attend.h"

static void
cross_attention_run (const SsmtCrossAttentionOp *op, const SsmtRun *run, uint32_t kv_head)
{
  uint32_t dim = op->head_dim, share = op->heads / op->kv_heads;
  size_t head = (size_t) kv_head * dim;
  const float *keys = ssmt_host_row (op->k, run->memory, op->kv_stride);
  const float *values = ssmt_host_row (op->v, run->memory, op->kv_stride);
  SsmtRefKeys k = { NULL, keys + head, 0, op->kv_stride, 0, 1 };
  SsmtRefKeys v = { NULL, values + head, 0, op->kv_stride, 0, 1 };

  for (uint32_t t = 0; t < run->rows; t++)
    for (uint32_t i = kv_head * share; i < (kv_head + 1) * share; i++) {
      size_t row = (size_t) run->first + t;
      ssmt_ref_attend (ssmt_host_row (op->q, row, op->q_stride) + (size_t) i * dim, &k, &v, 0,
          run->memory_rows, op->scale, dim,
          ssmt_host_row (op->out, row, op->out_stride) + (size_t) i * dim);
    }
}

void
ssmt_ref_cross_attention (const SsmtCrossAttentionOp *op, uint32_t begin, uint32_t end)
{
  for (uint32_t i = 0; i < op->runs.count; i++)
    for (uint32_t kv_head = begin; kv_head < end; kv_head++)
      cross_attention_run (op, &ssmt_host_runs (&op->runs)[i], kv_head);
}
