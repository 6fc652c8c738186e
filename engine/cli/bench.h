/* ssmtranslate: the parts of `ssmt bench`
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef SSMT_CLI_BENCH_H
#define SSMT_CLI_BENCH_H

#include "engine/cli/cli-network.h"

G_BEGIN_DECLS

/* --- bench-machine.c: what the machine can do now ------------------------- */

/* Best of several reads of `bytes` of memory by `threads` threads; bytes/s. */
double bench_memory_rate (gsize bytes, guint threads, double seconds);
/* Multiply-adds/s of `threads` threads in registers, by the instructions of this
 * CPU for that dtype. */
double bench_multiply_rate (SsmtDType dtype, guint threads, double seconds);

/* --- bench-device.c: what another device can do now ----------------------- */

/* Best of several copies of `bytes` inside its memory; bytes read and written, a second. */
gboolean bench_device_copy_rate (
    SsmtDevice *device, gsize bytes, double seconds, double *rate, GError **error);
/* Multiply-adds/s of a product of (size, size) with a matrix of that dtype and size. */
gboolean bench_device_matrix_rate (
    SsmtDevice *device, SsmtDType dtype, guint size, double seconds, double *rate, GError **error);

/* --- bench-run.c: what a network does ------------------------------------- */

typedef struct {
  double best, median;      /* tokens/s of all slots together */
  double bytes, multiplies; /* a token */
} BenchResult;

typedef struct _BenchRun BenchRun;

/* A run over random tokens of `slots` documents at once; segments have up to
 * `max_prompt` tokens. NULL: no memory. */
BenchRun *bench_run_new (const CliNetwork *network, guint slots, guint max_prompt, GError **error);
void bench_run_free (BenchRun *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (BenchRun, bench_run_free)

/* Multiply-adds of a written token. */
double bench_run_get_multiplies (const BenchRun *self);
/* Reads `prompt` tokens into each slot, at least `repeats` times and `seconds`
 * long in all. */
BenchResult bench_run_prefill (BenchRun *self, guint prompt, guint repeats, double seconds);
/* Each slot reads a prompt, after which it writes. */
void bench_run_begin (BenchRun *self, guint prompt);
/* Writes `tokens` tokens, one a slot and step, after that prompt. */
BenchResult bench_run_decode (BenchRun *self, guint tokens, guint repeats, double seconds);

G_END_DECLS

#endif /* SSMT_CLI_BENCH_H */
