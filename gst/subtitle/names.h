/* ssm-subtitle: names of files, a line each, as they come
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef SUB_NAMES_H
#define SUB_NAMES_H

#include <gio/gio.h>

G_BEGIN_DECLS

typedef struct _SubNames SubNames;

/* "-": standard input. */
SubNames *sub_names_open (const char *path, GError **error);
void sub_names_free (SubNames *self);

/* Waits for the next name; any thread. NULL: there is none any more, the wait was cancelled, or it cannot be read. */
char *sub_names_next (SubNames *self, GCancellable *cancellable);
/* FALSE: they could not be read to the end. */
gboolean sub_names_check (const SubNames *self, GError **error);

G_END_DECLS

#endif /* SUB_NAMES_H */
