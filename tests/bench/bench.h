/* ssmtranslate: what benchmarks of single operations share
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef SSMT_BENCH_H
#define SSMT_BENCH_H

#include "kernels/cpu/cpu-kernels.h"

#define BENCH_MAX_LIST 16

typedef struct {
  uint32_t outputs, inputs;
} BenchShape;

typedef struct {
  uint32_t threads, n_rows, n_dtypes;
  uint32_t rows[BENCH_MAX_LIST];
  SsmtDType dtypes[BENCH_MAX_LIST];
  unsigned isas;  /* SSMT_ISA_* bits */
  double seconds; /* a line */
  double far;     /* bytes that no cache holds */
  bool huge;      /* pages */
} BenchOptions;

/* false: a message on stderr has said what is wrong. */
bool bench_options_parse (BenchOptions *options, int argc, char **argv);
const char *bench_dtype_name (SsmtDType dtype);

double bench_now (void); /* seconds */

/* Threads that read memory, each its part, or multiply in registers: as many as the device has. */
typedef struct BenchReaders BenchReaders;
BenchReaders *bench_readers_new (uint32_t threads, SsmtMeasure measure);
void bench_readers_free (BenchReaders *readers);
/* Reads `count` blocks of `bytes` from `data` on, in turn, for that long; seconds a block. */
double bench_readers_run (
    BenchReaders *readers, const char *data, size_t bytes, uint32_t count, double seconds);
/* Multiply-adds a second of all threads, the best of a few milliseconds. */
double bench_multiply_rate (BenchReaders *readers, SsmtMeasure measure, SsmtDType dtype);

#endif /* SSMT_BENCH_H */
