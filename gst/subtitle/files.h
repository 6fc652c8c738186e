/* ssm-subtitle: which files are translated, and what the translations are called
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef SUB_FILES_H
#define SUB_FILES_H

#include "options.h"

G_BEGIN_DECLS

typedef struct {
  char *path;
  char *folder; /* where translations go */
  gboolean is_film;
  guint64 bytes;
} SubInput;

/* The files that the options name, and those in their folders, in the order of their names. What cannot
 * be read is told and counted in `n_bad`. (element-type SubInput) */
GPtrArray *sub_files_find (const SubOptions *options, guint *n_bad);

/* One file by its name, as a list has it. Below --output it keeps its folders. NULL with *error set. */
SubInput *sub_files_input (const SubOptions *options, const char *path, GError **error);
void sub_input_free (SubInput *input);

/* "film.en.srt", "pt", ".srt": "film.pt.srt" in the folder of translations. */
char *sub_files_output (
    const SubInput *input, const char *source, const char *infix, const char *extension);

/* The language that a name tells ("film.en.srt", "film.en.sdh.srt"); NULL: none. */
char *sub_files_dup_language (const char *name);

G_END_DECLS

#endif /* SUB_FILES_H */
