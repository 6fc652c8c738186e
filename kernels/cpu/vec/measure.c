/* ssmtranslate: what an instruction set does at most
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "vec.h"

#define ROUNDS 100000u
#define CHAINS 12 /* independent sums, so that none waits */
/* Where a product is several instructions: with the operands in registers, too. */
#define BYTE_CHAINS (V_REGISTERS >= 32 ? 12 : 6)

/* --- memory --------------------------------------------------------------- */

/* As wide as a register and half as many sums as there are: where they do not fit, a read is no longer plain.
 * Nor does it ask for what comes next: processors foresee one line of memory better than they can be told. */
typedef uint64_t Line __attribute__ ((vector_size (VN * 4), may_alias));

#define SUMS 8u

uint64_t
FN (read) (const void *data, size_t bytes)
{
  const Line *lines = data;
  Line sums[SUMS] = { { 0 } };
  uint64_t sum = 0;

  for (size_t i = 0; i < bytes / sizeof (Line); i += SUMS)
    for (uint32_t j = 0; j < SUMS; j++)
      sums[j] += lines[i + j];
  for (uint32_t j = 1; j < SUMS; j++)
    sums[0] += sums[j];
  for (uint32_t j = 0; j < sizeof (Line) / sizeof (uint64_t); j++)
    sum += sums[0][j];
  return sum;
}

/* --- products ------------------------------------------------------------- */

/* The compiler neither keeps one chain for all nor leaves one out: it does not know that they begin
 * alike, nor that nobody reads them. */
#define each(n) _Pragma ("GCC unroll 16") for (uint32_t c = 0; c < (n); c++)

static double
multiply_floats (void)
{
  V sums[CHAINS], factor = v_set (0.999f);

  each (CHAINS)
  {
    sums[c] = factor;
    v_opaque (sums[c]);
  }
  for (uint32_t i = 0; i < ROUNDS; i++)
    each (CHAINS) sums[c] = v_fma (sums[c], factor, factor);
  each (CHAINS) v_opaque (sums[c]);
  return (double) ROUNDS * CHAINS * VN;
}

#ifdef BF16_STEP
static double
multiply_bf16 (void)
{
  uint16_t small[BF16_STEP];
  V sums[CHAINS];

  for (uint32_t i = 0; i < BF16_STEP; i++)
    small[i] = 0x3c00; /* 2^-7 */
  __m512bh factor = bf16_load_n (small, BF16_STEP);
  each (CHAINS)
  {
    sums[c] = v_zero ();
    v_opaque (sums[c]);
  }
  for (uint32_t i = 0; i < ROUNDS; i++)
    each (CHAINS) sums[c] = bf16_dot (sums[c], factor, factor);
  each (CHAINS) v_opaque (sums[c]);
  return (double) ROUNDS * CHAINS * BF16_STEP;
}
#endif

#ifdef Q4_STEP
static double
multiply_bytes (void)
{
  int8_t ones[Q4_STEP];
  Q4Sum sums[BYTE_CHAINS];
  Q4Bytes x[BYTE_CHAINS], w;

  memset (ones, 1, sizeof ones);
  memcpy (&w, ones, sizeof w);
  each (BYTE_CHAINS)
  {
    sums[c] = (Q4Sum){ 0 };
    v_opaque (sums[c]);
    x[c] = w;
    v_opaque (x[c]);
  }
  for (uint32_t i = 0; i < ROUNDS; i++) {
    each (BYTE_CHAINS) sums[c] = q4_dot (sums[c], x[c], w);
    v_opaque (w); /* or what does not need the sums is done once */
  }
  each (BYTE_CHAINS) v_opaque (sums[c]);
  return (double) ROUNDS * BYTE_CHAINS * Q4_STEP;
}
#endif

double
FN (multiply) (SsmtDType dtype)
{
#ifdef Q4_STEP
  /* four-bit values are multiplied as bytes */
  if (dtype == SSMT_DTYPE_I8 || dtype == SSMT_DTYPE_Q4)
    return multiply_bytes ();
#endif
#ifdef BF16_STEP
  if (dtype == SSMT_DTYPE_BF16)
    return multiply_bf16 ();
#endif
  return multiply_floats ();
}
