/* ssmtranslate: between which words of a translation signs stand (internal)
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef SSMT_GAPS_H
#define SSMT_GAPS_H

#include "engine/guard/guard.h"

G_BEGIN_DECLS

typedef struct _SsmtGaps SsmtGaps;

/* For a piece of `length` bytes; the links must outlive it. */
SsmtGaps *ssmt_gaps_new (const SsmtGuardLinks *links, gsize length);
void ssmt_gaps_free (SsmtGaps *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SsmtGaps, ssmt_gaps_free)

/* Before which word, from `first` to links->n, a sign stands that stood at byte `place` of the piece: where
 * the fewest words are on the wrong side of it, and of such places nearest to its share of the way.
 * Places must not descend from call to call. */
guint ssmt_gaps_find (SsmtGaps *self, guint first, gsize place);

G_END_DECLS

#endif /* SSMT_GAPS_H */
