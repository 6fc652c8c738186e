/* ssmtranslate: weights in several files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "engine/files/shards.h"

#include <string.h>

#include "engine/files/file.h"
#include "engine/files/hash.h"
#include "engine/files/json.h"

#define MAX_INDEX (16 * 1024 * 1024)

static gboolean
list_files (SsmtShardIndex *self, GError **error)
{
  g_autoptr (GHashTable) files = g_hash_table_new (ssmt_str_hash, g_str_equal);
  g_autoptr (GList) names = json_object_get_members (self->map);
  g_autofree char *where = g_strdup_printf ("%s: weight_map", self->path);
  SsmtJson section = { self->map, where };

  for (GList *n = names; n; n = n->next) {
    const char *file;

    if (!ssmt_json_get_string (&section, n->data, &file, error))
      return FALSE;
    if (!ssmt_file_name_is_plain (file))
      return ssmt_json_wanted (&section, n->data, SSMT_FILE_NAME_WANTED, error);
    g_hash_table_add (files, (gpointer) file);
  }
  if (!names)
    return ssmt_json_fail (error, SSMT_ERROR_INVALID, where, "names no tensor");
  self->files = g_list_sort (g_hash_table_get_keys (files), (GCompareFunc) strcmp);
  return TRUE;
}

SsmtShardIndex *
ssmt_shard_index_parse (const char *text, gsize length, const char *shown, GError **error)
{
  g_autoptr (SsmtShardIndex) self = g_new0 (SsmtShardIndex, 1);
  SsmtJson index = { NULL, shown };

  self->path = g_strdup (shown);
  self->parser = json_parser_new ();
  index.object = ssmt_json_parse (self->parser, text, length, shown, error);
  if (!index.object || !ssmt_json_get_object (&index, "weight_map", &self->map, error)
      || !list_files (self, error))
    return NULL;
  return g_steal_pointer (&self);
}

SsmtShardIndex *
ssmt_shard_index_load (const char *path, GError **error)
{
  g_autofree char *shown = g_filename_display_name (path);
  g_autoptr (GBytes) file = ssmt_file_load (path, MAX_INDEX, error);
  const char *text;
  gsize length;

  if (!file)
    return NULL;
  text = ssmt_file_get_text (file, &length);
  return ssmt_shard_index_parse (text, length, shown, error);
}

void
ssmt_shard_index_free (SsmtShardIndex *self)
{
  if (!self)
    return;
  g_list_free (self->files);
  g_clear_object (&self->parser);
  g_free (self->path);
  g_free (self);
}

gboolean
ssmt_shards_are_pickled (const char *folder, GError **error)
{
  static const char *const pickled[] = { "pytorch_model.bin", "pytorch_model.bin.index.json",
    NULL };

  for (guint i = 0; pickled[i]; i++) {
    g_autofree char *other = g_build_filename (folder, pickled[i], NULL);

    if (g_file_test (other, G_FILE_TEST_EXISTS)) {
      g_autofree char *shown = g_filename_display_name (other);

      g_set_error (error, SSMT_ERROR, SSMT_ERROR_UNSUPPORTED,
          "%s: pickled weights are not read, since they can run code; convert "
          "them to model.safetensors, as docs/models.md says",
          shown);
      return TRUE;
    }
  }
  return FALSE;
}
