/* ssmtranslate: checkpoints of Mamba, Mamba-2 and FalconMamba
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Keys and defaults of transformers 5.23 (configuration_mamba.py, configuration_mamba2.py,
 * configuration_falcon_mamba.py) and of state-spaces/mamba (models/config_mamba.py,
 * modules/mamba_simple.py, modules/mamba2.py).
 */
#include <math.h>
#include <string.h>

#include "engine/formats/foreign.h"

#define NORM "backbone.layers.%.norm"
#define MIXER "backbone.layers.%.mixer."

static void
name_backbone (SsmtConfig *config)
{
  /* mamba_ssm says embedding, and so do some files of transformers, which renames it */
  config->embedding = "backbone.embeddings.weight";
  config->embedding_alias = "backbone.embedding.weight";
  config->output = "lm_head.weight";
  config->decoder_norm = "backbone.norm_f";
}

/* The sizes of one layer, whatever the library calls them. */
typedef struct {
  guint32 d_inner, d_state, d_conv, dt_rank;
  guint32 head_dim, n_groups;
  gboolean bias, conv_bias;
  double dt_min, dt_max;
  double inner_eps;             /* 0: no norms of dt, B and C */
} Sizes;

static void
add_layers (SsmtForeign *f, const char *kind, guint n, const Sizes *s)
{
  gboolean second = strcmp (kind, "mamba2") == 0;

  for (guint i = 0; i < n && !f->error; i++) {
    JsonObject *o = ssmt_foreign_layer (f, kind, i, NORM, MIXER);

    json_object_set_int_member (o, "d_inner", s->d_inner);
    json_object_set_int_member (o, "d_state", s->d_state);
    json_object_set_int_member (o, "d_conv", s->d_conv);
    json_object_set_boolean_member (o, "bias", s->bias);
    json_object_set_boolean_member (o, "conv_bias", s->conv_bias);
    if (second) {
      json_object_set_int_member (o, "head_dim", s->head_dim);
      json_object_set_int_member (o, "n_groups", s->n_groups);
      json_object_set_string_member (o, "norm_group", "group");
      json_object_set_double_member (o, "dt_min", s->dt_min);
      if (isfinite (s->dt_max))
        json_object_set_double_member (o, "dt_max", s->dt_max);
    } else {
      json_object_set_int_member (o, "dt_rank", s->dt_rank);
    }
    if (s->inner_eps > 0) {
      json_object_set_string_member (o, "dt_bc_norm", "plain");
      json_object_set_double_member (o, "dt_bc_norm_eps", s->inner_eps);
    }
  }
}

/* --- transformers ------------------------------------------------------- */

static void
parse_mamba (SsmtForeign *f, gboolean falcon)
{
  SsmtConfig *c = f->config;
  Sizes s = { 0 };

  name_backbone (c);
  ssmt_foreign_widths (f, TRUE);
  c->norm_eps = ssmt_foreign_number (f, "layer_norm_epsilon", 1e-5, 0, 1);
  ssmt_foreign_only_silu (f, "hidden_act");
  /* older files state the product, and then it counts */
  s.d_inner = ssmt_foreign_has (f, "intermediate_size") ?
      ssmt_foreign_size (f, "intermediate_size", 0, SSMT_MAX_DIM) :
      ssmt_foreign_scaled (f, "expand", 2, c->d_model);
  s.d_state = ssmt_foreign_size (f, "state_size", 16, 1024);
  s.d_conv = ssmt_foreign_size (f, "conv_kernel", 4, 64);
  s.dt_rank = ssmt_foreign_rank (f, "time_step_rank", c->d_model);
  s.bias = ssmt_foreign_bool (f, "use_bias", FALSE);
  s.conv_bias = ssmt_foreign_bool (f, "use_conv_bias", TRUE);
  if (falcon)
    s.inner_eps = ssmt_foreign_number (f, "mixer_rms_eps", 1e-6, 1e-30, 1);
  add_layers (f, "mamba", ssmt_foreign_size (f, "num_hidden_layers", 32,
          SSMT_MAX_LAYERS), &s);
}

