/* ssmt convert: a configuration as a config.json of this project's own format (docs/model-format.md)
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "engine/cli/convert.h"

/* --- layers --------------------------------------------------------------- */

static void
set_norm (JsonObject *object, gboolean layer_norm, gboolean norm_after)
{
  json_object_set_string_member (object, "norm", layer_norm ? "layer" : "rms");
  json_object_set_string_member (object, "norm_placement", norm_after ? "after" : "before");
}

static JsonObject *
layer_to_json (const SsmtStackConfig *stack, const SsmtLayerConfig *layer)
{
  JsonObject *object = json_object_new ();
  g_autoptr (GList) keys = json_object_get_members (layer->keys.object);

  json_object_set_string_member (object, "kind", layer->kind);
  for (GList *k = keys; k; k = k->next)
    json_object_set_member (
        object, k->data, json_node_copy (json_object_get_member (layer->keys.object, k->data)));
  if (layer->layer_norm != stack->layer_norm || layer->norm_after != stack->norm_after)
    set_norm (object, layer->layer_norm, layer->norm_after);
  return object;
}

/* The own format numbers its layers: none can have the tensors of another. */
static gboolean
check_names (const SsmtStackConfig *stack, const char *names, GError **error)
{
  for (guint i = 0; i < stack->layers->len; i++) {
    const SsmtLayerConfig *layer = stack->layers->pdata[i];
    g_autofree char *own = g_strdup_printf ("%s.layers.%u.mixer.", names, i);

    if (!g_str_equal (layer->prefix, own)) {
      g_set_error (error, SSMT_ERROR, SSMT_ERROR_UNSUPPORTED,
          "layer %u has its tensors as \"%s\": models whose layers share tensors cannot be "
          "converted",
          i, layer->prefix);
      return FALSE;
    }
  }
  return TRUE;
}

static void
set_layers (JsonObject *object, const char *key, const SsmtStackConfig *stack)
{
  JsonArray *array = json_array_new ();

  for (guint i = 0; i < stack->layers->len; i++)
    json_array_add_object_element (array, layer_to_json (stack, stack->layers->pdata[i]));
  json_object_set_array_member (object, key, array);
}

static void
set_stack (JsonObject *object, const SsmtStackConfig *stack)
{
  set_norm (object, stack->layer_norm, stack->norm_after);
  json_object_set_boolean_member (object, "final_norm", stack->has_final_norm);
}

/* --- text ----------------------------------------------------------------- */

static JsonObject *
tokenizer_to_json (const SsmtTextConfig *text)
{
  JsonObject *object = json_object_new ();
  gboolean huggingface = text->tokenizer_type == SSMT_TOKENIZER_HUGGINGFACE;

  json_object_set_string_member (object, "type", huggingface ? "huggingface" : "sentencepiece");
  json_object_set_string_member (object, "source_file", text->source_tokenizer);
  json_object_set_string_member (object, "target_file", text->target_tokenizer);
  if (text->source_vocabulary) {
    json_object_set_string_member (object, "source_vocabulary", text->source_vocabulary);
    json_object_set_string_member (object, "target_vocabulary", text->target_vocabulary);
  }
  return object;
}

static JsonObject *
segment_to_json (const SsmtConfig *config)
{
  JsonObject *object = json_object_new ();
  JsonArray *forbidden = json_array_new ();

  json_object_set_int_member (object, "source_end", config->text.source_end);
  if (config->text.target_start == SSMT_TOKEN_ZERO)
    json_object_set_string_member (object, "target_start", "zero");
  else if (config->text.target_start >= 0)
    json_object_set_int_member (object, "target_start", config->text.target_start);
  json_object_set_int_member (object, "target_end", config->target_end);
  json_object_set_boolean_member (object, "carry", config->carry);
  json_object_set_boolean_member (object, "carry_end", config->carry_end);
  for (guint i = 0; i < config->forbidden->len; i++)
    json_array_add_int_element (forbidden, g_array_index (config->forbidden, gint32, i));
  json_object_set_array_member (object, "forbidden", forbidden);
  json_object_set_int_member (object, "max_source", config->max_source);
  json_object_set_int_member (object, "max_target", config->max_target);
  return object;
}

static void
set_card (JsonObject *object, const SsmtConfig *config)
{
  JsonObject *languages = json_object_new ();

  if (config->text.source_language)
    json_object_set_string_member (languages, "source", config->text.source_language);
  if (config->text.target_language)
    json_object_set_string_member (languages, "target", config->text.target_language);
  json_object_set_object_member (object, "languages", languages);
  if (config->license)
    json_object_set_string_member (object, "license", config->license);
}

/* --- the whole ------------------------------------------------------------ */

static JsonObject *
to_json (const SsmtConfig *config)
{
  JsonObject *object = json_object_new (), *encoder = json_object_new ();

  json_object_set_string_member (object, "model_type", "ssmt");
  json_object_set_int_member (object, "format_version", 1);
  json_object_set_int_member (object, "vocab_size", config->vocab_size);
  if (config->encoder_embeddings)
    json_object_set_int_member (object, "source_vocab_size", config->source_vocab_size);
  json_object_set_int_member (object, "d_model", config->d_model);
  json_object_set_double_member (object, "norm_eps", config->norm_eps);
  json_object_set_boolean_member (object, "tie_embeddings", config->tie_embeddings);
  json_object_set_boolean_member (object, "output_bias", config->output_bias);
  json_object_set_double_member (object, "embedding_scale", config->embedding_scale);
  set_stack (object, &config->decoder);
  set_stack (encoder, &config->encoder);
  json_object_set_object_member (object, "encoder", encoder);
  json_object_set_string_member (object, "positions", config->positions ? "sinusoidal" : "none");
  json_object_set_int_member (object, "position_offset", config->position_offset);
  json_object_set_int_member (object, "position_divisor", config->position_divisor);
  json_object_set_string_member (
      object, "position_reset", config->positions_by_segment ? "segment" : "document");
  json_object_set_boolean_member (object, "encoder_embeddings", config->encoder_embeddings);
  json_object_set_int_member (object, "max_context", config->max_context);
  set_layers (object, "encoder_layers", &config->encoder);
  set_layers (object, "decoder_layers", &config->decoder);
  json_object_set_object_member (object, "tokenizer", tokenizer_to_json (&config->text));
  json_object_set_object_member (object, "segment", segment_to_json (config));
  set_card (object, config);
  return object;
}

char *
convert_config_to_json (const SsmtConfig *config, GError **error)
{
  g_autoptr (JsonNode) node = NULL;
  g_autofree char *text = NULL;

  if (!check_names (&config->encoder, "encoder", error)
      || !check_names (&config->decoder, "backbone", error))
    return NULL;
  node = json_node_new (JSON_NODE_OBJECT);
  json_node_take_object (node, to_json (config));
  text = json_to_string (node, TRUE);
  return g_strconcat (text, "\n", NULL);
}

char **
convert_config_list_files (const SsmtConfig *config)
{
  const SsmtTextConfig *text = &config->text;
  const char *const names[] = { "README.md", "registry.json", "metadata.json",
    text->source_tokenizer, text->target_tokenizer, text->source_vocabulary,
    text->target_vocabulary };
  GStrvBuilder *files = g_strv_builder_new ();
  char **all;

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    if (names[i])
      g_strv_builder_add (files, names[i]);
  all = g_strv_builder_end (files);
  g_strv_builder_unref (files);
  return all;
}
