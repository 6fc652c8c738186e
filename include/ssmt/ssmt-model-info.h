/* ssmtranslate: what a model folder says of itself
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef SSMT_MODEL_INFO_H
#define SSMT_MODEL_INFO_H

#include "ssmt/ssmt-error.h"

G_BEGIN_DECLS

#define SSMT_TYPE_MODEL_INFO (ssmt_model_info_get_type ())
/**
 * SsmtModelInfo:
 *
 * What a model folder says of itself, read without its weights: languages, size, licence.
 * Immutable and counted; usable from any thread. ssmt_catalog_list() has one for each model that
 * is installed.
 *
 * Since: 0.1
 */
typedef struct _SsmtModelInfo SsmtModelInfo;

SSMT_API GType ssmt_model_info_get_type (void);

/**
 * ssmt_model_info_new:
 * @path: (type filename): a model folder
 * @error: return location of a #GError
 *
 * Reads the small files of a folder: config.json, or, of a Marian model, registry.json or
 * metadata.json and the names of its files. The weights are not opened.
 *
 * Returns: (transfer full) (nullable): what it says; of a model that is damaged also, see
 *   ssmt_model_info_get_problem(). %NULL with %SSMT_ERROR_NOT_FOUND where there is no model
 *
 * Since: 0.1
 */
SSMT_API SsmtModelInfo *ssmt_model_info_new (const char *path, GError **error);

/**
 * ssmt_model_info_ref:
 *
 * Takes one more reference, on any thread.
 *
 * Returns: (transfer full): the same
 *
 * Since: 0.1
 */
SSMT_API SsmtModelInfo *ssmt_model_info_ref (SsmtModelInfo *self);

/**
 * ssmt_model_info_unref:
 * @self: (transfer full): what is no longer needed
 *
 * Gives a reference back, on any thread. The last one frees the texts that its functions have
 * returned.
 *
 * Since: 0.1
 */
SSMT_API void ssmt_model_info_unref (SsmtModelInfo *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SsmtModelInfo, ssmt_model_info_unref)

/**
 * ssmt_model_info_get_name:
 *
 * Tells what the folder itself is called, without those around it: the name by which
 * ssmt_catalog_find() finds it.
 *
 * Returns: (transfer none): the name, as "en-fr"
 *
 * Since: 0.1
 */
SSMT_API const char *ssmt_model_info_get_name (const SsmtModelInfo *self);

/**
 * ssmt_model_info_get_path:
 *
 * Tells where the folder is, for ssmt_model_load().
 *
 * Returns: (transfer none) (type filename): the path, as ssmt_model_info_new() was given it
 *
 * Since: 0.1
 */
SSMT_API const char *ssmt_model_info_get_path (const SsmtModelInfo *self);

/**
 * ssmt_model_info_get_source_language:
 *
 * Tells which language the model reads: config.json says so, or, of a Marian model, its
 * registry.json or metadata.json, its files' names, the folder's name.
 *
 * Returns: (transfer none) (nullable): the code, as "en"; %NULL: not said
 *
 * Since: 0.1
 */
SSMT_API const char *ssmt_model_info_get_source_language (const SsmtModelInfo *self);

/**
 * ssmt_model_info_get_target_language:
 *
 * Tells which language the model writes, from the same places as the one that it reads.
 *
 * Returns: (transfer none) (nullable): the code, as "de"; %NULL: not said
 *
 * Since: 0.1
 */
SSMT_API const char *ssmt_model_info_get_target_language (const SsmtModelInfo *self);

/**
 * ssmt_model_info_get_kind:
 *
 * Tells whose format the folder has: the project's own, or which one of those that it can read.
 *
 * Returns: (transfer none) (nullable): "ssmt", "Marian", or the family of a checkpoint of another
 *   library, as "Mamba-2"; %NULL where it cannot be read
 *
 * Since: 0.1
 */
SSMT_API const char *ssmt_model_info_get_kind (const SsmtModelInfo *self);

/**
 * ssmt_model_info_get_license:
 *
 * Tells what the folder says the model may be used for, in config.json, registry.json or
 * metadata.json.
 *
 * Returns: (transfer none) (nullable): a licence, as "MPL-2.0"; %NULL: not said
 *
 * Since: 0.1
 */
SSMT_API const char *ssmt_model_info_get_license (const SsmtModelInfo *self);

/**
 * ssmt_model_info_get_quality:
 *
 * Tells how well the model translates, by the folder's registry.json or metadata.json. These are
 * figures of whoever wrote them: nobody has measured them here.
 *
 * Returns: (transfer none) (nullable): metrics and their test set, as "comet22 0.8650, bleu 38.7
 *   (flores200-plus)"; %NULL: not said
 *
 * Since: 0.1
 */
SSMT_API const char *ssmt_model_info_get_quality (const SsmtModelInfo *self);

/**
 * ssmt_model_info_get_bytes:
 *
 * Adds up the files of the folder, without folders in it: what the model takes on the disk.
 *
 * Returns: bytes
 *
 * Since: 0.1
 */
SSMT_API guint64 ssmt_model_info_get_bytes (const SsmtModelInfo *self);

/**
 * ssmt_model_info_get_carries_state:
 *
 * Tells whether translations would know the segments of the document before them, as
 * ssmt_model_get_carries_state() does of a model that is loaded.
 *
 * Returns: %FALSE where each segment begins afresh
 *
 * Since: 0.1
 */
SSMT_API gboolean ssmt_model_info_get_carries_state (const SsmtModelInfo *self);

/**
 * ssmt_model_info_get_problem:
 *
 * Tells why the model cannot be loaded, as far as that shows without its weights. What else the
 * folder says of itself may be missing then.
 *
 * Returns: (transfer none) (nullable): a message for people; %NULL: none was found
 *
 * Since: 0.1
 */
SSMT_API const char *ssmt_model_info_get_problem (const SsmtModelInfo *self);

G_END_DECLS

#endif /* SSMT_MODEL_INFO_H */
