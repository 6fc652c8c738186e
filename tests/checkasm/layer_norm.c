/* ssmtranslate: checkasm of layer_norm
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "checkasm.h"

/* Sums of up to some thousand values in F32 against double. */
#define TOLERANCE 5e-6
/* Of a few values that may be nearly alike: their distances from the mean are what is left of 3, times up to 300. */
#define FEW_TOLERANCE 1e-4

typedef struct {
  uint32_t rows, dim, gap;
  bool in_place, bias;
} Params;

static void
call (SsmtDevice *device, const void *op)
{
  device->ops->layer_norm (device, op);
}

static void
run (Rig *rig, const void *data)
{
  const Params *p = data;
  uint32_t stride = p->dim + p->gap;
  SsmtLayerNormOp op = { .x = rig_input (rig, rig_floats, p->rows * stride, -1, 3),
    .weight = rig_floats (rig, p->dim, 0.5, 1.5),
    .bias = rig_floats (rig, p->dim, -1, 1),
    .out = rig_pattern (rig, p->rows * stride),
    .rows = p->rows,
    .dim = p->dim,
    .x_stride = stride,
    .out_stride = stride,
    .eps = 1e-5f };
  if (p->in_place)
    op.out = op.x;
  if (!p->bias)
    op.bias.buffer = NULL;
  rig_label (rig, "rows %u, dim %u, gap %u%s%s", p->rows, p->dim, p->gap,
      p->in_place ? ", in place" : "", p->bias ? ", bias" : "");
  rig->bytes = 8.0 * p->rows * p->dim;
  rig_call (rig, call, &op);
  rig_keep (rig, op.out, p->rows * stride);
}

static void
check (void)
{
  for (uint32_t dim = 2; dim < 70; dim += 3)
    check_case ("layer_norm", run, &(Params){ 1 + dim % 4, dim, dim % 3, dim % 2, dim % 5 > 0 },
        dim < 8 ? FEW_TOLERANCE : TOLERANCE);
  check_case ("layer_norm", run, &(Params){ 33, 2048, 0, true, true }, TOLERANCE);
}

static void
bench (void)
{
  bench_case ("layer_norm", run, &(Params){ 1, 512, 0, false, true });
  bench_case ("layer_norm", run, &(Params){ 128, 2048, 0, false, true });
}

static void
check_random (Rig *dice)
{
  Params p = { rig_rows (dice, 40), 1 + rig_size (dice, 2100), rig_random (dice, 4),
    rig_random (dice, 2), rig_random (dice, 2) };

  check_case ("layer_norm", run, &p, p.dim < 8 ? FEW_TOLERANCE : TOLERANCE);
}

const Check check_layer_norm = { check, bench, check_random };
