/* ssmtranslate: checkasm of rotate
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "checkasm.h"

#define TOLERANCE 1e-6

typedef struct {
  uint32_t q_heads, k_heads, head_dim, divisor, gap, runs;
  bool interleaved;
  uint32_t calls;
} Params;

static void
call (SsmtDevice *device, const void *op)
{
  device->ops->rotate (device, op);
}

static void
run (Rig *rig, const void *data)
{
  const Params *p = data;
  uint32_t q_stride = p->q_heads * p->head_dim + p->gap;
  uint32_t k_stride = p->k_heads * p->head_dim + p->gap;
  Batch batch;

  batch_random (rig, &batch, p->runs, 20, (uint64_t) 1 << 40);
  SsmtRotateOp op = { .q = rig_input (rig, rig_floats, batch.rows * q_stride, -1, 1),
    .k = rig_input (rig, rig_floats, batch.rows * k_stride, -1, 1),
    .rows = batch.rows,
    .q_heads = p->q_heads,
    .k_heads = p->k_heads,
    .head_dim = p->head_dim,
    .divisor = p->divisor,
    .q_stride = q_stride,
    .k_stride = k_stride,
    .base = 10000,
    .interleaved = p->interleaved };
  rig_label (rig, "%s, heads %u and %u of %u, runs %u, rows %u",
      p->interleaved ? "interleaved" : "half-split", p->q_heads, p->k_heads, p->head_dim, p->runs,
      batch.rows);
  rig->bytes = 8.0 * batch.rows * (p->q_heads + p->k_heads) * p->head_dim;
  for (uint32_t i = 0; i < batch_calls (&batch, p->calls); i++) {
    Batch part = batch_part (&batch, i, p->calls);
    op.runs = rig_runs (rig, &part);
    rig_call (rig, call, &op);
  }
  rig_keep (rig, op.q, batch.rows * q_stride);
  rig_keep (rig, op.k, batch.rows * k_stride);
}

static void
check (void)
{
  static const uint32_t dims[] = { 2, 6, 16, 32, 34, 128, 520 };

  for (uint32_t i = 0; i < N_ELEMENTS (dims); i++)
    for (uint32_t interleaved = 0; interleaved < 2; interleaved++) {
      Params p = { 1 + i % 4, 1 + i % 2, dims[i],
        interleaved && dims[i] > 2 ? dims[i] / 2 - 1 : dims[i] / 2, i % 3, 1 + i % 3, interleaved,
        1 };
      check_case ("rotate", run, &p, TOLERANCE);
      Params pieces = p;
      pieces.calls = 4;
      check_same ("rotate", run, &p, &pieces);
    }
}

static void
bench (void)
{
  bench_case ("rotate", run, &(Params){ 4, 4, 128, 63, 0, 1, true, 1 });
  bench_case ("rotate", run, &(Params){ 4, 4, 128, 64, 0, 1, false, 1 });
}

static void
check_random (Rig *dice)
{
  uint32_t pairs = rig_size (dice, 150), interleaved = rig_random (dice, 2);
  Params p = { 1 + rig_random (dice, 4), 1 + rig_random (dice, 4), 2 * pairs,
    interleaved && pairs > 1 ? pairs - 1 : pairs, rig_random (dice, 4), rig_rows (dice, MAX_RUNS),
    interleaved, 1 };

  check_case ("rotate", run, &p, TOLERANCE);
  Params parts = p;
  parts.calls = 1 + rig_random (dice, 6);
  check_same ("rotate", run, &p, &parts);
  parts.calls = ALONE;
  check_alone ("rotate", run, &p, &parts);
}

const Check check_rotate = { check, bench, check_random };
