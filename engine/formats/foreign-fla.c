/* ssmtranslate: checkpoints of flash-linear-attention
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * RetNet, GLA, DeltaNet and gated DeltaNet: keys and defaults of fla/models/NAME/configuration_NAME.py
 * of version 0.6. A block is a mixer and an MLP, each with its norm: two layers here.
 */
#include <math.h>

#include "engine/formats/foreign.h"

#define LAYER "model.layers.%."

/* --- what all have ------------------------------------------------------ */

/* The first of `attn`, one object or a list of them, that has this block: attention stands there
 * in place of the mixer. */
static JsonObject *
attention_of (SsmtForeign *f, guint block)
{
  JsonNode *node = json_object_get_member (f->json.object, "attn");
  JsonArray *specs = node && JSON_NODE_HOLDS_ARRAY (node) ?
      json_node_get_array (node) : NULL;
  guint n = specs ? json_array_get_length (specs) :
      node && JSON_NODE_HOLDS_OBJECT (node);

  for (guint i = 0; i < n; i++) {
    JsonNode *spec = specs ? json_array_get_element (specs, i) : node;
    JsonNode *layers = JSON_NODE_HOLDS_OBJECT (spec) ?
        json_object_get_member (json_node_get_object (spec), "layers") : NULL;
    gint64 at;

    if (!layers || !JSON_NODE_HOLDS_ARRAY (layers))
      continue;
    for (guint j = 0; j < json_array_get_length (json_node_get_array (layers));
        j++)
      if (ssmt_json_whole_of_node (json_array_get_element
              (json_node_get_array (layers), j), 0, SSMT_MAX_LAYERS, &at)
          && at == block)
        return json_node_get_object (spec);
  }
  return NULL;
}

static void
add_attention (SsmtForeign *f, JsonObject *spec, guint block)
{
  g_autofree char *where = g_strdup_printf ("%s: attn", f->json.where);
  SsmtForeign inner = {.config = f->config,.json = { spec, where } };
  SsmtAttentionSizes sizes = { 0 };

  sizes.heads = ssmt_foreign_size (&inner, "num_heads", 0, 4096);
  sizes.kv_heads = ssmt_foreign_size (&inner, "num_kv_heads", sizes.heads,
      4096);
  sizes.head_dim = f->config->d_model / sizes.heads;
  sizes.rotary_dim = sizes.head_dim;
  sizes.rotary_base = ssmt_foreign_number (&inner, "rope_theta", 10000, 1,
      1e12);
  if (ssmt_foreign_has (&inner, "window_size"))
    sizes.window = ssmt_foreign_size (&inner, "window_size", 0,
        SSMT_MAX_WINDOW);
  ssmt_foreign_refuse_true (&inner, "qkv_bias",
      "attention with biases of q, k and v and none of the output");
  ssmt_foreign_refuse_true (&inner, "qk_norm", "norms of queries and keys");
  f->error = inner.error;
  ssmt_foreign_attention (f, block, LAYER "attn_norm", LAYER "attn.",
      &sizes);
}

/* GatedMLP: where no width is given, two thirds of hidden_ratio, up to a multiple of 256. */
static guint32
mlp_width (SsmtForeign *f, guint32 ratio)
{
  double width;

  if (ssmt_foreign_has (f, "intermediate_size"))
    return ssmt_foreign_size (f, "intermediate_size", 0, SSMT_MAX_DIM);
  width = ssmt_foreign_number (f, "hidden_ratio", ratio, 0, 1024);
  width = floor (f->config->d_model * width * 2 / 3);
  return (guint32) MIN (SSMT_MAX_DIM, 256 * ceil (MAX (width, 1) / 256));
}

typedef struct {
  const char *kind;
  guint32 layers, hidden_ratio; /* defaults */
  void (*sizes) (SsmtForeign *f, JsonObject *o);
} FlaFamily;

static void
parse_fla (SsmtForeign *f, const FlaFamily *family)
{
  SsmtConfig *c = f->config;
  guint32 hidden, n;

  c->embedding = "model.embeddings.weight";
  c->output = "lm_head.weight";
  c->decoder_norm = "model.norm";
  ssmt_foreign_widths (f, FALSE);
  c->norm_eps = ssmt_foreign_number (f, "norm_eps", 1e-6, 0, 1);
  ssmt_foreign_only_silu (f, "hidden_act");
  ssmt_foreign_refuse_set (f, "attnres_block_size",
      "attention over the outputs of earlier blocks");
  hidden = mlp_width (f, family->hidden_ratio);
  n = ssmt_foreign_size (f, "num_hidden_layers", family->layers,
      SSMT_MAX_LAYERS / 2);
  for (guint i = 0; i < n && !f->error; i++) {
    JsonObject *attention = attention_of (f, i);

    if (attention)
      add_attention (f, attention, i);
    else
      family->sizes (f, ssmt_foreign_layer (f, family->kind, i,
              LAYER "attn_norm", LAYER "attn."));
    json_object_set_int_member (ssmt_foreign_layer (f, "swiglu", i,
            LAYER "mlp_norm", LAYER "mlp."), "hidden", hidden);
  }
}

