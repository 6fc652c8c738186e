/* ssmtranslate: what the sub-commands of `ssmt` share
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef SSMT_CLI_H
#define SSMT_CLI_H

#include <json-glib/json-glib.h>

#include "ssmt/ssmt.h"

G_BEGIN_DECLS

/* Exit statuses: 0, or one of these. */
#define CLI_FAILED 1
#define CLI_USAGE 2
#define CLI_INTERRUPTED 130 /* by Ctrl-C, as shells count it */

/* What --help says of --model. */
#define CLI_MODEL_HELP                                                                             \
  "Model: a folder, the name of an installed one, or a pair as en-fr (default: the installed one)"

int cli_translate (int argc, char **argv);
int cli_subtitle (int argc, char **argv);
int cli_live (int argc, char **argv);
int cli_inspect (int argc, char **argv);
int cli_bench (int argc, char **argv);
int cli_captions (int argc, char **argv);
int cli_align (int argc, char **argv);
int cli_score (int argc, char **argv);
int cli_convert (int argc, char **argv);
int cli_models (int argc, char **argv);
int cli_fetch (int argc, char **argv);

/* What commands that run a model are told of it. All zero: the installed one, on the default device. */
typedef struct {
  char *folder, *device;
  int threads;
} CliModel;

void cli_model_clear (CliModel *model);

/* NULL with *error set, or after a message when there is none. */
SsmtModel *cli_model_load (const CliModel *model, GError **error);

/* Reads the options of a sub-command; argv[0] is its name. Prints what is wrong
 * with them, and returns FALSE, where something is. `model`: also reads --model, --threads and
 * --device into it; NULL: does not. At most `max_arguments` words may be left over in argv[1] ...
 * argv[argc - 1]. */
gboolean cli_parse (int *argc, char ***argv, const char *arguments, const char *summary,
    const GOptionEntry *entries, CliModel *model, int max_arguments);

/* "ssmt: MESSAGE" and a line end on stderr, as it is (no charset conversion). */
void cli_message (const char *format, ...) G_GNUC_PRINTF (1, 2);

/* The folder of the model that is `given` (a name, a pair, a folder), or of the default one; NULL
 * after a message when there is none. */
char *cli_model_folder (const char *given);

/* What has been built, and a line end, on stdout. */
void cli_print_json (JsonBuilder *json);

/* Flushes stdout. FALSE after a message when something could not be written. */
gboolean cli_flush_output (void);

G_END_DECLS

#endif /* SSMT_CLI_H */
