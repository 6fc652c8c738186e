/* ssmtranslate: functions of one number, and what several definitions share
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef SSMT_REF_FUNCTIONS_H
#define SSMT_REF_FUNCTIONS_H

#include <math.h>

static inline float
ssmt_sigmoid (float x)
{
  return 1.0f / (1.0f + expf (-x));
}

static inline float
ssmt_silu (float x)
{
  return x / (1.0f + expf (-x));
}

/* log (1 + e^x), linear above 20 */
static inline float
ssmt_softplus (float x)
{
  return x > 20.0f ? x : log1pf (expf (x));
}

/* A scan's step of time: softplus within [min, max]. */
static inline float
ssmt_time_step (float x, float min, float max)
{
  return fminf (fmaxf (ssmt_softplus (x), min), max);
}

#endif /* SSMT_REF_FUNCTIONS_H */
