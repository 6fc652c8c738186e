/* ssmtranslate: what a model consists of, whatever format says so
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "engine/formats/config.h"

static void
layer_config_free (gpointer data)
{
  SsmtLayerConfig *layer = data;

  g_free (layer->kind);
  g_free (layer->norm);
  g_free (layer->prefix);
  ssmt_reader_clear (&layer->keys);
  g_free (layer);
}

static void
stack_init (SsmtStackConfig *stack)
{
  stack->layers = g_ptr_array_new_with_free_func (layer_config_free);
  stack->has_final_norm = TRUE;
}

SsmtConfig *
ssmt_config_new (const char *path)
{
  SsmtConfig *config = g_new0 (SsmtConfig, 1);

  config->path = g_strdup (path);
  config->embedding_scale = 1;
  config->carry = TRUE;
  config->forbidden = g_array_new (FALSE, FALSE, sizeof (gint32));
  config->text.path = config->path;
  config->text.source_end = config->text.target_start = config->text.end_to_check = -1;
  stack_init (&config->encoder);
  stack_init (&config->decoder);
  return config;
}

void
ssmt_config_set_path (SsmtConfig *config, const char *path)
{
  g_free (config->path);
  config->path = g_strdup (path);
  config->text.path = config->path;
}

void
ssmt_config_free (SsmtConfig *config)
{
  if (!config)
    return;
  g_ptr_array_unref (config->encoder.layers);
  g_ptr_array_unref (config->decoder.layers);
  g_array_unref (config->forbidden);
  ssmt_text_config_clear (&config->text);
  g_free (config->license);
  g_free (config->shortlist);
  if (config->opened)
    config->close_opened (config->opened);
  g_free (config->path);
  g_free (config);
}

/* End of the last target, source, its end, start, target. */
guint32
ssmt_config_get_segment_tokens (const SsmtConfig *config)
{
  return config->max_source + config->max_target + 3;
}

/* --- layers ------------------------------------------------------------- */

SsmtLayerConfig *
ssmt_config_add_layer (
    SsmtConfig *config, SsmtStackConfig *stack, const char *kind, char *norm, char *prefix)
{
  SsmtLayerConfig *layer = g_new0 (SsmtLayerConfig, 1);

  layer->kind = g_strdup (kind);
  layer->norm = norm;
  layer->prefix = prefix;
  layer->layer_norm = stack->layer_norm;
  layer->norm_after = stack->norm_after;
  ssmt_reader_init (&layer->keys, NULL, FALSE, "%s: %s_layers[%u] (%s)", config->path,
      stack == &config->encoder ? "encoder" : "decoder", stack->layers->len, kind);
  g_ptr_array_add (stack->layers, layer);
  return layer;
}

void
ssmt_layer_config_set_size (SsmtLayerConfig *layer, const char *key, guint32 value)
{
  json_object_set_int_member (layer->keys.object, key, value);
}

void
ssmt_layer_config_set_number (SsmtLayerConfig *layer, const char *key, double value)
{
  json_object_set_double_member (layer->keys.object, key, value);
}

void
ssmt_layer_config_set_boolean (SsmtLayerConfig *layer, const char *key, gboolean value)
{
  json_object_set_boolean_member (layer->keys.object, key, value);
}

void
ssmt_layer_config_set_string (SsmtLayerConfig *layer, const char *key, const char *value)
{
  json_object_set_string_member (layer->keys.object, key, value);
}
