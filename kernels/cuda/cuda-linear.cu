/* ssmtranslate: CUDA: products with weights
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A row's product is the same bits whatever rows share the batch. For a few rows what counts is
 * reading the weights once, at the memory's speed: a warp has an output and up to TILE rows of
 * x. For more rows it has MANY outputs, and each sum has the same order. No float product is
 * cuBLAS's, whose order depends on the number of rows. I8 and Q4 read x as int8 (ops.h), which
 * one pass over x makes first; sums in int32 are exact, so that those of I8 may be cuBLAS's.
 */
#include "cuda-ops.h"
#include "kernels/quantise.h"

#define BLOCK 256u
#define WARPS (BLOCK / SSMT_WARP)
#define TILE 8u /* rows of x that a warp has at once */
#define MANY 4u /* outputs, where there are more rows than these */

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

/* --- floats ------------------------------------------------------------------ */

template <SsmtDType dtype>
__device__ static __forceinline__ float
weight_at (const void *weight, size_t i)
{
  if (dtype == SSMT_DTYPE_F32)
    return static_cast<const float *> (weight)[i];
  uint16_t bits = static_cast<const uint16_t *> (weight)[i];
  return dtype == SSMT_DTYPE_F16 ? ssmt_cuda_half (bits) : ssmt_cuda_bfloat (bits);
}

/* w[0], ... = as many weights from number i on as come in 16 bytes where rows are whole ones of these
 * (`wide`), else one. */
template <SsmtDType dtype, bool wide>
__device__ static __forceinline__ void
read_weights (const void *weight, size_t i, float *w)
{
  if (!wide) {
    w[0] = weight_at<dtype> (weight, i);
    return;
  }
  uint4 bits = *reinterpret_cast<const uint4 *> (
      static_cast<const char *> (weight) + i * (dtype == SSMT_DTYPE_F32 ? 4 : 2));
  const unsigned words[4] = { bits.x, bits.y, bits.z, bits.w };
#pragma unroll
  for (uint32_t j = 0; j < (dtype == SSMT_DTYPE_F32 ? 4 : 8); j++)
    w[j] = dtype == SSMT_DTYPE_F32 ? __uint_as_float (words[j % 4])
        : dtype == SSMT_DTYPE_F16  ? ssmt_cuda_half ((uint16_t) (words[j / 2] >> 16 * (j % 2)))
                                   : ssmt_cuda_bfloat ((uint16_t) (words[j / 2] >> 16 * (j % 2)));
}

/* A warp has `many` outputs and up to TILE rows. The sum of a row and an output takes the same steps in the
 * same order whatever else its warp has: lane l has inputs l step + j of each SSMT_WARP step. */
template <SsmtDType dtype, bool wide, uint32_t many>
__global__ static void
product_kernel (const void *weight, uint32_t outputs, uint32_t inputs, const float *x,
    uint32_t x_stride, Output output)
{
  const uint32_t step = !wide ? 1 : dtype == SSMT_DTYPE_F32 ? 4 : 8;
  uint32_t lane = threadIdx.x % SSMT_WARP, first = blockIdx.y * TILE;
  uint32_t o = (blockIdx.x * WARPS + threadIdx.x / SSMT_WARP) * many;
  uint32_t n = output.rows - first < TILE ? output.rows - first : TILE;
  float sum[TILE][many] = {};

  if (o >= outputs)
    return; /* a whole warp */
  x += (size_t) first * x_stride;
  for (uint32_t i = lane * step; i < inputs; i += SSMT_WARP * step) {
    float w[many][8];

#pragma unroll
    for (uint32_t k = 0; k < many; k++) /* behind the last output: the last one again */
      read_weights<dtype, wide> (
          weight, (size_t) (o + k < outputs ? o + k : outputs - 1) * inputs + i, w[k]);
#pragma unroll
    for (uint32_t r = 0; r < TILE; r++)
      if (r < n)
#pragma unroll
        for (uint32_t j = 0; j < step; j++) {
          float value = x[(size_t) r * x_stride + i + j];
#pragma unroll
          for (uint32_t k = 0; k < many; k++)
            sum[r][k] = fmaf (w[k][j], value, sum[r][k]);
        }
  }
#pragma unroll
  for (uint32_t r = 0; r < TILE; r++)
#pragma unroll
    for (uint32_t k = 0; k < many; k++) {
      if (r >= n || o + k >= outputs)
        continue;
      float total = ssmt_cuda_warp_sum (sum[r][k]);
      if (lane == 0)
        store (output, first + r, o + k, total);
    }
}

template <SsmtDType dtype, bool wide>
static void
launch_product (CudaDevice *device, const SsmtLinearOp *op, const Output &output)
{
  const SsmtMatrix *w = op->weight;
  const void *data = ssmt_cuda_at<const void> (w->data);
  const float *x = ssmt_cuda_at<const float> (op->x);
  uint32_t tiles = ssmt_cuda_blocks (op->rows, TILE);

  if (op->rows <= TILE)
    SSMT_LAUNCH (device, (product_kernel<dtype, wide, 1>),
        dim3 (ssmt_cuda_blocks (w->rows, WARPS), tiles), dim3 (BLOCK), 0, data, w->rows, w->cols, x,
        op->x_stride, output);
  else
    SSMT_LAUNCH (device, (product_kernel<dtype, wide, MANY>),
        dim3 (ssmt_cuda_blocks (w->rows, WARPS * MANY), tiles), dim3 (BLOCK), 0, data, w->rows,
        w->cols, x, op->x_stride, output);
}

template <SsmtDType dtype>
static void
linear_float (CudaDevice *device, const SsmtLinearOp *op, const Output &output)
{
  const void *data = ssmt_cuda_at<const void> (op->weight->data);

  if (ssmt_row_bytes (dtype, op->weight->cols) % 16 == 0
      && reinterpret_cast<uintptr_t> (data) % 16 == 0)
    launch_product<dtype, true> (device, op, output);
  else
    launch_product<dtype, false> (device, op, output);
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
    ssmt_cuda_gemm (device, reinterpret_cast<const int8_t *> (weight), q, padded, op->rows, w->rows,
        w->cols, sums);
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
  else if (dtype == SSMT_DTYPE_F32)
    linear_float<SSMT_DTYPE_F32> (turn.device, op, output);
  else if (dtype == SSMT_DTYPE_F16)
    linear_float<SSMT_DTYPE_F16> (turn.device, op, output);
  else
    linear_float<SSMT_DTYPE_BF16> (turn.device, op, output);
}
