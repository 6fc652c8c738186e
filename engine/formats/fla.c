/* ssmtranslate: checkpoints of flash-linear-attention
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * RetNet, GLA, DeltaNet and gated DeltaNet: keys and defaults of
 * fla/models/NAME/configuration_NAME.py of version 0.6. A block is a mixer and an MLP, each with
 * its norm: two layers here.
 */
#include <math.h>

#include "engine/formats/checkpoint.h"

#define LAYER "model.layers.%."

/* --- what all have ------------------------------------------------------ */

/* The first of `attn`, one object or a list of them, that has this block: attention stands there
 * in place of the mixer. */
static JsonObject *
attention_of (SsmtReader *r, guint block)
{
  JsonNode *node = json_object_get_member (r->object, "attn");
  JsonArray *specs = node && JSON_NODE_HOLDS_ARRAY (node) ? json_node_get_array (node) : NULL;
  guint n = specs ? json_array_get_length (specs) : node && JSON_NODE_HOLDS_OBJECT (node);

  for (guint i = 0; i < n; i++) {
    JsonNode *spec = specs ? json_array_get_element (specs, i) : node;
    JsonNode *layers = JSON_NODE_HOLDS_OBJECT (spec)
        ? json_object_get_member (json_node_get_object (spec), "layers")
        : NULL;
    gint64 at;

    if (!layers || !JSON_NODE_HOLDS_ARRAY (layers))
      continue;
    for (guint j = 0; j < json_array_get_length (json_node_get_array (layers)); j++)
      if (ssmt_json_whole_of_node (
              json_array_get_element (json_node_get_array (layers), j), 0, SSMT_MAX_LAYERS, &at)
          && at == block)
        return json_node_get_object (spec);
  }
  return NULL;
}

static void
add_attention (SsmtConfig *config, SsmtReader *r, JsonObject *spec, guint block)
{
  SsmtAttentionSizes sizes = { 0 };
  SsmtReader inner;

  ssmt_reader_init (&inner, spec, TRUE, "%s: attn", r->where);
  sizes.heads = ssmt_reader_size (&inner, "num_heads", SSMT_REQUIRED, 4096);
  sizes.kv_heads = ssmt_reader_size (&inner, "num_kv_heads", sizes.heads, 4096);
  sizes.head_dim = config->d_model / sizes.heads;
  sizes.rotary_dim = sizes.head_dim;
  sizes.rotary_base = ssmt_reader_number (&inner, "rope_theta", 10000, 1, 1e12);
  if (ssmt_reader_has (&inner, "window_size"))
    sizes.window = ssmt_reader_size (&inner, "window_size", SSMT_REQUIRED, SSMT_MAX_WINDOW);
  ssmt_checkpoint_refuse_true (
      &inner, "qkv_bias", "attention with biases of q, k and v and none of the output");
  ssmt_checkpoint_refuse_true (&inner, "qk_norm", "norms of queries and keys");
  ssmt_reader_close (&inner, r);
  ssmt_checkpoint_attention (config, block, LAYER "attn_norm", LAYER "attn.", &sizes);
}

/* GatedMLP: where no width is given, two thirds of hidden_ratio, up to a multiple of 256. */
static guint32
mlp_width (const SsmtConfig *config, SsmtReader *r, guint32 ratio)
{
  double width;

  if (ssmt_reader_has (r, "intermediate_size"))
    return ssmt_reader_size (r, "intermediate_size", SSMT_REQUIRED, SSMT_MAX_DIM);
  width = ssmt_reader_number (r, "hidden_ratio", ratio, 0, 1024);
  width = floor (config->d_model * width * 2 / 3);
  return (guint32) MIN (SSMT_MAX_DIM, 256 * ceil (MAX (width, 1) / 256));
}

typedef struct {
  const char *kind;
  guint32 layers, hidden_ratio; /* defaults */
  void (*sizes) (const SsmtConfig *config, SsmtReader *r, SsmtLayerConfig *o);
} FlaFamily;

