/* ssmtranslate: the state, where a document stands
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * As bytes, all numbers little-endian:
 *  1. 8 bytes "ssmtstat"
 *  2. u32 format version, i32 pending token (-1: none)
 *  3. 32 bytes fingerprint of the model: weights, configuration, tokenizers
 *  4. u64 segments, u64 encoder position, u64 decoder position
 *  5. u64 encoder state bytes, u64 decoder state bytes: those in use at these positions
 *  6. encoder state, decoder state, as they stand in the arena
 *  7. 32 bytes SHA-256 of all that is before
 *  8. what somebody may have put behind it: not looked at
 */
#include "engine/stream/state-private.h"

#include <errno.h>
#include <string.h>

#define MAGIC "ssmtstat"
#define VERSION 2
#define DIGEST_BYTES 32

/* As it stands in the bytes; no padding, little-endian fields. */
typedef struct {
  char magic[8];
  guint32 version;
  gint32 pending;
  guint8 fingerprint[32];
  guint64 n_segments, encoder_position, decoder_position;
  guint64 encoder_bytes, decoder_bytes;
} Header;

G_STATIC_ASSERT (sizeof (Header) == 88);

G_DEFINE_BOXED_TYPE (SsmtState, ssmt_state, ssmt_state_ref, ssmt_state_unref);

/* --- life ----------------------------------------------------------------- */

/* With room for what is read at these positions, which are the slots' then. */
static SsmtState *
state_alloc (SsmtModel *model, const guint64 positions[2], GError **error)
{
  SsmtState *self = g_new0 (SsmtState, 1);

  g_atomic_ref_count_init (&self->n_refs);
  self->hold = g_atomic_rc_box_acquire (model->hold);
  memcpy (self->fingerprint, model->fingerprint, sizeof self->fingerprint);
  for (guint stack = 0; stack < 2; stack++) {
    SsmtArena *arena = &self->arenas[stack];

    if (!ssmt_network_init_arena (model->network, stack, arena, SSMT_MAX_CONTEXT, 1)
        || !ssmt_arena_reserve (arena, positions[stack])) {
      ssmt_state_unref (self);
      g_set_error_literal (
          error, SSMT_ERROR, SSMT_ERROR_MEMORY, "no memory left on the device for a state");
      return NULL;
    }
    arena->positions[0] = positions[stack];
  }
  return self;
}

SsmtState *
ssmt_state_new (SsmtModel *model, const SsmtPlace *place, const SsmtArena arenas[2], GError **error)
{
  const guint64 positions[2] = { arenas[0].positions[place->slots[0]],
    arenas[1].positions[place->slots[1]] };
  SsmtState *self = state_alloc (model, positions, error);

  if (self == NULL)
    return NULL;
  ssmt_place_copy (&self->place, self->arenas, place, arenas);
  self->place.n_segments = place->n_segments;
  return self;
}

SsmtState *
ssmt_state_ref (SsmtState *self)
{
  g_return_val_if_fail (self != NULL, NULL);
  g_atomic_ref_count_inc (&self->n_refs);
  return self;
}

void
ssmt_state_unref (SsmtState *self)
{
  g_return_if_fail (self != NULL);
  if (!g_atomic_ref_count_dec (&self->n_refs))
    return;
  for (guint stack = 0; stack < 2; stack++)
    ssmt_arena_clear (&self->arenas[stack]);
  ssmt_device_hold_release (self->hold);
  g_free (self);
}

/* --- as bytes --------------------------------------------------------------- */

static void
digest (const guint8 *data, gsize length, guint8 out[DIGEST_BYTES])
{
  g_autoptr (GChecksum) sum = g_checksum_new (G_CHECKSUM_SHA256);
  gsize n = DIGEST_BYTES;

  g_checksum_update (sum, data, length);
  g_checksum_get_digest (sum, out, &n);
}

static gsize
get_used (const SsmtState *self, SsmtStack stack)
{
  const SsmtArena *arena = &self->arenas[stack];

  return ssmt_arena_get_used (arena, arena->positions[0]);
}

