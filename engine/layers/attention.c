/* ssmtranslate: sliding-window attention over a ring of keys and values
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 *   out = W_o softmax (rotary (W_q h) rotary (W_k h)^T / sqrt (head_dim)) W_v h
 *
 * over the last `window` tokens, the current one included [Mistral's window;
 * rotary positions of arXiv 2104.09864, half-split]. In an encoder `bidirectional` also
 * shows a token the later tokens of its own segment.
 * State: (window, 2, kv_heads * head_dim), a ring.
 */
#include <math.h>

#include "ssmt-layers.h"

typedef struct {
  SsmtLayer parent;
  guint32 heads, kv_heads, head_dim, window;
  float rotary_base;
  gboolean bidirectional;
  const SsmtMatrix *q_proj, *k_proj, *v_proj, *o_proj;
} AttentionLayer;

static gboolean
attention_check_sizes (AttentionLayer *self, const SsmtLayerConfig *config,
    GError **error)
{
  const char *wrong = NULL;

  if (self->heads % self->kv_heads != 0)
    wrong = "\"heads\" must be a multiple of \"kv_heads\"";
  else if ((guint64) self->heads * self->head_dim > SSMT_MAX_DIM)
    wrong = "heads * head_dim is too large";
  else if (self->rotary_base > 0 && self->head_dim % 2 != 0)
    wrong = "\"head_dim\" must be even for rotary positions";
  else if (self->bidirectional && !config->in_encoder)
    wrong = "\"bidirectional\" is for encoders";
  if (wrong == NULL)
    return TRUE;
  ssmt_layer_config_set_error (config, error, "%s", wrong);
  return FALSE;
}

static gboolean
attention_configure (SsmtLayer *layer, const SsmtLayerConfig *config,
    GError **error)
{
  static const char *const keys[] = { "heads", "kv_heads", "head_dim",
    "window", "rotary_base", "bidirectional", NULL
  };
  AttentionLayer *self = (AttentionLayer *) layer;

  return ssmt_layer_config_check_keys (config, keys, error)
      && ssmt_layer_config_get_size (config, "heads", -1, 4096,
      &self->heads, error)
      && ssmt_layer_config_get_size (config, "kv_heads", self->heads, 4096,
      &self->kv_heads, error)
      && ssmt_layer_config_get_size (config, "head_dim", -1, 4096,
      &self->head_dim, error)
      && ssmt_layer_config_get_size (config, "window", -1, SSMT_MAX_WINDOW,
      &self->window, error)
      && ssmt_layer_config_get_float (config, "rotary_base", 0.0, 0.0, 1e12,
      &self->rotary_base, error)
      && ssmt_layer_config_get_boolean (config, "bidirectional", FALSE,
      &self->bidirectional, error)
      && attention_check_sizes (self, config, error);
}

static gboolean
attention_bind (SsmtLayer *layer, const char *prefix, SsmtWeights *w,
    GError **error)
{
  AttentionLayer *self = (AttentionLayer *) layer;
  guint32 d = layer->d_model;
  guint32 qw = self->heads * self->head_dim;
  guint32 kw = self->kv_heads * self->head_dim;

  return ssmt_layer_get_matrix (w, prefix, "q_proj.weight", qw, d,
      &self->q_proj, error)
      && ssmt_layer_get_matrix (w, prefix, "k_proj.weight", kw, d,
      &self->k_proj, error)
      && ssmt_layer_get_matrix (w, prefix, "v_proj.weight", kw, d,
      &self->v_proj, error)
      && ssmt_layer_get_matrix (w, prefix, "o_proj.weight", d, qw,
      &self->o_proj, error);
}

static gsize
attention_state_size (const SsmtLayer *layer)
{
  const AttentionLayer *self = (const AttentionLayer *) layer;

  return (gsize) self->window * 2 * self->kv_heads * self->head_dim
      * sizeof (float);
}

