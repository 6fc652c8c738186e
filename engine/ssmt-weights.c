/* ssmtranslate: safetensors: map, check, hand out tensors by name
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The data section goes to the device once, by wrap(); a tensor is an offset
 * into it. Only what has to change on the way (widened, or not aligned for its
 * type) gets memory of its own.
 */
#include "ssmt-weights.h"

#include <math.h>
#include <string.h>

#include "kernels/ref.h"
#include "ssmt-file.h"
#include "ssmt-safetensors.h"

#define FINGERPRINT_CHUNKS 64
#define FINGERPRINT_CHUNK 1024

/* A tensor and what became of it. */
typedef struct {
  const SsmtTensorInfo *info;
  gboolean used;
  SsmtMatrix *matrix;           /* set once bound */
  SsmtRef floats;               /* set once handed out as F32 */
} Entry;

struct _SsmtWeights {
  char *path;                   /* for messages */
  SsmtDevice *device;
  GMappedFile *file;
  const guint8 *data;           /* host: first byte of the data section */
  SsmtSafetensors *header;
  GHashTable *entries;          /* name -> Entry */
  SsmtBuffer *buffer;           /* device: the data section */
  GPtrArray *copies;            /* of SsmtBuffer */
  char *dtypes;
};

G_GNUC_PRINTF (5, 6)
static gboolean
fail (const SsmtWeights *self, GError **error, SsmtError code,
    const char *name, const char *format, ...)
{
  g_autofree char *what = NULL;
  va_list args;

  va_start (args, format);
  what = g_strdup_vprintf (format, args);
  va_end (args);
  g_set_error (error, SSMT_ERROR, code, "%s: tensor \"%s\" %s", self->path,
      name, what);
  return FALSE;
}

static gboolean
fail_memory (const SsmtWeights *self, GError **error, const char *name,
    guint64 bytes)
{
  return fail (self, error, SSMT_ERROR_MEMORY, name,
      "needs %" G_GUINT64_FORMAT " bytes, but the device has no memory left",
      bytes);
}

/* --- opening ------------------------------------------------------------ */

static gboolean
is_scaled (SsmtDType dtype)
{
  return dtype == SSMT_DTYPE_I8 || dtype == SSMT_DTYPE_Q4;
}

/* The tensor that `name` holds the scales of, or NULL. */
static const SsmtTensorInfo *
scaled_tensor (SsmtWeights *self, const char *name)
{
  g_autofree char *base = NULL;
  Entry *entry;

  if (!g_str_has_suffix (name, "_scale"))
    return NULL;
  base = g_strndup (name, strlen (name) - strlen ("_scale"));
  entry = g_hash_table_lookup (self->entries, base);
  return entry && is_scaled (entry->info->dtype) ? entry->info : NULL;
}

static void
index_tensors (SsmtWeights *self)
{
  static const SsmtDType order[] = {
    SSMT_DTYPE_Q4, SSMT_DTYPE_I8, SSMT_DTYPE_BF16, SSMT_DTYPE_F16,
    SSMT_DTYPE_F32,
  };
  const GArray *tensors = self->header->tensors;
  GString *dtypes = g_string_new (NULL);
  gboolean seen[G_N_ELEMENTS (order)] = { FALSE };

  self->entries = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, g_free);
  for (guint i = 0; i < tensors->len; i++) {
    Entry *entry = g_new0 (Entry, 1);

    entry->info = &g_array_index (tensors, SsmtTensorInfo, i);
    seen[entry->info->dtype] = TRUE;
    g_hash_table_insert (self->entries, entry->info->name, entry);
  }
  for (guint i = 0; i < G_N_ELEMENTS (order); i++)
    if (seen[order[i]])
      g_string_append_printf (dtypes, "%s%s", dtypes->len ? ", " : "",
          ssmt_weights_dtype_name (order[i]));
  self->dtypes = g_string_free (dtypes, FALSE);
}

