/* ssmtranslate: gated linear attention [arXiv 2312.06635; flash-linear-attention: layers/gla.py]
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The state fades per key channel, by exp (log sigmoid (W_2 W_1 h + b) / gate_logit_normalizer).
 */
#include <math.h>

#include "engine/network/layers/linear-attention.h"

static gboolean
gla_configure (SsmtLayer *layer, const SsmtLayerConfig *config, GError **error)
{
  static const char *const keys[] = { "heads", "kv_heads", "key_dim",
    "value_dim", "d_conv", "gate_low_rank_dim", "gate_logit_normalizer",
    "clamp_min", "norm_weight", "output_gate", NULL
  };
  SsmtLinearAttention *self = (SsmtLinearAttention *) layer;

  if (!ssmt_layer_config_check_keys (config, keys, error)
      || !ssmt_linear_attention_configure (self, config, 0, TRUE, error)
      || !ssmt_linear_attention_configure_kv_heads (self, config, error)
      || !ssmt_layer_config_get_size (config, "gate_low_rank_dim", 16,
          SSMT_MAX_DIM, &self->rank, error)
      || !ssmt_layer_config_get_float (config, "gate_logit_normalizer", 16,
          1e-3, 1e6, &self->decay_divisor, error)
      || !ssmt_layer_config_get_boolean (config, "norm_weight", TRUE,
          &self->norm_weight, error))
    return FALSE;
  self->decay = SSMT_DECAY_CHANNEL;
  return !json_object_has_member (config->sizes, "clamp_min")
      || ssmt_layer_config_get_float (config, "clamp_min", -1, -1e30, 0,
      &self->decay_min, error);
}

static gboolean
gla_bind (SsmtLayer *layer, const char *prefix, SsmtWeights *w, GError **error)
{
  SsmtLinearAttention *self = (SsmtLinearAttention *) layer;
  guint32 width = self->k_heads * self->key_dim;

  return ssmt_layer_get_matrix (w, prefix, "gk_proj.0.weight", self->rank,
      layer->d_model, &self->low_rank, error)
      && ssmt_layer_get_matrix (w, prefix, "gk_proj.1.weight", width,
      self->rank, &self->decay_proj, error)
      && ssmt_layer_get_floats (w, prefix, "gk_proj.1.bias", width, 1,
      &self->decay_bias, error)
      && ssmt_linear_attention_bind (self, prefix, "o_proj.weight",
      ssmt_linear_attention_fla_norm (self, prefix, w), w, error);
}

const SsmtLayerClass ssmt_gla_class =
    SSMT_LINEAR_ATTENTION_CLASS ("gla", gla_configure, gla_bind);
