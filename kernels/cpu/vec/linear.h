/* ssmtranslate: what all products share
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef SSMT_LINEAR_H
#define SSMT_LINEAR_H

#include "../../quantise.h"
#include "vec.h"

#define LINEAR_CACHE (384u << 10) /* bytes of x that stay in a core's cache */
/* Memory is fastest where it is read in one line: a processor foresees that, and only that. So far ahead of
 * what is multiplied a product asks for more. */
#define LINEAR_AHEAD 2048u
#define LINEAR_FAR ((size_t) 1 << 20)
/* Of so many rows on weights become what is multiplied once for all of them: four outputs, in the first cache
 * and on the stack, which may be small. */
#define WIDE_ROWS 32u
#define WIDE_BYTES 16384u
#define PACKED_ALIGN 64u
#define PACKED_HEAD 64u /* bytes before a packed row: its step of quantisation */

/* An operation's places as pointers. */
typedef struct {
  const char *x;      /* rows of floats, or packed ones behind their heads */
  size_t x_bytes;     /* from row to row */
  const char *weight; /* (outputs, cols) */
  const int8_t *weight_end;
  const float *scales; /* as the weight's dtype has them */
  const int32_t *sums; /* I8: sums of the weight's rows */
  const float *bias;   /* or NULL */
  float *out;
  uint32_t rows, cols, out_stride;
  uint32_t first; /* output of the first row of `weight` */
  bool accumulate;
  bool far; /* of LINEAR_FAR bytes or more: the weights come from memory */
} Product;

/* Products with I8, Q4 and, by an instruction, BF16 weights; outputs [begin, end). */
void FN (linear_i8) (const Product *product, uint32_t begin, uint32_t end);
void FN (linear_q4) (const Product *product, uint32_t begin, uint32_t end);
/* A row of x (cols) as these want it; returns the step of quantisation. */
float FN (pack_i8) (const float *x, uint32_t cols, void *out);
float FN (pack_q4) (const float *x, uint32_t cols, void *out);

V_INLINE const void *
product_x (const Product *product, uint32_t row)
{
  return product->x + row * product->x_bytes;
}

V_INLINE float
product_step (const Product *product, uint32_t row)
{
  return *(const float *) (const void *) (product->x + row * product->x_bytes - PACKED_HEAD);
}

/* Asks for `bytes` of weights, known when compiled. */
V_INLINE void
product_ask (const void *at, size_t bytes)
{
  for (size_t i = 0; i < bytes; i += 64)
    __builtin_prefetch ((const char *) at + i);
}

/* out[row, o .. o + 3] = value + bias (+ out), outputs before `end` only. */
V_INLINE void
product_store (const Product *product, uint32_t row, uint32_t o, uint32_t end, V4 value)
{
  float *out = product->out + (size_t) row * product->out_stride + o;

  if (product->bias)
    value = v4_add (value, v4_load_n (product->bias + o, end - o));
  if (product->accumulate)
    value = v4_add (v4_load_n (out, end - o), value);
  v4_store_n (out, value, end - o);
}

/* The step of quantisation of a row of x (quantise.h); 0 and NaN: read it as zeros. */
V_INLINE float
row_step (const float *x, uint32_t cols)
{
  V largest = v_zero (), odd = v_zero (); /* NaN for what is not finite */

  for (uint32_t i = 0; i < cols; i += VN) {
    V v = v_abs (v_load_n (x + i, cols - i < VN ? cols - i : VN));
    largest = v_if_greater (v, largest, v, largest);
    odd = v_fma (v, v_zero (), odd);
  }
  if (v_greater_bits (odd, v_set (-1.0f)) != (1u << VN) - 1)
    return NAN;
  float step = v_largest (largest) / 127.0f;
  return step >= SSMT_QUANTISATION_LEAST && step <= SSMT_QUANTISATION_MOST ? step : 0.0f;
}

/* x in steps */
V_INLINE V
in_steps (V x, float step)
{
  return step > 0.0f ? v_round (v_div (x, v_set (step))) : v_zero ();
}

#endif /* SSMT_LINEAR_H */
