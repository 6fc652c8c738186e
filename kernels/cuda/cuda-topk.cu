/* ssmtranslate: CUDA: the best of a row
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A block has a row, each thread every BLOCK-th logit. A thread knows the best of its own;
 * the best of the block leaves, and the thread it came from looks for its next one. So a row
 * is read once, and for each of the k a part of it once more.
 */
#include "cuda-ops.h"

#define BLOCK 256u

/* What is better is larger: by value, NaN last, then by the smaller id; never 0. */
__device__ static __forceinline__ uint64_t
key_of (float value, uint32_t id)
{
  unsigned bits = __float_as_uint (value == 0.0f ? 0.0f : value);
  unsigned order = value != value ? 0 : (bits & 0x80000000u ? ~bits : bits | 0x80000000u);

  return (uint64_t) order << 32 | (0xffffffffu - id);
}

/* The best of this thread's logits that is worse than `limit`; 0: none. */
__device__ static uint64_t
next_best (const float *x, uint32_t dim, uint64_t limit)
{
  uint64_t best = 0;

  for (uint32_t i = threadIdx.x; i < dim; i += BLOCK) {
    uint64_t key = key_of (x[i], i);
    if (key < limit && key > best)
      best = key;
  }
  return best;
}

__device__ static uint64_t
block_best (uint64_t key, uint64_t *room)
{
  uint32_t lane = threadIdx.x % SSMT_WARP, warp = threadIdx.x / SSMT_WARP;

  for (int mask = 16; mask > 0; mask /= 2) {
    uint64_t other = __shfl_xor_sync (~0u, (unsigned long long) key, mask);
    key = other > key ? other : key;
  }
  if (lane == 0)
    room[warp] = key;
  __syncthreads ();
  for (uint32_t i = 0; i < BLOCK / SSMT_WARP; i++)
    key = room[i] > key ? room[i] : key;
  __syncthreads ();
  return key;
}

__global__ static void
top_k_kernel (
    const float *logits, uint32_t stride, uint32_t dim, uint32_t k, int32_t *ids, float *logp)
{
  __shared__ uint64_t keys[BLOCK / SSMT_WARP];
  __shared__ float room[33];
  size_t row = blockIdx.x;
  const float *x = logits + row * stride;
  uint64_t mine = next_best (x, dim, ~(uint64_t) 0), best = block_best (mine, keys);
  float largest = x[0xffffffffu - (unsigned) best], sum = 0.0f;

  for (uint32_t i = threadIdx.x; i < dim; i += BLOCK)
    sum += expf (x[i] - largest);
  sum = ssmt_cuda_block_reduce (sum, room, 0.0f, CudaSum ());
  /* near 0 a float holds the logarithm better than the sum with `largest` */
  double norm = fabsf (largest) < INFINITY ? (double) largest + log ((double) sum) : (double) NAN;
  for (uint32_t i = 0; i < k; i++) {
    if (threadIdx.x == 0) {
      uint32_t id = 0xffffffffu - (unsigned) best;
      float value = x[id];

      ids[row * k + i] = (int32_t) id;
      logp[row * k + i] = (float) (value - norm);
    }
    if (mine == best)
      mine = next_best (x, dim, best);
    best = block_best (mine, keys);
  }
}

void
ssmt_cuda_top_k (SsmtDevice *any, const SsmtTopKOp *op)
{
  CudaTurn turn (any);

  if (turn.good && op->rows > 0)
    SSMT_LAUNCH (turn.device, top_k_kernel, dim3 (op->rows), dim3 (BLOCK), 0,
        ssmt_cuda_at<const float> (op->logits), op->stride, op->dim, op->k,
        ssmt_cuda_at<int32_t> (op->ids), ssmt_cuda_at<float> (op->logp));
}
