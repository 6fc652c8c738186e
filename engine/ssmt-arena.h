/* ssmtranslate: the arena of carried states (internal)
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A slot is the state of one hypothesis of one document in one stack of
 * layers: a flat block of bytes whose layout is known after loading, and the
 * number of rows it has read. The slots of an arena are one array on the
 * device, so fork and save are copies and beams permute numbers.
 */
#ifndef SSMT_ARENA_H
#define SSMT_ARENA_H

#include <glib.h>

#include "kernels/kernels.h"

G_BEGIN_DECLS

typedef struct {
  SsmtDevice *device;
  SsmtBuffer *buffer;           /* (n_slots, slot_bytes) */
  gsize slot_bytes;
  guint n_slots;
  guint64 *positions;           /* (n_slots) rows read */
  guint *free_slots;            /* (n_slots) stack of those nobody holds */
  guint n_free;
} SsmtArena;

/* All slots fresh. FALSE: no memory. slot_bytes may be 0. */
gboolean ssmt_arena_init (SsmtArena *arena, SsmtDevice *device,
    gsize slot_bytes, guint n_slots);
void ssmt_arena_clear (SsmtArena *arena);
/* Takes a slot nobody holds (its content is left as it was) and gives it back.
 * The caller sizes the arena so that one is always there. */
guint ssmt_arena_acquire (SsmtArena *arena);
void ssmt_arena_release (SsmtArena *arena, guint slot);
void ssmt_arena_reset_slot (SsmtArena *arena, guint slot);
/* `from` may be of another arena of the same device and slot size. */
void ssmt_arena_copy_slot (SsmtArena *arena, guint slot,
    const SsmtArena *from, guint from_slot);
/* slot_bytes bytes of state to and from host memory. */
void ssmt_arena_read_slot (SsmtArena *arena, guint slot, void *bytes);
void ssmt_arena_write_slot (SsmtArena *arena, guint slot, const void *bytes,
    guint64 position);

G_END_DECLS

#endif /* SSMT_ARENA_H */
