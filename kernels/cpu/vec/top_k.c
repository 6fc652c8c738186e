/* ssmtranslate: the best of a row in vectors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "vec.h"

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
    if (isnan (worst)) { /* comparisons tell nothing yet */
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

#define CHAINS 4

/* sum of exp (x - largest), NaN where one is; four chains of sums, the last inputs in the first of them */
static float
sum_exp (const float *x, uint32_t dim, float largest)
{
  V sums[CHAINS * SUM_PARTS], top = v_set (largest);
  uint32_t i = 0;

  for (uint32_t j = 0; j < CHAINS * SUM_PARTS; j++)
    sums[j] = v_zero ();
  for (; i + CHAINS * SUM_LANES <= dim; i += CHAINS * SUM_LANES)
    for (uint32_t j = 0; j < CHAINS * SUM_PARTS; j++)
      sums[j] = v_add (sums[j], v_exp (v_sub (v_load (x + i + j * VN), top)));
  for (; i < dim; i += SUM_LANES)
    for (uint32_t p = 0; p < SUM_PARTS; p++) {
      uint32_t at = i + p * VN, n = row_left (dim, at);
      V e = v_exp (v_sub (v_load_n (x + at, n), top));
      sums[p] = v_add (sums[p], v_keep_n (e, 0.0f, n));
    }
  for (uint32_t p = 0; p < SUM_PARTS; p++)
    sums[p] = v_add (v_add (sums[p], sums[SUM_PARTS + p]),
        v_add (sums[2 * SUM_PARTS + p], sums[3 * SUM_PARTS + p]));
  return lanes_sum (sums);
}

/* log (x) of a normal x: 2 atanh ((m - 1) / (m + 1)) for a fraction m near 1; error 1e-10. */
static float
log_of (float x)
{
  int exponent;
  double m = frexp (x, &exponent), sum = 1.0 / 13;

  if (m < 0.70710678) {
    m *= 2;
    exponent--;
  }
  double s = (m - 1) / (m + 1), square = s * s;
  for (int term = 11; term >= 1; term -= 2)
    sum = sum * square + 1.0 / term;
  return (float) (2 * s * sum + exponent * 0.69314718055994531);
}

void
FN (top_k) (const SsmtTopKOp *op, uint32_t begin, uint32_t end)
{
  uint32_t k = op->k;

  for (uint32_t r = begin; r < end; r++) {
    const float *x = ssmt_host_row (op->logits, r, op->stride);
    int32_t *ids = (int32_t *) ssmt_host_at (op->ids) + (size_t) r * k;
    float *logp = ssmt_host_row (op->logp, r, k);

    find_best (x, op->dim, ids, k);
    float largest = x[ids[0]];
    float sum = isfinite (largest) ? sum_exp (x, op->dim, largest) : NAN;
    float norm = isfinite (sum) ? log_of (sum) : NAN;
    for (uint32_t i = 0; i < k; i++)
      logp[i] = x[ids[i]] - largest - norm;
  }
}
