/* ssmtranslate: the sizes of a layer, as its kind asks for them
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "engine/formats/config.h"

#include <string.h>

#include "engine/files/json.h"

static char *
layer_where (const SsmtLayerConfig *layer)
{
  return g_strdup_printf ("%s: %s[%u] (%s)",
      layer->path ? layer->path : "config.json",
      layer->in_encoder ? "encoder_layers" : "decoder_layers", layer->index, layer->kind);
}

gboolean
ssmt_layer_config_get_size (const SsmtLayerConfig *layer, const char *key,
    gint64 fallback, guint32 max, guint32 *value, GError **error)
{
  g_autofree char *where = layer_where (layer);
  SsmtJson section = { layer->sizes, where };

  if (fallback >= 0 && !ssmt_json_has (&section, key)) {
    *value = (guint32) fallback;
    return TRUE;
  }
  return ssmt_json_get_size (&section, key, max, value, error);
}

gboolean
ssmt_layer_config_get_count (const SsmtLayerConfig *layer, const char *key,
    guint32 max, guint32 *value, GError **error)
{
  g_autofree char *where = layer_where (layer);
  SsmtJson section = { layer->sizes, where };
  gint64 whole = 0;

  if (ssmt_json_has (&section, key)
      && !ssmt_json_get_whole (&section, key, 0, max, &whole, error))
    return FALSE;
  *value = (guint32) whole;
  return TRUE;
}

gboolean
ssmt_layer_config_get_choice (const SsmtLayerConfig *layer, const char *key,
    const char *const *names, guint *value, GError **error)
{
  g_autofree char *where = layer_where (layer);
  SsmtJson section = { layer->sizes, where };

  return ssmt_json_get_choice (&section, key, names, value, error);
}

gboolean
ssmt_layer_config_get_float (const SsmtLayerConfig *layer, const char *key,
    double fallback, double min, double max, float *value, GError **error)
{
  g_autofree char *where = layer_where (layer);
  SsmtJson section = { layer->sizes, where };

  if (fallback >= 0 && !ssmt_json_has (&section, key)) {
    *value = (float) fallback;
    return TRUE;
  }
  return ssmt_json_get_float (&section, key, min, max, value, error);
}

gboolean
ssmt_layer_config_get_boolean (const SsmtLayerConfig *layer, const char *key,
    gboolean fallback, gboolean *value, GError **error)
{
  g_autofree char *where = layer_where (layer);
  SsmtJson section = { layer->sizes, where };

  if (!ssmt_json_has (&section, key)) {
    *value = fallback;
    return TRUE;
  }
  return ssmt_json_get_boolean (&section, key, value, error);
}

void
ssmt_layer_config_set_error (const SsmtLayerConfig *layer, GError **error,
    const char *format, ...)
{
  g_autofree char *where = layer_where (layer);
  g_autofree char *what = NULL;
  va_list args;

  va_start (args, format);
  what = g_strdup_vprintf (format, args);
  va_end (args);
  ssmt_json_fail (error, SSMT_ERROR_INVALID, where, "%s", what);
}

gboolean
ssmt_layer_config_check_keys (const SsmtLayerConfig *layer,
    const char *const *known, GError **error)
{
  g_autoptr (GList) keys = json_object_get_members (layer->sizes);

  for (GList *k = keys; k; k = k->next) {
    g_autofree char *list = NULL;

    if (strcmp (k->data, "kind") == 0 || g_strv_contains (known, k->data))
      continue;
    list = g_strjoinv (", ", (char **) known);
    ssmt_layer_config_set_error (layer, error,
        "unknown key \"%s\", expected only: %s", (const char *) k->data, list);
    return FALSE;
  }
  return TRUE;
}
