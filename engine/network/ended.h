/* ssmtranslate: hypotheses of a search that have ended (internal)
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef SSMT_ENDED_H
#define SSMT_ENDED_H

#include <glib.h>

G_BEGIN_DECLS

typedef struct {
  GArray *tokens; /* of gint32, without the end */
  double score;   /* as in SsmtSearchResult */
  guint n_scored;
  double rank; /* what it is ranked by */
} SsmtEnded;

/* Of SsmtEnded. */
GPtrArray *ssmt_ended_new (void);
/* A copy with these tokens. */
void ssmt_ended_add (GPtrArray *all, const SsmtEnded *ended, const gint32 *tokens, guint n_tokens);
/* The best first. */
void ssmt_ended_sort (GPtrArray *all);

G_END_DECLS

#endif /* SSMT_ENDED_H */