/* Widths of all heads together, shared out among the heads. */
static void
set_head_widths (SsmtForeign *f, JsonObject *o, guint32 heads,
    double expand_k, double expand_v)
{
  guint32 d = f->config->d_model;
  guint32 key = ssmt_foreign_scaled (f, "expand_k", expand_k, d);
  guint32 value = ssmt_foreign_scaled (f, "expand_v", expand_v, d);

  if (!f->error && (key % heads != 0 || value % heads != 0))
    ssmt_json_fail (&f->error, SSMT_ERROR_INVALID, f->json.where,
        "keys of %u and values of %u channels cannot be shared out among "
        "\"num_heads\" %u", key, value, heads);
  json_object_set_int_member (o, "heads", heads);
  json_object_set_int_member (o, "key_dim", MAX (key / heads, 1));
  json_object_set_int_member (o, "value_dim", MAX (value / heads, 1));
}

/* Short convolutions are a part of DeltaNet; without them its q, k and v differ in more. */
static void
set_convolution (SsmtForeign *f, JsonObject *o)
{
  ssmt_foreign_refuse_false (f, "use_short_conv",
      "delta rule layers without short convolutions");
  json_object_set_int_member (o, "d_conv",
      ssmt_foreign_size (f, "conv_size", 4, 64));
}

/* --- the families ------------------------------------------------------- */

/* What retention and GLA have in common. */
static void
set_gated (SsmtForeign *f, JsonObject *o, guint32 heads, double expand_k,
    double expand_v)
{
  heads = ssmt_foreign_size (f, "num_heads", heads, 4096);
  set_head_widths (f, o, heads, expand_k, expand_v);
  json_object_set_int_member (o, "kv_heads",
      ssmt_foreign_size (f, "num_kv_heads", heads, 4096));
  json_object_set_boolean_member (o, "output_gate",
      ssmt_foreign_bool (f, "use_output_gate", TRUE));
  json_object_set_boolean_member (o, "norm_weight",
      ssmt_foreign_bool (f, "elementwise_affine", TRUE));
  ssmt_foreign_refuse_set (f, "feature_map",
      "a function of queries and keys");
}

/* "use_short_conv" is not looked at: the library's RetNet does not hand it on. */
static void
retnet_sizes (SsmtForeign *f, JsonObject *o)
{
  set_gated (f, o, 8, 1, 2);
}

void
ssmt_foreign_retnet (SsmtForeign *f)
{
  static const FlaFamily family = { "retention", 24, 2, retnet_sizes };

  parse_fla (f, &family);
}

static void
gla_sizes (SsmtForeign *f, JsonObject *o)
{
  set_gated (f, o, 4, 0.5, 1);
  if (ssmt_foreign_bool (f, "use_short_conv", FALSE))
    json_object_set_int_member (o, "d_conv",
        ssmt_foreign_size (f, "conv_size", 4, 64));
  if (ssmt_foreign_has (f, "clamp_min"))
    json_object_set_double_member (o, "clamp_min",
        ssmt_foreign_number (f, "clamp_min", 0, -1e30, 0));
  ssmt_foreign_refuse_false (f, "use_gk", "GLA without a gate of the keys");
  ssmt_foreign_refuse_true (f, "use_gv", "GLA with a gate of the values");
}

void
ssmt_foreign_gla (SsmtForeign *f)
{
  static const FlaFamily family = { "gla", 24, 4, gla_sizes };

  parse_fla (f, &family);
}

static void
delta_net_sizes (SsmtForeign *f, JsonObject *o)
{
  const char *norm = ssmt_foreign_string (f, "qk_norm");

  set_head_widths (f, o, ssmt_foreign_size (f, "num_heads", 16, 4096), 1, 1);
  set_convolution (f, o);
  json_object_set_boolean_member (o, "output_gate",
      ssmt_foreign_bool (f, "use_gate", FALSE));
  json_object_set_boolean_member (o, "use_beta",
      ssmt_foreign_bool (f, "use_beta", TRUE));
  json_object_set_boolean_member (o, "allow_neg_eigval",
      ssmt_foreign_bool (f, "allow_neg_eigval", FALSE));
  ssmt_foreign_only_silu (f, "qk_activation");
  if (norm && !g_str_equal (norm, "l2"))
    ssmt_foreign_refuse (f, "qk_norm", "another norm of queries and keys");
}

void
ssmt_foreign_delta_net (SsmtForeign *f)
{
  static const FlaFamily family = { "delta_net", 24, 4, delta_net_sizes };

  parse_fla (f, &family);
}

static void
gated_delta_net_sizes (SsmtForeign *f, JsonObject *o)
{
  guint32 heads = ssmt_foreign_size (f, "num_heads", 6, 4096);
  guint32 key = ssmt_foreign_size (f, "head_dim", 256, 4096);

  json_object_set_int_member (o, "heads", heads);
  json_object_set_int_member (o, "v_heads",
      ssmt_foreign_size (f, "num_v_heads", heads, 4096));
  json_object_set_int_member (o, "key_dim", key);
  json_object_set_int_member (o, "value_dim",
      ssmt_foreign_scaled (f, "expand_v", 2, key));
  set_convolution (f, o);
  json_object_set_boolean_member (o, "output_gate",
      ssmt_foreign_bool (f, "use_gate", TRUE));
  json_object_set_boolean_member (o, "allow_neg_eigval",
      ssmt_foreign_bool (f, "allow_neg_eigval", FALSE));
}

void
ssmt_foreign_gated_delta_net (SsmtForeign *f)
{
  static const FlaFamily family =
      { "gated_delta_net", 21, 4, gated_delta_net_sizes };

  parse_fla (f, &family);
}
