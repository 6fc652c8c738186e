/* ssmtranslate: CUDA: attention over a ring, a growing cache, or a segment's memory
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A block has a row and a head. Its warps take the keys by turns, each with a softmax of its
 * own that grows as it goes (largest score, sum, weighted values), which are joined at the end.
 */
#include "cuda-ops.h"

#define BLOCK 128u
#define WARPS (BLOCK / SSMT_WARP)
#define MOST_SLICES 32u

void ssmt_cuda_rotate_rows (CudaDevice *device, SsmtRef x, uint32_t heads, uint32_t stride,
    const SsmtRuns *runs, uint32_t rows, uint32_t head_dim, uint32_t half, double divisor,
    float base, bool interleaved);

/* Where keys (and, `width` floats behind, values) of positions before a run stand. */
typedef struct {
  const float *q, *k, *v;
  float *out;
  char *states; /* NULL: nothing before the run is seen */
  size_t state_stride;
  const SsmtRun *runs;
  uint32_t count, heads, kv_heads, head_dim, window, row_stride;
  uint32_t q_stride, kv_stride, out_stride;
  float scale;
  bool bidirectional, cross;
} Attention;

/* Keys [from, to) of the query at row `row`; positions before `start` stand in the ring. */
typedef struct {
  uint64_t from, to, start;
  const float *ring;
  size_t first; /* row of the batch (of the memory) with position `start` */
} Seen;

__device__ static Seen
seen_by (const Attention &op, const SsmtRun &run, uint32_t row, uint32_t kv_head)
{
  Seen seen = { 0, run.memory_rows, 0, nullptr, run.memory };
  uint64_t now = run.position + (row - run.first);

  if (op.cross)
    return seen;
  seen.start = run.position;
  seen.first = run.first;
  seen.to = op.bidirectional ? run.position + run.rows : now + 1;
  seen.from = !op.states ? run.position : 0;
  if (op.window > 0 && now >= op.window && now - op.window + 1 > seen.from)
    seen.from = now - op.window + 1;
  if (op.states)
    seen.ring = reinterpret_cast<const float *> (op.states + run.slot * op.state_stride)
        + (size_t) kv_head * op.head_dim;
  return seen;
}

/* SLICES: floats of a head that a lane has. */
template <uint32_t SLICES>
__global__ static void
attention_kernel (Attention op)
{
  __shared__ float largest_of[WARPS], total_of[WARPS], sums[WARPS][SLICES * SSMT_WARP];
  uint32_t row = blockIdx.x, head = blockIdx.y;
  uint32_t kv_head = head / (op.heads / op.kv_heads);
  uint32_t lane = threadIdx.x % SSMT_WARP, warp = threadIdx.x / SSMT_WARP;
  const SsmtRun *run = ssmt_cuda_run_of (op.runs, op.count, row);
  size_t width = (size_t) op.kv_heads * op.head_dim;
  float q[SLICES], sum[SLICES], largest = -INFINITY, total = 0.0f;

  if (!run)
    return; /* the whole block */
  Seen seen = seen_by (op, *run, row, kv_head);
#pragma unroll
  for (uint32_t j = 0; j < SLICES; j++) {
    uint32_t i = lane + j * SSMT_WARP;
    q[j] =
        i < op.head_dim ? op.q[(size_t) row * op.q_stride + (size_t) head * op.head_dim + i] : 0.0f;
    sum[j] = 0.0f;
  }
  for (uint64_t p = seen.from + warp; p < seen.to; p += WARPS) {
    const float *key, *value;
    float score = 0.0f;

    if (p >= seen.start) {
      size_t at =
          (seen.first + (size_t) (p - seen.start)) * op.kv_stride + (size_t) kv_head * op.head_dim;
      key = op.k + at;
      value = op.v + at;
    } else {
      key = seen.ring + (size_t) (op.window > 0 ? p % op.window : p) * op.row_stride;
      value = key + width;
    }
#pragma unroll
    for (uint32_t j = 0; j < SLICES; j++) {
      uint32_t i = lane + j * SSMT_WARP;
      if (i < op.head_dim)
        score += q[j] * key[i];
    }
    score = ssmt_cuda_warp_sum (score) * op.scale;
    float now = fmaxf (largest, score);
    float keep = expf (largest - now), weight = expf (score - now);
    total = total * keep + weight;
    largest = now;
#pragma unroll
    for (uint32_t j = 0; j < SLICES; j++) {
      uint32_t i = lane + j * SSMT_WARP;
      if (i < op.head_dim)
        sum[j] = sum[j] * keep + weight * value[i];
    }
  }
  if (lane == 0) {
    largest_of[warp] = largest;
    total_of[warp] = total;
  }
#pragma unroll
  for (uint32_t j = 0; j < SLICES; j++)
    sums[warp][lane + j * SSMT_WARP] = sum[j];
  __syncthreads ();
  largest = -INFINITY;
  for (uint32_t w = 0; w < WARPS; w++)
    largest = fmaxf (largest, largest_of[w]);
  for (uint32_t i = threadIdx.x; i < op.head_dim; i += BLOCK) {
    float all = 0.0f, out = 0.0f;

    for (uint32_t w = 0; w < WARPS; w++) {
      float factor = total_of[w] > 0.0f ? expf (largest_of[w] - largest) : 0.0f;
      all += factor * total_of[w];
      out += factor * sums[w][i];
    }
    op.out[(size_t) row * op.out_stride + (size_t) head * op.head_dim + i] =
        all == 0.0f ? 0.0f : out / all; /* 0: it saw nothing */
  }
}

