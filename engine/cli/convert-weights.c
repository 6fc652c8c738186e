/* ssmt convert: tensors into another dtype
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What the network has bound as a matrix is rounded; everything else (norms, convolutions, biases,
 * A_log, D, dt_bias: what the recurrence runs on) becomes F32. A matrix that has its dtype already
 * is copied, so that converting twice changes nothing.
 */
#include "engine/cli/convert.h"

#include <math.h>
#include <string.h>

#include "engine/cli/cli-safetensors.h"
#include "engine/cli/stop.h"
#include "kernels/quantise.h"

/* Bytes of a row with its scales. */
static gsize
row_cost (SsmtDType dtype, guint32 cols)
{
  return ssmt_row_bytes (dtype, cols) + ssmt_row_scales (dtype, cols) * sizeof (float);
}

SsmtDType
convert_stored_dtype (SsmtDType wanted, guint32 cols)
{
  if (wanted == SSMT_DTYPE_Q4 && row_cost (SSMT_DTYPE_Q4, cols) >= row_cost (SSMT_DTYPE_I8, cols))
    wanted = SSMT_DTYPE_I8;
  if (wanted == SSMT_DTYPE_I8 && row_cost (SSMT_DTYPE_I8, cols) >= row_cost (SSMT_DTYPE_F32, cols))
    wanted = SSMT_DTYPE_F32;
  return wanted;
}

static SsmtDType
target_dtype (const SsmtTensor *tensor, SsmtDType wanted)
{
  if (!tensor->matrix)
    return SSMT_DTYPE_F32;
  return tensor->dtype == wanted ? wanted : convert_stored_dtype (wanted, tensor->matrix->cols);
}

/* --- what the new file holds ---------------------------------------------- */

static void
clear_info (gpointer info)
{
  g_free (((SsmtTensor *) info)->name);
}

static void
add_info (GArray *infos, const char *name, const char *suffix, SsmtDType dtype,
    const guint64 *shape, guint n_dims)
{
  SsmtTensor info = { .name = g_strconcat (name, suffix, NULL), .dtype = dtype, .n_dims = n_dims };

  memcpy (info.shape, shape, n_dims * sizeof *shape);
  g_array_append_val (infos, info);
}

static void
plan_tensor (GArray *infos, const SsmtTensor *tensor, SsmtDType dtype)
{
  const SsmtMatrix *matrix = tensor->matrix;
  guint64 whole[2], scales[2];

  if (!matrix) {
    add_info (infos, tensor->name, "", dtype, tensor->shape, tensor->n_dims);
    return;
  }
  whole[0] = scales[0] = matrix->rows;
  whole[1] = dtype == SSMT_DTYPE_Q4 ? ssmt_row_bytes (dtype, matrix->cols) : matrix->cols;
  scales[1] = ssmt_row_scales (dtype, matrix->cols);
  if (dtype == SSMT_DTYPE_Q4 || tensor->dtype == SSMT_DTYPE_Q4)
    add_info (infos, tensor->name, "", dtype, whole, 2);
  else /* with dimensions of 1 that it may have */
    add_info (infos, tensor->name, "", dtype, tensor->shape, tensor->n_dims);
  if (scales[1] > 0)
    add_info (
        infos, tensor->name, "_scale", SSMT_DTYPE_F32, scales, dtype == SSMT_DTYPE_Q4 ? 2 : 1);
}

static GArray *
plan (SsmtTensorSource *tensors, SsmtDType wanted)
{
  GArray *infos = g_array_new (FALSE, FALSE, sizeof (SsmtTensor));

  g_array_set_clear_func (infos, clear_info);
  for (guint i = 0; i < ssmt_tensor_source_get_n_tensors (tensors); i++) {
    const SsmtTensor *tensor = ssmt_tensor_source_get_tensor (tensors, i);

    if (!tensor->is_scale && !tensor->ignored)
      plan_tensor (infos, tensor, target_dtype (tensor, wanted));
  }
  return infos;
}

/* --- rows ----------------------------------------------------------------- */

static void
round_halves (const float *x, guint32 n, SsmtDType dtype, guint16 *halves)
{
  for (guint32 i = 0; i < n; i++)
    halves[i] =
        GUINT16_TO_LE (dtype == SSMT_DTYPE_F16 ? ssmt_f32_to_f16 (x[i]) : ssmt_f32_to_bf16 (x[i]));
}

/* `row` gets ssmt_row_bytes, `scales` ssmt_row_scales. */
static void
round_row (const float *x, guint32 cols, SsmtDType dtype, void *row, float *scales)
{
  switch (dtype) {
    case SSMT_DTYPE_F32:
      memcpy (row, x, cols * sizeof *x);
      break;
    case SSMT_DTYPE_F16:
    case SSMT_DTYPE_BF16:
      round_halves (x, cols, dtype, row);
      break;
    case SSMT_DTYPE_I8:
      *scales = ssmt_quantise_row (x, cols, row);
      break;
    case SSMT_DTYPE_Q4:
      for (guint32 i = 0; i < cols; i += SSMT_Q4_GROUP)
        scales[i / SSMT_Q4_GROUP] =
            ssmt_quantise_q4_group (x + i, MIN (cols - i, SSMT_Q4_GROUP), (guint8 *) row + i / 2);
      break;
  }
}

