/* ssmtranslate: checkasm of layer_norm, activation and positions
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "checkasm.h"

/* Sums of up to some thousand values in F32 against double. */
#define NORM_TOLERANCE 5e-6
/* The erf of the vectors is right to 1.5e-7, times |x|. */
#define ACTIVATION_TOLERANCE 2e-6

typedef struct {
  uint32_t rows, dim, gap;
  bool in_place, bias;
  SsmtActivation function;
} Params;

static void
call_layer_norm (SsmtDevice *device, const void *op)
{
  device->ops->layer_norm (device, op);
}

static void
run_layer_norm (Rig *rig, const void *data)
{
  const Params *p = data;
  uint32_t stride = p->dim + p->gap;
  SsmtLayerNormOp op = {
    .x = rig_floats (rig, p->rows * stride, -1, 3),
    .weight = rig_floats (rig, p->dim, 0.5, 1.5), .bias = rig_floats (rig, p->dim, -1, 1),
    .out = rig_pattern (rig, p->rows * stride), .rows = p->rows, .dim = p->dim,
    .x_stride = stride, .out_stride = stride, .eps = 1e-5f
  };
  if (p->in_place)
    op.out = op.x;
  if (!p->bias)
    op.bias.buffer = NULL;
  rig_label (rig, "rows %u, dim %u, gap %u%s%s", p->rows, p->dim, p->gap,
      p->in_place ? ", in place" : "", p->bias ? ", bias" : "");
  rig->bytes = 8.0 * p->rows * p->dim;
  rig_call (rig, call_layer_norm, &op);
  rig_keep (rig, op.out, p->rows * stride);
}

void
check_layer_norm (void)
{
  for (uint32_t dim = 2; dim < 70; dim += 3)
    check_case ("layer_norm", run_layer_norm,
        &(Params) { 1 + dim % 4, dim, dim % 3, dim % 2, dim % 5 > 0, 0 }, NORM_TOLERANCE);
  check_case ("layer_norm", run_layer_norm, &(Params) { 33, 2048, 0, true, true, 0 },
      NORM_TOLERANCE);
}

void
bench_layer_norm (void)
{
  bench_case ("layer_norm", run_layer_norm, &(Params) { 1, 512, 0, false, true, 0 });
  bench_case ("layer_norm", run_layer_norm, &(Params) { 128, 2048, 0, false, true, 0 });
}

static void
call_activation (SsmtDevice *device, const void *op)
{
  device->ops->activation (device, op);
}

static void
run_activation (Rig *rig, const void *data)
{
  const Params *p = data;
  uint32_t stride = p->dim + p->gap;
  SsmtActivationOp op = {
    .x = rig_edges (rig, p->rows * stride, -10, 10),
    .out = rig_pattern (rig, p->rows * stride), .rows = p->rows, .dim = p->dim,
    .x_stride = stride, .out_stride = stride, .function = p->function
  };
  if (p->in_place)
    op.out = op.x;
  rig_label (rig, "function %u, rows %u, dim %u, gap %u%s", p->function, p->rows, p->dim,
      p->gap, p->in_place ? ", in place" : "");
  rig->bytes = 8.0 * p->rows * p->dim;
  rig_call (rig, call_activation, &op);
  rig_keep (rig, op.out, p->rows * stride);
}

void
check_activation (void)
{
  static const SsmtActivation functions[] =
      { SSMT_ACTIVATION_RELU, SSMT_ACTIVATION_GELU, SSMT_ACTIVATION_SILU };

  for (size_t f = 0; f < N_ELEMENTS (functions); f++) {
    for (uint32_t dim = 1; dim < 70; dim += 5)
      check_case ("activation", run_activation,
          &(Params) { 1 + dim % 4, dim, dim % 3, dim % 2, false, functions[f] },
          ACTIVATION_TOLERANCE);
    check_case ("activation", run_activation,
        &(Params) { 33, 2048, 0, true, false, functions[f] }, ACTIVATION_TOLERANCE);
  }
}

void
bench_activation (void)
{
  bench_case ("activation", run_activation,
      &(Params) { 1, 2048, 0, true, false, SSMT_ACTIVATION_GELU });
  bench_case ("activation", run_activation,
      &(Params) { 128, 2048, 0, true, false, SSMT_ACTIVATION_RELU });
}

/* --- positions: one way in C; looked at by its parts, and cut into pieces --- */

typedef struct {
  uint32_t dim, gap, calls;
  uint64_t position;
} PositionParams;

static void
call_positions (SsmtDevice *device, const void *op)
{
  device->ops->positions (device, op);
}

static void
run_positions (Rig *rig, const void *data)
{
  const PositionParams *p = data;
  uint32_t stride = p->dim + p->gap;
  Batch batch;

  batch_random (rig, &batch, 3, 9, p->position);
  SsmtPositionsOp op = {
    .x = rig_floats (rig, batch.rows * stride, -1, 1), .rows = batch.rows, .dim = p->dim,
    .stride = stride, .offset = 1
  };
  rig_label (rig, "dim %u, gap %u, position %llu", p->dim, p->gap,
      (unsigned long long) p->position);
  for (uint32_t i = 0; i < p->calls; i++) {
    Batch part = batch_part (&batch, i, p->calls);
    op.runs = rig_runs (rig, &part);
    rig_call (rig, call_positions, &op);
  }
  rig_keep (rig, op.x, batch.rows * stride);
}

void
check_positions (void)
{
  for (uint32_t dim = 1; dim < 40; dim += 6)
    for (uint32_t calls = 1; calls < 4; calls += 2) {
      check_case ("positions", run_positions,
          &(PositionParams) { dim, dim % 3, calls, 1000 * dim }, 0);
      check_same ("positions", run_positions,
          &(PositionParams) { dim, dim % 3, 1, 1000 * dim },
          &(PositionParams) { dim, dim % 3, calls, 1000 * dim });
    }
}
