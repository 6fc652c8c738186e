/* ssmt convert: the parts of it
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef SSMT_CONVERT_H
#define SSMT_CONVERT_H

#include "engine/cli/cli-network.h"

G_BEGIN_DECLS

/* --- weights (convert-weights.c) ------------------------------------------ */

/* The dtype in which a matrix of so many columns is stored where `wanted` is asked for: Q4 where it
 * is smaller than I8 would be, I8 where it is smaller than F32 would be. */
SsmtDType convert_stored_dtype (SsmtDType wanted, guint32 cols);
/* Writes all tensors of `tensors`, whose network has been made, into the new file `path`: what is
 * bound as a matrix as `wanted`, everything else as F32. */
gboolean convert_weights (
    SsmtTensorSource *tensors, SsmtDType wanted, const char *path, GError **error);

/* --- config.json (convert-config.c) --------------------------------------- */

/* The description as a config.json of this project's own format. SSMT_ERROR_UNSUPPORTED where that
 * cannot say it. */
char *convert_config_to_json (const SsmtConfig *config, GError **error);
/* The files of the folder that it names, and those that say more of the model: NULL-terminated. */
char **convert_config_list_files (const SsmtConfig *config);

/* --- the folder (convert-folder.c) ---------------------------------------- */

/* Fails where `output` cannot become a model folder: it has files in it, or is one. */
gboolean convert_folder_check (const char *output, GError **error);
/* A folder beside `output` to be filled, with all files of `input` that are not weights; with `only`,
 * those of them. */
char *convert_folder_begin (
    const char *input, const char *output, char **only, const char *card_line, GError **error);
/* One more file for it. */
gboolean convert_folder_add (
    const char *folder, const char *name, const char *content, GError **error);
/* Gives it the name `output`; all is on the disk then. */
gboolean convert_folder_finish (const char *folder, const char *output, GError **error);
/* Removes a folder that has not been finished. */
void convert_folder_remove (const char *folder);

/* --- what has changed (convert-compare.c) --------------------------------- */

typedef struct {
  guint n_lines;
  guint64 n_tokens;            /* of the target, ends counted */
  gboolean own_target;         /* the target is what the first model translates */
  gboolean random_source;      /* there is no tokenizer: ids by chance */
  double largest, mean, range; /* changes of logits; range of the first model's */
  double agreement;            /* part of the tokens where both prefer the same */
  double perplexity[2];
} Comparison;

/* Both read a document of `sample`'s lines, the state carried: greedy translation by the first, or
 * the target after a tab in the line; each token's logits are compared. sample NULL: lines that come
 * with the program. `folder` holds the tokenizers. */
gboolean convert_compare (const CliNetwork *before, const CliNetwork *after, const char *folder,
    const char *sample, Comparison *comparison, GError **error);
/* The lines that come with the program, NULL at the end (convert-sample.c). */
extern const char *const convert_sample[];

G_END_DECLS

#endif /* SSMT_CONVERT_H */
