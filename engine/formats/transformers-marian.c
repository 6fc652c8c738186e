/* ssmtranslate: MarianMTModel of transformers, as OPUS-MT's models are published
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Keys and defaults of transformers 5.23 (models/marian/configuration_marian.py), equations of its
 * modeling_marian.py. They differ from Marian's own: the norms' epsilon, and angles of positions that are
 * divided by d / 2 and not by d / 2 - 1.
 */
#include <math.h>
#include <string.h>

#include "engine/files/file.h"
#include "engine/formats/checkpoint.h"

#define SHARED "model.shared.weight"
#define ENCODER_TABLE "model.encoder.embed_tokens.weight"
#define DECODER_TABLE "model.decoder.embed_tokens.weight"
#define MAX_SOURCE 127
#define MAX_JSON_BYTES (1024 * 1024)

/* --- the network -------------------------------------------------------- */

typedef struct {
  SsmtStackConfig *stack;
  const char *name; /* "encoder" */
  const char *depth, *heads, *ffn;
} Side;

static SsmtLayerConfig *
add_layer (SsmtConfig *config, const Side *side, const char *kind, guint block, const char *norm,
    const char *part)
{
  return ssmt_config_add_layer (config, side->stack, kind,
      g_strdup_printf ("model.%s.layers.%u.%s", side->name, block, norm),
      g_strdup_printf ("model.%s.layers.%u.%s", side->name, block, part));
}

static SsmtLayerConfig *
add_attention (SsmtConfig *config, const Side *side, const char *kind, guint block,
    const char *name, guint32 heads)
{
  g_autofree char *norm = g_strconcat (name, "_layer_norm", NULL);
  g_autofree char *part = g_strconcat (name, ".", NULL);
  SsmtLayerConfig *layer = add_layer (config, side, kind, block, norm, part);

  ssmt_layer_config_set_size (layer, "heads", heads);
  ssmt_layer_config_set_size (layer, "head_dim", MAX (config->d_model / heads, 1));
  ssmt_layer_config_set_boolean (layer, "bias", TRUE);
  return layer;
}

static void
add_side (SsmtConfig *config, SsmtReader *r, const Side *side, const char *activation)
{
  guint32 depth = ssmt_reader_size (r, side->depth, SSMT_REQUIRED, SSMT_MAX_LAYERS / 3);
  guint32 heads = ssmt_reader_size (r, side->heads, SSMT_REQUIRED, 4096);
  guint32 hidden = ssmt_reader_size (r, side->ffn, SSMT_REQUIRED, SSMT_MAX_DIM);
  gboolean encoder = side->stack == &config->encoder;

  if (config->d_model % heads != 0)
    ssmt_reader_fail (
        r, SSMT_ERROR_INVALID, "\"%s\" must divide \"d_model\" %u", side->heads, config->d_model);
  for (guint i = 0; i < depth && !r->error; i++) {
    SsmtLayerConfig *layer = add_attention (config, side, "attention", i, "self_attn", heads);

    if (encoder)
      ssmt_layer_config_set_boolean (layer, "bidirectional", TRUE);
    else
      /* the last layer is the one that most of these models were taught to align with */
      ssmt_layer_config_set_string (
          add_attention (config, side, "cross_attention", i, "encoder_attn", heads), "alignment",
          i + 1 == depth ? "all" : "none");
    layer = add_layer (config, side, "mlp", i, "final_layer_norm", "");
    ssmt_layer_config_set_size (layer, "hidden", hidden);
    ssmt_layer_config_set_string (layer, "activation", activation);
    ssmt_layer_config_set_boolean (layer, "bias", TRUE);
  }
}

static const char *
read_activation (SsmtReader *r)
{
  const char *name = ssmt_reader_string (r, "activation_function", FALSE);

  if (!name || g_str_equal (name, "gelu"))
    return "gelu";
  if (g_str_equal (name, "relu"))
    return "relu";
  ssmt_checkpoint_only_silu (r, "activation_function");
  return "silu";
}

