/* ssmtranslate: search for targets that have certain phrases (internal)
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef SSMT_FORCED_SEARCH_H
#define SSMT_FORCED_SEARCH_H

#include "engine/network/search.h"

G_BEGIN_DECLS

#define SSMT_FORCE_MAX_PHRASES 32

/* One of several sequences of tokens that say the same. */
typedef struct {
  GPtrArray *forms;    /* of GArray of gint32, none empty */
  gboolean only_once;  /* no token that one of the forms begins with comes but with the phrase */
} SsmtPhrase;

/* What a target must have and must not. */
typedef struct {
  const SsmtPhrase *phrases; /* each once, in any order */
  guint n_phrases;
  const guint8 *banned; /* (vocab): not 0: only as part of a phrase; NULL: none is */
} SsmtForce;

/* As ssmt_search_run(), with every phrase in the target [Hokamp and Liu 2017, arXiv 1704.07138; the beam is
 * divided between hypotheses of as many tokens of phrases, as in Post and Vilar 2018, arXiv
 * 1804.06609]. logits: (vocab) after what `slot` has read; search->columns is NULL, of best_ids and
 * best_logp one is looked at. *found: there is such a target within max_target; else `target` and `result` are left
 * as they were, and `slot` is given back. */
gboolean ssmt_forced_search_run (const SsmtSearch *search, const SsmtForce *force,
    const float *logits, guint slot, GArray *target, SsmtSearchResult *result, gboolean *found,
    GCancellable *cancellable, GError **error);

G_END_DECLS

#endif /* SSMT_FORCED_SEARCH_H */
