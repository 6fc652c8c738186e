/* ssmt: programs beside it
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef SSMT_CLI_PROGRAMS_H
#define SSMT_CLI_PROGRAMS_H

#include <glib.h>

G_BEGIN_DECLS

/* Becomes the program `name`, beside this one or where it was to be installed. Returns only where that fails, after
 * a message: the exit status. */
int cli_start_program (const char *name, char **argv);

G_END_DECLS

#endif /* SSMT_CLI_PROGRAMS_H */