static void
read_marian (SsmtConfig *config, SsmtReader *r)
{
  Side encoder = { &config->encoder, "encoder", "encoder_layers", "encoder_attention_heads",
    "encoder_ffn_dim" };
  Side decoder = { &config->decoder, "decoder", "decoder_layers", "decoder_attention_heads",
    "decoder_ffn_dim" };
  gboolean shared = ssmt_reader_boolean (r, "share_encoder_decoder_embeddings", TRUE);
  const char *activation = read_activation (r), *start;

  config->source_vocab_size = ssmt_reader_size (r, "vocab_size", SSMT_REQUIRED, SSMT_MAX_VOCAB);
  config->vocab_size =
      ssmt_reader_size (r, "decoder_vocab_size", config->source_vocab_size, SSMT_MAX_VOCAB);
  config->d_model = ssmt_reader_size (r, "d_model", SSMT_REQUIRED, SSMT_MAX_DIM);
  config->embedding_scale =
      ssmt_reader_boolean (r, "scale_embedding", FALSE) ? sqrtf (config->d_model) : 1;
  ssmt_checkpoint_refuse_true (r, "normalize_before", "norms before the layers");
  ssmt_checkpoint_refuse_true (r, "normalize_embedding", "a norm of the embeddings");
  ssmt_checkpoint_refuse_true (r, "add_final_layer_norm", "a norm behind the stacks");
  ssmt_checkpoint_refuse_false (r, "static_position_embeddings", "learnt positions");
  ssmt_checkpoint_refuse_false (r, "tie_word_embeddings", "an output layer of its own");
  ssmt_checkpoint_refuse_set (r, "quantization_config", "the unquantised checkpoint");
  config->positions = config->positions_by_segment = TRUE;
  config->position_divisor = config->d_model / 2;
  config->tie_embeddings = config->output_bias = TRUE;
  config->encoder_embeddings = !shared;
  config->encoder.embedding = ENCODER_TABLE;
  config->decoder.embedding = shared ? SHARED : DECODER_TABLE;
  config->output = "lm_head";
  config->encoder.layer_norm = config->decoder.layer_norm = TRUE;
  config->encoder.norm_after = config->decoder.norm_after = TRUE;
  config->encoder.has_final_norm = config->decoder.has_final_norm = FALSE;
  add_side (config, r, &encoder, activation);
  add_side (config, r, &decoder, activation);
  /* What the decoder begins with; its row of the embedding is zero. */
  start = ssmt_reader_has (r, "decoder_start_token_id") || !ssmt_reader_has (r, "pad_token_id")
      ? "decoder_start_token_id"
      : "pad_token_id";
  config->text.target_start =
      (gint32) ssmt_reader_whole (r, start, SSMT_REQUIRED, 0, config->vocab_size - 1);
}

/* --- text --------------------------------------------------------------- */

static gboolean
has_file (const char *folder, const char *name)
{
  g_autofree char *path = g_build_filename (folder, name, NULL);

  return g_file_test (path, G_FILE_TEST_EXISTS);
}

/* What tokenizer_config.json says of languages, where it is there and sound. */
static void
read_languages (SsmtTextConfig *text, const char *folder)
{
  g_autofree char *path = g_build_filename (folder, "tokenizer_config.json", NULL);
  g_autoptr (GBytes) bytes = ssmt_file_read (path, MAX_JSON_BYTES, NULL);
  g_autoptr (JsonParser) parser = json_parser_new_immutable ();
  JsonObject *object = NULL;
  const char *json;
  gsize length;

  if (bytes) {
    json = ssmt_file_get_text (bytes, &length);
    object = ssmt_json_parse (parser, json, length, path, NULL);
  }
  if (!object)
    return;
  if (!text->source_language)
    text->source_language =
        g_strdup (ssmt_json_string_of_node (json_object_get_member (object, "source_lang")));
  if (!text->target_language)
    text->target_language =
        g_strdup (ssmt_json_string_of_node (json_object_get_member (object, "target_lang")));
}

