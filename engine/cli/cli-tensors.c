/* ssmtranslate: which tensors a configuration asks for (docs/model-format.md)
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "engine/cli/cli-tensors.h"

#include <string.h>

/* Where the tensors of one layer go. */
typedef struct
{
  GArray *tensors;
  const SsmtLayerConfig *layer;
  guint32 d;
  char *prefix;                 /* "backbone.layers.3." */
  SsmtStack stack;
  gboolean layer_norm;
} Layer;

static void
tensor_clear (gpointer tensor)
{
  g_free (((CliTensor *) tensor)->name);
}

static void
add (GArray *tensors, SsmtStack stack, const char *prefix, const char *name,
    guint32 rows, guint32 cols, CliTensorRole role)
{
  CliTensor tensor = {
    .name = g_strconcat (prefix, name, NULL),
    .rows = rows,
    .cols = cols,
    .role = role,
    .stack = stack,
  };

  g_array_append_val (tensors, tensor);
}

static void
layer_add (const Layer *layer, const char *name, guint32 rows, guint32 cols,
    CliTensorRole role)
{
  add (layer->tensors, layer->stack, layer->prefix, name, rows, cols, role);
}

static gboolean
size (const Layer *layer, const char *key, gint64 fallback, guint32 *value,
    GError **error)
{
  return ssmt_layer_config_get_size (layer->layer, key, fallback, SSMT_MAX_DIM,
      value, error);
}

static gboolean
add_mamba (const Layer *layer, GError **error)
{
  guint32 inner, state, taps, rank, d = layer->d;

  if (!size (layer, "d_inner", -1, &inner, error)
      || !size (layer, "d_state", -1, &state, error)
      || !size (layer, "d_conv", 4, &taps, error)
      || !size (layer, "dt_rank", -1, &rank, error))
    return FALSE;
  layer_add (layer, "mixer.in_proj.weight", 2 * inner, d, CLI_TENSOR_MATRIX);
  layer_add (layer, "mixer.conv1d.weight", inner, taps, CLI_TENSOR_SMALL);
  layer_add (layer, "mixer.conv1d.bias", inner, 1, CLI_TENSOR_SMALL);
  layer_add (layer, "mixer.x_proj.weight", rank + 2 * state, inner,
      CLI_TENSOR_MATRIX);
  layer_add (layer, "mixer.dt_proj.weight", inner, rank, CLI_TENSOR_MATRIX);
  layer_add (layer, "mixer.dt_proj.bias", inner, 1, CLI_TENSOR_DT_BIAS);
  layer_add (layer, "mixer.A_log", inner, state, CLI_TENSOR_A_LOG);
  layer_add (layer, "mixer.D", inner, 1, CLI_TENSOR_ONE);
  layer_add (layer, "mixer.out_proj.weight", d, inner, CLI_TENSOR_MATRIX);
  return TRUE;
}

static gboolean
add_mamba2 (const Layer *layer, GError **error)
{
  guint32 inner, state, taps, head_dim, groups, heads, mixed, d = layer->d;

  if (!size (layer, "d_inner", -1, &inner, error)
      || !size (layer, "d_state", -1, &state, error)
      || !size (layer, "d_conv", 4, &taps, error)
      || !size (layer, "head_dim", -1, &head_dim, error)
      || !size (layer, "n_groups", 1, &groups, error))
    return FALSE;
  heads = inner / head_dim;
  mixed = inner + 2 * groups * state;
  layer_add (layer, "mixer.in_proj.weight", inner + mixed + heads, d,
      CLI_TENSOR_MATRIX);
  layer_add (layer, "mixer.conv1d.weight", mixed, taps, CLI_TENSOR_SMALL);
  layer_add (layer, "mixer.conv1d.bias", mixed, 1, CLI_TENSOR_SMALL);
  layer_add (layer, "mixer.dt_bias", heads, 1, CLI_TENSOR_DT_BIAS);
  layer_add (layer, "mixer.A_log", heads, 1, CLI_TENSOR_A_LOG);
  layer_add (layer, "mixer.D", heads, 1, CLI_TENSOR_ONE);
  layer_add (layer, "mixer.norm.weight", inner, 1, CLI_TENSOR_ONE);
  layer_add (layer, "mixer.out_proj.weight", d, inner, CLI_TENSOR_MATRIX);
  return TRUE;
}

