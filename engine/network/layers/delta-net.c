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
static void
configure_delta (SsmtLinearAttention *self, SsmtReader *keys)
{
  self->delta = TRUE;
  self->beta_scale = ssmt_reader_boolean (keys, "allow_neg_eigval", FALSE) ? 2 : 1;
}

static void
delta_net_configure (SsmtLayer *layer, SsmtReader *keys)
{
  /* others of flash-linear-attention are read only to say that they are not there */
  static const char *const norms[] = { "l2", NULL };
  static const char *const activations[] = { "silu", NULL };
  SsmtLinearAttention *self = (SsmtLinearAttention *) layer;

  self->decay = SSMT_DECAY_NONE;
  ssmt_linear_attention_configure (self, keys, 4, FALSE);
  self->has_beta = ssmt_reader_boolean (keys, "use_beta", TRUE);
  configure_delta (self, keys);
  ssmt_reader_choice (keys, "qk_norm", norms);
  ssmt_reader_choice (keys, "qk_activation", activations);
}

static void
delta_net_bind (SsmtLayer *layer, SsmtBinder *b)
{
  SsmtLinearAttention *self = (SsmtLinearAttention *) layer;

  if (self->has_beta)
    self->beta_proj = ssmt_binder_projection (b, "b_proj", self->heads, layer->d_model, FALSE);
  ssmt_linear_attention_bind (self, b, "o_proj", "o_norm.weight");
}

const SsmtLayerClass ssmt_delta_net_class =
    SSMT_LINEAR_ATTENTION_CLASS ("delta_net", delta_net_configure, delta_net_bind);

/* --- gated -------------------------------------------------------------- */

/* "heads" are those of q and k; "v_heads" have a state each. */
static void
gated_delta_net_configure (SsmtLayer *layer, SsmtReader *keys)
{
  SsmtLinearAttention *self = (SsmtLinearAttention *) layer;

  self->decay = SSMT_DECAY_TOKEN;
  self->has_beta = TRUE;
  ssmt_linear_attention_configure (self, keys, 4, TRUE);
  self->v_heads = ssmt_reader_size (keys, "v_heads", self->heads, SSMT_MAX_DIM / self->value_dim);
  configure_delta (self, keys);
  if (self->v_heads % self->heads != 0)
    ssmt_reader_fail (keys, SSMT_ERROR_INVALID, "\"v_heads\" %u must be a multiple of \"heads\" %u",
        self->v_heads, self->heads);
  self->heads = self->v_heads;
}

static void
gated_delta_net_bind (SsmtLayer *layer, SsmtBinder *b)
{
  SsmtLinearAttention *self = (SsmtLinearAttention *) layer;
  guint32 d = layer->d_model;

  self->decay_proj = ssmt_binder_projection (b, "a_proj", self->heads, d, FALSE);
  self->a = ssmt_binder_decay (b, self->heads, 1);
  self->decay_bias = ssmt_binder_floats (b, "dt_bias", self->heads, 1, SSMT_VALUES_LOG_STEP);
  self->beta_proj = ssmt_binder_projection (b, "b_proj", self->heads, d, FALSE);
  ssmt_linear_attention_bind (self, b, "o_proj", "o_norm.weight");
}

const SsmtLayerClass ssmt_gated_delta_net_class = SSMT_LINEAR_ATTENTION_CLASS (
    "gated_delta_net", gated_delta_net_configure, gated_delta_net_bind);
