/* ssmtranslate: checkasm of activation
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "checkasm.h"

/* The erf of the vectors is right to 1.5e-7, times |x|. */
#define TOLERANCE 2e-6

typedef struct {
  uint32_t rows, dim, gap;
  bool in_place;
  SsmtActivation function;
} Params;

static void
call (SsmtDevice *device, const void *op)
{
  device->ops->activation (device, op);
}

static void
run (Rig *rig, const void *data)
{
  const Params *p = data;
  uint32_t stride = p->dim + p->gap;
  SsmtActivationOp op = { .x = rig_input (rig, rig_edges, p->rows * stride, -10, 10),
    .out = rig_pattern (rig, p->rows * stride),
    .rows = p->rows,
    .dim = p->dim,
    .x_stride = stride,
    .out_stride = stride,
    .function = p->function };
  if (p->in_place)
    op.out = op.x;
  rig_label (rig, "function %u, rows %u, dim %u, gap %u%s", p->function, p->rows, p->dim, p->gap,
      p->in_place ? ", in place" : "");
  rig->bytes = 8.0 * p->rows * p->dim;
  rig_call (rig, call, &op);
  rig_keep (rig, op.out, p->rows * stride);
}

static void
check (void)
{
  static const SsmtActivation functions[] = { SSMT_ACTIVATION_RELU, SSMT_ACTIVATION_GELU,
    SSMT_ACTIVATION_SILU };

  for (size_t f = 0; f < N_ELEMENTS (functions); f++) {
    for (uint32_t dim = 1; dim < 70; dim += 5)
      check_case ("activation", run, &(Params){ 1 + dim % 4, dim, dim % 3, dim % 2, functions[f] },
          TOLERANCE);
    check_case ("activation", run, &(Params){ 33, 2048, 0, true, functions[f] }, TOLERANCE);
  }
}

static void
bench (void)
{
  bench_case ("activation", run, &(Params){ 1, 2048, 0, true, SSMT_ACTIVATION_GELU });
  bench_case ("activation", run, &(Params){ 128, 2048, 0, true, SSMT_ACTIVATION_RELU });
}

static void
check_random (Rig *dice)
{
  Params p = { rig_rows (dice, 40), rig_size (dice, 2100), rig_random (dice, 4),
    rig_random (dice, 2), (SsmtActivation) rig_random (dice, SSMT_ACTIVATION_SILU + 1) };

  check_case ("activation", run, &p, TOLERANCE);
}

const Check check_activation = { check, bench, check_random };
