/* ssmtranslate: the carried state as bytes
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "engine/stream/snapshot.h"

#include <string.h>

#define MAGIC "ssmtstat"
#define VERSION 1
#define DIGEST_BYTES 32

/* As it stands in the snapshot; no padding, little-endian fields. */
typedef struct {
  char magic[8];
  guint32 version;
  gint32 pending;
  guint8 fingerprint[32];
  guint64 n_segments, encoder_position, decoder_position;
  guint64 encoder_bytes, decoder_bytes;
} Header;

G_STATIC_ASSERT (sizeof (Header) == 88);

static void
digest (const guint8 *data, gsize length, guint8 out[DIGEST_BYTES])
{
  g_autoptr (GChecksum) sum = g_checksum_new (G_CHECKSUM_SHA256);
  gsize n = DIGEST_BYTES;

  g_checksum_update (sum, data, length);
  g_checksum_get_digest (sum, out, &n);
}

/* 0 for the arena of a stack that is not there. */
static gsize
slot_used (const SsmtArena *arena, guint slot)
{
  return arena->n_slots > 0
      ? ssmt_arena_get_used (arena, arena->positions[slot]) : 0;
}

/* Whether a state of `bytes` bytes is what an arena's slot holds at `position`. */
static gboolean
is_of_layout (const SsmtArena *arena, guint64 position, guint64 bytes)
{
  /* Positions without bound take no bytes: the product cannot overflow. */
  if (arena->token_bytes > 0 && position > G_MAXUINT32)
    return FALSE;
  return bytes == ssmt_arena_get_used (arena, position);
}

GBytes *
ssmt_snapshot_save (const SsmtCarried *carried, SsmtArena *encoder,
    SsmtArena *decoder, const guint8 fingerprint[32], GError **error)
{
  gsize encoder_bytes = slot_used (encoder, carried->encoder_slot);
  gsize decoder_bytes = slot_used (decoder, carried->decoder_slot);
  gsize length =
      sizeof (Header) + encoder_bytes + decoder_bytes + DIGEST_BYTES;
  guint8 *bytes = g_try_malloc (length);
  guint8 *at = bytes;
  Header header = {
    .version = GUINT32_TO_LE (VERSION),
    .pending = GINT32_TO_LE (carried->pending),
    .n_segments = GUINT64_TO_LE (carried->n_segments),
    .encoder_bytes = GUINT64_TO_LE (encoder_bytes),
    .decoder_bytes = GUINT64_TO_LE (decoder_bytes)
  };

  if (bytes == NULL) {
    g_set_error_literal (error, SSMT_ERROR, SSMT_ERROR_MEMORY,
        "no memory left for a copy of the state");
    return NULL;
  }
  memcpy (header.magic, MAGIC, sizeof header.magic);
  memcpy (header.fingerprint, fingerprint, sizeof header.fingerprint);
  if (encoder->n_slots > 0)
    header.encoder_position =
        GUINT64_TO_LE (encoder->positions[carried->encoder_slot]);
  header.decoder_position =
      GUINT64_TO_LE (decoder->positions[carried->decoder_slot]);
  memcpy (at, &header, sizeof header);
  at += sizeof header;
  if (encoder->n_slots > 0)
    ssmt_arena_read_slot (encoder, carried->encoder_slot, at);
  at += encoder_bytes;
  ssmt_arena_read_slot (decoder, carried->decoder_slot, at);
  at += decoder_bytes;
  digest (bytes, at - bytes, at);
  return g_bytes_new_take (bytes, length);
}

gboolean
ssmt_snapshot_is_one (const char *data, gsize length)
{
  return length >= strlen (MAGIC) && memcmp (data, MAGIC, strlen (MAGIC)) == 0;
}

/* NULL, or what is wrong with the snapshot. */
static const char *
find_fault (const guint8 *data, gsize length, const Header *header,
    const SsmtArena *encoder, const SsmtArena *decoder,
    const guint8 fingerprint[32], guint32 vocab_size)
{
  guint64 encoder_position = GUINT64_FROM_LE (header->encoder_position);
  guint64 decoder_position = GUINT64_FROM_LE (header->decoder_position);
  guint64 encoder_bytes = GUINT64_FROM_LE (header->encoder_bytes);
  guint64 decoder_bytes = GUINT64_FROM_LE (header->decoder_bytes);
  gint32 pending = GINT32_FROM_LE (header->pending);
  guint8 sum[DIGEST_BYTES];

  if (memcmp (header->magic, MAGIC, sizeof header->magic) != 0)
    return "it is not a saved state";
  if (GUINT32_FROM_LE (header->version) != VERSION)
    return "it was saved by another version";
  if (memcmp (header->fingerprint, fingerprint, 32) != 0
      || !is_of_layout (encoder, encoder_position, encoder_bytes)
      || !is_of_layout (decoder, decoder_position, decoder_bytes))
    return "it belongs to another model";
  if (length != sizeof (Header) + encoder_bytes + decoder_bytes + DIGEST_BYTES)
    return "it is not as long as it should be";
  digest (data, length - DIGEST_BYTES, sum);
  if (memcmp (sum, data + length - DIGEST_BYTES, DIGEST_BYTES) != 0)
    return "it is damaged";
  if (pending < -1 || pending >= (gint64) vocab_size)
    return "its pending token is none of the vocabulary";
  if ((encoder->token_bytes > 0 && encoder_position > encoder->max_tokens)
      || (decoder->token_bytes > 0 && decoder_position > decoder->max_tokens))
    return "its document is longer than max_context";
  return NULL;
}

gboolean
ssmt_snapshot_restore (GBytes *saved, SsmtCarried *carried,
    SsmtArena *encoder, SsmtArena *decoder, const guint8 fingerprint[32],
    guint32 vocab_size, GError **error)
{
  gsize length;
  const guint8 *data = g_bytes_get_data (saved, &length);
  const char *fault = "it is too short";
  Header header;

  if (length >= sizeof header) {
    memcpy (&header, data, sizeof header);
    fault = find_fault (data, length, &header, encoder, decoder,
        fingerprint, vocab_size);
  }
  if (fault != NULL) {
    g_set_error (error, SSMT_ERROR, SSMT_ERROR_STATE,
        "the saved state cannot be restored: %s", fault);
    return FALSE;
  }
  if (!ssmt_arena_reserve (encoder, GUINT64_FROM_LE (header.encoder_position))
      || !ssmt_arena_reserve (decoder,
          GUINT64_FROM_LE (header.decoder_position))) {
    g_set_error_literal (error, SSMT_ERROR, SSMT_ERROR_MEMORY,
        "no memory left on the device for the saved state");
    return FALSE;
  }
  data += sizeof header;
  if (encoder->n_slots > 0)
    ssmt_arena_write_slot (encoder, carried->encoder_slot, data,
        GUINT64_FROM_LE (header.encoder_position));
  data += GUINT64_FROM_LE (header.encoder_bytes);
  ssmt_arena_write_slot (decoder, carried->decoder_slot, data,
      GUINT64_FROM_LE (header.decoder_position));
  carried->pending = GINT32_FROM_LE (header.pending);
  carried->n_segments = GUINT64_FROM_LE (header.n_segments);
  return TRUE;
}
