/* ssmtranslate: checkpoints of Bamba and Jamba
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Keys and defaults of transformers 5.23 (configuration_bamba.py, configuration_jamba.py). A block
 * is a mixer, Mamba or attention, and an MLP, each with its norm: two layers here.
 */
#include <math.h>
#include <string.h>

#include "engine/formats/foreign.h"

#define LAYER "model.layers.%."
#define NORM LAYER "input_layernorm"

static void
name_model (SsmtConfig *config)
{
  config->embedding = "model.embed_tokens.weight";
  config->output = "lm_head.weight";
  config->decoder_norm = "model.final_layernorm";
}

void
ssmt_foreign_attention (SsmtForeign *f, guint block, const char *norm,
    const char *prefix, const SsmtAttentionSizes *sizes)
{
  JsonObject *o = ssmt_foreign_layer (f, "attention", block, norm, prefix);

  json_object_set_int_member (o, "heads", sizes->heads);
  json_object_set_int_member (o, "kv_heads", sizes->kv_heads);
  json_object_set_int_member (o, "head_dim", MAX (sizes->head_dim, 1));
  if (sizes->window > 0)
    json_object_set_int_member (o, "window", sizes->window);
  if (sizes->rotary_dim > 0)
    json_object_set_double_member (o, "rotary_base", sizes->rotary_base);
  if (sizes->rotary_dim > 0 && sizes->rotary_dim < sizes->head_dim)
    json_object_set_int_member (o, "rotary_dim", sizes->rotary_dim);
  if (sizes->bias)
    json_object_set_boolean_member (o, "bias", TRUE);
}

static SsmtAttentionSizes
attention_sizes (SsmtForeign *f)
{
  SsmtAttentionSizes s = { 0 };

  s.heads = ssmt_foreign_size (f, "num_attention_heads", 32, 4096);
  s.kv_heads = ssmt_foreign_has (f, "num_key_value_heads")
      || !json_object_has_member (f->json.object, "num_key_value_heads") ?
      ssmt_foreign_size (f, "num_key_value_heads", 8, 4096) : s.heads;
  s.head_dim = ssmt_foreign_size (f, "head_dim",
      MAX (f->config->d_model / s.heads, 1), 4096);
  if (ssmt_foreign_has (f, "sliding_window"))
    s.window = ssmt_foreign_size (f, "sliding_window", 0, SSMT_MAX_WINDOW);
  return s;
}

static void
add_mlp (SsmtForeign *f, guint block, guint32 hidden)
{
  JsonObject *o = ssmt_foreign_layer (f, "swiglu", block,
      LAYER "pre_ff_layernorm", LAYER "feed_forward.");

  json_object_set_int_member (o, "hidden", hidden);
}

/* --- Bamba -------------------------------------------------------------- */

/* Half of a head is rotated unless "rope_parameters" says otherwise; files older than that
 * object have "rope_theta" and "rope_scaling", and always half. */
static void
read_rotation (SsmtForeign *f, SsmtAttentionSizes *s)
{
  JsonObject *rope = f->json.object;
  g_autofree char *where = NULL;
  SsmtForeign inner;
  const char *type;
  double part = 0.5;

  ssmt_foreign_refuse_set (f, "rope_scaling", "scaled rotary positions");
  if (ssmt_foreign_has (f, "rope_parameters")
      && !ssmt_json_get_object (&f->json, "rope_parameters", &rope, &f->error))
    return;
  where = g_strdup_printf ("%s%s", f->json.where,
      rope == f->json.object ? "" : ": rope_parameters");
  inner = (SsmtForeign) {.config = f->config,.json = { rope, where } };
  if (rope != f->json.object) {
    type = ssmt_foreign_string (&inner, "rope_type");
    if (type && strcmp (type, "default") != 0)
      ssmt_foreign_refuse (&inner, "rope_type", "scaled rotary positions");
    part = ssmt_foreign_number (&inner, "partial_rotary_factor", 0.5, 0, 1);
  }
  s->rotary_base = ssmt_foreign_number (&inner, "rope_theta", 10000, 1, 1e12);
  s->rotary_dim = (guint32) floor (s->head_dim * part);
  if (!f->error)
    f->error = inner.error;
  else
    g_clear_error (&inner.error);
}

