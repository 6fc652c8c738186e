/* ssmtranslate: documents that begin with examples
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef SSMT_PRIME_H
#define SSMT_PRIME_H

#include "ssmt/ssmt-stream.h"

G_BEGIN_DECLS

/**
 * ssmt_stream_read_pair:
 * @source: UTF-8 plain text of one segment
 * @target: its translation
 * @cancellable: (nullable): checked between pieces of the text
 * @error: return location of a #GError
 *
 * Reads a text and a translation that is known into the state, as if the stream had
 * translated it so. What follows may come out more like it; terms do not hold by that, they are for
 * ssmt_stream_set_glossary().
 *
 * Returns: %FALSE with @error set (%SSMT_ERROR_TEXT where a text is empty or too long for one
 *   segment); the state is that before the call then
 *
 * Since: 0.1
 */
SSMT_API gboolean ssmt_stream_read_pair (SsmtStream *self, const char *source, const char *target,
    GCancellable *cancellable, GError **error);

/**
 * ssmt_model_prime:
 * @model: the model
 * @path: (type filename): a file of examples: a line each with the source, a tab and the target; empty lines and
 *   those that begin with "#" say nothing. Or a state saved before.
 * @cancellable: (nullable): checked between segments
 * @error: return location of a #GError
 *
 * Reads examples once, for any number of streams: the model remembers what the last eight files
 * became, each as long as it stays the same.
 *
 * Returns: (transfer full) (nullable): the state after the examples, for ssmt_stream_set_start(),
 *   or %NULL with @error set (a line of the file is named where it is at fault)
 *
 * Since: 0.1
 */
SSMT_API SsmtState *ssmt_model_prime (
    SsmtModel *model, const char *path, GCancellable *cancellable, GError **error);

/**
 * ssmt_model_prime_async:
 * @model: the model
 * @path: (type filename): a file as for ssmt_model_prime()
 * @cancellable: (nullable): checked between segments
 * @callback: (scope async): called in the thread-default main context of the caller
 * @user_data: for @callback
 *
 * As ssmt_model_prime(), on a thread of its own.
 *
 * Since: 0.1
 */
SSMT_API void ssmt_model_prime_async (SsmtModel *model, const char *path, GCancellable *cancellable,
    GAsyncReadyCallback callback, gpointer user_data);

/**
 * ssmt_model_prime_finish:
 * @model: the model
 * @result: what the callback was given
 * @error: return location of a #GError
 *
 * Ends ssmt_model_prime_async(), once for each call, in the callback or later.
 *
 * Returns: (transfer full) (nullable): the state after the examples, or %NULL with @error set as by
 *   ssmt_model_prime()
 *
 * Since: 0.1
 */
SSMT_API SsmtState *ssmt_model_prime_finish (
    SsmtModel *model, GAsyncResult *result, GError **error);

G_END_DECLS

#endif /* SSMT_PRIME_H */
