/* ssmtranslate: files of a model folder
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "engine/files/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define ALIGNMENT 64 /* a line of the CPU's caches: what matrices like */
#define HUGE_PAGE ((gsize) 2 << 20)

static gboolean
fail_read (const char *shown, int code, GError **error)
{
  g_set_error (error, SSMT_ERROR, SSMT_ERROR_READ, "%s: %s", shown, g_strerror (code));
  return FALSE;
}

static gboolean
check_file (int fd, const char *shown, gsize max, gsize *length, GError **error)
{
  struct stat st;

  if (fstat (fd, &st) != 0)
    return fail_read (shown, errno, error);
  if (!S_ISREG (st.st_mode)) {
    g_set_error (error, SSMT_ERROR, SSMT_ERROR_READ, "%s: is %s, expected a regular file", shown,
        S_ISDIR (st.st_mode) ? "a folder" : "no file of bytes");
    return FALSE;
  }
  if (max && (guint64) st.st_size > max) {
    g_set_error (error, SSMT_ERROR, SSMT_ERROR_INVALID,
        "%s: has %" G_GUINT64_FORMAT " bytes, expected at most %" G_GSIZE_FORMAT, shown,
        (guint64) st.st_size, max);
    return FALSE;
  }
  *length = (gsize) st.st_size;
  return TRUE;
}

static gboolean
read_all (int fd, guint8 *to, gsize length, const char *shown, GError **error)
{
  for (gsize done = 0; done < length;) {
    ssize_t n = read (fd, to + done, length - done);

    if (n < 0 && errno == EINTR)
      continue;
    if (n < 0)
      return fail_read (shown, errno, error);
    if (n == 0) {
      g_set_error (
          error, SSMT_ERROR, SSMT_ERROR_READ, "%s: became shorter while it was read", shown);
      return FALSE;
    }
    done += (gsize) n;
  }
  return TRUE;
}

/* Weights are read from end to end for each token: in small pages that is slower than in a mapped file. */
static guint8 *
allocate (gsize length)
{
  gsize alignment = length >= HUGE_PAGE ? HUGE_PAGE : ALIGNMENT;
  gsize bytes = (length / alignment + 1) * alignment;
  guint8 *content = aligned_alloc (alignment, bytes);

#ifdef MADV_HUGEPAGE
  if (content != NULL && alignment == HUGE_PAGE)
    madvise (content, bytes, MADV_HUGEPAGE);
#endif
  return content;
}

static GBytes *
read_bytes (int fd, gsize length, const char *shown, GError **error)
{
  guint8 *content = allocate (length);

  if (content == NULL) {
    g_set_error (error, SSMT_ERROR, SSMT_ERROR_MEMORY, "%s: no memory left", shown);
    return NULL;
  }
  if (read_all (fd, content, length, shown, error))
    return g_bytes_new_with_free_func (content, length, free, content);
  free (content);
  return NULL;
}

static GBytes *
map_bytes (int fd, const char *shown, GError **error)
{
  g_autoptr (GError) why = NULL;
  g_autoptr (GMappedFile) file = g_mapped_file_new_from_fd (fd, FALSE, &why);

  if (file == NULL)
    g_set_error (error, SSMT_ERROR, SSMT_ERROR_READ, "%s: %s", shown, why->message);
  return file != NULL ? g_mapped_file_get_bytes (file) : NULL;
}

GBytes *
ssmt_file_load (const char *path, gsize max, GError **error)
{
  g_autofree char *shown = g_filename_display_name (path);
  /* a pipe would block */
  int fd = open (path, O_RDONLY | O_CLOEXEC | O_NONBLOCK), code = errno;
  GBytes *bytes = NULL;
  gsize length;

  if (fd < 0) {
    gboolean missing = code == ENOENT || code == ENOTDIR;

    g_set_error (error, SSMT_ERROR, missing ? SSMT_ERROR_NOT_FOUND : SSMT_ERROR_READ, "%s: %s",
        shown, g_strerror (code));
    return NULL;
  }
  if (check_file (fd, shown, max, &length, error))
    bytes = length <= SSMT_FILE_MAX_READ ? read_bytes (fd, length, shown, error)
                                         : map_bytes (fd, shown, error);
  close (fd);
  return bytes;
}

const char *
ssmt_file_get_text (GBytes *bytes, gsize *length)
{
  const char *text = g_bytes_get_data (bytes, length);

  return text != NULL ? text : "";
}

gboolean
ssmt_file_name_is_plain (const char *name)
{
  return *name && !strpbrk (name, "/\\") && !strstr (name, "..") && strcmp (name, ".") != 0;
}
