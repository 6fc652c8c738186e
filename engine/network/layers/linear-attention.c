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
  return self->decay == SSMT_DECAY_TOKEN ? self->heads :
      self->decay == SSMT_DECAY_CHANNEL ? k_width (self) : 0;
}

/* --- configure ---------------------------------------------------------- */

gboolean
ssmt_linear_attention_configure (SsmtLinearAttention *self,
    const SsmtLayerConfig *config, guint32 d_conv, gboolean output_gate,
    GError **error)
{
  if (!ssmt_layer_config_get_size (config, "heads", -1, MAX_HEADS,
          &self->heads, error)
      || !ssmt_layer_config_get_size (config, "key_dim", -1, MAX_HEAD_DIM,
          &self->key_dim, error)
      || !ssmt_layer_config_get_size (config, "value_dim", -1, MAX_HEAD_DIM,
          &self->value_dim, error)
      || !ssmt_layer_config_get_size (config, "d_conv", d_conv, 64,
          &self->d_conv, error)
      || !ssmt_layer_config_get_boolean (config, "output_gate", output_gate,
          &self->output_gate, error))
    return FALSE;
  if ((guint64) self->heads * MAX (self->key_dim, self->value_dim)
      > SSMT_MAX_DIM) {
    ssmt_layer_config_set_error (config, error,
        "heads * key_dim or heads * value_dim is more than %d", SSMT_MAX_DIM);
    return FALSE;
  }
  self->q_heads = self->k_heads = self->v_heads = self->heads;
  self->norm_weight = TRUE;
  self->decay_divisor = 1;
  self->decay_min = -INFINITY;
  self->beta_scale = 1;
  return TRUE;
}

gboolean
ssmt_linear_attention_configure_kv_heads (SsmtLinearAttention *self,
    const SsmtLayerConfig *config, GError **error)
{
  if (!ssmt_layer_config_get_size (config, "kv_heads", self->heads, MAX_HEADS,
          &self->k_heads, error))
    return FALSE;
  if (self->heads % self->k_heads != 0) {
    ssmt_layer_config_set_error (config, error,
        "\"heads\" %u must be a multiple of \"kv_heads\" %u", self->heads,
        self->k_heads);
    return FALSE;
  }
  self->v_heads = self->k_heads;
  return TRUE;
}

/* --- bind --------------------------------------------------------------- */

static gboolean
upload (SsmtWeights *w, const char *prefix, const char *what,
    const float *values, gsize n, SsmtRef *ref, GError **error)
{
  *ref = ssmt_weights_upload (w, values, n);
  if (ref->buffer != NULL)
    return TRUE;
  g_set_error (error, SSMT_ERROR, SSMT_ERROR_MEMORY,
      "no memory left on the device for %s%s", prefix, what);
  return FALSE;
}

/* The three convolutions run as one, side by side as q, k and v are. */
static gboolean
bind_conv (SsmtLinearAttention *self, const char *prefix, SsmtWeights *w,
    GError **error)
{
  static const char *const names[] =
      { "q_conv1d.weight", "k_conv1d.weight", "v_conv1d.weight" };
  const guint32 widths[] =
      { q_width (self), k_width (self), v_width (self) };
  g_autofree float *all =
      g_new (float, (gsize) qkv_width (self) * self->d_conv);
  gsize at = 0;

  for (guint i = 0; i < G_N_ELEMENTS (names); i++) {
    g_autofree char *full = g_strconcat (prefix, names[i], NULL);
    g_autofree float *part =
        ssmt_weights_read_floats (w, full, widths[i], self->d_conv, error);
    gsize n = (gsize) widths[i] * self->d_conv;

    if (part == NULL)
      return FALSE;
    memcpy (all + at, part, n * sizeof (float));
    at += n;
  }
  return upload (w, prefix, "q_conv1d.weight", all, at, &self->conv, error);
}

/* All heads share the norm's weight: (value_dim) is repeated for each. */
static gboolean
bind_norm (SsmtLinearAttention *self, const char *prefix, const char *name,
    SsmtWeights *w, GError **error)
{
  g_autofree char *full = g_strconcat (prefix, name, NULL);
  g_autofree float *one =
      ssmt_weights_read_floats (w, full, self->value_dim, 1, error);
  g_autofree float *all = g_new (float, out_width (self));

  if (one == NULL)
    return FALSE;
  for (guint32 i = 0; i < out_width (self); i++)
    all[i] = one[i % self->value_dim];
  return upload (w, prefix, name, all, out_width (self), &self->norm, error);
}

