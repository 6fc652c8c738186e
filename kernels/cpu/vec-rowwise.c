/* ssmtranslate: embedding, norm, SwiGLU and top-k in vectors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "vec.h"
#include "vec-kernels.h"

/* --- embed -------------------------------------------------------------- */

V_INLINE void
embed_row (const void *row, uint32_t dim, SsmtDType dtype, float scale, float *out)
{
  uint32_t i = 0;

  for (; i + VN <= dim; i += VN)
    v_store (out + i, v_mul (v_weights (row, i, dtype, VN), v_set (scale)));
  if (i < dim)
    v_store_n (out + i, v_mul (v_weights (row, i, dtype, dim - i), v_set (scale)), dim - i);
}

/* Q4, group by group. */
V_INLINE void
embed_q4_row (const uint8_t *row, const float *scales, uint32_t dim, float scale, float *out)
{
  int8_t q[SSMT_Q4_GROUP];

  for (uint32_t i = 0; i < dim; i += SSMT_Q4_GROUP, row += SSMT_Q4_GROUP / 2) {
    __m256i pairs = _mm256_loadu_si256 ((const __m256i *) row);
    __m256i low = _mm256_set1_epi8 (15), eight = _mm256_set1_epi8 (8);
    __m256i high = _mm256_and_si256 (_mm256_srli_epi16 (pairs, 4), low);
    _mm256_storeu_si256 ((__m256i *) q,
        _mm256_sub_epi8 (_mm256_and_si256 (pairs, low), eight));
    _mm256_storeu_si256 ((__m256i *) (q + 32), _mm256_sub_epi8 (high, eight));
    embed_row (q, dim - i < SSMT_Q4_GROUP ? dim - i : SSMT_Q4_GROUP, SSMT_DTYPE_I8,
        scale * scales[i / SSMT_Q4_GROUP], out + i);
  }
}

void
FN (embed) (const SsmtEmbedArgs *args, uint32_t begin, uint32_t end)
{
  const SsmtWeight *table = &args->table;
  size_t row_bytes = ssmt_row_bytes (table->dtype, table->cols);

  for (uint32_t r = begin; r < end; r++) {
    size_t id = (size_t) args->ids[r];
    const char *row = (const char *) table->data + id * row_bytes;
    float *out = args->out + (size_t) r * args->out_stride;
    switch (table->dtype) {
      case SSMT_DTYPE_F32:
        embed_row (row, table->cols, SSMT_DTYPE_F32, args->scale, out);
        break;
      case SSMT_DTYPE_F16:
        embed_row (row, table->cols, SSMT_DTYPE_F16, args->scale, out);
        break;
      case SSMT_DTYPE_BF16:
        embed_row (row, table->cols, SSMT_DTYPE_BF16, args->scale, out);
        break;
      case SSMT_DTYPE_I8:
        embed_row (row, table->cols, SSMT_DTYPE_I8, args->scale * table->scales[id], out);
        break;
      case SSMT_DTYPE_Q4:
        embed_q4_row ((const uint8_t *) row,
            table->scales + id * ssmt_q4_groups (table->cols), table->cols, args->scale, out);
        break;
    }
  }
}

/* --- rms_norm ----------------------------------------------------------- */

V_INLINE V
gated (const float *x, const float *gate, uint32_t i, uint32_t n)
{
  V v = v_load_n (x + i, n);
  return gate ? v_mul (v, v_silu (v_load_n (gate + i, n))) : v;
}

/* out = weight g / sqrt (mean (g^2) + eps) over `dim` channels; any may be out. */
V_INLINE void
norm_group (const float *x, const float *gate, const float *weight, float *out,
    uint32_t dim, float eps)
{
  V sum = v_zero ();
  uint32_t i;

  for (i = 0; i < dim; i += VN) {
    uint32_t n = dim - i < VN ? dim - i : VN;
    V g = gated (x, gate, i, n);
    sum = v_fma (g, g, sum);
    if (gate)                   /* kept, not to compute SiLU twice */
      v_store_n (out + i, g, n);
  }
  V factor = v_set (1.0f / sqrtf (v_sum (sum) / (float) dim + eps));
  for (i = 0; i < dim; i += VN) {
    uint32_t n = dim - i < VN ? dim - i : VN;
    V g = v_mul (v_load_n (gate ? out + i : x + i, n), factor);
    v_store_n (out + i, weight ? v_mul (g, v_load_n (weight + i, n)) : g, n);
  }
}

