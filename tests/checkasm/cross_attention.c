/* ssmtranslate: checkasm of cross_attention
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "checkasm.h"

/* A mean of up to some hundreds of values in [-1, 1], after a softmax. */
#define TOLERANCE 3e-6

typedef struct {
  uint32_t heads, kv_heads, head_dim, memory, gap, runs, longest, calls;
} Params;

static void
call (SsmtDevice *device, const void *op)
{
  device->ops->cross_attention (device, op);
}

/* Each run gets its own part of the memory; the second sees nothing. */
static void
place_memory (Rig *rig, Batch *batch, uint32_t memory)
{
  for (uint32_t i = 0; i < batch->count; i++) {
    SsmtRun *r = &batch->list[i];
    r->memory_rows = i == 1 ? 0 : rig->timed ? memory : 1 + rig_random (rig, memory);
    r->memory = rig_random (rig, memory - r->memory_rows + 1);
  }
}

static void
run (Rig *rig, const void *data)
{
  const Params *p = data;
  uint32_t width = p->heads * p->head_dim, stride = width + p->gap;
  uint32_t kv = p->kv_heads * p->head_dim + p->gap;
  Batch batch;

  batch_random (rig, &batch, p->runs, p->longest, 100);
  if (rig->timed)
    batch.rows = batch.list[0].rows = p->longest;
  place_memory (rig, &batch, p->memory);
  SsmtCrossAttentionOp op = { .q = rig_input (rig, rig_floats, batch.rows * stride, -2, 2),
    .k = rig_input (rig, rig_floats, p->memory * kv, -2, 2),
    .v = rig_input (rig, rig_floats, p->memory * kv, -1, 1),
    .out = rig_pattern (rig, batch.rows * stride),
    .rows = batch.rows,
    .heads = p->heads,
    .kv_heads = p->kv_heads,
    .head_dim = p->head_dim,
    .q_stride = stride,
    .kv_stride = kv,
    .out_stride = stride,
    .scale = 1.0f / sqrtf ((float) p->head_dim) };
  rig_label (rig, "heads %u/%u x %u, memory %u, runs %u, rows %u", p->heads, p->kv_heads,
      p->head_dim, p->memory, p->runs, batch.rows);
  rig->flops = 4.0 * batch.rows * width * p->memory;
  for (uint32_t i = 0; i < batch_calls (&batch, p->calls); i++) {
    Batch part = batch_part (&batch, i, p->calls);
    op.runs = rig_runs (rig, &part);
    rig_call (rig, call, &op);
  }
  rig_keep (rig, op.out, batch.rows * stride);
}

static void
check (void)
{
  static const uint32_t dims[] = { 1, 16, 31, 62, 64, 200 };
  static const uint32_t memories[] = { 1, 3, 32, 33, 150 };

  for (size_t i = 0; i < N_ELEMENTS (dims); i++)
    for (size_t j = 0; j < N_ELEMENTS (memories); j++)
      check_case ("cross_attention", run,
          &(Params){ 4, 1 + (uint32_t) (i % 2), dims[i], memories[j], (uint32_t) j % 2 * 5,
              1 + (uint32_t) j % 3, 6, 1 },
          TOLERANCE);
}

static void
bench (void)
{
  bench_case ("cross_attention", run, &(Params){ 8, 8, 64, 40, 0, 1, 1, 1 });
  bench_case ("cross_attention", run, &(Params){ 8, 8, 64, 40, 0, 1, 32, 1 });
}

static void
check_random (Rig *dice)
{
  uint32_t kv_heads = 1 + rig_random (dice, 3);
  Params p = { kv_heads * (1 + rig_random (dice, 3)), kv_heads, rig_size (dice, 140),
    rig_size (dice, 150), rig_random (dice, 6), rig_rows (dice, MAX_RUNS), rig_size (dice, 20), 1 };

  check_case ("cross_attention", run, &p, TOLERANCE);
  Params parts = p;
  parts.calls = 1 + rig_random (dice, 6);
  check_alone ("cross_attention", run, &p, &parts);
  parts.calls = ALONE;
  check_alone ("cross_attention", run, &p, &parts);
}

const Check check_cross_attention = { check, bench, check_random };
