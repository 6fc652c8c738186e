/* ssmtranslate: where a document stands (internal)
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A slot of each of two arenas, one a stack. The arena of an encoder that is not there has slots
 * without bytes, so that nobody has to ask.
 */
#ifndef SSMT_PLACE_H
#define SSMT_PLACE_H

#include "engine/network/arena.h"

G_BEGIN_DECLS

typedef struct {
  guint slots[2];     /* by SsmtStack */
  gint32 pending;     /* token to read before the next segment, -1: none */
  guint64 n_segments; /* of the document so far */
} SsmtPlace;

/* Slots that nobody holds, whatever is in them. */
void ssmt_place_acquire (SsmtPlace *place, SsmtArena arenas[2]);
/* To the beginning of a document. */
void ssmt_place_reset (SsmtPlace *place, SsmtArena arenas[2]);
/* Room in the arenas for what a place in `from_arenas` has read. FALSE: no memory. */
gboolean ssmt_place_reserve (
    const SsmtPlace *from, const SsmtArena from_arenas[2], SsmtArena arenas[2]);
/* What is read and what is pending; there is room for it. n_segments stays. The arenas are on one
 * device. */
void ssmt_place_copy (
    SsmtPlace *place, SsmtArena arenas[2], const SsmtPlace *from, const SsmtArena from_arenas[2]);

G_END_DECLS

#endif /* SSMT_PLACE_H */
