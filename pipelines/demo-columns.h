/* subtitle-demo: source and translation beside each other
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef DEMO_COLUMNS_H
#define DEMO_COLUMNS_H

#include <glib.h>

G_BEGIN_DECLS

/* Columns of the terminal, or of a page where the output is none. */
guint demo_columns_width (void);
/* "  12 | source | translation", each in its half of `width` columns, over as
 * many lines as the longer one needs. */
void demo_columns_print (
    guint width, const char *number, const char *source, const char *translation);

G_END_DECLS

#endif /* DEMO_COLUMNS_H */
