/* ssmtranslate: reads the documents of tests/data/vectors in all sorts of pieces
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef SSMT_TEST_VECTORS_H
#define SSMT_TEST_VECTORS_H

#include "engine/network/scheduler.h"

G_BEGIN_DECLS

/* A model, what it reads, and what the reference makes of it. */
typedef struct {
  SsmtDevice *device;
  SsmtConfig *config;
  SsmtTensorSource *weights, *expected;
  SsmtNetwork *network;
  guint32 n_tokens, n_source, n_segments, vocab;
  gint32 *tokens, *source;
  guint32 *segments; /* (n_segments, 2) source and target tokens */
  float *logits;     /* (n_tokens, vocab), the reference's */
} System;

/* Reads the document in pieces of up to `longest` tokens, by chance. */
typedef struct {
  guint32 longest;
  GRand *chance;
  guint slot;
  guint32 segment;                  /* being read */
  guint32 source_at, target_at;     /* in the document */
  guint32 source_left, target_left; /* of the segment */
  float *logits;                    /* (n_tokens, vocab), our own */
  guint8 *state[2];                 /* after the last token, by SsmtStack */
  gsize state_bytes[2];             /* in use */
} Reader;

/* Several readers of one document over the same arenas. */
typedef struct {
  const System *sys;
  SsmtScheduler *scheduler;
  guint memory;
  SsmtArena arenas[2];
  Reader **readers;
  guint n_readers;
  SsmtRows *runs;
  gint32 *tokens;
  guint32 *rows;
  float *logits;
} Session;

/* Of tests/data/vectors/NAME, or tests/data/NAME where NAME has a slash. The device is that of SSMT_TEST_DEVICE (default "cpu"). */
System *system_open (const char *name, guint threads);
void system_close (System *sys);
/* rows * cols values of expected.safetensors; free with g_free. */
float *system_expected_floats (const System *sys, const char *name, guint32 rows, guint32 cols);
gint32 *system_expected_numbers (const System *sys, const char *name, guint32 rows, guint32 cols);

/* longest WHOLE: whole segments. Readers of one session take odd slots, each its own. */
#define WHOLE 0
Reader *reader_new (const System *sys, guint slot, guint32 longest, guint32 seed);
void reader_free (Reader *r);
/* Same logits and states, to the bit. */
gboolean reader_equal (const System *sys, const Reader *a, const Reader *b);

Session *session_new (const System *sys, Reader **readers, guint n_readers);
void session_free (Session *s);
/* One piece of each reader that is ready for `stack`. */
void session_step (Session *s, SsmtStack stack);
/* Copies each reader's state out of the arenas. */
void session_keep_states (Session *s);
/* Steps until all have read everything; then keeps the states and sees that
 * slots of nobody are untouched. */
void session_run (Session *s);

/* Largest difference as a part of the range of `right`. */
double difference (const float *ours, const float *right, gsize n);

G_END_DECLS

#endif /* SSMT_TEST_VECTORS_H */
