/* ssmtranslate: what layers are put together from: products with a matrix, and norms
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "engine/network/binder.h"

#include <math.h>

static void
linear (SsmtDevice *device, const SsmtProjection *projection, guint32 rows, SsmtStrided x,
    SsmtStrided out, gboolean accumulate)
{
  device->ops->linear (device,
      &(SsmtLinearOp){ .weight = projection->weight,
          .x = x.ref,
          .bias = projection->bias,
          .out = out.ref,
          .rows = rows,
          .x_stride = x.stride,
          .out_stride = out.stride,
          .accumulate = accumulate });
}

void
ssmt_project (SsmtDevice *device, const SsmtProjection *projection, guint32 rows, SsmtStrided x,
    SsmtStrided out)
{
  linear (device, projection, rows, x, out, FALSE);
}

void
ssmt_project_add (SsmtDevice *device, const SsmtProjection *projection, guint32 rows, SsmtStrided x,
    SsmtStrided out)
{
  linear (device, projection, rows, x, out, TRUE);
}

void
ssmt_norm_apply (const SsmtNorm *norm, SsmtDevice *device, SsmtRef x, SsmtRef out, guint32 rows)
{
  guint32 width = norm->width;

  if (norm->kind == SSMT_NORM_LAYER)
    device->ops->layer_norm (device,
        &(SsmtLayerNormOp){ .x = x,
            .weight = norm->weight,
            .bias = norm->bias,
            .out = out,
            .rows = rows,
            .dim = width,
            .x_stride = width,
            .out_stride = width,
            .eps = norm->eps });
  else
    device->ops->rms_norm (device,
        &(SsmtRmsNormOp){ .x = x,
            .weight = norm->weight,
            .out = out,
            .rows = rows,
            .dim = width,
            .group = width,
            .x_stride = width,
            .out_stride = width,
            .eps = norm->eps });
}

/* --- taking tensors ----------------------------------------------------- */

static void
add_cost (SsmtBinder *self, double bytes, double multiplies)
{
  if (self->cost == NULL)
    return;
  self->cost->bytes += bytes;
  self->cost->multiplies += multiplies;
}

const SsmtMatrix *
ssmt_binder_matrix (SsmtBinder *self, const char *name, guint32 rows, guint32 cols)
{
  g_autofree char *full = g_strconcat (self->prefix, name, NULL);
  const SsmtMatrix *matrix = self->error != NULL
      ? NULL
      : ssmt_tensor_source_get_matrix (self->source, full, rows, cols, &self->error);

  if (matrix != NULL)
    add_cost (self,
        (double) rows
            * (ssmt_row_bytes (matrix->dtype, cols)
                + ssmt_row_scales (matrix->dtype, cols) * sizeof (float)),
        (double) rows * cols);
  return matrix;
}

SsmtRef
ssmt_binder_floats (
    SsmtBinder *self, const char *name, guint32 rows, guint32 cols, SsmtTensorValues values)
{
  g_autofree char *full = g_strconcat (self->prefix, name, NULL);
  SsmtRef ref = { NULL, 0 };

  if (self->error == NULL
      && ssmt_tensor_source_get_floats (self->source, full, rows, cols, values, &ref, &self->error))
    add_cost (self, (double) rows * cols * sizeof (float), 0);
  return ref;
}

SsmtProjection
ssmt_binder_projection (
    SsmtBinder *self, const char *name, guint32 rows, guint32 cols, gboolean bias)
{
  g_autofree char *w = g_strconcat (name, ".weight", NULL);
  g_autofree char *b = g_strconcat (name, ".bias", NULL);
  SsmtProjection projection = { .weight = ssmt_binder_matrix (self, w, rows, cols) };

  if (bias)
    projection.bias = ssmt_binder_floats (self, b, rows, 1, SSMT_VALUES_WEIGHT);
  return projection;
}

void
ssmt_binder_norm (SsmtBinder *self, const char *name, SsmtNorm *norm)
{
  g_autofree char *w = g_strconcat (name, ".weight", NULL);
  g_autofree char *b = g_strconcat (name, ".bias", NULL);

  norm->weight = ssmt_binder_floats (self, w, norm->width, 1, SSMT_VALUES_GAIN);
  if (norm->kind == SSMT_NORM_LAYER)
    norm->bias = ssmt_binder_floats (self, b, norm->width, 1, SSMT_VALUES_WEIGHT);
}

float *
ssmt_binder_read (
    SsmtBinder *self, const char *name, guint32 rows, guint32 cols, SsmtTensorValues values)
{
  g_autofree char *full = g_strconcat (self->prefix, name, NULL);
  float *read = self->error != NULL
      ? NULL
      : ssmt_tensor_source_read_floats (self->source, full, rows, cols, values, &self->error);

  if (read != NULL)
    add_cost (self, (double) rows * cols * sizeof (float), 0);
  return read;
}

SsmtRef
ssmt_binder_upload (SsmtBinder *self, const char *name, const float *values, gsize n)
{
  g_autofree char *full = g_strconcat (self->prefix, name, NULL);
  SsmtRef ref = { NULL, 0 };

  if (self->error == NULL)
    ssmt_tensor_source_upload (self->source, full, values, n, &ref, &self->error);
  return ref;
}

SsmtRef
ssmt_binder_decay (SsmtBinder *self, guint32 rows, guint32 cols)
{
  g_autofree float *a_log = ssmt_binder_read (self, "A_log", rows, cols, SSMT_VALUES_LOG_DECAY);

  if (a_log == NULL)
    return (SsmtRef){ NULL, 0 };
  g_autofree float *a = g_new (float, (gsize) rows *cols);
  for (gsize r = 0; r < rows; r++) {
    for (gsize c = 0; c < cols; c++)
      a[c * rows + r] = (float) -exp (a_log[r * cols + c]); /* expf differs from CPU to CPU */
  }
  return ssmt_binder_upload (self, "A_log", a, (gsize) rows * cols);
}