SsmtWeights *
ssmt_weights_open (const char *path, SsmtDevice *device, GError **error)
{
  g_autoptr (SsmtWeights) self = g_new0 (SsmtWeights, 1);
  const guint8 *file;

  self->path = g_filename_display_name (path);
  self->device = device;
  self->copies = g_ptr_array_new ();
  self->file = ssmt_file_map (path, 0, error);
  if (!self->file)
    return NULL;
  file = (const guint8 *) g_mapped_file_get_contents (self->file);
  self->header = ssmt_safetensors_parse (file,
      g_mapped_file_get_length (self->file), self->path, error);
  if (!self->header)
    return NULL;
  index_tensors (self);

  self->data = file + self->header->data_offset;
  self->buffer = device->ops->wrap (device, self->data,
      self->header->data_size);
  if (!self->buffer) {
    g_set_error (error, SSMT_ERROR, SSMT_ERROR_MEMORY,
        "%s: has %" G_GSIZE_FORMAT
        " bytes of weights, but the device has no memory left for them",
        self->path, self->header->data_size);
    return NULL;
  }
  return g_steal_pointer (&self);
}

static void
free_matrices (SsmtWeights *self)
{
  GHashTableIter iter;
  gpointer value;

  if (!self->entries)
    return;
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
  self->device->ops->release (self->device, self->buffer);
  ssmt_safetensors_free (self->header);
  g_clear_pointer (&self->file, g_mapped_file_unref);
  g_free (self->dtypes);
  g_free (self->path);
  g_free (self);
}

/* --- one tensor --------------------------------------------------------- */

static char *
shape_text (const guint64 *shape, guint n)
{
  GString *text = g_string_new ("(");

  for (guint i = 0; i < n; i++)
    g_string_append_printf (text, "%s%" G_GUINT64_FORMAT, i ? ", " : "",
        shape[i]);
  return g_string_free (g_string_append_c (text, ')'), FALSE);
}

/* Copies the dimensions that are not 1. */
static guint
squeeze (const guint64 *shape, guint n, guint64 *squeezed)
{
  guint kept = 0;

  for (guint i = 0; i < n; i++)
    if (shape[i] != 1)
      squeezed[kept++] = shape[i];
  return kept;
}

static Entry *
find_entry (SsmtWeights *self, const char *name, GError **error)
{
  Entry *entry = g_hash_table_lookup (self->entries, name);

  if (!entry)
    fail (self, error, SSMT_ERROR_INVALID, name, "is missing");
  return entry;
}

/* Q4: rows of whole groups. */
static gboolean
check_packed_shape (const SsmtWeights *self, const SsmtTensorInfo *info,
    guint32 rows, guint32 cols, GError **error)
{
  guint64 want[2] = { rows, ssmt_row_bytes (SSMT_DTYPE_Q4, cols) };
  g_autofree char *is = shape_text (info->shape, info->n_dims);
  g_autofree char *must = shape_text (want, 2);

  return (info->n_dims == 2 && memcmp (info->shape, want, sizeof want) == 0)
      || fail (self, error, SSMT_ERROR_INVALID, info->name, "has shape %s, "
      "expected %s for rows of %u four-bit values in groups of %u", is, must,
      cols, SSMT_Q4_GROUP);
}

/* The tensor of this name and shape; `dtypes` is a mask of what is allowed. */
static Entry *
find_tensor (SsmtWeights *self, const char *name, guint32 rows, guint32 cols,
    guint dtypes, GError **error)
{
  const guint64 want[2] = { rows, cols };
  guint64 a[SSMT_SAFETENSORS_MAX_DIMS], b[2];
  Entry *entry = find_entry (self, name, error);
  const SsmtTensorInfo *info;
  guint n;

  if (!entry)
    return NULL;
  info = entry->info;
  if (info->dtype == SSMT_DTYPE_Q4 && dtypes & 1u << SSMT_DTYPE_Q4)
    return check_packed_shape (self, info, rows, cols, error) ? entry : NULL;
  n = squeeze (info->shape, info->n_dims, a);
  if (n != squeeze (want, 2, b) || memcmp (a, b, n * sizeof *a) != 0) {
    g_autofree char *is = shape_text (info->shape, info->n_dims);
    g_autofree char *must = shape_text (want, cols == 1 ? 1 : 2);

    fail (self, error, SSMT_ERROR_INVALID, name, "has shape %s, expected %s",
        is, must);
    return NULL;
  }
  if (!(dtypes & (1u << info->dtype))) {
    fail (self, error, SSMT_ERROR_INVALID, name, "is %s, expected F32%s",
        ssmt_safetensors_dtype_name (info->dtype),
        dtypes & (1u << SSMT_DTYPE_F16) ? ", F16 or BF16" : "");
    return NULL;
  }
  return entry;
}

