/* ssmtranslate: checkasm of attention_scores
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "checkasm.h"

#define TOLERANCE 3e-6

typedef struct {
  uint32_t heads, kv_heads, head_dim, memory, gap, runs, longest, calls;
} Params;

typedef struct {
  uint32_t heads, kv_heads, head_dim, window, gap, runs, longest, calls;
} SelfParams;

static void
call (SsmtDevice *device, const void *op)
{
  device->ops->attention_scores (device, op);
}

/* Adds the mean over heads of what attention made of unit vectors. */
static void
add_heads (SsmtDevice *device, const SsmtAttentionScoresOp *op, SsmtBuffer *heads)
{
  uint32_t width = op->heads * op->head_dim, columns = op->out_stride;
  float *h = calloc ((size_t) op->rows * width, sizeof *h);
  float *out = calloc ((size_t) op->rows * columns, sizeof *out);

  device->ops->read (device, h, (SsmtRef){ heads, 0 }, (size_t) op->rows * width * 4);
  device->ops->read (device, out, op->out, (size_t) op->rows * columns * 4);
  for (uint32_t row = 0; row < op->rows; row++)
    for (uint32_t head = 0; head < op->heads; head++)
      for (uint32_t j = 0; j < columns; j++)
        out[row * columns + j] +=
            h[(size_t) row * width + head * op->head_dim + j] / (float) op->heads;
  device->ops->write (device, op->out, out, (size_t) op->rows * columns * 4);
  free (h);
  free (out);
}

/* The same by cross_attention: values that are unit vectors give the weights of a head. */
static void
call_by_values (SsmtDevice *device, const void *data)
{
  const SsmtAttentionScoresOp *op = data;
  uint32_t width = op->heads * op->head_dim, columns = op->out_stride;
  SsmtBuffer *values = device->ops->alloc (device, (size_t) op->kv_stride * columns * 4);
  SsmtBuffer *heads = device->ops->alloc (device, (size_t) op->rows * width * 4);
  float *v = calloc ((size_t) op->kv_stride * columns, sizeof *v);

  for (uint32_t j = 0; j < columns; j++)
    for (uint32_t kv = 0; kv < op->kv_heads; kv++)
      v[(size_t) j * op->kv_stride + kv * op->head_dim + j] = 1.0f;
  device->ops->write (device, (SsmtRef){ values, 0 }, v, (size_t) op->kv_stride * columns * 4);
  device->ops->cross_attention (device,
      &(SsmtCrossAttentionOp){ .q = op->q,
          .k = op->k,
          .v = { values, 0 },
          .out = { heads, 0 },
          .runs = op->runs,
          .rows = op->rows,
          .heads = op->heads,
          .kv_heads = op->kv_heads,
          .head_dim = op->head_dim,
          .q_stride = op->q_stride,
          .kv_stride = op->kv_stride,
          .out_stride = width,
          .scale = op->scale });
  add_heads (device, op, heads);
  device->ops->release (device, values);
  device->ops->release (device, heads);
  free (v);
}

static void
run_with (Rig *rig, const Params *p, CallFunc function)
{
  uint32_t stride = p->heads * p->head_dim + p->gap;
  uint32_t kv = p->kv_heads * p->head_dim + p->gap;
  Batch batch;

  batch_random (rig, &batch, p->runs, p->longest, 100);
  for (uint32_t i = 0; i < batch.count; i++) {
    batch.list[i].memory_rows = i == 1 ? rig_random (rig, p->memory + 1) : p->memory;
    batch.list[i].memory = 0;
  }
  SsmtAttentionScoresOp op = { .q = rig_input (rig, rig_floats, batch.rows * stride, -2, 2),
    .k = rig_input (rig, rig_floats, p->memory * kv, -2, 2),
    .out = rig_floats (rig, batch.rows * p->memory, 0, 1),
    .rows = batch.rows,
    .heads = p->heads,
    .kv_heads = p->kv_heads,
    .head_dim = p->head_dim,
    .q_stride = stride,
    .kv_stride = kv,
    .out_stride = p->memory,
    .scale = 1.0f / sqrtf ((float) p->head_dim) };
  rig_label (rig, "heads %u/%u x %u, memory %u, runs %u, rows %u", p->heads, p->kv_heads,
      p->head_dim, p->memory, p->runs, batch.rows);
  for (uint32_t i = 0; i < batch_calls (&batch, p->calls); i++) {
    Batch part = batch_part (&batch, i, p->calls);
    op.runs = rig_runs (rig, &part);
    rig_call (rig, function, &op);
  }
  rig_keep (rig, op.out, batch.rows * p->memory);
}

