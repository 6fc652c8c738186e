/* ssmtranslate: single products beside what the machine reads and multiplies
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * For each dtype, size of a layer and number of rows: the time of one product, its share of a plain read of
 * the same bytes where they lie, and of the multiply rate. "cache": one matrix again and again; "memory": as
 * many as fill --far megabytes by turns. Both sides take turns of a few milliseconds; what is printed is the
 * best turn of each, and between them the median of the shares.
 *
 *   bench-products [--threads=N] [--rows=1,16] [--dtypes=i8,bf16] [--seconds=1] [--far=512] [--isa=avx2]
 *                  [--pages=huge|small]
 */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "bench.h"

#define TURN 0.004 /* seconds */
#define MAX_TURNS 4096

static const BenchShape shapes[] = { { 2560, 640 }, { 640, 1280 }, { 1536, 256 }, { 256, 1536 },
  { 32000, 256 }, { 1280, 40 } };

typedef struct {
  BenchOptions options;
  SsmtDevice *device;
  BenchReaders *readers;
  SsmtMeasure measure;
} Bench;

/* Matrices of one size that lie one behind the other. */
typedef struct {
  SsmtDType dtype;
  BenchShape shape;
  size_t bytes; /* of one */
  uint32_t count;
  char *block;
  SsmtMatrix *matrices;
  SsmtBuffer *data, *scales;
} Weights;

static void *
pages (size_t bytes, bool huge)
{
  size_t unit = (size_t) 2 << 20;
  void *block = NULL;

  if (posix_memalign (&block, unit, (bytes + unit - 1) / unit * unit) != 0)
    return NULL;
#ifdef MADV_HUGEPAGE
  madvise (block, (bytes + unit - 1) / unit * unit, huge ? MADV_HUGEPAGE : MADV_NOHUGEPAGE);
#endif
  /* as floats of 16 or 32 bits small ones, none so small that a processor takes a hundred cycles */
  for (size_t i = 0; i < bytes / 2; i++)
    ((uint16_t *) block)[i] = (uint16_t) ((i * 2654435761u >> 11 & 0x83ff) | 0x3800);
  return block;
}

static bool
weights_make (const Bench *bench, SsmtDType dtype, BenchShape shape, bool far, Weights *weights)
{
  SsmtDevice *device = bench->device;
  size_t scales = ssmt_row_scales (dtype, shape.inputs) * shape.outputs;
  size_t bytes = shape.outputs * ssmt_row_bytes (dtype, shape.inputs);
  float *ones = malloc ((scales + 1) * sizeof (float));
  bool good = ones != NULL;

  bytes = (bytes + SSMT_MEASURE_UNIT - 1) / SSMT_MEASURE_UNIT * SSMT_MEASURE_UNIT;
  *weights = (Weights){ dtype, shape, bytes, 1, NULL, NULL, NULL, NULL };
  if (far)
    weights->count = 2 + (uint32_t) ((size_t) bench->options.far / bytes);
  weights->block = pages (bytes * weights->count, bench->options.huge);
  weights->matrices = calloc (weights->count, sizeof *weights->matrices);
  weights->scales = device->ops->alloc (device, (scales + 1) * sizeof (float));
  good = good && weights->block && weights->matrices && weights->scales;
  for (size_t i = 0; good && i < scales; i++)
    ones[i] = 0.01f;
  if (good) {
    weights->data = device->ops->wrap (device, weights->block, bytes * weights->count);
    device->ops->write (device, (SsmtRef){ weights->scales, 0 }, ones, scales * sizeof (float));
  }
  for (uint32_t i = 0; good && i < weights->count; i++) {
    SsmtMatrix *m = &weights->matrices[i];
    *m = (SsmtMatrix){ dtype, shape.outputs, shape.inputs, { weights->data, i * bytes },
      { scales > 0 ? weights->scales : NULL, 0 }, { NULL, 0 } };
    good = device->ops->bind_matrix (device, m);
  }
  free (ones);
  return good;
}

static void
weights_free (const Bench *bench, Weights *weights)
{
  SsmtDevice *device = bench->device;

  for (uint32_t i = 0; weights->matrices && i < weights->count; i++)
    device->ops->unbind_matrix (device, &weights->matrices[i]);
  if (weights->data)
    device->ops->release (device, weights->data);
  if (weights->scales)
    device->ops->release (device, weights->scales);
  free (weights->matrices);
  free (weights->block);
}

/* --- turns ---------------------------------------------------------------- */

typedef struct {
  double time; /* of a product */
  double read; /* of a plain read of its weights */
} Turn;

