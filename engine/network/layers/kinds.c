/* ssmtranslate: the layer kinds there are
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "engine/network/layers/layer.h"

#define KIND(name, file) extern const SsmtLayerClass ssmt_##name##_class;
#include "engine/network/layers/kinds.def"
#undef KIND

static const SsmtLayerClass *const layer_classes[] = {
#define KIND(name, file) &ssmt_##name##_class,
#include "engine/network/layers/kinds.def"
#undef KIND
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
    g_string_append_printf (kinds, "%s%s", i > 0 ? ", " : "", layer_classes[i]->kind);
  return g_string_free (kinds, FALSE);
}

SsmtLayer *
ssmt_layer_new (const char *kind, SsmtReader *keys, const SsmtLayerFrame *frame, GError **error)
{
  const SsmtLayerClass *klass = find_class (kind);

  if (klass == NULL) {
    g_autofree char *kinds = list_kinds ();

    ssmt_json_fail (error, SSMT_ERROR_UNSUPPORTED, keys->where,
        "this version does not know the layer kind; it knows %s", kinds);
    return NULL;
  }
  SsmtLayer *layer = g_malloc0 (klass->instance_size);
  layer->klass = klass;
  layer->frame = *frame;
  layer->d_model = frame->d_model;
  layer->scores = klass->scores;
  klass->configure (layer, keys);
  if (!ssmt_reader_finish (keys, error)) {
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
