/* ssmt convert: the new folder appears whole or not at all
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "engine/cli/convert.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include <glib/gstdio.h>

#include "engine/cli/cli.h"
#include "engine/files/file.h"
#include "engine/files/folder.h"

static gboolean
fail (const char *path, const char *what, int code, GError **error)
{
  g_autofree char *shown = g_filename_display_name (path);

  g_set_error (error, G_FILE_ERROR, g_file_error_from_errno (code), "%s: %s: %s", shown, what,
      g_strerror (code));
  return FALSE;
}

gboolean
convert_folder_check (const char *output, GError **error)
{
  g_autoptr (GDir) dir = NULL;
  g_autofree char *shown = g_filename_display_name (output);

  if (!g_file_test (output, G_FILE_TEST_EXISTS) && !g_file_test (output, G_FILE_TEST_IS_SYMLINK))
    return TRUE;
  if (!g_file_test (output, G_FILE_TEST_IS_DIR) || g_file_test (output, G_FILE_TEST_IS_SYMLINK)) {
    g_set_error (error, G_FILE_ERROR, G_FILE_ERROR_EXIST,
        "%s: is there and no folder; name a new one", shown);
    return FALSE;
  }
  dir = g_dir_open (output, 0, error);
  if (!dir)
    return FALSE;
  if (g_dir_read_name (dir) == NULL)
    return TRUE;
  g_set_error (error, G_FILE_ERROR, G_FILE_ERROR_EXIST,
      "%s: has files in it, which are not overwritten; name a new or an empty "
      "folder",
      shown);
  return FALSE;
}

/* --- files ---------------------------------------------------------------- */

static gboolean
is_weights (const char *name)
{
  static const char *const ends[] = { ".safetensors", ".safetensors.index.json", ".bin",
    ".bin.index.json", ".pt", ".pth", ".gguf" };

  for (gsize i = 0; i < G_N_ELEMENTS (ends); i++)
    if (g_str_has_suffix (name, ends[i]))
      return TRUE;
  return FALSE;
}

static gboolean
write_file (const char *path, const char *content, gsize length, GError **error)
{
  return g_file_set_contents_full (path, content, length,
      G_FILE_SET_CONTENTS_CONSISTENT | G_FILE_SET_CONTENTS_DURABLE, 0666, error);
}

static gboolean
copy_file (const char *from, const char *to, GError **error)
{
  g_autoptr (GBytes) bytes = ssmt_file_load (from, 0, error);
  const char *content;
  gsize length;

  if (!bytes)
    return FALSE;
  content = ssmt_file_get_text (bytes, &length);
  return write_file (to, content, length, error);
}

/* Without it the new folder would be no model. */
static gboolean
is_needed (const char *name)
{
  static const char *const endings[] = { ".json", ".spm", ".model", ".yml" };

  for (gsize i = 0; i < G_N_ELEMENTS (endings); i++)
    if (g_str_has_suffix (name, endings[i]))
      return TRUE;
  return FALSE;
}

static gboolean
copy_files (const char *input, const char *folder, char **only, GError **error)
{
  g_autoptr (GDir) dir = g_dir_open (input, 0, error);
  const char *name;

  if (!dir)
    return FALSE;
  while ((name = g_dir_read_name (dir))) {
    g_autofree char *from = g_build_filename (input, name, NULL);
    g_autofree char *to = g_build_filename (folder, name, NULL);

    if (only ? !g_strv_contains ((const char *const *) only, name)
             : name[0] == '.' || is_weights (name))
      continue;
    if (ssmt_folder_leads_out (input, name)) {
      if (is_needed (name)) {
        g_set_error (error, G_IO_ERROR, G_IO_ERROR_FAILED,
            "%s: is a link out of the folder: put the file itself there", from);
        return FALSE;
      }
      cli_message ("%s: is a link out of the folder, and is not copied", from);
      continue;
    }
    if (g_file_test (from, G_FILE_TEST_IS_REGULAR) && !copy_file (from, to, error))
      return FALSE;
  }
  return TRUE;
}

static gboolean
extend_card (const char *folder, const char *line, GError **error)
{
  g_autofree char *path = g_build_filename (folder, "README.md", NULL);
  g_autofree char *old = NULL, *card = NULL;
  gsize length;

  if (g_file_test (path, G_FILE_TEST_EXISTS) && !g_file_get_contents (path, &old, &length, error))
    return FALSE;
  card = g_strconcat (old ? old : "",
      !old || !*old                      ? ""
          : g_str_has_suffix (old, "\n") ? "\n"
                                         : "\n\n",
      line, "\n", NULL);
  return write_file (path, card, strlen (card), error);
}

/* --- the folder ----------------------------------------------------------- */

static char *
without_slashes (const char *path)
{
  char *name = g_strdup (path);

  for (gsize n = strlen (name); n > 1 && name[n - 1] == '/'; n--)
    name[n - 1] = '\0';
  return name;
}

char *
convert_folder_begin (
    const char *input, const char *output, char **only, const char *card_line, GError **error)
{
  g_autofree char *name = without_slashes (output);
  g_autofree char *folder = g_strconcat (name, ".XXXXXX", NULL);

  if (!g_mkdtemp_full (folder, 0777)) {
    fail (output, "cannot be made", errno, error);
    return NULL;
  }
  if (copy_files (input, folder, only, error) && extend_card (folder, card_line, error))
    return g_steal_pointer (&folder);
  convert_folder_remove (folder);
  return NULL;
}

gboolean
convert_folder_add (const char *folder, const char *name, const char *content, GError **error)
{
  g_autofree char *path = g_build_filename (folder, name, NULL);

  return write_file (path, content, strlen (content), error);
}

static gboolean
sync_folder (const char *path, GError **error)
{
  int fd = g_open (path, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
  gboolean good = fd >= 0 && fsync (fd) == 0;

  /* some file systems have nothing to sync for a folder */
  if (!good && errno != EINVAL)
    fail (path, "cannot be written", errno, error);
  else
    good = TRUE;
  if (fd >= 0)
    close (fd);
  return good;
}

gboolean
convert_folder_finish (const char *folder, const char *output, GError **error)
{
  g_autofree char *name = without_slashes (output);
  g_autofree char *parent = g_path_get_dirname (name);

  if (!sync_folder (folder, error))
    return FALSE;
  /* takes the place of an empty folder, and of no other */
  if (g_rename (folder, name) != 0)
    return fail (output, "cannot be made", errno, error);
  return sync_folder (parent, error);
}

void
convert_folder_remove (const char *folder)
{
  g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);
  const char *name;

  while (dir && (name = g_dir_read_name (dir))) {
    g_autofree char *path = g_build_filename (folder, name, NULL);

    g_unlink (path);
  }
  g_rmdir (folder);
}