static double
turn_of_products (const Bench *bench, const Weights *weights, SsmtLinearOp *op, uint32_t *at)
{
  double start = bench_now (), now = start;
  uint32_t calls = 0;

  do {
    for (uint32_t i = 0; i < 4 || (i < weights->count && i < 16); i++, calls++) {
      op->weight = &weights->matrices[*at];
      *at = (*at + 1) % weights->count;
      bench->device->ops->linear (bench->device, op);
    }
    now = bench_now ();
  } while (now - start < TURN);
  return (now - start) / calls;
}

static int
compare (const void *a, const void *b)
{
  double x = *(const double *) a, y = *(const double *) b;
  return (x > y) - (x < y);
}

static void
measure (const Bench *bench, const Weights *weights, uint32_t rows, bool far)
{
  SsmtDevice *device = bench->device;
  BenchShape shape = weights->shape;
  static double shares[MAX_TURNS];
  uint32_t at = 0, turns = 0;
  Turn best = { 1e9, 1e9 };
  SsmtBuffer *x = device->ops->alloc (device, (size_t) rows * shape.inputs * sizeof (float));
  SsmtBuffer *out = device->ops->alloc (device, (size_t) rows * shape.outputs * sizeof (float));
  float *host = ssmt_host_at ((SsmtRef){ x, 0 });
  SsmtLinearOp op = { .x = { x, 0 },
    .out = { out, 0 },
    .rows = rows,
    .x_stride = shape.inputs,
    .out_stride = shape.outputs };

  for (size_t i = 0; i < (size_t) rows * shape.inputs; i++)
    host[i] = (float) ((int) (i * 7919 % 201) - 100) * 0.01f;
  for (double begin = bench_now ();
       turns < 3 || (turns < MAX_TURNS && bench_now () - begin < bench->options.seconds); turns++) {
    Turn turn = { .read = bench_readers_run (
                      bench->readers, weights->block, weights->bytes, weights->count, TURN) };

    turn.time = turn_of_products (bench, weights, &op, &at);
    best.time = turn.time < best.time ? turn.time : best.time;
    best.read = turn.read < best.read ? turn.read : best.read;
    shares[turns] = turn.read / turn.time;
  }
  qsort (shares, turns, sizeof shares[0], compare);
  double multiplies = (double) rows * shape.outputs * shape.inputs / best.time;
  double rate = bench_multiply_rate (bench->readers, bench->measure, weights->dtype);
  printf ("%-5s %5u x %-5u %4u  %-6s %10.1f %8.1f %8.1f %7.0f%% %7.0f%% %8.1f %7.0f%%\n",
      bench_dtype_name (weights->dtype), shape.outputs, shape.inputs, rows,
      far ? "memory" : "cache", 1e6 * best.time, 1e-9 * weights->bytes / best.time,
      1e-9 * weights->bytes / best.read, 100 * best.read / best.time, 100 * shares[turns / 2],
      1e-9 * multiplies, 100 * multiplies / rate);
  fflush (stdout);
  device->ops->release (device, x);
  device->ops->release (device, out);
}

int
main (int argc, char **argv)
{
  Bench bench;

  if (!bench_options_parse (&bench.options, argc, argv))
    return 2;
  bench.device = ssmt_cpu_device_open_with (bench.options.threads, bench.options.isas);
  bench.measure = ssmt_cpu_measure_with (bench.options.isas);
  bench.readers = bench_readers_new (bench.options.threads, bench.measure);
  if (!bench.device || !bench.readers)
    return 1;
  printf ("%s, %s pages\n%-5s %13s %4s  %-6s %10s %8s %8s %8s %8s %8s %8s\n",
      bench.device->description, bench.options.huge ? "huge" : "small", "dtype", "weight", "rows",
      "in", "us", "GB/s", "read", "share", "(median)", "G mul/s", "share");
  for (uint32_t d = 0; d < bench.options.n_dtypes; d++)
    for (size_t s = 0; s < sizeof shapes / sizeof *shapes; s++)
      for (int far = 0; far < 2; far++) {
        Weights weights;

        if (!weights_make (&bench, bench.options.dtypes[d], shapes[s], far, &weights))
          return 1;
        for (uint32_t r = 0; r < bench.options.n_rows; r++)
          if (!far || bench.options.rows[r] == 1)
            measure (&bench, &weights, bench.options.rows[r], far);
        weights_free (&bench, &weights);
      }
  bench_readers_free (bench.readers);
  ssmt_device_close (bench.device);
  return 0;
}
