/* ssmtranslate: what layers have in common
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "engine/network/layers/layers.h"

#include <math.h>

gboolean
ssmt_layer_get_matrix (SsmtWeights *weights, const char *prefix,
    const char *name, guint32 rows, guint32 cols, const SsmtMatrix **matrix,
    GError **error)
{
  g_autofree char *full = g_strconcat (prefix, name, NULL);

  *matrix = ssmt_weights_get_matrix (weights, full, rows, cols, error);
  return *matrix != NULL;
}

gboolean
ssmt_layer_get_floats (SsmtWeights *weights, const char *prefix,
    const char *name, guint32 rows, guint32 cols, SsmtRef *ref, GError **error)
{
  g_autofree char *full = g_strconcat (prefix, name, NULL);

  return ssmt_weights_get_floats (weights, full, rows, cols, ref, error);
}

gboolean
ssmt_layer_get_projection (SsmtWeights *weights, const char *prefix,
    const char *name, guint32 rows, guint32 cols, gboolean bias,
    SsmtProjection *projection, GError **error)
{
  g_autofree char *w = g_strconcat (name, ".weight", NULL);
  g_autofree char *b = g_strconcat (name, ".bias", NULL);

  return ssmt_layer_get_matrix (weights, prefix, w, rows, cols,
      &projection->weight, error)
      && (!bias || ssmt_layer_get_floats (weights, prefix, b, rows, 1,
          &projection->bias, error));
}

void
ssmt_layer_project (SsmtDevice *device, const SsmtProjection *projection,
    SsmtRef x, SsmtRef out, guint32 rows, guint32 out_stride,
    gboolean accumulate)
{
  device->ops->linear (device, &(SsmtLinearOp) {
        .weight = projection->weight, .x = x, .bias = projection->bias,
        .out = out, .rows = rows, .x_stride = projection->weight->cols,
        .out_stride = out_stride, .accumulate = accumulate});
}

gboolean
ssmt_layer_get_inner_norm (const SsmtLayer *layer, SsmtWeights *weights,
    const char *prefix, const char *name, guint32 width, SsmtInnerNorm *norm,
    GError **error)
{
  g_autofree char *w = g_strconcat (name, ".weight", NULL);
  g_autofree char *b = g_strconcat (name, ".bias", NULL);

  norm->width = width;
  return ssmt_layer_get_floats (weights, prefix, w, width, 1, &norm->weight,
      error) && (!layer->layer_norm
      || ssmt_layer_get_floats (weights, prefix, b, width, 1, &norm->bias,
          error));
}

void
ssmt_layer_apply_norm (const SsmtLayer *layer, SsmtDevice *device,
    const SsmtInnerNorm *norm, SsmtRef x, guint32 rows)
{
  guint32 width = norm->width;

  if (layer->layer_norm)
    device->ops->layer_norm (device, &(SsmtLayerNormOp) {
          .x = x, .weight = norm->weight, .bias = norm->bias, .out = x,
          .rows = rows, .dim = width, .x_stride = width, .out_stride = width,
          .eps = layer->eps});
  else
    device->ops->rms_norm (device, &(SsmtRmsNormOp) {
          .x = x, .weight = norm->weight, .out = x, .rows = rows,
          .dim = width, .group = width, .x_stride = width,
          .out_stride = width, .eps = layer->eps});
}

SsmtRef
ssmt_layer_take (SsmtRef *scratch, guint32 rows, gsize width)
{
  SsmtRef part = *scratch;

  scratch->offset += (gsize) rows * width * sizeof (float);
  return part;
}

gboolean
ssmt_layer_get_decay (SsmtWeights *weights, const char *prefix, guint32 rows,
    guint32 cols, SsmtRef *ref, GError **error)
{
  g_autofree char *full = g_strconcat (prefix, "A_log", NULL);
  g_autofree float *a_log =
      ssmt_weights_read_floats (weights, full, rows, cols, error);

  if (a_log == NULL)
    return FALSE;
  g_autofree float *a = g_new (float, (gsize) rows * cols);
  for (gsize r = 0; r < rows; r++) {
    for (gsize c = 0; c < cols; c++)
      a[c * rows + r] = -expf (a_log[r * cols + c]);
  }
  *ref = ssmt_weights_upload (weights, a, (gsize) rows * cols);
  if (ref->buffer == NULL) {
    g_set_error (error, SSMT_ERROR, SSMT_ERROR_MEMORY,
        "no memory left on the device for %s", full);
    return FALSE;
  }
  return TRUE;
}
