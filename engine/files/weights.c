/* ssmtranslate: safetensors: map, check, hand out tensors by name
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A model's tensors are in one file or in several, its shards. The data section
 * of each goes to the device once, by wrap(); a tensor is an offset into it. Only
 * what has to change on the way (widened, or not aligned for its type) gets memory
 * of its own.
 */
#include "engine/files/weights-parts.h"

#include <string.h>

#include "engine/files/file.h"
#include "engine/files/shards.h"

#define FINGERPRINT_CHUNKS 64
#define FINGERPRINT_CHUNK 1024

gboolean
ssmt_weights_fail (const SsmtWeights *self, GError **error, SsmtError code,
    const char *name, const char *format, ...)
{
  const Entry *entry = g_hash_table_lookup (self->entries, name);
  g_autofree char *what = NULL;
  va_list args;

  va_start (args, format);
  what = g_strdup_vprintf (format, args);
  va_end (args);
  g_set_error (error, SSMT_ERROR, code, "%s: tensor \"%s\" %s",
      entry ? entry->shard->path : self->path, name, what);
  return FALSE;
}

/* --- opening ------------------------------------------------------------ */

const SsmtTensorInfo *
ssmt_weights_scaled_tensor (SsmtWeights *self, const char *name)
{
  g_autofree char *base = NULL;
  Entry *entry;

  if (!g_str_has_suffix (name, "_scale"))
    return NULL;
  base = g_strndup (name, strlen (name) - strlen ("_scale"));
  entry = g_hash_table_lookup (self->entries, base);
  return entry && ssmt_weights_is_scaled (entry->info->dtype) ? entry->info : NULL;
}

static gboolean
index_shard (SsmtWeights *self, const Shard *shard, GError **error)
{
  const GArray *tensors = shard->header->tensors;

  for (guint i = 0; i < tensors->len; i++) {
    const SsmtTensorInfo *info = &g_array_index (tensors, SsmtTensorInfo, i);
    Entry *entry = g_hash_table_lookup (self->entries, info->name);

    if (entry)
      return ssmt_weights_fail (self, error, SSMT_ERROR_INVALID, info->name,
          "is also in %s", shard->path);
    entry = g_new0 (Entry, 1);
    entry->shard = shard;
    entry->info = info;
    g_hash_table_insert (self->entries, info->name, entry);
  }
  return TRUE;
}

static void
count_tensors (SsmtWeights *self)
{
  static const SsmtDType order[] = {
    SSMT_DTYPE_Q4, SSMT_DTYPE_I8, SSMT_DTYPE_BF16, SSMT_DTYPE_F16,
    SSMT_DTYPE_F32,
  };
  GString *dtypes = g_string_new (NULL);
  gboolean seen[G_N_ELEMENTS (order)] = { FALSE };
  GHashTableIter iter;
  gpointer value;

  g_hash_table_iter_init (&iter, self->entries);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    seen[((const Entry *) value)->info->dtype] = TRUE;
  for (guint i = 0; i < G_N_ELEMENTS (order); i++)
    if (seen[order[i]])
      g_string_append_printf (dtypes, "%s%s", dtypes->len ? ", " : "",
          ssmt_weights_dtype_name (order[i]));
  self->dtypes = g_string_free (dtypes, FALSE);
}

static gboolean
open_shard (SsmtWeights *self, const char *path, GError **error)
{
  SsmtDevice *device = self->device;
  Shard *shard = g_new0 (Shard, 1);
  const guint8 *file;

  g_ptr_array_add (self->shards, shard);
  shard->path = g_filename_display_name (path);
  shard->file = ssmt_file_map (path, 0, error);
  if (!shard->file)
    return FALSE;
  file = (const guint8 *) g_mapped_file_get_contents (shard->file);
  shard->header = ssmt_safetensors_parse (file,
      g_mapped_file_get_length (shard->file), shard->path, error);
  if (!shard->header || !index_shard (self, shard, error))
    return FALSE;

  shard->data = file + shard->header->data_offset;
  shard->buffer = device->ops->wrap (device, shard->data,
      shard->header->data_size);
  if (!shard->buffer) {
    g_set_error (error, SSMT_ERROR, SSMT_ERROR_MEMORY,
        "%s: has %" G_GSIZE_FORMAT
        " bytes of weights, but the device has no memory left for them",
        shard->path, shard->header->data_size);
    return FALSE;
  }
  return TRUE;
}