static gboolean
is_read (SsmtDevice *device, GError **error)
{
  int code = device->ops->wait (device);

  if (code == ENOMEM)
    g_set_error_literal (
        error, SSMT_ERROR, SSMT_ERROR_MEMORY, "no memory left on the device to read the state");
  else if (code != 0)
    g_set_error (error, SSMT_ERROR, SSMT_ERROR_DEVICE, "%s has failed, and the state with it",
        device->description);
  return code == 0;
}

GBytes *
ssmt_state_to_bytes (SsmtState *self, GError **error)
{
  SsmtArena *encoder = &self->arenas[SSMT_STACK_ENCODER];
  SsmtArena *decoder = &self->arenas[SSMT_STACK_DECODER];
  gsize encoder_bytes = get_used (self, SSMT_STACK_ENCODER);
  gsize decoder_bytes = get_used (self, SSMT_STACK_DECODER);
  gsize body = sizeof (Header) + encoder_bytes + decoder_bytes;
  SsmtDevice *device = self->hold->device;
  g_autofree guint8 *bytes = g_try_malloc (body + DIGEST_BYTES);
  Header header = { .version = GUINT32_TO_LE (VERSION),
    .pending = GINT32_TO_LE (self->place.pending),
    .n_segments = GUINT64_TO_LE (self->place.n_segments),
    .encoder_position = GUINT64_TO_LE (encoder->positions[0]),
    .decoder_position = GUINT64_TO_LE (decoder->positions[0]),
    .encoder_bytes = GUINT64_TO_LE (encoder_bytes),
    .decoder_bytes = GUINT64_TO_LE (decoder_bytes) };

  if (bytes == NULL) {
    g_set_error_literal (
        error, SSMT_ERROR, SSMT_ERROR_MEMORY, "no memory left for a copy of the state");
    return NULL;
  }
  memcpy (header.magic, MAGIC, sizeof header.magic);
  memcpy (header.fingerprint, self->fingerprint, sizeof header.fingerprint);
  memcpy (bytes, &header, sizeof header);
  ssmt_arena_read_slot (encoder, 0, bytes + sizeof header);
  ssmt_arena_read_slot (decoder, 0, bytes + sizeof header + encoder_bytes);
  if (!is_read (device, error))
    return NULL;
  digest (bytes, body, bytes + body);
  return g_bytes_new_take (g_steal_pointer (&bytes), body + DIGEST_BYTES);
}

gboolean
ssmt_state_is_one (const char *data, gsize length)
{
  return length >= strlen (MAGIC) && memcmp (data, MAGIC, strlen (MAGIC)) == 0;
}

static gboolean
fail (GError **error, const char *fault)
{
  g_set_error (
      error, SSMT_ERROR, SSMT_ERROR_STATE, "the saved state cannot be restored: %s", fault);
  return FALSE;
}

/* Whether that many bytes are what a slot of the stack holds at `position`. */
static gboolean
is_of_layout (const SsmtModel *model, SsmtStack stack, guint64 position, guint64 bytes)
{
  gsize token = ssmt_network_get_token_bytes (model->network, stack);

  /* Positions without bound take no bytes: the product cannot overflow. */
  if (token > 0 && position > G_MAXUINT32)
    return FALSE;
  return bytes == ssmt_network_get_state_bytes (model->network, stack) + token * position;
}

static gboolean
is_too_long (const SsmtModel *model, SsmtStack stack, guint64 position)
{
  return ssmt_network_get_token_bytes (model->network, stack) > 0 && position > SSMT_MAX_CONTEXT;
}