static gboolean
list_has (JsonArray *list, guint number)
{
  gint64 at;

  for (guint i = 0; list && i < json_array_get_length (list); i++)
    if (ssmt_json_whole_of_node (json_array_get_element (list, i), 0,
            SSMT_MAX_LAYERS, &at) && at == number)
      return TRUE;
  return FALSE;
}

static void
bamba_mamba (SsmtForeign *f, guint block)
{
  JsonObject *o = ssmt_foreign_layer (f, "mamba2", block, NORM, LAYER "mamba.");
  guint32 heads = ssmt_foreign_size (f, "mamba_n_heads", 128, SSMT_MAX_DIM);
  guint32 inner =
      ssmt_foreign_scaled (f, "mamba_expand", 2, f->config->d_model);
  JsonNode *node = json_object_get_member (f->json.object, "mamba_d_head");
  guint32 head = MAX (inner / heads, 1);        /* "auto" */
  double from = 0, to = INFINITY;

  if (!(node && JSON_NODE_HOLDS_VALUE (node)
          && json_node_get_value_type (node) == G_TYPE_STRING
          && strcmp (json_node_get_string (node), "auto") == 0))
    head = ssmt_foreign_size (f, "mamba_d_head", head, 4096);
  if (!f->error && (guint64) heads * head != inner)
    ssmt_json_fail (&f->error, SSMT_ERROR_INVALID, f->json.where,
        "\"mamba_n_heads\" %u times \"mamba_d_head\" %u must be "
        "\"mamba_expand\" times \"hidden_size\", which is %u", heads, head,
        inner);
  ssmt_foreign_limits (f, "time_step_limit", &from, &to);
  json_object_set_int_member (o, "d_inner", inner);
  json_object_set_int_member (o, "head_dim", head);
  json_object_set_int_member (o, "d_state",
      ssmt_foreign_size (f, "mamba_d_state", 256, 4096));
  json_object_set_int_member (o, "d_conv",
      ssmt_foreign_size (f, "mamba_d_conv", 4, 64));
  json_object_set_int_member (o, "n_groups",
      ssmt_foreign_size (f, "mamba_n_groups", 1, 4096));
  json_object_set_string_member (o, "norm_group", "group");
  json_object_set_boolean_member (o, "bias",
      ssmt_foreign_bool (f, "mamba_proj_bias", FALSE));
  json_object_set_boolean_member (o, "conv_bias",
      ssmt_foreign_bool (f, "mamba_conv_bias", TRUE));
  json_object_set_double_member (o, "dt_min", from);
  if (isfinite (to))
    json_object_set_double_member (o, "dt_max", to);
}

void
ssmt_foreign_bamba (SsmtForeign *f)
{
  SsmtAttentionSizes sizes;
  JsonArray *attention = NULL;
  guint32 hidden, n;

  name_model (f->config);
  ssmt_foreign_widths (f, FALSE);
  f->config->norm_eps = ssmt_foreign_number (f, "rms_norm_eps", 1e-5, 0, 1);
  ssmt_foreign_only_silu (f, "hidden_act");
  sizes = attention_sizes (f);
  sizes.bias = ssmt_foreign_bool (f, "attention_bias", FALSE);
  read_rotation (f, &sizes);
  if (!f->error && ssmt_foreign_has (f, "attn_layer_indices"))
    ssmt_json_get_array (&f->json, "attn_layer_indices", &attention,
        &f->error);
  hidden = ssmt_foreign_size (f, "intermediate_size", 14336, SSMT_MAX_DIM);
  ssmt_foreign_refuse_true (f, "mlp_bias", "SwiGLU with biases");
  n = ssmt_foreign_size (f, "num_hidden_layers", 32, SSMT_MAX_LAYERS / 2);
  for (guint i = 0; i < n && !f->error; i++) {
    if (list_has (attention, i))
      ssmt_foreign_attention (f, i, NORM, LAYER "self_attn.", &sizes);
    else
      bamba_mamba (f, i);
    add_mlp (f, i, hidden);
  }
}

