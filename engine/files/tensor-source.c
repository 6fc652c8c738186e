/* ssmtranslate: where the tensors of a network come from
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "engine/files/tensor-source-parts.h"

#include <string.h>

#include "engine/files/hash.h"
#include "engine/files/safetensors.h"

#define FINGERPRINT_CHUNKS 64
#define FINGERPRINT_CHUNK 1024

gboolean
ssmt_tensor_source_fail (const SsmtTensorSource *self, GError **error, SsmtError code,
    const char *name, const char *format, ...)
{
  const SsmtTensor *tensor = g_hash_table_lookup (self->names, name);
  gboolean renamed = tensor && !g_str_equal (tensor->name, name);
  g_autofree char *in_file = renamed ? g_strdup_printf (" (\"%s\" there)", tensor->name) : NULL;
  g_autofree char *what = NULL;
  va_list args;

  va_start (args, format);
  what = g_strdup_vprintf (format, args);
  va_end (args);
  g_set_error (error, SSMT_ERROR, code, "%s: tensor \"%s\"%s %s",
      tensor ? tensor->block->path : self->path, name, in_file ? in_file : "", what);
  return FALSE;
}

/* --- filling ------------------------------------------------------------ */

static void
tensor_free (gpointer data)
{
  SsmtTensor *tensor = data;

  g_free (tensor->matrix);
  g_free (tensor->name);
  g_free (tensor);
}

SsmtTensorSource *
ssmt_tensor_source_new (const char *path, SsmtDevice *device)
{
  SsmtTensorSource *self = g_new0 (SsmtTensorSource, 1);

  self->path = g_strdup (path);
  self->device = device;
  self->copies = g_ptr_array_new ();
  self->blocks = g_ptr_array_new ();
  self->tensors = g_ptr_array_new_with_free_func (tensor_free);
  self->names = g_hash_table_new_full (ssmt_str_hash, g_str_equal, g_free, NULL);
  return self;
}

SsmtTensorBlock *
ssmt_tensor_source_add_block (SsmtTensorSource *self, const SsmtTensorData *data, GError **error)
{
  SsmtTensorBlock *block = g_new0 (SsmtTensorBlock, 1);

  block->host = *data;
  block->host.path = block->path = g_strdup (data->path);
  g_ptr_array_add (self->blocks, block);
  block->buffer = self->device->ops->wrap (self->device, data->data, data->size);
  if (block->buffer)
    return block;
  g_set_error (error, SSMT_ERROR, SSMT_ERROR_MEMORY,
      "%s: has %" G_GSIZE_FORMAT " bytes of weights, but the device has no memory left for them",
      block->path, data->size);
  return NULL;
}

static char *
scale_name (const char *name)
{
  return g_strconcat (name, "_scale", NULL);
}

gboolean
ssmt_tensor_source_add (
    SsmtTensorSource *self, const SsmtTensorBlock *block, const SsmtTensor *tensor, GError **error)
{
  SsmtTensor *own;

  if (g_hash_table_contains (self->names, tensor->name))
    return ssmt_tensor_source_fail (
        self, error, SSMT_ERROR_INVALID, tensor->name, "is also in %s", block->path);
  own = g_memdup2 (tensor, sizeof *tensor);
  own->name = g_strdup (tensor->name);
  own->block = block;
  own->data = block->host.data + tensor->begin;
  g_ptr_array_add (self->tensors, own);
  g_hash_table_insert (self->names, g_strdup (tensor->name), own);
  return TRUE;
}

void
ssmt_tensor_source_rename (SsmtTensorSource *self, const char *from, const char *to)
{
  g_autofree char *from_scale = scale_name (from);
  g_autofree char *to_scale = scale_name (to);
  SsmtTensor *tensor = g_hash_table_lookup (self->names, from);

  if (!tensor || g_hash_table_contains (self->names, to))
    return;
  g_hash_table_remove (self->names, from);
  g_hash_table_insert (self->names, g_strdup (to), tensor);
  if (ssmt_dtype_is_scaled (tensor->dtype))
    ssmt_tensor_source_rename (self, from_scale, to_scale);
}

