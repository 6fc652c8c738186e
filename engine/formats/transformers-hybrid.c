/* ssmtranslate: checkpoints of Bamba and Jamba
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Keys and defaults of transformers 5.23 (configuration_bamba.py, configuration_jamba.py). A block
 * is a mixer, Mamba or attention, and an MLP, each with its norm: two layers here.
 */
#include <math.h>
#include <string.h>

#include "engine/formats/checkpoint.h"

#define LAYER "model.layers.%."
#define NORM LAYER "input_layernorm"
#define EMBEDDING "model.embed_tokens.weight"
#define FINAL_NORM "model.final_layernorm"

static SsmtAttentionSizes
attention_sizes (const SsmtConfig *config, SsmtReader *r)
{
  SsmtAttentionSizes s = { 0 };

  s.heads = ssmt_reader_size (r, "num_attention_heads", 32, 4096);
  s.kv_heads = ssmt_reader_has (r, "num_key_value_heads")
          || !json_object_has_member (r->object, "num_key_value_heads")
      ? ssmt_reader_size (r, "num_key_value_heads", 8, 4096)
      : s.heads;
  s.head_dim = ssmt_reader_size (r, "head_dim", MAX (config->d_model / s.heads, 1), 4096);
  if (ssmt_reader_has (r, "sliding_window"))
    s.window = ssmt_reader_size (r, "sliding_window", SSMT_REQUIRED, SSMT_MAX_WINDOW);
  return s;
}

static void
add_mlp (SsmtConfig *config, guint block, guint32 hidden)
{
  SsmtLayerConfig *o = ssmt_checkpoint_layer (
      config, "swiglu", block, LAYER "pre_ff_layernorm", LAYER "feed_forward.");

  ssmt_layer_config_set_size (o, "hidden", hidden);
}

/* --- Bamba -------------------------------------------------------------- */

/* Half of a head is rotated unless "rope_parameters" says otherwise; files older than that
 * object have "rope_theta" and "rope_scaling", and always half. */
static void
read_rotation (SsmtReader *r, SsmtAttentionSizes *s)
{
  SsmtReader rope;
  const char *type;
  double part = 0.5;

  ssmt_checkpoint_refuse_set (r, "rope_scaling", "scaled rotary positions");
  s->rotary_base = ssmt_reader_number (r, "rope_theta", 10000, 1, 1e12);
  if (ssmt_reader_has (r, "rope_parameters")) {
    ssmt_reader_open (r, "rope_parameters", TRUE, &rope);
    type = ssmt_reader_string (&rope, "rope_type", FALSE);
    if (type && strcmp (type, "default") != 0)
      ssmt_checkpoint_refuse (&rope, "rope_type", "scaled rotary positions");
    part = ssmt_reader_number (&rope, "partial_rotary_factor", 0.5, 0, 1);
    s->rotary_base = ssmt_reader_number (&rope, "rope_theta", 10000, 1, 1e12);
    ssmt_reader_close (&rope, r);
  }
  s->rotary_dim = (guint32) floor (s->head_dim * part);
}

static gboolean
list_has (JsonArray *list, guint number)
{
  gint64 at;

  for (guint i = 0; list && i < json_array_get_length (list); i++)
    if (ssmt_json_whole_of_node (json_array_get_element (list, i), 0, SSMT_MAX_LAYERS, &at)
        && at == number)
      return TRUE;
  return FALSE;
}

static void
bamba_mamba (SsmtConfig *config, SsmtReader *r, guint block)
{
  SsmtLayerConfig *o = ssmt_checkpoint_layer (config, "mamba2", block, NORM, LAYER "mamba.");
  guint32 heads = ssmt_reader_size (r, "mamba_n_heads", 128, SSMT_MAX_DIM);
  guint32 inner = ssmt_checkpoint_scaled (r, "mamba_expand", 2, config->d_model);
  JsonNode *node = json_object_get_member (r->object, "mamba_d_head");
  guint32 head = MAX (inner / heads, 1); /* "auto" */
  double from = 0, to = INFINITY;

  if (g_strcmp0 (ssmt_json_string_of_node (node), "auto") != 0)
    head = ssmt_reader_size (r, "mamba_d_head", head, 4096);
  if ((guint64) heads * head != inner)
    ssmt_reader_fail (r, SSMT_ERROR_INVALID,
        "\"mamba_n_heads\" %u times \"mamba_d_head\" %u must be "
        "\"mamba_expand\" times \"hidden_size\", which is %u",
        heads, head, inner);
  ssmt_checkpoint_limits (r, "time_step_limit", &from, &to);
  ssmt_layer_config_set_size (o, "d_inner", inner);
  ssmt_layer_config_set_size (o, "head_dim", head);
  ssmt_layer_config_set_size (o, "d_state", ssmt_reader_size (r, "mamba_d_state", 256, 4096));
  ssmt_layer_config_set_size (o, "d_conv", ssmt_reader_size (r, "mamba_d_conv", 4, 64));
  ssmt_layer_config_set_size (o, "n_groups", ssmt_reader_size (r, "mamba_n_groups", 1, 4096));
  ssmt_layer_config_set_string (o, "norm_group", "group");
  ssmt_layer_config_set_boolean (o, "bias", ssmt_reader_boolean (r, "mamba_proj_bias", FALSE));
  ssmt_layer_config_set_boolean (o, "conv_bias", ssmt_reader_boolean (r, "mamba_conv_bias", TRUE));
  ssmt_layer_config_set_number (o, "dt_min", from);
  if (isfinite (to))
    ssmt_layer_config_set_number (o, "dt_max", to);
}

