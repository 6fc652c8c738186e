/* ssmtranslate: what the files of the CUDA device share
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Operations are queued on one CUDA stream in the order of their calls. What an operation
 * launches (grids, shared memory) depends on its arguments alone and never on what is in
 * device memory (runs, positions), so that a queue of operations can be recorded and replayed
 * as a graph.
 */
#ifndef SSMT_CUDA_INTERNAL_H
#define SSMT_CUDA_INTERNAL_H

#include <pthread.h>

#include "kernels/kernels.h"

/* Kernels are C++ that nvcc compiles, or (SSMT_CUDA_EMULATION) any C++ compiler with
 * tests/cuda/emulation.h, where blocks run one after the other on the CPU. So the few things
 * that are not C++ stand in these macros:
 *   SSMT_LAUNCH (device, kernel<1, 2>, grid, block, shared_bytes, arguments...)
 *   SSMT_DYNAMIC_SHARED (float, name);   the block's dynamic shared memory
 * Static __shared__ arrays, __syncthreads (), __syncwarp (), __shfl_*_sync (full masks) and
 * atomicAdd can be used as they are. */
#ifdef SSMT_CUDA_EMULATION
#include "emulation.h"
#else
#include <cuda_bf16.h>
#include <cuda_fp16.h>
#include <cuda_runtime.h>
#define SSMT_LAUNCH(device, kernel, grid, block, shared_bytes, ...)                                \
  do {                                                                                             \
    (kernel)<<<(grid), (block), (shared_bytes), (device)->stream>>> (__VA_ARGS__);                 \
    ssmt_cuda_check ((device), cudaGetLastError ());                                               \
  } while (0)
