/* ssmtranslate: CUDA: recurrences whose state is a matrix: Mamba-2, retention, GLA, DeltaNet
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * All are S = diag (decay) S + k (x) input, out = S^T q (ops.h). A block has 32 columns of
 * one head of one run, four threads a column; each has a quarter of the column's keys in
 * registers from the first row to the last. Keys, queries and decays of STEPS rows at a time
 * stand in shared memory.
 */
#include "cuda-ops.h"
#include "cuda-ssd.h"

#define SPLITS 4u
#define COLUMNS 32u
#define BLOCK (COLUMNS * SPLITS)
#define WARPS (BLOCK / SSMT_WARP)
#define STEPS 8u

typedef struct {
  const float *q, *k, *v, *decay, *a, *dt_bias, *beta, *skip;
  float *out;
  char *states;
  size_t state_stride;
  const SsmtRun *runs;
  int kind;       /* SsmtDecay, or SSD */
  uint32_t below; /* runs of so many rows are another kernel's; 0: none */
  uint32_t heads, q_heads, k_heads, v_heads, keys, values;
  uint32_t q_stride, k_stride, v_stride, decay_stride, beta_stride, out_stride;
  float scale, decay_divisor, decay_min, beta_scale, dt_min, dt_max;
  bool delta, l2_norm, normalise;
} Recurrence;

#define SSD 100 /* Mamba-2: decay and input by the step dt */

/* What one row does to one head, but for its vectors. */
typedef struct {
  float decay, q_factor, k_factor, input;
} Step;

/* 1 / sqrt(sum_{i <= position} decay^i) */
__device__ static float
position_norm (float decay, uint64_t position)
{
  double n = (double) position + 1;
  double sum = decay < 1.0f ? (1.0 - pow ((double) decay, n)) / (1.0 - decay) : n;

  return (float) (1.0 / sqrt (sum));
}

/* Of the row, by a whole warp; `q` and `k` are the head's. */
__device__ static Step
read_step (const Recurrence &op, const float *q, const float *k, size_t row, uint64_t position,
    uint32_t head)
{
  Step step = { 1.0f, op.scale, 1.0f, op.beta_scale };
  float q_sum = 0.0f, k_sum = 0.0f;

  for (uint32_t n = threadIdx.x % SSMT_WARP; op.l2_norm && n < op.keys; n += SSMT_WARP) {
    q_sum += q[n] * q[n];
    k_sum += k[n] * k[n];
  }
  if (op.l2_norm) {
    step.q_factor *= 1.0f / sqrtf (ssmt_cuda_warp_sum (q_sum) + 1e-6f);
    step.k_factor = 1.0f / sqrtf (ssmt_cuda_warp_sum (k_sum) + 1e-6f);
  }
  if (op.kind == SSMT_DECAY_HEAD)
    step.decay = op.decay[head];
  if (op.normalise)
    step.q_factor *= position_norm (op.decay[head], position);
  if (op.kind == SSMT_DECAY_TOKEN || op.kind == SSD) {
    float dt = ssmt_cuda_softplus (op.decay[row * op.decay_stride + head] + op.dt_bias[head]);

    if (op.kind == SSD)
      dt = ssmt_cuda_clamp (dt, op.dt_min, op.dt_max);
    step.decay = expf (op.a[head] * dt);
    step.input = dt;
  }
  if (op.kind != SSD) {
    step.input = op.beta_scale;
    if (op.beta)
      step.input /= 1.0f + expf (-op.beta[row * op.beta_stride + head]);
  }
  return step;
}

__device__ static __forceinline__ float
channel_decay (const Recurrence &op, size_t row, uint32_t head, uint32_t n)
{
  float x =
      op.decay[row * op.decay_stride + (size_t) (head / (op.heads / op.k_heads)) * op.keys + n];

  return expf (ssmt_cuda_clamp (-ssmt_cuda_softplus (-x) / op.decay_divisor, op.decay_min, 0.0f));
}

/* What is added to the state, of one column; `read` is S^T k where the delta rule is. */
__device__ static __forceinline__ float
input_of (const Recurrence &op, const Step &step, float v, float read)
{
  return op.delta ? step.input * (v - read) : op.kind == SSD ? step.input * v : v;
}

__device__ static __forceinline__ float
sum_splits (float value)
{
  value += __shfl_xor_sync (~0u, value, 8);
  return value + __shfl_xor_sync (~0u, value, 16);
}

