/* ssmtranslate: compiled when the build is configured: can this nvcc make the module?
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <cublas_v2.h>
#include <cuda_bf16.h>

__global__ static void
probe_kernel (float *out)
{
  out[threadIdx.x] = __bfloat162float (__float2bfloat16 (out[threadIdx.x]));
}

extern "C" int ssmt_cuda_probe (float *out);

int
ssmt_cuda_probe (float *out)
{
  cublasHandle_t handle = nullptr;

  probe_kernel<<<1, 32>>> (out);
  return cublasCreate (&handle);
}
