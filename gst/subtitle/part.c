/* ssm-subtitle: a file that is being written
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "part.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include <glib/gstdio.h>

#define PART ".part"
/* What a film's picture is drawn into has that behind the name of the part. */
#define PICTURES ".pictures"
/* How often a lock of others is looked at, us. */
#define POLL 50000

struct _SubPart {
  char *path, *name;
  int fd;            /* has the lock */
  gboolean has_name; /* the file has it, and nobody else's has */
};

static gboolean
set_error (GError **error, const char *path)
{
  int status = errno;

  g_set_error (error, G_FILE_ERROR, g_file_error_from_errno (status), "cannot write %s: %s", path,
      g_strerror (status));
  return FALSE;
}

typedef enum {
  IS_OURS,
  IS_OF_OTHERS,
  IS_UNKNOWN, /* no locks on this file system */
} Lock;

static Lock
lock (int fd)
{
  if (flock (fd, LOCK_EX | LOCK_NB) == 0)
    return IS_OURS;
  return errno == EWOULDBLOCK || errno == EINTR ? IS_OF_OTHERS : IS_UNKNOWN;
}

/* Whether the name is still that of the file: who had the lock before may have put it in place. One that was put and has its
 * old name, too, is never written again. */
static gboolean
is_ours (int fd, const char *name)
{
  GStatBuf by_name;
  struct stat opened;

  if (fstat (fd, &opened) != 0 || g_lstat (name, &by_name) != 0)
    return FALSE;
  if (opened.st_dev != by_name.st_dev || opened.st_ino != by_name.st_ino)
    return FALSE;
  if (opened.st_nlink == 1)
    return TRUE;
  g_unlink (name);
  return FALSE;
}

/* Where nobody can be kept out, by a name that nobody else has. */
static gboolean
open_unlocked (SubPart *self)
{
  static gint number; /* atomic */

  close (self->fd);
  g_free (self->name);
  self->name = g_strdup_printf ("%s.%s-%d-%d" PART, self->path, g_get_host_name (), (int) getpid (),
      g_atomic_int_add (&number, 1));
  self->fd = g_open (self->name, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0666);
  return self->fd >= 0;
}

static gboolean
open_locked (SubPart *self, GCancellable *cancellable, GError **error)
{
  for (;;) {
    Lock state;

    self->fd = g_open (self->name, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0666);
    if (self->fd < 0)
      return set_error (error, self->path);
    while ((state = lock (self->fd)) == IS_OF_OTHERS) {
      if (g_cancellable_set_error_if_cancelled (cancellable, error))
        return FALSE;
      g_usleep (POLL);
    }
    if (state == IS_UNKNOWN)
      return open_unlocked (self) || set_error (error, self->path);
    if (is_ours (self->fd, self->name))
      return ftruncate (self->fd, 0) == 0 || set_error (error, self->path);
    close (self->fd);
  }
}

static gboolean
make_folder (const char *path, GError **error)
{
  g_autofree char *folder = g_path_get_dirname (path);
  int status;

  if (g_mkdir_with_parents (folder, 0777) == 0)
    return TRUE;
  status = errno;
  g_set_error (error, G_FILE_ERROR, g_file_error_from_errno (status),
      "the folder %s cannot be made: %s", folder, g_strerror (status));
  return FALSE;
}

SubPart *
sub_part_new (const char *path, GCancellable *cancellable, GError **error)
{
  g_autoptr (SubPart) self = g_new0 (SubPart, 1);

  self->path = g_strdup (path);
  self->name = g_strconcat (path, PART, NULL);
  self->fd = -1;
  if (!make_folder (path, error))
    return NULL;
  self->has_name = open_locked (self, cancellable, error);
  return self->has_name ? g_steal_pointer (&self) : NULL;
}

/* The name goes before the lock. */
void
sub_part_free (SubPart *self)
{
  if (self->has_name)
    g_unlink (self->name);
  if (self->fd >= 0)
    close (self->fd);
  g_free (self->path);
  g_free (self->name);
  g_free (self);
}

const char *
sub_part_get_name (const SubPart *self)
{
  return self->name;
}

gboolean
sub_part_write (SubPart *self, const char *text, gsize length, GError **error)
{
  while (length > 0) {
    ssize_t n = write (self->fd, text, length);

    if (n < 0 && errno != EINTR)
      return set_error (error, self->path);
    if (n > 0) {
      text += n;
      length -= n;
    }
  }
  return TRUE;
}

gboolean
sub_part_put (SubPart *self, gboolean force, GError **error)
{
  gboolean is_linked = FALSE, is_renamed = FALSE;

  if (fsync (self->fd) != 0)
    return set_error (error, self->path);
  if (!force)
    is_linked = link (self->name, self->path) == 0;
  /* not all file systems have links */
  if (!is_linked && (force || errno != EEXIST))
    is_renamed = g_rename (self->name, self->path) == 0;
  /* who waited may have made a part by now */
  self->has_name = !is_renamed;
  return is_linked || is_renamed || set_error (error, self->path);
}

void
sub_part_clean (const char *path)
{
  g_autofree char *name = g_strconcat (path, PART, NULL);
  g_autofree char *pictures = g_strconcat (name, PICTURES, NULL);
  int fd = g_open (name, O_RDWR | O_CLOEXEC | O_NOFOLLOW, 0);

  if (fd < 0)
    return;
  if (lock (fd) == IS_OURS && is_ours (fd, name)) {
    g_unlink (pictures);
    g_unlink (name);
  }
  close (fd);
}
