/* ssmtranslate: DeltaNet and gated DeltaNet
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 *   S = a S;  S = S + k (x) beta (v - S^T k),  beta = sigmoid (W_b h)
 *
 * with q and k of length 1. a is 1 in DeltaNet [arXiv 2406.06484; flash-linear-attention:
 * layers/delta_net.py], exp (-exp (A_log) softplus (W_a h + dt_bias)) per head in gated
 * DeltaNet [arXiv 2412.06464; layers/gated_deltanet.py]. `allow_neg_eigval` doubles beta.
 */
#include "engine/network/layers/linear-attention.h"

/* What both read, once the sizes are known. */
static gboolean
configure_delta (SsmtLinearAttention *self, const SsmtLayerConfig *config,
    GError **error)
{
  gboolean negative;

  if (!ssmt_layer_config_get_boolean (config, "allow_neg_eigval", FALSE,
          &negative, error))
    return FALSE;
  self->delta = TRUE;
  self->beta_scale = negative ? 2 : 1;
  return TRUE;
}

static gboolean
delta_net_configure (SsmtLayer *layer, const SsmtLayerConfig *config,
    GError **error)
{
  static const char *const keys[] = { "heads", "key_dim", "value_dim",
    "d_conv", "output_gate", "use_beta", "allow_neg_eigval", "qk_norm",
    "qk_activation", NULL
  };
  /* others of flash-linear-attention are read only to say that they are not there */
  static const char *const norms[] = { "l2", NULL };
  static const char *const activations[] = { "silu", NULL };
  SsmtLinearAttention *self = (SsmtLinearAttention *) layer;
  guint only;

  self->decay = SSMT_DECAY_NONE;
  return ssmt_layer_config_check_keys (config, keys, error)
      && ssmt_linear_attention_configure (self, config, 4, FALSE, error)
      && ssmt_layer_config_get_boolean (config, "use_beta", TRUE,
      &self->has_beta, error)
      && ssmt_layer_config_get_choice (config, "qk_norm", norms, &only, error)
      && ssmt_layer_config_get_choice (config, "qk_activation", activations,
      &only, error)
      && configure_delta (self, config, error);
}

static gboolean
delta_net_bind (SsmtLayer *layer, const char *prefix, SsmtWeights *w,
    GError **error)
{
  SsmtLinearAttention *self = (SsmtLinearAttention *) layer;

  return (!self->has_beta || ssmt_layer_get_matrix (w, prefix,
          "b_proj.weight", self->heads, layer->d_model, &self->beta_proj,
          error))
      && ssmt_linear_attention_bind (self, prefix, "o_proj.weight",
      "o_norm.weight", w, error);
}

const SsmtLayerClass ssmt_delta_net_class =
    SSMT_LINEAR_ATTENTION_CLASS ("delta_net", delta_net_configure,
    delta_net_bind);

/* --- gated -------------------------------------------------------------- */

/* "heads" are those of q and k; "v_heads" have a state each. */
static gboolean
gated_delta_net_configure (SsmtLayer *layer, const SsmtLayerConfig *config,
    GError **error)
{
  static const char *const keys[] = { "heads", "v_heads", "key_dim",
    "value_dim", "d_conv", "output_gate", "allow_neg_eigval", NULL
  };
  SsmtLinearAttention *self = (SsmtLinearAttention *) layer;

  self->decay = SSMT_DECAY_TOKEN;
  self->has_beta = TRUE;
  if (!ssmt_layer_config_check_keys (config, keys, error)
      || !ssmt_linear_attention_configure (self, config, 4, TRUE, error)
      || !ssmt_layer_config_get_size (config, "v_heads", self->heads,
          SSMT_MAX_DIM / self->value_dim, &self->v_heads, error)
      || !configure_delta (self, config, error))
    return FALSE;
  if (self->v_heads % self->heads != 0) {
    ssmt_layer_config_set_error (config, error,
        "\"v_heads\" %u must be a multiple of \"heads\" %u", self->v_heads,
        self->heads);
    return FALSE;
  }
  self->heads = self->v_heads;
  return TRUE;
}

static gboolean
gated_delta_net_bind (SsmtLayer *layer, const char *prefix, SsmtWeights *w,
    GError **error)
{
  SsmtLinearAttention *self = (SsmtLinearAttention *) layer;
  guint32 d = layer->d_model;

  return ssmt_layer_get_matrix (w, prefix, "a_proj.weight", self->heads, d,
      &self->decay_proj, error)
      && ssmt_layer_get_decay (w, prefix, self->heads, 1, &self->a, error)
      && ssmt_layer_get_floats (w, prefix, "dt_bias", self->heads, 1,
      &self->decay_bias, error)
      && ssmt_layer_get_matrix (w, prefix, "b_proj.weight", self->heads, d,
      &self->beta_proj, error)
      && ssmt_linear_attention_bind (self, prefix, "o_proj.weight",
      "o_norm.weight", w, error);
}

const SsmtLayerClass ssmt_gated_delta_net_class =
    SSMT_LINEAR_ATTENTION_CLASS ("gated_delta_net",
    gated_delta_net_configure, gated_delta_net_bind);
