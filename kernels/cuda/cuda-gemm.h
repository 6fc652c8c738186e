/* ssmtranslate: cuBLAS of a CUDA device
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef SSMT_CUDA_GEMM_H
#define SSMT_CUDA_GEMM_H

#include "cuda-internal.h"

/* On the device's stream. close: also after open has failed. */
bool ssmt_cuda_gemm_open (CudaDevice *device);
void ssmt_cuda_gemm_close (CudaDevice *device);

#endif /* SSMT_CUDA_GEMM_H */
