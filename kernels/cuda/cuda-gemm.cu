/* ssmtranslate: CUDA: products of many rows of int8, by cuBLAS
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "cuda-internal.h"
#include "cuda-gemm.h"

#include <new>

#include <cublas_v2.h>

/* So that nothing is allocated while a graph is recorded; what NVIDIA advises for Hopper. */
#define WORKSPACE ((size_t) 32 << 20)

struct CudaBlas {
  cublasHandle_t handle;
  void *workspace;
};

static CudaBlas *
blas_of (CudaDevice *device)
{
  return static_cast<CudaBlas *> (device->blas);
}

bool
ssmt_cuda_gemm_open (CudaDevice *device)
{
  CudaBlas *blas = new (std::nothrow) CudaBlas ();

  device->blas = blas;
  return blas && cublasCreate (&blas->handle) == CUBLAS_STATUS_SUCCESS
      && cudaMalloc (&blas->workspace, WORKSPACE) == cudaSuccess
      && cublasSetStream (blas->handle, device->stream) == CUBLAS_STATUS_SUCCESS
      && cublasSetWorkspace (blas->handle, blas->workspace, WORKSPACE) == CUBLAS_STATUS_SUCCESS;
}

void
ssmt_cuda_gemm_close (CudaDevice *device)
{
  CudaBlas *blas = blas_of (device);

  if (blas && blas->handle)
    cublasDestroy (blas->handle);
  if (blas)
    cudaFree (blas->workspace);
  delete blas;
}

/* cuBLAS counts by columns: out^T (outputs, rows) = W x^T. */
void
ssmt_cuda_gemm (CudaDevice *device, const int8_t *weight, const int8_t *x, uint32_t x_stride,
    uint32_t rows, uint32_t outputs, uint32_t inputs, int32_t *out)
{
  const int32_t one = 1, zero = 0;
  cublasStatus_t status =
      cublasGemmEx (blas_of (device)->handle, CUBLAS_OP_T, CUBLAS_OP_N, (int) outputs, (int) rows,
          (int) inputs, &one, weight, CUDA_R_8I, (int) inputs, x, CUDA_R_8I, (int) x_stride, &zero,
          out, CUDA_R_32I, (int) outputs, CUBLAS_COMPUTE_32I, CUBLAS_GEMM_DEFAULT);

  if (status != CUBLAS_STATUS_SUCCESS)
    ssmt_cuda_check (device,
        status == CUBLAS_STATUS_ALLOC_FAILED ? cudaErrorMemoryAllocation : cudaErrorUnknown);
}