static void
read_fla (SsmtConfig *config, SsmtReader *r, const FlaFamily *family)
{
  guint32 hidden, n;

  ssmt_checkpoint_names (config, "model.embeddings.weight", "model.norm");
  ssmt_checkpoint_widths (config, r, FALSE);
  config->norm_eps = ssmt_reader_number (r, "norm_eps", 1e-6, 0, 1);
  ssmt_checkpoint_only_silu (r, "hidden_act");
  ssmt_checkpoint_refuse_set (
      r, "attnres_block_size", "attention over the outputs of earlier blocks");
  hidden = mlp_width (config, r, family->hidden_ratio);
  n = ssmt_reader_size (r, "num_hidden_layers", family->layers, SSMT_MAX_LAYERS / 2);
  for (guint i = 0; i < n && !r->error; i++) {
    JsonObject *attention = attention_of (r, i);

    if (attention)
      add_attention (config, r, attention, i);
    else
      family->sizes (config, r,
          ssmt_checkpoint_layer (config, family->kind, i, LAYER "attn_norm", LAYER "attn."));
    ssmt_layer_config_set_size (
        ssmt_checkpoint_layer (config, "swiglu", i, LAYER "mlp_norm", LAYER "mlp."), "hidden",
        hidden);
  }
}

/* Widths of all heads together, shared out among the heads. */
static void
set_head_widths (
    SsmtReader *r, SsmtLayerConfig *o, guint32 d, guint32 heads, double expand_k, double expand_v)
{
  guint32 key = ssmt_checkpoint_scaled (r, "expand_k", expand_k, d);
  guint32 value = ssmt_checkpoint_scaled (r, "expand_v", expand_v, d);

  if (key % heads != 0 || value % heads != 0)
    ssmt_reader_fail (r, SSMT_ERROR_INVALID,
        "keys of %u and values of %u channels cannot be shared out among "
        "\"num_heads\" %u",
        key, value, heads);
  ssmt_layer_config_set_size (o, "heads", heads);
  ssmt_layer_config_set_size (o, "key_dim", MAX (key / heads, 1));
  ssmt_layer_config_set_size (o, "value_dim", MAX (value / heads, 1));
}

/* Short convolutions are a part of DeltaNet; without them its q, k and v differ in more. */
static void
set_convolution (SsmtReader *r, SsmtLayerConfig *o)
{
  ssmt_checkpoint_refuse_false (
      r, "use_short_conv", "delta rule layers without short convolutions");
  ssmt_layer_config_set_size (o, "d_conv", ssmt_reader_size (r, "conv_size", 4, 64));
}

/* --- the families ------------------------------------------------------- */

/* What retention and GLA have in common. */
static void
set_gated (
    SsmtReader *r, SsmtLayerConfig *o, guint32 d, guint32 heads, double expand_k, double expand_v)
{
  heads = ssmt_reader_size (r, "num_heads", heads, 4096);
  set_head_widths (r, o, d, heads, expand_k, expand_v);
  ssmt_layer_config_set_size (o, "kv_heads", ssmt_reader_size (r, "num_kv_heads", heads, 4096));
  ssmt_layer_config_set_boolean (
      o, "output_gate", ssmt_reader_boolean (r, "use_output_gate", TRUE));
  ssmt_layer_config_set_boolean (
      o, "norm_weight", ssmt_reader_boolean (r, "elementwise_affine", TRUE));
  ssmt_checkpoint_refuse_set (r, "feature_map", "a function of queries and keys");
}

/* "use_short_conv" is not looked at: the library's RetNet does not hand it on. */
static void
retnet_sizes (const SsmtConfig *config, SsmtReader *r, SsmtLayerConfig *o)
{
  set_gated (r, o, config->d_model, 8, 1, 2);
}

static void
read_retnet (SsmtConfig *config, SsmtReader *r)
{
  static const FlaFamily family = { "retention", 24, 2, retnet_sizes };

  read_fla (config, r, &family);
}

static void
gla_sizes (const SsmtConfig *config, SsmtReader *r, SsmtLayerConfig *o)
{
  set_gated (r, o, config->d_model, 4, 0.5, 1);
  if (ssmt_reader_boolean (r, "use_short_conv", FALSE))
    ssmt_layer_config_set_size (o, "d_conv", ssmt_reader_size (r, "conv_size", 4, 64));
  if (ssmt_reader_has (r, "clamp_min"))
    ssmt_layer_config_set_number (o, "clamp_min", ssmt_reader_number (r, "clamp_min", 0, -1e30, 0));
  ssmt_checkpoint_refuse_false (r, "use_gk", "GLA without a gate of the keys");
  ssmt_checkpoint_refuse_true (r, "use_gv", "GLA with a gate of the values");
}

