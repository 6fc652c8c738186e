/* ssmtranslate: cross-attention to the current segment's encoder output
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 *   out = W_o softmax (W_q h (W_k e)^T / sqrt (head_dim)) W_v e
 *
 * Keys and values of a segment are computed once, when its encoder has run,
 * into the segment's memory; nothing is carried to the next segment.
 */
#include <math.h>

#include "engine/network/layers/layer.h"

typedef struct {
  SsmtLayer parent;
  guint32 heads, kv_heads, head_dim;
  gboolean bias, first_head; /* the alignment is that of the first head alone */
  SsmtProjection q_proj, k_proj, v_proj, o_proj;
} CrossAttentionLayer;

static void
cross_attention_configure (SsmtLayer *layer, SsmtReader *keys)
{
  CrossAttentionLayer *self = (CrossAttentionLayer *) layer;
  static const char *const alignments[] = { "all", "first", "none", NULL };
  const char *wrong = NULL;
  guint alignment;

  self->heads = ssmt_reader_size (keys, "heads", SSMT_REQUIRED, 4096);
  self->kv_heads = ssmt_reader_size (keys, "kv_heads", self->heads, 4096);
  self->head_dim = ssmt_reader_size (keys, "head_dim", SSMT_REQUIRED, SSMT_MAX_HEAD_DIM);
  self->bias = ssmt_reader_boolean (keys, "bias", FALSE);
  alignment = ssmt_reader_choice (keys, "alignment", alignments);
  self->first_head = alignment == 1;
  if (alignment == 2)
    layer->scores = SSMT_SCORES_NONE;
  if (self->heads % self->kv_heads != 0)
    wrong = "\"heads\" must be a multiple of \"kv_heads\"";
  else if ((guint64) self->heads * self->head_dim > SSMT_MAX_DIM)
    wrong = "heads * head_dim is too large";
  else if (layer->frame.in_encoder)
    wrong = "cross-attention belongs in the decoder";
  if (wrong != NULL)
    ssmt_reader_fail (keys, SSMT_ERROR_INVALID, "%s", wrong);
}

static void
cross_attention_bind (SsmtLayer *layer, SsmtBinder *b)
{
  CrossAttentionLayer *self = (CrossAttentionLayer *) layer;
  guint32 d = layer->d_model;
  guint32 qw = self->heads * self->head_dim;
  guint32 kw = self->kv_heads * self->head_dim;

  self->q_proj = ssmt_binder_projection (b, "q_proj", qw, d, self->bias);
  b->cost = &layer->memory_cost;
  self->k_proj = ssmt_binder_projection (b, "k_proj", kw, d, self->bias);
  self->v_proj = ssmt_binder_projection (b, "v_proj", kw, d, self->bias);
  b->cost = &layer->cost;
  self->o_proj = ssmt_binder_projection (b, "o_proj", d, qw, self->bias);
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
cross_attention_remember (
    const SsmtLayer *layer, SsmtDevice *dev, SsmtRef encoded, guint32 rows, SsmtStrided memory)
{
  const CrossAttentionLayer *self = (const CrossAttentionLayer *) layer;
  SsmtStrided in = { encoded, layer->d_model };

  ssmt_project (dev, &self->k_proj, rows, in, memory);
  memory.ref = ssmt_floats_at (memory.ref, self->kv_heads * self->head_dim);
  ssmt_project (dev, &self->v_proj, rows, in, memory);
}

/* The scores of one head are those of the operation with that head alone. */
static void
cross_attention_score (const CrossAttentionLayer *self, const SsmtBatch *batch, SsmtRef q)
{
  batch->device->ops->attention_scores (batch->device,
      &(SsmtAttentionScoresOp){ .q = q,
          .k = batch->memory,
          .out = batch->scores,
          .runs = batch->runs,
          .rows = batch->rows,
          .heads = self->first_head ? 1 : self->heads,
          .kv_heads = self->first_head ? 1 : self->kv_heads,
          .head_dim = self->head_dim,
          .q_stride = self->heads * self->head_dim,
          .kv_stride = batch->memory_stride,
          .out_stride = batch->scores_stride,
          .scale = 1.0f / sqrtf (self->head_dim) });
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

  ssmt_project (
      dev, &self->q_proj, rows, ssmt_strided (batch->input, layer->d_model), ssmt_strided (q, qw));
  if (batch->wanted == SSMT_SCORES_CROSS && layer->scores == SSMT_SCORES_CROSS)
    cross_attention_score (self, batch, q);
  dev->ops->cross_attention (dev,
      &(SsmtCrossAttentionOp){ .q = q,
          .k = batch->memory,
          .v = ssmt_floats_at (batch->memory, self->kv_heads * self->head_dim),
          .out = out,
          .runs = batch->runs,
          .rows = rows,
          .heads = self->heads,
          .kv_heads = self->kv_heads,
          .head_dim = self->head_dim,
          .q_stride = qw,
          .kv_stride = batch->memory_stride,
          .out_stride = qw,
          .scale = 1.0f / sqrtf (self->head_dim) });
  ssmt_project_add (dev, &self->o_proj, rows, ssmt_strided (out, qw),
      ssmt_strided (batch->hidden, layer->d_model));
}

static char *
cross_attention_describe (const SsmtLayer *layer)
{
  const CrossAttentionLayer *self = (const CrossAttentionLayer *) layer;

  return g_strdup_printf (
      "%u heads of %u (%u for keys)", self->heads, self->head_dim, self->kv_heads);
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
