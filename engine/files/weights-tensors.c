/* ssmtranslate: the tensors of SsmtWeights: checked, bound to the device, widened
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "engine/files/weights-parts.h"

#include <math.h>
#include <string.h>

#include "kernels/quantise.h"

static gboolean
fail_memory (const SsmtWeights *self, GError **error, const char *name,
    guint64 bytes)
{
  return ssmt_weights_fail (self, error, SSMT_ERROR_MEMORY, name,
      "needs %" G_GUINT64_FORMAT " bytes, but the device has no memory left",
      bytes);
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
    ssmt_weights_fail (self, error, SSMT_ERROR_INVALID, name, "is missing");
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
      || ssmt_weights_fail (self, error, SSMT_ERROR_INVALID, info->name, "has shape %s, "
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

    ssmt_weights_fail (self, error, SSMT_ERROR_INVALID, name, "has shape %s, expected %s",
        is, must);
    return NULL;
  }
  if (!(dtypes & (1u << info->dtype))) {
    ssmt_weights_fail (self, error, SSMT_ERROR_INVALID, name, "is %s, expected F32%s",
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
place (SsmtWeights *self, const Entry *entry)
{
  const SsmtTensorInfo *info = entry->info;
  const Shard *shard = entry->shard;
  SsmtDevice *device = self->device;
  gsize mask = ssmt_dtype_size (info->dtype) - 1;
  gsize begin = (gsize) info->begin, bytes = (gsize) (info->end - begin);
  SsmtRef ref = { shard->buffer, begin };

  if (((begin | (guintptr) shard->data) & mask) == 0)
    return ref;
  ref = (SsmtRef) { device->ops->alloc (device, bytes), 0 };
  if (ref.buffer) {
    g_ptr_array_add (self->copies, ref.buffer);
    device->ops->write (device, ref, shard->data + begin, bytes);
  }
  return ref;
}

static float
value_at (const Entry *entry, gsize i)
{
  const SsmtTensorInfo *info = entry->info;
  const guint8 *p =
      entry->shard->data + info->begin + i * ssmt_dtype_size (info->dtype);
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
check_finite (const SsmtWeights *self, const Entry *entry, float min,
    GError **error)
{
  const SsmtTensorInfo *info = entry->info;

  for (gsize i = 0; i < info->n_elements; i++) {
    float value = value_at (entry, i);

    if (!isfinite (value) || value < min)
      return ssmt_weights_fail (self, error, SSMT_ERROR_INVALID, info->name,
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
    return ssmt_weights_fail (self, error, SSMT_ERROR_INVALID, scale_name,
        "is missing, but \"%s\" is %s and needs it", name,
        ssmt_safetensors_dtype_name (matrix->dtype));
  entry = find_tensor (self, scale_name, matrix->rows, per_row, ONLY_F32,
      error);
  if (!entry || !check_finite (self, entry, q4 ? -INFINITY : 0, error))
    return FALSE;
  entry->used = TRUE;
  matrix->scales = place (self, entry);
  return matrix->scales.buffer || fail_memory (self, error, scale_name,
      entry->info->end - entry->info->begin);
}

static gboolean
bind (SsmtWeights *self, SsmtMatrix *matrix, const Entry *entry,
    GError **error)
{
  const SsmtTensorInfo *info = entry->info;

  if (ssmt_weights_is_scaled (matrix->dtype)
      && !find_scales (self, matrix, info->name, error))
    return FALSE;
  matrix->data = place (self, entry);
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
    ssmt_weights_fail (self, error, SSMT_ERROR_INVALID, name,
        "is a row to one layer and a column to another");
    return NULL;
  }

  matrix = g_new0 (SsmtMatrix, 1);
  matrix->dtype = entry->info->dtype;
  matrix->rows = rows;
  matrix->cols = cols;
  if (!bind (self, matrix, entry, error)) {
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

  if (!entry || !check_finite (self, entry, -INFINITY, error))
    return NULL;
  info = entry->info;
  values = g_try_new (float, info->n_elements);
  if (!values) {
    fail_memory (self, error, name, info->n_elements * sizeof (float));
    return NULL;
  }
  for (gsize i = 0; i < info->n_elements; i++)
    values[i] = value_at (entry, i);
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
    if (!check_finite (self, entry, -INFINITY, error))
      return FALSE;
    entry->floats = place (self, entry);
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

/* --- for what rewrites a file ------------------------------------------- */

guint
ssmt_weights_get_n_tensors (SsmtWeights *self)
{
  return g_hash_table_size (self->entries);
}

/* In the order of the files. */
static const Entry *
nth_entry (SsmtWeights *self, guint index)
{
  for (guint s = 0; s < self->shards->len; s++) {
    const GArray *tensors = ((Shard *) self->shards->pdata[s])->header->tensors;

    if (index < tensors->len)
      return g_hash_table_lookup (self->entries,
          g_array_index (tensors, SsmtTensorInfo, index).name);
    index -= tensors->len;
  }
  return NULL;
}

void
ssmt_weights_get_tensor (SsmtWeights *self, guint index,
    SsmtWeightsTensor *tensor)
{
  const Entry *entry = nth_entry (self, index);
  const SsmtTensorInfo *info = entry->info;

  *tensor = (SsmtWeightsTensor) {
    .name = info->name, .dtype = info->dtype, .n_dims = info->n_dims,
    .shape = info->shape, .n_elements = info->n_elements,
    .data = entry->shard->data + info->begin, .bytes = info->end - info->begin,
    .matrix = entry->matrix, .ignored = entry->ignored,
    .is_scale = ssmt_weights_scaled_tensor (self, info->name) != NULL
  };
}

void
ssmt_weights_widen_row (SsmtWeights *self, guint index, guint32 row,
    float *values)
{
  const Entry *entry = nth_entry (self, index);
  const SsmtTensorInfo *info = entry->info;
  const SsmtMatrix *matrix = entry->matrix;
  gsize cols = matrix ? matrix->cols : info->n_elements;
  gsize bytes = ssmt_row_bytes (info->dtype, cols);
  gsize n_scales = ssmt_row_scales (info->dtype, cols);
  const guint8 *stored = entry->shard->data + info->begin + row * bytes;
  g_autofree float *scales = NULL;

  if (!matrix || !ssmt_weights_is_scaled (info->dtype)) {
    for (gsize i = 0; i < cols; i++)
      values[i] = value_at (entry, row * cols + i);
    return;
  }
  scales = g_new (float, n_scales);
  self->device->ops->read (self->device, scales,
      ssmt_ref_at (matrix->scales, row * n_scales * sizeof (float)),
      n_scales * sizeof (float));
  for (guint32 i = 0; i < cols; i++)
    values[i] = ssmt_stored_value (info->dtype, stored, i)
        * scales[info->dtype == SSMT_DTYPE_Q4 ? i / SSMT_Q4_GROUP : 0];
}
