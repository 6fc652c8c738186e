/* ssmtranslate: a state from inside (internal)
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef SSMT_STATE_PRIVATE_H
#define SSMT_STATE_PRIVATE_H

#include "engine/stream/model-private.h"
#include "engine/stream/place.h"
#include "ssmt/ssmt-state.h"

G_BEGIN_DECLS

/* Immutable. Knows its device, not its model, which may remember states (ssmt-prime.c). */
struct _SsmtState {
  gatomicrefcount n_refs;
  SsmtDeviceHold *hold;   /* the device is open as long as the state is there */
  guint8 fingerprint[32]; /* of the model */
  SsmtArena arenas[2];    /* by stack; of one slot */
  SsmtPlace place;
};

/* A copy of the state at a place of the model's. NULL: SSMT_ERROR_MEMORY. */
SsmtState *ssmt_state_new (
    SsmtModel *model, const SsmtPlace *place, const SsmtArena arenas[2], GError **error);

/* The state on the model's device, with room for it in `arenas`. NULL: SSMT_ERROR_STATE where it
 * is another model's or longer than the arenas may get, SSMT_ERROR_MEMORY. */
SsmtState *ssmt_state_bring (
    SsmtState *self, SsmtModel *model, SsmtArena arenas[2], GError **error);

/* Whether the bytes begin as those of a saved state do. */
gboolean ssmt_state_is_one (const char *data, gsize length);

G_END_DECLS

#endif /* SSMT_STATE_PRIVATE_H */
