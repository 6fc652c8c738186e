/* ssmtranslate: vectors of four floats in GNU C, for any processor
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What an instruction set has to bring, and what each primitive does: the others are read beside this one.
 * *_n () touch the first n of the elements only, where n is less than all, and read the others as zero: this
 * is how every odd width ends.
 */
#ifndef SSMT_ISA_C_H
#define SSMT_ISA_C_H

#include "../../quantise.h"

#include <math.h>
#include <string.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

#define V_INLINE static inline __attribute__ ((always_inline))

#define LOW_WORD (__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__) /* of a double */

/* --- VN floats ---------------------------------------------------------- */

#define VN 4u
#define V_REGISTERS 16 /* 16 or 32: how large tiles may be */
typedef float V __attribute__ ((vector_size (16)));
typedef int32_t VMask __attribute__ ((vector_size (16)));

/* the compiler no longer knows what v, any vector, holds: for what is only timed */
#ifdef __x86_64__
#define v_opaque(v) __asm__ volatile("" : "+x"(v))
#elif defined __aarch64__
#define v_opaque(v) __asm__ volatile("" : "+w"(v))
#else
#define v_opaque(v) __asm__ volatile("" : "+m"(v))
#endif
#define v_set(f) v_set_ (f)
#define v_zero() ((V){ 0, 0, 0, 0 })
#define v_load(p) v_load_n (p, VN)
#define v_store(p, v) v_store_n (p, v, VN)
#define v_add(a, b) ((a) + (b))
#define v_sub(a, b) ((a) - (b))
#define v_mul(a, b) ((a) * (b))
#define v_div(a, b) ((a) / (b))
#define v_nfma(a, b, c) v_fma (-(a), b, c)
#define v_max(a, b) v_if_greater (a, b, a, b) /* b where one is NaN, and of zeros */
#define v_min(a, b) v_if_greater (b, a, a, b)
#define v_first_lane(v) ((v)[0])

V_INLINE V
v_set_ (float f)
{
  return (V){ f, f, f, f };
}

/* c + a b, rounded once */
#ifdef __FP_FAST_FMAF
V_INLINE V
v_fma (V a, V b, V c)
{
  return (V){ fmaf (a[0], b[0], c[0]), fmaf (a[1], b[1], c[1]), fmaf (a[2], b[2], c[2]),
    fmaf (a[3], b[3], c[3]) };
}
#else
typedef double VPair __attribute__ ((vector_size (16)));
typedef float VHalf __attribute__ ((vector_size (8)));

#ifdef __SSE2__
#define v_widen_first(v) ((VPair) _mm_cvtps_pd (v))
#define v_widen_last(v) ((VPair) _mm_cvtps_pd (_mm_movehl_ps (v, v)))
#define v_narrow(a, b) ((V) _mm_movelh_ps (_mm_cvtpd_ps (a), _mm_cvtpd_ps (b)))
#define v_low_words(a, b) ((VMask) _mm_shuffle_ps ((__m128) (a), (__m128) (b), 0x88))
#define v_any(mask) (_mm_movemask_epi8 ((__m128i) (mask)) != 0)
#else
#define v_widen_first(v) __builtin_convertvector(((VHalf){ (v)[0], (v)[1] }), VPair)
#define v_widen_last(v) __builtin_convertvector(((VHalf){ (v)[2], (v)[3] }), VPair)
#define v_narrow(a, b) ((V){ (float) (a)[0], (float) (a)[1], (float) (b)[0], (float) (b)[1] })
#define v_low_words(a, b)                                                                          \
  ((VMask){ ((VMask) (a))[LOW_WORD], ((VMask) (a))[LOW_WORD + 2], ((VMask) (b))[LOW_WORD],         \
      ((VMask) (b))[LOW_WORD + 2] })
#define v_any(mask) (((mask)[0] | (mask)[1] | (mask)[2] | (mask)[3]) != 0)
#endif

static V __attribute__ ((noinline, cold, unused))
v_fma_by_lane (V a, V b, V c)
{
  for (uint32_t i = 0; i < VN; i++)
    c[i] = fmaf (a[i], b[i], c[i]);
  return c;
}

/* In double the product is exact, and the sum rounded to double and then to float is the sum rounded once
 * but where the double stands halfway between two floats, or the float is a subnormal one. */