static SsmtWeights *
weights_new (const char *path, SsmtDevice *device)
{
  SsmtWeights *self = g_new0 (SsmtWeights, 1);

  self->path = g_filename_display_name (path);
  self->device = device;
  self->copies = g_ptr_array_new ();
  self->shards = g_ptr_array_new ();
  self->entries = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, g_free);
  return self;
}

SsmtWeights *
ssmt_weights_open (const char *path, SsmtDevice *device, GError **error)
{
  g_autoptr (SsmtWeights) self = weights_new (path, device);

  if (!open_shard (self, path, error))
    return NULL;
  count_tensors (self);
  return g_steal_pointer (&self);
}

/* --- several files ------------------------------------------------------ */

/* Each tensor is in the shard that the index names. */
static gboolean
check_index (SsmtWeights *self, JsonObject *map, GError **error)
{
  GHashTableIter iter;
  gpointer name, value;
  g_autoptr (GList) names = json_object_get_members (map);

  for (GList *n = names; n; n = n->next)
    if (!g_hash_table_contains (self->entries, n->data))
      return ssmt_weights_fail (self, error, SSMT_ERROR_INVALID, n->data,
          "is in the index, but not in \"%s\"",
          json_object_get_string_member (map, n->data));
  g_hash_table_iter_init (&iter, self->entries);
  while (g_hash_table_iter_next (&iter, &name, &value)) {
    const Entry *entry = value;

    if (!json_object_has_member (map, name))
      return ssmt_weights_fail (self, error, SSMT_ERROR_INVALID, name,
          "is not in the index %s", self->path);
    g_autofree char *file = g_path_get_basename (entry->shard->path);
    if (strcmp (json_object_get_string_member (map, name), file) != 0)
      return ssmt_weights_fail (self, error, SSMT_ERROR_INVALID, name,
          "should be in \"%s\", says the index",
          json_object_get_string_member (map, name));
  }
  return TRUE;
}

static SsmtWeights *
open_index (const char *folder, const char *path, SsmtDevice *device,
    GError **error)
{
  g_autoptr (SsmtShardIndex) index = ssmt_shard_index_load (path, error);

  if (!index)
    return NULL;
  g_autoptr (SsmtWeights) self = weights_new (path, device);
  for (GList *f = index->files; f; f = f->next) {
    g_autofree char *shard = g_build_filename (folder, f->data, NULL);

    if (!open_shard (self, shard, error)) {
      if (g_error_matches (*error, SSMT_ERROR, SSMT_ERROR_NOT_FOUND))
        g_prefix_error (error, "%s names a missing shard: ", self->path);
      return NULL;
    }
  }
  if (!check_index (self, index->map, error))
    return NULL;
  count_tensors (self);
  return g_steal_pointer (&self);
}

SsmtWeights *
ssmt_weights_open_folder (const char *folder, SsmtDevice *device,
    GError **error)
{
  g_autofree char *path = g_build_filename (folder, "model.safetensors", NULL);
  g_autofree char *index =
      g_build_filename (folder, "model.safetensors.index.json", NULL);

  if (g_file_test (path, G_FILE_TEST_EXISTS))
    return ssmt_weights_open (path, device, error);
  if (g_file_test (index, G_FILE_TEST_EXISTS)) {
    GError *why = NULL;
    SsmtWeights *weights = open_index (folder, index, device, &why);

    if (!weights)
      g_propagate_error (error, why);
    return weights;
  }
  if (ssmt_shards_are_pickled (folder, error))
    return NULL;
  return ssmt_weights_open (path, device, error);
}

static void
free_matrices (SsmtWeights *self)
{
  GHashTableIter iter;
  gpointer value;

  g_hash_table_iter_init (&iter, self->entries);
  while (g_hash_table_iter_next (&iter, NULL, &value)) {
    Entry *entry = value;

    if (entry->matrix)
      self->device->ops->unbind_matrix (self->device, entry->matrix);
    g_free (entry->matrix);
  }
  g_hash_table_unref (self->entries);
}

void
ssmt_weights_free (SsmtWeights *self)
{
  if (!self)
    return;
  free_matrices (self);
  for (guint i = 0; i < self->copies->len; i++)
    self->device->ops->release (self->device, self->copies->pdata[i]);
  g_ptr_array_unref (self->copies);
  for (guint i = 0; i < self->shards->len; i++) {
    Shard *shard = self->shards->pdata[i];

    self->device->ops->release (self->device, shard->buffer);
    ssmt_safetensors_free (shard->header);
    g_clear_pointer (&shard->file, g_mapped_file_unref);
    g_free (shard->path);
    g_free (shard);
  }
  g_ptr_array_unref (self->shards);
  g_free (self->dtypes);
  g_free (self->path);
  g_free (self);
}

