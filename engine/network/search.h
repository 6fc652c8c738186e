/* ssmtranslate: greedy and beam search over slots (internal)
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef SSMT_SEARCH_H
#define SSMT_SEARCH_H

#include <gio/gio.h>

#include "engine/network/ended.h"
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
  guint max_ngram;  /* loop-guard.h */
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
  GPtrArray *ended;            /* gets all that have ended, SsmtEnded; NULL: not wanted */
  guint64 *n_rows;             /* grows by the rows that are computed; NULL: not counted */
} SsmtSearch;

/* What a search has found beside the tokens. */
typedef struct {
  guint slot;     /* acquired; has read just these tokens */
  double score;   /* sum of log-probabilities, of the whole vocabulary, behind the prefix */
  guint n_scored; /* of so many tokens: the end counts where it has come to one */
} SsmtSearchResult;

/* Continues from `slot`, an acquired slot that has read the prompt. On success appends the best target's tokens,
 * without the end, to `target` (of gint32) and fills *result. All other slots, `slot` too, are given
 * back, also on failure.
 *
 * A hypothesis of n tokens (end included) is ranked by log-probability / n^length_penalty
 * [Wu et al. 2016, arXiv 1609.08144, eq. 14 without the constant]. The search ends when
 * beam_size hypotheses have ended or none alive can win any more; with `ended` it goes on until so many have
 * ended, which are added the best first. */
gboolean ssmt_search_run (const SsmtSearch *search, guint slot, GArray *target,
    SsmtSearchResult *result, GCancellable *cancellable, GError **error);

G_END_DECLS

#endif /* SSMT_SEARCH_H */
