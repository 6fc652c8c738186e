/* ssmtranslate: the numbers of a model file
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "quantise.h"

#include <math.h>
#include <string.h>

static float
float_of_bits (uint32_t bits)
{
  float f;
  memcpy (&f, &bits, sizeof f);
  return f;
}

static uint32_t
bits_of_float (float f)
{
  uint32_t bits;
  memcpy (&bits, &f, sizeof bits);
  return bits;
}

float
ssmt_f16_to_f32 (uint16_t half)
{
  uint32_t sign = (uint32_t) (half & 0x8000) << 16;
  uint32_t exponent = (half >> 10) & 31, fraction = half & 1023;

  if (exponent == 0) /* zero or subnormal: fraction * 2^-24 */
    return float_of_bits (sign | bits_of_float ((float) fraction * 0x1p-24f));
  if (exponent == 31)
    return float_of_bits (sign | 0x7f800000 | fraction << 13);
  return float_of_bits (sign | (exponent + 112) << 23 | fraction << 13);
}

uint16_t
ssmt_f32_to_f16 (float value)
{
  uint32_t bits = bits_of_float (value), rest = bits & 0x7fffffff;
  uint16_t sign = (uint16_t) (bits >> 16 & 0x8000);

  if (rest > 0x7f800000)
    return sign | 0x7e00;
  if (rest >= 0x477ff000) /* 65520 and above round to infinity */
    return sign | 0x7c00;
  if (rest < 0x38800000) /* below 2^-14: a multiple of 2^-24 */
    return sign | (uint16_t) rintf (float_of_bits (rest) * 0x1p24f);
  rest += 0xfff + (rest >> 13 & 1);
  return sign | (uint16_t) ((rest - 0x38000000) >> 13);
}

float
ssmt_bf16_to_f32 (uint16_t value)
{
  return float_of_bits ((uint32_t) value << 16);
}

uint16_t
ssmt_f32_to_bf16 (float value)
{
  uint32_t bits = bits_of_float (value);

  if ((bits & 0x7fffffff) > 0x7f800000)
    return (uint16_t) (bits >> 16 | 0x40); /* keep a NaN a NaN */
  return (uint16_t) ((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
}

float
ssmt_stored_value (SsmtDType dtype, const void *row, uint32_t col)
{
  const uint8_t *group = (const uint8_t *) row + col / SSMT_Q4_GROUP * (SSMT_Q4_GROUP / 2);
  uint32_t in_group = col % SSMT_Q4_GROUP;

  switch (dtype) {
    case SSMT_DTYPE_F16:
      return ssmt_f16_to_f32 (((const uint16_t *) row)[col]);
    case SSMT_DTYPE_BF16:
      return ssmt_bf16_to_f32 (((const uint16_t *) row)[col]);
    case SSMT_DTYPE_I8:
      return ((const int8_t *) row)[col];
    case SSMT_DTYPE_Q4:
      return (float) ((group[in_group % 32] >> (in_group < 32 ? 0 : 4) & 15) - 8);
    default:
      return ((const float *) row)[col];
  }
}

float
ssmt_quantisation_step (const float *x, uint32_t dim)
{
  float largest = 0.0f;

  for (uint32_t i = 0; i < dim; i++) {
    if (!isfinite (x[i]))
      return NAN;
    if (fabsf (x[i]) > largest)
      largest = fabsf (x[i]);
  }
  float step = largest / 127.0f;
  return step >= SSMT_QUANTISATION_LEAST && step <= SSMT_QUANTISATION_MOST ? step : 0.0f;
}

int
ssmt_quantised (float x, float step)
{
  return !(step > 0.0f) ? 0 : (int) rintf (x / step);
}

float
ssmt_quantise_row (const float *x, uint32_t dim, int8_t *q)
{
  float step = ssmt_quantisation_step (x, dim);

  for (uint32_t i = 0; i < dim; i++) {
    int value = ssmt_quantised (x[i], step);
    q[i] = (int8_t) (value > 127 ? 127 : value < -127 ? -127 : value);
  }
  return step;
}

/* Rounds a group by `scale` and returns the squared error. */
static double
round_group (const float *x, uint32_t dim, float scale, int *q)
{
  double error = 0;

  for (uint32_t i = 0; i < dim; i++) {
    float value = isfinite (x[i]) ? x[i] : 0.0f;
    float whole = rintf (value / scale);
    q[i] = (int) (whole < -8.0f ? -8.0f : whole > 7.0f ? 7.0f : whole);
    double d = value - (double) scale * q[i];
    error += d * d;
  }
  return error;
}

float
ssmt_quantise_q4_group (const float *x, uint32_t dim, uint8_t packed[SSMT_Q4_GROUP / 2])
{
  int q[SSMT_Q4_GROUP], best[SSMT_Q4_GROUP] = { 0 };
  float largest = 0.0f, scale = 0.0f;
  double least = INFINITY;

  for (uint32_t i = 0; i < dim; i++)
    if (isfinite (x[i]) && fabsf (x[i]) > largest)
      largest = fabsf (x[i]);
  /* the largest value becomes a level from 5.5 (it is cut) to 8.5, by steps of 1/4 */
  for (int level = 22; level <= 34; level++)
    for (int sign = -1; sign <= 1; sign += 2) {
      float candidate = (float) sign * largest / ((float) level / 4.0f);
      if (!(fabsf (candidate) >= 1.2e-38f)) /* a subnormal is not worth it */
        continue;
      double error = round_group (x, dim, candidate, q);
      if (error < least) {
        least = error;
        scale = candidate;
        memcpy (best, q, dim * sizeof *q);
      }
    }
  for (uint32_t i = 0; i < SSMT_Q4_GROUP / 2; i++)
    packed[i] = (uint8_t) ((best[i] + 8) | (best[32 + i] + 8) << 4);
  return scale;
}