/* KEYS: of a thread, at the most. */
template <uint32_t KEYS>
__global__ static void
recurrence_kernel (Recurrence op)
{
  SSMT_DYNAMIC_SHARED (float, vectors); /* k, q, decays: (STEPS, keys) each */
  __shared__ Step steps[STEPS];
  uint32_t tiles = (op.values + COLUMNS - 1) / COLUMNS;
  uint32_t head = blockIdx.x / tiles, tile = blockIdx.x % tiles;
  uint32_t lane = threadIdx.x % SSMT_WARP, warp = threadIdx.x / SSMT_WARP, split = lane / 8;
  uint32_t column = tile * COLUMNS + warp * 8 + lane % 8;
  bool mine = column < op.values, by_channel = op.kind == SSMT_DECAY_CHANNEL;
  SsmtRun run = op.runs[blockIdx.y];
  float *state = reinterpret_cast<float *> (op.states + run.slot * op.state_stride)
      + (size_t) head * op.keys * op.values;
  const float *q = op.q + (size_t) (head / (op.heads / op.q_heads)) * op.keys;
  const float *k = op.k + (size_t) (head / (op.heads / op.k_heads)) * op.keys;
  const float *v = op.v + (size_t) (head / (op.heads / op.v_heads)) * op.values;
  float *all_k = vectors, *all_q = vectors + STEPS * op.keys;
  float *decays = vectors + 2 * STEPS * op.keys;
  float s[KEYS];

  if (op.below > 0 && run.rows >= op.below)
    return; /* the whole block */
  if (!mine)
    column = op.values - 1;
#pragma unroll
  for (uint32_t j = 0; j < KEYS; j++) {
    uint32_t n = split + j * SPLITS;
    s[j] = n < op.keys ? state[(size_t) n * op.values + column] : 0.0f;
  }
  for (uint32_t begin = 0; begin < run.rows; begin += STEPS) {
    uint32_t count = run.rows - begin < STEPS ? run.rows - begin : STEPS;
    size_t first = run.first + (size_t) begin;

    for (uint32_t i = threadIdx.x; i < count * op.keys; i += BLOCK) {
      size_t row = first + i / op.keys;
      uint32_t n = i % op.keys;

      all_k[i] = k[row * op.k_stride + n];
      all_q[i] = q[row * op.q_stride + n];
      if (by_channel)
        decays[i] = channel_decay (op, row, head, n);
    }
    __syncthreads ();
    for (uint32_t t = warp; t < count; t += WARPS) {
      Step step = read_step (
          op, all_q + t * op.keys, all_k + t * op.keys, first + t, run.position + begin + t, head);
      if (lane == 0)
        steps[t] = step;
    }
    __syncthreads ();
    for (uint32_t t = 0; t < count; t++) {
      const float *kt = all_k + t * op.keys, *qt = all_q + t * op.keys;
      const float *dt = decays + t * op.keys;
      Step step = steps[t];
      size_t row = first + t;
      float value = v[row * op.v_stride + column], read = 0.0f, sum = 0.0f;

#pragma unroll
      for (uint32_t j = 0; j < KEYS; j++) {
        uint32_t n = split + j * SPLITS;
        if (n < op.keys) {
          s[j] *= by_channel ? dt[n] : step.decay;
          read += s[j] * (kt[n] * step.k_factor);
        }
      }
      if (op.delta)
        read = sum_splits (read);
      float input = input_of (op, step, value, read);
#pragma unroll
      for (uint32_t j = 0; j < KEYS; j++) {
        uint32_t n = split + j * SPLITS;
        if (n < op.keys) {
          s[j] += kt[n] * step.k_factor * input;
          sum += s[j] * (qt[n] * step.q_factor);
        }
      }
      sum = sum_splits (sum);
      if (op.skip)
        sum += op.skip[head] * value;
      if (split == 0 && mine)
        op.out[row * op.out_stride + (size_t) head * op.values + column] = sum;
    }
    __syncthreads ();
  }
#pragma unroll
  for (uint32_t j = 0; j < KEYS; j++) {
    uint32_t n = split + j * SPLITS;
    if (n < op.keys && mine)
      state[(size_t) n * op.values + column] = s[j];
  }
}

/* More keys than registers: a warp has a head's columns by turns, the state where it is. */
__global__ static void
large_kernel (Recurrence op)
{
  uint32_t head = blockIdx.x, lane = threadIdx.x;
  SsmtRun run = op.runs[blockIdx.y];
  float *state = reinterpret_cast<float *> (op.states + run.slot * op.state_stride)
      + (size_t) head * op.keys * op.values;

  if (op.below > 0 && run.rows >= op.below)
    return;
  for (uint32_t t = 0; t < run.rows; t++) {
    size_t row = run.first + (size_t) t;
    const float *q = op.q + row * op.q_stride + (size_t) (head / (op.heads / op.q_heads)) * op.keys;
    const float *k = op.k + row * op.k_stride + (size_t) (head / (op.heads / op.k_heads)) * op.keys;
    const float *v =
        op.v + row * op.v_stride + (size_t) (head / (op.heads / op.v_heads)) * op.values;
    Step step = read_step (op, q, k, row, run.position + t, head);

    for (uint32_t i = lane; i < op.values; i += SSMT_WARP) {
      float read = 0.0f, sum = op.skip ? op.skip[head] * v[i] : 0.0f;

      for (uint32_t n = 0; n < op.keys; n++) {
        float *s = state + (size_t) n * op.values + i;
        *s *= op.kind == SSMT_DECAY_CHANNEL ? channel_decay (op, row, head, n) : step.decay;
        read += *s * (k[n] * step.k_factor);
      }
      float input = input_of (op, step, v[i], read);
      for (uint32_t n = 0; n < op.keys; n++) {
        float *s = state + (size_t) n * op.values + i;
        *s += k[n] * step.k_factor * input;
        sum += *s * (q[n] * step.q_factor);
      }
      op.out[row * op.out_stride + (size_t) head * op.values + i] = sum;
    }
  }
}

