/* ssmtranslate: a segment whose text still grows (internal)
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef SSMT_GROWING_H
#define SSMT_GROWING_H

#include "engine/stream/aligner.h"
#include "engine/stream/segment.h"
#include "engine/stream/translation-private.h"

G_BEGIN_DECLS

/* A text that may still change, valid UTF-8; the stream has a growing segment then. aligner: NULL: no
 * alignment. NULL: *error. */
SsmtTranslation *ssmt_growing_translate (
    SsmtStream *self, const char *text, SsmtAligner *aligner, SsmtBudget *budget, GError **error);

/* The part of the segment's whole translation that comes behind what is committed. */
char *ssmt_growing_dup_rest (const SsmtGrowing *growing, const char *text);

G_END_DECLS

#endif /* SSMT_GROWING_H */
