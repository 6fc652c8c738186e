/* ssmtranslate: what retention, GLA, DeltaNet and gated DeltaNet share (internal)
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 *   [q, k, v] = W h;  where d_conv: [q, k, v] = SiLU (conv ([q, k, v]))
 *   where rotated: q, k = rotate (q, k)
 *   y = recurrence (q / sqrt (key_dim), k, v, decay, beta)     (kernels.h)
 *   y = RMSNorm (y) of each head;  out = W_o (SiLU (W_g h) * y)
 *
 * A kind reads its keys into this struct, takes its tensors, and leaves the rest here.
 * State: (d_conv - 1, widths of q, k and v) inputs of the convolution where there is one,
 * then the recurrence's (heads, key_dim, value_dim).
 */
#ifndef SSMT_LINEAR_ATTENTION_H
#define SSMT_LINEAR_ATTENTION_H

#include "engine/network/layers/layer.h"

G_BEGIN_DECLS

typedef struct {
  SsmtLayer parent;
  guint32 heads, q_heads, k_heads, v_heads; /* states; who shares q, k, v */
  guint32 key_dim, value_dim;               /* of a head */
  guint32 d_conv;                           /* 0: no convolution */
  gboolean output_gate, norm_weight;

  float rotary_base;    /* 0: no positions */
  gboolean interleaved; /* torchscale's rotation and its scale of the sum */

  SsmtDecay decay;
  SsmtRef head_decay;        /* SSMT_DECAY_HEAD */
  SsmtProjection low_rank;   /* SSMT_DECAY_CHANNEL: decay_proj reads its product */
  SsmtProjection decay_proj; /* no weight: head_decay */
  SsmtRef decay_bias, a;     /* SSMT_DECAY_TOKEN: dt_bias and -exp (A_log) */
  guint32 rank;
  float decay_divisor, decay_min;

  gboolean delta, has_beta; /* has_beta: else beta is beta_scale */
  SsmtProjection beta_proj;
  float beta_scale;

  SsmtProjection q_proj, k_proj, v_proj, g_proj, o_proj;
  SsmtRef conv, norm;
} SsmtLinearAttention;

/* Reads "heads", "key_dim", "value_dim", "d_conv" (unless the kind is without), "output_gate" and
 * checks them; heads of q, k and v are those of the state until the kind says otherwise. */
#define SSMT_WITHOUT_CONV (-1)
void ssmt_linear_attention_configure (
    SsmtLinearAttention *self, SsmtReader *keys, gint d_conv, gboolean output_gate);
/* Reads "kv_heads": heads of k and v, each for several of q. */
void ssmt_linear_attention_configure_kv_heads (SsmtLinearAttention *self, SsmtReader *keys);

/* Takes projections, convolutions and the norm; `output` and `norm` are names. */
void ssmt_linear_attention_bind (
    SsmtLinearAttention *self, SsmtBinder *b, const char *output, const char *norm);
/* The rest of a class. */
gsize ssmt_linear_attention_state_size (const SsmtLayer *layer);
gsize ssmt_linear_attention_scratch_width (const SsmtLayer *layer);
void ssmt_linear_attention_forward (const SsmtLayer *layer, const SsmtBatch *batch);
char *ssmt_linear_attention_describe (const SsmtLayer *layer);

#define SSMT_LINEAR_ATTENTION_CLASS(name, configure_func, bind_func)                               \
  {                                                                                                \
    .kind = name, .instance_size = sizeof (SsmtLinearAttention), .configure = configure_func,      \
    .bind = bind_func, .state_size = ssmt_linear_attention_state_size,                             \
    .scratch_width = ssmt_linear_attention_scratch_width,                                          \
    .forward = ssmt_linear_attention_forward, .describe = ssmt_linear_attention_describe,          \
  }

G_END_DECLS

#endif /* SSMT_LINEAR_ATTENTION_H */