/* Puts the numbers into the order of this machine. NULL, or what is wrong with the bytes. */
static const char *
read_header (const SsmtModel *model, const guint8 *data, gsize length, Header *header)
{
  guint8 sum[DIGEST_BYTES];
  gsize body;

  if (length < sizeof *header)
    return "it is too short";
  memcpy (header, data, sizeof *header);
  header->pending = GINT32_FROM_LE (header->pending);
  header->n_segments = GUINT64_FROM_LE (header->n_segments);
  header->encoder_position = GUINT64_FROM_LE (header->encoder_position);
  header->decoder_position = GUINT64_FROM_LE (header->decoder_position);
  header->encoder_bytes = GUINT64_FROM_LE (header->encoder_bytes);
  header->decoder_bytes = GUINT64_FROM_LE (header->decoder_bytes);
  if (memcmp (header->magic, MAGIC, sizeof header->magic) != 0)
    return "it is not a saved state";
  if (GUINT32_FROM_LE (header->version) != VERSION)
    return "it was saved by another version";
  if (memcmp (header->fingerprint, model->fingerprint, 32) != 0
      || !is_of_layout (model, SSMT_STACK_ENCODER, header->encoder_position, header->encoder_bytes)
      || !is_of_layout (model, SSMT_STACK_DECODER, header->decoder_position, header->decoder_bytes))
    return "it belongs to another model";
  body = sizeof *header + header->encoder_bytes + header->decoder_bytes;
  if (length < body + DIGEST_BYTES)
    return "it is not as long as it should be";
  digest (data, body, sum);
  if (memcmp (sum, data + body, DIGEST_BYTES) != 0)
    return "it is damaged";
  if (header->pending < -1 || header->pending >= (gint64) model->config->vocab_size)
    return "its pending token is none of the vocabulary";
  if (is_too_long (model, SSMT_STACK_ENCODER, header->encoder_position)
      || is_too_long (model, SSMT_STACK_DECODER, header->decoder_position))
    return "its document is longer than any may be";
  return NULL;
}

SsmtState *
ssmt_state_new_from_bytes (SsmtModel *model, GBytes *bytes, GError **error)
{
  guint64 positions[2];
  const guint8 *data;
  const char *fault;
  SsmtState *self;
  Header header;
  gsize length;

  g_return_val_if_fail (SSMT_IS_MODEL (model), NULL);
  g_return_val_if_fail (bytes != NULL, NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  data = g_bytes_get_data (bytes, &length);
  fault = read_header (model, data, length, &header);
  if (fault != NULL) {
    fail (error, fault);
    return NULL;
  }
  positions[SSMT_STACK_ENCODER] = header.encoder_position;
  positions[SSMT_STACK_DECODER] = header.decoder_position;
  self = state_alloc (model, positions, error);
  if (self == NULL)
    return NULL;
  data += sizeof header;
  ssmt_arena_write_slot (&self->arenas[SSMT_STACK_ENCODER], 0, data, header.encoder_position);
  ssmt_arena_write_slot (
      &self->arenas[SSMT_STACK_DECODER], 0, data + header.encoder_bytes, header.decoder_position);
  self->place.pending = header.pending;
  self->place.n_segments = header.n_segments;
  return self;
}

/* --- for a stream ------------------------------------------------------------- */

/* NULL, or why the state is not one for arenas like these. */
static const char *
find_fault (const SsmtState *self, const SsmtModel *model, const SsmtArena arenas[2])
{
  if (memcmp (self->fingerprint, model->fingerprint, 32) != 0)
    return "it belongs to another model";
  for (guint stack = 0; stack < 2; stack++) {
    const SsmtArena *arena = &arenas[stack];

    if (!is_of_layout (model, stack, self->arenas[stack].positions[0], get_used (self, stack)))
      return "it belongs to another model";
    if (arena->token_bytes > 0 && self->arenas[stack].positions[0] > arena->max_tokens)
      return "its document is longer than max_context";
  }
  return NULL;
}

SsmtState *
ssmt_state_bring (SsmtState *self, SsmtModel *model, SsmtArena arenas[2], GError **error)
{
  const char *fault = find_fault (self, model, arenas);
  g_autoptr (SsmtState) here = NULL;
  g_autoptr (GBytes) bytes = NULL;

  if (fault != NULL) {
    fail (error, fault);
    return NULL;
  }
  if (self->hold == model->hold) {
    here = ssmt_state_ref (self);
  } else {
    bytes = ssmt_state_to_bytes (self, error);
    if (bytes != NULL)
      here = ssmt_state_new_from_bytes (model, bytes, error);
  }
  if (here == NULL || ssmt_place_reserve (&here->place, here->arenas, arenas))
    return g_steal_pointer (&here);
  g_set_error_literal (
      error, SSMT_ERROR, SSMT_ERROR_MEMORY, "no memory left on the device for the saved state");
  return NULL;
}
