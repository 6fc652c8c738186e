/* ssmtranslate: CUDA: Mamba's selective scan
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Four threads of a warp have a channel of a run, each a quarter of its states in registers
 * from the first row to the last; a warp has eight channels side by side, so that states come
 * and go in whole sectors. Runs of many rows have more warps, each for SEGMENT rows of a piece
 * at a time.
 */
#include "cuda-ops.h"

#define SPLITS 4u
#define CHANNELS (SSMT_WARP / SPLITS)
#define BLOCK 64u

typedef struct {
  const float *u, *dt, *b, *c, *z, *a, *d, *dt_bias;
  float *out;
  char *states;
  size_t state_stride;
  const SsmtRun *runs;
  uint32_t dim, d_state, u_stride, dt_stride, bc_stride, z_stride, out_stride;
  uint32_t
      few; /* rows: runs of more are the long kernel's. The run decides, not who shares its batch */
} Scan;

/* STATES: of a thread, at the most. */
template <uint32_t STATES>
__global__ static void
selective_scan_kernel (Scan op)
{
  uint32_t lane = threadIdx.x % SSMT_WARP, split = lane / CHANNELS;
  uint32_t warp = blockIdx.x * (BLOCK / SSMT_WARP) + threadIdx.x / SSMT_WARP;
  uint32_t channel = warp * CHANNELS + lane % CHANNELS;
  bool mine = channel < op.dim;
  SsmtRun run = op.runs[blockIdx.y];
  float *state = reinterpret_cast<float *> (op.states + run.slot * op.state_stride);
  float h[STATES], a[STATES];

  if (run.rows > op.few)
    return;
  if (!mine)
    channel = op.dim - 1; /* the others of its warp need it for their sums */
#pragma unroll
  for (uint32_t j = 0; j < STATES; j++) {
    uint32_t n = split + j * SPLITS;
    size_t at = (size_t) n * op.dim + channel;

    h[j] = n < op.d_state ? state[at] : 0.0f;
    a[j] = n < op.d_state ? op.a[at] : 0.0f;
  }
  float bias = op.dt_bias[channel], d = op.d[channel];
  for (uint32_t t = 0; t < run.rows; t++) {
    size_t row = run.first + (size_t) t;
    const float *b = op.b + row * op.bc_stride, *c = op.c + row * op.bc_stride;
    float u = op.u[row * op.u_stride + channel];
    float delta = ssmt_cuda_softplus (op.dt[row * op.dt_stride + channel] + bias);
    float y = 0.0f;

#pragma unroll
    for (uint32_t j = 0; j < STATES; j++) {
      uint32_t n = split + j * SPLITS;
      if (n < op.d_state) {
        h[j] = expf (delta * a[j]) * h[j] + delta * u * b[n];
        y += h[j] * c[n];
      }
    }
    y += __shfl_xor_sync (~0u, y, (int) CHANNELS);
    y += __shfl_xor_sync (~0u, y, (int) (2 * CHANNELS));
    y += d * u;
    if (split == 0 && mine)
      op.out[row * op.out_stride + channel] =
          op.z ? y * ssmt_cuda_silu (op.z[row * op.z_stride + channel]) : y;
  }
#pragma unroll
  for (uint32_t j = 0; j < STATES; j++) {
    uint32_t n = split + j * SPLITS;
    if (n < op.d_state && mine)
      state[(size_t) n * op.dim + channel] = h[j];
  }
}

/* --- over many rows --------------------------------------------------------------- */

#define SEGMENT 16u /* rows of a warp in a piece */
#define MOST_WARPS 8u
#define LONG_STATES 4u /* of a thread */
#define MOST_LONG_STATES (LONG_STATES * SPLITS)

typedef struct {
  float fade, added; /* h -> fade h + added, over a segment */
} Step;

/* Sums over the four threads of a channel, of which each comes to have SEGMENT / SPLITS rows:
 * sums[0..] become those from row `first` on. */
__device__ static uint32_t
sum_splits (float *sums, uint32_t lane)
{
  uint32_t first = 0;

#pragma unroll
  for (uint32_t half = SEGMENT / 2, mask = SSMT_WARP / 2; mask >= CHANNELS; half /= 2, mask /= 2) {
    bool upper = lane & mask;

#pragma unroll
    for (uint32_t t = 0; t < SEGMENT / 2; t++) {
      if (t >= half)
        continue;
      float mine = upper ? sums[t + half] : sums[t], others = upper ? sums[t] : sums[t + half];
      sums[t] = mine + __shfl_xor_sync (~0u, others, (int) mask);
    }
    first += upper ? half : 0;
  }
  return first;
}

