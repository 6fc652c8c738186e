/* ssmtranslate: the product with Q4 weights (kernels.h says what it is to the bit)
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A packed row of x is, per group of 64 inputs, 64 int8 and then 16 int32 that are
 * -8 times the sum of each four of them: sums begin there, for the weights are
 * multiplied as they are stored, 8 too large and never negative.
 */
#include "linear.h"

#define GROUP_BYTES (SSMT_Q4_GROUP / 2)
#define X_BYTES (2 * SSMT_Q4_GROUP)     /* a group of packed x */
#define MAX_ROWS 4u
#define OUTPUTS 4u

/* 16 lanes of floats; a group of weights as bytes 0 to 15. */
#ifdef __AVX512F__

typedef __m512 Lanes;
typedef __m512i Weights;

V_INLINE Lanes
lanes_zero (void)
{
  return _mm512_setzero_ps ();
}

V_INLINE Weights
unpack (const uint8_t *p)
{
  /* low four bits below, high four bits above */
  __m512i pairs = _mm512_broadcast_i64x4 (_mm256_loadu_si256 ((const __m256i *) p));
  pairs = _mm512_mask_srli_epi32 (pairs, 0xff00, pairs, 4);
  return _mm512_and_si512 (pairs, _mm512_set1_epi8 (15));
}

V_INLINE Lanes
add_group (Lanes lanes, Weights w, const uint8_t *x, float scale)
{
  __m512i sums = _mm512_loadu_si512 (x + SSMT_Q4_GROUP), q = _mm512_loadu_si512 (x);
#ifdef __AVX512VNNI__
  sums = _mm512_dpbusd_epi32 (sums, w, q);
#else
  sums = _mm512_add_epi32 (sums,
      _mm512_madd_epi16 (_mm512_maddubs_epi16 (w, q), _mm512_set1_epi16 (1)));
#endif
  return _mm512_fmadd_ps (_mm512_set1_ps (scale), _mm512_cvtepi32_ps (sums), lanes);
}

V_INLINE __m128
sum_lanes4 (const Lanes *lanes)
{
  return v_sum4 (lanes[0], lanes[1], lanes[2], lanes[3]);
}

#else

typedef struct {
  __m256 low, high;
} Lanes;

typedef struct {
  __m256i low, high;
} Weights;

V_INLINE Lanes
lanes_zero (void)
{
  return (Lanes) { _mm256_setzero_ps (), _mm256_setzero_ps () };
}

V_INLINE Weights
unpack (const uint8_t *p)
{
  __m256i pairs = _mm256_loadu_si256 ((const __m256i *) p), low = _mm256_set1_epi8 (15);
  return (Weights) {
    _mm256_and_si256 (pairs, low), _mm256_and_si256 (_mm256_srli_epi16 (pairs, 4), low)
  };
}

V_INLINE __m256
add_half (__m256 lanes, __m256i w, const uint8_t *x, const uint8_t *begin, float scale)
{
  __m256i sums = _mm256_madd_epi16 (
      _mm256_maddubs_epi16 (w, _mm256_loadu_si256 ((const __m256i *) x)),
      _mm256_set1_epi16 (1));
  sums = _mm256_add_epi32 (sums, _mm256_loadu_si256 ((const __m256i *) begin));
  return _mm256_fmadd_ps (_mm256_set1_ps (scale), _mm256_cvtepi32_ps (sums), lanes);
}

V_INLINE Lanes
add_group (Lanes lanes, Weights w, const uint8_t *x, float scale)
{
  const uint8_t *begin = x + SSMT_Q4_GROUP;
  return (Lanes) {
    add_half (lanes.low, w.low, x, begin, scale),
    add_half (lanes.high, w.high, x + 32, begin + 32, scale)
  };
}

V_INLINE __m256
sum_quarters (__m256 a, __m256 b, __m256 c, __m256 d)
{
  __m256 ab = _mm256_add_ps (_mm256_unpacklo_ps (a, b), _mm256_unpackhi_ps (a, b));
  __m256 cd = _mm256_add_ps (_mm256_unpacklo_ps (c, d), _mm256_unpackhi_ps (c, d));
  return _mm256_add_ps (_mm256_shuffle_ps (ab, cd, 0x44), _mm256_shuffle_ps (ab, cd, 0xee));
}

