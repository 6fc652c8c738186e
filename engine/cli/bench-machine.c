/* ssmt bench: what the machine can do now
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Both rates are measured beside the model's, in the same run and with as many
 * threads, because a shared machine is not the same machine an hour later.
 */
#include <string.h>

#include "engine/cli/bench.h"
#include "kernels/measure.h"

/* --- threads -------------------------------------------------------------- */

typedef struct {
  double (*work) (gpointer data, double seconds); /* units/s */
  gpointer data;
  double seconds, rate;
} Worker;

static gpointer
worker_thread (gpointer data)
{
  Worker *worker = data;

  worker->rate = worker->work (worker->data, worker->seconds);
  return NULL;
}

/* The same work on all threads at once, each on its own data. */
static double
measure (double (*work) (gpointer, double), gpointer *data, guint threads, double seconds)
{
  g_autofree Worker *workers = g_new0 (Worker, threads);
  g_autofree GThread **handles = g_new0 (GThread *, threads);
  double rate = 0;

  for (guint i = 0; i < threads; i++) {
    workers[i] = (Worker){ work, data ? data[i] : NULL, seconds, 0 };
    handles[i] = g_thread_try_new ("measure", worker_thread, &workers[i], NULL);
  }
  /* one that could not be made measures nothing */
  for (guint i = 0; i < threads; i++) {
    if (handles[i] != NULL)
      g_thread_join (handles[i]);
    rate += workers[i].rate;
  }
  return rate;
}

/* --- memory --------------------------------------------------------------- */

typedef struct {
  SsmtMeasure measure;
  const void *data;
  gsize bytes; /* whole units */
} Block;

static double
read_block (gpointer data, double seconds)
{
  static volatile guint64 sink;
  const Block *block = data;
  gint64 start = g_get_monotonic_time (), now = start, before;
  double best = 0;

  while (now - start < seconds * 1e6) {
    /* Several passes over what is small: the clock counts microseconds. */
    guint passes = 1 + (16u << 20) / block->bytes;

    before = now;
    for (guint i = 0; i < passes; i++)
      sink = block->measure.read (block->data, block->bytes);
    now = g_get_monotonic_time ();
    best = MAX (best, 1e6 * passes * block->bytes / MAX (now - before, 1));
  }
  (void) sink;
  return best;
}

double
bench_memory_rate (gsize bytes, guint threads, double seconds)
{
  SsmtMeasure with = ssmt_cpu_measure ();
  gsize part = MAX (bytes / threads / SSMT_MEASURE_UNIT, 1) * SSMT_MEASURE_UNIT;
  g_autofree guint8 *memory = g_try_malloc (part * threads + SSMT_MEASURE_UNIT);
  g_autofree Block *blocks = g_new0 (Block, threads);
  g_autofree gpointer *data = g_new0 (gpointer, threads);
  guint8 *aligned;

  if (!memory)
    return 0;
  aligned =
      (guint8 *) (((gsize) memory + SSMT_MEASURE_UNIT - 1) / SSMT_MEASURE_UNIT * SSMT_MEASURE_UNIT);
  memset (aligned, 1, part * threads);
  for (guint i = 0; i < threads; i++) {
    blocks[i] = (Block){ with, aligned + i * part, part };
    data[i] = &blocks[i];
  }
  return measure (read_block, data, threads, seconds);
}

/* --- products ------------------------------------------------------------- */

typedef struct {
  SsmtMeasure measure;
  SsmtDType dtype;
} Multiply;

static double
multiply_for (gpointer data, double seconds)
{
  const Multiply *multiply = data;
  gint64 start = g_get_monotonic_time (), now = start, before;
  double best = 0;

  while (now - start < seconds * 1e6) {
    double n;

    before = now;
    n = multiply->measure.multiply (multiply->dtype);
    now = g_get_monotonic_time ();
    best = MAX (best, 1e6 * n / MAX (now - before, 1));
  }
  return best;
}

double
bench_multiply_rate (SsmtDType dtype, guint threads, double seconds)
{
  Multiply multiply = { ssmt_cpu_measure (), dtype };
  g_autofree gpointer *data = g_new0 (gpointer, threads);

  for (guint i = 0; i < threads; i++)
    data[i] = &multiply;
  return measure (multiply_for, data, threads, seconds);
}
