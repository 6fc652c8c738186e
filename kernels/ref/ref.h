/* ssmtranslate: the operations in plain C, which defines them
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Written to be read beside the formulas in ops.h: one row, one channel, one head at a time; sums in
 * double so that nothing is more exact. Faster versions are checked against these.
 *
 * Buffers are host memory (host.h). Each is told which part [begin, end) of its independent dimension to
 * compute, so that threads may share it:
 *
 *   linear                                     outputs
 *   conv, ssru, selective_scan                 channels
 *   ssd, recurrence                            heads
 *   attention, cross_attention                 key heads
 *   all others                                 rows
 */
#ifndef SSMT_REF_H
#define SSMT_REF_H

#include "../host.h"

#define OP(Type, name)                                                                             \
  void ssmt_ref_##name (const Ssmt##Type##Op *op, uint32_t begin, uint32_t end);
#include "../ops.def"

/* As those variants multiply BF16 weights that round x to bfloat16 first. */
void ssmt_ref_linear_bf16 (const SsmtLinearOp *op, uint32_t begin, uint32_t end);
/* Rotates q and k of rows [begin, end) of the batch; before attention. */
void ssmt_ref_rotary (const SsmtAttentionOp *op, uint32_t begin, uint32_t end);

/* The sum of 16 lanes of a Q4 product, in the order in which vectors add them. */
float ssmt_ref_sum_lanes (const float lane[16]);
/* What retention's output is multiplied by: 1 / sqrt(sum_{i <= position} decay^i). */
float ssmt_ref_retention_norm (float decay, uint64_t position);

#endif /* SSMT_REF_H */
