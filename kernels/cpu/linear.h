/* ssmtranslate: what all products share
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef SSMT_LINEAR_H
#define SSMT_LINEAR_H

#include "vec.h"
#include "vec-kernels.h"

#define LINEAR_CACHE (384u << 10)       /* bytes of x that stay in a core's cache */

/* Lanes of four that stand before `end`. */
V_INLINE __m128i
linear_mask (uint32_t o, uint32_t end)
{
  return _mm_cmpgt_epi32 (_mm_set1_epi32 ((int) (end - o)), _mm_setr_epi32 (0, 1, 2, 3));
}

V_INLINE __m128
linear_load4 (const float *p, uint32_t o, uint32_t end)
{
  return o + 4 <= end ? _mm_loadu_ps (p + o) :
      _mm_maskload_ps (p + o, linear_mask (o, end));
}

/* out[row, o .. o + 3] = value + bias (+ out), outputs before `end` only. */
V_INLINE void
linear_store (const SsmtLinearArgs *args, uint32_t row, uint32_t o, uint32_t end,
    __m128 value)
{
  float *out = args->out + (size_t) row * args->out_stride;

  if (args->bias)
    value = _mm_add_ps (value, linear_load4 (args->bias, o, end));
  if (args->accumulate)
    value = _mm_add_ps (linear_load4 (out, o, end), value);
  if (o + 4 <= end)
    _mm_storeu_ps (out + o, value);
  else
    _mm_maskstore_ps (out + o, linear_mask (o, end), value);
}

/* I8: sum * (step of the row * scale of the output). */
V_INLINE __m128
linear_scale (const SsmtLinearArgs *args, uint32_t row, uint32_t o, uint32_t end,
    __m128i sum)
{
  __m128 scale = linear_load4 (args->weight.scales, o, end);
  return _mm_mul_ps (_mm_cvtepi32_ps (sum),
      _mm_mul_ps (_mm_set1_ps (args->packed.scales[row]), scale));
}

V_INLINE const float *
linear_row (const SsmtLinearArgs *args, uint32_t row)
{
  return args->x + (size_t) row * args->x_stride;
}

V_INLINE const void *
linear_packed_row (const SsmtLinearArgs *args, uint32_t row, size_t size)
{
  return (const char *) args->packed.data + row * args->packed.stride * size;
}

/* The step of quantisation of a row of x; 0: read it as zeros. */
V_INLINE float
linear_quantisation_step (const float *x, uint32_t cols)
{
  V largest = v_zero ();

  for (uint32_t i = 0; i < cols; i += VN) {
    V v = v_abs (v_load_n (x + i, cols - i < VN ? cols - i : VN));
    largest = v_if_greater (v, largest, v, largest);    /* leaves NaN out */
  }
  float step = v_largest (largest) / 127.0f;
  return step > 0.0f && step <= 3.4e38f ? step : 0.0f;
}

#endif /* SSMT_LINEAR_H */