#define ONLY_F32 (1u << SSMT_DTYPE_F32)
#define ANY_FLOAT (ONLY_F32 | 1u << SSMT_DTYPE_F16 | 1u << SSMT_DTYPE_BF16)
#define ANY_DTYPE (ANY_FLOAT | 1u << SSMT_DTYPE_I8 | 1u << SSMT_DTYPE_Q4)

/* In place where host and device can read the type there, else a copy. The
 * buffer is NULL when there is no memory for one. */
static SsmtRef
place (SsmtWeights *self, const SsmtTensorInfo *info)
{
  SsmtDevice *device = self->device;
  gsize mask = ssmt_dtype_size (info->dtype) - 1;
  gsize begin = (gsize) info->begin, bytes = (gsize) (info->end - begin);
  SsmtRef ref = { self->buffer, begin };

  if (((begin | (guintptr) self->data) & mask) == 0)
    return ref;
  ref = (SsmtRef) { device->ops->alloc (device, bytes), 0 };
  if (ref.buffer) {
    g_ptr_array_add (self->copies, ref.buffer);
    device->ops->write (device, ref, self->data + begin, bytes);
  }
  return ref;
}

static float
value_at (const SsmtWeights *self, const SsmtTensorInfo *info, gsize i)
{
  const guint8 *p =
      self->data + info->begin + i * ssmt_dtype_size (info->dtype);
  guint16 half;
  float value;

  if (info->dtype == SSMT_DTYPE_F32) {
    memcpy (&value, p, sizeof value);
    return value;
  }
  memcpy (&half, p, sizeof half);
  return info->dtype == SSMT_DTYPE_F16 ? ssmt_f16_to_f32 (half)
      : ssmt_bf16_to_f32 (half);
}

static gboolean
check_finite (const SsmtWeights *self, const SsmtTensorInfo *info,
    float min, GError **error)
{
  for (gsize i = 0; i < info->n_elements; i++) {
    float value = value_at (self, info, i);

    if (!isfinite (value) || value < min)
      return fail (self, error, SSMT_ERROR_INVALID, info->name,
          "has %s at element %" G_GSIZE_FORMAT ", expected only %s",
          isnan (value) ? "NaN" : isinf (value) ? "infinity"
          : "a negative number", i, min == 0 ? "finite numbers from 0 on"
          : "finite numbers");
  }
  return TRUE;
}

/* --- matrices ----------------------------------------------------------- */

static gboolean
find_scales (SsmtWeights *self, SsmtMatrix *matrix, const char *name,
    GError **error)
{
  g_autofree char *scale_name = g_strconcat (name, "_scale", NULL);
  guint32 per_row = ssmt_row_scales (matrix->dtype, matrix->cols);
  gboolean q4 = matrix->dtype == SSMT_DTYPE_Q4;
  Entry *entry;

  if (!g_hash_table_contains (self->entries, scale_name))
    return fail (self, error, SSMT_ERROR_INVALID, scale_name,
        "is missing, but \"%s\" is %s and needs it", name,
        ssmt_safetensors_dtype_name (matrix->dtype));
  entry = find_tensor (self, scale_name, matrix->rows, per_row, ONLY_F32,
      error);
  if (!entry
      || !check_finite (self, entry->info, q4 ? -INFINITY : 0, error))
    return FALSE;
  entry->used = TRUE;
  matrix->scales = place (self, entry->info);
  return matrix->scales.buffer || fail_memory (self, error, scale_name,
      entry->info->end - entry->info->begin);
}

