/* ssmtranslate: positions in plain C
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "ref.h"

#include <math.h>

static void
add_position (float *x, uint32_t dim, double position)
{
  uint32_t half = dim / 2;

  for (uint32_t i = 0; i < half; i++) {
    double angle = position * (half > 1 ? pow (10000.0, -(double) i / (half - 1)) : 1.0);
    x[i] += (float) sin (angle);
    x[half + i] += (float) cos (angle);
  }
}

void
ssmt_ref_positions (const SsmtPositionsOp *op, uint32_t begin, uint32_t end)
{
  const SsmtRun *run = ssmt_host_runs (&op->runs);

  for (uint32_t i = 0; i < op->runs.count; i++, run++) {
    uint32_t t = begin > run->first ? begin - run->first : 0;
    for (; t < run->rows && run->first + t < end; t++)
      add_position (ssmt_host_row (op->x, (size_t) run->first + t, op->stride), op->dim,
          (double) (run->position + t + op->offset));
  }
}
