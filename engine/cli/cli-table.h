/* ssmtranslate: a table for people
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef SSMT_CLI_TABLE_H
#define SSMT_CLI_TABLE_H

#include <glib.h>

G_BEGIN_DECLS

/* Rows of `n_columns` cells, the first of them the heads. */
typedef struct {
  guint n_columns;
  GPtrArray *cells; /* owned strings */
} CliTable;

void cli_table_init (CliTable *self, guint n_columns);
void cli_table_clear (CliTable *self);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (CliTable, cli_table_clear)

/* The next cell; NULL is "-". What would move a terminal's cursor becomes "?". */
void cli_table_add (CliTable *self, const char *cell);
/* The same, as "21.4 MB"; 0 is "-". */
void cli_table_add_bytes (CliTable *self, guint64 bytes);
/* To stdout, columns one below the other. */
void cli_table_print (const CliTable *self);

G_END_DECLS

#endif /* SSMT_CLI_TABLE_H */
