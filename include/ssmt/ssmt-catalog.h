/* ssmtranslate: the models that are installed
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef SSMT_CATALOG_H
#define SSMT_CATALOG_H

#include "ssmt/ssmt-model-info.h"

G_BEGIN_DECLS

/**
 * ssmt_catalog_get_user_folder:
 *
 * Tells where a user's models are, a folder each: `$XDG_DATA_HOME/ssmtranslate/models`.
 * `ssmt fetch` puts them there.
 *
 * Returns: (transfer full) (type filename): the path, whether the folder is there or not
 *
 * Since: 0.1
 */
SSMT_API char *ssmt_catalog_get_user_folder (void);

/**
 * ssmt_catalog_list:
 *
 * Reads what is installed: the folder that SSMT_MODEL_PATH names, then the folders in
 * `ssmtranslate/models` and `ssmt-1.0/models` of the user's and the system's data folders (XDG)
 * and of the prefix. Of two folders of one name the first counts. Blocks; no weights are read.
 *
 * Returns: (transfer container) (element-type SsmtModelInfo): a description of each, by name;
 *   freed with the array
 *
 * Since: 0.1
 */
SSMT_API GPtrArray *ssmt_catalog_list (void);

/**
 * ssmt_catalog_find:
 * @name: the name of an installed model's folder, a pair of languages as "en-fr", or a path
 * @error: return location of a #GError
 *
 * Finds a model's folder. What has a slash is a path and comes back as it is. Else the folder of
 * that name wins, then the best model for the pair (ssmt_catalog_find_pair()), then a folder of
 * that name in the working directory.
 *
 * Returns: (transfer full) (nullable) (type filename): the folder, or %NULL with
 *   %SSMT_ERROR_NOT_FOUND, whose message says what is installed and how to get the model
 *
 * Since: 0.1
 */
SSMT_API char *ssmt_catalog_find (const char *name, GError **error);

/**
 * ssmt_catalog_find_pair:
 * @source: (nullable): BCP-47 code of the language to read, as "en"; %NULL: any
 * @target: (nullable): BCP-47 code of the language to write, as "fr" or "zh-Hant"; %NULL: any
 * @error: return location of a #GError
 *
 * Finds the best of the installed models for a pair of languages: the one that SSMT_MODEL_PATH
 * names, else the one whose folder states the best quality (COMET-22, then chrF, then chrF++, then BLEU; a
 * statement before none), else one that carries state, else the first by name. Regions do not
 * count ("de-AT" is "de"), scripts do.
 *
 * Returns: (transfer full) (nullable) (type filename): its folder, or %NULL with
 *   %SSMT_ERROR_NOT_FOUND, as for ssmt_catalog_find()
 *
 * Since: 0.1
 */
SSMT_API char *ssmt_catalog_find_pair (const char *source, const char *target, GError **error);

G_END_DECLS

#endif /* SSMT_CATALOG_H */
