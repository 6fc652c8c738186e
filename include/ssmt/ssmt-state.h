/* ssmtranslate: the state, where a document stands
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef SSMT_STATE_H
#define SSMT_STATE_H

#include "ssmt/ssmt-model.h"

G_BEGIN_DECLS

#define SSMT_TYPE_STATE (ssmt_state_get_type ())
/**
 * SsmtState:
 *
 * All that a stream knows of the document it has read. Immutable, counted and on the model's device:
 * any number of streams, on any threads, begin with one state or go on from it, and each copies it
 * only to where it reads on. ssmt_stream_get_state() takes one, ssmt_model_prime() reads one from
 * a file of examples.
 *
 * Since: 0.1
 */
typedef struct _SsmtState SsmtState;

SSMT_API GType ssmt_state_get_type (void);

/**
 * ssmt_state_ref:
 *
 * Takes one more reference, on any thread.
 *
 * Returns: (transfer full): the same state
 *
 * Since: 0.1
 */
SSMT_API SsmtState *ssmt_state_ref (SsmtState *self);

/**
 * ssmt_state_unref:
 * @self: (transfer full): the state
 *
 * Gives a reference back, on any thread. The last one frees the memory on the device; streams that
 * went on from the state have copies.
 *
 * Since: 0.1
 */
SSMT_API void ssmt_state_unref (SsmtState *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SsmtState, ssmt_state_unref)

/**
 * ssmt_state_to_bytes:
 * @error: return location of a #GError
 *
 * For a file, or another machine.
 *
 * Returns: (transfer full) (nullable): the state with a header that names format version and
 *   model; as large as the state, however much was read (where attention has no window: in
 *   proportion to what was read). %NULL: %SSMT_ERROR_MEMORY, or %SSMT_ERROR_DEVICE where the
 *   device has failed
 *
 * Since: 0.1
 */
SSMT_API GBytes *ssmt_state_to_bytes (SsmtState *self, GError **error);

/**
 * ssmt_state_new_from_bytes:
 * @model: the model that is to go on
 * @bytes: what ssmt_state_to_bytes() returned, for a state of the same model; what was put behind it is not looked at
 * @error: return location of a #GError
 *
 * The continuation is bit-identical to a stream that was never interrupted (on any
 * CPU, but for BF16 weights: docs/kernels.md).
 *
 * Returns: (transfer full) (nullable): the state, or %NULL (%SSMT_ERROR_STATE) when @bytes are
 *   damaged or of another model, %SSMT_ERROR_MEMORY
 *
 * Since: 0.1
 */
SSMT_API SsmtState *ssmt_state_new_from_bytes (SsmtModel *model, GBytes *bytes, GError **error);

G_END_DECLS

#endif /* SSMT_STATE_H */
