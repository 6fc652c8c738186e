/* ssmtranslate: what others have measured of a model (internal)
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef SSMT_QUALITY_H
#define SSMT_QUALITY_H

#include <json-glib/json-glib.h>

G_BEGIN_DECLS

#define SSMT_QUALITY_METRICS 4

/* All zero: nothing is said. */
typedef struct {
  char *text; /* "comet22 0.865, bleu 38.7 (flores200-plus)"; NULL: nothing is said */
  double scores[SSMT_QUALITY_METRICS]; /* those that rank first stand first; 0: not said */
} SsmtQuality;

/* Reads {"TEST SET": {"METRIC": NUMBER, ...}, ...}: of the first test set the metrics that are
 * known. What is something else is passed over: it only describes. `node` may be NULL. */
void ssmt_quality_read (SsmtQuality *quality, JsonNode *node);
void ssmt_quality_clear (SsmtQuality *quality);

/* More than 0: `a` is the better one, or the only one that says something. */
int ssmt_quality_compare (const SsmtQuality *a, const SsmtQuality *b);

G_END_DECLS

#endif /* SSMT_QUALITY_H */
