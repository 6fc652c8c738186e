/* ssmtranslate: text of strangers where people read it (internal)
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef SSMT_PRINTABLE_H
#define SSMT_PRINTABLE_H

#include <glib.h>

G_BEGIN_DECLS

/* The text without what a terminal takes for commands or writes in another direction: control codes but
 * tab and line feed, marks of direction, bytes that are no UTF-8 stand as \x1b, \u202e. */
char *ssmt_dup_printable (const char *text);
/* The same of the message; NULL and no error are allowed. */
void ssmt_error_make_printable (GError **error);

G_END_DECLS

#endif /* SSMT_PRINTABLE_H */
