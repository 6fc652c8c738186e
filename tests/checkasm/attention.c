/* ssmtranslate: checkasm of attention
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "checkasm.h"

/* A mean of up to some hundreds of values in [-1, 1], after a softmax. */
#define TOLERANCE 3e-6

typedef struct {
  uint32_t heads, kv_heads, head_dim, window, gap, runs, longest;
  uint64_t position;
  float rotary_base;
  bool bidirectional;
  uint32_t calls;
  uint32_t rotary_dim;
  uint32_t room; /* without a window: rows of state, 0: none is kept */
} Params;

static void
call (SsmtDevice *device, const void *op)
{
  device->ops->attention (device, op);
}

static void
run (Rig *rig, const void *data)
{
  const Params *p = data;
  uint32_t width = p->heads * p->head_dim, kv_width = p->kv_heads * p->head_dim;
  uint32_t stride = width + p->gap, kv = kv_width + p->gap;
  uint32_t state_stride = p->window ? 0 : 2 * kv_width + 5;
  uint32_t state = p->window ? p->window * 2 * kv_width + 3 : p->room * state_stride + 3;
  Batch batch;

  batch_random (rig, &batch, p->runs, p->longest, p->position);
  if (rig->timed)
    batch.rows = batch.list[0].rows = p->longest;
  SsmtAttentionOp op = { .q = rig_input (rig, rig_floats, batch.rows * stride, -2, 2),
    .k = rig_input (rig, rig_floats, batch.rows * kv, -2, 2),
    .v = rig_input (rig, rig_floats, batch.rows * kv, -1, 1),
    .out = rig_pattern (rig, batch.rows * stride),
    .state = { rig_input (rig, rig_floats, batch.slots * state, -1, 1), state * sizeof (float) },
    .rows = batch.rows,
    .heads = p->heads,
    .kv_heads = p->kv_heads,
    .head_dim = p->head_dim,
    .window = p->window,
    .q_stride = stride,
    .kv_stride = kv,
    .out_stride = stride,
    .scale = 1.0f / sqrtf ((float) p->head_dim),
    .rotary_base = p->rotary_base,
    .bidirectional = p->bidirectional,
    .rotary_dim = p->rotary_dim,
    .state_stride = state_stride };
  if (!p->window && !p->room)
    op.state.base.buffer = NULL;
  rig_label (rig, "heads %u/%u x %u, window %u, runs %u, rows %u, position %llu, base %g%s",
      p->heads, p->kv_heads, p->head_dim, p->window, p->runs, batch.rows,
      (unsigned long long) batch.list[0].position, p->rotary_base,
      p->bidirectional ? ", bidirectional" : "");
  rig->flops = 4.0 * batch.rows * width * (p->window ? p->window : (double) batch.list[0].position);
  for (uint32_t i = 0; i < batch_calls (&batch, p->calls); i++) {
    Batch part = batch_part (&batch, i, p->calls);
    op.runs = rig_runs (rig, &part);
    rig_call (rig, call, &op);
  }
  rig_keep (rig, op.out, batch.rows * stride);
  if (op.state.base.buffer)
    rig_keep (rig, op.state.base, batch.slots * state);
}

/* All of the document, or nothing but the run itself. */
static void
check_without_window (void)
{
  static const uint32_t dims[] = { 4, 31, 62, 64 };
  static const uint64_t positions[] = { 0, 3, 130 };

  for (size_t i = 0; i < N_ELEMENTS (dims); i++)
    for (size_t k = 0; k < N_ELEMENTS (positions); k++)
      for (uint32_t kept = 0; kept < 2; kept++) {
        Params p = { 4, 2 + 2 * (uint32_t) (k % 2), dims[i], 0, (uint32_t) (i + k) % 3,
          1 + (uint32_t) i % 3, 70, positions[k], i % 2 ? 0.0f : 10000.0f, !kept, 1,
          i % 2 ? 0 : dims[i] / 4 * 2, kept ? 202 : 0 };
        check_case ("attention", run, &p, TOLERANCE);
        if (!kept)
          continue;
        Params pieces = p;
        pieces.calls = 3;
        check_same ("attention", run, &p, &pieces);
      }
}

static void
check (void)
{
  static const uint32_t dims[] = { 2, 16, 30, 62, 64, 78, 300 };
  static const uint32_t windows[] = { 1, 5, 31, 64, 200 };
  static const uint64_t positions[] = { 0, 3, 70, (uint64_t) 1 << 40 };

  for (size_t i = 0; i < N_ELEMENTS (dims); i++)
    for (size_t j = 0; j < N_ELEMENTS (windows); j++)
      for (size_t k = 0; k < N_ELEMENTS (positions); k++) {
        Params p = { 2 + 2 * (uint32_t) (i % 2), 2, dims[i], windows[j], (uint32_t) (i + j) % 3,
          1 + (uint32_t) j % 3, k % 2 ? 1 : 70, positions[k], j % 2 ? 10000.0f : 0.0f,
          (i + j + k) % 3 == 0, 1, j == 3 && dims[i] > 2 ? dims[i] / 4 * 2 : 0, 0 };
        check_case ("attention", run, &p, TOLERANCE);
        Params pieces = p;
        p.bidirectional = pieces.bidirectional = false;
        pieces.calls = 3;
        check_same ("attention", run, &p, &pieces);
      }
  check_without_window ();
}

static void
bench (void)
{
  bench_case ("attention", run, &(Params){ 8, 8, 64, 64, 0, 1, 1, 1000, 10000.0f, false, 1, 0, 0 });
  bench_case (
      "attention", run, &(Params){ 8, 8, 64, 64, 0, 1, 128, 1000, 10000.0f, false, 1, 0, 0 });
  bench_case ("attention", run, &(Params){ 8, 8, 64, 64, 0, 1, 128, 1000, 0.0f, false, 1, 0, 0 });
  bench_case (
      "attention", run, &(Params){ 8, 8, 62, 0, 0, 1, 1, 1000, 10000.0f, false, 1, 0, 1001 });
}

static void
check_random (Rig *dice)
{
  static const uint64_t positions[] = { 0, 3, 70, 130, (uint64_t) 1 << 40 };
  uint32_t window = rig_random (dice, 3) ? rig_size (dice, 100) : 0, kept = rig_random (dice, 2);
  uint32_t kv_heads = 1 + rig_random (dice, 3), pairs = rig_size (dice, 70);
  Params p = { kv_heads * (1 + rig_random (dice, 3)), kv_heads, 2 * pairs, window,
    rig_random (dice, 4), rig_rows (dice, MAX_RUNS),
    rig_size (dice, rig_random (dice, 16) ? 20 : 90), positions[rig_random (dice, window ? 5 : 4)],
    rig_random (dice, 2) ? 10000.0f : 0.0f, rig_random (dice, 4) == 0, 1, 0,
    window || !kept ? 0 : 230 };

  if (p.rotary_base > 0 && rig_random (dice, 2))
    p.rotary_dim = 2 * rig_size (dice, pairs);
  else if (p.rotary_base == 0)
    p.head_dim -= rig_random (dice, 2);
  check_case ("attention", run, &p, TOLERANCE);
  Params parts = p;
  parts.calls = ALONE;
  check_alone ("attention", run, &p, &parts);
  if (!window && !kept)
    return;
  p.bidirectional = parts.bidirectional = false;
  parts.calls = 1 + rig_random (dice, 6);
  check_same ("attention", run, &p, &parts);
}

const Check check_attention = { check, bench, check_random };
