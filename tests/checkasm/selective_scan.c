/* ssmtranslate: checkasm of selective_scan
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "checkasm.h"

/* d_state sums of a recurrence over some tens of rows, each step with an exp, by the size of what they add. */
#define TOLERANCE 2e-6

typedef struct {
  uint32_t dim, d_state, gap, runs, longest;
  bool z, edges;
  uint32_t calls;
} Params;

static void
call (SsmtDevice *device, const void *op)
{
  device->ops->selective_scan (device, op);
}

static void
run (Rig *rig, const void *data)
{
  const Params *p = data;
  uint32_t stride = p->dim + p->gap, bc = p->d_state + p->gap;
  uint32_t state = p->dim * p->d_state + 3;
  Batch batch;

  batch_random (rig, &batch, p->runs, p->longest, 0);
  if (rig->timed)
    batch.rows = batch.list[0].rows = p->longest;
  SsmtSelectiveScanOp op = { .u = rig_terms (rig, rig_floats, batch.rows * stride, -1, 1),
    .dt = rig_input (rig, p->edges ? rig_edges : rig_floats, batch.rows * stride, -6, 2),
    .b = rig_terms (rig, rig_floats, batch.rows * bc, -1, 1),
    .c = rig_terms (rig, rig_floats, batch.rows * bc, -0.3f, 0.3f),
    .a = rig_floats (rig, p->d_state * p->dim, -16, -0.01f),
    .d = rig_terms (rig, rig_floats, p->dim, -1, 1),
    .dt_bias = rig_floats (rig, p->dim, -2, 0),
    .out = rig_pattern (rig, batch.rows * stride),
    .state = { rig_terms (rig, rig_floats, batch.slots * state, -1, 1), state * sizeof (float) },
    .rows = batch.rows,
    .dim = p->dim,
    .d_state = p->d_state,
    .u_stride = stride,
    .dt_stride = stride,
    .bc_stride = bc,
    .z_stride = stride,
    .out_stride = stride };
  if (p->z)
    op.z = rig_input (rig, rig_edges, batch.rows * stride, -5, 5);
  rig_label (rig, "dim %u, d_state %u, runs %u, rows %u%s", p->dim, p->d_state, p->runs, batch.rows,
      p->z ? ", z" : "");
  rig->flops = 7.0 * batch.rows * p->dim * p->d_state;
  for (uint32_t i = 0; i < batch_calls (&batch, p->calls); i++) {
    Batch part = batch_part (&batch, i, p->calls);
    op.runs = rig_runs (rig, &part);
    rig_call (rig, call, &op);
  }
  rig_keep (rig, op.out, batch.rows * stride);
  rig_keep (rig, op.state.base, batch.slots * state);
}

/* Runs that a device goes through in pieces. Of its own, at the end of the list. */
static void
check_long (void)
{
  static const Params cases[] = {
    { 8, 16, 0, 1, 300, true, false, 1 },
    { 13, 16, 2, 4, 150, true, false, 1 },
    { 40, 7, 1, 8, 60, false, false, 1 },
    { 9, 16, 0, 3, 290, true, false, 3 },
    { 20, 24, 0, 2, 100, true, false, 1 },
    { 17, 12, 3, 2, 129, true, true, 1 },
  };

  for (size_t i = 0; i < N_ELEMENTS (cases); i++)
    check_case ("selective_scan", run, &cases[i], TOLERANCE);
}

static void
check (void)
{
  static const uint32_t dims[] = { 1, 15, 16, 17, 48, 200, 1220 };
  static const uint32_t states[] = { 1, 5, 8, 16, 24, 64 };

  for (size_t i = 0; i < N_ELEMENTS (dims); i++)
    for (size_t j = 0; j < N_ELEMENTS (states); j++) {
      Params p = { dims[i], states[j], (uint32_t) (i + j) % 3, 1 + (uint32_t) j % 4,
        1 + 13 * ((uint32_t) j % 3), i % 4 > 0, j % 2, 1 };
      check_case ("selective_scan", run, &p, TOLERANCE);
      Params pieces = p;
      pieces.calls = 4;
      check_same ("selective_scan", run, &p, &pieces);
    }
  check_long ();
}

static void
bench (void)
{
  bench_case ("selective_scan", run, &(Params){ 1280, 16, 0, 1, 1, true, false, 1 });
  bench_case ("selective_scan", run, &(Params){ 1280, 16, 0, 1, 128, true, false, 1 });
}

static void
check_random (Rig *dice)
{
  bool is_long = rig_random (dice, 16) == 0;
  Params p = { rig_size (dice, is_long ? 30 : 200), rig_size (dice, rig_random (dice, 4) ? 16 : 70),
    rig_random (dice, 4), rig_rows (dice, is_long ? 3 : MAX_RUNS),
    rig_size (dice, is_long ? 300 : 40), rig_random (dice, 4), rig_random (dice, 2), 1 };

  check_case ("selective_scan", run, &p, TOLERANCE);
  Params parts = p;
  parts.calls = 1 + rig_random (dice, 6);
  check_same ("selective_scan", run, &p, &parts);
  parts.calls = ALONE;
  check_alone ("selective_scan", run, &p, &parts);
}

const Check check_selective_scan = { check, bench, check_random };
