/* ssmtranslate: config.json -> list of layers with their sizes
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "ssmt-config.h"

#include <string.h>

#include "ssmt-file.h"
#include "ssmt-json.h"

#define MAX_FILE_BYTES (16 * 1024 * 1024)
#define MAX_SCALE 1e6

/* --- layers ------------------------------------------------------------- */

static void
layer_config_free (SsmtLayerConfig *layer)
{
  g_free (layer->kind);
  json_object_unref (layer->sizes);
  g_free (layer);
}

static const char *
stack_name (gboolean in_encoder)
{
  return in_encoder ? "encoder_layers" : "decoder_layers";
}

static gboolean
parse_layer (SsmtConfig *config, GPtrArray *layers, JsonNode *node,
    gboolean in_encoder, GError **error)
{
  g_autofree char *where = g_strdup_printf ("%s: %s[%u]", config->path,
      stack_name (in_encoder), layers->len);
  SsmtJson section = { NULL, where };
  SsmtLayerConfig *layer;
  const char *kind;

  if (!JSON_NODE_HOLDS_OBJECT (node))
    return ssmt_json_fail (error, SSMT_ERROR_INVALID, where,
        "must be an object");
  section.object = json_node_get_object (node);
  if (!ssmt_json_get_string (&section, "kind", &kind, error))
    return FALSE;

  layer = g_new0 (SsmtLayerConfig, 1);
  layer->path = config->path;
  layer->kind = g_strdup (kind);
  layer->sizes = json_object_ref (section.object);
  layer->in_encoder = in_encoder;
  layer->index = layers->len;
  g_ptr_array_add (layers, layer);
  return TRUE;
}

static gboolean
parse_layers (SsmtConfig *config, const SsmtJson *top, gboolean in_encoder,
    GError **error)
{
  const char *key = stack_name (in_encoder);
  GPtrArray *layers =
      in_encoder ? config->encoder_layers : config->decoder_layers;
  JsonArray *array;
  guint n;

  if (in_encoder && !ssmt_json_has (top, key))
    return TRUE;
  if (!ssmt_json_get_array (top, key, &array, error))
    return FALSE;
  n = json_array_get_length (array);
  if (n > SSMT_MAX_LAYERS || (n == 0 && !in_encoder))
    return ssmt_json_fail (error, SSMT_ERROR_INVALID, top->where,
        "\"%s\" must hold %d to %d layers", key, in_encoder ? 0 : 1,
        SSMT_MAX_LAYERS);

  for (guint i = 0; i < n; i++)
    if (!parse_layer (config, layers, json_array_get_element (array, i),
            in_encoder, error))
      return FALSE;
  return TRUE;
}

/* --- the other parts ---------------------------------------------------- */

static gboolean
parse_kind_of_file (const SsmtJson *top, GError **error)
{
  const char *type;
  double version;

  if (!ssmt_json_get_string (top, "model_type", &type, error))
    return FALSE;
  if (strcmp (type, "ssmt") != 0)
    return ssmt_json_fail (error, SSMT_ERROR_UNSUPPORTED, top->where,
        "\"model_type\" is \"%s\", this version reads only \"ssmt\"", type);

  if (!ssmt_json_number_of_node (json_object_get_member (top->object,
              "format_version"), &version))
    return ssmt_json_wanted (top, "format_version", "the number 1", error);
  if (version != 1)
    return ssmt_json_fail (error, SSMT_ERROR_UNSUPPORTED, top->where,
        "\"format_version\" is %.0f, this version reads only 1", version);
  return TRUE;
}

static gboolean
parse_widths (SsmtConfig *config, const SsmtJson *top, GError **error)
{
  config->embedding_scale = 1;
  if (!ssmt_json_get_size (top, "vocab_size", SSMT_MAX_VOCAB,
          &config->vocab_size, error)
      || !ssmt_json_get_size (top, "d_model", SSMT_MAX_DIM, &config->d_model,
          error)
      || !ssmt_json_get_float (top, "norm_eps", 0, 1, &config->norm_eps, error)
      || !ssmt_json_get_boolean (top, "tie_embeddings",
          &config->tie_embeddings, error))
    return FALSE;
  return !ssmt_json_has (top, "embedding_scale")
      || ssmt_json_get_float (top, "embedding_scale", 0, MAX_SCALE,
      &config->embedding_scale, error);
}

