/* ssmtranslate: what stands in a model folder beside weights
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "engine/files/folder.h"

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
list_names (const char *folder)
{
  GPtrArray *names = g_ptr_array_new_with_free_func (g_free);
  GDir *dir = g_dir_open (folder, 0, NULL);
  const char *name;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL) {
    if (says_something (name))
      g_ptr_array_add (names, g_strdup (name));
  }
  g_clear_pointer (&dir, g_dir_close);
  g_ptr_array_sort (names, compare_names);
  return names;
}

void
ssmt_folder_digest (const char *folder, GChecksum *sum)
{
  g_autoptr (GPtrArray) names = list_names (folder);

  for (guint i = 0; i < names->len; i++) {
    const char *name = names->pdata[i];
    g_autofree char *path = g_build_filename (folder, name, NULL);
    g_autoptr (GBytes) bytes = ssmt_file_load (path, MAX_BYTES, NULL);
    guint64 length;

    if (bytes == NULL)
      continue;
    length = GUINT64_TO_LE (g_bytes_get_size (bytes));
    g_checksum_update (sum, (const guchar *) name, (gssize) strlen (name) + 1);
    g_checksum_update (sum, (const guchar *) &length, sizeof length);
    g_checksum_update (sum, g_bytes_get_data (bytes, NULL), (gssize) g_bytes_get_size (bytes));
  }
}

gboolean
ssmt_folder_leads_out (const char *folder, const char *name)
{
  g_autofree char *path = g_build_filename (folder, name, NULL);
  g_autofree char *target = NULL;
  const char *rest;

  if (!g_file_test (path, G_FILE_TEST_IS_SYMLINK))
    return FALSE;
  target = g_file_read_link (path, NULL);
  if (target == NULL)
    return TRUE;
  rest = g_str_has_prefix (target, BLOBS) ? target + strlen (BLOBS) : target;
  return !ssmt_file_name_is_plain (rest);
}
