/* ssmtranslate: models of Marian, as Firefox's students and OPUS-MT have them
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What the item `special:model.yml` says becomes the list of layers that docs/model-format.md has, under its
 * names of tensors [marian-dev: models/transformer.h]. Matrices of type intgemm8 are used as they lie in
 * the file: int8 in rows of outputs, one scale for all. Others stand there in rows of inputs and are
 * turned round. The multipliers of activations (`*_QuantMultA`) are not read: activations are rounded
 * with one step a row, which comes closer to the float model than one step for all texts.
 */
#include <math.h>
#include <string.h>

#include "engine/files/yaml.h"
#include "engine/formats/checkpoint.h"
#include "engine/formats/marian-file.h"
#include "engine/formats/marian-folder.h"
#include "engine/formats/marian-tensors.h"

#define YAML "special:model.yml"
#define EPS 1e-6       /* [marian-dev: layers/generic.h] */
#define MAX_PIECES 127 /* of a source: what Firefox cuts longer ones to */
#define MAX_OUTPUT 384 /* three times as much */

static const char *const activations[] = { "relu", "gelu", "silu", NULL };
static const char *const marian_activations[] = { "relu", "gelu", "swish", NULL };

/* --- the configuration -------------------------------------------------- */

/* What cannot be run: the key may be absent or have this value. */
static void
check_fixed (SsmtReader *r)
{
  static const struct {
    const char *key;
    const char *text; /* as JSON has it */
    const char *needed;
  } fixed[] = {
    { "type", "transformer", "another network" },
    { "transformer-postprocess-emb", "d", "a norm of the embeddings" },
    { "transformer-ffn-depth", "2", "feed-forward networks of another depth" },
    { "transformer-decoder-ffn-depth", "0", "feed-forward networks of another depth" },
    { "transformer-train-position-embeddings", "false", "learnt positions" },
    { "layer-normalization", "false", "norms inside the recurrent cell" },
    { "transformer-rnn-projection", "false", "a projection behind the recurrent cell" },
    { "transformer-no-projection", "false", "attention without an output projection" },
    { "transformer-no-bias", "false", "projections without biases" },
    { "transformer-no-affine", "false", "norms without weights" },
    { "transformer-pool", "false", "pooling" },
    { "transformer-disable-position-embeddings", "false", "embeddings without positions" },
    { "right-left", "false", "a decoder from right to left" },
    { "ulr", "false", "universal language representations" },
    { "lemma-dim-emb", "0", "factored vocabularies" },
    { "factors-dim-emb", "0", "factored vocabularies" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (fixed); i++) {
    JsonNode *node = json_object_get_member (r->object, fixed[i].key);
    g_autofree char *value = NULL;

    if (!node || !ssmt_reader_has (r, fixed[i].key))
      continue;
    value = json_to_string (node, FALSE);
    g_strdelimit (value, "\"", ' ');
    if (!g_str_equal (g_strstrip (value), fixed[i].text))
      ssmt_checkpoint_refuse (r, fixed[i].key, fixed[i].needed);
  }
}

/* Norms stand before the blocks ("n", "da", "n") or after them ("", "dan", ""). */
static gboolean
read_norm_placement (SsmtReader *r)
{
  const char *before = ssmt_reader_string (r, "transformer-preprocess", FALSE);
  const char *after = ssmt_reader_string (r, "transformer-postprocess", FALSE);
  const char *top = ssmt_reader_string (r, "transformer-postprocess-top", FALSE);
  gboolean pre = before && g_str_equal (before, "n");

  if (before && *before && !pre)
    ssmt_checkpoint_refuse (r, "transformer-preprocess", "\"n\" or \"\"");
  if (!after || !g_str_equal (after, pre ? "da" : "dan"))
    ssmt_checkpoint_refuse (
        r, "transformer-postprocess", pre ? "\"da\", with norms before" : "\"dan\"");
  if (pre ? !top || !g_str_equal (top, "n") : top && *top)
    ssmt_checkpoint_refuse (
        r, "transformer-postprocess-top", pre ? "\"n\", with norms before" : "\"\"");
  return !pre;
}

/* Two numbers, source and target. */
static void
read_vocab_sizes (SsmtConfig *config, SsmtReader *r)
{
  JsonArray *array = ssmt_reader_array (r, "dim-vocabs", TRUE);
  gint64 sizes[2] = { 1, 1 };

  for (guint i = 0; array && i < 2; i++)
    if (json_array_get_length (array) != 2
        || !ssmt_json_whole_of_node (
            json_array_get_element (array, i), 1, SSMT_MAX_VOCAB, &sizes[i])) {
      ssmt_reader_wanted (r, "dim-vocabs", "two sizes, of source and target");
      return;
    }
  config->source_vocab_size = (guint32) sizes[0];
  config->vocab_size = (guint32) sizes[1];
}

/* Which embeddings there are, and what the output layer is. */
static void
read_ties (SsmtConfig *config, SsmtReader *r)
{
  gboolean all = ssmt_reader_boolean (r, "tied-embeddings-all", FALSE);
  gboolean source = ssmt_reader_boolean (r, "tied-embeddings-src", FALSE);

  if (!ssmt_reader_boolean (r, "tied-embeddings", FALSE) && !all)
    ssmt_checkpoint_refuse (r, "tied-embeddings", "an output layer of its own");
  config->tie_embeddings = TRUE;
  config->encoder_embeddings = !all && !source;
  config->output_bias = !ssmt_reader_boolean (r, "output-omit-bias", FALSE);
  if (!config->encoder_embeddings && config->source_vocab_size != config->vocab_size)
    ssmt_reader_fail (r, SSMT_ERROR_INVALID,
        "\"dim-vocabs\" are %u and %u, but both sides share one embedding",
        config->source_vocab_size, config->vocab_size);
}

/* --- layers ------------------------------------------------------------- */

typedef struct {
  guint32 heads, hidden, decoder_hidden, encoder_depth, decoder_depth, aligned;
  guint activation;
  gboolean recurrent;
  JsonArray *tied; /* numbers of the decoder's layers; empty: each its own */
} Sizes;

static guint32
read_aligned (SsmtReader *r, guint32 depth)
{
  JsonNode *node = json_object_get_member (r->object, "transformer-guided-alignment-layer");
  gint64 number;

  ssmt_reader_has (r, "transformer-guided-alignment-layer");
  if (node && ssmt_json_whole_of_node (node, 1, depth, &number))
    return (guint32) number;
  return depth;
}

static void
read_sizes (SsmtConfig *config, SsmtReader *r, Sizes *s)
{
  static const char *const decoders[] = { "self-attention", "rnn", NULL };
  const char *cell = ssmt_reader_string (r, "dec-cell", FALSE);
  guint32 hidden;

  config->d_model = ssmt_reader_size (r, "dim-emb", SSMT_REQUIRED, SSMT_MAX_DIM);
  s->heads = ssmt_reader_size (r, "transformer-heads", 8, 4096);
  s->hidden = ssmt_reader_size (r, "transformer-dim-ffn", SSMT_REQUIRED, SSMT_MAX_DIM);
  hidden = ssmt_reader_whole (r, "transformer-decoder-dim-ffn", 0, 0, SSMT_MAX_DIM);
  s->decoder_hidden = hidden ? hidden : s->hidden;
  s->encoder_depth = ssmt_reader_size (r, "enc-depth", SSMT_REQUIRED, SSMT_MAX_LAYERS / 2);
  s->decoder_depth = ssmt_reader_size (r, "dec-depth", SSMT_REQUIRED, SSMT_MAX_LAYERS / 3);
  s->activation = ssmt_reader_choice (r, "transformer-ffn-activation", marian_activations);
  s->recurrent = ssmt_reader_choice (r, "transformer-decoder-autoreg", decoders);
  s->tied = ssmt_reader_array (r, "transformer-tied-layers", FALSE);
  s->aligned = read_aligned (r, s->decoder_depth);
  if (s->recurrent && (!cell || !g_str_equal (cell, "ssru")))
    ssmt_checkpoint_refuse (r, "dec-cell", "another recurrent cell than \"ssru\"");
  if (config->d_model % s->heads != 0 || config->d_model / s->heads % 2 != 0)
    ssmt_reader_fail (r, SSMT_ERROR_INVALID,
        "\"transformer-heads\" must divide \"dim-emb\" %u into even parts", config->d_model);
}

/* The layer whose tensors decoder layer `i` has, from 0. */
static guint32
tensors_of (SsmtReader *r, const Sizes *s, guint32 i)
{
  gint64 number;

  if (!s->tied || json_array_get_length (s->tied) == 0)
    return i;
  if (json_array_get_length (s->tied) == s->decoder_depth
      && ssmt_json_whole_of_node (
          json_array_get_element (s->tied, i), 1, s->decoder_depth, &number))
    return (guint32) number - 1;
  ssmt_reader_wanted (
      r, "transformer-tied-layers", "the number of a layer for each of the decoder's");
  return 0;
}

/* Its names are those of this project's own format; decoder layers that share their tensors have
 * one index. */
static SsmtLayerConfig *
add_layer (SsmtConfig *config, SsmtStackConfig *stack, const char *kind, guint32 index)
{
  const char *names = stack == &config->encoder ? "encoder" : "backbone";

  return ssmt_config_add_layer (config, stack, kind,
      g_strdup_printf ("%s.layers.%u.norm", names, index),
      g_strdup_printf ("%s.layers.%u.mixer.", names, index));
}

static SsmtLayerConfig *
add_attention (
    SsmtConfig *config, SsmtStackConfig *stack, const char *kind, guint32 index, const Sizes *s)
{
  SsmtLayerConfig *layer = add_layer (config, stack, kind, index);

  ssmt_layer_config_set_size (layer, "heads", s->heads);
  ssmt_layer_config_set_size (layer, "head_dim", config->d_model / s->heads);
  ssmt_layer_config_set_boolean (layer, "bias", TRUE);
  return layer;
}

static void
add_ffn (SsmtConfig *config, SsmtStackConfig *stack, guint32 index, const Sizes *s)
{
  SsmtLayerConfig *layer = add_layer (config, stack, "mlp", index);

  ssmt_layer_config_set_size (
      layer, "hidden", stack == &config->encoder ? s->hidden : s->decoder_hidden);
  ssmt_layer_config_set_string (layer, "activation", activations[s->activation]);
  ssmt_layer_config_set_boolean (layer, "bias", TRUE);
}

static void
add_layers (SsmtConfig *config, SsmtReader *r, const Sizes *s)
{
  for (guint32 i = 0; i < s->encoder_depth; i++) {
    ssmt_layer_config_set_boolean (
        add_attention (config, &config->encoder, "attention", 2 * i, s), "bidirectional", TRUE);
    add_ffn (config, &config->encoder, 2 * i + 1, s);
  }
  for (guint32 i = 0; i < s->decoder_depth && !r->error; i++) {
    guint32 block = 3 * tensors_of (r, s, i);
    SsmtLayerConfig *cross;

    if (s->recurrent)
      ssmt_layer_config_set_string (
          add_layer (config, &config->decoder, "ssru", block), "reset", "segment");
    else
      add_attention (config, &config->decoder, "attention", block, s);
    cross = add_attention (config, &config->decoder, "cross_attention", block + 1, s);
    ssmt_layer_config_set_string (cross, "alignment", i + 1 == s->aligned ? "first" : "none");
    add_ffn (config, &config->decoder, block + 2, s);
  }
}

static void
read_network (SsmtConfig *config, SsmtReader *r)
{
  Sizes sizes = { 0 };
  gboolean after = read_norm_placement (r);

  check_fixed (r);
  read_vocab_sizes (config, r);
  read_ties (config, r);
  read_sizes (config, r, &sizes);
  if (!after && !sizes.recurrent)
    ssmt_checkpoint_refuse (
        r, "transformer-preprocess", "self-attention of rows as they are before their norm");
  config->norm_eps = EPS;
  config->embedding_scale = sqrtf (config->d_model);
  config->positions = TRUE;
  config->positions_by_segment = TRUE;
  config->encoder.layer_norm = config->decoder.layer_norm = TRUE;
  config->encoder.norm_after = config->decoder.norm_after = after;
  config->encoder.has_final_norm = config->decoder.has_final_norm = !after;
  if (!r->error)
    add_layers (config, r, &sizes);
}

/* --- text --------------------------------------------------------------- */

static void
read_text (SsmtConfig *config, SsmtMarianFolder *folder)
{
  SsmtTextConfig *text = &config->text;
  gint32 unknown = 1;

  /* as every vocabulary of Marian begins; ssmt_tokenizers_load() compares */
  config->target_end = text->source_end = text->end_to_check = 0;
  text->target_start = SSMT_TOKEN_ZERO;
  g_array_append_val (config->forbidden, unknown);
  config->max_source = MAX_PIECES;
  config->max_target = MAX_OUTPUT;
  config->max_context = MAX (SSMT_DEFAULT_CONTEXT, ssmt_config_get_segment_tokens (config));
  /* trained on single sentences */
  config->carry = FALSE;
  text->tokenizer_type = SSMT_TOKENIZER_SENTENCEPIECE;
  text->source_tokenizer = g_steal_pointer (&folder->source_tokens);
  text->target_tokenizer = g_steal_pointer (&folder->target_tokens);
  text->source_vocabulary = g_steal_pointer (&folder->source_vocabulary);
  text->target_vocabulary = g_steal_pointer (&folder->target_vocabulary);
  text->source_language = g_steal_pointer (&folder->source_language);
  text->target_language = g_steal_pointer (&folder->target_language);
  config->shortlist = g_steal_pointer (&folder->shortlist);
}

/* --- the format: reading ------------------------------------------------ */

static gboolean
recognise (const SsmtFormatInput *input)
{
  g_auto (SsmtMarianFolder) folder = { NULL };
  g_autoptr (GError) error = NULL;

  /* what is wrong with it is told by `read` */
  return !input->json && input->folder
      && (ssmt_marian_folder_look (&folder, input->folder, &error) || error);
}

static JsonObject *
parse_yaml (SsmtMarianFile *file, GError **error)
{
  SsmtMarianItem *item = ssmt_marian_file_find (file, YAML);
  g_autofree char *where = g_strdup_printf ("%s: %s", file->path, YAML);

  if (!item || item->type != SSMT_MARIAN_INT8) {
    ssmt_marian_file_fail (file, error, SSMT_ERROR_INVALID, YAML,
        "is missing: without it nobody knows what network the weights are of");
    return NULL;
  }
  item->taken = TRUE;
  return ssmt_yaml_parse ((const char *) item->data,
      strnlen ((const char *) item->data, item->n_elements), where, error);
}

static gboolean
read_folder (SsmtConfig *config, const SsmtFormatInput *input, GError **error)
{
  g_auto (SsmtMarianFolder) folder = { NULL };
  g_autoptr (SsmtMarianFile) file = NULL;
  g_autoptr (JsonObject) yaml = NULL;
  g_autofree char *path = NULL;
  g_auto (SsmtReader) r = { NULL };

  if (!ssmt_marian_folder_look (&folder, input->folder, error))
    return FALSE;
  path = g_build_filename (input->folder, folder.model, NULL);
  file = ssmt_marian_file_open (path, error);
  yaml = file ? parse_yaml (file, error) : NULL;
  if (!yaml)
    return FALSE;
  ssmt_config_set_path (config, file->path);
  config->family = "Marian";
  config->encoder.embedding = "encoder.embeddings.weight";
  config->encoder.final_norm = "encoder.norm_f";
  config->decoder.embedding = "backbone.embeddings.weight";
  config->decoder.final_norm = "backbone.norm_f";
  config->output = "lm_head";
  ssmt_reader_init (&r, yaml, TRUE, "%s: %s", file->path, YAML);
  read_network (config, &r);
  if (!ssmt_reader_finish (&r, error))
    return FALSE;
  read_text (config, &folder);
  config->opened = g_steal_pointer (&file);
  config->close_opened = (GDestroyNotify) ssmt_marian_file_free;
  return TRUE;
}

/* --- the format: tensors ------------------------------------------------ */

static SsmtTensorSource *
open_tensors (const SsmtConfig *config, const char *folder, SsmtDevice *device, GError **error)
{
  g_auto (SsmtMarianFolder) names = { NULL };
  g_autoptr (SsmtMarianFile) again = NULL;
  SsmtMarianFile *file = config->opened;

  if (!file) { /* closed by an earlier call */
    g_autofree char *path = ssmt_marian_folder_look (&names, folder, error)
        ? g_build_filename (folder, names.model, NULL)
        : NULL;

    file = again = path ? ssmt_marian_file_open (path, error) : NULL;
  }
  return file ? ssmt_marian_tensors_open (config, file, device, error) : NULL;
}

static const char *const types[] = { NULL };

const SsmtFormat ssmt_format_marian = {
  .types = types,
  .recognise = recognise,
  .read = read_folder,
  .open = open_tensors,
};
