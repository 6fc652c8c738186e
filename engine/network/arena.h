/* ssmtranslate: the arena of carried states (internal)
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A slot is the state of one hypothesis of one document in one stack of
 * layers: a flat block of bytes whose layout is known after loading, and the
 * number of rows it has read. The slots of an arena are one array on the
 * device, so fork and save are copies and beams permute numbers.
 *
 * Where layers keep something of every token (attention without a window), a slot
 * is its constant part and then one row of token_bytes a token, all layers' side by
 * side: what is in use is always the beginning of the slot, and only that is ever
 * copied or saved. Slots become longer in steps, all of an arena together, up to
 * max_tokens.
 */
#ifndef SSMT_ARENA_H
#define SSMT_ARENA_H

#include <glib.h>

#include "kernels/kernels.h"
#include "ssmt/ssmt-error.h"
#include "engine/network/slab.h"

G_BEGIN_DECLS

typedef struct {
  SsmtDevice *device;
  SsmtSlab *slab; /* where the slots stand, from unit `first` on; NULL: in `buffer` */
  guint first;
  SsmtBuffer *buffer; /* (n_slots, slot_bytes) */
  gsize slot_bytes;   /* from slot to slot */
  gsize fixed_bytes, token_bytes;
  guint32 capacity, max_tokens; /* rows of token_bytes a slot has, and may get */
  guint n_slots;
  guint64 *positions; /* (n_slots) rows read */
  guint64 *segments;  /* (n_slots) rows that had been read when the segment began */
  guint *free_slots;  /* (n_slots) stack of those nobody holds */
  guint n_free;
} SsmtArena;

/* All slots fresh. FALSE: no memory. slot_bytes may be 0. */
gboolean ssmt_arena_init (SsmtArena *arena, SsmtDevice *device, gsize slot_bytes, guint n_slots);
/* Slots of `fixed_bytes` that grow by `token_bytes` a token, up to max_tokens of them. */
gboolean ssmt_arena_init_growing (SsmtArena *arena, SsmtDevice *device, gsize fixed_bytes,
    gsize token_bytes, guint32 max_tokens, guint n_slots);
/* Slots that are units of a slab. The slab outlives the arena. */
gboolean ssmt_arena_init_pooled (
    SsmtArena *arena, SsmtDevice *device, SsmtSlab *slab, guint n_slots);
void ssmt_arena_clear (SsmtArena *arena);
/* The buffer in which slot s is unit arena->first + s; it stays where it is until it is let go. */
SsmtBuffer *ssmt_arena_hold (const SsmtArena *arena);
void ssmt_arena_let_go (const SsmtArena *arena);
/* Makes room for `tokens` tokens in each slot. FALSE: no memory, or more than
 * max_tokens; then all is as it was. */
gboolean ssmt_arena_reserve (SsmtArena *arena, guint64 tokens);
/* FALSE with SSMT_ERROR_CONTEXT where `rows` more are more than the slot may hold. */
gboolean ssmt_arena_check_room (const SsmtArena *arena, guint slot, guint64 rows, GError **error);
/* Bytes of a slot that has read `position` rows which mean anything. */
gsize ssmt_arena_get_used (const SsmtArena *arena, guint64 position);
/* Takes a slot nobody holds (its content is left as it was) and gives it back.
 * The caller sizes the arena so that one is always there. */
guint ssmt_arena_acquire (SsmtArena *arena);
void ssmt_arena_release (SsmtArena *arena, guint slot);
void ssmt_arena_reset_slot (SsmtArena *arena, guint slot);
/* What is read next begins a segment. */
void ssmt_arena_begin_segment (SsmtArena *arena, guint slot);
/* `from` may be of another arena of the same device and layout; ssmt_arena_reserve()
 * has made room for what it has read. */
void ssmt_arena_copy_slot (SsmtArena *arena, guint slot, const SsmtArena *from, guint from_slot);
/* The bytes in use (at the slot's position, and at `position`, for which there is room)
 * to and from host memory. */
void ssmt_arena_read_slot (SsmtArena *arena, guint slot, void *bytes);
void ssmt_arena_write_slot (SsmtArena *arena, guint slot, const void *bytes, guint64 position);

G_END_DECLS

#endif /* SSMT_ARENA_H */
