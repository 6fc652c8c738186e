/* ssmtranslate: vectors of NEON, and where the compiler is told so its dot products
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * c.h says what each of these does.
 */
#ifndef SSMT_ISA_NEON_H
#define SSMT_ISA_NEON_H

#include <arm_neon.h>
#include <string.h>

#define V_INLINE static inline __attribute__ ((always_inline))

#define VN 4u
#define V_REGISTERS 32
typedef float32x4_t V;

#define v_opaque(v) __asm__ volatile("" : "+w"(v))
#define v_set(f) vdupq_n_f32 (f)
#define v_zero() vdupq_n_f32 (0.0f)
#define v_load(p) vld1q_f32 (p)
#define v_store(p, v) vst1q_f32 (p, v)
#define v_add(a, b) vaddq_f32 (a, b)
#define v_sub(a, b) vsubq_f32 (a, b)
#define v_mul(a, b) vmulq_f32 (a, b)
#define v_div(a, b) vdivq_f32 (a, b)
#define v_fma(a, b, c) vfmaq_f32 (c, a, b)
#define v_nfma(a, b, c) vfmsq_f32 (c, a, b)
#define v_max(a, b) v_if_greater (a, b, a, b)
#define v_min(a, b) v_if_greater (b, a, a, b)
#define v_round(a) vrndnq_f32 (a)
#define v_abs(a) vabsq_f32 (a)
#define v_largest(v) vmaxvq_f32 (v)
#define v_first_lane(v) vgetq_lane_f32 (v, 0)
#define v_from_bf16(p) vreinterpretq_f32_u32 (vshll_n_u16 (vld1_u16 ((const uint16_t *) (p)), 16))
#define v_from_f16(p) vcvt_f32_f16 (vreinterpret_f16_u16 (vld1_u16 ((const uint16_t *) (p))))

V_INLINE V
v_load_n (const float *p, uint32_t n)
{
  float room[VN] = { 0 };

  if (n < VN)
    p = memcpy (room, p, n * sizeof *p);
  return v_load (p);
}

V_INLINE void
v_store_n (float *p, V v, uint32_t n)
{
  if (n >= VN)
    v_store (p, v);
  else
    memcpy (p, &v, n * sizeof *p);
}

V_INLINE V
v_if_greater (V a, V b, V yes, V no)
{
  return vbslq_f32 (vcgtq_f32 (a, b), yes, no);
}

V_INLINE uint32_t
v_greater_bits (V a, V b)
{
  static const uint32_t bits[4] = { 1, 2, 4, 8 };
  return vaddvq_u32 (vandq_u32 (vcgtq_f32 (a, b), vld1q_u32 (bits)));
}

V_INLINE V
v_shift_exponent (V v, V t)
{
  int32x4_t n = vshlq_n_s32 (vreinterpretq_s32_f32 (t), 23);
  return vreinterpretq_f32_s32 (vaddq_s32 (vreinterpretq_s32_f32 (v), n));
}

#define v_scale(v, n, t) v_mul (v, v_shift_exponent (v_set (1.0f), t))

V_INLINE V
v_keep_n (V v, float other, uint32_t n)
{
  V kept = v_set (other);
  memcpy (&kept, &v, n >= VN ? sizeof v : n * sizeof (float));
  return kept;
}

V_INLINE V
v_from_i8 (const void *p)
{
  uint32_t four;
  memcpy (&four, p, sizeof four);
  int16x8_t wide = vmovl_s8 (vreinterpret_s8_u32 (vdup_n_u32 (four)));
  return vcvtq_f32_s32 (vmovl_s16 (vget_low_s16 (wide)));
}

/* --- four floats, four int32 -------------------------------------------- */

typedef float32x4_t V4;
typedef int32x4_t I4;

#define v4_set(f) v_set (f)
#define v4_add(a, b) v_add (a, b)
#define v4_mul(a, b) v_mul (a, b)
#define v4_store(p, v) v_store (p, v)
#define v4_first(v) vgetq_lane_f32 (v, 0)
#define v4_load_n(p, n) v_load_n (p, n)
#define v4_store_n(p, v, n) v_store_n (p, v, n)
#define v4_from_i4(i) vcvtq_f32_s32 (i)
#define i4_minus_128(a, b) vmlsq_n_s32 (a, b, 128)

V_INLINE I4
i4_load_n (const int32_t *p, uint32_t n)
{
  int32_t room[4] = { 0 };

  if (n < 4)
    p = memcpy (room, p, n * sizeof *p);
  return vld1q_s32 (p);
}

V_INLINE V4
v_sum_quarter (V a, V b, V c, V d)
{
  V ab = v_add (vzip1q_f32 (a, b), vzip2q_f32 (a, b));
  V cd = v_add (vzip1q_f32 (c, d), vzip2q_f32 (c, d));
  return v_add (vcombine_f32 (vget_low_f32 (ab), vget_low_f32 (cd)),
      vcombine_f32 (vget_high_f32 (ab), vget_high_f32 (cd)));
}

