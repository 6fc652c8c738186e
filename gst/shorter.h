/* ssmtranslate: a translation that fits, among those that a search finds
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef CUE_SHORTER_H
#define CUE_SHORTER_H

#include "fit.h"

G_BEGIN_DECLS

/* The best translation of `text` was `first` (taken), which the room does not hold. Searches again, with a beam, from
 * `before`, where the document stood then, and takes the translation that exceeds the room least of those that
 * are not much less probable; of equal ones the most probable. The document goes on with what is returned: where
 * there is nothing better, and after any error but a cancellation, with `first`. NULL: cancelled. */
SsmtTranslation *cue_shorter_find (SsmtStream *stream, const SsmtStreamParams *params,
    SsmtState *before, const char *text, SsmtTranslation *first, SsmtTranslateFlags flags,
    const CueRoom *room, GCancellable *cancellable, GError **error);

G_END_DECLS

#endif /* CUE_SHORTER_H */