/* The last rows of each run replace the oldest of its ring; after all have looked at these. */
__global__ static void
keep_kernel (Attention op)
{
  uint32_t row = blockIdx.x, i = blockIdx.y * blockDim.x + threadIdx.x;
  size_t width = (size_t) op.kv_heads * op.head_dim;
  const SsmtRun *run = ssmt_cuda_run_of (op.runs, op.count, row);

  if (!run || i >= width)
    return;
  uint32_t t = row - run->first;
  if (op.window > 0 && run->rows > op.window && t < run->rows - op.window)
    return;
  uint64_t position = run->position + t;
  float *ring = reinterpret_cast<float *> (op.states + run->slot * op.state_stride)
      + (size_t) (op.window > 0 ? position % op.window : position) * op.row_stride;
  ring[i] = op.k[(size_t) row * op.kv_stride + i];
  ring[width + i] = op.v[(size_t) row * op.kv_stride + i];
}

static void
attend (CudaDevice *device, const Attention &args, uint32_t rows)
{
  dim3 grid (rows, args.heads);

  if (args.head_dim <= 2 * SSMT_WARP)
    SSMT_LAUNCH (device, attention_kernel<2>, grid, dim3 (BLOCK), 0, args);
  else if (args.head_dim <= 4 * SSMT_WARP)
    SSMT_LAUNCH (device, attention_kernel<4>, grid, dim3 (BLOCK), 0, args);
  else if (args.head_dim <= 8 * SSMT_WARP)
    SSMT_LAUNCH (device, attention_kernel<8>, grid, dim3 (BLOCK), 0, args);
  else if (args.head_dim <= MOST_SLICES * SSMT_WARP)
    SSMT_LAUNCH (device, attention_kernel<MOST_SLICES>, grid, dim3 (BLOCK), 0, args);
  else
    ssmt_cuda_check (device, cudaErrorInvalidValue); /* no such model is known */
}

void
ssmt_cuda_attention (SsmtDevice *any, const SsmtAttentionOp *op)
{
  CudaTurn turn (any);
  uint32_t width = op->kv_heads * op->head_dim;
  uint32_t rotary_dim = op->rotary_dim > 0 ? op->rotary_dim : op->head_dim;
  Attention args = { ssmt_cuda_at<const float> (op->q), ssmt_cuda_at<const float> (op->k),
    ssmt_cuda_at<const float> (op->v), ssmt_cuda_at<float> (op->out),
    ssmt_cuda_at<char> (op->state.base), op->state.stride,
    ssmt_cuda_at<const SsmtRun> (op->runs.list), op->runs.count, op->heads, op->kv_heads,
    op->head_dim, op->window, op->state_stride > 0 ? op->state_stride : 2 * width, op->q_stride,
    op->kv_stride, op->out_stride, op->scale, op->bidirectional, false };

  if (!turn.good || op->rows == 0)
    return;
  if (op->rotary_base > 0.0f) {
    ssmt_cuda_rotate_rows (turn.device, op->q, op->heads, op->q_stride, &op->runs, op->rows,
        op->head_dim, rotary_dim / 2, rotary_dim / 2.0, op->rotary_base, false);
    ssmt_cuda_rotate_rows (turn.device, op->k, op->kv_heads, op->kv_stride, &op->runs, op->rows,
        op->head_dim, rotary_dim / 2, rotary_dim / 2.0, op->rotary_base, false);
  }
  attend (turn.device, args, op->rows);
  if (args.states)
    SSMT_LAUNCH (turn.device, keep_kernel, dim3 (op->rows, ssmt_cuda_blocks (width, BLOCK)),
        dim3 (BLOCK), 0, args);
}

void
ssmt_cuda_cross_attention (SsmtDevice *any, const SsmtCrossAttentionOp *op)
{
  CudaTurn turn (any);
  Attention args = { ssmt_cuda_at<const float> (op->q), ssmt_cuda_at<const float> (op->k),
    ssmt_cuda_at<const float> (op->v), ssmt_cuda_at<float> (op->out), nullptr, 0,
    ssmt_cuda_at<const SsmtRun> (op->runs.list), op->runs.count, op->heads, op->kv_heads,
    op->head_dim, 0, 0, op->q_stride, op->kv_stride, op->out_stride, op->scale, false, true };

  if (turn.good && op->rows > 0)
    attend (turn.device, args, op->rows);
}