gboolean
ssmt_linear_attention_bind (SsmtLinearAttention *self, const char *prefix,
    const char *output, const char *norm, SsmtWeights *w, GError **error)
{
  guint32 d = self->parent.d_model, ow = out_width (self);

  return ssmt_layer_get_matrix (w, prefix, "q_proj.weight", q_width (self), d,
      &self->q_proj, error)
      && ssmt_layer_get_matrix (w, prefix, "k_proj.weight", k_width (self), d,
      &self->k_proj, error)
      && ssmt_layer_get_matrix (w, prefix, "v_proj.weight", v_width (self), d,
      &self->v_proj, error)
      && (!self->output_gate || ssmt_layer_get_matrix (w, prefix,
          "g_proj.weight", ow, d, &self->g_proj, error))
      && ssmt_layer_get_matrix (w, prefix, output, d, ow, &self->o_proj, error)
      && (self->d_conv == 0 || bind_conv (self, prefix, w, error))
      && (!self->norm_weight || bind_norm (self, prefix, norm, w, error));
}

const char *
ssmt_linear_attention_fla_norm (const SsmtLinearAttention *self,
    const char *prefix, SsmtWeights *w)
{
  g_autofree char *apart = g_strconcat (prefix, "g_norm.weight", NULL);

  return !self->output_gate || ssmt_weights_has (w, apart) ?
      "g_norm.weight" : "g_norm_swish_gate.weight";
}

/* --- forward ------------------------------------------------------------ */

static gsize
conv_floats (const SsmtLinearAttention *self)
{
  return self->d_conv == 0 ? 0 :
      (gsize) (self->d_conv - 1) * qkv_width (self);
}

gsize
ssmt_linear_attention_state_size (const SsmtLayer *layer)
{
  const SsmtLinearAttention *self = (const SsmtLinearAttention *) layer;

  return (conv_floats (self) + (gsize) self->key_dim * out_width (self))
      * sizeof (float);
}

gsize
ssmt_linear_attention_scratch_width (const SsmtLayer *layer)
{
  const SsmtLinearAttention *self = (const SsmtLinearAttention *) layer;

  return (gsize) qkv_width (self) * (self->d_conv > 0 ? 2 : 1)
      + (gsize) out_width (self) * 2 + decay_width (self) + self->rank
      + (self->has_beta ? self->heads : 0);
}

static void
project (const SsmtBatch *batch, const SsmtMatrix *weight, SsmtRef x,
    SsmtRef bias, SsmtRef out, guint32 out_stride)
{
  batch->device->ops->linear (batch->device, &(SsmtLinearOp) {
        .weight = weight, .x = x, .bias = bias, .out = out,
        .rows = batch->rows, .x_stride = weight->cols,
        .out_stride = out_stride});
}

/* q, k and v side by side, ready for the recurrence. */
static SsmtRef
make_qkv (const SsmtLinearAttention *self, const SsmtBatch *batch,
    SsmtRef *scratch)
{
  SsmtDevice *dev = batch->device;
  guint32 width = qkv_width (self), qw = q_width (self), kw = k_width (self);
  guint32 pairs = self->key_dim / 2;
  SsmtRef none = { NULL, 0 };
  SsmtRef qkv = ssmt_layer_take (scratch, batch->rows, width);

  project (batch, self->q_proj, batch->normed, none, qkv, width);
  project (batch, self->k_proj, batch->normed, none,
      ssmt_floats_at (qkv, qw), width);
  project (batch, self->v_proj, batch->normed, none,
      ssmt_floats_at (qkv, qw + kw), width);
  if (self->d_conv > 0) {
    SsmtRef before = qkv;

    qkv = ssmt_layer_take (scratch, batch->rows, width);
    dev->ops->conv (dev, &(SsmtConvOp) {
          .x = before, .weight = self->conv, .out = qkv,
          .state = batch->state, .runs = batch->runs, .rows = batch->rows,
          .dim = width, .taps = self->d_conv, .x_stride = width,
          .out_stride = width, .silu = true});
  }
  if (self->rotary_base > 0)
    dev->ops->rotate (dev, &(SsmtRotateOp) {
          .q = qkv, .k = ssmt_floats_at (qkv, qw), .runs = batch->runs,
          .rows = batch->rows, .q_heads = self->q_heads,
          .k_heads = self->k_heads, .head_dim = self->key_dim,
          .divisor = self->interleaved ? MAX (pairs - 1, 1) : pairs,
          .q_stride = width, .k_stride = width, .base = self->rotary_base,
          .interleaved = self->interleaved});
  return qkv;
}