/* B and C of rows [begin, begin + rows), zeros behind them. */
__device__ static void
stage (const Scan &op, size_t first, uint32_t rows, uint32_t room, float *b, float *c)
{
  for (uint32_t i = threadIdx.x; i < room * MOST_LONG_STATES; i += blockDim.x) {
    uint32_t t = i / MOST_LONG_STATES, n = i % MOST_LONG_STATES;
    bool there = t < rows && n < op.d_state;
    size_t at = (first + t) * op.bc_stride + n;

    b[i] = there ? op.b[at] : 0.0f;
    c[i] = there ? op.c[at] : 0.0f;
  }
}

/* Eight channels of a run. Each warp goes over its segment from a state of 0; with what the
 * segments before it add, each then knows the state that it begins with, which fades into
 * its rows by the product of their factors. So every exp and every load is made once. */
__global__ static void
long_scan_kernel (Scan op)
{
  __shared__ float b[MOST_WARPS * SEGMENT * MOST_LONG_STATES];
  __shared__ float c[MOST_WARPS * SEGMENT * MOST_LONG_STATES];
  __shared__ Step segments[LONG_STATES][MOST_WARPS][SSMT_WARP];
  uint32_t lane = threadIdx.x % SSMT_WARP, split = lane / CHANNELS;
  uint32_t warp = threadIdx.x / SSMT_WARP, warps = blockDim.x / SSMT_WARP;
  uint32_t channel = blockIdx.x * CHANNELS + lane % CHANNELS, piece = warps * SEGMENT;
  bool mine = channel < op.dim;
  SsmtRun run = op.runs[blockIdx.y];
  float *state = reinterpret_cast<float *> (op.states + run.slot * op.state_stride);
  float h[LONG_STATES], a[LONG_STATES];

  if (run.rows <= op.few)
    return; /* the whole block */
  if (!mine)
    channel = op.dim - 1;
#pragma unroll
  for (uint32_t j = 0; j < LONG_STATES; j++) {
    uint32_t n = split + j * SPLITS;
    size_t at = (size_t) n * op.dim + channel;

    h[j] = n < op.d_state ? state[at] : 0.0f;
    a[j] = n < op.d_state ? op.a[at] : 0.0f;
  }
  float bias = op.dt_bias[channel], d = op.d[channel];
  for (uint32_t begin = 0; begin < run.rows; begin += piece) {
    uint32_t count = run.rows - begin < piece ? run.rows - begin : piece;
    uint32_t segments_here = (count + SEGMENT - 1) / SEGMENT;
    uint32_t from = warp * SEGMENT;
    size_t first = run.first + (size_t) begin;
    float delta[SEGMENT], input[SEGMENT], y[SEGMENT];

    __syncthreads (); /* the last piece's have been read */
    stage (op, first, count, piece, b, c);
#pragma unroll
    for (uint32_t t = 0; t < SEGMENT; t++) {
      size_t row = first + from + t;
      bool there = from + t < count;

      delta[t] = there ? ssmt_cuda_softplus (op.dt[row * op.dt_stride + channel] + bias) : 0.0f;
      input[t] = there ? delta[t] * op.u[row * op.u_stride + channel] : 0.0f;
      y[t] = 0.0f;
    }
    __syncthreads ();
#pragma unroll
    for (uint32_t j = 0; j < LONG_STATES; j++) {
      const float *bs = b + from * MOST_LONG_STATES + split + j * SPLITS;
      const float *cs = c + from * MOST_LONG_STATES + split + j * SPLITS;
      float fades[SEGMENT], added = 0.0f, fade = 1.0f, before = h[j];

#pragma unroll
      for (uint32_t t = 0; t < SEGMENT; t++) {
        float factor = expf (delta[t] * a[j]);

        fade *= factor;
        fades[t] = fade;
        added = factor * added + input[t] * bs[t * MOST_LONG_STATES];
        y[t] += added * cs[t * MOST_LONG_STATES];
      }
      segments[j][warp][lane] = Step{ fade, added };
      __syncthreads ();
      for (uint32_t w = 0; w < segments_here; w++) {
        Step step = segments[j][w][lane];

        before = w == warp ? h[j] : before;
        h[j] = step.fade * h[j] + step.added;
      }
#pragma unroll
      for (uint32_t t = 0; t < SEGMENT; t++)
        y[t] += fades[t] * before * cs[t * MOST_LONG_STATES];
    }
    from += sum_splits (y, lane);
#pragma unroll
    for (uint32_t t = 0; t < SEGMENT / SPLITS; t++) {
      size_t row = first + from + t;

      if (from + t >= count || !mine)
        continue;
      float out = y[t] + d * op.u[row * op.u_stride + channel];
      op.out[row * op.out_stride + channel] =
          op.z ? out * ssmt_cuda_silu (op.z[row * op.z_stride + channel]) : out;
    }
  }
#pragma unroll
  for (uint32_t j = 0; j < LONG_STATES; j++) {
    uint32_t n = split + j * SPLITS;
    if (n < op.d_state && mine && warp == 0)
      state[(size_t) n * op.dim + channel] = h[j];
  }
}

