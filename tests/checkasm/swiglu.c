/* ssmtranslate: checkasm of swiglu
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "checkasm.h"

/* One exp and one division. */
#define TOLERANCE 1e-6

typedef struct {
  uint32_t rows, dim, gap, where; /* where: out is 0 apart, 1 gate, 2 up */
  bool gelu;
} Params;

static void
call (SsmtDevice *device, const void *op)
{
  device->ops->swiglu (device, op);
}

static void
run (Rig *rig, const void *data)
{
  const Params *p = data;
  uint32_t stride = p->dim + p->gap;
  SsmtSwigluOp op = { .gate = rig_input (rig, rig_edges, p->rows * stride, -10, 10),
    .up = rig_input (rig, rig_floats, p->rows * stride, -2, 2),
    .out = rig_pattern (rig, p->rows * stride),
    .rows = p->rows,
    .dim = p->dim,
    .gate_stride = stride,
    .up_stride = stride,
    .out_stride = stride,
    .gelu = p->gelu };
  op.out = p->where == 1 ? op.gate : p->where == 2 ? op.up : op.out;
  rig_label (rig, "%s, rows %u, dim %u, gap %u, out %u", p->gelu ? "gelu" : "silu", p->rows, p->dim,
      p->gap, p->where);
  rig->bytes = 12.0 * p->rows * p->dim;
  rig_call (rig, call, &op);
  rig_keep (rig, op.out, p->rows * stride);
}

static void
check (void)
{
  for (uint32_t dim = 1; dim < 70; dim += 5)
    for (uint32_t where = 0; where < 3; where++)
      check_case ("swiglu", run, &(Params){ 1 + dim % 4, dim, dim % 3, where, false }, TOLERANCE);
  check_case ("swiglu", run, &(Params){ 33, 1220, 0, 0, false }, TOLERANCE);
  for (uint32_t dim = 1; dim < 70; dim += 5)
    check_case ("swiglu", run, &(Params){ 1 + dim % 4, dim, dim % 3, dim % 3, true }, TOLERANCE);
}

static void
bench (void)
{
  bench_case ("swiglu", run, &(Params){ 1, 2048, 0, 0, false });
  bench_case ("swiglu", run, &(Params){ 128, 2048, 0, 0, false });
}

static void
check_random (Rig *dice)
{
  Params p = { rig_rows (dice, 40), rig_size (dice, 2100), rig_random (dice, 4),
    rig_random (dice, 3), rig_random (dice, 2) };

  check_case ("swiglu", run, &p, TOLERANCE);
}

const Check check_swiglu = { check, bench, check_random };
