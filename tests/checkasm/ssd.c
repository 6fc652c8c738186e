/* ssmtranslate: checkasm of ssd
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "checkasm.h"

/* d_state sums of a recurrence over some tens of rows. */
#define TOLERANCE 1e-5

typedef struct {
  uint32_t heads, head_dim, groups, d_state, gap, runs, longest;
  bool edges;
  uint32_t calls;
} Params;

static void
call (SsmtDevice *device, const void *op)
{
  device->ops->ssd (device, op);
}

static void
run (Rig *rig, const void *data)
{
  const Params *p = data;
  uint32_t width = p->heads * p->head_dim, stride = width + p->gap;
  uint32_t bc = p->groups * p->d_state + p->gap, dt = p->heads + p->gap;
  uint32_t state = width * p->d_state + 3;
  Batch batch;

  batch_random (rig, &batch, p->runs, p->longest, 0);
  if (rig->timed)
    batch.rows = batch.list[0].rows = p->longest;
  SsmtSsdOp op = { .x = rig_terms (rig, rig_floats, batch.rows * stride, -1, 1),
    .dt = rig_input (rig, p->edges ? rig_edges : rig_floats, batch.rows * dt, -6, 2),
    .b = rig_terms (rig, rig_floats, batch.rows * bc, -1, 1),
    .c = rig_terms (rig, rig_floats, batch.rows * bc, -0.2f, 0.2f),
    .a = rig_floats (rig, p->heads, -8, -0.01f),
    .d = rig_terms (rig, rig_floats, p->heads, -1, 1),
    .dt_bias = rig_floats (rig, p->heads, -2, 0),
    .out = rig_pattern (rig, batch.rows * stride),
    .state = { rig_terms (rig, rig_floats, batch.slots * state, -1, 1), state * sizeof (float) },
    .rows = batch.rows,
    .heads = p->heads,
    .head_dim = p->head_dim,
    .groups = p->groups,
    .d_state = p->d_state,
    .x_stride = stride,
    .dt_stride = dt,
    .bc_stride = bc,
    .out_stride = stride,
    .dt_min = 1e-3f,
    .dt_max = p->edges ? 3.0f : INFINITY };
  rig_label (rig, "heads %u x %u, groups %u, d_state %u, runs %u, rows %u", p->heads, p->head_dim,
      p->groups, p->d_state, p->runs, batch.rows);
  rig->flops = 5.0 * batch.rows * width * p->d_state;
  for (uint32_t i = 0; i < batch_calls (&batch, p->calls); i++) {
    Batch part = batch_part (&batch, i, p->calls);
    op.runs = rig_runs (rig, &part);
    rig_call (rig, call, &op);
  }
  rig_keep (rig, op.out, batch.rows * stride);
  rig_keep (rig, op.state.base, batch.slots * state);
}

/* Runs of many chunks, some of no whole one, and steps beside them. Of its own, at the end of
 * the list. */
static void
check_long (void)
{
  static const Params cases[] = {
    { 2, 64, 1, 128, 0, 1, 300, false, 1 },
    { 4, 30, 2, 16, 3, 5, 200, false, 1 },
    { 2, 78, 1, 70, 1, 8, 120, false, 1 },
    { 2, 16, 2, 64, 0, 3, 250, true, 2 },
    { 1, 1, 1, 1, 0, 8, 130, false, 1 },
  };

  for (size_t i = 0; i < N_ELEMENTS (cases); i++)
    check_case ("ssd", run, &cases[i], TOLERANCE);
}

static void
check (void)
{
  static const uint32_t dims[] = { 1, 15, 16, 32, 48, 64, 78 };
  static const uint32_t states[] = { 1, 7, 16, 128 };

  for (size_t i = 0; i < N_ELEMENTS (dims); i++)
    for (size_t j = 0; j < N_ELEMENTS (states); j++) {
      Params p = { 2 + 2 * (uint32_t) (i % 2), dims[i], 1 + (uint32_t) (j % 2), states[j],
        (uint32_t) (i + j) % 3, 1 + (uint32_t) j % 3, 1 + 11 * ((uint32_t) i % 3), j % 2, 1 };
      check_case ("ssd", run, &p, TOLERANCE);
      Params pieces = p;
      pieces.calls = 5;
      check_same ("ssd", run, &p, &pieces);
    }
  check_long ();
}

static void
bench (void)
{
  bench_case ("ssd", run, &(Params){ 20, 64, 1, 128, 0, 1, 1, false, 1 });
  bench_case ("ssd", run, &(Params){ 20, 64, 1, 128, 0, 1, 128, false, 1 });
}

static void
check_random (Rig *dice)
{
  bool is_long = rig_random (dice, 16) == 0;
  uint32_t groups = 1 + rig_random (dice, 3);
  Params p = { groups * (1 + rig_random (dice, 3)), rig_size (dice, is_long ? 20 : 80), groups,
    rig_size (dice, rig_random (dice, 8) ? 70 : 130), rig_random (dice, 4),
    rig_rows (dice, is_long ? 3 : 5), rig_size (dice, is_long ? 300 : 40), rig_random (dice, 2),
    1 };

  check_case ("ssd", run, &p, TOLERANCE);
  Params parts = p;
  parts.calls = 1 + rig_random (dice, 6);
  check_same ("ssd", run, &p, &parts);
  parts.calls = ALONE;
  check_alone ("ssd", run, &p, &parts);
}

const Check check_ssd = { check, bench, check_random };
