/* ssmtranslate: plain reads and products in registers, what others are measured by
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "bench.h"

#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#define MAX_THREADS 64
#define MULTIPLY_ROUNDS 40

typedef struct {
  BenchReaders *readers;
  uint32_t index;
  pthread_t thread;
  double rate; /* blocks or multiply-adds a second */
} Reader;

struct BenchReaders {
  SsmtMeasure measure;
  uint32_t threads;
  pthread_barrier_t begin, end;
  bool quit, multiply;
  const char *data;
  size_t bytes;
  uint32_t count;
  double seconds;
  SsmtDType dtype;
  Reader reader[MAX_THREADS];
};

static volatile uint64_t sink;

double
bench_now (void)
{
  struct timespec t;

  clock_gettime (CLOCK_MONOTONIC, &t);
  return (double) t.tv_sec + 1e-9 * (double) t.tv_nsec;
}

static void
read_blocks (Reader *reader)
{
  const BenchReaders *all = reader->readers;
  size_t part = all->bytes / all->threads / SSMT_MEASURE_UNIT * SSMT_MEASURE_UNIT;
  const char *data = all->data + reader->index * part;
  double start = bench_now (), now = start;
  uint64_t blocks = 0;
  uint32_t at = 0;

  if (reader->index == all->threads - 1)
    part = all->bytes - reader->index * part;
  do {
    for (size_t done = 0; done < 1u << 18; done += part, blocks++) {
      sink = all->measure.read (data + at * all->bytes, part);
      at = (at + 1) % all->count;
    }
    now = bench_now ();
  } while (now - start < all->seconds);
  reader->rate = (double) blocks / (now - start);
}

static void
multiply (Reader *reader)
{
  const BenchReaders *all = reader->readers;

  reader->rate = 0;
  for (uint32_t i = 0; i < MULTIPLY_ROUNDS; i++) {
    double start = bench_now (), done = all->measure.multiply (all->dtype);
    double rate = done / (bench_now () - start);
    reader->rate = rate > reader->rate ? rate : reader->rate;
  }
}

static void
work (Reader *reader)
{
  if (reader->readers->multiply)
    multiply (reader);
  else
    read_blocks (reader);
}

static void *
reader_main (void *data)
{
  Reader *reader = data;

  for (;;) {
    pthread_barrier_wait (&reader->readers->begin);
    if (reader->readers->quit)
      return NULL;
    work (reader);
    pthread_barrier_wait (&reader->readers->end);
  }
}

/* The caller is the first of the threads. */
static double
run (BenchReaders *readers)
{
  double rate = 0;

  if (readers->threads > 1)
    pthread_barrier_wait (&readers->begin);
  work (&readers->reader[0]);
  if (readers->threads > 1)
    pthread_barrier_wait (&readers->end);
  for (uint32_t i = 0; i < readers->threads; i++)
    rate += readers->reader[i].rate;
  return rate;
}

BenchReaders *
bench_readers_new (uint32_t threads, SsmtMeasure measure)
{
  BenchReaders *readers = calloc (1, sizeof *readers);

  if (readers == NULL || threads > MAX_THREADS)
    return NULL;
  readers->measure = measure;
  readers->threads = threads;
  pthread_barrier_init (&readers->begin, NULL, threads);
  pthread_barrier_init (&readers->end, NULL, threads);
  for (uint32_t i = 0; i < threads; i++) {
    readers->reader[i] = (Reader){ .readers = readers, .index = i };
    if (i > 0
        && pthread_create (&readers->reader[i].thread, NULL, reader_main, &readers->reader[i]) != 0)
      return NULL;
  }
  return readers;
}

void
bench_readers_free (BenchReaders *readers)
{
  readers->quit = true;
  if (readers->threads > 1)
    pthread_barrier_wait (&readers->begin);
  for (uint32_t i = 1; i < readers->threads; i++)
    pthread_join (readers->reader[i].thread, NULL);
  pthread_barrier_destroy (&readers->begin);
  pthread_barrier_destroy (&readers->end);
  free (readers);
}

double
bench_readers_run (
    BenchReaders *readers, const char *data, size_t bytes, uint32_t count, double seconds)
{
  readers->multiply = false;
  readers->data = data;
  readers->bytes = bytes;
  readers->count = count;
  readers->seconds = seconds;
  /* all read their part at once: a block takes as long as a part */
  return readers->threads / run (readers);
}

double
bench_multiply_rate (BenchReaders *readers, SsmtMeasure measure, SsmtDType dtype)
{
  readers->multiply = true;
  readers->measure = measure;
  readers->dtype = dtype;
  return run (readers);
}
