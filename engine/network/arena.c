/* ssmtranslate: the arena of carried states
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "engine/network/arena.h"

/* Tokens that slots grow by at the least: no reallocation for each segment. */
#define STEP_TOKENS 64
/* Slots begin on cache lines. */
#define SLOT_ALIGN 64

SsmtBuffer *
ssmt_arena_hold (const SsmtArena *arena)
{
  return arena->slab != NULL ? ssmt_slab_hold (arena->slab) : arena->buffer;
}

void
ssmt_arena_let_go (const SsmtArena *arena)
{
  if (arena->slab != NULL)
    ssmt_slab_let_go (arena->slab);
}

static SsmtRef
slot_ref (const SsmtArena *arena, SsmtBuffer *buffer, guint slot)
{
  return (SsmtRef){ buffer, (arena->first + (gsize) slot) * arena->slot_bytes };
}

gsize
ssmt_arena_get_used (const SsmtArena *arena, guint64 position)
{
  return arena->fixed_bytes + position * arena->token_bytes;
}

gboolean
ssmt_arena_init_growing (SsmtArena *arena, SsmtDevice *device, gsize fixed_bytes, gsize token_bytes,
    guint32 max_tokens, guint n_slots)
{
  gboolean done = ssmt_arena_init (arena, device, fixed_bytes, n_slots);

  arena->token_bytes = token_bytes;
  arena->max_tokens = max_tokens;
  return done;
}

static void
arena_init_slots (SsmtArena *arena)
{
  arena->positions = g_new0 (guint64, arena->n_slots);
  arena->segments = g_new0 (guint64, arena->n_slots);
  arena->free_slots = g_new (guint, arena->n_slots);
  for (guint slot = arena->n_slots; slot-- > 0;)
    arena->free_slots[arena->n_free++] = slot;
}

gboolean
ssmt_arena_init (SsmtArena *arena, SsmtDevice *device, gsize slot_bytes, guint n_slots)
{
  gsize bytes;

  *arena = (SsmtArena){
    .device = device, .slot_bytes = slot_bytes, .fixed_bytes = slot_bytes, .n_slots = n_slots
  };
  if (!g_size_checked_mul (&bytes, slot_bytes, n_slots))
    return FALSE;
  if (bytes > 0) {
    arena->buffer = device->ops->alloc (device, bytes);
    if (arena->buffer == NULL)
      return FALSE;
  }
  arena_init_slots (arena);
  return TRUE;
}

gboolean
ssmt_arena_init_pooled (SsmtArena *arena, SsmtDevice *device, SsmtSlab *slab, guint n_slots)
{
  gsize bytes = ssmt_slab_get_unit_bytes (slab);

  *arena = (SsmtArena){
    .device = device, .slot_bytes = bytes, .fixed_bytes = bytes, .n_slots = n_slots
  };
  if (!ssmt_slab_take (slab, n_slots, &arena->first))
    return FALSE;
  arena->slab = slab;
  arena_init_slots (arena);
  return TRUE;
}

void
ssmt_arena_clear (SsmtArena *arena)
{
  if (arena->slab != NULL)
    ssmt_slab_give (arena->slab, arena->first, arena->n_slots);
  if (arena->buffer != NULL)
    arena->device->ops->release (arena->device, arena->buffer);
  g_free (arena->positions);
  g_free (arena->segments);
  g_free (arena->free_slots);
  *arena = (SsmtArena){ 0 };
}

/* Slots of `capacity` tokens, with what is in use of the old ones. */
static gboolean
arena_resize (SsmtArena *arena, guint32 capacity)
{
  SsmtDevice *device = arena->device;
  SsmtArena larger = *arena;
  gsize bytes;

  larger.capacity = capacity;
  if (!g_size_checked_mul (&bytes, arena->token_bytes, capacity)
      || !g_size_checked_add (&bytes, bytes, arena->fixed_bytes + SLOT_ALIGN - 1))
    return FALSE;
  larger.slot_bytes = bytes / SLOT_ALIGN * SLOT_ALIGN;
  if (!g_size_checked_mul (&bytes, larger.slot_bytes, arena->n_slots))
    return FALSE;
  larger.buffer = device->ops->alloc (device, bytes);
  if (larger.buffer == NULL)
    return FALSE;
  for (guint slot = 0; slot < arena->n_slots && arena->buffer != NULL; slot++)
    device->ops->copy (device, slot_ref (&larger, larger.buffer, slot),
        slot_ref (arena, arena->buffer, slot), ssmt_arena_get_used (arena, arena->positions[slot]));
  if (arena->buffer != NULL)
    device->ops->release (device, arena->buffer);
  *arena = larger;
  return TRUE;
}

