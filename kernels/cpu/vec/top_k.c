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
FN (top_k) (const SsmtTopKOp *op, uint32_t begin, uint32_t end)
{
  uint32_t k = op->k;

  for (uint32_t r = begin; r < end; r++) {
    const float *x = ssmt_host_row (op->logits, r, op->stride);
    int32_t *ids = (int32_t *) ssmt_host_at (op->ids) + (size_t) r * k;
    float *logp = ssmt_host_row (op->logp, r, k);

    find_best (x, op->dim, ids, k);
    float largest = x[ids[0]], norm = largest;
    if (isfinite (largest))
      norm = logf (sum_exp (x, op->dim, largest));
    for (uint32_t i = 0; i < k; i++) {
      float value = x[ids[i]];
      if (isnan (value) || value == -INFINITY)
        logp[i] = -INFINITY;
      else if (isfinite (largest))
        logp[i] = value - largest - norm;
      else /* the largest is infinite */
        logp[i] = value == largest ? 0.0f : -INFINITY;
    }
  }
}
