/* ssmtranslate: checkasm of top_k
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "checkasm.h"

/* A sum of up to 32,000 exponentials in floats; ids are compared exactly. */
#define TOLERANCE 3e-6

typedef enum { PLAIN, TIES, RISING, NOT_NUMBERS, ALL_NAN, MINUS_INFINITY, PLUS_INFINITY } Kind;

typedef struct {
  uint32_t rows, dim, gap, k;
  Kind kind;
} Params;

static float
logit (Rig *rig, Kind kind, uint32_t i)
{
  float random = rig_uniform (rig, -20, 20);

  switch (kind) {
    case TIES:
      return floorf (random / 8);
    case RISING:
      return (float) i * 1e-3f;
    case NOT_NUMBERS:
      return i % 5 != 1 ? NAN : random;
    case ALL_NAN:
      return NAN;
    case MINUS_INFINITY:
      return i % 7 == 3 ? random : -INFINITY;
    case PLUS_INFINITY:
      return i % 7 == 3 ? INFINITY : random;
    default:
      return random;
  }
}

static void
call (SsmtDevice *device, const void *op)
{
  device->ops->top_k (device, op);
}

static void
run (Rig *rig, const void *data)
{
  const Params *p = data;
  uint32_t stride = p->dim + p->gap;
  float *logits = malloc (p->rows * stride * sizeof *logits);

  for (uint32_t i = 0; logits && i < p->rows * stride; i++)
    logits[i] = i % stride < p->dim ? logit (rig, p->kind, i % stride) : 1e9f;
  SsmtTopKOp op = { .logits = rig_bytes (rig, logits, p->rows * stride * sizeof *logits),
    .ids = rig_pattern (rig, p->rows * p->k),
    .logp = rig_pattern (rig, p->rows * p->k),
    .rows = p->rows,
    .dim = p->dim,
    .stride = stride,
    .k = p->k };
  free (logits);
  rig_label (rig, "rows %u, dim %u, k %u, kind %d", p->rows, p->dim, p->k, p->kind);
  rig->bytes = 4.0 * p->rows * p->dim;
  rig_call (rig, call, &op);
  rig_keep_ints (rig, op.ids, p->rows * p->k);
  rig_keep (rig, op.logp, p->rows * p->k);
}

static void
check (void)
{
  static const uint32_t dims[] = { 1, 2, 15, 16, 33, 64, 100, 1000, 32000 };
  static const uint32_t ks[] = { 1, 2, 5, 16, 64 };

  for (size_t i = 0; i < N_ELEMENTS (dims); i++)
    for (size_t j = 0; j < N_ELEMENTS (ks); j++)
      for (int kind = PLAIN; kind <= PLUS_INFINITY; kind++)
        if (ks[j] <= dims[i])
          check_case ("top_k", run,
              &(Params){ 1 + (uint32_t) j % 3, dims[i], (uint32_t) i % 2 * 3, ks[j], (Kind) kind },
              TOLERANCE);
}

static void
bench (void)
{
  bench_case ("top_k", run, &(Params){ 1, 32000, 0, 1, PLAIN });
  bench_case ("top_k", run, &(Params){ 4, 32000, 0, 8, PLAIN });
}

static void
check_random (Rig *dice)
{
  uint32_t dim = rig_size (dice, rig_random (dice, 16) == 0 ? 32000 : 1500);
  Params p = { rig_rows (dice, 6), dim, rig_random (dice, 4), rig_size (dice, dim < 64 ? dim : 64),
    (Kind) rig_random (dice, PLUS_INFINITY + 1) };

  check_case ("top_k", run, &p, TOLERANCE);
}

const Check check_top_k = { check, bench, check_random };
