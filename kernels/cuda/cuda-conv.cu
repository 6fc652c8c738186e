/* ssmtranslate: CUDA: convolution, the simpler simple recurrent unit, and positions
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "cuda-ops.h"

#define BLOCK 128u
#define PIECE 32u /* rows of a run that one thread goes through */

/* --- convolution -------------------------------------------------------------- */

typedef struct {
  const float *x, *weight, *bias;
  float *out;
  char *states;
  size_t state_stride;
  const SsmtRun *runs;
  uint32_t dim, taps, x_stride, out_stride;
  bool silu;
} Conv;

/* The input at time t of the run, which before its begin stands in the state. */
__device__ static __forceinline__ float
conv_input (const Conv &op, const SsmtRun &run, const float *state, int64_t t, uint32_t c)
{
  return t >= 0 ? op.x[(run.first + (size_t) t) * op.x_stride + c]
                : state[(size_t) (t + op.taps - 1) * op.dim + c];
}

/* A thread has a channel of a run, and PIECE rows of it. */
__global__ static void
conv_kernel (Conv op)
{
  uint32_t c = blockIdx.x * blockDim.x + threadIdx.x, past = op.taps - 1;
  SsmtRun run = op.runs[blockIdx.y];
  const float *state = reinterpret_cast<const float *> (op.states + run.slot * op.state_stride);
  uint32_t begin = blockIdx.z * PIECE, end = begin + PIECE < run.rows ? begin + PIECE : run.rows;

  if (c >= op.dim)
    return;
  for (uint32_t t = begin; t < end; t++) {
    float sum = op.bias ? op.bias[c] : 0.0f;
    for (uint32_t i = 0; i <= past; i++)
      sum += op.weight[(size_t) c * op.taps + i]
          * conv_input (op, run, state, (int64_t) t + i - past, c);
    op.out[(run.first + (size_t) t) * op.out_stride + c] = op.silu ? ssmt_cuda_silu (sum) : sum;
  }
}

/* The last inputs become the state; from the oldest on, as each comes from behind. */
__global__ static void
conv_keep_kernel (Conv op)
{
  uint32_t c = blockIdx.x * blockDim.x + threadIdx.x, past = op.taps - 1;
  SsmtRun run = op.runs[blockIdx.y];
  float *state = reinterpret_cast<float *> (op.states + run.slot * op.state_stride);

  if (c >= op.dim)
    return;
  for (uint32_t i = 0; i < past; i++)
    state[(size_t) i * op.dim + c] = conv_input (op, run, state, (int64_t) run.rows + i - past, c);
}

void
ssmt_cuda_conv (SsmtDevice *any, const SsmtConvOp *op)
{
  CudaTurn turn (any);
  Conv args = { ssmt_cuda_at<const float> (op->x), ssmt_cuda_at<const float> (op->weight),
    ssmt_cuda_at<const float> (op->bias), ssmt_cuda_at<float> (op->out),
    ssmt_cuda_at<char> (op->state.base), op->state.stride,
    ssmt_cuda_at<const SsmtRun> (op->runs.list), op->dim, op->taps, op->x_stride, op->out_stride,
    op->silu };

  if (!turn.good || op->runs.count == 0)
    return;
  /* no run has more rows than the others leave */
  uint32_t longest = op->rows - op->runs.count + 1;
  uint32_t blocks = ssmt_cuda_blocks (op->dim, BLOCK);
  SSMT_LAUNCH (turn.device, conv_kernel,
      dim3 (blocks, op->runs.count, ssmt_cuda_blocks (longest, PIECE)), dim3 (BLOCK), 0, args);
  if (op->taps > 1)
    SSMT_LAUNCH (
        turn.device, conv_keep_kernel, dim3 (blocks, op->runs.count), dim3 (BLOCK), 0, args);
}

/* --- ssru ----------------------------------------------------------------------- */

/* A thread has a channel of a run, from its first row to its last. */
__global__ static void
ssru_kernel (const float *x, const float *gate, float *out, char *states, size_t state_stride,
    const SsmtRun *runs, uint32_t dim, uint32_t x_stride, uint32_t gate_stride, uint32_t out_stride,
    bool by_segment)
{
  uint32_t c = blockIdx.x * blockDim.x + threadIdx.x;
  SsmtRun run = runs[blockIdx.y];
  float *state = reinterpret_cast<float *> (states + run.slot * state_stride);

  if (c >= dim)
    return;
  float cell = by_segment && run.segment_rows == 0 ? 0.0f : state[c];
  for (size_t t = run.first; t < (size_t) run.first + run.rows; t++) {
    float forget = 1.0f / (1.0f + expf (-gate[t * gate_stride + c]));

    cell = forget * cell + (1.0f - forget) * x[t * x_stride + c];
    out[t * out_stride + c] += ssmt_cuda_relu (cell);
  }
  state[c] = cell;
}

