/* ssmtranslate: CUDA: Mamba-2 over many rows, by chunks
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef SSMT_CUDA_SSD_H
#define SSMT_CUDA_SSD_H

#include "cuda-internal.h"

#define SSMT_SSD_CHUNK 64u /* rows */
/* Runs of fewer rows are read row by row, by the kernel of all recurrences. Half a chunk, which
 * the numbers of chunks rely on (cuda-ssd.cu). */
#define SSMT_SSD_LEAST (SSMT_SSD_CHUNK / 2)

/* Runs of SSMT_SSD_LEAST rows and more; the others stay as they are. */
void ssmt_cuda_ssd_chunks (CudaDevice *device, const SsmtSsdOp *op);

#endif /* SSMT_CUDA_SSD_H */
