/* ssmtranslate: attention of one query, in plain C
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef SSMT_REF_ATTEND_H
#define SSMT_REF_ATTEND_H

#include "ref.h"

/* Keys or values of one key head: those before `start` in the ring, the rest in the
 * batch. */
typedef struct {
  const float *ring; /* row p % window holds position p */
  const float *rows; /* row j holds position start + j */
  size_t ring_stride, rows_stride;
  uint64_t start, window;
} SsmtRefKeys;

/* out = sum_j softmax_j (scale q.k_j) v_j over positions [from, to). */
void ssmt_ref_attend (const float *q, const SsmtRefKeys *k, const SsmtRefKeys *v, uint64_t from,
    uint64_t to, float scale, uint32_t head_dim, float *out);

#endif /* SSMT_REF_ATTEND_H */