static void
run_recurrence (CudaDevice *device, const Recurrence &args, uint32_t count)
{
  dim3 grid (args.heads * ssmt_cuda_blocks (args.values, COLUMNS), count);
  size_t shared = 3 * STEPS * args.keys * sizeof (float);

  if (count == 0)
    return;
  if (args.keys <= 8 * SPLITS)
    SSMT_LAUNCH (device, recurrence_kernel<8>, grid, dim3 (BLOCK), shared, args);
  else if (args.keys <= 16 * SPLITS)
    SSMT_LAUNCH (device, recurrence_kernel<16>, grid, dim3 (BLOCK), shared, args);
  else if (args.keys <= 32 * SPLITS)
    SSMT_LAUNCH (device, recurrence_kernel<32>, grid, dim3 (BLOCK), shared, args);
  else if (args.keys <= 64 * SPLITS)
    SSMT_LAUNCH (device, recurrence_kernel<64>, grid, dim3 (BLOCK), shared, args);
  else
    SSMT_LAUNCH (device, large_kernel, dim3 (args.heads, count), dim3 (SSMT_WARP), 0, args);
}

void
ssmt_cuda_recurrence (SsmtDevice *any, const SsmtRecurrenceOp *op)
{
  CudaTurn turn (any);
  Recurrence args = {};

  args.q = ssmt_cuda_at<const float> (op->q);
  args.k = ssmt_cuda_at<const float> (op->k);
  args.v = ssmt_cuda_at<const float> (op->v);
  args.decay = ssmt_cuda_at<const float> (op->decay);
  args.a = ssmt_cuda_at<const float> (op->a);
  args.dt_bias = ssmt_cuda_at<const float> (op->dt_bias);
  args.beta = ssmt_cuda_at<const float> (op->beta);
  args.out = ssmt_cuda_at<float> (op->out);
  args.states = ssmt_cuda_at<char> (op->state.base);
  args.state_stride = op->state.stride;
  args.runs = ssmt_cuda_at<const SsmtRun> (op->runs.list);
  args.kind = op->kind;
  args.heads = op->heads;
  args.q_heads = op->q_heads;
  args.k_heads = op->k_heads;
  args.v_heads = op->v_heads;
  args.keys = op->key_dim;
  args.values = op->value_dim;
  args.q_stride = op->q_stride;
  args.k_stride = op->k_stride;
  args.v_stride = op->v_stride;
  args.decay_stride = op->decay_stride;
  args.beta_stride = op->beta_stride;
  args.out_stride = op->out_stride;
  args.scale = op->scale;
  args.decay_divisor = op->decay_divisor;
  args.decay_min = op->decay_min;
  args.beta_scale = op->beta_scale;
  args.delta = op->delta;
  args.l2_norm = op->l2_norm;
  args.normalise = op->normalise;
  if (turn.good)
    run_recurrence (turn.device, args, op->runs.count);
}

void
ssmt_cuda_ssd (SsmtDevice *any, const SsmtSsdOp *op)
{
  CudaTurn turn (any);
  Recurrence args = {};

  args.q = ssmt_cuda_at<const float> (op->c);
  args.k = ssmt_cuda_at<const float> (op->b);
  args.v = ssmt_cuda_at<const float> (op->x);
  args.decay = ssmt_cuda_at<const float> (op->dt);
  args.a = ssmt_cuda_at<const float> (op->a);
  args.dt_bias = ssmt_cuda_at<const float> (op->dt_bias);
  args.skip = ssmt_cuda_at<const float> (op->d);
  args.out = ssmt_cuda_at<float> (op->out);
  args.states = ssmt_cuda_at<char> (op->state.base);
  args.state_stride = op->state.stride;
  args.runs = ssmt_cuda_at<const SsmtRun> (op->runs.list);
  args.kind = SSD;
  args.heads = args.v_heads = op->heads;
  args.q_heads = args.k_heads = op->groups;
  args.keys = op->d_state;
  args.values = op->head_dim;
  args.q_stride = args.k_stride = op->bc_stride;
  args.v_stride = op->x_stride;
  args.decay_stride = op->dt_stride;
  args.out_stride = op->out_stride;
  args.scale = args.beta_scale = 1.0f;
  args.dt_min = op->dt_min;
  args.dt_max = op->dt_max;
  if (!turn.good || op->runs.count == 0)
    return;
  /* no run has more rows than the others leave */
  if (op->rows - op->runs.count + 1 >= SSMT_SSD_LEAST) {
    ssmt_cuda_ssd_chunks (turn.device, op);
    args.below = SSMT_SSD_LEAST;
  }
  run_recurrence (turn.device, args, op->runs.count);
}