void
FN (rms_norm) (const SsmtRmsNormArgs *args, uint32_t begin, uint32_t end)
{
  for (uint32_t r = begin; r < end; r++) {
    const float *x = args->x + (size_t) r * args->x_stride;
    const float *gate = args->gate ? args->gate + (size_t) r * args->gate_stride : NULL;
    float *out = args->out + (size_t) r * args->out_stride;

    for (uint32_t first = 0; first < args->dim; first += args->group) {
      uint32_t dim = args->dim - first < args->group ? args->dim - first : args->group;
      const float *weight = args->weight ? args->weight + first : NULL;
      if (gate)
        norm_group (x + first, gate + first, weight, out + first, dim, args->eps);
      else
        norm_group (x + first, NULL, weight, out + first, dim, args->eps);
    }
  }
}

/* --- swiglu ------------------------------------------------------------- */

void
FN (swiglu) (const SsmtSwigluArgs *args, uint32_t begin, uint32_t end)
{
  for (uint32_t r = begin; r < end; r++) {
    const float *gate = args->gate + (size_t) r * args->gate_stride;
    const float *up = args->up + (size_t) r * args->up_stride;
    float *out = args->out + (size_t) r * args->out_stride;
    for (uint32_t i = 0; i < args->dim; i += VN) {
      uint32_t n = args->dim - i < VN ? args->dim - i : VN;
      V g = v_load_n (gate + i, n);
      g = args->gelu ? v_gelu (g) : v_silu (g);
      v_store_n (out + i, v_mul (g, v_load_n (up + i, n)), n);
    }
  }
}

/* --- top_k -------------------------------------------------------------- */

static bool
is_less (float a, float b)
{
  return a < b || (isnan (a) && !isnan (b));
}

/* Puts id i into the sorted list of the `found` best; returns the new length. */
static uint32_t
insert_best (const float *x, uint32_t i, int32_t *ids, uint32_t found, uint32_t k)
{
  uint32_t at = found < k ? found++ : k - 1;

  for (; at > 0 && is_less (x[ids[at - 1]], x[i]); at--)
    ids[at] = ids[at - 1];
  ids[at] = (int32_t) i;
  return found;
}

/* ids = the k best of x (dim), best first.  NaN is below everything. */
static void
find_best (const float *x, uint32_t dim, int32_t *ids, uint32_t k)
{
  uint32_t found = 0, i = 0;

  for (; i < k; i++)
    found = insert_best (x, i, ids, found, k);
  while (i < dim) {
    uint32_t n = dim - i < VN ? dim - i : VN;
    float worst = x[ids[k - 1]];
    if (isnan (worst)) {        /* comparisons tell nothing yet */
      if (!isnan (x[i]))
        insert_best (x, i, ids, k, k);
      i++;
      continue;
    }
    uint32_t better = v_greater_bits (v_load_n (x + i, n), v_set (worst));
    better &= n < VN ? (1u << n) - 1 : (uint32_t) -1;
    for (; better; better &= better - 1) {
      uint32_t j = i + (uint32_t) __builtin_ctz (better);
      if (is_less (x[ids[k - 1]], x[j]))
        insert_best (x, j, ids, k, k);
    }
    i += n;
  }
}

/* sum of exp (x - largest) over what is not NaN; four chains of sums */
static float
sum_exp (const float *x, uint32_t dim, float largest)
{
  V sums[4] = { v_zero (), v_zero (), v_zero (), v_zero () }, top = v_set (largest);
  uint32_t i = 0;

  for (; i + 4 * VN <= dim; i += 4 * VN)
    for (uint32_t j = 0; j < 4; j++)
      sums[j] = v_add (sums[j], v_exp (v_sub (v_load (x + i + j * VN), top)));
  for (; i < dim; i += VN) {
    uint32_t n = dim - i < VN ? dim - i : VN;
    V e = v_exp (v_sub (v_load_n (x + i, n), top));
    sums[0] = v_add (sums[0], v_keep_n (e, 0.0f, n));
  }
  return v_sum (v_add (v_add (sums[0], sums[1]), v_add (sums[2], sums[3])));
}

void
FN (top_k) (const SsmtTopKArgs *args, uint32_t begin, uint32_t end)
{
  uint32_t k = args->k;

  for (uint32_t r = begin; r < end; r++) {
    const float *x = args->logits + (size_t) r * args->stride;
    int32_t *ids = args->ids + (size_t) r * k;
    float *logp = args->logp + (size_t) r * k;

    find_best (x, args->dim, ids, k);
    float largest = x[ids[0]], norm = largest;
    if (isfinite (largest))
      norm = logf (sum_exp (x, args->dim, largest));
    for (uint32_t i = 0; i < k; i++) {
      float value = x[ids[i]];
      if (isnan (value) || value == -INFINITY)
        logp[i] = -INFINITY;
      else if (isfinite (largest))
        logp[i] = value - largest - norm;
      else                      /* the largest is infinite */
        logp[i] = value == largest ? 0.0f : -INFINITY;
    }
  }
}