static V __attribute__ ((noinline, unused)) v_fma (V a, V b, V c)
{
  VPair first = v_widen_first (c) + v_widen_first (a) * v_widen_first (b);
  VPair last = v_widen_last (c) + v_widen_last (a) * v_widen_last (b);
  V sum = v_narrow (first, last);
  VMask ends = v_low_words (first, last) & 0x1fffffff, size = (VMask) sum & 0x7fffffff;
  VMask doubtful = (ends == 0x10000000) | ((size > 0) & (size <= 0x00800000));

  return v_any (doubtful) ? v_fma_by_lane (a, b, c) : sum;
}
#endif

V_INLINE V
v_load_n (const float *p, uint32_t n)
{
  V v = v_zero ();
  memcpy (&v, p, n >= VN ? sizeof v : n * sizeof *p);
  return v;
}

V_INLINE void
v_store_n (float *p, V v, uint32_t n)
{
  memcpy (p, &v, n >= VN ? sizeof v : n * sizeof *p);
}

/* a > b ? yes : no, false for NaN */
V_INLINE V
v_if_greater (V a, V b, V yes, V no)
{
  VMask mask = a > b;
  return (V) ((mask & (VMask) yes) | (~mask & (VMask) no));
}

/* bit i: a > b in lane i */
V_INLINE uint32_t
v_greater_bits (V a, V b)
{
  VMask mask = a > b;
  return (mask[0] & 1) | (mask[1] & 2) | (mask[2] & 4) | (mask[3] & 8);
}

/* the nearest integer, ties to even */
V_INLINE V
v_round (V v)
{
  return (V){ rintf (v[0]), rintf (v[1]), rintf (v[2]), rintf (v[3]) };
}

V_INLINE V
v_abs (V v)
{
  return (V) ((VMask) v & 0x7fffffff);
}

/* v 2^n where the low bits of t, a float, are n; for NaN anything */
V_INLINE V
v_shift_exponent (V v, V t)
{
  return (V) ((VMask) v + ((VMask) t << 23));
}

/* the same, NaN for NaN; n: n as a float */
#define v_scale(v, n, t) v_mul (v, v_shift_exponent (v_set (1.0f), t))

/* the first n lanes, `other` in those behind them */
V_INLINE V
v_keep_n (V v, float other, uint32_t n)
{
  V kept = v_set (other);
  memcpy (&kept, &v, n >= VN ? sizeof v : n * sizeof (float));
  return kept;
}

V_INLINE float
v_largest (V v)
{
  float a = v[0] > v[1] ? v[0] : v[1], b = v[2] > v[3] ? v[2] : v[3];
  return a > b ? a : b;
}

/* VN stored values, from any address */
#define V_FROM(name, type, convert)                                                                \
  V_INLINE V name (const void *p)                                                                  \
  {                                                                                                \
    type x[4];                                                                                     \
    memcpy (x, p, sizeof x);                                                                       \
    return (V){ convert (x[0]), convert (x[1]), convert (x[2]), convert (x[3]) };                  \
  }
V_FROM (v_from_bf16, uint16_t, ssmt_bf16_to_f32)
V_FROM (v_from_f16, uint16_t, ssmt_f16_to_f32)
V_FROM (v_from_i8, int8_t, )
#undef V_FROM

/* --- four floats, four int32 -------------------------------------------- */

typedef V V4;
typedef VMask I4;

#define v4_set(f) v_set (f)
#define v4_add(a, b) ((a) + (b))
#define v4_mul(a, b) ((a) * (b))
#define v4_store(p, v) v_store (p, v)
#define v4_first(v) ((v)[0])
#define v4_load_n(p, n) v_load_n (p, n)
#define v4_store_n(p, v, n) v_store_n (p, v, n)
#define v4_from_i4(i) ((V4){ (float) (i)[0], (float) (i)[1], (float) (i)[2], (float) (i)[3] })
#define i4_minus_128(a, b) ((a) -128 * (b))

V_INLINE I4
i4_load_n (const int32_t *p, uint32_t n)
{
  I4 i = { 0, 0, 0, 0 };
  memcpy (&i, p, n >= 4 ? sizeof i : n * sizeof *p);
  return i;
}

V_INLINE V4
v_sum_quarter (V a, V b, V c, V d)
{
  return (V4){ a[0], b[0], c[0], d[0] } + (V4){ a[2], b[2], c[2], d[2] }
  + ((V4){ a[1], b[1], c[1], d[1] } + (V4){ a[3], b[3], c[3], d[3] });
}

