/* ssmtranslate: CUDA: products with weights
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * For a few rows what counts is reading the weights once, at the memory's speed: a warp has an
 * output and up to TILE rows of x. For more rows the product is cuBLAS's. I8 and Q4 read x
 * as int8 (ops.h), which one pass over x makes first; their sums are exact, so that the
 * number of rows changes nothing.
 */
#include "cuda-ops.h"
#include "kernels/quantise.h"

#define BLOCK 256u
#define WARPS (BLOCK / SSMT_WARP)
#define TILE 8u /* rows of x that a warp has at once */

/* out and how a sum goes there. */
typedef struct {
  float *out;
  const float *bias;
  uint32_t rows, stride;
  bool accumulate;
} Output;

__device__ static __forceinline__ void
store (const Output &output, uint32_t row, uint32_t o, float value)
{
  float *out = output.out + (size_t) row * output.stride + o;

  if (output.bias)
    value += output.bias[o];
  *out = output.accumulate ? *out + value : value;
}

/* --- floats, few rows ------------------------------------------------------ */

template <SsmtDType dtype>
__device__ static __forceinline__ float
weight_at (const void *weight, size_t i)
{
  if (dtype == SSMT_DTYPE_F32)
    return static_cast<const float *> (weight)[i];
  uint16_t bits = static_cast<const uint16_t *> (weight)[i];
  return dtype == SSMT_DTYPE_F16 ? ssmt_cuda_half (bits) : ssmt_cuda_bfloat (bits);
}

/* Weights come in 16 bytes where rows are whole ones of these (`wide`). */
template <SsmtDType dtype, bool wide>
__global__ static void
gemv_kernel (const void *weight, uint32_t outputs, uint32_t inputs, const float *x,
    uint32_t x_stride, Output output)
{
  const uint32_t step = !wide ? 1 : dtype == SSMT_DTYPE_F32 ? 4 : 8;
  uint32_t lane = threadIdx.x % SSMT_WARP, o = blockIdx.x * WARPS + threadIdx.x / SSMT_WARP;
  uint32_t first = blockIdx.y * TILE;
  uint32_t n = output.rows - first < TILE ? output.rows - first : TILE;
  float sum[TILE] = { 0 };

  if (o >= outputs)
    return; /* a whole warp */
  size_t at = (size_t) o * inputs;
  x += (size_t) first * x_stride;
  for (uint32_t i = lane * step; i < inputs; i += SSMT_WARP * step) {
    float w[8];
    if (wide) {
      uint4 bits = *reinterpret_cast<const uint4 *> (
          static_cast<const char *> (weight) + (at + i) * (dtype == SSMT_DTYPE_F32 ? 4 : 2));
      const unsigned words[4] = { bits.x, bits.y, bits.z, bits.w };
#pragma unroll
      for (uint32_t j = 0; j < step; j++)
        w[j] = dtype == SSMT_DTYPE_F32 ? __uint_as_float (words[j % 4])
            : dtype == SSMT_DTYPE_F16
            ? ssmt_cuda_half ((uint16_t) (words[j / 2] >> 16 * (j % 2)))
            : ssmt_cuda_bfloat ((uint16_t) (words[j / 2] >> 16 * (j % 2)));
    } else {
      w[0] = weight_at<dtype> (weight, at + i);
    }
#pragma unroll
    for (uint32_t r = 0; r < TILE; r++)
      if (r < n)
#pragma unroll
        for (uint32_t j = 0; j < step; j++)
          sum[r] += w[j] * x[(size_t) r * x_stride + i + j];
  }
#pragma unroll
  for (uint32_t r = 0; r < TILE; r++) {
    if (r >= n)
      continue;
    float total = ssmt_cuda_warp_sum (sum[r]);
    if (lane == 0)
      store (output, first + r, o, total);
  }
}

template <SsmtDType dtype>
static void
gemv (CudaDevice *device, const SsmtLinearOp *op, const Output &output)
{
  const SsmtMatrix *w = op->weight;
  const void *data = ssmt_cuda_at<const void> (w->data);
  dim3 grid (ssmt_cuda_blocks (w->rows, WARPS), ssmt_cuda_blocks (op->rows, TILE));
  bool wide =
      ssmt_row_bytes (dtype, w->cols) % 16 == 0 && reinterpret_cast<uintptr_t> (data) % 16 == 0;
  const float *x = ssmt_cuda_at<const float> (op->x);

  if (wide)
    SSMT_LAUNCH (device, (gemv_kernel<dtype, true>), grid, dim3 (BLOCK), 0, data, w->rows, w->cols,
        x, op->x_stride, output);
  else
    SSMT_LAUNCH (device, (gemv_kernel<dtype, false>), grid, dim3 (BLOCK), 0, data, w->rows, w->cols,
        x, op->x_stride, output);
}

