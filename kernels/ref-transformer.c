/* ssmtranslate: what a plain Transformer needs beside attention, in plain C
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "ref.h"

#include <math.h>

void
ssmt_ref_layer_norm (const SsmtLayerNormArgs *args, uint32_t begin, uint32_t end)
{
  for (uint32_t r = begin; r < end; r++) {
    const float *x = args->x + (size_t) r * args->x_stride;
    float *out = args->out + (size_t) r * args->out_stride;
    double mean = 0, variance = 0;

    for (uint32_t i = 0; i < args->dim; i++)
      mean += x[i];
    mean /= args->dim;
    for (uint32_t i = 0; i < args->dim; i++)
      variance += (x[i] - mean) * (x[i] - mean);
    double factor = 1.0 / sqrt (variance / args->dim + args->eps);
    for (uint32_t i = 0; i < args->dim; i++)
      out[i] = (float) ((x[i] - mean) * factor * args->weight[i]
          + (args->bias ? args->bias[i] : 0.0f));
  }
}

static float
activate (float x, SsmtActivation function)
{
  switch (function) {
    case SSMT_ACTIVATION_RELU:
      return x > 0.0f ? x : 0.0f;
    case SSMT_ACTIVATION_GELU:
      return (float) (x * 0.5 * (1.0 + erf (x * 0.70710678118654752)));
    case SSMT_ACTIVATION_SILU:
      return x / (1.0f + expf (-x));
  }
  return x;
}

void
ssmt_ref_activation (const SsmtActivationArgs *args, uint32_t begin, uint32_t end)
{
  for (uint32_t r = begin; r < end; r++) {
    const float *x = args->x + (size_t) r * args->x_stride;
    float *out = args->out + (size_t) r * args->out_stride;

    for (uint32_t i = 0; i < args->dim; i++)
      out[i] = activate (x[i], args->function);
  }
}

static void
add_position (float *x, uint32_t dim, double position)
{
  uint32_t half = dim / 2;

  for (uint32_t i = 0; i < half; i++) {
    double angle = position * (half > 1 ? pow (10000.0, -(double) i / (half - 1)) : 1.0);
    x[i] += (float) sin (angle);
    x[half + i] += (float) cos (angle);
  }
}

void
ssmt_ref_positions (const SsmtPositionsArgs *args, uint32_t begin, uint32_t end)
{
  for (uint32_t i = 0; i < args->runs.count; i++) {
    const SsmtRun *run = &args->runs.list[i];
    uint32_t t = begin > run->first ? begin - run->first : 0;

    for (; t < run->rows && run->first + t < end; t++)
      add_position (args->x + ((size_t) run->first + t) * args->stride, args->dim,
          (double) (run->position + t + args->offset));
  }
}
