/* ssmtranslate: the tensors of safetensors files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <string.h>

#include "engine/files/file.h"
#include "engine/files/safetensors.h"
#include "engine/files/shards.h"
#include "engine/files/tensor-source-parts.h"

static gboolean
add_file (SsmtTensorSource *self, const char *path, GError **error)
{
  g_autofree char *shown = g_filename_display_name (path);
  g_autoptr (GBytes) bytes = ssmt_file_load (path, 0, error);
  g_autoptr (SsmtSafetensors) header = NULL;
  const SsmtTensorBlock *block;
  const guint8 *file;
  gsize length;

  if (!bytes)
    return FALSE;
  file = g_bytes_get_data (bytes, &length);
  header = ssmt_safetensors_parse (file, length, shown, error);
  if (!header)
    return FALSE;
  block = ssmt_tensor_source_add_block (self,
      &(SsmtTensorData){ .path = shown,
          .data = file + header->data_offset,
          .size = header->data_size,
          .header = header->data_offset,
          .owner = g_steal_pointer (&bytes),
          .release = (GDestroyNotify) g_bytes_unref },
      error);
  for (guint i = 0; block && i < header->tensors->len; i++)
    if (!ssmt_tensor_source_add (
            self, block, &g_array_index (header->tensors, SsmtTensor, i), error))
      return FALSE;
  return block != NULL;
}

static SsmtTensorSource *
new_for_path (const char *path, SsmtDevice *device)
{
  g_autofree char *shown = g_filename_display_name (path);

  return ssmt_tensor_source_new (shown, device);
}

SsmtTensorSource *
ssmt_tensor_source_open (const char *path, SsmtDevice *device, GError **error)
{
  g_autoptr (SsmtTensorSource) self = new_for_path (path, device);

  return add_file (self, path, error) ? g_steal_pointer (&self) : NULL;
}

/* --- several files ------------------------------------------------------ */

/* Each tensor is in the shard that the index names. */
static gboolean
check_index (SsmtTensorSource *self, JsonObject *map, GError **error)
{
  g_autoptr (GList) names = json_object_get_members (map);

  for (GList *n = names; n; n = n->next)
    if (!g_hash_table_contains (self->names, n->data))
      return ssmt_tensor_source_fail (self, error, SSMT_ERROR_INVALID, n->data,
          "is in the index, but not in \"%s\"", json_object_get_string_member (map, n->data));
  for (guint i = 0; i < self->tensors->len; i++) {
    const SsmtTensor *tensor = self->tensors->pdata[i];
    const char *name = tensor->name;

    if (!json_object_has_member (map, name))
      return ssmt_tensor_source_fail (
          self, error, SSMT_ERROR_INVALID, name, "is not in the index %s", self->path);
    g_autofree char *file = g_path_get_basename (tensor->block->path);
    if (strcmp (json_object_get_string_member (map, name), file) != 0)
      return ssmt_tensor_source_fail (self, error, SSMT_ERROR_INVALID, name,
          "should be in \"%s\", says the index", json_object_get_string_member (map, name));
  }
  return TRUE;
}

static SsmtTensorSource *
open_index (const char *folder, const char *path, SsmtDevice *device, GError **error)
{
  g_autoptr (SsmtShardIndex) index = ssmt_shard_index_load (path, error);
  g_autoptr (SsmtTensorSource) self = NULL;

  if (!index)
    return NULL;
  self = new_for_path (path, device);
  for (GList *f = index->files; f; f = f->next) {
    g_autofree char *shard = g_build_filename (folder, f->data, NULL);

    if (!add_file (self, shard, error)) {
      if (g_error_matches (*error, SSMT_ERROR, SSMT_ERROR_NOT_FOUND))
        g_prefix_error (error, "%s names a missing shard: ", self->path);
      return NULL;
    }
  }
  return check_index (self, index->map, error) ? g_steal_pointer (&self) : NULL;
}

SsmtTensorSource *
ssmt_tensor_source_open_folder (const char *folder, SsmtDevice *device, GError **error)
{
  g_autofree char *path = g_build_filename (folder, "model.safetensors", NULL);
  g_autofree char *index = g_build_filename (folder, "model.safetensors.index.json", NULL);

  if (g_file_test (path, G_FILE_TEST_EXISTS))
    return ssmt_tensor_source_open (path, device, error);
  if (g_file_test (index, G_FILE_TEST_EXISTS)) {
    GError *why = NULL;
    SsmtTensorSource *source = open_index (folder, index, device, &why);

    if (!source)
      g_propagate_error (error, why);
    return source;
  }
  if (ssmt_shards_are_pickled (folder, error))
    return NULL;
  return ssmt_tensor_source_open (path, device, error);
}