V_INLINE __m128
sum_lanes4 (const Lanes *l)
{
  __m256 half = _mm256_add_ps (
      sum_quarters (l[0].low, l[1].low, l[2].low, l[3].low),
      sum_quarters (l[0].high, l[1].high, l[2].high, l[3].high));
  return _mm_add_ps (_mm256_castps256_ps128 (half), _mm256_extractf128_ps (half, 1));
}

#endif

/* Rows [row, row + rows) by four outputs from `o` on, those before `end` kept. */
V_INLINE void
tile (const SsmtLinearArgs *args, uint32_t row, uint32_t o, uint32_t end, uint32_t rows)
{
  size_t groups = ssmt_q4_groups (args->weight.cols);
  const uint8_t *w[OUTPUTS], *x[MAX_ROWS];
  const float *scales[OUTPUTS];
  Lanes lanes[MAX_ROWS][OUTPUTS];

  for (uint32_t i = 0; i < OUTPUTS; i++) {
    size_t output = o + i < end ? o + i : end - 1;
    w[i] = (const uint8_t *) args->weight.data + output * groups * GROUP_BYTES;
    scales[i] = args->weight.scales + output * groups;
  }
  for (uint32_t r = 0; r < rows; r++) {
    x[r] = linear_packed_row (args, row + r, 2);
    for (uint32_t i = 0; i < OUTPUTS; i++)
      lanes[r][i] = lanes_zero ();
  }
  for (size_t g = 0; g < groups; g++) {
    for (uint32_t i = 0; i < OUTPUTS; i++) {
      /* few rows wait for memory: ask for the next tile */
      if (rows <= 2)
        _mm_prefetch ((const char *) (w[i] + (OUTPUTS * groups + g) * GROUP_BYTES),
            _MM_HINT_T0);
      Weights group = unpack (w[i] + g * GROUP_BYTES);
      for (uint32_t r = 0; r < rows; r++)
        lanes[r][i] = add_group (lanes[r][i], group, x[r] + g * X_BYTES, scales[i][g]);
    }
  }
  for (uint32_t r = 0; r < rows; r++)
    linear_store (args, row + r, o, end, _mm_mul_ps (sum_lanes4 (lanes[r]),
            _mm_set1_ps (args->packed.scales[row + r])));
}

static void
product_rows (const SsmtLinearArgs *args, uint32_t row, uint32_t last, uint32_t o,
    uint32_t end)
{
#if V_REGISTERS == 32
  for (; last - row >= 4; row += 4)
    tile (args, row, o, end, 4);
#endif
  for (; last - row >= 2; row += 2)
    tile (args, row, o, end, 2);
  if (row < last)
    tile (args, row, o, end, 1);
}

void
FN (linear_q4) (const SsmtLinearArgs *args, uint32_t begin, uint32_t end)
{
  /* as many rows as stay in the cache beside the weights */
  size_t block = LINEAR_CACHE / (ssmt_q4_groups (args->weight.cols) * X_BYTES);
  block = block < 12 ? 12 : block & ~(size_t) 3;

  for (uint32_t row = 0; row < args->rows;) {
    uint32_t last = args->rows - row <= block ? args->rows : row + (uint32_t) block;
    for (uint32_t o = begin; o < end; o += OUTPUTS)
      product_rows (args, row, last, o, end);
    row = last;
  }
}

void
FN (pack_q4) (const float *x, uint32_t cols, void *out, float *scale)
{
  float step = linear_quantisation_step (x, cols);
  int8_t *q = out;

  *scale = step;
  for (uint32_t first = 0; first < cols; first += SSMT_Q4_GROUP, q += X_BYTES) {
    uint32_t n = cols - first < SSMT_Q4_GROUP ? cols - first : SSMT_Q4_GROUP;
    int32_t *begin = (int32_t *) (void *) (q + SSMT_Q4_GROUP);
    float value[SSMT_Q4_GROUP] = { 0 };

    for (uint32_t i = 0; i < n; i += VN) {
      V v = v_load_n (x + first + i, n - i < VN ? n - i : VN);
      /* what is not a number becomes 0 */
      v = step > 0.0f ? v_round (v_div (v, v_set (step))) : v_zero ();
      v_store (value + i, v_if_greater (v_abs (v), v_set (-1.0f), v, v_zero ()));
    }
    for (uint32_t i = 0; i < SSMT_Q4_GROUP; i++)
      q[i] = (int8_t) value[i];
    for (uint32_t i = 0; i < 16; i++)
      begin[i] = -8 * (q[4 * i] + q[4 * i + 1] + q[4 * i + 2] + q[4 * i + 3]);
  }
}