/* The name of a file inside the folder, which leads nowhere else. */
static gboolean
get_file_name (const SsmtJson *section, const char *key, char **name,
    GError **error)
{
  const char *value;

  if (!ssmt_json_get_string (section, key, &value, error))
    return FALSE;
  if (!*value || strpbrk (value, "/\\") || strstr (value, "..")
      || strcmp (value, ".") == 0)
    return ssmt_json_wanted (section, key,
        "the name of a file in the model folder, without \"/\" and \"..\"",
        error);
  *name = g_strdup (value);
  return TRUE;
}

static gboolean
parse_tokenizer (SsmtConfig *config, const SsmtJson *top, GError **error)
{
  g_autofree char *where = g_strdup_printf ("%s: tokenizer", config->path);
  SsmtJson section = { NULL, where };
  const char *type;

  if (!ssmt_json_get_object (top, "tokenizer", &section.object, error)
      || !ssmt_json_get_string (&section, "type", &type, error))
    return FALSE;
  if (strcmp (type, "huggingface") == 0)
    config->tokenizer_type = SSMT_TOKENIZER_HUGGINGFACE;
  else if (strcmp (type, "sentencepiece") != 0)
    return ssmt_json_fail (error, SSMT_ERROR_UNSUPPORTED, where,
        "\"type\" is \"%s\", this version reads only \"sentencepiece\" and "
        "\"huggingface\" (a tokenizer.json)", type);

  if (ssmt_json_has (&section, "source_file")
      || ssmt_json_has (&section, "target_file")) {
    if (ssmt_json_has (&section, "file"))
      return ssmt_json_fail (error, SSMT_ERROR_INVALID, where,
          "must have \"file\", or \"source_file\" and \"target_file\", "
          "not all of them");
    return get_file_name (&section, "source_file", &config->source_tokenizer,
        error) && get_file_name (&section, "target_file",
        &config->target_tokenizer, error);
  }
  if (!get_file_name (&section, "file", &config->source_tokenizer, error))
    return FALSE;
  config->target_tokenizer = g_strdup (config->source_tokenizer);
  return TRUE;
}

static gboolean
get_id (const SsmtConfig *config, const SsmtJson *section, const char *key,
    gint32 *id, GError **error)
{
  gint64 whole;

  if (!ssmt_json_get_whole (section, key, 0,
          (gint64) config->vocab_size - 1, &whole, error))
    return FALSE;
  *id = (gint32) whole;
  return TRUE;
}

static gboolean
parse_forbidden (SsmtConfig *config, const SsmtJson *segment, GError **error)
{
  JsonArray *array;

  if (!ssmt_json_has (segment, "forbidden"))
    return TRUE;
  if (!ssmt_json_get_array (segment, "forbidden", &array, error))
    return FALSE;
  for (guint i = 0; i < json_array_get_length (array); i++) {
    gint64 whole;
    gint32 id;

    if (!ssmt_json_whole_of_node (json_array_get_element (array, i), 0,
            (gint64) config->vocab_size - 1, &whole))
      return ssmt_json_fail (error, SSMT_ERROR_INVALID, segment->where,
          "\"forbidden\"[%u] must be a whole number from 0 to %u", i,
          config->vocab_size - 1);
    id = (gint32) whole;
    if (id == config->target_end)
      return ssmt_json_fail (error, SSMT_ERROR_INVALID, segment->where,
          "\"forbidden\" must not hold \"target_end\" (%d): no target "
          "would ever end", id);
    g_array_append_val (config->forbidden, id);
  }
  return TRUE;
}