/* Four sums, each over 16 lanes in 16 / VN vectors, always in the order of ssmt_ref_sum_lanes (). */
V_INLINE V4
lanes_sum4 (const V *a, const V *b, const V *c, const V *d)
{
  V4 quarter[4];

  for (uint32_t i = 0; i < 4; i++)
    quarter[i] = v_sum_quarter (a[i], b[i], c[i], d[i]);
  return (quarter[0] + quarter[2]) + (quarter[1] + quarter[3]);
}

/* --- I8: exact sums of products in int32 -------------------------------- */

typedef int16_t I8X; /* how x, in steps from -127 to 127, is kept: I8_OFFSET is added */
typedef I4 I8Sum;    /* running sums; i8_sum4 makes four of four of them */

#define I8_STEP 4u  /* elements that i8_dot () takes */
#define I8_OFFSET 0 /* 0 or 128 */
#define i8_zero() ((I8Sum){ 0, 0, 0, 0 })
#define i8_dot(sum, x, w) ((sum) + (x) * (w))

V_INLINE I4
i8_x (const I8X *p, uint32_t n)
{
  I8X x[4] = { 0 };
  memcpy (x, p, n >= 4 ? sizeof x : n * sizeof *p);
  return (I4){ x[0], x[1], x[2], x[3] };
}

V_INLINE I4
i8_w (const int8_t *p, uint32_t n)
{
  int8_t w[4] = { 0 };
  memcpy (w, p, n >= 4 ? sizeof w : n);
  return (I4){ w[0], w[1], w[2], w[3] };
}

V_INLINE I4
i8_sum4 (I8Sum a, I8Sum b, I8Sum c, I8Sum d)
{
  return (I4){ a[0], b[0], c[0], d[0] } + (I4){ a[1], b[1], c[1], d[1] }
  + (I4){ a[2], b[2], c[2], d[2] } + (I4){ a[3], b[3], c[3], d[3] };
}

/* Stores the first n of VN whole numbers as x is kept. */
V_INLINE void
i8_store_n (I8X *p, V whole, uint32_t n)
{
  for (uint32_t i = 0; i < n && i < VN; i++)
    p[i] = (I8X) whole[i];
}

/* --- Q4 (ops.h says what the product is to the bit) --------------------- */

typedef struct {
  V quarter[4];
} Q4Lanes;

typedef struct {
  uint8_t w[SSMT_Q4_GROUP]; /* 0 to 15: 8 too large, as they are stored */
} Q4Group;

#define q4_zero() ((Q4Lanes){ { v_zero (), v_zero (), v_zero (), v_zero () } })

V_INLINE Q4Group
q4_unpack (const uint8_t *p)
{
  Q4Group group;

  for (uint32_t i = 0; i < SSMT_Q4_GROUP / 2; i++) {
    group.w[i] = p[i] & 15;
    group.w[i + 32] = p[i] >> 4;
  }
  return group;
}

/* lane[j] = fma (scale, begin[j] + the sum of four products, lane[j]), rounded once */
V_INLINE Q4Lanes
q4_add (Q4Lanes lanes, Q4Group w, const int8_t *x, const int32_t *begin, float scale)
{
  V factor = v_set (scale);

  for (uint32_t j = 0; j < 4; j++) {
    I4 sum = i4_load_n (begin + 4 * j, 4);
    for (uint32_t l = 0; l < 4; l++)
      for (uint32_t i = 16 * j + 4 * l; i < 16 * j + 4 * l + 4; i++)
        sum[l] += w.w[i] * x[i];
    lanes.quarter[j] = v_fma (factor, v4_from_i4 (sum), lanes.quarter[j]);
  }
  return lanes;
}

/* The sums of four times 16 lanes. */
V_INLINE V4
q4_sum4 (const Q4Lanes *l)
{
  return lanes_sum4 (l[0].quarter, l[1].quarter, l[2].quarter, l[3].quarter);
}

/* q (SSMT_Q4_GROUP) = the values of a stored group, from -8 to 7 */
V_INLINE void
q4_to_i8 (const uint8_t *group, int8_t *q)
{
  for (uint32_t i = 0; i < SSMT_Q4_GROUP / 2; i++) {
    q[i] = (int8_t) ((group[i] & 15) - 8);
    q[i + 32] = (int8_t) ((group[i] >> 4) - 8);
  }
}

/* Where there are instructions for them: sums (Q4Sum) of products of Q4_STEP unsigned bytes with
 * signed ones (Q4Bytes), q4_dot (sums, w, x). */

/* --- BF16 by BF16, where there is an instruction for it (avx512.h): BF16_STEP, bf16_dot (),
 * bf16_load_n (), bf16_store_n (), which rounds to the nearest even ------- */

#endif /* SSMT_ISA_C_H */