static gboolean
bind (SsmtWeights *self, SsmtMatrix *matrix, const SsmtTensorInfo *info,
    GError **error)
{
  if (is_scaled (matrix->dtype)
      && !find_scales (self, matrix, info->name, error))
    return FALSE;
  matrix->data = place (self, info);
  if (!matrix->data.buffer
      || !self->device->ops->bind_matrix (self->device, matrix))
    return fail_memory (self, error, info->name, info->end - info->begin);
  return TRUE;
}

const SsmtMatrix *
ssmt_weights_get_matrix (SsmtWeights *self, const char *name, guint32 rows,
    guint32 cols, GError **error)
{
  Entry *entry = find_tensor (self, name, rows, cols, ANY_DTYPE, error);
  SsmtMatrix *matrix;

  if (!entry)
    return NULL;
  if (entry->matrix && entry->matrix->rows == rows)
    return entry->matrix;
  if (entry->matrix) {
    fail (self, error, SSMT_ERROR_INVALID, name,
        "is a row to one layer and a column to another");
    return NULL;
  }

  matrix = g_new0 (SsmtMatrix, 1);
  matrix->dtype = entry->info->dtype;
  matrix->rows = rows;
  matrix->cols = cols;
  if (!bind (self, matrix, entry->info, error)) {
    g_free (matrix);
    return NULL;
  }
  entry->used = TRUE;
  return entry->matrix = matrix;
}

/* --- floats ------------------------------------------------------------- */

SsmtRef
ssmt_weights_upload (SsmtWeights *self, const float *values, gsize n)
{
  SsmtDevice *device = self->device;
  gsize bytes = n * sizeof *values;
  SsmtRef ref = { device->ops->alloc (device, bytes), 0 };

  if (ref.buffer) {
    g_ptr_array_add (self->copies, ref.buffer);
    device->ops->write (device, ref, values, bytes);
  }
  return ref;
}

float *
ssmt_weights_read_floats (SsmtWeights *self, const char *name, guint32 rows,
    guint32 cols, GError **error)
{
  Entry *entry = find_tensor (self, name, rows, cols, ANY_FLOAT, error);
  const SsmtTensorInfo *info;
  float *values;

  if (!entry || !check_finite (self, entry->info, -INFINITY, error))
    return NULL;
  info = entry->info;
  values = g_try_new (float, info->n_elements);
  if (!values) {
    fail_memory (self, error, name, info->n_elements * sizeof (float));
    return NULL;
  }
  for (gsize i = 0; i < info->n_elements; i++)
    values[i] = value_at (self, info, i);
  entry->used = TRUE;
  return values;
}

gboolean
ssmt_weights_get_floats (SsmtWeights *self, const char *name, guint32 rows,
    guint32 cols, SsmtRef *ref, GError **error)
{
  Entry *entry = find_tensor (self, name, rows, cols, ANY_FLOAT, error);
  const SsmtTensorInfo *info;

  if (!entry)
    return FALSE;
  info = entry->info;
  if (!entry->floats.buffer && info->dtype == SSMT_DTYPE_F32) {
    if (!check_finite (self, info, -INFINITY, error))
      return FALSE;
    entry->floats = place (self, info);
  } else if (!entry->floats.buffer) {
    g_autofree float *wide =
        ssmt_weights_read_floats (self, name, rows, cols, error);

    if (!wide)
      return FALSE;
    entry->floats = ssmt_weights_upload (self, wide, info->n_elements);
  }
  if (!entry->floats.buffer)
    return fail_memory (self, error, name, info->n_elements * sizeof (float));
  entry->used = TRUE;
  *ref = entry->floats;
  return TRUE;
}

/* --- all of them -------------------------------------------------------- */

gboolean
ssmt_weights_has (SsmtWeights *self, const char *name)
{
  return g_hash_table_contains (self->entries, name);
}