void
ssmt_tensor_source_keep_names (SsmtTensorSource *self)
{
  GHashTableIter iter;
  gpointer name, value;

  g_hash_table_iter_init (&iter, self->names);
  while (g_hash_table_iter_next (&iter, &name, &value)) {
    SsmtTensor *tensor = value;

    g_free (tensor->name);
    tensor->name = g_strdup (name);
  }
}

void
ssmt_tensor_source_rename_ending (SsmtTensorSource *self, const char *from, const char *to)
{
  for (guint i = 0; i < self->tensors->len; i++) {
    const char *name = ((const SsmtTensor *) self->tensors->pdata[i])->name;
    g_autofree char *other = NULL;

    if (!g_str_has_suffix (name, from))
      continue;
    other = g_strdup_printf ("%.*s%s", (int) (strlen (name) - strlen (from)), name, to);
    ssmt_tensor_source_rename (self, name, other);
  }
}

void
ssmt_tensor_source_set_maker (
    SsmtTensorSource *self, SsmtTensorMaker maker, gpointer data, GDestroyNotify release)
{
  self->maker = maker;
  self->maker_data = data;
  self->maker_release = release;
}

static void
block_free (SsmtTensorSource *self, SsmtTensorBlock *block)
{
  self->device->ops->release (self->device, block->buffer);
  block->host.release (block->host.owner);
  g_free (block->path);
  g_free (block);
}

void
ssmt_tensor_source_free (SsmtTensorSource *self)
{
  if (!self)
    return;
  for (guint i = 0; i < self->tensors->len; i++) {
    const SsmtTensor *tensor = self->tensors->pdata[i];

    if (tensor->matrix)
      self->device->ops->unbind_matrix (self->device, tensor->matrix);
  }
  g_hash_table_unref (self->names);
  g_ptr_array_unref (self->tensors);
  for (guint i = 0; i < self->copies->len; i++)
    self->device->ops->release (self->device, self->copies->pdata[i]);
  g_ptr_array_unref (self->copies);
  for (guint i = 0; i < self->blocks->len; i++)
    block_free (self, self->blocks->pdata[i]);
  g_ptr_array_unref (self->blocks);
  if (self->maker_release)
    self->maker_release (self->maker_data);
  g_clear_object (&self->cancellable);
  g_free (self->dtypes);
  g_free (self->path);
  g_free (self);
}

void
ssmt_tensor_source_set_cancellable (SsmtTensorSource *self, GCancellable *cancellable)
{
  g_set_object (&self->cancellable, cancellable);
}

/* --- what may be there -------------------------------------------------- */

gboolean
ssmt_tensor_source_has (SsmtTensorSource *self, const char *name)
{
  return g_hash_table_contains (self->names, name);
}

void
ssmt_tensor_source_ignore (SsmtTensorSource *self, const char *name)
{
  SsmtTensor *tensor = g_hash_table_lookup (self->names, name);

  if (tensor)
    tensor->used = tensor->ignored = TRUE;
}

void
ssmt_tensor_source_ignore_ending (SsmtTensorSource *self, const char *ending)
{
  for (guint i = 0; i < self->tensors->len; i++) {
    SsmtTensor *tensor = self->tensors->pdata[i];

    if (g_str_has_suffix (tensor->name, ending))
      tensor->used = tensor->ignored = TRUE;
  }
}

gboolean
ssmt_tensor_source_are_same (SsmtTensorSource *self, const char *a, const char *b)
{
  const SsmtTensor *x = g_hash_table_lookup (self->names, a);
  const SsmtTensor *y = g_hash_table_lookup (self->names, b);

  return x && y && x->dtype == y->dtype && x->end - x->begin == y->end - y->begin
      && memcmp (x->data, y->data, (gsize) (x->end - x->begin)) == 0;
}

gboolean
ssmt_tensor_source_check_all_used (SsmtTensorSource *self, GError **error)
{
  for (guint i = 0; i < self->tensors->len; i++) {
    const SsmtTensor *tensor = self->tensors->pdata[i];

    if (tensor->used)
      continue;
    /* by the name in the file, which may not be what is asked for */
    g_set_error (error, SSMT_ERROR, SSMT_ERROR_INVALID,
        "%s: tensor \"%s\" is in the file, but config.json has no layer that "
        "uses it",
        tensor->block->path, tensor->name);
    return FALSE;
  }
  return TRUE;
}

