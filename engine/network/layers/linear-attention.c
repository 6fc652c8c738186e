/* ssmtranslate: what retention, GLA, DeltaNet and gated DeltaNet share
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "engine/network/layers/linear-attention.h"

#include <math.h>
#include <string.h>

#define MAX_HEADS 4096
#define MAX_HEAD_DIM 4096

static guint32
q_width (const SsmtLinearAttention *self)
{
  return self->q_heads * self->key_dim;
}

static guint32
k_width (const SsmtLinearAttention *self)
{
  return self->k_heads * self->key_dim;
}

static guint32
v_width (const SsmtLinearAttention *self)
{
  return self->v_heads * self->value_dim;
}

static guint32
qkv_width (const SsmtLinearAttention *self)
{
  return q_width (self) + k_width (self) + v_width (self);
}

static guint32
out_width (const SsmtLinearAttention *self)
{
  return self->heads * self->value_dim;
}

static guint32
decay_width (const SsmtLinearAttention *self)
{
  return self->decay == SSMT_DECAY_TOKEN  ? self->heads
      : self->decay == SSMT_DECAY_CHANNEL ? k_width (self)
                                          : 0;
}

/* --- configure ---------------------------------------------------------- */

void
ssmt_linear_attention_configure (
    SsmtLinearAttention *self, SsmtReader *keys, gint d_conv, gboolean output_gate)
{
  self->heads = ssmt_reader_size (keys, "heads", SSMT_REQUIRED, MAX_HEADS);
  self->key_dim = ssmt_reader_size (keys, "key_dim", SSMT_REQUIRED, MAX_HEAD_DIM);
  self->value_dim = ssmt_reader_size (keys, "value_dim", SSMT_REQUIRED, MAX_HEAD_DIM);
  if (d_conv != SSMT_WITHOUT_CONV)
    self->d_conv = ssmt_reader_size (keys, "d_conv", d_conv, 64);
  self->output_gate = ssmt_reader_boolean (keys, "output_gate", output_gate);
  if ((guint64) self->heads * MAX (self->key_dim, self->value_dim) > SSMT_MAX_DIM)
    ssmt_reader_fail (keys, SSMT_ERROR_INVALID,
        "heads * key_dim or heads * value_dim is more than %d", SSMT_MAX_DIM);
  self->q_heads = self->k_heads = self->v_heads = self->heads;
  self->norm_weight = TRUE;
  self->decay_divisor = 1;
  self->decay_min = -INFINITY;
  self->beta_scale = 1;
}

void
ssmt_linear_attention_configure_kv_heads (SsmtLinearAttention *self, SsmtReader *keys)
{
  self->k_heads = ssmt_reader_size (keys, "kv_heads", self->heads, MAX_HEADS);
  if (self->heads % self->k_heads != 0)
    ssmt_reader_fail (keys, SSMT_ERROR_INVALID,
        "\"heads\" %u must be a multiple of \"kv_heads\" %u", self->heads, self->k_heads);
  self->v_heads = self->k_heads;
}

/* --- bind --------------------------------------------------------------- */

/* The three convolutions run as one, side by side as q, k and v are. */
static void
bind_conv (SsmtLinearAttention *self, SsmtBinder *b)
{
  static const char *const names[] = { "q_conv1d.weight", "k_conv1d.weight", "v_conv1d.weight" };
  const guint32 widths[] = { q_width (self), k_width (self), v_width (self) };
  g_autofree float *all = g_new (float, (gsize) qkv_width (self) * self->d_conv);
  gsize at = 0;

  for (guint i = 0; i < G_N_ELEMENTS (names); i++) {
    g_autofree float *part =
        ssmt_binder_read (b, names[i], widths[i], self->d_conv, SSMT_VALUES_WEIGHT);
    gsize n = (gsize) widths[i] * self->d_conv;

    if (part == NULL)
      return;
    memcpy (all + at, part, n * sizeof (float));
    at += n;
  }
  self->conv = ssmt_binder_upload (b, names[0], all, at);
}

/* All heads share the norm's weight: (value_dim) is repeated for each. */
static void
bind_norm (SsmtLinearAttention *self, SsmtBinder *b, const char *name)
{
  g_autofree float *one = ssmt_binder_read (b, name, self->value_dim, 1, SSMT_VALUES_GAIN);
  g_autofree float *all = g_new (float, out_width (self));

  if (one == NULL)
    return;
  for (guint32 i = 0; i < out_width (self); i++)
    all[i] = one[i % self->value_dim];
  self->norm = ssmt_binder_upload (b, name, all, out_width (self));
}

