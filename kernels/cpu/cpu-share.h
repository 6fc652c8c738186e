/* ssmtranslate: how operations are shared out among threads
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef SSMT_CPU_SHARE_H
#define SSMT_CPU_SHARE_H

#include "cpu-kernels.h"

typedef struct {
  uint32_t count;    /* of the independent dimension (ref.h) */
  uint32_t unit;     /* threads get multiples of it */
  double work, rate; /* elements, and how many a nanosecond brings (AVX-512, one thread) */
} SsmtCpuShare;

#define OP(Type, name) SsmtCpuShare ssmt_cpu_share_##name (const Ssmt##Type##Op *op);
#include "../ops.def"

/* Of their first passes, over rows. */
SsmtCpuShare ssmt_cpu_share_rotary (const SsmtAttentionOp *op);
SsmtCpuShare ssmt_cpu_share_pack (const SsmtLinearOp *op);

#endif /* SSMT_CPU_SHARE_H */
