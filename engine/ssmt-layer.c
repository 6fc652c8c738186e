/* ssmtranslate: the layer kinds there are
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "ssmt-layer.h"

#include <math.h>

#include "layers/ssmt-layers.h"

static const SsmtLayerClass *const layer_classes[] = {
  &ssmt_mamba_class,
  &ssmt_mamba2_class,
  &ssmt_attention_class,
  &ssmt_cross_attention_class,
  &ssmt_swiglu_class,
  &ssmt_retention_class,
  &ssmt_gla_class,
  &ssmt_delta_net_class,
  &ssmt_gated_delta_net_class,
  &ssmt_glu_class,
};

static const SsmtLayerClass *
find_class (const char *kind)
{
  for (guint i = 0; i < G_N_ELEMENTS (layer_classes); i++) {
    if (g_str_equal (layer_classes[i]->kind, kind))
      return layer_classes[i];
  }
  return NULL;
}

static char *
list_kinds (void)
{
  GString *kinds = g_string_new (NULL);

  for (guint i = 0; i < G_N_ELEMENTS (layer_classes); i++)
    g_string_append_printf (kinds, "%s%s", i > 0 ? ", " : "",
        layer_classes[i]->kind);
  return g_string_free (kinds, FALSE);
}

SsmtLayer *
ssmt_layer_new (const SsmtLayerConfig *config, guint32 d_model, float eps,
    GError **error)
{
  const SsmtLayerClass *klass = find_class (config->kind);

  if (klass == NULL) {
    g_autofree char *kinds = list_kinds ();

    ssmt_layer_config_set_error (config, error,
        "this version does not know the layer kind; it knows %s", kinds);
    if (error != NULL && *error != NULL)
      (*error)->code = SSMT_ERROR_UNSUPPORTED;
    return NULL;
  }
  SsmtLayer *layer = g_malloc0 (klass->instance_size);
  layer->klass = klass;
  layer->d_model = d_model;
  layer->eps = eps;
  if (!klass->configure (layer, config, error)) {
    ssmt_layer_free (layer);
    return NULL;
  }
  return layer;
}

void
ssmt_layer_free (SsmtLayer *layer)
{
  g_free (layer);
}

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