#define SSMT_DYNAMIC_SHARED(type, name)                                                            \
  extern __shared__ __align__ (16) unsigned char name##_bytes[];                                   \
  type *name = reinterpret_cast<type *> (name##_bytes)
#endif

struct SsmtBuffer {
  void *data; /* device memory */
  size_t bytes;
};

struct CudaGraphs;

struct CudaDevice {
  SsmtDevice base;
  int index; /* the GPU's; each thread has to name it */
  cudaStream_t stream;
  cudaError_t error;    /* the first there was; told by wait() */
  pthread_mutex_t lock; /* recursive; held by each operation */
  void *scratch;
  size_t scratch_bytes;
  void *blas; /* cublasHandle_t */
  CudaGraphs *graphs;
};

/* That an operation of this thread found no memory; wait() tells it once. */
extern thread_local bool ssmt_cuda_is_short_of_memory;

/* Remembers the first error, or that there was no memory. */
void ssmt_cuda_check (CudaDevice *device, cudaError_t error);
/* Memory until the next call of this; nullptr: none left, which is remembered. */
void *ssmt_cuda_scratch (CudaDevice *device, size_t bytes);
/* out (rows, outputs) = x W^T, x (rows, inputs; x_stride), W (outputs, inputs). */
void ssmt_cuda_gemm (CudaDevice *device, const int8_t *weight, const int8_t *x, uint32_t x_stride,
    uint32_t rows, uint32_t outputs, uint32_t inputs, int32_t *out);

/* An operation's turn; `good` is false after an error, then nothing may be queued. */
struct CudaTurn {
  CudaDevice *device;
  bool good;

  explicit CudaTurn (SsmtDevice *any) : device (reinterpret_cast<CudaDevice *> (any))
  {
    pthread_mutex_lock (&device->lock);
    good = device->error == cudaSuccess;
#ifndef SSMT_CUDA_EMULATION
    cudaSetDevice (device->index);
#endif
  }
  ~CudaTurn ()
  {
    pthread_mutex_unlock (&device->lock);
  }
  CudaTurn (const CudaTurn &) = delete;
};

template <typename T>
static inline T *
ssmt_cuda_at (SsmtRef ref)
{
  return ref.buffer ? reinterpret_cast<T *> (static_cast<char *> (ref.buffer->data) + ref.offset)
                    : nullptr;
}

/* --- in kernels ------------------------------------------------------------- */

#define SSMT_WARP 32u

static inline uint32_t
ssmt_cuda_blocks (size_t n, uint32_t size)
{
  return (uint32_t) ((n + size - 1) / size);
}

__device__ static __forceinline__ float
ssmt_cuda_warp_sum (float value)
{
  for (int mask = 16; mask > 0; mask /= 2)
    value += __shfl_xor_sync (~0u, value, mask);
  return value;
}

__device__ static __forceinline__ float
ssmt_cuda_warp_max (float value)
{
  for (int mask = 16; mask > 0; mask /= 2)
    value = fmaxf (value, __shfl_xor_sync (~0u, value, mask));
  return value;
}

/* Over a block of up to 32 whole warps; all threads get it. `room`: 33 floats, shared. */
template <typename Combine>
__device__ static float
ssmt_cuda_block_reduce (float value, float *room, float neutral, Combine combine)
{
  uint32_t lane = threadIdx.x % SSMT_WARP, warp = threadIdx.x / SSMT_WARP;

  value = combine (value);
  if (lane == 0)
    room[warp] = value;
  __syncthreads ();
  if (warp == 0) {
    value = combine (lane < blockDim.x / SSMT_WARP ? room[lane] : neutral);
    if (lane == 0)
      room[32] = value;
  }
  __syncthreads ();
  value = room[32];
  __syncthreads ();
  return value;
}

struct CudaSum {
  __device__ float
  operator() (float value) const
  {
    return ssmt_cuda_warp_sum (value);
  }
};

struct CudaMax {
  __device__ float
  operator() (float value) const
  {
    return ssmt_cuda_warp_max (value);
  }
};

__device__ static __forceinline__ float
ssmt_cuda_half (uint16_t bits)
{
#ifdef SSMT_CUDA_EMULATION
  return ssmt_f16_to_f32 (bits);
#else
  return __half2float (__ushort_as_half (bits));
#endif
}

__device__ static __forceinline__ float
ssmt_cuda_bfloat (uint16_t bits)
{
  return __uint_as_float ((unsigned) bits << 16);
}

/* To the nearest, ties to even; a NaN stays one. */
__device__ static __forceinline__ uint16_t
ssmt_cuda_to_bfloat (float value)
{
  unsigned bits = __float_as_uint (value);

  if ((bits & 0x7fffffff) > 0x7f800000)
    return (uint16_t) (bits >> 16 | 0x40);
  return (uint16_t) ((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
}

/* x within [min, max]; NaN stays so, which fminf() and fmaxf() would not let it. */
__device__ static __forceinline__ float
ssmt_cuda_clamp (float x, float min, float max)
{
  return x < min ? min : x > max ? max : x;
}

__device__ static __forceinline__ float
ssmt_cuda_relu (float x)
{
  return x < 0.0f ? 0.0f : x;
}

__device__ static __forceinline__ float
ssmt_cuda_silu (float x)
{
  return x / (1.0f + expf (-x));
}

__device__ static __forceinline__ float
ssmt_cuda_softplus (float x)
{
  return x > 20.0f ? x : log1pf (expf (x));
}

/* The run that row `row` of the batch belongs to; runs stand in the order of their rows.
 * nullptr: none. */
__device__ static __forceinline__ const SsmtRun *
ssmt_cuda_run_of (const SsmtRun *runs, uint32_t count, uint32_t row)
{
  uint32_t low = 0, high = count;

  while (high - low > 1) {
    uint32_t middle = (low + high) / 2;
    if (runs[middle].first <= row)
      low = middle;
    else
      high = middle;
  }
  return count > 0 && row >= runs[low].first && row - runs[low].first < runs[low].rows ? &runs[low]
                                                                                       : nullptr;
}

#endif /* SSMT_CUDA_INTERNAL_H */
