/* ssmtranslate: what formats of other libraries' checkpoints share
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "engine/formats/checkpoint.h"

#include <math.h>
#include <string.h>

#include "engine/files/file.h"
#include "engine/formats/sections.h"

#define SEGMENT 256 /* tokens of a side, where nothing is said */

/* --- reading ------------------------------------------------------------ */

/* Infinity is written in words: {"__float__": "Infinity"} by transformers 5. */
static gboolean
limit_of_node (JsonNode *node, double *value)
{
  JsonObject *object;

  if (JSON_NODE_HOLDS_OBJECT (node)) {
    object = json_node_get_object (node);
    node = json_object_get_member (object, "__float__");
    *value = INFINITY;
    return g_strcmp0 (ssmt_json_string_of_node (node), "Infinity") == 0;
  }
  if (!JSON_NODE_HOLDS_VALUE (node)
      || (json_node_get_value_type (node) != G_TYPE_INT64
          && json_node_get_value_type (node) != G_TYPE_DOUBLE))
    return FALSE;
  *value = json_node_get_double (node);
  return *value >= 0;
}

void
ssmt_checkpoint_limits (SsmtReader *r, const char *key, double *min, double *max)
{
  JsonArray *array = ssmt_reader_array (r, key, FALSE);
  double from, to;

  if (!array)
    return;
  if (json_array_get_length (array) != 2
      || !limit_of_node (json_array_get_element (array, 0), &from)
      || !limit_of_node (json_array_get_element (array, 1), &to) || !(from <= to)) {
    ssmt_reader_wanted (r, key, "two numbers from 0 on, the smaller first");
    return;
  }
  *min = from;
  *max = to;
}

guint32
ssmt_checkpoint_scaled (SsmtReader *r, const char *key, double fallback, guint32 width)
{
  double value = floor (ssmt_reader_number (r, key, fallback, 0, SSMT_MAX_DIM) * width);

  if (value >= 1 && value <= SSMT_MAX_DIM)
    return (guint32) value;
  ssmt_reader_fail (r, SSMT_ERROR_INVALID,
      "\"%s\" times %u gives a width of %.0f, expected 1 to %d", key, width, value, SSMT_MAX_DIM);
  return 1;
}

guint32
ssmt_checkpoint_rank (SsmtReader *r, const char *key, guint32 width)
{
  JsonNode *node = json_object_get_member (r->object, key);

  if (g_strcmp0 (ssmt_json_string_of_node (node), "auto") == 0)
    return (width + 15) / 16;
  return ssmt_reader_size (r, key, (width + 15) / 16, SSMT_MAX_DIM);
}

/* --- refusing ----------------------------------------------------------- */

void
ssmt_checkpoint_refuse (SsmtReader *r, const char *key, const char *needed)
{
  JsonNode *node = json_object_get_member (r->object, key);
  g_autofree char *value = node ? json_to_string (node, FALSE) : g_strdup ("absent");

  ssmt_reader_fail (r, SSMT_ERROR_UNSUPPORTED,
      "\"%s\" is %.200s, which this version cannot run: it needs %s", key, value, needed);
}

void
ssmt_checkpoint_refuse_true (SsmtReader *r, const char *key, const char *needed)
{
  if (ssmt_reader_boolean (r, key, FALSE))
    ssmt_checkpoint_refuse (r, key, needed);
}

void
ssmt_checkpoint_refuse_false (SsmtReader *r, const char *key, const char *needed)
{
  if (!ssmt_reader_boolean (r, key, TRUE))
    ssmt_checkpoint_refuse (r, key, needed);
}

void
ssmt_checkpoint_refuse_set (SsmtReader *r, const char *key, const char *needed)
{
  if (ssmt_reader_has (r, key))
    ssmt_checkpoint_refuse (r, key, needed);
}

