/* ssmtranslate: other translations that a search has found (internal)
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef SSMT_ALTERNATIVES_H
#define SSMT_ALTERNATIVES_H

#include "engine/stream/segment.h"
#include "engine/stream/translation-private.h"

G_BEGIN_DECLS

/* What segment->ended has; the segment is one piece, which `source` has become. */
void ssmt_translation_set_alternatives (
    SsmtTranslation *self, const char *source, const SsmtSegment *segment);

G_END_DECLS

#endif /* SSMT_ALTERNATIVES_H */
