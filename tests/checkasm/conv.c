/* ssmtranslate: checkasm of conv
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "checkasm.h"

/* A few products and one SiLU, by the size of the products. */
#define TOLERANCE 1e-6

typedef struct {
  uint32_t dim, taps, gap, runs, longest;
  bool bias, silu;
  uint32_t calls; /* the runs are read in so many pieces */
} Params;

static void
call (SsmtDevice *device, const void *op)
{
  device->ops->conv (device, op);
}

static void
run (Rig *rig, const void *data)
{
  const Params *p = data;
  uint32_t stride = p->dim + p->gap, state = (p->taps - 1) * p->dim + 5;
  Batch batch;

  batch_random (rig, &batch, p->runs, p->longest, 0);
  if (rig->timed) {
    batch.rows = batch.list[0].rows = p->longest;
  }
  SsmtConvOp op = { .x = rig_terms (rig, rig_edges, batch.rows * stride, -2, 2),
    .weight = rig_terms (rig, rig_floats, p->dim * p->taps, -1, 1),
    .out = rig_pattern (rig, batch.rows * stride),
    .state = { rig_terms (rig, rig_floats, batch.slots * state, -1, 1), state * sizeof (float) },
    .rows = batch.rows,
    .dim = p->dim,
    .taps = p->taps,
    .x_stride = stride,
    .out_stride = stride,
    .silu = p->silu };
  if (p->bias)
    op.bias = rig_terms (rig, rig_floats, p->dim, -1, 1);
  rig_label (rig, "dim %u, taps %u, runs %u, rows %u%s%s", p->dim, p->taps, p->runs, batch.rows,
      p->bias ? ", bias" : "", p->silu ? ", silu" : "");
  rig->bytes = 8.0 * batch.rows * p->dim;
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
  static const uint32_t dims[] = { 1, 15, 16, 17, 40, 64, 610, 1220 };

  for (size_t i = 0; i < N_ELEMENTS (dims); i++)
    for (uint32_t taps = 1; taps <= 10; taps += taps < 5 ? 1 : 4) {
      Params p = { dims[i], taps, (uint32_t) i % 2 * 7, 1 + taps % 4, 1 + 8 * (taps % 3), taps % 2,
        i % 3 > 0, 1 };
      check_case ("conv", run, &p, TOLERANCE);
      Params pieces = p;
      pieces.calls = 3;
      check_same ("conv", run, &p, &pieces);
    }
}

static void
bench (void)
{
  bench_case ("conv", run, &(Params){ 1280, 4, 0, 1, 1, true, true, 1 });
  bench_case ("conv", run, &(Params){ 1280, 4, 0, 1, 128, true, true, 1 });
}

static void
check_random (Rig *dice)
{
  Params p = { rig_size (dice, 400), 1 + rig_random (dice, 10), rig_random (dice, 8),
    rig_rows (dice, MAX_RUNS), rig_size (dice, 25), rig_random (dice, 2), rig_random (dice, 2), 1 };

  check_case ("conv", run, &p, TOLERANCE);
  Params parts = p;
  parts.calls = 1 + rig_random (dice, 6);
  check_same ("conv", run, &p, &parts);
  parts.calls = ALONE;
  check_alone ("conv", run, &p, &parts);
}

const Check check_conv = { check, bench, check_random };
