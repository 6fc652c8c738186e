/* ssmtranslate: the arena of carried states
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "ssmt-arena.h"

static SsmtRef
slot_ref (const SsmtArena *arena, guint slot)
{
  return (SsmtRef) { arena->buffer, slot * arena->slot_bytes };
}

gboolean
ssmt_arena_init (SsmtArena *arena, SsmtDevice *device, gsize slot_bytes,
    guint n_slots)
{
  gsize bytes;

  *arena = (SsmtArena) { .device = device, .slot_bytes = slot_bytes,
    .n_slots = n_slots
  };
  if (!g_size_checked_mul (&bytes, slot_bytes, n_slots))
    return FALSE;
  if (bytes > 0) {
    arena->buffer = device->ops->alloc (device, bytes);
    if (arena->buffer == NULL)
      return FALSE;
  }
  arena->positions = g_new0 (guint64, n_slots);
  arena->free_slots = g_new (guint, n_slots);
  for (guint slot = n_slots; slot-- > 0;)
    arena->free_slots[arena->n_free++] = slot;
  return TRUE;
}

void
ssmt_arena_clear (SsmtArena *arena)
{
  if (arena->buffer != NULL)
    arena->device->ops->release (arena->device, arena->buffer);
  g_free (arena->positions);
  g_free (arena->free_slots);
  *arena = (SsmtArena) { 0 };
}

guint
ssmt_arena_acquire (SsmtArena *arena)
{
  g_return_val_if_fail (arena->n_free > 0, 0);
  return arena->free_slots[--arena->n_free];
}

void
ssmt_arena_release (SsmtArena *arena, guint slot)
{
  g_return_if_fail (slot < arena->n_slots && arena->n_free < arena->n_slots);
  arena->free_slots[arena->n_free++] = slot;
}

void
ssmt_arena_reset_slot (SsmtArena *arena, guint slot)
{
  arena->positions[slot] = 0;
  if (arena->slot_bytes > 0)
    arena->device->ops->zero (arena->device, slot_ref (arena, slot),
        arena->slot_bytes);
}

void
ssmt_arena_copy_slot (SsmtArena *arena, guint slot, const SsmtArena *from,
    guint from_slot)
{
  arena->positions[slot] = from->positions[from_slot];
  if (arena->slot_bytes > 0)
    arena->device->ops->copy (arena->device, slot_ref (arena, slot),
        slot_ref (from, from_slot), arena->slot_bytes);
}

void
ssmt_arena_read_slot (SsmtArena *arena, guint slot, void *bytes)
{
  if (arena->slot_bytes > 0)
    arena->device->ops->read (arena->device, bytes, slot_ref (arena, slot),
        arena->slot_bytes);
}

void
ssmt_arena_write_slot (SsmtArena *arena, guint slot, const void *bytes,
    guint64 position)
{
  arena->positions[slot] = position;
  if (arena->slot_bytes > 0)
    arena->device->ops->write (arena->device, slot_ref (arena, slot), bytes,
        arena->slot_bytes);
}
