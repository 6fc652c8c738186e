/* ssmtranslate: CUDA: operations on rows by themselves
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "cuda-ops.h"

#define BLOCK 256u

/* --- embedding --------------------------------------------------------------- */

__global__ static void
embed_kernel (SsmtDType dtype, const void *table, const float *scales, uint32_t cols,
    const int32_t *ids, float *out, uint32_t out_stride, float scale)
{
  uint32_t col = blockIdx.y * blockDim.x + threadIdx.x;
  size_t id = (size_t) ids[blockIdx.x], at = id * cols + col;
  float value;

  if (col >= cols)
    return;
  if (dtype == SSMT_DTYPE_F32) {
    value = static_cast<const float *> (table)[at];
  } else if (dtype == SSMT_DTYPE_F16) {
    value = ssmt_cuda_half (static_cast<const uint16_t *> (table)[at]);
  } else if (dtype == SSMT_DTYPE_BF16) {
    value = ssmt_cuda_bfloat (static_cast<const uint16_t *> (table)[at]);
  } else if (dtype == SSMT_DTYPE_I8) {
    value = static_cast<const int8_t *> (table)[at];
    scale *= scales[id];
  } else {
    size_t groups = (cols + SSMT_Q4_GROUP - 1) / SSMT_Q4_GROUP;
    size_t group = id * groups + col / SSMT_Q4_GROUP;
    uint32_t in_group = col % SSMT_Q4_GROUP;
    uint8_t byte = static_cast<const uint8_t *> (table)[group * 32 + in_group % 32];

    value = (float) ((byte >> (in_group < 32 ? 0 : 4) & 15) - 8);
    scale *= scales[group];
  }
  out[(size_t) blockIdx.x * out_stride + col] = value * scale;
}

void
ssmt_cuda_embed (SsmtDevice *any, const SsmtEmbedOp *op)
{
  CudaTurn turn (any);
  const SsmtMatrix *table = op->table;

  if (turn.good && op->rows > 0)
    SSMT_LAUNCH (turn.device, embed_kernel, dim3 (op->rows, ssmt_cuda_blocks (table->cols, BLOCK)),
        dim3 (BLOCK), 0, table->dtype, ssmt_cuda_at<const void> (table->data),
        ssmt_cuda_at<const float> (table->scales), table->cols,
        ssmt_cuda_at<const int32_t> (op->ids), ssmt_cuda_at<float> (op->out), op->out_stride,
        op->scale);
}

/* --- norms ------------------------------------------------------------------- */

/* A block normalises one group of one row. */
__global__ static void
rms_norm_kernel (const float *x, const float *gate, const float *weight, float *out, uint32_t dim,
    uint32_t group, uint32_t x_stride, uint32_t gate_stride, uint32_t out_stride, float eps)
{
  __shared__ float room[33];
  uint32_t first = blockIdx.y * group;
  uint32_t last = first + group < dim ? first + group : dim;
  size_t row = blockIdx.x;
  float sum = 0.0f;

  x += row * x_stride;
  out += row * out_stride;
  if (gate)
    gate += row * gate_stride;
  for (uint32_t i = first + threadIdx.x; i < last; i += blockDim.x) {
    float g = gate ? x[i] * ssmt_cuda_silu (gate[i]) : x[i];
    sum += g * g;
  }
  sum = ssmt_cuda_block_reduce (sum, room, 0.0f, CudaSum ());
  float factor = 1.0f / sqrtf (sum / (float) (last - first) + eps);
  for (uint32_t i = first + threadIdx.x; i < last; i += blockDim.x) {
    float g = gate ? x[i] * ssmt_cuda_silu (gate[i]) : x[i];
    out[i] = g * factor * (weight ? weight[i] : 1.0f);
  }
}

void
ssmt_cuda_rms_norm (SsmtDevice *any, const SsmtRmsNormOp *op)
{
  CudaTurn turn (any);

  if (turn.good && op->rows > 0)
    SSMT_LAUNCH (turn.device, rms_norm_kernel,
        dim3 (op->rows, ssmt_cuda_blocks (op->dim, op->group)), dim3 (op->group > 128 ? BLOCK : 64),
        0, ssmt_cuda_at<const float> (op->x), ssmt_cuda_at<const float> (op->gate),
        ssmt_cuda_at<const float> (op->weight), ssmt_cuda_at<float> (op->out), op->dim, op->group,
        op->x_stride, op->gate_stride, op->out_stride, op->eps);
}

