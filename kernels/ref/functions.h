/* ssmtranslate: functions of one number, and what several definitions share
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef SSMT_REF_FUNCTIONS_H
#define SSMT_REF_FUNCTIONS_H

#include <math.h>

/* What is not a number stays so in all of these: a comparison with it is false. */

/* x within [min, max] */
static inline float
ssmt_clamp (float x, float min, float max)
{
  return x < min ? min : x > max ? max : x;
}

/* e^x for x in [-87, 88], others as the nearer end: never 0 and never infinite */
static inline float
ssmt_exp (float x)
{
  return expf (ssmt_clamp (x, -87.0f, 88.0f));
}

static inline float
ssmt_sigmoid (float x)
{
  return 1.0f / (1.0f + ssmt_exp (-x));
}

static inline float
ssmt_silu (float x)
{
  return x / (1.0f + ssmt_exp (-x));
}

static inline float
ssmt_relu (float x)
{
  return x < 0.0f ? 0.0f : x;
}

/* x Phi (x); below 0 never 0, as e^x */
static inline float
ssmt_gelu (float x)
{
  double value = x < -40.0f ? 0.0 : x * 0.5 * erfc (x * -0.70710678118654752);

  return x < 0.0f && value > -1e-38 ? -1e-38f : (float) value;
}

/* log (1 + e^x), linear above 20 */
static inline float
ssmt_softplus (float x)
{
  return x > 20.0f ? x : log1pf (ssmt_exp (x));
}

/* A scan's step of time: softplus within [min, max]. */
static inline float
ssmt_time_step (float x, float min, float max)
{
  return ssmt_clamp (ssmt_softplus (x), min, max);
}

#endif /* SSMT_REF_FUNCTIONS_H */