gboolean
ssmt_weights_check_all_used (SsmtWeights *self, GError **error)
{
  const GArray *tensors = self->header->tensors;

  for (guint i = 0; i < tensors->len; i++) {
    const char *name = g_array_index (tensors, SsmtTensorInfo, i).name;
    const Entry *entry = g_hash_table_lookup (self->entries, name);

    if (!entry->used)
      return fail (self, error, SSMT_ERROR_INVALID, name,
          "is in the file, but config.json has no layer that uses it");
  }
  return TRUE;
}

guint64
ssmt_weights_get_n_parameters (SsmtWeights *self)
{
  const GArray *tensors = self->header->tensors;
  guint64 n = 0;

  for (guint i = 0; i < tensors->len; i++) {
    const SsmtTensorInfo *info = &g_array_index (tensors, SsmtTensorInfo, i);
    const Entry *entry = g_hash_table_lookup (self->entries, info->name);

    if (scaled_tensor (self, info->name))
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
  return self->header->data_size;
}

const char *
ssmt_weights_get_dtypes (SsmtWeights *self)
{
  return self->dtypes;
}

/* --- for what rewrites a file ------------------------------------------- */

guint
ssmt_weights_get_n_tensors (SsmtWeights *self)
{
  return self->header->tensors->len;
}

void
ssmt_weights_get_tensor (SsmtWeights *self, guint index,
    SsmtWeightsTensor *tensor)
{
  const SsmtTensorInfo *info =
      &g_array_index (self->header->tensors, SsmtTensorInfo, index);
  const Entry *entry = g_hash_table_lookup (self->entries, info->name);

  *tensor = (SsmtWeightsTensor) {
    .name = info->name, .dtype = info->dtype, .n_dims = info->n_dims,
    .shape = info->shape, .n_elements = info->n_elements,
    .data = self->data + info->begin, .bytes = info->end - info->begin,
    .matrix = entry->matrix, .is_scale = scaled_tensor (self, info->name) != NULL
  };
}

void
ssmt_weights_widen_row (SsmtWeights *self, guint index, guint32 row,
    float *values)
{
  const SsmtTensorInfo *info =
      &g_array_index (self->header->tensors, SsmtTensorInfo, index);
  const Entry *entry = g_hash_table_lookup (self->entries, info->name);
  const SsmtMatrix *matrix = entry->matrix;
  gsize cols = matrix ? matrix->cols : info->n_elements;
  gsize bytes = ssmt_row_bytes (info->dtype, cols);
  gsize n_scales = ssmt_row_scales (info->dtype, cols);
  SsmtWeight one = { info->dtype, 1, (guint32) cols };
  g_autofree float *scales = NULL;

  if (!matrix || !is_scaled (info->dtype)) {
    for (gsize i = 0; i < cols; i++)
      values[i] = value_at (self, info, row * cols + i);
    return;
  }
  one.data = self->data + info->begin + row * bytes;
  scales = g_new (float, n_scales);
  self->device->ops->read (self->device, scales,
      ssmt_ref_at (matrix->scales, row * n_scales * sizeof (float)),
      n_scales * sizeof (float));
  for (guint32 i = 0; i < cols; i++)
    values[i] = ssmt_weight_at (&one, 0, i)
        * scales[info->dtype == SSMT_DTYPE_Q4 ? i / SSMT_Q4_GROUP : 0];
}

void
ssmt_weights_get_fingerprint (SsmtWeights *self, guint8 fingerprint[32])
{
  g_autoptr (GChecksum) sum = g_checksum_new (G_CHECKSUM_SHA256);
  gsize size = self->header->data_size, length = 32;

  g_checksum_update (sum, self->data - self->header->data_offset,
      (gssize) self->header->data_offset);
  if (size <= FINGERPRINT_CHUNKS * FINGERPRINT_CHUNK) {
    g_checksum_update (sum, self->data, (gssize) size);
  } else {
    /* evenly spread, from the first to the last byte */
    gsize range = size - FINGERPRINT_CHUNK, n = FINGERPRINT_CHUNKS - 1;

    for (gsize i = 0; i <= n; i++)
      g_checksum_update (sum, self->data + range / n * i + range % n * i / n,
          FINGERPRINT_CHUNK);
  }
  g_checksum_get_digest (sum, fingerprint, &length);
}
