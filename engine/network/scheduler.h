/* ssmtranslate: streams of one model share steps (internal)
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Each stream's thread brings what it wants read next and waits for it. Whoever comes while
 * nobody computes takes all that waits and computes it as one batch; those who come meanwhile
 * are the next batch. So weights are read once for many streams, and a stream alone loses
 * nothing. There is no thread of the scheduler's own.
 *
 * Turns: requests of a few rows (steps of decoding) come before those of many (prefill), of which a
 * batch has at most a fixed number of rows; encoder and decoder take turns. So a step waits for
 * the batch that runs and at most one more, however long somebody's segment is.
 *
 * What a stream gets does not depend on who shares the batch (kernels.h).
 *
 * A model so small that its weights stay in a CPU's caches gains nothing from that: its streams
 * compute when they come, each on its own thread.
 */
#ifndef SSMT_SCHEDULER_H
#define SSMT_SCHEDULER_H

#include "engine/network/network.h"

G_BEGIN_DECLS

typedef struct _SsmtScheduler SsmtScheduler;

/* max_prompt: rows that one segment's source can have. weight_bytes: of the model. */
SsmtScheduler *ssmt_scheduler_new (
    const SsmtNetwork *network, guint32 max_prompt, guint64 weight_bytes);
/* NULL is allowed. All streams are gone. */
void ssmt_scheduler_free (SsmtScheduler *self);

/* --- what a stream owns ---------------------------------------------------- */

/* Slots for a stream: units of the slab of that stack, or with caches that grow (then the stream
 * shares no batch) the arena's own. max_tokens as of ssmt_network_init_arena(). */
gboolean ssmt_scheduler_init_arena (
    SsmtScheduler *self, SsmtStack stack, SsmtArena *arena, guint32 max_tokens, guint n_slots);
/* Rows of segment memory for one stream's segment, from *first on. */
gboolean ssmt_scheduler_take_memory (SsmtScheduler *self, guint *first);
void ssmt_scheduler_give_memory (SsmtScheduler *self, guint first);

/* --- requests --------------------------------------------------------------- */

/* Rows that a request may have which need not be read in one piece. */
guint32 ssmt_scheduler_get_max_rows (const SsmtScheduler *self);

/* Computes it, with others; one of more rows has scratch memory for itself. SSMT_ERROR_MEMORY or
 * SSMT_ERROR_DEVICE. */
gboolean ssmt_scheduler_run (SsmtScheduler *self, const SsmtRequest *request, GError **error);

/* Whether requests share batches, whatever the model's size; not while any is being computed. */
void ssmt_scheduler_set_sharing (SsmtScheduler *self, gboolean sharing);

/* A stream is about to bring request after request: batches wait a moment for it. */
void ssmt_scheduler_enter (SsmtScheduler *self);
void ssmt_scheduler_leave (SsmtScheduler *self);

typedef struct {
  guint64 n_batches, n_requests, n_rows;
  guint most_requests;     /* in one batch */
  guint most_waits;        /* batches that began between a step's coming and its own */
  guint most_prompt_waits; /* the same of what is no step */
  guint n_waiting;         /* requests, now */
} SsmtSchedulerStats;

void ssmt_scheduler_get_stats (SsmtScheduler *self, SsmtSchedulerStats *stats);

G_END_DECLS

#endif /* SSMT_SCHEDULER_H */
