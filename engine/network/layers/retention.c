/* ssmtranslate: retention [arXiv 2307.08621], of two families that must not be mixed
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * "interleaved" is torchscale's: pairs (2 i, 2 i + 1) turn by position * base^(-i / (pairs - 1)),
 * so that the last angle is 1 / base; the sum is divided by sqrt (sum_i gamma^i) as in its
 * recurrent form; the norm of a head has no weight [component/multiscale_retention.py].
 * "half_split" is flash-linear-attention's: pairs (i, i + key_dim / 2) turn by
 * position * base^(-2 i / key_dim); the norm has a weight [layers/multiscale_retention.py].
 * In both gamma of head h is 1 - 2^(-5 - h).
 */
#include <math.h>

#include "engine/network/layers/linear-attention.h"

static gboolean
retention_check (SsmtLinearAttention *self, const SsmtLayerConfig *config,
    GError **error)
{
  const char *wrong = NULL;

  if (self->key_dim % 2 != 0)
    wrong = "\"key_dim\" must be even: pairs of channels are rotated";
  else if (self->rotary_base <= 0)
    wrong = "\"rotary_base\" must be above 0: retention knows no other "
        "positions";
  else if (self->interleaved && self->norm_weight)
    wrong = "the interleaved rotation is that of torchscale, whose norm has "
        "no weight: \"norm_weight\" must be false";
  else if (self->interleaved && !self->output_gate)
    wrong = "the interleaved rotation is that of torchscale, which always "
        "has a gate: \"output_gate\" must be true";
  if (wrong == NULL)
    return TRUE;
  ssmt_layer_config_set_error (config, error, "%s", wrong);
  return FALSE;
}

static gboolean
retention_configure (SsmtLayer *layer, const SsmtLayerConfig *config,
    GError **error)
{
  static const char *const keys[] = { "heads", "kv_heads", "key_dim",
    "value_dim", "rotation", "rotary_base", "norm_weight", "output_gate", NULL
  };
  static const char *const rotations[] = { "half_split", "interleaved", NULL };
  SsmtLinearAttention *self = (SsmtLinearAttention *) layer;
  guint rotation;

  if (!ssmt_layer_config_check_keys (config, keys, error)
      || !ssmt_linear_attention_configure (self, config, 0, TRUE, error)
      || !ssmt_linear_attention_configure_kv_heads (self, config, error)
      || !ssmt_layer_config_get_choice (config, "rotation", rotations,
          &rotation, error))
    return FALSE;
  self->decay = SSMT_DECAY_HEAD;
  self->interleaved = rotation == 1;
  return ssmt_layer_config_get_float (config, "rotary_base", 10000, 0, 1e12,
      &self->rotary_base, error)
      && ssmt_layer_config_get_boolean (config, "norm_weight",
      !self->interleaved, &self->norm_weight, error)
      && retention_check (self, config, error);
}

static gboolean
retention_bind (SsmtLayer *layer, const char *prefix, SsmtWeights *w,
    GError **error)
{
  SsmtLinearAttention *self = (SsmtLinearAttention *) layer;
  g_autofree float *gamma = g_new (float, self->heads);

  for (guint32 h = 0; h < self->heads; h++)
    gamma[h] = (float) (1 - exp2 (-5.0 - h));
  self->head_decay = ssmt_weights_upload (w, gamma, self->heads);
  if (self->head_decay.buffer == NULL) {
    g_set_error (error, SSMT_ERROR, SSMT_ERROR_MEMORY,
        "no memory left on the device for %s", prefix);
    return FALSE;
  }
  return ssmt_linear_attention_bind (self, prefix,
      self->interleaved ? "out_proj.weight" : "o_proj.weight",
      ssmt_linear_attention_fla_norm (self, prefix, w), w, error);
}

const SsmtLayerClass ssmt_retention_class =
    SSMT_LINEAR_ATTENTION_CLASS ("retention", retention_configure,
    retention_bind);
