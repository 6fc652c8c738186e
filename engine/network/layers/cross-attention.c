/* ssmtranslate: cross-attention to the current segment's encoder output
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 *   out = W_o softmax (W_q h (W_k e)^T / sqrt (head_dim)) W_v e
 *
 * Keys and values of a segment are computed once, when its encoder has run,
 * into the segment's memory; nothing is carried to the next segment.
 */
#include <math.h>

#include "engine/network/layers/layers.h"

typedef struct {
  SsmtLayer parent;
  guint32 heads, kv_heads, head_dim;
  gboolean bias;
  SsmtProjection q_proj, k_proj, v_proj, o_proj;
} CrossAttentionLayer;

static gboolean
cross_attention_check_sizes (CrossAttentionLayer *self,
    const SsmtLayerConfig *config, GError **error)
{
  const char *wrong = NULL;

  if (self->heads % self->kv_heads != 0)
    wrong = "\"heads\" must be a multiple of \"kv_heads\"";
  else if ((guint64) self->heads * self->head_dim > SSMT_MAX_DIM)
    wrong = "heads * head_dim is too large";
  else if (config->in_encoder)
    wrong = "cross-attention belongs in the decoder";
  if (wrong == NULL)
    return TRUE;
  ssmt_layer_config_set_error (config, error, "%s", wrong);
  return FALSE;
}

static gboolean
cross_attention_configure (SsmtLayer *layer, const SsmtLayerConfig *config,
    GError **error)
{
  static const char *const keys[] = { "heads", "kv_heads", "head_dim", "bias",
    NULL
  };
  CrossAttentionLayer *self = (CrossAttentionLayer *) layer;

  return ssmt_layer_config_check_keys (config, keys, error)
      && ssmt_layer_config_get_size (config, "heads", -1, 4096,
      &self->heads, error)
      && ssmt_layer_config_get_size (config, "kv_heads", self->heads, 4096,
      &self->kv_heads, error)
      && ssmt_layer_config_get_size (config, "head_dim", -1, 4096,
      &self->head_dim, error)
      && ssmt_layer_config_get_boolean (config, "bias", FALSE, &self->bias,
      error)
      && cross_attention_check_sizes (self, config, error);
}

static gboolean
cross_attention_bind (SsmtLayer *layer, const char *prefix, SsmtWeights *w,
    GError **error)
{
  CrossAttentionLayer *self = (CrossAttentionLayer *) layer;
  guint32 d = layer->d_model;
  guint32 qw = self->heads * self->head_dim;
  guint32 kw = self->kv_heads * self->head_dim;

  return ssmt_layer_get_projection (w, prefix, "q_proj", qw, d, self->bias,
      &self->q_proj, error)
      && ssmt_layer_get_projection (w, prefix, "k_proj", kw, d, self->bias,
      &self->k_proj, error)
      && ssmt_layer_get_projection (w, prefix, "v_proj", kw, d, self->bias,
      &self->v_proj, error)
      && ssmt_layer_get_projection (w, prefix, "o_proj", d, qw, self->bias,
      &self->o_proj, error);
}

static gsize
cross_attention_memory_width (const SsmtLayer *layer)
{
  const CrossAttentionLayer *self = (const CrossAttentionLayer *) layer;

  return 2 * (gsize) self->kv_heads * self->head_dim;
}

static gsize
cross_attention_scratch_width (const SsmtLayer *layer)
{
  const CrossAttentionLayer *self = (const CrossAttentionLayer *) layer;

  return 2 * (gsize) self->heads * self->head_dim;
}

static void
cross_attention_remember (const SsmtLayer *layer, SsmtDevice *dev,
    SsmtRef encoded, guint32 rows, SsmtRef memory, guint32 memory_stride)
{
  const CrossAttentionLayer *self = (const CrossAttentionLayer *) layer;

  ssmt_layer_project (dev, &self->k_proj, encoded, memory, rows,
      memory_stride, FALSE);
  ssmt_layer_project (dev, &self->v_proj, encoded,
      ssmt_floats_at (memory, self->kv_heads * self->head_dim), rows,
      memory_stride, FALSE);
}

static void
cross_attention_forward (const SsmtLayer *layer, const SsmtBatch *batch)
{
  const CrossAttentionLayer *self = (const CrossAttentionLayer *) layer;
  SsmtDevice *dev = batch->device;
  guint32 rows = batch->rows;
  guint32 qw = self->heads * self->head_dim;
  SsmtRef scratch = batch->scratch;
  SsmtRef q = ssmt_layer_take (&scratch, rows, qw);
  SsmtRef out = ssmt_layer_take (&scratch, rows, qw);

  ssmt_layer_project (dev, &self->q_proj, batch->normed, q, rows, qw, FALSE);
  if (batch->wanted == SSMT_SCORES_CROSS)
    dev->ops->attention_scores (dev, &(SsmtAttentionScoresOp) {
          .q = q, .k = batch->memory, .out = batch->scores,
          .runs = batch->runs, .rows = rows, .heads = self->heads,
          .kv_heads = self->kv_heads, .head_dim = self->head_dim,
          .q_stride = qw, .kv_stride = batch->memory_stride,
          .out_stride = batch->scores_stride,
          .scale = 1.0f / sqrtf (self->head_dim)});
  dev->ops->cross_attention (dev, &(SsmtCrossAttentionOp) {
        .q = q, .k = batch->memory,
        .v = ssmt_floats_at (batch->memory,
            self->kv_heads * self->head_dim),
        .out = out, .runs = batch->runs, .rows = rows,
        .heads = self->heads, .kv_heads = self->kv_heads,
        .head_dim = self->head_dim, .q_stride = qw,
        .kv_stride = batch->memory_stride, .out_stride = qw,
        .scale = 1.0f / sqrtf (self->head_dim)});
  ssmt_layer_project (dev, &self->o_proj, out, batch->hidden, rows,
      layer->d_model, TRUE);
}

static char *
cross_attention_describe (const SsmtLayer *layer)
{
  const CrossAttentionLayer *self = (const CrossAttentionLayer *) layer;

  return g_strdup_printf ("%u heads of %u (%u for keys)", self->heads,
      self->head_dim, self->kv_heads);
}

const SsmtLayerClass ssmt_cross_attention_class = {
  .kind = "cross_attention",
  .scores = SSMT_SCORES_CROSS,
  .instance_size = sizeof (CrossAttentionLayer),
  .configure = cross_attention_configure,
  .bind = cross_attention_bind,
  .scratch_width = cross_attention_scratch_width,
  .memory_width = cross_attention_memory_width,
  .remember = cross_attention_remember,
  .forward = cross_attention_forward,
  .describe = cross_attention_describe,
};
