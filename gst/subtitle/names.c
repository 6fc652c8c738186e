/* ssm-subtitle: names of files, a line each, as they come
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "names.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include <glib/gstdio.h>

/* Longer than any path may be. */
#define MAX_NAME (64 << 10)

struct _SubNames {
  char *path;
  int fd;
  GMutex lock;
  /* under the lock */
  GString *rest; /* has been read, from the start of a line */
  gboolean has_ended;
  GError *error;
};

SubNames *
sub_names_open (const char *path, GError **error)
{
  gboolean is_stdin = strcmp (path, "-") == 0;
  int fd = is_stdin ? STDIN_FILENO : g_open (path, O_RDONLY | O_CLOEXEC, 0);
  SubNames *self;

  if (fd < 0) {
    int status = errno;

    g_set_error (error, G_FILE_ERROR, g_file_error_from_errno (status),
        "the list of names %s cannot be read: %s", path, g_strerror (status));
    return NULL;
  }
  self = g_new0 (SubNames, 1);
  self->path = g_strdup (is_stdin ? "standard input" : path);
  self->fd = fd;
  self->rest = g_string_new (NULL);
  g_mutex_init (&self->lock);
  return self;
}

void
sub_names_free (SubNames *self)
{
  if (self->fd != STDIN_FILENO)
    close (self->fd);
  g_mutex_clear (&self->lock);
  g_string_free (self->rest, TRUE);
  g_clear_error (&self->error);
  g_free (self->path);
  g_free (self);
}

/* A line that is there, without its end; NULL: not yet. */
static char *
take_line (SubNames *self)
{
  const char *end = memchr (self->rest->str, '\n', self->rest->len);
  gsize length = end ? (gsize) (end - self->rest->str) : self->rest->len;
  char *line;

  if (!end && (!self->has_ended || length == 0))
    return NULL;
  line = g_strndup (self->rest->str, length);
  g_string_erase (self->rest, 0, (gssize) (end ? length + 1 : length));
  return line;
}

/* FALSE: cancelled. */
static gboolean
wait_for_input (SubNames *self, GCancellable *cancellable)
{
  GPollFD cancelled;
  struct pollfd fds[2] = { { .fd = self->fd, .events = POLLIN }, { .fd = -1, .events = POLLIN } };
  gboolean has_fd = cancellable && g_cancellable_make_pollfd (cancellable, &cancelled);

  if (has_fd)
    fds[1].fd = cancelled.fd;
  while (poll (fds, G_N_ELEMENTS (fds), -1) < 0 && errno == EINTR)
    ;
  if (has_fd)
    g_cancellable_release_fd (cancellable);
  return !g_cancellable_is_cancelled (cancellable);
}

static void
read_more (SubNames *self)
{
  char buffer[4096];
  ssize_t n = read (self->fd, buffer, sizeof buffer);
  int status = errno;

  if (n > 0 && self->rest->len + n <= MAX_NAME) {
    g_string_append_len (self->rest, buffer, n);
  } else if (n > 0) {
    g_set_error (&self->error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
        "%s is no list of names, a line each: a line is longer than %d bytes", self->path,
        MAX_NAME);
  } else if (n < 0 && status != EINTR && status != EAGAIN) {
    g_set_error (&self->error, G_FILE_ERROR, g_file_error_from_errno (status),
        "the list of names %s cannot be read: %s", self->path, g_strerror (status));
  } else if (n == 0) {
    self->has_ended = TRUE;
  }
}

char *
sub_names_next (SubNames *self, GCancellable *cancellable)
{
  char *name = NULL;

  g_mutex_lock (&self->lock);
  while (!g_cancellable_is_cancelled (cancellable) && !self->error) {
    name = take_line (self);
    if (name && *name)
      break;
    if (!name && self->has_ended)
      break;
    if (!name && wait_for_input (self, cancellable))
      read_more (self);
    g_clear_pointer (&name, g_free);
  }
  g_mutex_unlock (&self->lock);
  return name;
}

gboolean
sub_names_check (const SubNames *self, GError **error)
{
  if (self->error)
    g_propagate_error (error, g_error_copy (self->error));
  return self->error == NULL;
}
