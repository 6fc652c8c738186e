/* ssmtranslate: checkasm of hidden_scores
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "checkasm.h"

#define TOLERANCE 2e-5

typedef struct {
  uint32_t dim, groups, d_state, gap, runs, longest;
  float dt_min, dt_max;
  bool scalar;
  uint32_t calls;
} Params;

static void
call (SsmtDevice *device, const void *op)
{
  device->ops->hidden_scores (device, op);
}

/* What the scan makes, from an empty state, of inputs that are 1 at row `j` of each run and 0
 * elsewhere: alpha_c(t, j). */
static void
scan_unit (
    SsmtDevice *device, const SsmtHiddenScoresOp *op, const SsmtRun *runs, uint32_t j, float *out)
{
  uint32_t slots = MAX_RUNS + 1;
  size_t n = (size_t) op->rows * op->dim, state = (size_t) op->dim * op->d_state * 4;
  SsmtBuffer *x = device->ops->alloc (device, n * 4), *y = device->ops->alloc (device, n * 4);
  SsmtBuffer *states = device->ops->alloc (device, slots * state);
  SsmtBuffer *skip = device->ops->alloc (device, op->dim * sizeof (float));
  float *unit = calloc (n, sizeof *unit);

  for (uint32_t i = 0; i < op->runs.count; i++)
    for (uint32_t c = 0; c < op->dim && j < runs[i].rows; c++)
      unit[(size_t) (runs[i].first + j) * op->dim + c] = 1.0f;
  device->ops->write (device, (SsmtRef){ x, 0 }, unit, n * 4);
  if (op->scalar)
    device->ops->ssd (device,
        &(SsmtSsdOp){ .x = { x, 0 },
            .dt = op->dt,
            .b = op->b,
            .c = op->c,
            .a = op->a,
            .d = { skip, 0 },
            .dt_bias = op->dt_bias,
            .out = { y, 0 },
            .state = { { states, 0 }, state },
            .runs = op->runs,
            .rows = op->rows,
            .heads = op->dim,
            .head_dim = 1,
            .groups = op->groups,
            .d_state = op->d_state,
            .x_stride = op->dim,
            .dt_stride = op->dt_stride,
            .bc_stride = op->bc_stride,
            .out_stride = op->dim,
            .dt_min = op->dt_min,
            .dt_max = op->dt_max });
  else
    device->ops->selective_scan (device,
        &(SsmtSelectiveScanOp){ .u = { x, 0 },
            .dt = op->dt,
            .b = op->b,
            .c = op->c,
            .a = op->a,
            .d = { skip, 0 },
            .dt_bias = op->dt_bias,
            .out = { y, 0 },
            .state = { { states, 0 }, state },
            .runs = op->runs,
            .rows = op->rows,
            .dim = op->dim,
            .d_state = op->d_state,
            .u_stride = op->dim,
            .dt_stride = op->dt_stride,
            .bc_stride = op->bc_stride,
            .out_stride = op->dim });
  device->ops->read (device, out, (SsmtRef){ y, 0 }, n * 4);
  device->ops->release (device, x);
  device->ops->release (device, y);
  device->ops->release (device, states);
  device->ops->release (device, skip);
  free (unit);
}

/* The same by scans, one for each row j. */
static void
call_by_scans (SsmtDevice *device, const void *data)
{
  const SsmtHiddenScoresOp *op = data;
  uint32_t columns = op->out_stride;
  float *y = calloc ((size_t) op->rows * op->dim, sizeof *y);
  float *weights = calloc ((size_t) op->rows * columns, sizeof *weights);
  float *out = calloc ((size_t) op->rows * columns, sizeof *out);
  SsmtRun runs[MAX_RUNS];

  device->ops->read (device, runs, op->runs.list, op->runs.count * sizeof *runs);
  device->ops->read (device, out, op->out, (size_t) op->rows * columns * 4);
  for (uint32_t j = 0; j < columns; j++) {
    scan_unit (device, op, runs, j, y);
    for (uint32_t row = 0; row < op->rows; row++)
      for (uint32_t c = 0; c < op->dim; c++)
        weights[row * columns + j] += fabsf (y[(size_t) row * op->dim + c]);
  }
  for (uint32_t row = 0; row < op->rows; row++) {
    float total = 0.0f;

    for (uint32_t j = 0; j < columns; j++)
      total += weights[row * columns + j];
    for (uint32_t j = 0; j < columns && total != 0.0f; j++)
      out[row * columns + j] += weights[row * columns + j] / total;
  }
  device->ops->write (device, op->out, out, (size_t) op->rows * columns * 4);
  free (y);
  free (weights);
  free (out);
}