static SsmtRef
make_decay (const SsmtLinearAttention *self, const SsmtBatch *batch,
    SsmtRef *scratch)
{
  SsmtRef none = { NULL, 0 }, x = batch->normed;

  if (self->decay_proj == NULL)
    return self->head_decay;
  SsmtRef decay = ssmt_layer_take (scratch, batch->rows, decay_width (self));
  if (self->low_rank != NULL) {
    x = ssmt_layer_take (scratch, batch->rows, self->rank);
    project (batch, self->low_rank, batch->normed, none, x, self->rank);
  }
  /* a decay per token adds its bias in the recurrence */
  project (batch, self->decay_proj, x,
      self->decay == SSMT_DECAY_CHANNEL ? self->decay_bias : none, decay,
      decay_width (self));
  return decay;
}

static SsmtRef
make_beta (const SsmtLinearAttention *self, const SsmtBatch *batch,
    SsmtRef *scratch)
{
  SsmtRef none = { NULL, 0 };

  if (!self->has_beta)
    return none;
  SsmtRef beta = ssmt_layer_take (scratch, batch->rows, self->heads);
  project (batch, self->beta_proj, batch->normed, none, beta, self->heads);
  return beta;
}

static void
recur (const SsmtLinearAttention *self, const SsmtBatch *batch,
    SsmtRef *scratch, SsmtRef out)
{
  SsmtDevice *dev = batch->device;
  guint32 width = qkv_width (self), qw = q_width (self), kw = k_width (self);
  SsmtRef qkv = make_qkv (self, batch, scratch);
  SsmtSlots state = batch->state;

  state.base = ssmt_floats_at (state.base, conv_floats (self));
  dev->ops->recurrence (dev, &(SsmtRecurrenceOp) {
        .q = qkv, .k = ssmt_floats_at (qkv, qw),
        .v = ssmt_floats_at (qkv, qw + kw),
        .decay = make_decay (self, batch, scratch), .a = self->a,
        .dt_bias = self->decay_bias,
        .beta = make_beta (self, batch, scratch), .out = out,
        .state = state, .runs = batch->runs, .kind = self->decay,
        .rows = batch->rows, .heads = self->heads, .q_heads = self->q_heads,
        .k_heads = self->k_heads, .v_heads = self->v_heads,
        .key_dim = self->key_dim, .value_dim = self->value_dim,
        .q_stride = width, .k_stride = width, .v_stride = width,
        .decay_stride = decay_width (self), .beta_stride = self->heads,
        .out_stride = out_width (self), .scale = 1.0f / sqrtf (self->key_dim),
        .decay_divisor = self->decay_divisor, .decay_min = self->decay_min,
        .beta_scale = self->beta_scale, .delta = self->delta,
        .l2_norm = self->delta, .normalise = self->interleaved});
}

void
ssmt_linear_attention_forward (const SsmtLayer *layer, const SsmtBatch *batch)
{
  const SsmtLinearAttention *self = (const SsmtLinearAttention *) layer;
  SsmtDevice *dev = batch->device;
  guint32 rows = batch->rows, ow = out_width (self);
  SsmtRef scratch = batch->scratch, none = { NULL, 0 };
  SsmtRef out = ssmt_layer_take (&scratch, rows, ow);
  SsmtRef gate = ssmt_layer_take (&scratch, rows, ow);

  recur (self, batch, &scratch, out);
  dev->ops->rms_norm (dev, &(SsmtRmsNormOp) {
        .x = out, .weight = self->norm, .out = out, .rows = rows, .dim = ow,
        .group = self->value_dim, .x_stride = ow, .out_stride = ow,
        .eps = layer->eps});
  if (self->output_gate) {
    project (batch, self->g_proj, batch->normed, none, gate, ow);
    dev->ops->swiglu (dev, &(SsmtSwigluOp) {
          .gate = gate, .up = out, .out = out, .rows = rows, .dim = ow,
          .gate_stride = ow, .up_stride = ow, .out_stride = ow});
  }
  dev->ops->linear (dev, &(SsmtLinearOp) {
        .weight = self->o_proj, .x = out, .out = batch->hidden, .rows = rows,
        .x_stride = ow, .out_stride = layer->d_model, .accumulate = true});
}

char *
ssmt_linear_attention_describe (const SsmtLayer *layer)
{
  const SsmtLinearAttention *self = (const SsmtLinearAttention *) layer;
  GString *text = g_string_new (NULL);

  g_string_append_printf (text, "%u heads of key %u, value %u", self->heads,
      self->key_dim, self->value_dim);
  if (self->q_heads != self->heads || self->k_heads != self->heads)
    g_string_append_printf (text, " (%u for queries, %u for keys)",
        self->q_heads, self->k_heads);
  if (self->d_conv > 0)
    g_string_append_printf (text, ", d_conv %u", self->d_conv);
  if (self->rotary_base > 0)
    g_string_append_printf (text, ", %s rotation",
        self->interleaved ? "interleaved" : "half-split");
  g_string_append (text, self->output_gate ? ", gated" : ", no gate");
  return g_string_free (text, FALSE);
}
