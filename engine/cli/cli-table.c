/* ssmtranslate: a table for people
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "engine/cli/cli-table.h"

#include <stdio.h>

void
cli_table_init (CliTable *self, guint n_columns)
{
  self->n_columns = n_columns;
  self->cells = g_ptr_array_new_with_free_func (g_free);
}

void
cli_table_clear (CliTable *self)
{
  g_clear_pointer (&self->cells, g_ptr_array_unref);
}

void
cli_table_add (CliTable *self, const char *cell)
{
  g_autofree char *valid = g_utf8_make_valid (cell ? cell : "-", -1);
  GString *plain = g_string_new (NULL);

  for (const char *c = valid; *c; c = g_utf8_next_char (c)) {
    gunichar letter = g_utf8_get_char (c);

    g_string_append_unichar (plain, g_unichar_isprint (letter) ? letter : '?');
  }
  g_ptr_array_add (self->cells, g_string_free (plain, FALSE));
}

void
cli_table_add_bytes (CliTable *self, guint64 bytes)
{
  g_autofree char *text = g_strdup_printf ("%.1f MB", (double) bytes / 1e6);

  cli_table_add (self, bytes ? text : NULL);
}

void
cli_table_print (const CliTable *self)
{
  g_autofree glong *widths = g_new0 (glong, self->n_columns);

  for (guint i = 0; i < self->cells->len; i++) {
    glong width = g_utf8_strlen (self->cells->pdata[i], -1);

    widths[i % self->n_columns] = MAX (widths[i % self->n_columns], width);
  }
  for (guint i = 0; i < self->cells->len; i++) {
    const char *cell = self->cells->pdata[i];
    gboolean last = i % self->n_columns == self->n_columns - 1;
    glong gap = widths[i % self->n_columns] - g_utf8_strlen (cell, -1) + 2;

    printf ("%s%*s", cell, last ? 0 : (int) gap, "");
    if (last)
      putchar ('\n');
  }
}
