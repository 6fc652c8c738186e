/* ssmtranslate: files of a model folder
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "engine/files/file.h"

#include <errno.h>
#include <string.h>

#include <glib/gstdio.h>

static gboolean
check_file (const char *path, const char *shown, gsize max, GError **error)
{
  GStatBuf st;

  if (g_stat (path, &st) != 0) {
    int code = errno;
    gboolean missing = code == ENOENT || code == ENOTDIR;

    g_set_error (error, SSMT_ERROR, missing ? SSMT_ERROR_NOT_FOUND : SSMT_ERROR_READ, "%s: %s",
        shown, g_strerror (code));
    return FALSE;
  }
  /* opening a pipe would block, so this is asked before */
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
  return TRUE;
}

GMappedFile *
ssmt_file_map (const char *path, gsize max, GError **error)
{
  g_autofree char *shown = g_filename_display_name (path);
  g_autoptr (GError) why = NULL;
  GMappedFile *file;

  if (!check_file (path, shown, max, error))
    return NULL;

  file = g_mapped_file_new (path, FALSE, &why);
  if (!file)
    g_set_error (error, SSMT_ERROR, SSMT_ERROR_READ, "%s: %s", shown, why->message);
  return file;
}

gboolean
ssmt_file_name_is_plain (const char *name)
{
  return *name && !strpbrk (name, "/\\") && !strstr (name, "..") && strcmp (name, ".") != 0;
}
