/* ssmtranslate: greedy and beam search over slots (internal)
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef SSMT_SEARCH_H
#define SSMT_SEARCH_H

#include <gio/gio.h>

#include "engine/network/scheduler.h"

G_BEGIN_DECLS

/* Of a row more are never asked for. */
#define SSMT_SEARCH_MAX_BEST 64

/* What a search works on. All pointers are borrowed. */
typedef struct {
  SsmtScheduler *scheduler;
  guint vocab;                /* tokens, or columns where there are such */
  const SsmtColumns *columns; /* the only tokens to choose from; NULL: all */
  SsmtArena *arena;           /* of the decoder; beam_size slots must be free beside the first */
  guint beam_size;
  float length_penalty;
  guint max_target; /* tokens, the end not counted */
  guint max_ngram;  /* the guard against loops, 0: none */
  gint32 target_end;
  const gint32 *forbidden; /* ids never chosen */
  guint n_forbidden;
  guint32 n_pieces;     /* ids from here on are rows that no text has; 0: none are */
  const gint32 *prefix; /* tokens that the target begins with, which `slot` has read */
  guint n_prefix;       /* at most max_target */
  const gint32 *source; /* tokens of the segment, for the guard */
  guint n_source;
  guint32 memory, memory_rows; /* the segment's rows of memory */
  const gint32 *best_ids;      /* the best to come after what `slot` has read: */
  const float *best_logp;      /* MIN (SSMT_SEARCH_MAX_BEST, vocab) of them */
  guint64 *n_rows;             /* grows by the rows that are computed; NULL: not counted */
} SsmtSearch;

/* Continues from `slot`, an acquired slot that has read the prompt. On success appends the best target's tokens,
 * without the end, to `target` (of gint32) and *winner is an acquired slot that has read just
 * these tokens. All other slots, `slot` too, are given back, also on failure.
 *
 * A hypothesis of n tokens (end included) is ranked by log-probability / n^length_penalty
 * [Wu et al. 2016, arXiv 1609.08144, eq. 14 without the constant]. The search ends when
 * beam_size hypotheses have ended or none alive can win any more.
 * The guard: the same n-gram (n up to max_ngram) comes in a row at most twice, or as often
 * as the source itself has one of that length; and no six tokens stand anywhere more often than
 * some four do in the source, since a small model also loops with words changed in between. */
gboolean ssmt_search_run (const SsmtSearch *search, guint slot, GArray *target, guint *winner,
    GCancellable *cancellable, GError **error);

G_END_DECLS

#endif /* SSMT_SEARCH_H */