/* Trained on single sentences. What the decoder begins with is never put out. */
static void
set_segment (SsmtConfig *config)
{
  config->carry = FALSE;
  config->carry_end = FALSE;
  config->max_source = MAX_SOURCE;
  config->max_target = 3 * MAX_SOURCE;
  if (config->text.target_start != config->target_end)
    g_array_append_val (config->forbidden, config->text.target_start);
}

/* What an ssmt.json has not said. */
static void
find_text (SsmtTextConfig *text, const char *folder)
{
  gboolean separate = has_file (folder, "target_vocab.json");

  read_languages (text, folder);
  if (text->source_tokenizer || !has_file (folder, "source.spm"))
    return;
  text->source_tokenizer = g_strdup ("source.spm");
  text->target_tokenizer = g_strdup ("target.spm");
  text->source_vocabulary = g_strdup ("vocab.json");
  text->target_vocabulary = g_strdup (separate ? "target_vocab.json" : "vocab.json");
}

/* --- the format --------------------------------------------------------- */

static const SsmtFamily families[] = {
  { "marian", "MarianMTModel", "MarianMT of transformers", 0, read_marian, set_segment }, { NULL }
};
static const char *const types[] = { "marian", NULL };

static gboolean
recognise (const SsmtFormatInput *input)
{
  return ssmt_checkpoint_find (families, input) != NULL;
}

static gboolean
read_folder (SsmtConfig *config, const SsmtFormatInput *input, GError **error)
{
  if (!ssmt_checkpoint_read (families, config, input, error))
    return FALSE;
  if (input->folder)
    find_text (&config->text, input->folder);
  return TRUE;
}

/* Which of the tied tables a file has is up to the version that wrote it. */
static SsmtTensorSource *
open_tensors (const SsmtConfig *config, const char *folder, SsmtDevice *device, GError **error)
{
  static const char *const tables[] = { SHARED, DECODER_TABLE, "lm_head.weight", ENCODER_TABLE };
  SsmtTensorSource *source = ssmt_tensor_source_open_folder (folder, device, error);

  if (!source)
    return NULL;
  ssmt_tensor_source_rename_ending (source, ".out_proj.weight", ".o_proj.weight");
  ssmt_tensor_source_rename_ending (source, ".out_proj.bias", ".o_proj.bias");
  ssmt_tensor_source_rename_ending (source, ".fc1.weight", ".up_proj.weight");
  ssmt_tensor_source_rename_ending (source, ".fc1.bias", ".up_proj.bias");
  ssmt_tensor_source_rename_ending (source, ".fc2.weight", ".down_proj.weight");
  ssmt_tensor_source_rename_ending (source, ".fc2.bias", ".down_proj.bias");
  ssmt_tensor_source_rename (source, "final_logits_bias", "lm_head.bias");
  ssmt_tensor_source_ignore_ending (source, "embed_positions.weight");
  for (guint i = 0; i < G_N_ELEMENTS (tables); i++) {
    if (config->encoder_embeddings && g_str_equal (tables[i], ENCODER_TABLE))
      continue;
    if (!ssmt_tensor_source_has (source, config->decoder.embedding))
      ssmt_tensor_source_rename (source, tables[i], config->decoder.embedding);
    else if (!g_str_equal (tables[i], config->decoder.embedding)
        && ssmt_tensor_source_are_same (source, config->decoder.embedding, tables[i]))
      ssmt_tensor_source_ignore (source, tables[i]);
  }
  return source;
}

const SsmtFormat ssmt_format_transformers_marian = {
  .types = types,
  .recognise = recognise,
  .read = read_folder,
  .open = open_tensors,
};