void
ssmt_cuda_ssru (SsmtDevice *any, const SsmtSsruOp *op)
{
  CudaTurn turn (any);

  if (turn.good && op->runs.count > 0)
    SSMT_LAUNCH (turn.device, ssru_kernel, dim3 (ssmt_cuda_blocks (op->dim, BLOCK), op->runs.count),
        dim3 (BLOCK), 0, ssmt_cuda_at<const float> (op->x), ssmt_cuda_at<const float> (op->gate),
        ssmt_cuda_at<float> (op->out), ssmt_cuda_at<char> (op->state.base), op->state.stride,
        ssmt_cuda_at<const SsmtRun> (op->runs.list), op->dim, op->x_stride, op->gate_stride,
        op->out_stride, op->by_segment);
}

/* --- positions ------------------------------------------------------------------ */

__global__ static void
positions_kernel (float *x, const float *table, uint32_t table_rows, const SsmtRun *runs,
    uint32_t count, uint32_t dim, uint32_t stride, uint32_t offset, double divisor, bool by_segment)
{
  uint32_t row = blockIdx.x, i = blockIdx.y * blockDim.x + threadIdx.x, half = dim / 2;
  const SsmtRun *run = ssmt_cuda_run_of (runs, count, row);

  if (!run || i >= half)
    return;
  uint64_t position =
      (by_segment ? run->segment_rows : run->position) + (row - run->first) + offset;
  if (position < table_rows) {
    x[(size_t) row * stride + i] += table[position * dim + i];
    x[(size_t) row * stride + half + i] += table[position * dim + half + i];
    return;
  }
  double angle = (double) position * pow (10000.0, -(double) i / divisor);
  x[(size_t) row * stride + i] += (float) sin (angle);
  x[(size_t) row * stride + half + i] += (float) cos (angle);
}

void
ssmt_cuda_positions (SsmtDevice *any, const SsmtPositionsOp *op)
{
  CudaTurn turn (any);

  if (turn.good && op->rows > 0 && op->dim > 1)
    SSMT_LAUNCH (turn.device, positions_kernel,
        dim3 (op->rows, ssmt_cuda_blocks (op->dim / 2, BLOCK)), dim3 (BLOCK), 0,
        ssmt_cuda_at<float> (op->x), ssmt_cuda_at<const float> (op->table), op->table_rows,
        ssmt_cuda_at<const SsmtRun> (op->runs.list), op->runs.count, op->dim, op->stride,
        op->offset, ssmt_positions_divisor (op), op->by_segment);
}

/* A thread has a pair of a row, in all its heads. */
__global__ static void
rotate_kernel (float *x, uint32_t heads, uint32_t stride, const SsmtRun *runs, uint32_t count,
    uint32_t head_dim, uint32_t half, double divisor, float base, bool interleaved)
{
  uint32_t row = blockIdx.x, i = blockIdx.y * blockDim.x + threadIdx.x;
  const SsmtRun *run = ssmt_cuda_run_of (runs, count, row);

  if (!run || i >= half)
    return;
  double position = (double) (run->position + (row - run->first));
  double angle = position * pow ((double) base, -(double) i / divisor);
  float cosine = (float) cos (angle), sine = (float) sin (angle);
  x += (size_t) row * stride + (interleaved ? 2 * i : i);
  for (uint32_t head = 0; head < heads; head++, x += head_dim) {
    float first = x[0], second = x[interleaved ? 1 : half];

    x[0] = first * cosine - second * sine;
    x[interleaved ? 1 : half] = second * cosine + first * sine;
  }
}

void
ssmt_cuda_rotate_rows (CudaDevice *device, SsmtRef x, uint32_t heads, uint32_t stride,
    const SsmtRuns *runs, uint32_t rows, uint32_t head_dim, uint32_t half, double divisor,
    float base, bool interleaved)
{
  if (rows > 0 && half > 0)
    SSMT_LAUNCH (device, rotate_kernel, dim3 (rows, ssmt_cuda_blocks (half, 64)), dim3 (64), 0,
        ssmt_cuda_at<float> (x), heads, stride, ssmt_cuda_at<const SsmtRun> (runs->list),
        runs->count, head_dim, half, divisor, base, interleaved);
}

void
ssmt_cuda_rotate (SsmtDevice *any, const SsmtRotateOp *op)
{
  CudaTurn turn (any);

  if (!turn.good)
    return;
  ssmt_cuda_rotate_rows (turn.device, op->q, op->q_heads, op->q_stride, &op->runs, op->rows,
      op->head_dim, op->head_dim / 2, op->divisor, op->base, op->interleaved);
  ssmt_cuda_rotate_rows (turn.device, op->k, op->k_heads, op->k_stride, &op->runs, op->rows,
      op->head_dim, op->head_dim / 2, op->divisor, op->base, op->interleaved);
}