/* The same by attention of a run to itself. */
static void
call_self_by_values (SsmtDevice *device, const void *data)
{
  const SsmtAttentionScoresOp *op = data;
  uint32_t width = op->heads * op->head_dim;
  SsmtBuffer *values = device->ops->alloc (device, (size_t) op->kv_stride * op->rows * 4);
  SsmtBuffer *heads = device->ops->alloc (device, (size_t) op->rows * width * 4);
  float *v = calloc ((size_t) op->kv_stride * op->rows, sizeof *v);
  SsmtRun runs[MAX_RUNS];

  device->ops->read (device, runs, op->runs.list, op->runs.count * sizeof *runs);
  for (uint32_t i = 0; i < op->runs.count; i++)
    for (uint32_t j = 0; j < runs[i].rows; j++)
      for (uint32_t kv = 0; kv < op->kv_heads; kv++)
        v[(size_t) (runs[i].first + j) * op->kv_stride + kv * op->head_dim + j] = 1.0f;
  device->ops->write (device, (SsmtRef){ values, 0 }, v, (size_t) op->kv_stride * op->rows * 4);
  device->ops->attention (device,
      &(SsmtAttentionOp){ .q = op->q,
          .k = op->k,
          .v = { values, 0 },
          .out = { heads, 0 },
          .runs = op->runs,
          .rows = op->rows,
          .heads = op->heads,
          .kv_heads = op->kv_heads,
          .head_dim = op->head_dim,
          .window = op->window,
          .q_stride = op->q_stride,
          .kv_stride = op->kv_stride,
          .out_stride = width,
          .scale = op->scale });
  add_heads (device, op, heads);
  device->ops->release (device, values);
  device->ops->release (device, heads);
  free (v);
}

static void
run_self_with (Rig *rig, const SelfParams *p, CallFunc function)
{
  uint32_t stride = p->heads * p->head_dim + p->gap;
  uint32_t kv = p->kv_heads * p->head_dim + p->gap;
  Batch batch;

  batch_random (rig, &batch, p->runs, p->longest, 100);
  SsmtAttentionScoresOp op = { .q = rig_input (rig, rig_floats, batch.rows * stride, -2, 2),
    .k = rig_input (rig, rig_floats, batch.rows * kv, -2, 2),
    .out = rig_floats (rig, batch.rows * p->longest, 0, 1),
    .rows = batch.rows,
    .heads = p->heads,
    .kv_heads = p->kv_heads,
    .head_dim = p->head_dim,
    .q_stride = stride,
    .kv_stride = kv,
    .out_stride = p->longest,
    .window = p->window,
    .scale = 1.0f / sqrtf ((float) p->head_dim),
    .self = true };
  rig_label (rig, "self, heads %u/%u x %u, window %u, runs %u, rows %u", p->heads, p->kv_heads,
      p->head_dim, p->window, p->runs, batch.rows);
  for (uint32_t i = 0; i < batch_calls (&batch, p->calls); i++) {
    Batch part = batch_part (&batch, i, p->calls);
    op.runs = rig_runs (rig, &part);
    rig_call (rig, function, &op);
  }
  rig_keep (rig, op.out, batch.rows * p->longest);
}

static bool is_first;

/* The first device that a case runs on is what the others are compared with: it takes the way
 * over cross_attention. */
static void
run (Rig *rig, const void *data)
{
  run_with (rig, data, is_first ? call_by_values : call);
  is_first = false;
}

static void
run_self (Rig *rig, const void *data)
{
  run_self_with (rig, data, is_first ? call_self_by_values : call);
  is_first = false;
}

/* Of its own, at the end of the list. */
static void
check_self (void)
{
  static const SelfParams cases[] = {
    { 4, 4, 16, 0, 0, 1, 1, 1 },
    { 4, 2, 16, 0, 5, 3, 16, 1 },
    { 4, 1, 31, 4, 0, 2, 20, 1 },
    { 2, 2, 64, 1, 3, 4, 9, 1 },
    { 8, 2, 64, 16, 0, 8, 60, 1 },
  };

  for (size_t i = 0; i < N_ELEMENTS (cases); i++) {
    is_first = true;
    check_case ("attention_scores", run_self, &cases[i], TOLERANCE);
  }
}

static void
check (void)
{
  static const uint32_t dims[] = { 16, 31, 64 };
  static const uint32_t memories[] = { 1, 3, 16 };

  for (size_t i = 0; i < N_ELEMENTS (dims); i++)
    for (size_t j = 0; j < N_ELEMENTS (memories); j++) {
      is_first = true;
      check_case ("attention_scores", run,
          &(Params){ 4, 1 + (uint32_t) (i % 2), dims[i], memories[j], (uint32_t) j % 2 * 5,
              1 + (uint32_t) j % 3, 6, 1 },
          TOLERANCE);
    }
  check_self ();
}

static void
check_random (Rig *dice)
{
  uint32_t kv_heads = 1 + rig_random (dice, 3), head_dim = rig_size (dice, 100);
  uint32_t heads = kv_heads * (1 + rig_random (dice, 3));
  Params cross = { heads, kv_heads, head_dim, rig_size (dice, head_dim), rig_random (dice, 6),
    rig_rows (dice, MAX_RUNS), rig_size (dice, 20), 1 };
  SelfParams self = { heads, kv_heads, head_dim, rig_random (dice, 2) ? rig_size (dice, 20) : 0,
    rig_random (dice, 6), rig_rows (dice, MAX_RUNS), rig_size (dice, head_dim < 40 ? head_dim : 40),
    1 };

  is_first = true;
  check_case ("attention_scores", run, &cross, TOLERANCE);
  Params parts = cross;
  parts.calls = 1 + rig_random (dice, 6);
  check_alone ("attention_scores", run, &cross, &parts);
  parts.calls = ALONE;
  check_alone ("attention_scores", run, &cross, &parts);
  is_first = true;
  check_case ("attention_scores", run_self, &self, TOLERANCE);
  SelfParams alone = self;
  alone.calls = ALONE;
  check_alone ("attention_scores", run_self, &self, &alone);
}

const Check check_attention_scores = { check, NULL, check_random };