static gboolean
flag (const Layer *layer, const char *key, gboolean fallback, gboolean *value,
    GError **error)
{
  return ssmt_layer_config_get_boolean (layer->layer, key, fallback, value,
      error);
}

/* NAME.weight, and NAME.bias where `bias`. */
static void
layer_add_projection (const Layer *layer, const char *name, guint32 rows,
    guint32 cols, gboolean bias)
{
  g_autofree char *w = g_strdup_printf ("mixer.%s.weight", name);
  g_autofree char *b = g_strdup_printf ("mixer.%s.bias", name);

  layer_add (layer, w, rows, cols, CLI_TENSOR_MATRIX);
  if (bias)
    layer_add (layer, b, rows, 1, CLI_TENSOR_SMALL);
}

static void
layer_add_norm (const Layer *layer, const char *name, guint32 width)
{
  g_autofree char *w = g_strconcat (name, ".weight", NULL);
  g_autofree char *b = g_strconcat (name, ".bias", NULL);

  layer_add (layer, w, width, 1, CLI_TENSOR_ONE);
  if (layer->layer_norm)
    layer_add (layer, b, width, 1, CLI_TENSOR_SMALL);
}

static gboolean
add_attention (const Layer *layer, GError **error)
{
  guint32 heads, kv_heads, head_dim, d = layer->d;
  gboolean cross = strcmp (layer->layer->kind, "cross_attention") == 0;
  gboolean bias, inner_norm;
  guint first = layer->tensors->len;

  if (!size (layer, "heads", -1, &heads, error)
      || !size (layer, "kv_heads", heads, &kv_heads, error)
      || !size (layer, "head_dim", -1, &head_dim, error)
      || !flag (layer, "bias", FALSE, &bias, error)
      || !flag (layer, "inner_norm", FALSE, &inner_norm, error))
    return FALSE;
  layer_add_projection (layer, "k_proj", kv_heads * head_dim, d, bias);
  layer_add_projection (layer, "v_proj", kv_heads * head_dim, d, bias);
  for (guint i = first; i < layer->tensors->len; i++)
    g_array_index (layer->tensors, CliTensor, i).per_segment = cross;
  layer_add_projection (layer, "q_proj", heads * head_dim, d, bias);
  if (inner_norm)
    layer_add_norm (layer, "mixer.inner_norm", heads * head_dim);
  layer_add_projection (layer, "o_proj", d, heads * head_dim, bias);
  return TRUE;
}

static gboolean
add_mlp (const Layer *layer, GError **error)
{
  guint32 hidden, d = layer->d;
  gboolean bias, inner_norm;

  if (!size (layer, "hidden", -1, &hidden, error)
      || !flag (layer, "bias", FALSE, &bias, error)
      || !flag (layer, "inner_norm", FALSE, &inner_norm, error))
    return FALSE;
  layer_add_projection (layer, "up_proj", hidden, d, bias);
  if (inner_norm)
    layer_add_norm (layer, "mixer.inner_norm", hidden);
  layer_add_projection (layer, "down_proj", d, hidden, bias);
  return TRUE;
}

static gboolean
add_swiglu (const Layer *layer, GError **error)
{
  guint32 hidden, d = layer->d;

  if (!size (layer, "hidden", -1, &hidden, error))
    return FALSE;
  layer_add (layer, "mixer.gate_proj.weight", hidden, d, CLI_TENSOR_MATRIX);
  layer_add (layer, "mixer.up_proj.weight", hidden, d, CLI_TENSOR_MATRIX);
  layer_add (layer, "mixer.down_proj.weight", d, hidden, CLI_TENSOR_MATRIX);
  return TRUE;
}

