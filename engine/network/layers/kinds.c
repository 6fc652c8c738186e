/* ssmtranslate: the layer kinds there are
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "engine/network/layers/layers.h"

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
  &ssmt_mlp_class,
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
