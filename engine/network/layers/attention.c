/* ssmtranslate: attention over the document, or over its last tokens
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 *   out = W_o softmax (rotary (W_q h) rotary (W_k h)^T / sqrt (head_dim)) W_v h
 *
 * over the last `window` tokens, the current one included [Mistral's window;
 * rotary positions of arXiv 2104.09864, half-split], or without `window` over all of the
 * document. In an encoder `bidirectional` also shows a token the later tokens of its own
 * segment; without `window` it shows that segment alone, as in a Transformer's encoder.
 * `inner_norm` stands before W_o [sub-LN, arXiv 2210.06423].
 * State: (window, 2, kv_heads * head_dim), a ring; without a window (2, kv_heads *
 * head_dim) a token; of a segment's own nothing.
 */
#include <math.h>

#include "engine/network/layers/layer.h"

typedef struct {
  SsmtLayer parent;
  guint32 heads, kv_heads, head_dim, window, rotary_dim;
  float rotary_base;
  gboolean bidirectional, bias, has_inner_norm;
  SsmtProjection q_proj, k_proj, v_proj, o_proj;
  SsmtNorm inner_norm;
} AttentionLayer;

static void
attention_check_sizes (const AttentionLayer *self, SsmtReader *keys)
{
  const char *wrong = NULL;

  if (self->heads % self->kv_heads != 0)
    wrong = "\"heads\" must be a multiple of \"kv_heads\"";
  else if ((guint64) self->heads * self->head_dim > SSMT_MAX_DIM)
    wrong = "heads * head_dim is too large";
  else if (self->rotary_dim > self->head_dim)
    wrong = "\"rotary_dim\" must not be larger than \"head_dim\"";
  else if (self->rotary_base > 0 && self->rotary_dim % 2 != 0)
    wrong = "\"head_dim\" (or \"rotary_dim\") must be even for rotary positions";
  else if (self->bidirectional && !self->parent.frame.in_encoder)
    wrong = "\"bidirectional\" is for encoders";
  if (wrong != NULL)
    ssmt_reader_fail (keys, SSMT_ERROR_INVALID, "%s", wrong);
}

static void
attention_configure (SsmtLayer *layer, SsmtReader *keys)
{
  AttentionLayer *self = (AttentionLayer *) layer;

  self->heads = ssmt_reader_size (keys, "heads", SSMT_REQUIRED, 4096);
  self->kv_heads = ssmt_reader_size (keys, "kv_heads", self->heads, 4096);
  self->head_dim = ssmt_reader_size (keys, "head_dim", SSMT_REQUIRED, SSMT_MAX_HEAD_DIM);
  self->window = ssmt_reader_whole (keys, "window", 0, 0, SSMT_MAX_WINDOW);
  self->rotary_base = ssmt_reader_number (keys, "rotary_base", 0, 0, 1e12);
  self->bidirectional = ssmt_reader_boolean (keys, "bidirectional", FALSE);
  self->rotary_dim = ssmt_reader_size (keys, "rotary_dim", self->head_dim, 4096);
  self->bias = ssmt_reader_boolean (keys, "bias", FALSE);
  self->has_inner_norm = ssmt_reader_boolean (keys, "inner_norm", FALSE);
  attention_check_sizes (self, keys);
}

static void
attention_bind (SsmtLayer *layer, SsmtBinder *b)
{
  AttentionLayer *self = (AttentionLayer *) layer;
  guint32 d = layer->d_model;
  guint32 qw = self->heads * self->head_dim;
  guint32 kw = self->kv_heads * self->head_dim;

  self->q_proj = ssmt_binder_projection (b, "q_proj", qw, d, self->bias);
  self->k_proj = ssmt_binder_projection (b, "k_proj", kw, d, self->bias);
  self->v_proj = ssmt_binder_projection (b, "v_proj", kw, d, self->bias);
  if (self->has_inner_norm)
    ssmt_layer_bind_norm (layer, b, "inner_norm", qw, &self->inner_norm);
  self->o_proj = ssmt_binder_projection (b, "o_proj", d, qw, self->bias);
}

/* Bytes of a token's keys and values. */
static gsize
attention_row_size (const AttentionLayer *self)
{
  return 2 * (gsize) self->kv_heads * self->head_dim * sizeof (float);
}

static gsize
attention_state_size (const SsmtLayer *layer)
{
  const AttentionLayer *self = (const AttentionLayer *) layer;

  return self->window * attention_row_size (self);
}

static gsize
attention_token_size (const SsmtLayer *layer)
{
  const AttentionLayer *self = (const AttentionLayer *) layer;

  return self->window == 0 && !self->bidirectional ? attention_row_size (self) : 0;
}

static gsize
attention_scratch_width (const SsmtLayer *layer)
{
  const AttentionLayer *self = (const AttentionLayer *) layer;

  return 2 * (gsize) (self->heads + self->kv_heads) * self->head_dim;
}

