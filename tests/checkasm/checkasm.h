/* ssmtranslate: checks every kernel variant against the plain C reference
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A test describes one call of an operation on some device in a function
 * run (rig, params): it makes buffers with random content, calls the operation
 * and keeps what it wrote.  The same function with the same seed then runs on
 * the reference (plain C, one thread) and on each variant, and what was kept is
 * compared: with the reference within a tolerance, among the CPU's variants to the bit.
 * It runs once more with numbers that are not finite here and there.  Buffers are framed by guards, and rows that are narrower than their
 * stride keep a pattern between them, so that stray writes are seen.
 */
#ifndef CHECKASM_H
#define CHECKASM_H

#include "kernels.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define N_ELEMENTS(array) (sizeof (array) / sizeof (array)[0])
#define MAX_RUNS 8

typedef struct {
  SsmtBuffer *buffer;
  size_t bytes;
} RigBuffer;

typedef enum {
  RIG_PLAIN,
  RIG_SIZES, /* terms are positive: their sums tell how large terms were */
  RIG_ODD,   /* some of the input is NaN or infinite */
} RigContent;

typedef struct {
  SsmtDevice *device;
  uint64_t random;
  RigContent content;
  bool as_terms, as_input;  /* what is being made */
  bool has_terms, has_bf16; /* what has been made */
  RigBuffer buffers[96];
  uint32_t n_buffers;
  float *kept; /* everything the operation wrote */
  size_t n_kept;
  bool broken;     /* a guard was overwritten */
  char label[200]; /* the parameters, for people */

  /* for --bench: what one call computes and moves; 0: not told */
  double flops, bytes;
  bool timed;
  double seconds; /* of one call, when timed */
} Rig;

/* The device of that name; NULL and, where asked for, why. A program of its own has its own. */
SsmtDevice *checkasm_device_open (const char *name, const char **why);

/* --- content ------------------------------------------------------------ */

uint32_t rig_random (Rig *rig, uint32_t limit); /* [0, limit) */
uint32_t rig_size (Rig *rig, uint32_t most);    /* [1, most]: often few, often near whole vectors */
uint32_t rig_rows (Rig *rig, uint32_t most);    /* the same, or now and then 0 */
float rig_uniform (Rig *rig, float low, float high);

/* Device memory with guards around it. */
SsmtRef rig_bytes (Rig *rig, const void *content, size_t bytes);
SsmtRef rig_floats (Rig *rig, size_t count, float low, float high);
/* Floats of which some are 0, tiny, huge or at the ends of exp(). */
SsmtRef rig_edges (Rig *rig, size_t count, float low, float high);
/* Input, made by one of these: what is added up with either sign, and what is not. */
typedef SsmtRef (*RigMake) (Rig *rig, size_t count, float low, float high);
SsmtRef rig_terms (Rig *rig, RigMake make, size_t count, float low, float high);
SsmtRef rig_input (Rig *rig, RigMake make, size_t count, float low, float high);
SsmtRef rig_pattern (Rig *rig, size_t count); /* to be written by the operation */
SsmtMatrix rig_matrix (Rig *rig, SsmtDType dtype, uint32_t rows, uint32_t cols);
void rig_unbind (Rig *rig, SsmtMatrix *matrix);
void rig_end (Rig *rig); /* looks at the guards and releases all buffers */
void rig_label (Rig *rig, const char *format, ...) __attribute__ ((format (printf, 2, 3)));

/* Keeps `count` floats (or int32, compared as floats) for the comparison. */
void rig_keep (Rig *rig, SsmtRef ref, size_t count);
void rig_keep_ints (Rig *rig, SsmtRef ref, size_t count);

/* --- comparing what two have kept, as much each --------------------------- */

/* Where they differ most, in units of the tolerance; sizes: of the terms, or NULL. */
double rig_largest_error (
    const Rig *expected, const Rig *got, const Rig *sizes, double tolerance, size_t *where);
/* The first value of other bits, all that are not a number being alike; n_kept: none. */
size_t rig_first_difference (const Rig *expected, const Rig *got);
/* Whether what is not finite is so in both. */
bool rig_is_same_kind (const Rig *expected, const Rig *got, size_t *where);
/* Whether what is NaN in one is so in the other: devices multiply zeros that others leave out. */
bool rig_keeps_nan (const Rig *expected, const Rig *got, size_t *where);

/* `digest`, 0 at first, and what was kept. */
uint64_t rig_digest (const Rig *rig, uint64_t digest);

/* --- runs --------------------------------------------------------------- */

/* A batch of runs: some slots read some rows each. */
typedef struct {
  SsmtRun list[MAX_RUNS];
  uint32_t count, rows, slots;
} Batch;

/* Slots in no order and with gaps, from 1 to `longest` rows each, at any position
 * up to `position`. */
void batch_random (Rig *rig, Batch *batch, uint32_t count, uint32_t longest, uint64_t position);
/* What call number `call` of `calls` has to read of each run, so that all calls
 * together read the batch. Runs are cut anywhere. */
Batch batch_part (const Batch *batch, uint32_t call, uint32_t calls);
/* How many calls these are; ALONE: each run has one for itself. */
#define ALONE UINT32_MAX
uint32_t batch_calls (const Batch *batch, uint32_t calls);
SsmtRuns rig_runs (Rig *rig, const Batch *batch);

/* --- tests -------------------------------------------------------------- */

typedef void (*RunFunc) (Rig *rig, const void *params);

/* Compares one case: |got - expected| <= tolerance (1 + size), size: of the result or, where the test
 * has terms, the sum of their sizes. */
void check_case (const char *operation, RunFunc run, const void *params, double tolerance);
/* Both must give the same bits on every variant of the CPU. */
void check_same (const char *operation, RunFunc run, const void *params, const void *same_params);
/* The same on any device: what differs is who shares a batch. */
void check_alone (const char *operation, RunFunc run, const void *params, const void *alone_params);
/* Times the operation of a case on every variant. */
void bench_case (const char *operation, RunFunc run, const void *params);

/* How run() calls the operation: once, or over and over when it is timed. */
typedef void (*CallFunc) (SsmtDevice *device, const void *op);
void rig_call (Rig *rig, CallFunc call, const void *op);

/* What is done with an operation; the file of its name has it: a list of cases, times (NULL where these do
 * not matter), a case of random shape. */
typedef struct {
  void (*check) (void);
  void (*bench) (void);
  void (*random) (Rig *dice);
} Check;

#define OP(Type, name) extern const Check check_##name;
#include "ops.def"
extern const Check check_memory, check_measure, check_threads;

#endif /* CHECKASM_H */
