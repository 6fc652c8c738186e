/* ssmtranslate: checkasm of ssru
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "checkasm.h"

/* One sigmoid and two products a row; what a row is wrong by fades in the next. */
#define TOLERANCE 1e-5

typedef struct {
  uint32_t dim, gap, runs, longest;
  bool by_segment;
  uint32_t calls; /* the runs are read in so many pieces */
} Params;

static void
call (SsmtDevice *device, const void *op)
{
  device->ops->ssru (device, op);
}

static void
run (Rig *rig, const void *data)
{
  const Params *p = data;
  uint32_t stride = p->dim + p->gap, state = p->dim + 3;
  Batch batch;

  batch_random (rig, &batch, p->runs, p->longest, 1000);
  if (rig->timed)
    batch.rows = batch.list[0].rows = p->longest;
  SsmtSsruOp op = { .x = rig_terms (rig, rig_floats, batch.rows * stride, -2, 2),
    .gate = rig_input (rig, rig_edges, batch.rows * stride, -4, 4),
    .out = rig_terms (rig, rig_floats, batch.rows * stride, -2, 2),
    .state = { rig_terms (rig, rig_floats, batch.slots * state, -1, 1), state * sizeof (float) },
    .rows = batch.rows,
    .dim = p->dim,
    .x_stride = stride,
    .gate_stride = stride,
    .out_stride = stride,
    .by_segment = p->by_segment };
  rig_label (rig, "dim %u, runs %u, rows %u%s", p->dim, p->runs, batch.rows,
      p->by_segment ? ", by segment" : "");
  rig->bytes = 16.0 * batch.rows * p->dim;
  for (uint32_t i = 0; i < batch_calls (&batch, p->calls); i++) {
    Batch part = batch_part (&batch, i, p->calls);
    op.runs = rig_runs (rig, &part);
    rig_call (rig, call, &op);
  }
  rig_keep (rig, op.out, batch.rows * stride);
  rig_keep (rig, op.state.base, batch.slots * state);
}

static void
check (void)
{
  static const uint32_t dims[] = { 1, 15, 16, 17, 40, 256, 610 };

  for (size_t i = 0; i < N_ELEMENTS (dims); i++)
    for (uint32_t runs = 1; runs <= 4; runs++) {
      Params p = { dims[i], (uint32_t) i % 2 * 7, runs, 1 + 8 * (runs % 3), runs % 2, 1 };
      check_case ("ssru", run, &p, TOLERANCE);
      Params pieces = p;
      pieces.calls = 3;
      check_same ("ssru", run, &p, &pieces);
    }
}

static void
bench (void)
{
  bench_case ("ssru", run, &(Params){ 256, 0, 1, 1, false, 1 });
  bench_case ("ssru", run, &(Params){ 256, 0, 1, 128, false, 1 });
}

static void
check_random (Rig *dice)
{
  Params p = { rig_size (dice, 700), rig_random (dice, 8), rig_rows (dice, MAX_RUNS),
    rig_size (dice, 25), rig_random (dice, 2), 1 };

  check_case ("ssru", run, &p, TOLERANCE);
  Params parts = p;
  parts.calls = 1 + rig_random (dice, 6);
  check_same ("ssru", run, &p, &parts);
  parts.calls = ALONE;
  check_alone ("ssru", run, &p, &parts);
}

const Check check_ssru = { check, bench, check_random };