/* Scratch of a call: queries and the result are q_width from row to row, keys and values kv_width. */
typedef struct {
  SsmtRef q, k, v, out;
  guint32 q_width, kv_width;
} AttentionParts;

static AttentionParts
attention_take_parts (const AttentionLayer *self, const SsmtBatch *batch)
{
  SsmtRef scratch = batch->scratch;
  AttentionParts parts = { .q_width = self->heads * self->head_dim,
    .kv_width = self->kv_heads * self->head_dim };

  parts.q = ssmt_layer_take (&scratch, batch->rows, parts.q_width);
  parts.k = ssmt_layer_take (&scratch, batch->rows, parts.kv_width);
  parts.v = ssmt_layer_take (&scratch, batch->rows, parts.kv_width);
  parts.out = ssmt_layer_take (&scratch, batch->rows, parts.q_width);
  return parts;
}

static void
attention_attend (const AttentionLayer *self, const SsmtBatch *batch, const AttentionParts *parts)
{
  SsmtSlots state = batch->state;
  guint32 state_stride = 0;

  if (self->window == 0) {
    state = self->bidirectional ? (SsmtSlots){ { NULL, 0 }, 0 } : batch->tokens;
    state_stride = batch->token_stride / sizeof (float);
  }
  batch->device->ops->attention (batch->device,
      &(SsmtAttentionOp){ .q = parts->q,
          .k = parts->k,
          .v = parts->v,
          .out = parts->out,
          .state = state,
          .runs = batch->runs,
          .rows = batch->rows,
          .heads = self->heads,
          .kv_heads = self->kv_heads,
          .head_dim = self->head_dim,
          .window = self->window,
          .q_stride = parts->q_width,
          .kv_stride = parts->kv_width,
          .out_stride = parts->q_width,
          .scale = 1.0f / sqrtf (self->head_dim),
          .rotary_base = self->rotary_base,
          .bidirectional = self->bidirectional,
          .rotary_dim = self->rotary_dim,
          .state_stride = state_stride });
}

/* After attention, which has turned queries and keys. */
static void
attention_tell_scores (
    const AttentionLayer *self, const SsmtBatch *batch, const AttentionParts *parts)
{
  batch->device->ops->attention_scores (batch->device,
      &(SsmtAttentionScoresOp){ .q = parts->q,
          .k = parts->k,
          .out = batch->scores,
          .runs = batch->runs,
          .rows = batch->rows,
          .heads = self->heads,
          .kv_heads = self->kv_heads,
          .head_dim = self->head_dim,
          .window = self->window,
          .q_stride = parts->q_width,
          .kv_stride = parts->kv_width,
          .out_stride = batch->scores_stride,
          .scale = 1.0f / sqrtf (self->head_dim),
          .self = true });
}

static void
attention_forward (const SsmtLayer *layer, const SsmtBatch *batch)
{
  const AttentionLayer *self = (const AttentionLayer *) layer;
  SsmtDevice *dev = batch->device;
  guint32 rows = batch->rows;
  SsmtStrided in = { batch->input, layer->d_model };
  AttentionParts parts = attention_take_parts (self, batch);

  ssmt_project (dev, &self->q_proj, rows, in, ssmt_strided (parts.q, parts.q_width));
  ssmt_project (dev, &self->k_proj, rows, in, ssmt_strided (parts.k, parts.kv_width));
  ssmt_project (dev, &self->v_proj, rows, in, ssmt_strided (parts.v, parts.kv_width));
  attention_attend (self, batch, &parts);
  if (batch->wanted == SSMT_SCORES_SELF)
    attention_tell_scores (self, batch, &parts);
  if (self->has_inner_norm)
    ssmt_norm_apply (&self->inner_norm, dev, parts.out, parts.out, rows);
  ssmt_project_add (dev, &self->o_proj, rows, ssmt_strided (parts.out, parts.q_width),
      ssmt_strided (batch->hidden, layer->d_model));
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
  g_autofree char *window = self->window > 0
      ? g_strdup_printf ("window %u", self->window)
      : g_strdup (self->bidirectional ? "its segment" : "all tokens");

  return g_strdup_printf ("%u heads of %u (%u for keys), %s, %s positions%s", self->heads,
      self->head_dim, self->kv_heads, window, self->rotary_base > 0 ? "rotary" : "no",
      self->bidirectional ? ", both ways within a segment" : "");
}

const SsmtLayerClass ssmt_attention_class = {
  .kind = "attention",
  .scores = SSMT_SCORES_SELF,
  .instance_size = sizeof (AttentionLayer),
  .configure = attention_configure,
  .bind = attention_bind,
  .state_size = attention_state_size,
  .token_size = attention_token_size,
  .scratch_width = attention_scratch_width,
  .looks_ahead = attention_looks_ahead,
  .forward = attention_forward,
  .describe = attention_describe,
};
