/* ssmtranslate: where a document stands
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "engine/stream/place.h"

void
ssmt_place_acquire (SsmtPlace *place, SsmtArena arenas[2])
{
  for (guint stack = 0; stack < 2; stack++)
    place->slots[stack] = ssmt_arena_acquire (&arenas[stack]);
}

void
ssmt_place_reset (SsmtPlace *place, SsmtArena arenas[2])
{
  for (guint stack = 0; stack < 2; stack++)
    ssmt_arena_reset_slot (&arenas[stack], place->slots[stack]);
  place->pending = -1;
}

gboolean
ssmt_place_reserve (const SsmtPlace *from, const SsmtArena from_arenas[2], SsmtArena arenas[2])
{
  for (guint stack = 0; stack < 2; stack++)
    if (!ssmt_arena_reserve (&arenas[stack], from_arenas[stack].positions[from->slots[stack]]))
      return FALSE;
  return TRUE;
}

void
ssmt_place_copy (
    SsmtPlace *place, SsmtArena arenas[2], const SsmtPlace *from, const SsmtArena from_arenas[2])
{
  for (guint stack = 0; stack < 2; stack++)
    ssmt_arena_copy_slot (
        &arenas[stack], place->slots[stack], &from_arenas[stack], from->slots[stack]);
  place->pending = from->pending;
}
