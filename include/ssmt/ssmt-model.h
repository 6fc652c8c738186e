/* ssmtranslate: the model, what many streams share
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef SSMT_MODEL_H
#define SSMT_MODEL_H

#include <gio/gio.h>

#include "ssmt/ssmt-error.h"

G_BEGIN_DECLS

#define SSMT_TYPE_MODEL (ssmt_model_get_type ())
/**
 * SsmtModel:
 *
 * A translation model: configuration, weights, tokenizer and the device they
 * are on. Immutable once loaded; any number of streams and threads share one.
 *
 * Since: 0.1
 */
SSMT_API
G_DECLARE_FINAL_TYPE (SsmtModel, ssmt_model, SSMT, MODEL, GObject)

/**
 * ssmt_model_load:
 * @path: (type filename): a model folder (docs/model-format.md)
 * @device: (nullable): "cpu", "cuda" (the first GPU), "cuda:N", or "auto", which is "cuda" where a
 *   GPU can be used and "cpu" otherwise; %NULL is "auto"
 * @threads: threads of the device; 0: physical cores, at most 4
 * @error: return location of a #GError
 *
 * Reads and checks a model. A weight file over 64 MiB is mapped, a smaller one read; both are used in place where
 * the device can. A mapped one must not be changed while the model lives (replace it
 * by renaming a new one over it). Blocks; usable from any thread.
 *
 * Returns: (transfer full) (nullable): the model, or %NULL with @error set
 *   (%SSMT_ERROR): nothing a model file holds makes this crash
 *
 * Since: 0.1
 */
SSMT_API SsmtModel *ssmt_model_load (
    const char *path, const char *device, guint threads, GError **error);

/**
 * ssmt_model_load_async:
 * @path: (type filename): as for ssmt_model_load(), as the next two
 * @device: (nullable): the device
 * @threads: threads of the device
 * @cancellable: (nullable): a cancelled call ends at once; its thread stops before the next tensor,
 *   and drops what it has loaded
 * @callback: (scope async): called in the thread-default main context of the caller
 * @user_data: for @callback
 *
 * As ssmt_model_load(), on a thread of its own.
 *
 * Since: 0.1
 */
SSMT_API void ssmt_model_load_async (const char *path, const char *device, guint threads,
    GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data);

/**
 * ssmt_model_load_finish:
 * @result: what the callback was given
 * @error: return location of a #GError
 *
 * Ends ssmt_model_load_async(), once for each call, in the callback or later.
 *
 * Returns: (transfer full) (nullable): the model, or %NULL with @error set (%SSMT_ERROR, or
 *   %G_IO_ERROR_CANCELLED)
 *
 * Since: 0.1
 */
SSMT_API SsmtModel *ssmt_model_load_finish (GAsyncResult *result, GError **error);

/**
 * ssmt_model_find_default:
 *
 * Looks for the default model: the folder named by the environment variable
 * SSMT_MODEL_PATH, then `ssmt-1.0/models/en-pt` in the user's and the system's
 * data folders (XDG), then in the folder it was installed to. The build tree's
 * `meson devenv` sets the variable.
 *
 * Returns: (transfer full) (nullable) (type filename): its path, or %NULL
 *
 * Since: 0.1
 */
SSMT_API char *ssmt_model_find_default (void);

/**
 * ssmt_model_get_path:
 *
 * Tells which folder the model was loaded from, as ssmt_model_load() was given it. Like all texts
 * of a model it is the model's own and valid as long as the model.
 *
 * Returns: (transfer none) (type filename): the folder's path
 *
 * Since: 0.1
 */
SSMT_API const char *ssmt_model_get_path (SsmtModel *self);

/**
 * ssmt_model_get_source_language:
 *
 * Tells which language the model reads, in the words of its folder. A folder need not say so.
 *
 * Returns: (transfer none) (nullable): its code, as "en"; %NULL: not said
 *
 * Since: 0.1
 */
