/* ssmtranslate: checkasm of recurrence
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "checkasm.h"

/* key_dim sums of a recurrence over some tens of rows. */
#define TOLERANCE 2e-5

typedef struct {
  SsmtDecay kind;
  bool delta, l2_norm, normalise, edges;
  uint32_t heads, share; /* share: how many heads use one q, k or v */
  uint32_t key_dim, value_dim, gap, runs, longest;
  uint32_t calls;
} Params;

static void
call (SsmtDevice *device, const void *op)
{
  device->ops->recurrence (device, op);
}

/* Which of q, k and v are shared, as the layer kinds do it. */
static void
set_heads (SsmtRecurrenceOp *op, const Params *p)
{
  uint32_t few = p->heads / p->share;

  op->q_heads = p->kind == SSMT_DECAY_TOKEN ? few : p->heads;
  op->k_heads = p->kind == SSMT_DECAY_HEAD ? p->heads : few;
  op->v_heads = p->kind == SSMT_DECAY_TOKEN ? p->heads : few;
}

static SsmtRef
decay_content (Rig *rig, const Params *p, uint32_t rows, uint32_t stride)
{
  if (p->kind == SSMT_DECAY_NONE)
    return (SsmtRef){ NULL, 0 };
  if (p->kind == SSMT_DECAY_HEAD)
    return rig_floats (rig, p->heads, 0.8f, 1);
  return rig_input (rig, p->edges ? rig_edges : rig_floats, rows * stride, -6, 3);
}

static void
run (Rig *rig, const void *data)
{
  const Params *p = data;
  uint32_t width = p->heads * p->value_dim, stride = width + p->gap;
  uint32_t state = width * p->key_dim + 3;
  bool has_beta = p->delta && p->gap != 1;
  /* the delta rule takes away what it finds: its sums are of no terms */
  SsmtRef (*make) (Rig *, RigMake, size_t, float, float) = p->delta ? rig_input : rig_terms;
  Batch batch;
  SsmtRecurrenceOp op = { .kind = p->kind,
    .heads = p->heads,
    .key_dim = p->key_dim,
    .value_dim = p->value_dim,
    .scale = 0.3f,
    .decay_divisor = 4,
    .decay_min = p->edges ? -0.5f : -INFINITY,
    .beta_scale = p->gap == 2 ? 2.0f : 1.0f,
    .delta = p->delta,
    .l2_norm = p->l2_norm,
    .normalise = p->normalise };

  set_heads (&op, p);
  batch_random (rig, &batch, p->runs, p->longest, 700);
  if (rig->timed)
    batch.rows = batch.list[0].rows = p->longest;
  op.rows = batch.rows;
  op.q_stride = op.q_heads * p->key_dim + p->gap;
  op.k_stride = op.k_heads * p->key_dim + 2 * p->gap;
  op.v_stride = op.v_heads * p->value_dim + p->gap;
  op.decay_stride = (p->kind == SSMT_DECAY_TOKEN ? p->heads : op.k_heads * p->key_dim) + p->gap;
  op.beta_stride = p->heads + p->gap;
  op.out_stride = stride;
  op.q = make (rig, rig_floats, batch.rows * op.q_stride, -1, 1);
  op.k = make (rig, rig_floats, batch.rows * op.k_stride, -0.3f, 0.3f);
  op.v = make (rig, rig_floats, batch.rows * op.v_stride, -1, 1);
  op.decay = decay_content (rig, p, batch.rows, op.decay_stride);
  op.a = rig_floats (rig, p->heads, -2, -0.01f);
  op.dt_bias = rig_floats (rig, p->heads, -2, 0);
  if (has_beta)
    op.beta = rig_input (rig, rig_floats, batch.rows * op.beta_stride, -3, 3);
  op.out = rig_pattern (rig, batch.rows * stride);
  op.state =
      (SsmtSlots){ make (rig, rig_floats, batch.slots * state, -1, 1), state * sizeof (float) };
  rig_label (rig, "decay %d%s%s, heads %u of %u x %u, runs %u, rows %u", p->kind,
      p->delta ? ", delta" : "", p->l2_norm ? ", l2" : "", p->heads, p->key_dim, p->value_dim,
      p->runs, batch.rows);
  rig->flops = (p->delta ? 8.0 : 5.0) * batch.rows * width * p->key_dim;
  for (uint32_t i = 0; i < batch_calls (&batch, p->calls); i++) {
    Batch part = batch_part (&batch, i, p->calls);
    op.runs = rig_runs (rig, &part);
    rig_call (rig, call, &op);
  }
  rig_keep (rig, op.out, batch.rows * stride);
  rig_keep (rig, op.state.base, batch.slots * state);
}