void
ssmt_checkpoint_only_silu (SsmtReader *r, const char *key)
{
  const char *act = ssmt_reader_string (r, key, FALSE);

  if (act && strcmp (act, "silu") != 0 && strcmp (act, "swish") != 0)
    ssmt_checkpoint_refuse (r, key, "an activation other than SiLU");
}

/* --- filling ------------------------------------------------------------ */

void
ssmt_checkpoint_widths (SsmtConfig *config, SsmtReader *r, gboolean tied)
{
  config->vocab_size = ssmt_reader_size (r, "vocab_size", SSMT_REQUIRED, SSMT_MAX_VOCAB);
  config->d_model = ssmt_reader_size (r, "hidden_size", SSMT_REQUIRED, SSMT_MAX_DIM);
  config->tie_embeddings = ssmt_reader_boolean (r, "tie_word_embeddings", tied);
  ssmt_checkpoint_refuse_set (r, "quantization_config",
      "weights that are quantised in the checkpoint's own way; take the "
      "unquantised checkpoint");
}

void
ssmt_checkpoint_names (SsmtConfig *config, const char *embedding, const char *final_norm)
{
  config->decoder.embedding = embedding;
  config->decoder.final_norm = final_norm;
  config->output = "lm_head";
}

void
ssmt_checkpoint_name_backbone (SsmtConfig *config)
{
  ssmt_checkpoint_names (config, "backbone.embeddings.weight", "backbone.norm_f");
}

static char *
numbered (const char *name, guint block)
{
  const char *at = strchr (name, '%');

  return g_strdup_printf ("%.*s%u%s", (int) (at - name), name, block, at + 1);
}

SsmtLayerConfig *
ssmt_checkpoint_layer (
    SsmtConfig *config, const char *kind, guint block, const char *norm, const char *prefix)
{
  return ssmt_config_add_layer (
      config, &config->decoder, kind, numbered (norm, block), numbered (prefix, block));
}

void
ssmt_checkpoint_attention (SsmtConfig *config, guint block, const char *norm, const char *prefix,
    const SsmtAttentionSizes *sizes)
{
  SsmtLayerConfig *o = ssmt_checkpoint_layer (config, "attention", block, norm, prefix);

  ssmt_layer_config_set_size (o, "heads", sizes->heads);
  ssmt_layer_config_set_size (o, "kv_heads", sizes->kv_heads);
  ssmt_layer_config_set_size (o, "head_dim", MAX (sizes->head_dim, 1));
  if (sizes->window > 0)
    ssmt_layer_config_set_size (o, "window", sizes->window);
  if (sizes->rotary_dim > 0)
    ssmt_layer_config_set_number (o, "rotary_base", sizes->rotary_base);
  if (sizes->rotary_dim > 0 && sizes->rotary_dim < sizes->head_dim)
    ssmt_layer_config_set_size (o, "rotary_dim", sizes->rotary_dim);
  if (sizes->bias)
    ssmt_layer_config_set_boolean (o, "bias", TRUE);
}

void
ssmt_checkpoint_mamba (SsmtConfig *config, const char *kind, guint n, const SsmtMambaSizes *s)
{
  gboolean second = strcmp (kind, "mamba2") == 0;

  for (guint i = 0; i < n; i++) {
    SsmtLayerConfig *o = ssmt_checkpoint_layer (
        config, kind, i, "backbone.layers.%.norm", "backbone.layers.%.mixer.");

    ssmt_layer_config_set_size (o, "d_inner", s->d_inner);
    ssmt_layer_config_set_size (o, "d_state", s->d_state);
    ssmt_layer_config_set_size (o, "d_conv", s->d_conv);
    ssmt_layer_config_set_boolean (o, "bias", s->bias);
    ssmt_layer_config_set_boolean (o, "conv_bias", s->conv_bias);
    if (second) {
      ssmt_layer_config_set_size (o, "head_dim", s->head_dim);
      ssmt_layer_config_set_size (o, "n_groups", s->n_groups);
      ssmt_layer_config_set_string (o, "norm_group", "group");
      ssmt_layer_config_set_number (o, "dt_min", s->dt_min);
      if (isfinite (s->dt_max))
        ssmt_layer_config_set_number (o, "dt_max", s->dt_max);
    } else {
      ssmt_layer_config_set_size (o, "dt_rank", s->dt_rank);
    }
    if (s->inner_eps > 0) {
      ssmt_layer_config_set_string (o, "dt_bc_norm", "plain");
      ssmt_layer_config_set_number (o, "dt_bc_norm_eps", s->inner_eps);
    }
  }
}

