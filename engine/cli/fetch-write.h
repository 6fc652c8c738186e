/* ssmtranslate: files that are written bit by bit
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef SSMT_CLI_FETCH_WRITE_H
#define SSMT_CLI_FETCH_WRITE_H

#include <gio/gio.h>

G_BEGIN_DECLS

/* A file to write to, emptied first or, with `append`, not; -1 with *error set. A full disk is
 * %G_IO_ERROR_NO_SPACE, here and below, whatever the system calls it. */
int fetch_write_open (const char *path, gboolean append, GError **error);
gboolean fetch_write (int fd, const char *path, const void *data, gsize length, GError **error);
/* Closes it in any case. With `keep` its bytes are on the disk then. */
gboolean fetch_write_close (int fd, const char *path, gboolean keep, GError **error);

gboolean fetch_rename (const char *from, const char *to, GError **error);

G_END_DECLS

#endif /* SSMT_CLI_FETCH_WRITE_H */
