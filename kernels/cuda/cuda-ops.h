/* ssmtranslate: the operations of the CUDA device
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef SSMT_CUDA_OPS_H
#define SSMT_CUDA_OPS_H

#include "cuda-internal.h"

#define OP(Type, name) void ssmt_cuda_##name (SsmtDevice *, const Ssmt##Type##Op *);
#include "kernels/ops.def"

/* All of these into a device's table. */
static inline void
ssmt_cuda_set_operations (SsmtDeviceOps *ops)
{
#define OP(Type, name) ops->name = ssmt_cuda_##name;
#include "kernels/ops.def"
}

#endif /* SSMT_CUDA_OPS_H */