V_INLINE V4
lanes_sum4 (const V *a, const V *b, const V *c, const V *d)
{
  V4 sums[4];

  for (uint32_t i = 0; i < 4; i++)
    sums[i] = v_sum_quarter (a[i], b[i], c[i], d[i]);
  return v_add (v_add (sums[0], sums[2]), v_add (sums[1], sums[3]));
}

/* --- I8 ----------------------------------------------------------------- */

typedef int8_t I8X;
typedef int32x4_t I8Sum;

#define I8_STEP 16u
#define I8_OFFSET 0
#define i8_zero() vdupq_n_s32 (0)
#define i8_x(p, n) i8_load_n (p, n)
#define i8_w(p, n) i8_load_n (p, n)

V_INLINE int8x16_t
i8_load_n (const int8_t *p, uint32_t n)
{
  int8_t room[I8_STEP] = { 0 };

  if (n < I8_STEP)
    p = memcpy (room, p, n);
  return vld1q_s8 (p);
}

V_INLINE I8Sum
i8_dot (I8Sum sum, int8x16_t x, int8x16_t w)
{
#ifdef __ARM_FEATURE_DOTPROD
  return vdotq_s32 (sum, x, w);
#else
  /* two products of at most 127 * 128 fit into int16 */
  int16x8_t pairs = vmull_s8 (vget_low_s8 (x), vget_low_s8 (w));
  return vpadalq_s16 (sum, vmlal_high_s8 (pairs, x, w));
#endif
}

V_INLINE I4
i8_sum4 (I8Sum a, I8Sum b, I8Sum c, I8Sum d)
{
  return vpaddq_s32 (vpaddq_s32 (a, b), vpaddq_s32 (c, d));
}

V_INLINE void
i8_store_n (I8X *p, V whole, uint32_t n)
{
  int16x4_t half = vmovn_s32 (vcvtnq_s32_f32 (whole));
  int8x8_t bytes = vmovn_s16 (vcombine_s16 (half, half));
  memcpy (p, &bytes, n >= VN ? VN : n);
}

/* --- Q4 ----------------------------------------------------------------- */

typedef struct {
  float32x4_t quarter[4];
} Q4Lanes;

typedef struct {
  int8x16_t quarter[4];
} Q4Group;

#define q4_zero() ((Q4Lanes){ { v_zero (), v_zero (), v_zero (), v_zero () } })

V_INLINE Q4Group
q4_unpack (const uint8_t *p)
{
  uint8x16_t a = vld1q_u8 (p), b = vld1q_u8 (p + 16), low = vdupq_n_u8 (15);
  return (
      Q4Group){ { vreinterpretq_s8_u8 (vandq_u8 (a, low)), vreinterpretq_s8_u8 (vandq_u8 (b, low)),
      vreinterpretq_s8_u8 (vshrq_n_u8 (a, 4)), vreinterpretq_s8_u8 (vshrq_n_u8 (b, 4)) } };
}

typedef int32x4_t Q4Sum;
typedef int8x16_t Q4Bytes;

#define Q4_STEP 16u

V_INLINE Q4Sum
q4_dot (Q4Sum sums, Q4Bytes w, Q4Bytes x)
{
#ifdef __ARM_FEATURE_DOTPROD
  return vdotq_s32 (sums, w, x);
#else
  int32x4_t low = vpaddlq_s16 (vmull_s8 (vget_low_s8 (w), vget_low_s8 (x)));
  return vaddq_s32 (sums, vpaddq_s32 (low, vpaddlq_s16 (vmull_high_s8 (w, x))));
#endif
}

V_INLINE Q4Lanes
q4_add (Q4Lanes lanes, Q4Group w, const int8_t *x, const int32_t *begin, float scale)
{
  for (uint32_t i = 0; i < 4; i++) {
    int32x4_t sums = q4_dot (vld1q_s32 (begin + 4 * i), w.quarter[i], vld1q_s8 (x + 16 * i));
    lanes.quarter[i] = vfmaq_n_f32 (lanes.quarter[i], vcvtq_f32_s32 (sums), scale);
  }
  return lanes;
}

V_INLINE V4
q4_sum4 (const Q4Lanes *l)
{
  return lanes_sum4 (l[0].quarter, l[1].quarter, l[2].quarter, l[3].quarter);
}

V_INLINE void
q4_to_i8 (const uint8_t *group, int8_t *q)
{
  Q4Group w = q4_unpack (group);

  for (uint32_t i = 0; i < 4; i++)
    vst1q_s8 (q + 16 * i, vsubq_s8 (w.quarter[i], vdupq_n_s8 (8)));
}

#endif /* SSMT_ISA_NEON_H */