/* --- floats, many rows ------------------------------------------------------ */

__global__ static void
bias_kernel (Output output, uint32_t outputs)
{
  uint32_t o = blockIdx.y * blockDim.x + threadIdx.x;

  if (o < outputs)
    store (output, blockIdx.x, o, 0.0f);
}

__global__ static void
to_bfloat_kernel (const float *x, uint32_t x_stride, uint32_t dim, uint16_t *out)
{
  uint32_t i = blockIdx.y * blockDim.x + threadIdx.x;

  if (i < dim)
    out[(size_t) blockIdx.x * dim + i] =
        ssmt_cuda_to_bfloat (x[(size_t) blockIdx.x * x_stride + i]);
}

__global__ static void
from_half_kernel (const uint16_t *x, size_t n, float *out)
{
  size_t i = (size_t) blockIdx.x * blockDim.x + threadIdx.x;

  if (i < n)
    out[i] = ssmt_cuda_half (x[i]);
}

static void
gemm (CudaDevice *device, const SsmtLinearOp *op, const Output &output)
{
  const SsmtMatrix *w = op->weight;
  const void *weight = ssmt_cuda_at<const void> (w->data);
  const void *x = ssmt_cuda_at<const void> (op->x);
  SsmtDType dtype = w->dtype;
  uint32_t x_stride = op->x_stride;
  size_t n = (size_t) w->rows * w->cols;
  bool add = op->accumulate || output.bias;

  if (output.bias)
    SSMT_LAUNCH (device, bias_kernel, dim3 (op->rows, ssmt_cuda_blocks (w->rows, BLOCK)),
        dim3 (BLOCK), 0, output, w->rows);
  if (dtype == SSMT_DTYPE_BF16) {
    uint16_t *rounded = static_cast<uint16_t *> (
        ssmt_cuda_scratch (device, (size_t) op->rows * w->cols * sizeof *rounded));
    if (!rounded)
      return;
    SSMT_LAUNCH (device, to_bfloat_kernel, dim3 (op->rows, ssmt_cuda_blocks (w->cols, BLOCK)),
        dim3 (BLOCK), 0, static_cast<const float *> (x), x_stride, w->cols, rounded);
    x = rounded;
    x_stride = w->cols;
  } else if (dtype == SSMT_DTYPE_F16) {
    /* x may be larger than an F16 can be */
    float *wide = static_cast<float *> (ssmt_cuda_scratch (device, n * sizeof *wide));
    if (!wide)
      return;
    SSMT_LAUNCH (device, from_half_kernel, dim3 (ssmt_cuda_blocks (n, BLOCK)), dim3 (BLOCK), 0,
        static_cast<const uint16_t *> (weight), n, wide);
    weight = wide;
    dtype = SSMT_DTYPE_F32;
  }
  ssmt_cuda_gemm (device, dtype, weight, x, x_stride, op->rows, w->rows, w->cols, output.out,
      output.stride, add);
}

/* --- int8 ------------------------------------------------------------------ */

/* A block has a row; q has `padded` values a row, zeros behind the last. */
__global__ static void
quantise_kernel (
    const float *x, uint32_t x_stride, uint32_t dim, uint32_t padded, int8_t *q, float *steps)
{
  __shared__ float room[33];
  size_t row = blockIdx.x;
  float largest = 0.0f;

  x += row * x_stride;
  for (uint32_t i = threadIdx.x; i < dim; i += blockDim.x)
    largest = fabsf (x[i]) < INFINITY ? fmaxf (largest, fabsf (x[i])) : INFINITY;
  largest = ssmt_cuda_block_reduce (largest, room, 0.0f, CudaMax ());
  float step = largest / 127.0f;
  if (!(step >= SSMT_QUANTISATION_LEAST && step <= SSMT_QUANTISATION_MOST))
    step = largest < INFINITY ? 0.0f : NAN;
  for (uint32_t i = threadIdx.x; i < padded; i += blockDim.x) {
    float value = i < dim ? x[i] : 0.0f;
    float whole = step > 0.0f ? rintf (value / step) : 0.0f;

    q[row * padded + i] = (int8_t) fminf (fmaxf (whole, -127.0f), 127.0f);
  }
  if (threadIdx.x == 0)
    steps[row] = step;
}