static void
read_bamba (SsmtConfig *config, SsmtReader *r)
{
  SsmtAttentionSizes sizes;
  JsonArray *attention;
  guint32 hidden, n;

  ssmt_checkpoint_names (config, EMBEDDING, FINAL_NORM);
  ssmt_checkpoint_widths (config, r, FALSE);
  config->norm_eps = ssmt_reader_number (r, "rms_norm_eps", 1e-5, 0, 1);
  ssmt_checkpoint_only_silu (r, "hidden_act");
  sizes = attention_sizes (config, r);
  sizes.bias = ssmt_reader_boolean (r, "attention_bias", FALSE);
  read_rotation (r, &sizes);
  attention = ssmt_reader_array (r, "attn_layer_indices", FALSE);
  hidden = ssmt_reader_size (r, "intermediate_size", 14336, SSMT_MAX_DIM);
  ssmt_checkpoint_refuse_true (r, "mlp_bias", "SwiGLU with biases");
  n = ssmt_reader_size (r, "num_hidden_layers", 32, SSMT_MAX_LAYERS / 2);
  for (guint i = 0; i < n && !r->error; i++) {
    if (list_has (attention, i))
      ssmt_checkpoint_attention (config, i, NORM, LAYER "self_attn.", &sizes);
    else
      bamba_mamba (config, r, i);
    add_mlp (config, i, hidden);
  }
}

/* --- Jamba -------------------------------------------------------------- */

static void
jamba_mamba (SsmtConfig *config, SsmtReader *r, guint block)
{
  guint32 d = config->d_model;
  SsmtLayerConfig *o = ssmt_checkpoint_layer (config, "mamba", block, NORM, LAYER "mamba.");

  ssmt_layer_config_set_size (o, "d_inner", ssmt_checkpoint_scaled (r, "mamba_expand", 2, d));
  ssmt_layer_config_set_size (o, "d_state", ssmt_reader_size (r, "mamba_d_state", 16, 1024));
  ssmt_layer_config_set_size (o, "d_conv", ssmt_reader_size (r, "mamba_d_conv", 4, 64));
  ssmt_layer_config_set_size (o, "dt_rank", ssmt_checkpoint_rank (r, "mamba_dt_rank", d));
  ssmt_layer_config_set_boolean (o, "bias", ssmt_reader_boolean (r, "mamba_proj_bias", FALSE));
  ssmt_layer_config_set_boolean (o, "conv_bias", ssmt_reader_boolean (r, "mamba_conv_bias", TRUE));
  ssmt_layer_config_set_string (o, "dt_bc_norm", "weight");
}

/* Once in `period` layers, from `offset` on. */
typedef struct {
  guint32 period, offset;
} Every;

static Every
read_every (SsmtReader *r, const char *period, guint32 period_default, const char *offset,
    guint32 offset_default)
{
  Every e = { ssmt_reader_size (r, period, period_default, SSMT_MAX_LAYERS),
    (guint32) ssmt_reader_number (r, offset, offset_default, 0, SSMT_MAX_LAYERS) };

  if (!r->error && e.offset >= e.period)
    ssmt_reader_fail (r, SSMT_ERROR_INVALID, "\"%s\" %u must be smaller than \"%s\" %u", offset,
        e.offset, period, e.period);
  return e;
}

static void
read_jamba (SsmtConfig *config, SsmtReader *r)
{
  SsmtAttentionSizes sizes;
  Every attention, experts;
  guint32 hidden, n, n_experts;

  ssmt_checkpoint_names (config, EMBEDDING, FINAL_NORM);
  ssmt_checkpoint_widths (config, r, FALSE);
  config->norm_eps = ssmt_reader_number (r, "rms_norm_eps", 1e-6, 0, 1);
  ssmt_checkpoint_only_silu (r, "hidden_act");
  sizes = attention_sizes (config, r);
  attention = read_every (r, "attn_layer_period", 8, "attn_layer_offset", 4);
  experts = read_every (r, "expert_layer_period", 2, "expert_layer_offset", 1);
  n_experts = ssmt_reader_size (r, "num_experts", 16, 65536);
  hidden = ssmt_reader_size (r, "intermediate_size", 14336, SSMT_MAX_DIM);
  n = ssmt_reader_size (r, "num_hidden_layers", 32, SSMT_MAX_LAYERS / 2);
  for (guint i = 0; i < n && !r->error; i++) {
    if (n_experts > 1 && i % experts.period == experts.offset) {
      g_autofree char *needed =
          g_strdup_printf ("a mixture of experts, from "
                           "layer %u on; only Jamba without experts is supported",
              i);

      ssmt_checkpoint_refuse (r, "num_experts", needed);
      break;
    }
    if (i % attention.period == attention.offset)
      ssmt_checkpoint_attention (config, i, NORM, LAYER "self_attn.", &sizes);
    else
      jamba_mamba (config, r, i);
    add_mlp (config, i, hidden);
  }
}

/* --- the format --------------------------------------------------------- */

static const SsmtFamily families[] = { { "bamba", "BambaForCausalLM", "Bamba of transformers", 2,
                                           read_bamba },
  { "jamba", "JambaForCausalLM", "Jamba of transformers", 2, read_jamba }, { NULL } };
static const char *const types[] = { "bamba", "jamba", NULL };

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

const SsmtFormat ssmt_format_transformers_hybrid = {
  .types = types,
  .recognise = recognise,
  .read = read_folder,
  .open = ssmt_checkpoint_open,
};