static void
run_with (Rig *rig, const Params *p, CallFunc function)
{
  uint32_t bc = p->groups * p->d_state + p->gap;
  Batch batch;

  batch_random (rig, &batch, p->runs, p->longest, 100);
  SsmtHiddenScoresOp op = { .dt =
                                rig_input (rig, rig_floats, batch.rows * (p->dim + p->gap), -4, 1),
    .b = rig_input (rig, rig_floats, batch.rows * bc, -1, 1),
    .c = rig_input (rig, rig_floats, batch.rows * bc, -1, 1),
    .a = rig_floats (rig, p->dim * (p->scalar ? 1 : p->d_state), -4, -0.1f),
    .dt_bias = rig_floats (rig, p->dim, -1, 1),
    .out = rig_floats (rig, batch.rows * p->longest, 0, 1),
    .work = rig_pattern (rig, batch.rows * p->longest),
    .rows = batch.rows,
    .dim = p->dim,
    .groups = p->groups,
    .d_state = p->d_state,
    .dt_stride = p->dim + p->gap,
    .bc_stride = bc,
    .out_stride = p->longest,
    .dt_min = p->dt_min,
    .dt_max = p->dt_max,
    .scalar = p->scalar };
  rig_label (rig, "dim %u, groups %u, d_state %u%s, runs %u, rows %u", p->dim, p->groups,
      p->d_state, p->scalar ? ", scalar" : "", p->runs, batch.rows);
  for (uint32_t i = 0; i < batch_calls (&batch, p->calls); i++) {
    Batch part = batch_part (&batch, i, p->calls);
    op.runs = rig_runs (rig, &part);
    rig_call (rig, function, &op);
  }
  rig_keep (rig, op.out, batch.rows * p->longest);
}

static bool is_first;

/* The first device that a case runs on, what the others are compared with, takes the way over
 * the scans. */
static void
run (Rig *rig, const void *data)
{
  run_with (rig, data, is_first ? call_by_scans : call);
  is_first = false;
}

/* One run whose first step is no number: neither is any row's sum, nor what is added. */
static void
run_nan (Rig *rig, const void *data)
{
  enum { ROWS = 5 };
  float dt[ROWS] = { NAN, 0.1f, 0.2f, 0.3f, 0.4f }, expected[ROWS * ROWS] = { 0 };
  SsmtRun whole = { .rows = ROWS };

  for (uint32_t row = 0; is_first && row < ROWS; row++)
    for (uint32_t j = 0; j <= row; j++)
      expected[row * ROWS + j] = NAN;
  SsmtHiddenScoresOp op = { .dt = rig_bytes (rig, dt, sizeof dt),
    .b = rig_floats (rig, ROWS, 1, 2),
    .c = rig_floats (rig, ROWS, 1, 2),
    .a = rig_floats (rig, 1, -1, -0.1f),
    .dt_bias = rig_floats (rig, 1, 0, 0),
    .out = rig_bytes (rig, expected, sizeof expected),
    .work = rig_pattern (rig, ROWS * ROWS),
    .runs = { rig_bytes (rig, &whole, sizeof whole), 1 },
    .rows = ROWS,
    .dim = 1,
    .groups = 1,
    .d_state = 1,
    .dt_stride = 1,
    .bc_stride = 1,
    .out_stride = ROWS,
    .dt_max = INFINITY,
    .scalar = *(const bool *) data };
  rig_label (rig, "NaN");
  if (!is_first)
    rig_call (rig, call, &op);
  is_first = false;
  rig_keep (rig, op.out, ROWS * ROWS);
}

static void
check (void)
{
  static const Params cases[] = {
    { 1, 1, 1, 0, 1, 1, 0, INFINITY, false, 1 },
    { 24, 1, 16, 3, 3, 9, 0, INFINITY, false, 1 },
    { 130, 1, 5, 0, 2, 12, 0, INFINITY, false, 1 },
    { 1100, 1, 4, 2, 2, 5, 0, INFINITY, false, 1 }, /* more than CUDA's threads have */
    { 12, 2, 8, 1, 3, 9, 0.05f, 0.5f, true, 1 },
    { 8, 8, 16, 0, 4, 7, 0, INFINITY, true, 1 },
    { 1040, 2, 3, 0, 1, 6, 0, 1, true, 1 },
  };

  for (size_t i = 0; i < N_ELEMENTS (cases); i++) {
    is_first = true;
    check_case ("hidden_scores", run, &cases[i], TOLERANCE);
  }
  for (int scalar = 0; scalar < 2; scalar++) {
    is_first = true;
    check_case ("hidden_scores", run_nan, &(bool){ scalar }, 0);
  }
}

static void
check_random (Rig *dice)
{
  bool scalar = rig_random (dice, 2), is_clamped = rig_random (dice, 2);
  uint32_t groups = scalar ? 1 + rig_random (dice, 3) : 1;
  Params p = { groups * rig_size (dice, rig_random (dice, 32) ? 70 : 1100 / groups), groups,
    rig_size (dice, rig_random (dice, 4) ? 16 : 70), rig_random (dice, 4), rig_rows (dice, 5),
    rig_size (dice, 12), is_clamped ? 0.05f : 0, is_clamped && scalar ? 0.5f : INFINITY, scalar,
    1 };

  if (!scalar)
    p.dt_min = 0;
  is_first = true;
  check_case ("hidden_scores", run, &p, TOLERANCE);
  Params alone = p;
  alone.calls = ALONE;
  check_alone ("hidden_scores", run, &p, &alone);
}

const Check check_hidden_scores = { check, NULL, check_random };
