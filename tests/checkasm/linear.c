/* ssmtranslate: checkasm of linear
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "checkasm.h"

/* Sums of some thousand products in floats, each sum near 1.  The variants that
 * round x to bfloat16 are compared with a reference that does so too; I8 sums in
 * integers and must be exact, and Q4 adds its sums of groups in one order. */
#define TOLERANCE 5e-6

#define MAX_COPIES 32

typedef struct {
  SsmtDType dtype;
  uint32_t rows, inputs, outputs, gap;
  bool bias, accumulate;
  uint32_t small;  /* x: 1 zeros, 2 so small that steps of int8 would be subnormal */
  uint32_t calls;  /* the rows come in so many calls */
  uint32_t copies; /* bench: so many matrices in turn, to miss the caches */
} Params;

typedef struct {
  SsmtLinearOp op[MAX_COPIES];
  uint32_t count;
} Products;

static void
call (SsmtDevice *device, const void *data)
{
  const Products *products = data;
  for (uint32_t i = 0; i < products->count; i++)
    device->ops->linear (device, &products->op[i]);
}

/* Rows of the product that part number `part` computes. */
static Products
product_part (const SsmtLinearOp *whole, uint32_t part, uint32_t parts)
{
  Products products = { { *whole }, 1 };
  SsmtLinearOp *op = &products.op[0];
  uint32_t first = whole->rows * part / parts, last = whole->rows * (part + 1) / parts;

  op->rows = last - first;
  op->x = ssmt_ref_at (op->x, (size_t) first * op->x_stride * sizeof (float));
  op->out = ssmt_ref_at (op->out, (size_t) first * op->out_stride * sizeof (float));
  return products;
}

static void
run (Rig *rig, const void *data)
{
  const Params *p = data;
  uint32_t x_stride = p->inputs + p->gap, out_stride = p->outputs + p->gap;
  float range = p->small == 1 ? 0 : p->small == 2 ? 1e-42f : 1 / sqrtf ((float) p->inputs);
  SsmtMatrix weight[MAX_COPIES];
  Products products = { .count = p->copies };

  SsmtLinearOp op = { .x = rig_input (rig, rig_floats, p->rows * x_stride, -range, range),
    .out = rig_pattern (rig, p->rows * out_stride),
    .rows = p->rows,
    .x_stride = x_stride,
    .out_stride = out_stride,
    .accumulate = p->accumulate };
  if (p->bias)
    op.bias = rig_floats (rig, p->outputs, -1, 1);
  if (p->accumulate)
    op.out = rig_floats (rig, p->rows * out_stride, -1, 1);
  for (uint32_t i = 0; i < p->copies; i++) {
    weight[i] = rig_matrix (rig, p->dtype, p->outputs, p->inputs);
    products.op[i] = op;
    products.op[i].weight = &weight[i];
  }
  op.weight = &weight[0];
  rig_label (rig, "dtype %d, rows %u, %u -> %u%s%s%s", p->dtype, p->rows, p->inputs, p->outputs,
      p->copies > 1 ? ", from memory" : "", p->bias ? ", bias" : "",
      p->accumulate ? ", accumulate" : "");
  rig->flops = 2.0 * p->copies * p->rows * p->inputs * p->outputs;
  rig->bytes = (double) p->copies * p->outputs * ssmt_row_bytes (p->dtype, p->inputs);
  if (p->calls <= 1)
    rig_call (rig, call, &products);
  for (uint32_t i = 0; p->calls > 1 && i < p->calls; i++) {
    Products part = product_part (&op, i, p->calls);
    rig_call (rig, call, &part);
  }
  rig_keep (rig, op.out, p->rows * out_stride);
  for (uint32_t i = 0; i < p->copies; i++)
    rig_unbind (rig, &weight[i]);
}

static void
check (void)
{
  static const uint32_t inputs[] = { 1, 15, 16, 31, 39, 64, 65, 127, 610, 1220 };
  static const uint32_t outputs[] = { 1, 3, 8, 71, 130 };

  for (int dtype = 0; dtype <= SSMT_DTYPE_Q4; dtype++)
    for (size_t i = 0; i < N_ELEMENTS (inputs); i++)
      for (uint32_t rows = 1; rows <= 35; rows += rows < 9 ? 1 : 6) {
        Params p = { (SsmtDType) dtype, rows, inputs[i], outputs[(i + rows) % N_ELEMENTS (outputs)],
          rows % 3, rows % 2, i % 2, i == 3 ? (rows == 7) + 2 * (rows == 8) : 0, 1, 1 };
        check_case ("linear", run, &p, dtype >= SSMT_DTYPE_I8 ? 0 : TOLERANCE);
        Params single = p;
        single.calls = rows;
        check_same ("linear", run, &p, &single);
      }
}

static void
bench_size (SsmtDType dtype, uint32_t rows, uint32_t inputs, uint32_t outputs, uint32_t copies)
{
  bench_case (
      "linear", run, &(Params){ dtype, rows, inputs, outputs, 0, false, false, 0, 1, copies });
}

static void
bench (void)
{
  for (int dtype = 0; dtype <= SSMT_DTYPE_Q4; dtype++) {
    bench_size ((SsmtDType) dtype, 1, 640, 2560, 1);
    bench_size ((SsmtDType) dtype, 1, 640, 2560, 32);
    bench_size ((SsmtDType) dtype, 4, 640, 2560, 1);
    bench_size ((SsmtDType) dtype, 16, 640, 2560, 32);
    bench_size ((SsmtDType) dtype, 128, 640, 2560, 1);
    bench_size ((SsmtDType) dtype, 128, 1280, 640, 1);
    bench_size ((SsmtDType) dtype, 128, 40, 1280, 1);
  }
}

/* Now and then rows of x that a core's cache does not hold beside the weights. */
static void
check_random (Rig *dice)
{
  bool wide = rig_random (dice, 16) == 0;
  Params p = { (SsmtDType) rig_random (dice, SSMT_DTYPE_Q4 + 1), rig_rows (dice, wide ? 60 : 40),
    wide ? 2000 + rig_random (dice, 1500) : rig_size (dice, 700), rig_size (dice, wide ? 20 : 150),
    rig_random (dice, 4), rig_random (dice, 2), rig_random (dice, 2),
    rig_random (dice, 10) == 0 ? 1 + rig_random (dice, 2) : 0, 1, 1 };

  check_case ("linear", run, &p, p.dtype >= SSMT_DTYPE_I8 ? 0 : TOLERANCE);
  Params alone = p;
  alone.calls = p.rows;
  check_alone ("linear", run, &p, &alone);
  alone.calls = 1 + rig_random (dice, 5);
  check_alone ("linear", run, &p, &alone);
}

const Check check_linear = { check, bench, check_random };
