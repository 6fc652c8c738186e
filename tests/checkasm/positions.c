/* ssmtranslate: checkasm of positions
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * One way in C; looked at by its parts, and cut into pieces.
 */
#include "checkasm.h"

typedef struct {
  uint32_t dim, gap, calls, runs;
  uint64_t position;
  uint32_t divisor;
  bool by_segment;
  uint32_t table_rows;
} Params;

static void
call (SsmtDevice *device, const void *op)
{
  device->ops->positions (device, op);
}

static void
run (Rig *rig, const void *data)
{
  const Params *p = data;
  uint32_t stride = p->dim + p->gap;
  Batch batch;

  batch_random (rig, &batch, p->runs, 9, p->position);
  SsmtPositionsOp op = { .x = rig_input (rig, rig_floats, batch.rows * stride, -1, 1),
    .rows = batch.rows,
    .dim = p->dim,
    .stride = stride,
    .offset = 1,
    .divisor = p->divisor,
    .by_segment = p->by_segment,
    .table =
        p->table_rows ? rig_input (rig, rig_floats, p->table_rows * p->dim, -1, 1) : (SsmtRef){ 0 },
    .table_rows = p->table_rows };
  rig_label (rig, "dim %u, gap %u, position %llu, divisor %u, table %u%s", p->dim, p->gap,
      (unsigned long long) p->position, p->divisor, p->table_rows,
      p->by_segment ? ", by segment" : "");
  for (uint32_t i = 0; i < batch_calls (&batch, p->calls); i++) {
    Batch part = batch_part (&batch, i, p->calls);
    op.runs = rig_runs (rig, &part);
    rig_call (rig, call, &op);
  }
  rig_keep (rig, op.x, batch.rows * stride);
}

static void
check (void)
{
  for (uint32_t dim = 1; dim < 40; dim += 6)
    for (uint32_t calls = 1; calls < 4; calls += 2) {
      check_case ("positions", run, &(Params){ dim, dim % 3, calls, 3, 1000 * dim }, 0);
      check_case ("positions", run,
          &(Params){ dim, dim % 3, calls, 3, 1000 * dim, dim / 2 + 1, calls > 1 }, 0);
      check_case ("positions", run, &(Params){ dim, dim % 3, calls, 3, 7, 0, calls > 1, 12 }, 0);
      check_same ("positions", run, &(Params){ dim, dim % 3, 1, 3, 1000 * dim },
          &(Params){ dim, dim % 3, calls, 3, 1000 * dim });
    }
}

static void
check_random (Rig *dice)
{
  Params p = { rig_size (dice, 300), rig_random (dice, 4), 1, rig_rows (dice, MAX_RUNS),
    (uint64_t) 1 << rig_random (dice, 41), rig_random (dice, 2) ? 1 + rig_random (dice, 200) : 0,
    rig_random (dice, 2), rig_random (dice, 2) ? rig_random (dice, 40) : 0 };

  check_case ("positions", run, &p, 0);
  Params parts = p;
  parts.calls = 1 + rig_random (dice, 6);
  check_same ("positions", run, &p, &parts);
  parts.calls = ALONE;
  check_alone ("positions", run, &p, &parts);
}

const Check check_positions = { check, NULL, check_random };