/* With the delta rule keys have length 1, or the state would grow without bound. */
static void
check_kind (SsmtDecay kind, bool delta)
{
  static const uint32_t values[] = { 1, 15, 16, 32, 48, 78 };
  static const uint32_t keys[] = { 1, 7, 16, 64, 130 };

  for (uint32_t i = 0; i < N_ELEMENTS (values); i++)
    for (uint32_t j = 0; j < N_ELEMENTS (keys); j++) {
      Params p = { .kind = kind,
        .delta = delta,
        .l2_norm = delta || i % 2,
        .edges = j % 2,
        .normalise = kind == SSMT_DECAY_HEAD && i % 2,
        .heads = 4,
        .share = 1 + i % 2,
        .key_dim = keys[j],
        .value_dim = values[i],
        .gap = (i + j) % 3,
        .runs = 1 + j % 3,
        .longest = 1 + 11 * (i % 3),
        .calls = 1 };
      check_case ("recurrence", run, &p, TOLERANCE);
      Params pieces = p;
      pieces.calls = 5;
      check_same ("recurrence", run, &p, &pieces);
    }
}

static void
check (void)
{
  for (int kind = SSMT_DECAY_NONE; kind <= SSMT_DECAY_CHANNEL; kind++) {
    check_kind (kind, false);
    check_kind (kind, true);
  }
  /* more rows than are prepared at a time, and several parts of a wide state */
  for (uint32_t delta = 0; delta < 2; delta++) {
    Params p = { .kind = SSMT_DECAY_CHANNEL,
      .delta = delta,
      .l2_norm = delta,
      .heads = 2,
      .share = 1,
      .key_dim = 70,
      .value_dim = 157,
      .runs = 2,
      .longest = 90,
      .calls = 1 };
    check_case ("recurrence", run, &p, TOLERANCE);
    Params pieces = p;
    pieces.calls = 7;
    check_same ("recurrence", run, &p, &pieces);
  }
  /* keys beyond what the vectors hold */
  check_case ("recurrence", run,
      &(Params){ .kind = SSMT_DECAY_TOKEN,
          .delta = true,
          .l2_norm = true,
          .heads = 2,
          .share = 1,
          .key_dim = 600,
          .value_dim = 17,
          .runs = 2,
          .longest = 5,
          .calls = 1 },
      TOLERANCE);
}

static void
bench (void)
{
  static const uint32_t rows[] = { 1, 128 };

  for (uint32_t i = 0; i < N_ELEMENTS (rows); i++) {
    Params p = { .kind = SSMT_DECAY_HEAD,
      .heads = 4,
      .share = 1,
      .key_dim = 128,
      .value_dim = 256,
      .runs = 1,
      .longest = rows[i],
      .calls = 1 };
    bench_case ("recurrence", run, &p);
    p.kind = SSMT_DECAY_CHANNEL;
    bench_case ("recurrence", run, &p);
    p.kind = SSMT_DECAY_TOKEN;
    p.delta = p.l2_norm = true;
    bench_case ("recurrence", run, &p);
  }
}

static void
check_random (Rig *dice)
{
  bool is_long = rig_random (dice, 16) == 0;
  uint32_t share = 1 + rig_random (dice, 2);
  Params p = { .kind = (SsmtDecay) rig_random (dice, SSMT_DECAY_CHANNEL + 1),
    .delta = rig_random (dice, 2),
    .edges = rig_random (dice, 2),
    .heads = share * (1 + rig_random (dice, 3)),
    .share = share,
    .key_dim = rig_size (dice, rig_random (dice, 32) ? 140 : 600),
    .value_dim = rig_size (dice, is_long ? 40 : 160),
    .gap = rig_random (dice, 4),
    .runs = rig_rows (dice, 4),
    .longest = rig_size (dice, is_long ? 150 : 30),
    .calls = 1 };

  p.l2_norm = p.delta || rig_random (dice, 2);
  p.normalise = p.kind == SSMT_DECAY_HEAD && rig_random (dice, 2);
  check_case ("recurrence", run, &p, TOLERANCE);
  Params parts = p;
  parts.calls = 1 + rig_random (dice, 6);
  check_same ("recurrence", run, &p, &parts);
  parts.calls = ALONE;
  check_alone ("recurrence", run, &p, &parts);
}

const Check check_recurrence = { check, bench, check_random };
