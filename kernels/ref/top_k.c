/* ssmtranslate: the best of a row in plain C
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "ref.h"

#include <math.h>

/* Whether logit a (of a smaller id) must give way to logit b. */
static bool
is_less (float a, float b)
{
  return a < b || (isnan (a) && !isnan (b));
}

/* log (sum exp x); NaN where one is NaN, or the largest not finite */
static double
log_sum_exp (const float *x, uint32_t dim, float largest)
{
  double sum = 0;

  for (uint32_t i = 0; i < dim; i++)
    sum += exp ((double) x[i] - largest);
  return isfinite (largest) ? largest + log (sum) : NAN;
}

void
ssmt_ref_top_k (const SsmtTopKOp *op, uint32_t begin, uint32_t end)
{
  uint32_t k = op->k;

  for (uint32_t r = begin; r < end; r++) {
    const float *x = ssmt_host_row (op->logits, r, op->stride);
    int32_t *ids = (int32_t *) ssmt_host_at (op->ids) + (size_t) r * k;
    float *logp = ssmt_host_row (op->logp, r, k);
    uint32_t found = 0;

    /* insertion into the sorted list of the best so far */
    for (uint32_t i = 0; i < op->dim; i++) {
      if (found == k && !is_less (x[ids[k - 1]], x[i]))
        continue;
      uint32_t at = found < k ? found++ : k - 1;
      for (; at > 0 && is_less (x[ids[at - 1]], x[i]); at--)
        ids[at] = ids[at - 1];
      ids[at] = (int32_t) i;
    }

    double norm = log_sum_exp (x, op->dim, x[ids[0]]);
    for (uint32_t i = 0; i < k; i++)
      logp[i] = (float) (x[ids[i]] - norm);
  }
}