static gsize
attention_scratch_width (const SsmtLayer *layer)
{
  const AttentionLayer *self = (const AttentionLayer *) layer;

  return 2 * (gsize) (self->heads + self->kv_heads) * self->head_dim;
}

static void
attention_forward (const SsmtLayer *layer, const SsmtBatch *batch)
{
  const AttentionLayer *self = (const AttentionLayer *) layer;
  SsmtDevice *dev = batch->device;
  guint32 rows = batch->rows, d = layer->d_model;
  guint32 qw = self->heads * self->head_dim;
  guint32 kw = self->kv_heads * self->head_dim;
  SsmtRef scratch = batch->scratch;
  SsmtRef q = ssmt_layer_take (&scratch, rows, qw);
  SsmtRef k = ssmt_layer_take (&scratch, rows, kw);
  SsmtRef v = ssmt_layer_take (&scratch, rows, kw);
  SsmtRef out = ssmt_layer_take (&scratch, rows, qw);

  dev->ops->linear (dev, &(SsmtLinearOp) {
        .weight = self->q_proj, .x = batch->normed, .out = q, .rows = rows,
        .x_stride = d, .out_stride = qw});
  dev->ops->linear (dev, &(SsmtLinearOp) {
        .weight = self->k_proj, .x = batch->normed, .out = k, .rows = rows,
        .x_stride = d, .out_stride = kw});
  dev->ops->linear (dev, &(SsmtLinearOp) {
        .weight = self->v_proj, .x = batch->normed, .out = v, .rows = rows,
        .x_stride = d, .out_stride = kw});
  dev->ops->attention (dev, &(SsmtAttentionOp) {
        .q = q, .k = k, .v = v, .out = out, .state = batch->state,
        .runs = batch->runs, .rows = rows, .heads = self->heads,
        .kv_heads = self->kv_heads, .head_dim = self->head_dim,
        .window = self->window, .q_stride = qw, .kv_stride = kw,
        .out_stride = qw, .scale = 1.0f / sqrtf (self->head_dim),
        .rotary_base = self->rotary_base,
        .bidirectional = self->bidirectional});
  if (batch->wanted == SSMT_SCORES_SELF)
    dev->ops->attention_scores (dev, &(SsmtAttentionScoresOp) {
          .q = q, .k = k, .out = batch->scores, .runs = batch->runs,
          .rows = rows, .heads = self->heads, .kv_heads = self->kv_heads,
          .head_dim = self->head_dim, .window = self->window,
          .q_stride = qw, .kv_stride = kw,
          .out_stride = batch->scores_stride,
          .scale = 1.0f / sqrtf (self->head_dim), .self = true});
  dev->ops->linear (dev, &(SsmtLinearOp) {
        .weight = self->o_proj, .x = out, .out = batch->hidden,
        .rows = rows, .x_stride = qw, .out_stride = d, .accumulate = true});
}

static gboolean
attention_looks_ahead (const SsmtLayer *layer)
{
  return ((const AttentionLayer *) layer)->bidirectional;
}

static char *
attention_describe (const SsmtLayer *layer)
{
  const AttentionLayer *self = (const AttentionLayer *) layer;

  return g_strdup_printf
      ("%u heads of %u (%u for keys), window %u, %s positions%s",
      self->heads, self->head_dim, self->kv_heads, self->window,
      self->rotary_base > 0 ? "rotary" : "no",
      self->bidirectional ? ", both ways within a segment" : "");
}

const SsmtLayerClass ssmt_attention_class = {
  .kind = "attention",
  .scores = SSMT_SCORES_SELF,
  .instance_size = sizeof (AttentionLayer),
  .configure = attention_configure,
  .bind = attention_bind,
  .state_size = attention_state_size,
  .scratch_width = attention_scratch_width,
  .looks_ahead = attention_looks_ahead,
  .forward = attention_forward,
  .describe = attention_describe,
};
