/* ssmtranslate: checkasm of rms_norm
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "checkasm.h"

/* A sum of up to a few thousand squares, and one SiLU. */
#define TOLERANCE 2e-6

typedef struct {
  uint32_t rows, dim, group, gap;
  bool gate, weight, in_place, zero;
} Params;

static void
call (SsmtDevice *device, const void *op)
{
  device->ops->rms_norm (device, op);
}

static void
run (Rig *rig, const void *data)
{
  const Params *p = data;
  uint32_t stride = p->dim + p->gap;
  float range = p->zero ? 0 : 3;
  SsmtRmsNormOp op = { .x = rig_input (rig, rig_floats, p->rows * stride, -range, range),
    .out = rig_pattern (rig, p->rows * stride),
    .rows = p->rows,
    .dim = p->dim,
    .group = p->group,
    .x_stride = stride,
    .gate_stride = p->dim,
    .out_stride = stride,
    .eps = 1e-5f };
  if (p->gate)
    op.gate = rig_input (rig, rig_edges, p->rows * p->dim, -8, 8);
  if (p->weight)
    op.weight = rig_floats (rig, p->dim, -2, 2);
  if (p->in_place)
    op.out = op.x;
  rig_label (rig, "rows %u, dim %u, group %u%s%s%s", p->rows, p->dim, p->group,
      p->gate ? ", gate" : "", p->weight ? ", weight" : "", p->in_place ? ", in place" : "");
  rig->bytes = 4.0 * p->rows * p->dim * (p->gate ? 3 : 2);
  rig_call (rig, call, &op);
  rig_keep (rig, op.out, p->rows * stride);
}

static void
check (void)
{
  static const uint32_t dims[] = { 1, 15, 16, 17, 62, 128, 610, 1280 };

  for (size_t i = 0; i < N_ELEMENTS (dims); i++)
    for (uint32_t bits = 0; bits < 16; bits++) {
      Params p = { 1 + bits % 5, dims[i], dims[i], bits % 3, bits & 1, bits & 2, bits & 4,
        bits == 8 };
      check_case ("rms_norm", run, &p, TOLERANCE);
      if (dims[i] % 2 == 0) {
        p.group = dims[i] / 2;
        check_case ("rms_norm", run, &p, TOLERANCE);
      }
    }
}

static void
bench (void)
{
  bench_case ("rms_norm", run, &(Params){ 1, 640, 640, 0, false, true, false, false });
  bench_case ("rms_norm", run, &(Params){ 128, 1280, 1280, 0, true, true, false, false });
}

static void
check_random (Rig *dice)
{
  uint32_t bits = rig_random (dice, 8), group = rig_size (dice, 1300);
  uint32_t groups = 1 + rig_random (dice, group < 300 ? 4 : 1);
  Params p = { rig_rows (dice, 20), groups * group, group, rig_random (dice, 4), bits & 1, bits & 2,
    bits & 4, rig_random (dice, 16) == 0 };

  check_case ("rms_norm", run, &p, TOLERANCE);
}

const Check check_rms_norm = { check, bench, check_random };
