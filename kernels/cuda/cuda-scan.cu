/* ssmtranslate: CUDA: Mamba's selective scan
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Four threads of a warp have a channel of a run, each a quarter of its states in registers
 * from the first row to the last; a warp has eight channels side by side, so that states come
 * and go in whole sectors.
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
} Scan;

/* STATES: of a thread, at the most. */
template <uint32_t STATES> __global__ static void
selective_scan_kernel (Scan op)
{
  uint32_t lane = threadIdx.x % SSMT_WARP, split = lane / CHANNELS;
  uint32_t warp = blockIdx.x * (BLOCK / SSMT_WARP) + threadIdx.x / SSMT_WARP;
  uint32_t channel = warp * CHANNELS + lane % CHANNELS;
  bool mine = channel < op.dim;
  SsmtRun run = op.runs[blockIdx.y];
  float *state = reinterpret_cast<float *> (op.states + run.slot * op.state_stride);
  float h[STATES], a[STATES];

  if (!mine)
    channel = op.dim - 1;       /* the others of its warp need it for their sums */
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
    ssmt_cuda_at<const SsmtRun> (op->runs.list), op->dim, op->d_state, op->u_stride,
    op->dt_stride, op->bc_stride, op->z_stride, op->out_stride
  };
  dim3 grid (ssmt_cuda_blocks (op->dim, CHANNELS * (BLOCK / SSMT_WARP)), op->runs.count);

  if (!turn.good || op->runs.count == 0)
    return;
  if (op->d_state <= 4 * SPLITS)
    SSMT_LAUNCH (turn.device, selective_scan_kernel<4>, grid, dim3 (BLOCK), 0, args);
  else if (op->d_state <= 16 * SPLITS)
    SSMT_LAUNCH (turn.device, selective_scan_kernel<16>, grid, dim3 (BLOCK), 0, args);
  else
    SSMT_LAUNCH (turn.device, large_scan_kernel, dim3 (ssmt_cuda_blocks (op->dim, 128),
            op->runs.count), dim3 (128), 0, args);
}
