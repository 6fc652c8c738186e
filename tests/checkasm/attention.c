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
  uint32_t state = p->window * 2 * kv_width + 3;
  Batch batch;

  batch_random (rig, &batch, p->runs, p->longest, p->position);
  if (rig->timed)
    batch.rows = batch.list[0].rows = p->longest;
  SsmtAttentionOp op = {
    .q = rig_floats (rig, batch.rows * stride, -2, 2),
    .k = rig_floats (rig, batch.rows * kv, -2, 2),
    .v = rig_floats (rig, batch.rows * kv, -1, 1),
    .out = rig_pattern (rig, batch.rows * stride),
    .state = { rig_floats (rig, batch.slots * state, -1, 1), state * sizeof (float) },
    .rows = batch.rows, .heads = p->heads, .kv_heads = p->kv_heads,
    .head_dim = p->head_dim, .window = p->window, .q_stride = stride, .kv_stride = kv,
    .out_stride = stride, .scale = 1.0f / sqrtf ((float) p->head_dim),
    .rotary_base = p->rotary_base, .bidirectional = p->bidirectional
  };
  rig_label (rig, "heads %u/%u x %u, window %u, runs %u, rows %u, position %llu, base %g%s",
      p->heads, p->kv_heads, p->head_dim, p->window, p->runs, batch.rows,
      (unsigned long long) batch.list[0].position, p->rotary_base,
      p->bidirectional ? ", bidirectional" : "");
  rig->flops = 4.0 * batch.rows * width * p->window;
  for (uint32_t i = 0; i < p->calls; i++) {
    Batch part = batch_part (&batch, i, p->calls);
    op.runs = rig_runs (rig, &part);
    rig_call (rig, call, &op);
  }
  rig_keep (rig, op.out, batch.rows * stride);
  rig_keep (rig, op.state.base, batch.slots * state);
}

void
check_attention (void)
{
  static const uint32_t dims[] = { 2, 16, 30, 62, 64, 78, 300 };
  static const uint32_t windows[] = { 1, 5, 31, 64, 200 };
  static const uint64_t positions[] = { 0, 3, 70, (uint64_t) 1 << 40 };

  for (size_t i = 0; i < N_ELEMENTS (dims); i++)
    for (size_t j = 0; j < N_ELEMENTS (windows); j++)
      for (size_t k = 0; k < N_ELEMENTS (positions); k++) {
        Params p = {
          2 + 2 * (uint32_t) (i % 2), 2, dims[i], windows[j], (uint32_t) (i + j) % 3,
          1 + (uint32_t) j % 3, k % 2 ? 1 : 70, positions[k], j % 2 ? 10000.0f : 0.0f,
          (i + j + k) % 3 == 0, 1
        };
        check_case ("attention", run, &p, TOLERANCE);
        Params pieces = p;
        p.bidirectional = pieces.bidirectional = false;
        pieces.calls = 3;
        check_same ("attention", run, &p, &pieces);
      }
}

void
bench_attention (void)
{
  bench_case ("attention", run,
      &(Params) { 8, 8, 64, 64, 0, 1, 1, 1000, 10000.0f, false, 1 });
  bench_case ("attention", run,
      &(Params) { 8, 8, 64, 64, 0, 1, 128, 1000, 10000.0f, false, 1 });
  bench_case ("attention", run, &(Params) { 8, 8, 64, 64, 0, 1, 128, 1000, 0.0f, false, 1 });
}