SSMT_API const char *ssmt_model_get_source_language (SsmtModel *self);

/**
 * ssmt_model_get_target_languages:
 *
 * Lists the languages among which ssmt_stream_set_target_language() chooses, in the codes that the
 * model has for them.
 *
 * Returns: (transfer none) (nullable) (array zero-terminated=1): the codes; %NULL: it writes one
 *   language
 *
 * Since: 0.1
 */
SSMT_API const char *const *ssmt_model_get_target_languages (SsmtModel *self);

/**
 * ssmt_model_get_target_language:
 *
 * Tells which language the model writes, in the words of its folder, where no stream chooses
 * another one.
 *
 * Returns: (transfer none) (nullable): its code, as "de"; %NULL: not said
 *
 * Since: 0.1
 */
SSMT_API const char *ssmt_model_get_target_language (SsmtModel *self);

/**
 * ssmt_model_get_license:
 *
 * Tells what the folder says the model may be used for, for people to read.
 *
 * Returns: (transfer none) (nullable): a licence, as "CC-BY-SA-4.0"; %NULL: not said
 *
 * Since: 0.1
 */
SSMT_API const char *ssmt_model_get_license (SsmtModel *self);

/**
 * ssmt_model_get_device_description:
 *
 * Describes for people what computes, and with how many threads. Where a GPU was looked for in vain
 * it says why.
 *
 * Returns: (transfer none): a line such as "cpu: avx512, 2 threads"
 *
 * Since: 0.1
 */
SSMT_API const char *ssmt_model_get_device_description (SsmtModel *self);

/**
 * ssmt_model_get_n_parameters:
 *
 * Counts the learned values: scales of I8 rows do not count, tied weights count once.
 *
 * Returns: the number of values
 *
 * Since: 0.1
 */
SSMT_API guint64 ssmt_model_get_n_parameters (SsmtModel *self);

/**
 * ssmt_model_get_weight_bytes:
 *
 * Adds up all tensors as they are stored. They are in memory once, however many streams there are.
 *
 * Returns: bytes of all tensors in the weight file
 *
 * Since: 0.1
 */
SSMT_API guint64 ssmt_model_get_weight_bytes (SsmtModel *self);

/**
 * ssmt_model_get_state_bytes:
 *
 * Tells how large the state is that one stream carries from segment to segment, at least: where
 * ssmt_model_get_token_bytes() is not 0 so much is added for each token read. Else it does not
 * depend on how much the stream has read.
 *
 * Returns: bytes, of encoder and decoder together
 *
 * Since: 0.1
 */
SSMT_API guint64 ssmt_model_get_state_bytes (SsmtModel *self);

/**
 * ssmt_model_get_token_bytes:
 *
 * Tells by how much a stream's state grows for each token of its document, in layers of attention
 * without a window. The number of tokens is bounded by max_context of #SsmtStreamParams and of the
 * model.
 *
 * Returns: bytes; 0 where the state is constant
 *
 * Since: 0.1
 */
SSMT_API guint64 ssmt_model_get_token_bytes (SsmtModel *self);

/**
 * ssmt_model_get_carries_state:
 *
 * Tells whether translations know the segments before them. Models of single sentences begin each
 * segment afresh, whatever #SsmtStreamParams say.
 *
 * Returns: %TRUE where the state goes on from segment to segment
 *
 * Since: 0.1
 */
SSMT_API gboolean ssmt_model_get_carries_state (SsmtModel *self);

/**
 * ssmt_model_describe:
 *
 * Describes the model in several lines for people, those that `ssmt inspect` prints: layers in
 * order with their parameters, bytes of weights and of state, tokenizer, languages, licence,
 * device.
 *
 * Returns: (transfer full): the lines, for g_free()
 *
 * Since: 0.1
 */
SSMT_API char *ssmt_model_describe (SsmtModel *self);

G_END_DECLS

#endif /* SSMT_MODEL_H */
