/* ssmtranslate: checkasm of embed
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "checkasm.h"

/* One product of floats: the same in all variants. */
#define TOLERANCE 0

typedef struct {
  SsmtDType dtype;
  uint32_t rows, vocabulary, dim, gap;
} Params;

static void
call (SsmtDevice *device, const void *op)
{
  device->ops->embed (device, op);
}

static void
run (Rig *rig, const void *data)
{
  const Params *p = data;
  SsmtMatrix table = rig_matrix (rig, p->dtype, p->vocabulary, p->dim);
  int32_t ids[64];

  for (uint32_t r = 0; r < p->rows; r++)
    ids[r] = r == 0 ? (int32_t) p->vocabulary - 1 : (int32_t) rig_random (rig, p->vocabulary);
  SsmtEmbedOp op = { .table = &table,
    .ids = rig_bytes (rig, ids, p->rows * sizeof *ids),
    .out = rig_pattern (rig, p->rows * (p->dim + p->gap)),
    .rows = p->rows,
    .out_stride = p->dim + p->gap,
    .scale = 1.5f };
  rig_label (rig, "dtype %d, rows %u, dim %u", p->dtype, p->rows, p->dim);
  rig->bytes = (double) p->rows * ssmt_row_bytes (p->dtype, p->dim);
  rig_call (rig, call, &op);
  rig_keep (rig, op.out, p->rows * op.out_stride);
  rig_unbind (rig, &table);
}

static void
check (void)
{
  static const uint32_t dims[] = { 1, 7, 16, 31, 64, 610 };

  for (int dtype = 0; dtype <= SSMT_DTYPE_Q4; dtype++)
    for (size_t i = 0; i < N_ELEMENTS (dims); i++) {
      Params p = { (SsmtDType) dtype, 1 + (uint32_t) i * 6, 50, dims[i], (uint32_t) i % 3 };
      check_case ("embed", run, &p, TOLERANCE);
    }
}

static void
bench (void)
{
  bench_case ("embed", run, &(Params){ SSMT_DTYPE_BF16, 32, 1000, 640, 0 });
}

static void
check_random (Rig *dice)
{
  Params p = { (SsmtDType) rig_random (dice, SSMT_DTYPE_Q4 + 1), rig_rows (dice, 60),
    rig_size (dice, 70), rig_size (dice, 700), rig_random (dice, 4) };

  check_case ("embed", run, &p, TOLERANCE);
}

const Check check_embed = { check, bench, check_random };