static void
read_gla (SsmtConfig *config, SsmtReader *r)
{
  static const FlaFamily family = { "gla", 24, 4, gla_sizes };

  read_fla (config, r, &family);
}

static void
delta_net_sizes (const SsmtConfig *config, SsmtReader *r, SsmtLayerConfig *o)
{
  const char *norm = ssmt_reader_string (r, "qk_norm", FALSE);

  set_head_widths (r, o, config->d_model, ssmt_reader_size (r, "num_heads", 16, 4096), 1, 1);
  set_convolution (r, o);
  ssmt_layer_config_set_boolean (o, "output_gate", ssmt_reader_boolean (r, "use_gate", FALSE));
  ssmt_layer_config_set_boolean (o, "use_beta", ssmt_reader_boolean (r, "use_beta", TRUE));
  ssmt_layer_config_set_boolean (
      o, "allow_neg_eigval", ssmt_reader_boolean (r, "allow_neg_eigval", FALSE));
  ssmt_checkpoint_only_silu (r, "qk_activation");
  if (norm && !g_str_equal (norm, "l2"))
    ssmt_checkpoint_refuse (r, "qk_norm", "another norm of queries and keys");
}

static void
read_delta_net (SsmtConfig *config, SsmtReader *r)
{
  static const FlaFamily family = { "delta_net", 24, 4, delta_net_sizes };

  read_fla (config, r, &family);
}

static void
gated_delta_net_sizes (const SsmtConfig *config, SsmtReader *r, SsmtLayerConfig *o)
{
  guint32 heads = ssmt_reader_size (r, "num_heads", 6, 4096);
  guint32 key = ssmt_reader_size (r, "head_dim", 256, 4096);

  ssmt_layer_config_set_size (o, "heads", heads);
  ssmt_layer_config_set_size (o, "v_heads", ssmt_reader_size (r, "num_v_heads", heads, 4096));
  ssmt_layer_config_set_size (o, "key_dim", key);
  ssmt_layer_config_set_size (o, "value_dim", ssmt_checkpoint_scaled (r, "expand_v", 2, key));
  set_convolution (r, o);
  ssmt_layer_config_set_boolean (o, "output_gate", ssmt_reader_boolean (r, "use_gate", TRUE));
  ssmt_layer_config_set_boolean (
      o, "allow_neg_eigval", ssmt_reader_boolean (r, "allow_neg_eigval", FALSE));
}

static void
read_gated_delta_net (SsmtConfig *config, SsmtReader *r)
{
  static const FlaFamily family = { "gated_delta_net", 21, 4, gated_delta_net_sizes };

  read_fla (config, r, &family);
}

/* --- the format --------------------------------------------------------- */

static const SsmtFamily families[] = { { "retnet", "RetNetForCausalLM",
                                           "RetNet of flash-linear-attention", 2, read_retnet },
  { "gla", "GLAForCausalLM", "GLA of flash-linear-attention", 2, read_gla },
  { "delta_net", "DeltaNetForCausalLM", "DeltaNet of flash-linear-attention", 2, read_delta_net },
  { "gated_deltanet", "GatedDeltaNetForCausalLM", "gated DeltaNet of flash-linear-attention", 2,
      read_gated_delta_net },
  { NULL } };
static const char *const types[] = { "retnet", "gla", "delta_net", "gated_deltanet", NULL };

static gboolean
recognise (const SsmtFormatInput *input)
{
  return ssmt_checkpoint_find (families, input) != NULL;
}

static gboolean
read_folder (SsmtConfig *config, const SsmtFormatInput *input, GError **error)
{
  return ssmt_checkpoint_read (ssmt_checkpoint_find (families, input), config, input, error);
}

/* The norm has another name where it was fused with the gate. */
static SsmtTensorSource *
open_tensors (const SsmtConfig *config, const char *folder, SsmtDevice *device, GError **error)
{
  SsmtTensorSource *source = ssmt_checkpoint_open (config, folder, device, error);

  if (source)
    ssmt_tensor_source_rename_ending (source, ".g_norm_swish_gate.weight", ".g_norm.weight");
  return source;
}

const SsmtFormat ssmt_format_fla = {
  .types = types,
  .recognise = recognise,
  .read = read_folder,
  .open = open_tensors,
};
