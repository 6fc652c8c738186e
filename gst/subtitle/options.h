/* ssm-subtitle: what the user asks for
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef SUB_OPTIONS_H
#define SUB_OPTIONS_H

#include "translate.h"

G_BEGIN_DECLS

typedef struct {
  char **paths;   /* files and folders */
  char **targets; /* BCP-47 codes; NULL: what the model writes */
  char *source, *model, *output, *encoding;
  char *files_from; /* where more names come from, "-" is standard input; NULL: nowhere */
  gint track, jobs;
  gboolean recursive, beside, burn, force, dry_run, quiet, json;
  SubSettings settings; /* its strings are borrowed from below */
  char *device, *glossary, *context, *quotes;
  gboolean sentences;
  GPtrArray *routes; /* of SubRoute, one a target */
} SubOptions;

/* FALSE after a message, or with `*status` 0 after --help. */
gboolean sub_options_parse (SubOptions *self, int argc, char **argv, int *status);
/* How many files at once there are to be, of so many. Several share a model's batches, better than threads
 * share one file's: each has one then, unless --threads says otherwise. */
guint sub_options_settle_jobs (SubOptions *self, guint n_files);
void sub_options_clear (SubOptions *self);

/* "ssmt subtitle: MESSAGE" on stderr, without what a terminal takes for commands. */
void sub_message (const char *format, ...) G_GNUC_PRINTF (1, 2);

G_END_DECLS

#endif /* SUB_OPTIONS_H */
