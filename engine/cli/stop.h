/* ssmt: a command that ends early, and well
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef SSMT_CLI_STOP_H
#define SSMT_CLI_STOP_H

#include <glib.h>

G_BEGIN_DECLS

/* From now on SIGTERM, SIGINT and SIGHUP do not end the program: standard input ends instead, also for who
 * is waiting for it. */
void cli_stop_begin (void);
/* Whether one has come: what was read last may be half a line. */
gboolean cli_stop_has_come (void);
/* Ends the program as the signal would have, where one has come. From now on each does. */
void cli_stop_end (void);

G_END_DECLS

#endif /* SSMT_CLI_STOP_H */