/* --- text --------------------------------------------------------------- */

/* FOLDER/NAME in a reader, empty where there is no such file. */
static gboolean
load_optional (SsmtReader *r, JsonParser *parser, const char *folder, const char *name,
    gboolean foreign, GError **error)
{
  g_autofree char *path = g_build_filename (folder, name, NULL);
  g_autofree char *shown = g_filename_display_name (path);
  g_autoptr (GBytes) file = NULL;
  JsonObject *object = NULL;
  GError *why = NULL;
  const char *text;
  gsize length;

  if (g_file_test (path, G_FILE_TEST_EXISTS)) {
    file = ssmt_file_load (path, SSMT_MAX_CONFIG_BYTES, &why);
    text = file ? ssmt_file_get_text (file, &length) : NULL;
    if (file)
      object = ssmt_json_parse (parser, text, length, shown, &why);
  }
  ssmt_reader_init (r, object, foreign, "%s", shown);
  if (!why)
    return TRUE;
  g_propagate_error (error, why);
  return FALSE;
}

/* The first of "eos_token_id", which is an id or a list of them. Leaves *id alone where there is
 * none. */
static void
read_end (const SsmtConfig *config, SsmtReader *r, gint32 *id)
{
  JsonNode *node = json_object_get_member (r->object, "eos_token_id");
  g_autofree char *wanted = NULL;
  gint64 whole;

  if (!ssmt_reader_has (r, "eos_token_id"))
    return;
  if (JSON_NODE_HOLDS_ARRAY (node) && json_array_get_length (json_node_get_array (node)) > 0)
    node = json_array_get_element (json_node_get_array (node), 0);
  if (ssmt_json_whole_of_node (node, 0, (gint64) config->vocab_size - 1, &whole)) {
    *id = (gint32) whole;
    return;
  }
  wanted =
      g_strdup_printf ("a whole number from 0 to %u, or a list of such", config->vocab_size - 1);
  ssmt_reader_wanted (r, "eos_token_id", wanted);
}

static void
find_tokenizer (SsmtTextConfig *text, const char *folder)
{
  static const struct {
    const char *name;
    SsmtTokenizerType type;
  } files[] = {
    { "tokenizer.model", SSMT_TOKENIZER_SENTENCEPIECE },
    { "tokenizer.spm", SSMT_TOKENIZER_SENTENCEPIECE },
    { "tokenizer.json", SSMT_TOKENIZER_HUGGINGFACE },
  };

  for (guint i = 0; i < G_N_ELEMENTS (files) && !text->source_tokenizer; i++) {
    g_autofree char *path = g_build_filename (folder, files[i].name, NULL);

    if (g_file_test (path, G_FILE_TEST_EXISTS)) {
      text->source_tokenizer = g_strdup (files[i].name);
      text->target_tokenizer = g_strdup (files[i].name);
      text->tokenizer_type = files[i].type;
    }
  }
}

/* generation_config.json, which comes before config.json. */
static gboolean
read_generation (SsmtConfig *config, const char *folder, GError **error)
{
  g_autoptr (JsonParser) parser = json_parser_new_immutable ();
  g_auto (SsmtReader) r = { NULL };

  if (!load_optional (&r, parser, folder, "generation_config.json", TRUE, error))
    return FALSE;
  read_end (config, &r, &config->target_end);
  return ssmt_reader_finish (&r, error);
}

