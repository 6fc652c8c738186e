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
 * Returns: (transfer full): the same
 *
 * Since: 0.1
 */
SSMT_API SsmtModelInfo *ssmt_model_info_ref (SsmtModelInfo *self);

/**
 * ssmt_model_info_unref:
 * @self: (transfer full): what is no longer needed
 *
 * Since: 0.1
 */
SSMT_API void ssmt_model_info_unref (SsmtModelInfo *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SsmtModelInfo, ssmt_model_info_unref)

/**
 * ssmt_model_info_get_name:
 * Returns: (transfer none): the folder's own name, by which ssmt_catalog_find() finds it
 *
 * Since: 0.1
 */
SSMT_API const char *ssmt_model_info_get_name (const SsmtModelInfo *self);

/**
 * ssmt_model_info_get_path:
 * Returns: (transfer none) (type filename): the folder, for ssmt_model_load()
 *
 * Since: 0.1
 */
SSMT_API const char *ssmt_model_info_get_path (const SsmtModelInfo *self);

/**
 * ssmt_model_info_get_source_language:
 * Returns: (transfer none) (nullable): code of the language it reads, as "en"; %NULL: not said
 *
 * Since: 0.1
 */
SSMT_API const char *ssmt_model_info_get_source_language (const SsmtModelInfo *self);

/**
 * ssmt_model_info_get_target_language:
 * Returns: (transfer none) (nullable): code of the language it writes, as "de"; %NULL: not said
 *
 * Since: 0.1
 */
SSMT_API const char *ssmt_model_info_get_target_language (const SsmtModelInfo *self);

/**
 * ssmt_model_info_get_kind:
 * Returns: (transfer none) (nullable): "ssmt" (the project's own format), "Marian", or the family
 *   of a checkpoint of another library, as "Mamba-2"; %NULL where it cannot be read
 *
 * Since: 0.1
 */
SSMT_API const char *ssmt_model_info_get_kind (const SsmtModelInfo *self);

/**
 * ssmt_model_info_get_license:
 * Returns: (transfer none) (nullable): what its folder says it may be used for
 *
 * Since: 0.1
 */
SSMT_API const char *ssmt_model_info_get_license (const SsmtModelInfo *self);

/**
 * ssmt_model_info_get_quality:
 *
 * Returns: (transfer none) (nullable): figures that the folder's registry.json or metadata.json
 *   states, as "comet22 0.865, bleu 38.7 (flores200-plus)"; nobody has measured them here
 *
 * Since: 0.1
 */
SSMT_API const char *ssmt_model_info_get_quality (const SsmtModelInfo *self);

/**
 * ssmt_model_info_get_bytes:
 * Returns: bytes of all files in the folder
 *
 * Since: 0.1
 */
SSMT_API guint64 ssmt_model_info_get_bytes (const SsmtModelInfo *self);

/**
 * ssmt_model_info_get_carries_state:
 * Returns: whether it knows the segments of a document that it has read; %FALSE: each segment
 *   begins afresh
 *
 * Since: 0.1
 */
SSMT_API gboolean ssmt_model_info_get_carries_state (const SsmtModelInfo *self);

/**
 * ssmt_model_info_get_problem:
 * Returns: (transfer none) (nullable): why the folder cannot be read; %NULL: it can, as far as
 *   is known without its weights
 *
 * Since: 0.1
 */
SSMT_API const char *ssmt_model_info_get_problem (const SsmtModelInfo *self);

G_END_DECLS

#endif /* SSMT_MODEL_INFO_H */