void
ssmt_foreign_mamba (SsmtForeign *f)
{
  parse_mamba (f, FALSE);
}

void
ssmt_foreign_falcon_mamba (SsmtForeign *f)
{
  parse_mamba (f, TRUE);
}

void
ssmt_foreign_mamba2 (SsmtForeign *f)
{
  SsmtConfig *c = f->config;
  Sizes s = { 0 };
  guint32 heads;

  name_backbone (c);
  ssmt_foreign_widths (f, FALSE);
  c->norm_eps = ssmt_foreign_number (f, "layer_norm_epsilon", 1e-5, 0, 1);
  ssmt_foreign_only_silu (f, "hidden_act");
  /* "norm_before_gate" of older files is not looked at: no version of the library's own
   * code obeys it, the norm comes after the gate */
  ssmt_foreign_refuse_false (f, "rms_norm",
      "Mamba-2 layers without the norm before the output");
  s.d_inner = ssmt_foreign_scaled (f, "expand", 2, c->d_model);
  s.d_state = ssmt_foreign_size (f, "state_size", 128, 4096);
  s.d_conv = ssmt_foreign_size (f, "conv_kernel", 4, 64);
  s.head_dim = ssmt_foreign_size (f, "head_dim", 64, 4096);
  s.n_groups = ssmt_foreign_size (f, "n_groups", 8, 4096);
  s.bias = ssmt_foreign_bool (f, "use_bias", FALSE);
  s.conv_bias = ssmt_foreign_bool (f, "use_conv_bias", TRUE);
  s.dt_max = INFINITY;
  ssmt_foreign_limits (f, "time_step_limit", &s.dt_min, &s.dt_max);
  heads = ssmt_foreign_size (f, "num_heads", 128, SSMT_MAX_DIM);
  if (!f->error && (guint64) heads * s.head_dim != s.d_inner)
    ssmt_json_fail (&f->error, SSMT_ERROR_INVALID, f->json.where,
        "\"num_heads\" %u times \"head_dim\" %u must be \"expand\" times "
        "\"hidden_size\", which is %u", heads, s.head_dim, s.d_inner);
  add_layers (f, "mamba2", ssmt_foreign_size (f, "num_hidden_layers", 64,
          SSMT_MAX_LAYERS), &s);
}

/* --- mamba_ssm ---------------------------------------------------------- */

/* Keys that change nothing once the model is trained come first. */
static void
check_layer_keys (SsmtForeign *f, gboolean second)
{
  static const char *const first_keys[] = { "dt_min", "dt_max", "dt_init",
    "dt_scale", "dt_init_floor", "use_fast_path", "layer", "d_state",
    "d_conv", "expand", "dt_rank", "conv_bias", "bias", NULL
  };
  static const char *const second_keys[] = { "dt_min", "dt_max",
    "dt_init_floor", "A_init_range", "conv_init", "chunk_size",
    "use_mem_eff_path", "sequence_parallel", "layer", "d_state", "d_conv",
    "expand", "headdim", "d_ssm", "ngroups", "D_has_hdim", "rmsnorm",
    "norm_before_gate", "dt_limit", "bias", "conv_bias", NULL
  };
  g_autoptr (GList) keys = json_object_get_members (f->json.object);

  for (GList *k = keys; k; k = k->next)
    if (!g_strv_contains (second ? second_keys : first_keys, k->data))
      ssmt_foreign_refuse (f, k->data, "an option of the layer that is not "
          "known here");
}

