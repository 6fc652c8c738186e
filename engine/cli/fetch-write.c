/* ssmtranslate: files that are written bit by bit
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "engine/cli/fetch-write.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

/* FALSE, for what errno says. */
static gboolean
fail (const char *path, int code, GError **error)
{
  g_autofree char *shown = g_filename_display_name (path);

  if (code == ENOSPC || code == EDQUOT || code == EFBIG)
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_NO_SPACE,
        "%s: cannot be written, the disk is full (%s)", shown, g_strerror (code));
  else
    g_set_error (error, G_IO_ERROR, g_io_error_from_errno (code), "%s: cannot be written: %s",
        shown, g_strerror (code));
  return FALSE;
}

int
fetch_write_open (const char *path, gboolean append, GError **error)
{
  int fd = open (path, O_WRONLY | O_CREAT | O_CLOEXEC | (append ? O_APPEND : O_TRUNC), 0666);

  if (fd < 0)
    fail (path, errno, error);
  return fd;
}

gboolean
fetch_write (int fd, const char *path, const void *data, gsize length, GError **error)
{
  const guint8 *at = data;

  while (length > 0) {
    ssize_t n = write (fd, at, length);

    if (n < 0 && errno == EINTR)
      continue;
    if (n < 0)
      return fail (path, errno, error);
    at += n;
    length -= (gsize) n;
  }
  return TRUE;
}

gboolean
fetch_write_close (int fd, const char *path, gboolean keep, GError **error)
{
  int code = keep && fsync (fd) != 0 ? errno : 0;

  /* a full disk may show only here */
  if (close (fd) != 0 && code == 0 && keep)
    code = errno;
  return code == 0 || fail (path, code, error);
}

gboolean
fetch_rename (const char *from, const char *to, GError **error)
{
  return rename (from, to) == 0 || fail (to, errno, error);
}