/* --- Jamba -------------------------------------------------------------- */

static void
jamba_mamba (SsmtForeign *f, guint block)
{
  guint32 d = f->config->d_model;
  JsonObject *o = ssmt_foreign_layer (f, "mamba", block, NORM, LAYER "mamba.");

  json_object_set_int_member (o, "d_inner",
      ssmt_foreign_scaled (f, "mamba_expand", 2, d));
  json_object_set_int_member (o, "d_state",
      ssmt_foreign_size (f, "mamba_d_state", 16, 1024));
  json_object_set_int_member (o, "d_conv",
      ssmt_foreign_size (f, "mamba_d_conv", 4, 64));
  json_object_set_int_member (o, "dt_rank",
      ssmt_foreign_rank (f, "mamba_dt_rank", d));
  json_object_set_boolean_member (o, "bias",
      ssmt_foreign_bool (f, "mamba_proj_bias", FALSE));
  json_object_set_boolean_member (o, "conv_bias",
      ssmt_foreign_bool (f, "mamba_conv_bias", TRUE));
  json_object_set_string_member (o, "dt_bc_norm", "weight");
}

/* Once in `period` layers, from `offset` on. */
typedef struct {
  guint32 period, offset;
} Every;

static Every
read_every (SsmtForeign *f, const char *period, guint32 period_default,
    const char *offset, guint32 offset_default)
{
  Every e = { ssmt_foreign_size (f, period, period_default, SSMT_MAX_LAYERS),
    (guint32) ssmt_foreign_number (f, offset, offset_default, 0,
        SSMT_MAX_LAYERS)
  };

  if (!f->error && e.offset >= e.period)
    ssmt_json_fail (&f->error, SSMT_ERROR_INVALID, f->json.where,
        "\"%s\" %u must be smaller than \"%s\" %u", offset, e.offset, period,
        e.period);
  return e;
}

void
ssmt_foreign_jamba (SsmtForeign *f)
{
  SsmtAttentionSizes sizes;
  Every attention, experts;
  guint32 hidden, n, n_experts;

  name_model (f->config);
  ssmt_foreign_widths (f, FALSE);
  f->config->norm_eps = ssmt_foreign_number (f, "rms_norm_eps", 1e-6, 0, 1);
  ssmt_foreign_only_silu (f, "hidden_act");
  sizes = attention_sizes (f);
  attention = read_every (f, "attn_layer_period", 8, "attn_layer_offset", 4);
  experts = read_every (f, "expert_layer_period", 2, "expert_layer_offset", 1);
  n_experts = ssmt_foreign_size (f, "num_experts", 16, 65536);
  hidden = ssmt_foreign_size (f, "intermediate_size", 14336, SSMT_MAX_DIM);
  n = ssmt_foreign_size (f, "num_hidden_layers", 32, SSMT_MAX_LAYERS / 2);
  for (guint i = 0; i < n && !f->error; i++) {
    if (n_experts > 1 && i % experts.period == experts.offset) {
      g_autofree char *needed = g_strdup_printf ("a mixture of experts, from "
          "layer %u on; only Jamba without experts is supported", i);

      ssmt_foreign_refuse (f, "num_experts", needed);
      break;
    }
    if (i % attention.period == attention.offset)
      ssmt_foreign_attention (f, i, NORM, LAYER "self_attn.", &sizes);
    else
      jamba_mamba (f, i);
    add_mlp (f, i, hidden);
  }
}
