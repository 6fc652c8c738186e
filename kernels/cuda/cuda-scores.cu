/* ssmtranslate: CUDA: what rows look at, for alignments
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A block has a row. Rare, and written to be plain.
 */
#include "cuda-ops.h"

#define BLOCK 128u

typedef struct {
  const float *q, *k;
  float *out;
  const SsmtRun *runs;
  uint32_t count, heads, kv_heads, head_dim, window, q_stride, kv_stride, out_stride;
  float scale;
  bool self;
} Scores;

__device__ static float
score_of (const Scores &op, const float *q, const float *k)
{
  float sum = 0.0f;

  for (uint32_t i = 0; i < op.head_dim; i++)
    sum += q[i] * k[i];
  return op.scale * sum;
}

__global__ static void
attention_scores_kernel (Scores op)
{
  __shared__ float room[33];
  uint32_t row = blockIdx.x;
  const SsmtRun *run = ssmt_cuda_run_of (op.runs, op.count, row);

  if (!run)
    return;
  uint32_t t = row - run->first;
  uint32_t from = op.self && op.window > 0 && t >= op.window ? t + 1 - op.window : 0;
  uint32_t n = op.self ? t + 1 - from : run->memory_rows;
  size_t first = op.self ? run->first + from : run->memory;
  float *out = op.out + (size_t) row * op.out_stride + from;

  for (uint32_t head = 0; head < op.heads; head++) {
    const float *q = op.q + (size_t) row * op.q_stride + (size_t) head * op.head_dim;
    const float *k =
        op.k + first * op.kv_stride + (size_t) (head / (op.heads / op.kv_heads)) * op.head_dim;
    float largest = -INFINITY, total = 0.0f;

    for (uint32_t j = threadIdx.x; j < n; j += BLOCK)
      largest = fmaxf (largest, score_of (op, q, k + (size_t) j * op.kv_stride));
    largest = ssmt_cuda_block_reduce (largest, room, -INFINITY, CudaMax ());
    for (uint32_t j = threadIdx.x; j < n; j += BLOCK)
      total += expf (score_of (op, q, k + (size_t) j * op.kv_stride) - largest);
    total = ssmt_cuda_block_reduce (total, room, 0.0f, CudaSum ());
    for (uint32_t j = threadIdx.x; j < n; j += BLOCK)
      out[j] += expf (score_of (op, q, k + (size_t) j * op.kv_stride) - largest) / total
          / (float) op.heads;
  }
}

void
ssmt_cuda_attention_scores (SsmtDevice *any, const SsmtAttentionScoresOp *op)
{
  CudaTurn turn (any);
  Scores args = { ssmt_cuda_at<const float> (op->q), ssmt_cuda_at<const float> (op->k),
    ssmt_cuda_at<float> (op->out), ssmt_cuda_at<const SsmtRun> (op->runs.list), op->runs.count,
    op->heads, op->kv_heads, op->head_dim, op->window, op->q_stride, op->kv_stride, op->out_stride,
    op->scale, op->self };

  if (turn.good && op->rows > 0)
    SSMT_LAUNCH (turn.device, attention_scores_kernel, dim3 (op->rows), dim3 (BLOCK), 0, args);
}

/* --- hidden attention ---------------------------------------------------------- */

typedef struct {
  const float *dt, *b, *c, *a, *dt_bias;
  float *out, *work;
  const SsmtRun *runs;
  uint32_t count, dim, groups, d_state, dt_stride, bc_stride, out_stride;
  float dt_min, dt_max;
  bool scalar;
} Hidden;

__device__ static __forceinline__ float
hidden_step (const Hidden &op, size_t row, uint32_t channel)
{
  float x = ssmt_cuda_softplus (op.dt[row * op.dt_stride + channel] + op.dt_bias[channel]);

  return ssmt_cuda_clamp (x, op.dt_min, op.dt_max);
}

/* sum_n C[n] B[n] exp (A[n] time) of a channel. */
__device__ static float
hidden_weight (const Hidden &op, const float *b, const float *c, uint32_t channel, float time)
{
  float sum = 0.0f;

  for (uint32_t n = 0; n < op.d_state; n++)
    sum += c[n] * b[n] * (op.scalar ? 1.0f : expf (op.a[(size_t) n * op.dim + channel] * time));
  return op.scalar ? sum * expf (op.a[channel] * time) : sum;
}

#define CHANNELS 8u /* of a thread at once */

/* Threads have channels and go back in time together; more channels than they have come after
 * these, and add to what is in `work`. */
__global__ static void
hidden_scores_kernel (Hidden op)
{
  __shared__ float room[33];
  uint32_t row = blockIdx.x;
  const SsmtRun *run = ssmt_cuda_run_of (op.runs, op.count, row);

  if (!run)
    return;
  uint32_t t = row - run->first;
  const float *c = op.c + (size_t) row * op.bc_stride;
  float *work = op.work + (size_t) row * op.out_stride;
  float *out = op.out + (size_t) row * op.out_stride, total = 0.0f;

  for (uint32_t begin = 0; begin < op.dim; begin += BLOCK * CHANNELS) {
    float times[CHANNELS] = { 0 }; /* from row j to row t */

    for (uint32_t j = t + 1; j-- > 0;) {
      size_t now = run->first + (size_t) j;
      float sum = 0.0f;

#pragma unroll
      for (uint32_t k = 0; k < CHANNELS; k++) {
        uint32_t i = begin + k * BLOCK + threadIdx.x;
        if (i >= op.dim)
          continue;
        size_t group = (size_t) (i / (op.dim / op.groups)) * op.d_state;
        float step = hidden_step (op, now, i);

        sum += fabsf (
            step * hidden_weight (op, op.b + now * op.bc_stride + group, c + group, i, times[k]));
        times[k] += step;
      }
      sum = ssmt_cuda_block_reduce (sum, room, 0.0f, CudaSum ());
      if (threadIdx.x == 0)
        work[j] = begin > 0 ? work[j] + sum : sum;
      total += sum;
    }
  }
  __syncthreads ();
  for (uint32_t j = threadIdx.x; j <= t && total != 0.0f; j += BLOCK)
    out[j] += work[j] / total;
}

void
ssmt_cuda_hidden_scores (SsmtDevice *any, const SsmtHiddenScoresOp *op)
{
  CudaTurn turn (any);
  Hidden args = { ssmt_cuda_at<const float> (op->dt), ssmt_cuda_at<const float> (op->b),
    ssmt_cuda_at<const float> (op->c), ssmt_cuda_at<const float> (op->a),
    ssmt_cuda_at<const float> (op->dt_bias), ssmt_cuda_at<float> (op->out),
    ssmt_cuda_at<float> (op->work), ssmt_cuda_at<const SsmtRun> (op->runs.list), op->runs.count,
    op->dim, op->groups, op->d_state, op->dt_stride, op->bc_stride, op->out_stride, op->dt_min,
    op->dt_max, op->scalar };

  if (turn.good && op->rows > 0)
    SSMT_LAUNCH (turn.device, hidden_scores_kernel, dim3 (op->rows), dim3 (BLOCK), 0, args);
}