static gboolean
read_text (const SsmtFamily *family, SsmtConfig *config, const char *folder, GError **error)
{
  g_autoptr (JsonParser) parser = json_parser_new_immutable ();
  g_auto (SsmtReader) top = { NULL };

  if (folder && !read_generation (config, folder, error))
    return FALSE;
  config->text.source_end = config->target_end;
  config->carry_end = TRUE;
  config->max_source = config->max_target = SEGMENT;
  if (family->set_segment)
    family->set_segment (config);
  if (!folder)
    ssmt_reader_init (&top, NULL, FALSE, "%s", config->path);
  else if (!load_optional (&top, parser, folder, "ssmt.json", FALSE, error))
    return FALSE;
  ssmt_sections_read (config, &top, FALSE);
  if (!ssmt_reader_finish (&top, error))
    return FALSE;
  if (folder)
    find_tokenizer (&config->text, folder);
  return TRUE;
}

/* --- the whole ---------------------------------------------------------- */

const SsmtFamily *
ssmt_checkpoint_find (const SsmtFamily *families, const SsmtFormatInput *input)
{
  const char *type = input->json
      ? ssmt_json_string_of_node (json_object_get_member (input->json, "model_type"))
      : NULL;

  for (; type && families->model_type; families++)
    if (strcmp (type, families->model_type) == 0)
      return families;
  return NULL;
}

/* The heads and bare stacks of a library have other tensors. */
static void
check_architecture (const SsmtFamily *family, SsmtReader *r)
{
  JsonArray *array = family->architecture ? ssmt_reader_array (r, "architectures", FALSE) : NULL;

  if (!array || json_array_get_length (array) == 0)
    return;
  if (g_strcmp0 (ssmt_json_string_of_node (json_array_get_element (array, 0)), family->architecture)
      != 0) {
    g_autofree char *needed = g_strdup_printf ("a language model, %s", family->architecture);

    ssmt_checkpoint_refuse (r, "architectures", needed);
  }
}

gboolean
ssmt_checkpoint_read (
    const SsmtFamily *family, SsmtConfig *config, const SsmtFormatInput *input, GError **error)
{
  g_auto (SsmtReader) r;

  ssmt_reader_init (&r, input->json, TRUE, "%s", input->path);
  config->family = family->name;
  config->norm_eps = 1e-5f;
  check_architecture (family, &r);
  family->read (config, &r);
  config->target_end = MIN (family->end, (gint32) config->vocab_size - 1);
  read_end (config, &r, &config->target_end);
  return ssmt_reader_finish (&r, error) && read_text (family, config, input->folder, error);
}

/* Takes `source`. */
static SsmtTensorSource *
without_copies (const SsmtConfig *config, SsmtTensorSource *source)
{
  g_autofree char *output = g_strconcat (config->output, ".weight", NULL);

  ssmt_tensor_source_ignore_ending (source, ".inv_freq");
  if (config->tie_embeddings
      && ssmt_tensor_source_are_same (source, config->decoder.embedding, output))
    ssmt_tensor_source_ignore (source, output);
  return source;
}

SsmtTensorSource *
ssmt_checkpoint_open (
    const SsmtConfig *config, const char *folder, SsmtDevice *device, GError **error)
{
  SsmtTensorSource *source = ssmt_tensor_source_open_folder (folder, device, error);

  return source ? without_copies (config, source) : NULL;
}

SsmtTensorSource *
ssmt_checkpoint_open_mamba (
    const SsmtConfig *config, const char *folder, SsmtDevice *device, GError **error)
{
  SsmtTensorSource *source = ssmt_tensor_source_open_folder (folder, device, error);

  if (!source)
    return NULL;
  ssmt_tensor_source_rename (source, "backbone.embedding.weight", config->decoder.embedding);
  return without_copies (config, source);
}