static gboolean
check_row (const SsmtTensor *tensor, const float *x, gsize n, SsmtDType dtype, GError **error)
{
  float limit = dtype == SSMT_DTYPE_F16 ? 65504 : INFINITY;

  for (gsize i = 0; i < n; i++)
    if (!isfinite (x[i]) || fabsf (x[i]) > limit) {
      g_set_error (error, SSMT_ERROR, SSMT_ERROR_INVALID,
          "tensor \"%s\" holds %g, which %s cannot stand for; use another "
          "dtype or mend the model",
          tensor->name, x[i], ssmt_tensor_dtype_name (dtype));
      return FALSE;
    }
  return TRUE;
}

/* --- tensors -------------------------------------------------------------- */

static gboolean
go_on (GError **error)
{
  if (!cli_stop_has_come ())
    return TRUE;
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED, "stopped; no folder was made");
  return FALSE;
}

/* One for all rows becomes one a row. */
static gboolean
write_scale (const SsmtTensor *tensor, CliSafetensors *file, const char *name, GError **error)
{
  guint32 rows = tensor->matrix->rows;
  g_autofree float *scales = g_new (float, rows);

  for (guint32 i = 0; i < rows; i++)
    scales[i] = tensor->scale;
  return cli_safetensors_write (file, name, 0, scales, rows * sizeof *scales, error);
}

/* It stays as it is, and so do its scales. */
static gboolean
copy_tensor (
    SsmtTensorSource *tensors, const SsmtTensor *tensor, CliSafetensors *file, GError **error)
{
  g_autofree char *name = g_strconcat (tensor->name, "_scale", NULL);

  if (!cli_safetensors_write (
          file, tensor->name, 0, tensor->data, tensor->end - tensor->begin, error))
    return FALSE;
  if (!tensor->matrix || ssmt_row_scales (tensor->dtype, tensor->matrix->cols) == 0)
    return TRUE;
  if (tensor->scale != 0)
    return write_scale (tensor, file, name, error);
  for (guint i = 0; i < ssmt_tensor_source_get_n_tensors (tensors); i++) {
    const SsmtTensor *scale = ssmt_tensor_source_get_tensor (tensors, i);

    if (strcmp (scale->name, name) == 0)
      return cli_safetensors_write (file, name, 0, scale->data, scale->end - scale->begin, error);
  }
  g_return_val_if_reached (FALSE);
}

static gboolean
round_tensor (SsmtTensorSource *tensors, const SsmtTensor *tensor, SsmtDType dtype,
    CliSafetensors *file, GError **error)
{
  guint32 rows = tensor->matrix ? tensor->matrix->rows : 1;
  gsize cols = tensor->matrix ? tensor->matrix->cols : tensor->n_elements;
  gsize bytes = ssmt_row_bytes (dtype, cols);
  gsize n_scales = ssmt_row_scales (dtype, cols);
  g_autofree float *x = g_new (float, cols);
  g_autofree float *scales = g_new (float, rows *n_scales + 1);
  g_autofree guint8 *row = g_malloc (bytes);
  g_autofree char *scale_name = g_strconcat (tensor->name, "_scale", NULL);

  for (guint32 r = 0; r < rows; r++) {
    ssmt_tensor_source_widen_row (tensors, tensor, r, x);
    if (!go_on (error))
      return FALSE;
    if (!check_row (tensor, x, cols, dtype, error))
      return FALSE;
    round_row (x, cols, dtype, row, scales + r * n_scales);
    if (!cli_safetensors_write (file, tensor->name, r * bytes, row, bytes, error))
      return FALSE;
  }
  return n_scales == 0
      || cli_safetensors_write (
          file, scale_name, 0, scales, rows * n_scales * sizeof (float), error);
}

gboolean
convert_weights (SsmtTensorSource *tensors, SsmtDType wanted, const char *path, GError **error)
{
  g_autoptr (GArray) infos = plan (tensors, wanted);
  g_autoptr (CliSafetensors) file = cli_safetensors_create (path, infos, error);

  if (!file)
    return FALSE;
  for (guint i = 0; i < ssmt_tensor_source_get_n_tensors (tensors); i++) {
    const SsmtTensor *tensor = ssmt_tensor_source_get_tensor (tensors, i);
    SsmtDType dtype;

    if (tensor->is_scale || tensor->ignored)
      continue;
    dtype = target_dtype (tensor, wanted);
    if (!go_on (error))
      return FALSE;
    if (!(dtype == tensor->dtype ? copy_tensor (tensors, tensor, file, error)
                                 : round_tensor (tensors, tensor, dtype, file, error)))
      return FALSE;
  }
  return cli_safetensors_finish (file, error);
}
