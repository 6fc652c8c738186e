/* ssmtranslate: what stands in a model folder beside weights
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "engine/files/folder.h"

#include <stdlib.h>
#include <string.h>

#include "engine/files/file.h"

#define MAX_BYTES ((gsize) 256 << 20)
#define BLOBS "../../blobs/" /* of snapshots/REVISION/NAME */

static gboolean
says_something (const char *name)
{
  static const char *const endings[] = { ".json", ".yml", ".yaml", ".spm", ".model" };
  gsize length = ssmt_file_plain_length (name);

  for (guint i = 0; i < G_N_ELEMENTS (endings); i++) {
    gsize n = strlen (endings[i]);

    if (length > n && memcmp (name + length - n, endings[i], n) == 0)
      return TRUE;
  }
  return FALSE;
}

static int
compare_names (gconstpointer a, gconstpointer b)
{
  return strcmp (*(const char *const *) a, *(const char *const *) b);
}

static GPtrArray *
list_names (const char *folder, GError **error)
{
  g_autoptr (GError) why = NULL;
  g_autoptr (GDir) dir = g_dir_open (folder, 0, &why);
  GPtrArray *names;
  const char *name;

  if (dir == NULL) {
    g_set_error_literal (error, SSMT_ERROR, SSMT_ERROR_READ, why->message);
    return NULL;
  }
  names = g_ptr_array_new_with_free_func (g_free);
  while ((name = g_dir_read_name (dir)) != NULL) {
    if (says_something (name))
      g_ptr_array_add (names, g_strdup (name));
  }
  g_ptr_array_sort (names, compare_names);
  return names;
}

static gboolean
add_file (const char *folder, const char *name, GChecksum *sum, GError **error)
{
  g_autofree char *path = g_build_filename (folder, name, NULL);
  g_autoptr (GBytes) bytes = NULL;
  g_autoptr (GError) why = NULL;
  guint64 length;

  if (!g_file_test (path, G_FILE_TEST_IS_REGULAR))
    return TRUE;
  bytes = ssmt_file_load (path, MAX_BYTES, &why);
  g_checksum_update (sum, (const guchar *) name, (gssize) strlen (name) + 1);
  if (g_error_matches (why, SSMT_ERROR, SSMT_ERROR_INVALID))
    return TRUE;
  if (bytes == NULL) {
    g_propagate_error (error, g_steal_pointer (&why));
    return FALSE;
  }
  length = GUINT64_TO_LE (g_bytes_get_size (bytes));
  g_checksum_update (sum, (const guchar *) &length, sizeof length);
  g_checksum_update (sum, g_bytes_get_data (bytes, NULL), (gssize) g_bytes_get_size (bytes));
  return TRUE;
}

gboolean
ssmt_folder_digest (const char *folder, GChecksum *sum, GError **error)
{
  g_autoptr (GPtrArray) names = list_names (folder, error);

  for (guint i = 0; names != NULL && i < names->len; i++) {
    if (!add_file (folder, names->pdata[i], sum, error))
      return FALSE;
  }
  return names != NULL;
}

/* Where all links lead; NULL: nowhere. */
static char *
dup_real (const char *path)
{
  char *real = realpath (path, NULL), *copy = g_strdup (real);

  free (real);
  return copy;
}

static gboolean
is_folder (const char *folder, const char *real)
{
  g_autofree char *itself = dup_real (folder);

  return g_strcmp0 (itself, real) == 0;
}

gboolean
ssmt_folder_leads_out (const char *folder, const char *name)
{
  g_autofree char *path = g_build_filename (folder, name, NULL);
  g_autofree char *blobs = g_build_filename (folder, BLOBS, NULL);
  g_autofree char *target = NULL, *holder = NULL;

  if (!g_file_test (path, G_FILE_TEST_IS_SYMLINK))
    return FALSE;
  target = dup_real (path);
  if (target == NULL)
    return TRUE;
  holder = g_path_get_dirname (target);
  return !is_folder (folder, holder) && !is_folder (blobs, holder);
}