static void
parse_ssm_cfg (SsmtForeign *f, gboolean second, Sizes *s)
{
  guint32 d = f->config->d_model;

  check_layer_keys (f, second);
  s->d_inner = ssmt_foreign_scaled (f, "expand", 2, d);
  s->d_conv = ssmt_foreign_size (f, "d_conv", 4, 64);
  s->bias = ssmt_foreign_bool (f, "bias", FALSE);
  s->conv_bias = ssmt_foreign_bool (f, "conv_bias", TRUE);
  if (!second) {
    s->d_state = ssmt_foreign_size (f, "d_state", 16, 1024);
    s->dt_rank = ssmt_foreign_rank (f, "dt_rank", d);
    return;
  }
  s->d_state = ssmt_foreign_size (f, "d_state", 128, 4096);
  s->head_dim = ssmt_foreign_size (f, "headdim", 64, 4096);
  s->n_groups = ssmt_foreign_size (f, "ngroups", 1, 4096);
  s->dt_max = INFINITY;
  ssmt_foreign_limits (f, "dt_limit", &s->dt_min, &s->dt_max);
  if (ssmt_foreign_size (f, "d_ssm", s->d_inner, SSMT_MAX_DIM) != s->d_inner)
    ssmt_foreign_refuse (f, "d_ssm",
        "Mamba-2 layers that scan a part of their width");
  ssmt_foreign_refuse_true (f, "D_has_hdim",
      "a skip weight D for each channel");
  ssmt_foreign_refuse_false (f, "rmsnorm",
      "Mamba-2 layers without the norm before the output");
  ssmt_foreign_refuse_true (f, "norm_before_gate",
      "a norm before the gate, not after it");
}

void
ssmt_foreign_mamba_ssm (SsmtForeign *f)
{
  SsmtConfig *c = f->config;
  JsonObject *cfg = NULL;
  JsonArray *attention;
  gboolean second = FALSE;
  Sizes s = { 0 };
  guint32 n, multiple;

  name_backbone (c);
  c->d_model = ssmt_foreign_size (f, "d_model", 0, SSMT_MAX_DIM);
  c->vocab_size = ssmt_foreign_size (f, "vocab_size", 50277, SSMT_MAX_VOCAB);
  /* the embedding is padded when the model is made; the key keeps what was asked for */
  multiple = ssmt_foreign_size (f, "pad_vocab_size_multiple", 8, 65536);
  c->vocab_size = MIN (SSMT_MAX_VOCAB,
      (c->vocab_size + multiple - 1) / multiple * multiple);
  c->tie_embeddings = ssmt_foreign_bool (f, "tie_embeddings", TRUE);
  n = ssmt_foreign_size (f, "n_layer", 64, SSMT_MAX_LAYERS);
  ssmt_foreign_refuse_false (f, "rms_norm",
      "LayerNorm in place of RMSNorm before each layer");
  if (ssmt_foreign_has (f, "attn_layer_idx")
      && ssmt_json_get_array (&f->json, "attn_layer_idx", &attention,
          &f->error) && json_array_get_length (attention) > 0)
    ssmt_foreign_refuse (f, "attn_layer_idx",
        "mamba_ssm's attention, whose projections are one tensor");
  if (ssmt_foreign_number (f, "d_intermediate", 0, 0, SSMT_MAX_DIM) > 0)
    ssmt_foreign_refuse (f, "d_intermediate",
        "mamba_ssm's MLP, whose two projections are one tensor");
  if (ssmt_foreign_has (f, "ssm_cfg"))
    ssmt_json_get_object (&f->json, "ssm_cfg", &cfg, &f->error);
  if (f->error)
    return;

  g_autoptr (JsonObject) none = json_object_new ();
  g_autofree char *where = g_strdup_printf ("%s: ssm_cfg", f->json.where);
  SsmtForeign inner = {.config = c,.json = { cfg ? cfg : none, where } };
  const char *layer = ssmt_foreign_string (&inner, "layer");

  if (layer && strcmp (layer, "Mamba1") != 0 && strcmp (layer, "Mamba2") != 0)
    ssmt_foreign_refuse (&inner, "layer", "another layer than Mamba1 and Mamba2");
  second = layer && strcmp (layer, "Mamba2") == 0;
  parse_ssm_cfg (&inner, second, &s);
  f->error = inner.error;
  add_layers (f, second ? "mamba2" : "mamba", n, &s);
}