void
ssmt_linear_attention_bind (
    SsmtLinearAttention *self, SsmtBinder *b, const char *output, const char *norm)
{
  guint32 d = self->parent.d_model, ow = out_width (self);

  self->q_proj = ssmt_binder_projection (b, "q_proj", q_width (self), d, FALSE);
  self->k_proj = ssmt_binder_projection (b, "k_proj", k_width (self), d, FALSE);
  self->v_proj = ssmt_binder_projection (b, "v_proj", v_width (self), d, FALSE);
  if (self->output_gate)
    self->g_proj = ssmt_binder_projection (b, "g_proj", ow, d, FALSE);
  self->o_proj = ssmt_binder_projection (b, output, d, ow, FALSE);
  if (self->d_conv > 0)
    bind_conv (self, b);
  if (self->norm_weight)
    bind_norm (self, b, norm);
}

/* --- forward ------------------------------------------------------------ */

static gsize
conv_floats (const SsmtLinearAttention *self)
{
  return self->d_conv == 0 ? 0 : (gsize) (self->d_conv - 1) * qkv_width (self);
}

gsize
ssmt_linear_attention_state_size (const SsmtLayer *layer)
{
  const SsmtLinearAttention *self = (const SsmtLinearAttention *) layer;

  return (conv_floats (self) + (gsize) self->key_dim * out_width (self)) * sizeof (float);
}

gsize
ssmt_linear_attention_scratch_width (const SsmtLayer *layer)
{
  const SsmtLinearAttention *self = (const SsmtLinearAttention *) layer;

  return (gsize) qkv_width (self) * (self->d_conv > 0 ? 2 : 1) + (gsize) out_width (self) * 2
      + decay_width (self) + self->rank + (self->has_beta ? self->heads : 0);
}

static SsmtStrided
input (const SsmtLinearAttention *self, const SsmtBatch *batch)
{
  return ssmt_strided (batch->input, self->parent.d_model);
}

/* q, k and v side by side, ready for the recurrence. */
static SsmtRef
make_qkv (const SsmtLinearAttention *self, const SsmtBatch *batch, SsmtRef *scratch)
{
  SsmtDevice *dev = batch->device;
  guint32 width = qkv_width (self), qw = q_width (self), kw = k_width (self);
  guint32 pairs = self->key_dim / 2;
  SsmtStrided in = input (self, batch);
  SsmtRef qkv = ssmt_layer_take (scratch, batch->rows, width);

  ssmt_project (dev, &self->q_proj, batch->rows, in, ssmt_strided (qkv, width));
  ssmt_project (
      dev, &self->k_proj, batch->rows, in, ssmt_strided (ssmt_floats_at (qkv, qw), width));
  ssmt_project (
      dev, &self->v_proj, batch->rows, in, ssmt_strided (ssmt_floats_at (qkv, qw + kw), width));
  if (self->d_conv > 0) {
    SsmtRef before = qkv;

    qkv = ssmt_layer_take (scratch, batch->rows, width);
    dev->ops->conv (dev,
        &(SsmtConvOp){ .x = before,
            .weight = self->conv,
            .out = qkv,
            .state = batch->state,
            .runs = batch->runs,
            .rows = batch->rows,
            .dim = width,
            .taps = self->d_conv,
            .x_stride = width,
            .out_stride = width,
            .silu = true });
  }
  if (self->rotary_base > 0)
    dev->ops->rotate (dev,
        &(SsmtRotateOp){ .q = qkv,
            .k = ssmt_floats_at (qkv, qw),
            .runs = batch->runs,
            .rows = batch->rows,
            .q_heads = self->q_heads,
            .k_heads = self->k_heads,
            .head_dim = self->key_dim,
            .divisor = self->interleaved ? MAX (pairs - 1, 1) : pairs,
            .q_stride = width,
            .k_stride = width,
            .base = self->rotary_base,
            .interleaved = self->interleaved });
  return qkv;
}

/* A decay per token adds its bias in the recurrence. */
static SsmtRef
make_decay (const SsmtLinearAttention *self, const SsmtBatch *batch, SsmtRef *scratch)
{
  SsmtStrided x = input (self, batch);

  if (self->decay_proj.weight == NULL)
    return self->head_decay;
  SsmtStrided decay = { ssmt_layer_take (scratch, batch->rows, decay_width (self)),
    decay_width (self) };
  if (self->low_rank.weight != NULL) {
    SsmtStrided low = { ssmt_layer_take (scratch, batch->rows, self->rank), self->rank };

    ssmt_project (batch->device, &self->low_rank, batch->rows, x, low);
    x = low;
  }
  ssmt_project (batch->device, &self->decay_proj, batch->rows, x, decay);
  return decay.ref;
}