/* --- figures ------------------------------------------------------------ */

/* I8 and Q4 have their scales beside them, by name. */
static gboolean
is_scale (SsmtTensorSource *self, const SsmtTensor *tensor)
{
  g_autofree char *base = NULL;
  const SsmtTensor *scaled;

  if (!g_str_has_suffix (tensor->name, "_scale"))
    return FALSE;
  base = g_strndup (tensor->name, strlen (tensor->name) - strlen ("_scale"));
  scaled = g_hash_table_lookup (self->names, base);
  return scaled && ssmt_dtype_is_scaled (scaled->dtype);
}

guint64
ssmt_tensor_source_get_n_parameters (SsmtTensorSource *self)
{
  guint64 n = 0;

  for (guint i = 0; i < self->tensors->len; i++) {
    const SsmtTensor *tensor = self->tensors->pdata[i];

    if (tensor->ignored || is_scale (self, tensor))
      continue;
    if (tensor->matrix)
      n += (guint64) tensor->matrix->rows * tensor->matrix->cols;
    else
      n += tensor->n_elements * (tensor->dtype == SSMT_DTYPE_Q4 ? 2 : 1);
  }
  return n;
}

const char *
ssmt_tensor_dtype_name (SsmtDType dtype)
{
  return dtype == SSMT_DTYPE_Q4 ? "Q4" : ssmt_safetensors_dtype_name (dtype);
}

guint64
ssmt_tensor_source_get_bytes (SsmtTensorSource *self)
{
  guint64 bytes = 0;

  for (guint i = 0; i < self->blocks->len; i++)
    bytes += ((const SsmtTensorBlock *) self->blocks->pdata[i])->host.size;
  return bytes;
}

const char *
ssmt_tensor_source_get_dtypes (SsmtTensorSource *self)
{
  static const SsmtDType order[] = {
    SSMT_DTYPE_Q4,
    SSMT_DTYPE_I8,
    SSMT_DTYPE_BF16,
    SSMT_DTYPE_F16,
    SSMT_DTYPE_F32,
  };
  GString *dtypes = g_string_new (NULL);
  gboolean seen[G_N_ELEMENTS (order)] = { FALSE };

  for (guint i = 0; i < self->tensors->len; i++)
    seen[((const SsmtTensor *) self->tensors->pdata[i])->dtype] = TRUE;
  for (guint i = 0; i < G_N_ELEMENTS (order); i++)
    if (seen[order[i]])
      g_string_append_printf (
          dtypes, "%s%s", dtypes->len ? ", " : "", ssmt_tensor_dtype_name (order[i]));
  g_free (self->dtypes);
  return self->dtypes = g_string_free (dtypes, FALSE);
}

static void
add_to_fingerprint (const SsmtTensorBlock *block, GChecksum *sum)
{
  gsize size = block->host.size;
  const guint8 *data = block->host.data;

  g_checksum_update (sum, data - block->host.header, (gssize) block->host.header);
  if (size <= FINGERPRINT_CHUNKS * FINGERPRINT_CHUNK) {
    g_checksum_update (sum, data, (gssize) size);
  } else {
    /* evenly spread, from the first to the last byte */
    gsize range = size - FINGERPRINT_CHUNK, n = FINGERPRINT_CHUNKS - 1;

    for (gsize i = 0; i <= n; i++)
      g_checksum_update (sum, data + range / n * i + range % n * i / n, FINGERPRINT_CHUNK);
  }
}

void
ssmt_tensor_source_get_fingerprint (SsmtTensorSource *self, guint8 fingerprint[32])
{
  g_autoptr (GChecksum) sum = g_checksum_new (G_CHECKSUM_SHA256);
  gsize length = 32;

  for (guint i = 0; i < self->blocks->len; i++)
    add_to_fingerprint (self->blocks->pdata[i], sum);
  g_checksum_get_digest (sum, fingerprint, &length);
}

guint
ssmt_tensor_source_get_n_tensors (SsmtTensorSource *self)
{
  return self->tensors->len;
}

const SsmtTensor *
ssmt_tensor_source_get_tensor (SsmtTensorSource *self, guint index)
{
  SsmtTensor *tensor = self->tensors->pdata[index];

  tensor->is_scale = is_scale (self, tensor);
  return tensor;
}
