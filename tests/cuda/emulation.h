/* ssmtranslate: CUDA kernels on a CPU, for tests
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Enough of CUDA's C++ to compile kernels/cuda/ with any compiler and run it: blocks one after
 * the other, each thread of a block a fiber that runs until it meets a barrier or a shuffle.
 * A barrier that some of its threads do not come to ends the program with a message. That
 * tells whether indices, barriers and sums are right, and nothing about a GPU.
 */
#ifndef SSMT_CUDA_EMULATION_H
#define SSMT_CUDA_EMULATION_H

#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>

#include "kernels/quantise.h"

#define __global__
#define __device__
#define __host__
#define __forceinline__ inline
#define __shared__ static
#define __restrict__
#define __align__(bytes) __attribute__ ((aligned (bytes)))
#define __launch_bounds__(...)

struct dim3 {
  unsigned x, y, z;
  dim3 (unsigned x = 1, unsigned y = 1, unsigned z = 1) : x (x), y (y), z (z)
  {
  }
};
struct float4 {
  float x, y, z, w;
};
struct int4 {
  int x, y, z, w;
};
struct uint4 {
  unsigned x, y, z, w;
};

extern dim3 threadIdx, blockIdx, blockDim, gridDim;

namespace emulation
{
void launch (dim3 grid, dim3 block, size_t shared_bytes, const std::function<void ()> &kernel);
void *dynamic_shared ();
void barrier ();                                  /* of the block */
uint64_t exchange (uint64_t mine, unsigned lane); /* what `lane` of the warp brings */
void warp_barrier ();
unsigned lane ();
} // namespace emulation

#define SSMT_LAUNCH(device, kernel, grid, block, shared_bytes, ...)                                \
  ((void) (device),                                                                                \
      emulation::launch ((grid), (block), (shared_bytes), [=] () { kernel (__VA_ARGS__); }))
#define SSMT_DYNAMIC_SHARED(type, name)                                                            \
  type *name = static_cast<type *> (emulation::dynamic_shared ())

static inline void
__syncthreads ()
{
  emulation::barrier ();
}
static inline void
__syncwarp (unsigned = ~0u)
{
  emulation::warp_barrier ();
}

template <typename T>
static inline T
emulated_shuffle (T value, unsigned lane)
{
  uint64_t bits = 0;
  memcpy (&bits, &value, sizeof value);
  bits = emulation::exchange (bits, lane & 31);
  memcpy (&value, &bits, sizeof value);
  return value;
}

template <typename T>
static inline T
__shfl_xor_sync (unsigned, T value, int mask)
{
  return emulated_shuffle (value, emulation::lane () ^ (unsigned) mask);
}

template <typename T>
static inline T
__shfl_sync (unsigned, T value, int lane)
{
  return emulated_shuffle (value, (unsigned) lane);
}

static inline float
__uint_as_float (unsigned bits)
{
  float value;
  memcpy (&value, &bits, sizeof value);
  return value;
}

static inline unsigned
__float_as_uint (float value)
{
  unsigned bits;
  memcpy (&bits, &value, sizeof bits);
  return bits;
}

static inline int
__dp4a (int a, int b, int sum)
{
  for (int i = 0; i < 4; i++)
    sum += (int8_t) (a >> 8 * i) * (int8_t) (b >> 8 * i);
  return sum;
}

static inline unsigned
__vsub4 (unsigned a, unsigned b)
{
  unsigned out = 0;
  for (int i = 0; i < 4; i++)
    out |= (((a >> 8 * i) - (b >> 8 * i)) & 0xffu) << 8 * i;
  return out;
}

/* --- the runtime: done when it returns --------------------------------------- */

typedef int cudaStream_t;
typedef int cudaError_t;
enum { cudaSuccess = 0, cudaErrorInvalidValue = 1, cudaErrorMemoryAllocation = 2 };

#endif /* SSMT_CUDA_EMULATION_H */
