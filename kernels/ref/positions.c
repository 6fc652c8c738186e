/* ssmtranslate: positions in plain C
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "ref.h"

#include <math.h>

static void
add_position (const SsmtPositionsOp *op, float *x, uint64_t position)
{
  uint32_t half = op->dim / 2;
  double divisor = ssmt_positions_divisor (op);

  if (position < op->table_rows) {
    const float *row = ssmt_host_row (op->table, position, op->dim);
    for (uint32_t i = 0; i < 2 * half; i++)
      x[i] += row[i];
    return;
  }

  for (uint32_t i = 0; i < half; i++) {
    double angle = (double) position * pow (10000.0, -(double) i / divisor);
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
      add_position (op, ssmt_host_row (op->x, (size_t) run->first + t, op->stride),
          ssmt_positions_first (op, run) + t);
  }
}