static gboolean
parse_segment (SsmtConfig *config, const SsmtJson *top, GError **error)
{
  g_autofree char *where = g_strdup_printf ("%s: segment", config->path);
  SsmtJson section = { NULL, where };

  config->target_start = -1;
  if (!ssmt_json_get_object (top, "segment", &section.object, error)
      || !get_id (config, &section, "source_end", &config->source_end, error)
      || !get_id (config, &section, "target_end", &config->target_end, error)
      || !ssmt_json_get_boolean (&section, "carry_end", &config->carry_end,
          error)
      || !parse_forbidden (config, &section, error)
      || !ssmt_json_get_size (&section, "max_source", SSMT_MAX_SEGMENT,
          &config->max_source, error)
      || !ssmt_json_get_size (&section, "max_target", SSMT_MAX_SEGMENT,
          &config->max_target, error))
    return FALSE;
  return !ssmt_json_has (&section, "target_start")
      || get_id (config, &section, "target_start", &config->target_start,
      error);
}

static gboolean
parse_card (SsmtConfig *config, const SsmtJson *top, GError **error)
{
  g_autofree char *where = g_strdup_printf ("%s: languages", config->path);
  SsmtJson languages = { NULL, where };

  if (!ssmt_json_get_optional_string (top, "license", &config->license, error))
    return FALSE;
  if (!ssmt_json_has (top, "languages"))
    return TRUE;
  return ssmt_json_get_object (top, "languages", &languages.object, error)
      && ssmt_json_get_optional_string (&languages, "source",
      &config->source_language, error)
      && ssmt_json_get_optional_string (&languages, "target",
      &config->target_language, error);
}

/* --- the file ------------------------------------------------------------ */

SsmtConfig *
ssmt_config_parse (const char *json, gssize length, const char *path,
    GError **error)
{
  g_autoptr (JsonParser) parser = json_parser_new_immutable ();
  g_autoptr (SsmtConfig) config = g_new0 (SsmtConfig, 1);
  SsmtJson top;

  config->path = g_strdup (path);
  config->forbidden = g_array_new (FALSE, FALSE, sizeof (gint32));
  config->encoder_layers =
      g_ptr_array_new_with_free_func ((GDestroyNotify) layer_config_free);
  config->decoder_layers =
      g_ptr_array_new_with_free_func ((GDestroyNotify) layer_config_free);

  top.where = config->path;
  top.object = ssmt_json_parse (parser, json,
      length < 0 ? strlen (json) : (gsize) length, path, error);
  if (!top.object
      || !parse_kind_of_file (&top, error)
      || !parse_widths (config, &top, error)
      || !parse_layers (config, &top, TRUE, error)
      || !parse_layers (config, &top, FALSE, error)
      || !parse_tokenizer (config, &top, error)
      || !parse_segment (config, &top, error)
      || !parse_card (config, &top, error))
    return NULL;
  return g_steal_pointer (&config);
}

SsmtConfig *
ssmt_config_load (const char *folder, GError **error)
{
  g_autofree char *path = g_build_filename (folder, "config.json", NULL);
  g_autofree char *shown = g_filename_display_name (path);
  g_autoptr (GMappedFile) file = ssmt_file_map (path, MAX_FILE_BYTES, error);
  gsize length;

  if (!file)
    return NULL;
  length = g_mapped_file_get_length (file);
  return ssmt_config_parse (length ? g_mapped_file_get_contents (file) : "",
      length, shown, error);
}

void
ssmt_config_free (SsmtConfig *config)
{
  if (!config)
    return;
  g_free (config->path);
  g_clear_pointer (&config->encoder_layers, g_ptr_array_unref);
  g_clear_pointer (&config->decoder_layers, g_ptr_array_unref);
  g_clear_pointer (&config->forbidden, g_array_unref);
  g_free (config->source_tokenizer);
  g_free (config->target_tokenizer);
  g_free (config->source_language);
  g_free (config->target_language);
  g_free (config->license);
  g_free (config);
}

/* --- sizes of a layer --------------------------------------------------- */

static char *
layer_where (const SsmtLayerConfig *layer)
{
  return g_strdup_printf ("%s: %s[%u] (%s)",
      layer->path ? layer->path : "config.json",
      stack_name (layer->in_encoder), layer->index, layer->kind);
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
