/* ssmtranslate: other translations that a search has found (internal)
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef SSMT_ALTERNATIVES_H
#define SSMT_ALTERNATIVES_H

#include "engine/stream/segment.h"
#include "engine/stream/translation-private.h"

G_BEGIN_DECLS

/* What segment->ended has, which are `texts` (of char *) when they are restored; the segment is one piece, which
 * `source` has become. Where the guard has taken another translation that is the first. */
void ssmt_translation_set_alternatives (SsmtTranslation *self, const char *source,
    const SsmtSegment *segment, const GPtrArray *texts);

G_END_DECLS

#endif /* SSMT_ALTERNATIVES_H */