/* Retention and the kinds that fade or correct their state by the input. */
static gboolean
add_linear_attention (const Layer *layer, GError **error)
{
  const char *kind = layer->layer->kind;
  gboolean gla = strcmp (kind, "gla") == 0;
  gboolean delta = strcmp (kind, "delta_net") == 0;
  gboolean gated = strcmp (kind, "gated_delta_net") == 0;
  guint32 heads, k_heads, v_heads, key, value, taps, rank, d = layer->d;
  gboolean gate, beta, weight;
  static const char *const rotations[] = { "half_split", "interleaved", NULL };
  guint rotation;

  if (!size (layer, "heads", -1, &heads, error)
      || !size (layer, "kv_heads", heads, &k_heads, error)
      || !size (layer, "v_heads", k_heads, &v_heads, error)
      || !size (layer, "key_dim", -1, &key, error)
      || !size (layer, "value_dim", -1, &value, error)
      || !size (layer, "d_conv", delta || gated ? 4 : 0, &taps, error)
      || !size (layer, "gate_low_rank_dim", 16, &rank, error)
      || !flag (layer, "output_gate", !delta, &gate, error)
      || !flag (layer, "use_beta", delta || gated, &beta, error)
      || !ssmt_layer_config_get_choice (layer->layer, "rotation", rotations,
          &rotation, error)
      || !flag (layer, "norm_weight", rotation == 0, &weight, error))
    return FALSE;
  /* a state for each head of q, in gated DeltaNet for each of v */
  guint32 out = (gated ? v_heads : heads) * value;
  layer_add (layer, "mixer.q_proj.weight", heads * key, d, CLI_TENSOR_MATRIX);
  layer_add (layer, "mixer.k_proj.weight", k_heads * key, d,
      CLI_TENSOR_MATRIX);
  layer_add (layer, "mixer.v_proj.weight", v_heads * value, d,
      CLI_TENSOR_MATRIX);
  if (gate)
    layer_add (layer, "mixer.g_proj.weight", out, d, CLI_TENSOR_MATRIX);
  if (taps > 0) {
    layer_add (layer, "mixer.q_conv1d.weight", heads * key, taps,
        CLI_TENSOR_SMALL);
    layer_add (layer, "mixer.k_conv1d.weight", k_heads * key, taps,
        CLI_TENSOR_SMALL);
    layer_add (layer, "mixer.v_conv1d.weight", v_heads * value, taps,
        CLI_TENSOR_SMALL);
  }
  if (gla) {
    layer_add (layer, "mixer.gk_proj.0.weight", rank, d, CLI_TENSOR_MATRIX);
    layer_add (layer, "mixer.gk_proj.1.weight", k_heads * key, rank,
        CLI_TENSOR_MATRIX);
    layer_add (layer, "mixer.gk_proj.1.bias", k_heads * key, 1,
        CLI_TENSOR_SMALL);
  }
  if (beta)
    layer_add (layer, "mixer.b_proj.weight", v_heads, d, CLI_TENSOR_MATRIX);
  if (gated) {
    layer_add (layer, "mixer.a_proj.weight", v_heads, d, CLI_TENSOR_MATRIX);
    layer_add (layer, "mixer.A_log", v_heads, 1, CLI_TENSOR_A_LOG);
    layer_add (layer, "mixer.dt_bias", v_heads, 1, CLI_TENSOR_DT_BIAS);
  }
  if (weight)
    layer_add (layer, delta || gated ? "mixer.o_norm.weight" : gate ?
        "mixer.g_norm_swish_gate.weight" : "mixer.g_norm.weight", value, 1,
        CLI_TENSOR_ONE);
  layer_add (layer, rotation == 1 ? "mixer.out_proj.weight" :
      "mixer.o_proj.weight", d, out, CLI_TENSOR_MATRIX);
  return TRUE;
}

