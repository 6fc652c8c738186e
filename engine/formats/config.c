/* ssmtranslate: config.json -> list of layers with their sizes
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "engine/formats/config.h"

#include <string.h>

#include "engine/files/file.h"
#include "engine/formats/foreign.h"
#include "engine/files/json.h"
#include "engine/tokens/template.h"

#define MAX_FILE_BYTES (16 * 1024 * 1024)
#define MAX_SCALE 1e6
#define FOREIGN_SEGMENT 256     /* tokens of a side, where nothing is said */

/* --- layers ------------------------------------------------------------- */

static void
layer_config_free (SsmtLayerConfig *layer)
{
  g_free (layer->kind);
  g_free (layer->norm);
  g_free (layer->prefix);
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
  const char *stack = in_encoder ? "encoder" : "backbone";
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
  layer->norm = g_strdup_printf ("%s.layers.%u.norm", stack,
      layer->index);
  layer->prefix = g_strdup_printf ("%s.layers.%u.mixer.", stack,
      layer->index);
  g_ptr_array_add (layers, layer);
  return TRUE;
}

JsonObject *
ssmt_config_add_layer (SsmtConfig *config, gboolean in_encoder,
    const char *kind, char *norm, char *prefix)
{
  GPtrArray *layers =
      in_encoder ? config->encoder_layers : config->decoder_layers;
  SsmtLayerConfig *layer = g_new0 (SsmtLayerConfig, 1);

  layer->path = config->path;
  layer->kind = g_strdup (kind);
  layer->sizes = json_object_new ();
  layer->in_encoder = in_encoder;
  layer->index = layers->len;
  layer->norm = norm;
  layer->prefix = prefix;
  g_ptr_array_add (layers, layer);
  return layer->sizes;
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

/* What stands around the layers; all of it may be absent. */
static gboolean
parse_frame (SsmtConfig *config, const SsmtJson *top, GError **error)
{
  static const char *const norms[] = { "rms", "layer", NULL };
  static const char *const positions[] = { "none", "sinusoidal", NULL };
  guint norm, position;
  gint64 offset = 0;

  if (!ssmt_json_get_choice (top, "norm", norms, &norm, error)
      || !ssmt_json_get_choice (top, "positions", positions, &position, error)
      || (ssmt_json_has (top, "position_offset")
          && !ssmt_json_get_whole (top, "position_offset", 0, SSMT_MAX_CONTEXT,
              &offset, error)))
    return FALSE;
  config->layer_norm = norm;
  config->positions = position;
  config->position_offset = (guint32) offset;
  return !ssmt_json_has (top, "encoder_embeddings")
      || ssmt_json_get_boolean (top, "encoder_embeddings",
      &config->encoder_embeddings, error);
}

/* End of the last target, source, its end, start, target. */
guint32
ssmt_config_get_segment_tokens (const SsmtConfig *config)
{
  return config->max_source + config->max_target + 3;
}

static gboolean
parse_context (SsmtConfig *config, const SsmtJson *top, GError **error)
{
  guint32 least = ssmt_config_get_segment_tokens (config);

  config->max_context = MAX (SSMT_DEFAULT_CONTEXT, least);
  if (!ssmt_json_has (top, "max_context"))
    return TRUE;
  if (!ssmt_json_get_size (top, "max_context", SSMT_MAX_CONTEXT,
          &config->max_context, error))
    return FALSE;
  if (config->max_context < least)
    return ssmt_json_fail (error, SSMT_ERROR_INVALID, top->where,
        "\"max_context\" is %u, but one segment (max_source, max_target and "
        "3 more) takes up to %u tokens", config->max_context, least);
  return TRUE;
}

static gboolean
get_file_name (const SsmtJson *section, const char *key, char **name,
    GError **error)
{
  const char *value;

  if (!ssmt_json_get_string (section, key, &value, error))
    return FALSE;
  if (!ssmt_file_name_is_plain (value))
    return ssmt_json_wanted (section, key, SSMT_FILE_NAME_WANTED, error);
  *name = g_strdup (value);
  return TRUE;
}

static gboolean
parse_tokenizer (SsmtConfig *config, const SsmtJson *top, GError **error)
{
  g_autofree char *where = g_strdup_printf ("%s: tokenizer", top->where);
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

/* What stands around the texts: parts, or one id each. */
static gboolean
parse_template (SsmtConfig *config, const SsmtJson *segment, GError **error)
{
  static const char *const pairs[][2] = {
    { "source", "source_end" }, { "target", "target_start" }
  };

  for (guint i = 0; i < G_N_ELEMENTS (pairs); i++) {
    if (ssmt_json_has (segment, pairs[i][0])
        && ssmt_json_has (segment, pairs[i][1]))
      return ssmt_json_fail (error, SSMT_ERROR_INVALID, segment->where,
          "must have \"%s\" or \"%s\", not both", pairs[i][0], pairs[i][1]);
  }
  if (!ssmt_template_parse_parts (segment, "source", config->vocab_size, TRUE,
          &config->source_parts, error)
      || !ssmt_template_parse_parts (segment, "target", config->vocab_size,
          FALSE, &config->target_parts, error))
    return FALSE;
  if (config->source_parts == NULL
      && !get_id (config, segment, "source_end", &config->source_end, error))
    return FALSE;
  return !ssmt_json_has (segment, "target_start")
      || get_id (config, segment, "target_start", &config->target_start,
      error);
}

static gboolean
parse_segment (SsmtConfig *config, const SsmtJson *top, GError **error)
{
  g_autofree char *where = g_strdup_printf ("%s: segment", top->where);
  SsmtJson section = { NULL, where };

  config->source_end = config->target_start = -1;
  config->carry = TRUE;
  if (!ssmt_json_get_object (top, "segment", &section.object, error)
      || !parse_template (config, &section, error)
      || !get_id (config, &section, "target_end", &config->target_end, error)
      || !ssmt_json_get_boolean (&section, "carry_end", &config->carry_end,
          error)
      || !parse_forbidden (config, &section, error)
      || !ssmt_json_get_size (&section, "max_source", SSMT_MAX_SEGMENT,
          &config->max_source, error)
      || !ssmt_json_get_size (&section, "max_target", SSMT_MAX_SEGMENT,
          &config->max_target, error)
      || (ssmt_json_has (&section, "carry")
          && !ssmt_json_get_boolean (&section, "carry", &config->carry,
              error)))
    return FALSE;
  return TRUE;
}

static gboolean
parse_card (SsmtConfig *config, const SsmtJson *top, GError **error)
{
  g_autofree char *where = g_strdup_printf ("%s: languages", top->where);
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

/* --- a checkpoint of others ---------------------------------------------- */

/* The object that FOLDER/NAME holds, NULL without an error where there is no such file. */
static JsonObject *
load_optional (JsonParser *parser, const char *folder, const char *name,
    char **shown, GError **error)
{
  g_autofree char *path = g_build_filename (folder, name, NULL);
  g_autoptr (GMappedFile) file = NULL;
  gsize length;

  *shown = g_filename_display_name (path);
  if (!g_file_test (path, G_FILE_TEST_EXISTS))
    return NULL;
  file = ssmt_file_map (path, MAX_FILE_BYTES, error);
  if (!file)
    return NULL;
  length = g_mapped_file_get_length (file);
  return ssmt_json_parse (parser,
      length ? g_mapped_file_get_contents (file) : "", length, *shown, error);
}

static void
find_tokenizer (SsmtConfig *config, const char *folder)
{
  static const struct { const char *name; SsmtTokenizerType type; } files[] = {
    { "tokenizer.model", SSMT_TOKENIZER_SENTENCEPIECE },
    { "tokenizer.spm", SSMT_TOKENIZER_SENTENCEPIECE },
    { "tokenizer.json", SSMT_TOKENIZER_HUGGINGFACE },
  };

  for (guint i = 0; i < G_N_ELEMENTS (files) && !config->source_tokenizer; i++) {
    g_autofree char *path = g_build_filename (folder, files[i].name, NULL);

    if (g_file_test (path, G_FILE_TEST_EXISTS)) {
      config->source_tokenizer = g_strdup (files[i].name);
      config->target_tokenizer = g_strdup (files[i].name);
      config->tokenizer_type = files[i].type;
    }
  }
}

/* Without ssmt.json the text goes in as it is, and what the library calls the end of the
 * text ends both sides. */
static gboolean
load_foreign_text (SsmtConfig *config, const char *folder, GError **error)
{
  g_autoptr (JsonParser) parser = json_parser_new_immutable ();
  g_autoptr (JsonParser) other = json_parser_new_immutable ();
  g_autofree char *where = NULL, *where_generation = NULL;
  GError *why = NULL;
  SsmtJson top, generation;

  generation.object = load_optional (other, folder, "generation_config.json",
      &where_generation, &why);
  generation.where = where_generation;
  if (!why && generation.object)
    ssmt_foreign_get_end (config, &generation, &config->target_end, &why);
  config->source_end = config->target_end;
  config->target_start = -1;
  config->carry_end = config->carry = TRUE;
  config->max_source = config->max_target = FOREIGN_SEGMENT;

  top.object = why ? NULL : load_optional (parser, folder, "ssmt.json", &where,
      &why);
  top.where = where;
  if (!why && top.object) {
    if ((ssmt_json_has (&top, "tokenizer")
            && !parse_tokenizer (config, &top, &why))
        || (ssmt_json_has (&top, "segment")
            && !parse_segment (config, &top, &why))
        || !parse_card (config, &top, &why))
      g_assert (why);
  }
  if (!why) {
    g_autoptr (JsonObject) none = json_object_new ();

    if (!top.object)
      top.object = none;
    parse_context (config, &top, &why);
  }
  if (why) {
    g_propagate_error (error, why);
    return FALSE;
  }
  if (!config->source_tokenizer)
    find_tokenizer (config, folder);
  return TRUE;
}

/* --- the file ------------------------------------------------------------ */

static gboolean
parse_native (SsmtConfig *config, const SsmtJson *top, GError **error)
{
  config->embedding = "backbone.embeddings.weight";
  config->output = "lm_head.weight";
  config->decoder_norm = "backbone.norm_f";
  return parse_kind_of_file (top, error)
      && parse_widths (config, top, error)
      && parse_layers (config, top, TRUE, error)
      && parse_layers (config, top, FALSE, error)
      && parse_tokenizer (config, top, error)
      && parse_segment (config, top, error)
      && parse_frame (config, top, error)
      && parse_context (config, top, error)
      && parse_card (config, top, error);
}

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
  if (!top.object)
    return NULL;
  if (!(ssmt_foreign_is (&top) ? ssmt_foreign_parse (config, &top, error)
          : parse_native (config, &top, error)))
    return NULL;
  return g_steal_pointer (&config);
}

SsmtConfig *
ssmt_config_load (const char *folder, GError **error)
{
  g_autofree char *path = g_build_filename (folder, "config.json", NULL);
  g_autofree char *shown = g_filename_display_name (path);
  g_autoptr (GMappedFile) file = ssmt_file_map (path, MAX_FILE_BYTES, error);
  g_autoptr (SsmtConfig) config = NULL;
  gsize length;

  if (!file)
    return NULL;
  length = g_mapped_file_get_length (file);
  config = ssmt_config_parse (length ? g_mapped_file_get_contents (file) : "",
      length, shown, error);
  if (!config
      || (config->family && !load_foreign_text (config, folder, error)))
    return NULL;
  return g_steal_pointer (&config);
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
  g_clear_pointer (&config->source_parts, g_ptr_array_unref);
  g_clear_pointer (&config->target_parts, g_ptr_array_unref);
  g_free (config->source_tokenizer);
  g_free (config->target_tokenizer);
  g_free (config->source_language);
  g_free (config->target_language);
  g_free (config->license);
  g_free (config);
}
