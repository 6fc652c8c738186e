/* ssmtranslate: CUDA: products of many rows, by cuBLAS
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
ssmt_cuda_gemm (CudaDevice *device, SsmtDType dtype, const void *weight, const void *x,
    uint32_t x_stride, uint32_t rows, uint32_t outputs, uint32_t inputs, void *out,
    uint32_t out_stride, bool add)
{
  const float one = 1.0f, zero = 0.0f;
  const int32_t whole_one = 1, whole_zero = 0;
  bool i8 = dtype == SSMT_DTYPE_I8;
  cudaDataType_t in_type = dtype == SSMT_DTYPE_F32 ? CUDA_R_32F
      : dtype == SSMT_DTYPE_BF16                   ? CUDA_R_16BF
                                                   : CUDA_R_8I;
  const void *alpha = i8 ? static_cast<const void *> (&whole_one) : &one;
  const void *beta = i8 ? static_cast<const void *> (&whole_zero) : add ? &one : &zero;
  cublasStatus_t status = cublasGemmEx (blas_of (device)->handle, CUBLAS_OP_T, CUBLAS_OP_N,
      (int) outputs, (int) rows, (int) inputs, alpha, weight, in_type, (int) inputs, x, in_type,
      (int) x_stride, beta, out, i8 ? CUDA_R_32I : CUDA_R_32F, (int) out_stride,
      i8 ? CUBLAS_COMPUTE_32I : CUBLAS_COMPUTE_32F, CUBLAS_GEMM_DEFAULT);

  if (status != CUBLAS_STATUS_SUCCESS)
    ssmt_cuda_check (device,
        status == CUBLAS_STATUS_ALLOC_FAILED ? cudaErrorMemoryAllocation : cudaErrorUnknown);
}
