/* ssmtranslate: the carried state as bytes (internal)
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A snapshot, all numbers little-endian:
 *  1. 8 bytes "ssmtstat"
 *  2. u32 format version, i32 pending token (-1: none)
 *  3. 32 bytes fingerprint of the model's weights
 *  4. u64 segments, u64 encoder position, u64 decoder position
 *  5. u64 encoder state bytes, u64 decoder state bytes: those in use at these positions
 *  6. encoder state, decoder state, as they stand in the arena
 *  7. 32 bytes SHA-256 of all that is before
 */
#ifndef SSMT_SNAPSHOT_H
#define SSMT_SNAPSHOT_H

#include "engine/network/arena.h"
#include "ssmt/ssmt-error.h"

G_BEGIN_DECLS

/* Where a document stands. */
typedef struct {
  guint encoder_slot, decoder_slot;
  gint32 pending;               /* token to read before the next segment, -1: none */
  guint64 n_segments;
} SsmtCarried;

GBytes *ssmt_snapshot_save (const SsmtCarried *carried, SsmtArena *encoder,
    SsmtArena *decoder, const guint8 fingerprint[32], GError **error);

/* Writes into the slots of `carried`; changes nothing on failure. */
gboolean ssmt_snapshot_restore (GBytes *saved, SsmtCarried *carried,
    SsmtArena *encoder, SsmtArena *decoder, const guint8 fingerprint[32],
    guint32 vocab_size, GError **error);

/* TRUE where the bytes begin as a saved state does. */
gboolean ssmt_snapshot_is_one (const char *data, gsize length);

G_END_DECLS

#endif /* SSMT_SNAPSHOT_H */
