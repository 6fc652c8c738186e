/* ssmtranslate: the tensors of a source: checked, bound to the device, widened
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <math.h>
#include <string.h>

#include "engine/files/safetensors.h"
#include "engine/files/tensor-source-parts.h"
#include "kernels/quantise.h"

static gboolean
fail_memory (const SsmtTensorSource *self, GError **error, const char *name, guint64 bytes)
{
  return ssmt_tensor_source_fail (self, error, SSMT_ERROR_MEMORY, name,
      "needs %" G_GUINT64_FORMAT " bytes, but the device has no memory left", bytes);
}

/* --- one tensor --------------------------------------------------------- */

#define ONLY_F32 (1u << SSMT_DTYPE_F32)
#define ANY_FLOAT (ONLY_F32 | 1u << SSMT_DTYPE_F16 | 1u << SSMT_DTYPE_BF16)
#define ANY_DTYPE (ANY_FLOAT | 1u << SSMT_DTYPE_I8 | 1u << SSMT_DTYPE_Q4)

static char *
shape_text (const guint64 *shape, guint n)
{
  GString *text = g_string_new ("(");

  for (guint i = 0; i < n; i++)
    g_string_append_printf (text, "%s%" G_GUINT64_FORMAT, i ? ", " : "", shape[i]);
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

/* Q4: rows of whole groups. */
static gboolean
check_packed_shape (const SsmtTensorSource *self, const SsmtTensor *tensor,
    const SsmtTensorRequest *wanted, GError **error)
{
  guint64 want[2] = { wanted->rows, ssmt_row_bytes (SSMT_DTYPE_Q4, wanted->cols) };
  g_autofree char *is = shape_text (tensor->shape, tensor->n_dims);
  g_autofree char *must = shape_text (want, 2);

  return (tensor->n_dims == 2 && memcmp (tensor->shape, want, sizeof want) == 0)
      || ssmt_tensor_source_fail (self, error, SSMT_ERROR_INVALID, wanted->name,
          "has shape %s, "
          "expected %s for rows of %u four-bit values in groups of %u",
          is, must, wanted->cols, SSMT_Q4_GROUP);
}

static gboolean
check_shape (const SsmtTensorSource *self, const SsmtTensor *tensor,
    const SsmtTensorRequest *wanted, GError **error)
{
  const guint64 want[2] = { wanted->rows, wanted->cols };
  guint64 a[SSMT_TENSOR_MAX_DIMS], b[2];
  guint n = squeeze (tensor->shape, tensor->n_dims, a);
  g_autofree char *is = NULL, *must = NULL;

  if (n == squeeze (want, 2, b) && memcmp (a, b, n * sizeof *a) == 0)
    return TRUE;
  is = shape_text (tensor->shape, tensor->n_dims);
  must = shape_text (want, wanted->cols == 1 ? 1 : 2);
  return ssmt_tensor_source_fail (
      self, error, SSMT_ERROR_INVALID, wanted->name, "has shape %s, expected %s", is, must);
}

/* The tensor of that name and shape; `dtypes` is a mask of what is allowed. */
static SsmtTensor *
find_tensor (SsmtTensorSource *self, const SsmtTensorRequest *wanted, guint dtypes, GError **error)
{
  SsmtTensor *tensor = g_hash_table_lookup (self->names, wanted->name);

  if (g_cancellable_set_error_if_cancelled (self->cancellable, error))
    return NULL;
  if (!tensor && self->maker) {
    if (!self->maker (self, wanted, self->maker_data, error))
      return NULL;
    tensor = g_hash_table_lookup (self->names, wanted->name);
  }
  if (!tensor) {
    ssmt_tensor_source_fail (self, error, SSMT_ERROR_INVALID, wanted->name, "is missing");
    return NULL;
  }
  if (tensor->dtype == SSMT_DTYPE_Q4 && dtypes & 1u << SSMT_DTYPE_Q4)
    return check_packed_shape (self, tensor, wanted, error) ? tensor : NULL;
  if (!check_shape (self, tensor, wanted, error))
    return NULL;
  if (!(dtypes & (1u << tensor->dtype))) {
    ssmt_tensor_source_fail (self, error, SSMT_ERROR_INVALID, wanted->name, "is %s, expected F32%s",
        ssmt_safetensors_dtype_name (tensor->dtype),
        dtypes & (1u << SSMT_DTYPE_F16) ? ", F16 or BF16" : "");
    return NULL;
  }
  return tensor;
}

/* In place where host and device can read the type there, else a copy. The
 * buffer is NULL when there is no memory for one. */
static SsmtRef
place (SsmtTensorSource *self, const SsmtTensor *tensor)
{
  SsmtDevice *device = self->device;
  /* devices read Q4 by words */
  gsize mask = (tensor->dtype == SSMT_DTYPE_Q4 ? sizeof (guint32) : ssmt_dtype_size (tensor->dtype)) - 1;
  gsize begin = (gsize) tensor->begin, bytes = (gsize) (tensor->end - begin);
  SsmtRef ref = { tensor->block->buffer, begin };

  if (((begin | (guintptr) tensor->block->host.data) & mask) == 0)
    return ref;
  ref = (SsmtRef){ device->ops->alloc (device, bytes), 0 };
  if (ref.buffer) {
    g_ptr_array_add (self->copies, ref.buffer);
    device->ops->write (device, ref, tensor->data, bytes);
  }
  return ref;
}

static float
value_at (const SsmtTensor *tensor, gsize i)
{
  const guint8 *p = tensor->data + i * ssmt_dtype_size (tensor->dtype);
  guint16 half;
  float value;

  if (tensor->dtype == SSMT_DTYPE_F32) {
    memcpy (&value, p, sizeof value);
    return value;
  }
  memcpy (&half, p, sizeof half);
  return tensor->dtype == SSMT_DTYPE_F16 ? ssmt_f16_to_f32 (half) : ssmt_bf16_to_f32 (half);
}

static gboolean
check_finite (const SsmtTensorSource *self, const SsmtTensor *tensor, const char *name, float min,
    GError **error)
{
  for (gsize i = 0; i < tensor->n_elements; i++) {
    float value = value_at (tensor, i);

    if (!isfinite (value) || value < min)
      return ssmt_tensor_source_fail (self, error, SSMT_ERROR_INVALID, name,
          "has %s at element %" G_GSIZE_FORMAT ", expected only %s",
          isnan (value)       ? "NaN"
              : isinf (value) ? "infinity"
                              : "a negative number",
          i, min == 0 ? "finite numbers from 0 on" : "finite numbers");
  }
  return TRUE;
}

/* --- matrices ----------------------------------------------------------- */

/* One scale stands for all rows. */
static gboolean
repeat_scale (
    SsmtTensorSource *self, SsmtMatrix *matrix, const char *name, float scale, GError **error)
{
  g_autofree float *all = g_new (float, matrix->rows);

  for (guint32 i = 0; i < matrix->rows; i++)
    all[i] = scale;
  return ssmt_tensor_source_upload (self, name, all, matrix->rows, &matrix->scales, error);
}

static gboolean
find_scales (SsmtTensorSource *self, SsmtMatrix *matrix, const char *name, GError **error)
{
  g_autofree char *scale_name = g_strconcat (name, "_scale", NULL);
  const SsmtTensorRequest wanted = {
    .name = scale_name, .rows = matrix->rows, .cols = ssmt_row_scales (matrix->dtype, matrix->cols)
  };
  gboolean q4 = matrix->dtype == SSMT_DTYPE_Q4;
  SsmtTensor *tensor;

  if (!g_hash_table_contains (self->names, scale_name))
    return ssmt_tensor_source_fail (self, error, SSMT_ERROR_INVALID, scale_name,
        "is missing, but \"%s\" is %s and needs it", name,
        ssmt_safetensors_dtype_name (matrix->dtype));
  tensor = find_tensor (self, &wanted, ONLY_F32, error);
  if (!tensor || !check_finite (self, tensor, scale_name, q4 ? -INFINITY : 0, error))
    return FALSE;
  tensor->used = TRUE;
  matrix->scales = place (self, tensor);
  return matrix->scales.buffer
      || fail_memory (self, error, scale_name, tensor->end - tensor->begin);
}

static gboolean
bind (SsmtTensorSource *self, SsmtMatrix *matrix, const SsmtTensor *tensor, const char *name,
    GError **error)
{
  if (ssmt_dtype_is_scaled (matrix->dtype)
      && !(tensor->scale > 0 ? repeat_scale (self, matrix, name, tensor->scale, error)
                             : find_scales (self, matrix, name, error)))
    return FALSE;
  matrix->data = place (self, tensor);
  if (!matrix->data.buffer || !self->device->ops->bind_matrix (self->device, matrix))
    return fail_memory (self, error, name, tensor->end - tensor->begin);
  return TRUE;
}

const SsmtMatrix *
ssmt_tensor_source_get_matrix (
    SsmtTensorSource *self, const char *name, guint32 rows, guint32 cols, GError **error)
{
  const SsmtTensorRequest wanted = { name, rows, cols, TRUE, SSMT_VALUES_WEIGHT };
  SsmtTensor *tensor = find_tensor (self, &wanted, ANY_DTYPE, error);
  SsmtMatrix *matrix;

  if (!tensor)
    return NULL;
  if (tensor->matrix && tensor->matrix->rows == rows)
    return tensor->matrix;
  if (tensor->matrix) {
    ssmt_tensor_source_fail (
        self, error, SSMT_ERROR_INVALID, name, "is a row to one layer and a column to another");
    return NULL;
  }

  matrix = g_new0 (SsmtMatrix, 1);
  matrix->dtype = tensor->dtype;
  matrix->rows = rows;
  matrix->cols = cols;
  if (!bind (self, matrix, tensor, name, error)) {
    g_free (matrix);
    return NULL;
  }
  tensor->used = TRUE;
  return tensor->matrix = matrix;
}

/* --- floats ------------------------------------------------------------- */

gboolean
ssmt_tensor_source_upload (SsmtTensorSource *self, const char *name, const float *values, gsize n,
    SsmtRef *ref, GError **error)
{
  SsmtDevice *device = self->device;
  gsize bytes = n * sizeof *values;

  *ref = (SsmtRef){ device->ops->alloc (device, bytes), 0 };
  if (!ref->buffer)
    return fail_memory (self, error, name, bytes);
  g_ptr_array_add (self->copies, ref->buffer);
  device->ops->write (device, *ref, values, bytes);
  return TRUE;
}

static float *
widen (SsmtTensorSource *self, SsmtTensor *tensor, const char *name, GError **error)
{
  float *values = g_try_new (float, tensor->n_elements);

  if (!values) {
    fail_memory (self, error, name, tensor->n_elements * sizeof (float));
    return NULL;
  }
  for (gsize i = 0; i < tensor->n_elements; i++)
    values[i] = value_at (tensor, i);
  tensor->used = TRUE;
  return values;
}

float *
ssmt_tensor_source_read_floats (SsmtTensorSource *self, const char *name, guint32 rows,
    guint32 cols, SsmtTensorValues values, GError **error)
{
  const SsmtTensorRequest wanted = { name, rows, cols, FALSE, values };
  SsmtTensor *tensor = find_tensor (self, &wanted, ANY_FLOAT, error);

  return tensor && check_finite (self, tensor, name, -INFINITY, error)
      ? widen (self, tensor, name, error)
      : NULL;
}

gboolean
ssmt_tensor_source_get_floats (SsmtTensorSource *self, const char *name, guint32 rows, guint32 cols,
    SsmtTensorValues values, SsmtRef *ref, GError **error)
{
  const SsmtTensorRequest wanted = { name, rows, cols, FALSE, values };
  SsmtTensor *tensor = find_tensor (self, &wanted, ANY_FLOAT, error);

  if (!tensor)
    return FALSE;
  if (!tensor->floats.buffer) {
    if (!check_finite (self, tensor, name, -INFINITY, error))
      return FALSE;
    if (tensor->dtype == SSMT_DTYPE_F32) {
      tensor->floats = place (self, tensor);
    } else {
      g_autofree float *wide = widen (self, tensor, name, error);

      if (!wide
          || !ssmt_tensor_source_upload (
              self, name, wide, tensor->n_elements, &tensor->floats, error))
        return FALSE;
    }
  }
  if (!tensor->floats.buffer)
    return fail_memory (self, error, name, tensor->n_elements * sizeof (float));
  tensor->used = TRUE;
  *ref = tensor->floats;
  return TRUE;
}

/* --- for what rewrites a file ------------------------------------------- */

void
ssmt_tensor_source_widen_row (
    SsmtTensorSource *self, const SsmtTensor *tensor, guint32 row, float *values)
{
  const SsmtMatrix *matrix = tensor->matrix;
  gsize cols = matrix ? matrix->cols : tensor->n_elements;
  gsize bytes = ssmt_row_bytes (tensor->dtype, cols);
  gsize n_scales = ssmt_row_scales (tensor->dtype, cols);
  g_autofree float *scales = NULL;

  if (!matrix || !ssmt_dtype_is_scaled (tensor->dtype)) {
    for (gsize i = 0; i < cols; i++)
      values[i] = value_at (tensor, row * cols + i);
    return;
  }
  const guint8 *stored = tensor->data + row * bytes;
  scales = g_new (float, n_scales);
  self->device->ops->read (self->device, scales,
      ssmt_ref_at (matrix->scales, row * n_scales * sizeof (float)), n_scales * sizeof (float));
  for (guint32 i = 0; i < cols; i++)
    values[i] = ssmt_stored_value (tensor->dtype, stored, i)
        * scales[tensor->dtype == SSMT_DTYPE_Q4 ? i / SSMT_Q4_GROUP : 0];
}