template <bool words>
__global__ static void
i8_kernel (const int8_t *weight, const float *scales, uint32_t outputs, uint32_t inputs,
    const int8_t *q, uint32_t padded, const float *steps, Output output)
{
  uint32_t lane = threadIdx.x % SSMT_WARP, o = blockIdx.x * WARPS + threadIdx.x / SSMT_WARP;
  uint32_t first = blockIdx.y * TILE;
  uint32_t n = output.rows - first < TILE ? output.rows - first : TILE;
  int sum[TILE] = { 0 };

  if (o >= outputs)
    return;
  weight += (size_t) o * inputs;
  q += (size_t) first * padded;
  if (words) {
#pragma unroll 4
    for (uint32_t i = lane; i < inputs / 4; i += SSMT_WARP) {
      int w = reinterpret_cast<const int *> (weight)[i];
#pragma unroll
      for (uint32_t r = 0; r < TILE; r++)
        if (r < n)
          sum[r] = __dp4a (w, reinterpret_cast<const int *> (q + (size_t) r * padded)[i], sum[r]);
    }
  } else {
    for (uint32_t i = lane; i < inputs; i += SSMT_WARP)
#pragma unroll
      for (uint32_t r = 0; r < TILE; r++)
        if (r < n)
          sum[r] += weight[i] * q[(size_t) r * padded + i];
  }
#pragma unroll
  for (uint32_t r = 0; r < TILE; r++) {
    if (r >= n)
      continue;
    int total = sum[r];
    for (int mask = 16; mask > 0; mask /= 2)
      total += __shfl_xor_sync (~0u, total, mask);
    if (lane == 0)
      store (output, first + r, o, (float) total * (steps[first + r] * scales[o]));
  }
}

__global__ static void
scale_kernel (
    const int *sums, uint32_t outputs, const float *scales, const float *steps, Output output)
{
  uint32_t o = blockIdx.y * blockDim.x + threadIdx.x, row = blockIdx.x;

  if (o < outputs)
    store (output, row, o, (float) sums[(size_t) row * outputs + o] * (steps[row] * scales[o]));
}

/* Half a warp has an output: lane j its sub-sum j, whose floats add up in the order of
 * ssmt_ref_sum_lanes(). */
__global__ static void
q4_kernel (const uint8_t *weight, const float *scales, uint32_t outputs, uint32_t groups,
    const int8_t *q, const float *steps, Output output)
{
  uint32_t j = threadIdx.x % 16, o = blockIdx.x * (BLOCK / 16) + threadIdx.x / 16;
  uint32_t first = blockIdx.y * TILE;
  uint32_t n = output.rows - first < TILE ? output.rows - first : TILE;
  float sum[TILE] = { 0 };
  bool mine = o < outputs;

  if (!mine)
    o = outputs - 1; /* its warp's other half may have one */
  weight += (size_t) o * groups * 32 + j % 8 * 4;
  q += (size_t) first * groups * SSMT_Q4_GROUP + j * 4;
  for (uint32_t g = 0; g < groups; g++) {
    unsigned packed = *reinterpret_cast<const unsigned *> (weight + (size_t) g * 32);
    int w = (int) __vsub4 (packed >> (j < 8 ? 0 : 4) & 0x0f0f0f0fu, 0x08080808u);
    float scale = scales[(size_t) o * groups + g];
#pragma unroll
    for (uint32_t r = 0; r < TILE; r++)
      if (r < n)
        sum[r] = fmaf (scale,
            (float) __dp4a (w,
                *reinterpret_cast<const int *> (q + ((size_t) r * groups + g) * SSMT_Q4_GROUP), 0),
            sum[r]);
  }
#pragma unroll
  for (uint32_t r = 0; r < TILE; r++) {
    if (r >= n)
      continue;
    float total = sum[r];
    total += __shfl_xor_sync (~0u, total, 2);
    total += __shfl_xor_sync (~0u, total, 1);
    total += __shfl_xor_sync (~0u, total, 8);
    total += __shfl_xor_sync (~0u, total, 4);
    if (mine && j == 0)
      store (output, first + r, o, total * steps[first + r]);
  }
}