/* --- all of them -------------------------------------------------------- */

gboolean
ssmt_weights_has (SsmtWeights *self, const char *name)
{
  return g_hash_table_contains (self->entries, name);
}

void
ssmt_weights_ignore (SsmtWeights *self, const char *name)
{
  Entry *entry = g_hash_table_lookup (self->entries, name);

  if (entry)
    entry->used = entry->ignored = TRUE;
}

void
ssmt_weights_ignore_ending (SsmtWeights *self, const char *ending)
{
  GHashTableIter iter;
  gpointer name, value;

  g_hash_table_iter_init (&iter, self->entries);
  while (g_hash_table_iter_next (&iter, &name, &value))
    if (g_str_has_suffix (name, ending))
      ((Entry *) value)->used = ((Entry *) value)->ignored = TRUE;
}

gboolean
ssmt_weights_are_same (SsmtWeights *self, const char *a, const char *b)
{
  const Entry *x = g_hash_table_lookup (self->entries, a);
  const Entry *y = g_hash_table_lookup (self->entries, b);

  return x && y && x->info->dtype == y->info->dtype
      && x->info->end - x->info->begin == y->info->end - y->info->begin
      && memcmp (x->shard->data + x->info->begin,
      y->shard->data + y->info->begin,
      (gsize) (x->info->end - x->info->begin)) == 0;
}

gboolean
ssmt_weights_check_all_used (SsmtWeights *self, GError **error)
{
  for (guint s = 0; s < self->shards->len; s++) {
    const Shard *shard = self->shards->pdata[s];
    const GArray *tensors = shard->header->tensors;

    for (guint i = 0; i < tensors->len; i++) {
      const char *name = g_array_index (tensors, SsmtTensorInfo, i).name;
      const Entry *entry = g_hash_table_lookup (self->entries, name);

      if (!entry->used)
        return ssmt_weights_fail (self, error, SSMT_ERROR_INVALID, name,
            "is in the file, but config.json has no layer that uses it");
    }
  }
  return TRUE;
}

guint64
ssmt_weights_get_n_parameters (SsmtWeights *self)
{
  guint64 n = 0;
  GHashTableIter iter;
  gpointer value;

  g_hash_table_iter_init (&iter, self->entries);
  while (g_hash_table_iter_next (&iter, NULL, &value)) {
    const Entry *entry = value;
    const SsmtTensorInfo *info = entry->info;

    if (ssmt_weights_scaled_tensor (self, info->name))
      continue;
    if (entry->matrix)
      n += (guint64) entry->matrix->rows * entry->matrix->cols;
    else
      n += info->n_elements * (info->dtype == SSMT_DTYPE_Q4 ? 2 : 1);
  }
  return n;
}

const char *
ssmt_weights_dtype_name (SsmtDType dtype)
{
  return dtype == SSMT_DTYPE_Q4 ? "Q4" : ssmt_safetensors_dtype_name (dtype);
}

guint64
ssmt_weights_get_bytes (SsmtWeights *self)
{
  guint64 bytes = 0;

  for (guint i = 0; i < self->shards->len; i++)
    bytes += ((const Shard *) self->shards->pdata[i])->header->data_size;
  return bytes;
}

const char *
ssmt_weights_get_dtypes (SsmtWeights *self)
{
  return self->dtypes;
}

static void
add_to_fingerprint (const Shard *shard, GChecksum *sum)
{
  gsize size = shard->header->data_size;

  g_checksum_update (sum, shard->data - shard->header->data_offset,
      (gssize) shard->header->data_offset);
  if (size <= FINGERPRINT_CHUNKS * FINGERPRINT_CHUNK) {
    g_checksum_update (sum, shard->data, (gssize) size);
  } else {
    /* evenly spread, from the first to the last byte */
    gsize range = size - FINGERPRINT_CHUNK, n = FINGERPRINT_CHUNKS - 1;

    for (gsize i = 0; i <= n; i++)
      g_checksum_update (sum, shard->data + range / n * i + range % n * i / n,
          FINGERPRINT_CHUNK);
  }
}

void
ssmt_weights_get_fingerprint (SsmtWeights *self, guint8 fingerprint[32])
{
  g_autoptr (GChecksum) sum = g_checksum_new (G_CHECKSUM_SHA256);
  gsize length = 32;

  for (guint i = 0; i < self->shards->len; i++)
    add_to_fingerprint (self->shards->pdata[i], sum);
  g_checksum_get_digest (sum, fingerprint, &length);
}
