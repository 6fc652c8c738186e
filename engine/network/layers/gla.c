/* ssmtranslate: gated linear attention [arXiv 2312.06635; flash-linear-attention: layers/gla.py]
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The state fades per key channel, by exp (log sigmoid (W_2 W_1 h + b) / gate_logit_normalizer).
 */
#include <math.h>

#include "engine/network/layers/linear-attention.h"

static void
gla_configure (SsmtLayer *layer, SsmtReader *keys)
{
  SsmtLinearAttention *self = (SsmtLinearAttention *) layer;

  ssmt_linear_attention_configure (self, keys, 0, TRUE);
  ssmt_linear_attention_configure_kv_heads (self, keys);
  self->decay = SSMT_DECAY_CHANNEL;
  self->rank = ssmt_reader_size (keys, "gate_low_rank_dim", 16, SSMT_MAX_DIM);
  self->decay_divisor = ssmt_reader_number (keys, "gate_logit_normalizer", 16, 1e-3, 1e6);
  self->decay_min = ssmt_reader_number (keys, "clamp_min", -INFINITY, -1e30, 0);
  self->norm_weight = ssmt_reader_boolean (keys, "norm_weight", TRUE);
}

static void
gla_bind (SsmtLayer *layer, SsmtBinder *b)
{
  SsmtLinearAttention *self = (SsmtLinearAttention *) layer;
  guint32 width = self->k_heads * self->key_dim;

  self->low_rank = ssmt_binder_projection (b, "gk_proj.0", self->rank, layer->d_model, FALSE);
  self->decay_proj = ssmt_binder_projection (b, "gk_proj.1", width, self->rank, TRUE);
  ssmt_linear_attention_bind (self, b, "o_proj", "g_norm.weight");
}

const SsmtLayerClass ssmt_gla_class = SSMT_LINEAR_ATTENTION_CLASS ("gla", gla_configure, gla_bind);