/* --- many states ------------------------------------------------------------------ */

/* More states than registers: one thread a channel, the states where they are. */
__global__ static void
large_scan_kernel (Scan op)
{
  uint32_t channel = blockIdx.x * blockDim.x + threadIdx.x;
  SsmtRun run = op.runs[blockIdx.y];
  float *state = reinterpret_cast<float *> (op.states + run.slot * op.state_stride);

  if (channel >= op.dim)
    return;
  for (uint32_t t = 0; t < run.rows; t++) {
    size_t row = run.first + (size_t) t;
    float u = op.u[row * op.u_stride + channel], y = op.d[channel] * u;
    float delta = ssmt_cuda_softplus (op.dt[row * op.dt_stride + channel] + op.dt_bias[channel]);

    for (uint32_t n = 0; n < op.d_state; n++) {
      size_t at = (size_t) n * op.dim + channel;
      float h = expf (delta * op.a[at]) * state[at] + delta * u * op.b[row * op.bc_stride + n];

      state[at] = h;
      y += h * op.c[row * op.bc_stride + n];
    }
    op.out[row * op.out_stride + channel] =
        op.z ? y * ssmt_cuda_silu (op.z[row * op.z_stride + channel]) : y;
  }
}

void
ssmt_cuda_selective_scan (SsmtDevice *any, const SsmtSelectiveScanOp *op)
{
  CudaTurn turn (any);
  Scan args = { ssmt_cuda_at<const float> (op->u), ssmt_cuda_at<const float> (op->dt),
    ssmt_cuda_at<const float> (op->b), ssmt_cuda_at<const float> (op->c),
    ssmt_cuda_at<const float> (op->z), ssmt_cuda_at<const float> (op->a),
    ssmt_cuda_at<const float> (op->d), ssmt_cuda_at<const float> (op->dt_bias),
    ssmt_cuda_at<float> (op->out), ssmt_cuda_at<char> (op->state.base), op->state.stride,
    ssmt_cuda_at<const SsmtRun> (op->runs.list), op->dim, op->d_state, op->u_stride, op->dt_stride,
    op->bc_stride, op->z_stride, op->out_stride, UINT32_MAX };
  dim3 grid (ssmt_cuda_blocks (op->dim, CHANNELS * (BLOCK / SSMT_WARP)), op->runs.count);

  if (!turn.good || op->runs.count == 0)
    return;
  /* no run has more rows than the others leave */
  uint32_t longest = op->rows - op->runs.count + 1;
  if (op->d_state <= MOST_LONG_STATES && longest > SEGMENT) {
    uint32_t warps = ssmt_cuda_blocks (longest, SEGMENT);

    args.few = SEGMENT;
    SSMT_LAUNCH (turn.device, long_scan_kernel,
        dim3 (ssmt_cuda_blocks (op->dim, CHANNELS), op->runs.count),
        dim3 (SSMT_WARP * (warps < MOST_WARPS ? warps : MOST_WARPS)), 0, args);
  }
  if (op->d_state <= 4 * SPLITS)
    SSMT_LAUNCH (turn.device, selective_scan_kernel<4>, grid, dim3 (BLOCK), 0, args);
  else if (op->d_state <= 16 * SPLITS)
    SSMT_LAUNCH (turn.device, selective_scan_kernel<16>, grid, dim3 (BLOCK), 0, args);
  else
    SSMT_LAUNCH (turn.device, large_scan_kernel,
        dim3 (ssmt_cuda_blocks (op->dim, 128), op->runs.count), dim3 (128), 0, args);
}