static gboolean
add_glu (const Layer *layer, GError **error)
{
  guint32 hidden, d = layer->d;

  if (!size (layer, "hidden", -1, &hidden, error))
    return FALSE;
  layer_add (layer, "mixer.fc1.weight", hidden, d, CLI_TENSOR_MATRIX);
  layer_add (layer, "mixer.gate.weight", hidden, d, CLI_TENSOR_MATRIX);
  layer_add (layer, "mixer.fc2.weight", d, hidden, CLI_TENSOR_MATRIX);
  return TRUE;
}

static const struct
{
  const char *kind;
  gboolean (*add) (const Layer *layer, GError **error);
} kinds[] = {
  {"mamba", add_mamba},
  {"mamba2", add_mamba2},
  {"attention", add_attention},
  {"cross_attention", add_attention},
  {"swiglu", add_swiglu},
  {"retention", add_linear_attention},
  {"gla", add_linear_attention},
  {"delta_net", add_linear_attention},
  {"gated_delta_net", add_linear_attention},
  {"glu", add_glu},
  {"mlp", add_mlp},
};

static gboolean
add_layer (const Layer *layer, GError **error)
{
  for (gsize i = 0; i < G_N_ELEMENTS (kinds); i++)
    if (strcmp (layer->layer->kind, kinds[i].kind) == 0) {
      layer_add_norm (layer, "norm", layer->d);
      return kinds[i].add (layer, error);
    }
  ssmt_layer_config_set_error (layer->layer, error, "is a kind that has no "
      "made-up weights");
  return FALSE;
}

static gboolean
add_stack (GArray *tensors, const SsmtConfig *config, SsmtStack stack,
    GError **error)
{
  gboolean encoder = stack == SSMT_STACK_ENCODER;
  const GPtrArray *list =
      encoder ? config->encoder_layers : config->decoder_layers;
  const char *prefix = encoder ? "encoder." : "backbone.";

  if (!list || list->len == 0)
    return TRUE;
  for (guint i = 0; i < list->len; i++) {
    g_autofree char *name = g_strdup_printf ("%slayers.%u.", prefix, i);
    const Layer layer = {
      tensors, list->pdata[i], config->d_model, name, stack,
      config->layer_norm
    };
    if (!add_layer (&layer, error))
      return FALSE;
  }
  add (tensors, stack, prefix, "norm_f.weight", config->d_model, 1,
      CLI_TENSOR_ONE);
  if (config->layer_norm)
    add (tensors, stack, prefix, "norm_f.bias", config->d_model, 1,
        CLI_TENSOR_SMALL);
  return TRUE;
}

GArray *
cli_tensors_new (const SsmtConfig *config, GError **error)
{
  g_autoptr (GArray) tensors = g_array_new (FALSE, FALSE, sizeof (CliTensor));

  g_array_set_clear_func (tensors, tensor_clear);
  add (tensors, SSMT_STACK_DECODER, "", "backbone.embeddings.weight",
      config->vocab_size, config->d_model, CLI_TENSOR_MATRIX);
  if (config->encoder_embeddings)
    add (tensors, SSMT_STACK_ENCODER, "", "encoder.embeddings.weight",
        config->vocab_size, config->d_model, CLI_TENSOR_MATRIX);
  if (!add_stack (tensors, config, SSMT_STACK_ENCODER, error)
      || !add_stack (tensors, config, SSMT_STACK_DECODER, error))
    return NULL;
  if (!config->tie_embeddings)
    add (tensors, SSMT_STACK_DECODER, "", "lm_head.weight", config->vocab_size,
        config->d_model, CLI_TENSOR_MATRIX);
  return g_steal_pointer (&tensors);
}