gboolean
ssmt_arena_reserve (SsmtArena *arena, guint64 tokens)
{
  guint64 capacity;

  if (arena->token_bytes == 0 || tokens <= arena->capacity)
    return TRUE;
  if (tokens > arena->max_tokens)
    return FALSE;
  capacity = MAX (tokens, arena->capacity + (guint64) arena->capacity / 2);
  capacity = (capacity + STEP_TOKENS - 1) / STEP_TOKENS * STEP_TOKENS;
  capacity = MIN (capacity, arena->max_tokens);
  if (arena_resize (arena, (guint32) capacity))
    return TRUE;
  /* Less haste where memory is short. */
  return arena_resize (arena, (guint32) tokens);
}

gboolean
ssmt_arena_check_room (const SsmtArena *arena, guint slot, guint64 rows, GError **error)
{
  guint64 tokens = arena->positions[slot] + rows;

  if (arena->token_bytes == 0 || tokens <= arena->max_tokens)
    return TRUE;
  g_set_error (error, SSMT_ERROR, SSMT_ERROR_CONTEXT,
      "the document has %" G_GUINT64_FORMAT " tokens, the model's attention "
      "holds %u: reset the stream or raise max_context",
      tokens, arena->max_tokens);
  return FALSE;
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
  SsmtBuffer *buffer = ssmt_arena_hold (arena);

  arena->positions[slot] = arena->segments[slot] = 0;
  if (arena->fixed_bytes > 0)
    arena->device->ops->zero (arena->device, slot_ref (arena, buffer, slot), arena->fixed_bytes);
  ssmt_arena_let_go (arena);
}

void
ssmt_arena_begin_segment (SsmtArena *arena, guint slot)
{
  arena->segments[slot] = arena->positions[slot];
}

void
ssmt_arena_copy_slot (SsmtArena *arena, guint slot, const SsmtArena *from, guint from_slot)
{
  guint64 position = from->positions[from_slot];
  gsize used = ssmt_arena_get_used (from, position);
  gboolean same = from->slab == arena->slab && from->slab != NULL;
  SsmtBuffer *buffer, *from_buffer;

  g_return_if_fail (used <= arena->slot_bytes);
  buffer = ssmt_arena_hold (arena);
  from_buffer = same ? buffer : ssmt_arena_hold (from);
  arena->positions[slot] = position;
  arena->segments[slot] = from->segments[from_slot];
  if (used > 0)
    arena->device->ops->copy (arena->device, slot_ref (arena, buffer, slot),
        slot_ref (from, from_buffer, from_slot), used);
  ssmt_arena_let_go (arena);
  if (!same)
    ssmt_arena_let_go (from);
}

void
ssmt_arena_read_slot (SsmtArena *arena, guint slot, void *bytes)
{
  gsize used = ssmt_arena_get_used (arena, arena->positions[slot]);
  SsmtBuffer *buffer = ssmt_arena_hold (arena);

  if (used > 0)
    arena->device->ops->read (arena->device, bytes, slot_ref (arena, buffer, slot), used);
  ssmt_arena_let_go (arena);
}

void
ssmt_arena_write_slot (SsmtArena *arena, guint slot, const void *bytes, guint64 position)
{
  gsize used = ssmt_arena_get_used (arena, position);
  SsmtBuffer *buffer;

  g_return_if_fail (used <= arena->slot_bytes);
  buffer = ssmt_arena_hold (arena);
  arena->positions[slot] = arena->segments[slot] = position;
  if (used > 0)
    arena->device->ops->write (arena->device, slot_ref (arena, buffer, slot), bytes, used);
  ssmt_arena_let_go (arena);
}
