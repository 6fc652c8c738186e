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

static void
retention_check (const SsmtLinearAttention *self, SsmtReader *keys)
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
  if (wrong != NULL)
    ssmt_reader_fail (keys, SSMT_ERROR_INVALID, "%s", wrong);
}

static void
retention_configure (SsmtLayer *layer, SsmtReader *keys)
{
  static const char *const rotations[] = { "half_split", "interleaved", NULL };
  SsmtLinearAttention *self = (SsmtLinearAttention *) layer;

  ssmt_linear_attention_configure (self, keys, SSMT_WITHOUT_CONV, TRUE);
  ssmt_linear_attention_configure_kv_heads (self, keys);
  self->decay = SSMT_DECAY_HEAD;
  self->interleaved = ssmt_reader_choice (keys, "rotation", rotations) == 1;
  self->rotary_base = ssmt_reader_number (keys, "rotary_base", 10000, 0, 1e12);
  self->norm_weight = ssmt_reader_boolean (keys, "norm_weight", !self->interleaved);
  retention_check (self, keys);
}

static void
retention_bind (SsmtLayer *layer, SsmtBinder *b)
{
  SsmtLinearAttention *self = (SsmtLinearAttention *) layer;
  g_autofree float *gamma = g_new (float, self->heads);

  for (guint32 h = 0; h < self->heads; h++)
    gamma[h] = (float) (1 - exp2 (-5.0 - h));
  self->head_decay = ssmt_binder_upload (b, "(decay of heads)", gamma, self->heads);
  ssmt_linear_attention_bind (self, b, self->interleaved ? "out_proj" : "o_proj", "g_norm.weight");
}

const SsmtLayerClass ssmt_retention_class =
    SSMT_LINEAR_ATTENTION_CLASS ("retention", retention_configure, retention_bind);