static size_t
align_up (size_t n, size_t to)
{
  return (n + to - 1) / to * to;
}

static void
linear_int8 (CudaDevice *device, const SsmtLinearOp *op, const Output &output)
{
  const SsmtMatrix *w = op->weight;
  bool q4 = w->dtype == SSMT_DTYPE_Q4;
  uint32_t groups = (uint32_t) ssmt_q4_groups (w->cols), padded = groups * SSMT_Q4_GROUP;
  const char *weight = ssmt_cuda_at<const char> (w->data);
  const float *scales = ssmt_cuda_at<const float> (w->scales);
  bool words = w->cols % 4 == 0 && reinterpret_cast<uintptr_t> (weight) % 4 == 0;
  /* cuBLAS wants rows of whole words on both sides */
  bool many = !q4 && words && w->rows % 4 == 0 && op->rows > 4 * TILE;
  size_t q_bytes = align_up ((size_t) op->rows * padded, 256);
  size_t step_bytes = align_up (op->rows * sizeof (float), 256);
  size_t sum_bytes = many ? (size_t) op->rows * w->rows * sizeof (int) : 0;
  char *scratch =
      static_cast<char *> (ssmt_cuda_scratch (device, q_bytes + step_bytes + sum_bytes));
  if (!scratch)
    return;

  int8_t *q = reinterpret_cast<int8_t *> (scratch);
  float *steps = reinterpret_cast<float *> (scratch + q_bytes);
  int *sums = reinterpret_cast<int *> (scratch + q_bytes + step_bytes);
  dim3 grid (
      ssmt_cuda_blocks (w->rows, q4 ? BLOCK / 16 : WARPS), ssmt_cuda_blocks (op->rows, TILE));

  SSMT_LAUNCH (device, quantise_kernel, dim3 (op->rows), dim3 (BLOCK), 0,
      ssmt_cuda_at<const float> (op->x), op->x_stride, w->cols, padded, q, steps);
  if (q4) {
    SSMT_LAUNCH (device, q4_kernel, grid, dim3 (BLOCK), 0,
        reinterpret_cast<const uint8_t *> (weight), scales, w->rows, groups, q, steps, output);
  } else if (many) {
    ssmt_cuda_gemm (
        device, SSMT_DTYPE_I8, weight, q, padded, op->rows, w->rows, w->cols, sums, w->rows, false);
    SSMT_LAUNCH (device, scale_kernel, dim3 (op->rows, ssmt_cuda_blocks (w->rows, BLOCK)),
        dim3 (BLOCK), 0, sums, w->rows, scales, steps, output);
  } else if (words) {
    SSMT_LAUNCH (device, i8_kernel<true>, grid, dim3 (BLOCK), 0,
        reinterpret_cast<const int8_t *> (weight), scales, w->rows, w->cols, q, padded, steps,
        output);
  } else {
    SSMT_LAUNCH (device, i8_kernel<false>, grid, dim3 (BLOCK), 0,
        reinterpret_cast<const int8_t *> (weight), scales, w->rows, w->cols, q, padded, steps,
        output);
  }
}

void
ssmt_cuda_linear (SsmtDevice *any, const SsmtLinearOp *op)
{
  CudaTurn turn (any);
  SsmtDType dtype = op->weight->dtype;
  Output output = { ssmt_cuda_at<float> (op->out), ssmt_cuda_at<const float> (op->bias), op->rows,
    op->out_stride, op->accumulate };

  if (!turn.good || op->rows == 0)
    return;
  if (dtype == SSMT_DTYPE_I8 || dtype == SSMT_DTYPE_Q4)
    linear_int8 (turn.device, op, output);
  else if (op->rows > TILE)
    gemm (turn.device, op, output);
  else if (dtype == SSMT_DTYPE_F32)
    gemv<SSMT_DTYPE_F32> (turn.device, op, output);
  else if (dtype == SSMT_DTYPE_F16)
    gemv<SSMT_DTYPE_F16> (turn.device, op, output);
  else
    gemv<SSMT_DTYPE_BF16> (turn.device, op, output);
}