static SsmtRef
make_beta (const SsmtLinearAttention *self, const SsmtBatch *batch, SsmtRef *scratch)
{
  if (!self->has_beta)
    return (SsmtRef){ NULL, 0 };
  SsmtRef beta = ssmt_layer_take (scratch, batch->rows, self->heads);
  ssmt_project (batch->device, &self->beta_proj, batch->rows, input (self, batch),
      ssmt_strided (beta, self->heads));
  return beta;
}

static void
recur (const SsmtLinearAttention *self, const SsmtBatch *batch, SsmtRef *scratch, SsmtRef out)
{
  SsmtDevice *dev = batch->device;
  guint32 width = qkv_width (self), qw = q_width (self), kw = k_width (self);
  SsmtRef qkv = make_qkv (self, batch, scratch);
  SsmtSlots state = batch->state;

  state.base = ssmt_floats_at (state.base, conv_floats (self));
  dev->ops->recurrence (dev,
      &(SsmtRecurrenceOp){ .q = qkv,
          .k = ssmt_floats_at (qkv, qw),
          .v = ssmt_floats_at (qkv, qw + kw),
          .decay = make_decay (self, batch, scratch),
          .a = self->a,
          .dt_bias = self->decay_bias,
          .beta = make_beta (self, batch, scratch),
          .out = out,
          .state = state,
          .runs = batch->runs,
          .kind = self->decay,
          .rows = batch->rows,
          .heads = self->heads,
          .q_heads = self->q_heads,
          .k_heads = self->k_heads,
          .v_heads = self->v_heads,
          .key_dim = self->key_dim,
          .value_dim = self->value_dim,
          .q_stride = width,
          .k_stride = width,
          .v_stride = width,
          .decay_stride = decay_width (self),
          .beta_stride = self->heads,
          .out_stride = out_width (self),
          .scale = 1.0f / sqrtf (self->key_dim),
          .decay_divisor = self->decay_divisor,
          .decay_min = self->decay_min,
          .beta_scale = self->beta_scale,
          .delta = self->delta,
          .l2_norm = self->delta,
          .normalise = self->interleaved });
}

void
ssmt_linear_attention_forward (const SsmtLayer *layer, const SsmtBatch *batch)
{
  const SsmtLinearAttention *self = (const SsmtLinearAttention *) layer;
  SsmtDevice *dev = batch->device;
  guint32 rows = batch->rows, ow = out_width (self);
  SsmtRef scratch = batch->scratch;
  SsmtRef out = ssmt_layer_take (&scratch, rows, ow);
  SsmtRef gate = ssmt_layer_take (&scratch, rows, ow);

  recur (self, batch, &scratch, out);
  dev->ops->rms_norm (dev,
      &(SsmtRmsNormOp){ .x = out,
          .weight = self->norm,
          .out = out,
          .rows = rows,
          .dim = ow,
          .group = self->value_dim,
          .x_stride = ow,
          .out_stride = ow,
          .eps = layer->frame.eps });
  if (self->output_gate) {
    ssmt_project (dev, &self->g_proj, rows, input (self, batch), ssmt_strided (gate, ow));
    dev->ops->swiglu (dev,
        &(SsmtSwigluOp){ .gate = gate,
            .up = out,
            .out = out,
            .rows = rows,
            .dim = ow,
            .gate_stride = ow,
            .up_stride = ow,
            .out_stride = ow });
  }
  ssmt_project_add (dev, &self->o_proj, rows, ssmt_strided (out, ow),
      ssmt_strided (batch->hidden, layer->d_model));
}

char *
ssmt_linear_attention_describe (const SsmtLayer *layer)
{
  const SsmtLinearAttention *self = (const SsmtLinearAttention *) layer;
  GString *text = g_string_new (NULL);

  g_string_append_printf (
      text, "%u heads of key %u, value %u", self->heads, self->key_dim, self->value_dim);
  if (self->q_heads != self->heads || self->k_heads != self->heads)
    g_string_append_printf (text, " (%u for queries, %u for keys)", self->q_heads, self->k_heads);
  if (self->d_conv > 0)
    g_string_append_printf (text, ", d_conv %u", self->d_conv);
  if (self->rotary_base > 0)
    g_string_append_printf (
        text, ", %s rotation", self->interleaved ? "interleaved" : "half-split");
  g_string_append (text, self->output_gate ? ", gated" : ", no gate");
  return g_string_free (text, FALSE);
}