__global__ static void
layer_norm_kernel (const float *x, const float *weight, const float *bias, float *out, uint32_t dim,
    uint32_t x_stride, uint32_t out_stride, float eps)
{
  __shared__ float room[33];
  size_t row = blockIdx.x;
  float mean = 0.0f, variance = 0.0f;

  x += row * x_stride;
  out += row * out_stride;
  for (uint32_t i = threadIdx.x; i < dim; i += blockDim.x)
    mean += x[i];
  mean = ssmt_cuda_block_reduce (mean, room, 0.0f, CudaSum ()) / (float) dim;
  for (uint32_t i = threadIdx.x; i < dim; i += blockDim.x)
    variance += (x[i] - mean) * (x[i] - mean);
  variance = ssmt_cuda_block_reduce (variance, room, 0.0f, CudaSum ()) / (float) dim;
  float factor = 1.0f / sqrtf (variance + eps);
  for (uint32_t i = threadIdx.x; i < dim; i += blockDim.x)
    out[i] = (x[i] - mean) * factor * weight[i] + (bias ? bias[i] : 0.0f);
}

void
ssmt_cuda_layer_norm (SsmtDevice *any, const SsmtLayerNormOp *op)
{
  CudaTurn turn (any);

  if (turn.good && op->rows > 0)
    SSMT_LAUNCH (turn.device, layer_norm_kernel, dim3 (op->rows), dim3 (BLOCK), 0,
        ssmt_cuda_at<const float> (op->x), ssmt_cuda_at<const float> (op->weight),
        ssmt_cuda_at<const float> (op->bias), ssmt_cuda_at<float> (op->out), op->dim, op->x_stride,
        op->out_stride, op->eps);
}

/* --- elementwise ------------------------------------------------------------- */

__device__ static float
gelu (float x)
{
  return 0.5f * x * (1.0f + erff (x * 0.70710678f));
}

__global__ static void
swiglu_kernel (const float *gate, const float *up, float *out, uint32_t dim, uint32_t gate_stride,
    uint32_t up_stride, uint32_t out_stride, bool with_gelu)
{
  uint32_t i = blockIdx.y * blockDim.x + threadIdx.x;
  size_t row = blockIdx.x;

  if (i < dim) {
    float g = gate[row * gate_stride + i];
    out[row * out_stride + i] =
        (with_gelu ? gelu (g) : ssmt_cuda_silu (g)) * up[row * up_stride + i];
  }
}

void
ssmt_cuda_swiglu (SsmtDevice *any, const SsmtSwigluOp *op)
{
  CudaTurn turn (any);

  if (turn.good && op->rows > 0)
    SSMT_LAUNCH (turn.device, swiglu_kernel, dim3 (op->rows, ssmt_cuda_blocks (op->dim, BLOCK)),
        dim3 (BLOCK), 0, ssmt_cuda_at<const float> (op->gate), ssmt_cuda_at<const float> (op->up),
        ssmt_cuda_at<float> (op->out), op->dim, op->gate_stride, op->up_stride, op->out_stride,
        op->gelu);
}

__global__ static void
activation_kernel (const float *x, float *out, uint32_t dim, uint32_t x_stride, uint32_t out_stride,
    SsmtActivation function)
{
  uint32_t i = blockIdx.y * blockDim.x + threadIdx.x;
  size_t row = blockIdx.x;

  if (i >= dim)
    return;
  float value = x[row * x_stride + i];
  out[row * out_stride + i] = function == SSMT_ACTIVATION_RELU ? ssmt_cuda_relu (value)
      : function == SSMT_ACTIVATION_GELU                       ? gelu (value)
                                                               : ssmt_cuda_silu (value);
}

void
ssmt_cuda_activation (SsmtDevice *any, const SsmtActivationOp *op)
{
  CudaTurn turn (any);

  if (turn.good && op->rows > 0)
    SSMT_LAUNCH (turn.device, activation_kernel, dim3 (op->rows, ssmt_cuda_blocks (op->dim, BLOCK)),
        dim3 (BLOCK), 0, ssmt_cuda_at<const float> (op->x), ssmt_cuda_at<float> (op->out), op->dim,
        op->x_stride, op->out_stride, op->function);
}
