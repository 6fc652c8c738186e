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
#define SSMT_LAUNCH(device, kernel, grid, block, shared_bytes, ...) \
  do { \
    (kernel) <<<(grid), (block), (shared_bytes), (device)->stream>>> (__VA_ARGS__); \
    ssmt_cuda_check ((device), cudaGetLastError ()); \
  } while (0)
#define SSMT_DYNAMIC_SHARED(type, name) \
  extern __shared__ __align__ (16) unsigned char name##_bytes[]; \
  type *name = reinterpret_cast<type *> (name##_bytes)
#endif

struct SsmtBuffer {
  void *data;                   /* device memory */
  size_t bytes;
};

struct CudaDevice {
  SsmtDevice base;
  cudaStream_t stream;
  cudaError_t error;            /* the first there was; told by wait() */
  int multiprocessors;
  pthread_mutex_t lock;         /* recursive; held by each operation */
};

/* Remembers the first error. */
void ssmt_cuda_check (CudaDevice *device, cudaError_t error);

template <typename T> static inline T *
ssmt_cuda_at (SsmtRef ref)
{
  return ref.buffer ? reinterpret_cast<T *> (static_cast<char *> (ref.buffer->data)
      + ref.offset) : nullptr;
}

#endif /* SSMT_CUDA_INTERNAL_H */
