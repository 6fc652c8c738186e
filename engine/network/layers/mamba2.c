/* ssmtranslate: Mamba-2 [state-spaces/mamba: modules/mamba2.py]
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 *   [z, x, B, C, dt] = W_in h;  [x, B, C] = SiLU (conv ([x, B, C]))
 *   y = ssd (x, dt, B, C);  out = W_out (RMSNorm (y * SiLU (z)))
 *
 * The inner norm runs over the whole width, or with `norm_group` "group" over the channels of
 * each of the n_groups, as in mamba_ssm and transformers 5.23 (earlier versions: over all).
 * State: (d_conv - 1, d_inner + 2 n_groups d_state) inputs of the
 * convolution, then the scan's (heads, d_state, head_dim).
 */
#include <math.h>

#include "engine/network/layers/layer.h"

typedef struct {
  SsmtLayer parent;
  guint32 d_inner, d_state, d_conv, head_dim, n_groups, heads;
  guint32 conv_dim; /* d_inner + 2 n_groups d_state */
  float dt_min, dt_max;
  gboolean bias, conv_bias_wanted;
  guint norm_group;
  SsmtProjection in_proj, out_proj;
  SsmtRef conv_weight, conv_bias, dt_bias, a, d, norm;
} Mamba2Layer;

enum { NORM_ALL, NORM_GROUP };
static const char *const norm_groups[] = { "all", "group", NULL };

static void
mamba2_check_sizes (Mamba2Layer *self, SsmtReader *keys)
{
  guint64 conv_dim = self->d_inner + 2 * (guint64) self->n_groups * self->d_state;

  self->heads = self->d_inner / self->head_dim;
  self->conv_dim = (guint32) conv_dim;
  if (self->d_inner % self->head_dim != 0)
    ssmt_reader_fail (keys, SSMT_ERROR_INVALID,
        "\"d_inner\" %u must be a multiple of \"head_dim\" %u", self->d_inner, self->head_dim);
  else if (self->heads % self->n_groups != 0)
    ssmt_reader_fail (keys, SSMT_ERROR_INVALID,
        "%u heads cannot be shared out among \"n_groups\" %u", self->heads, self->n_groups);
  else if (conv_dim > 4 * SSMT_MAX_DIM)
    ssmt_reader_fail (keys, SSMT_ERROR_INVALID, "n_groups * d_state is too large");
}

static void
mamba2_configure (SsmtLayer *layer, SsmtReader *keys)
{
  Mamba2Layer *self = (Mamba2Layer *) layer;

  self->d_inner = ssmt_reader_size (keys, "d_inner", SSMT_REQUIRED, SSMT_MAX_DIM);
  self->d_state = ssmt_reader_size (keys, "d_state", SSMT_REQUIRED, 4096);
  self->d_conv = ssmt_reader_size (keys, "d_conv", 4, 64);
  self->head_dim = ssmt_reader_size (keys, "head_dim", SSMT_REQUIRED, 4096);
  self->n_groups = ssmt_reader_size (keys, "n_groups", 1, 4096);
  self->dt_min = ssmt_reader_number (keys, "dt_min", 0, 0, 1e30);
  self->dt_max = ssmt_reader_number (keys, "dt_max", INFINITY, 0, 1e30);
  self->bias = ssmt_reader_boolean (keys, "bias", FALSE);
  self->conv_bias_wanted = ssmt_reader_boolean (keys, "conv_bias", TRUE);
  self->norm_group = ssmt_reader_choice (keys, "norm_group", norm_groups);
  mamba2_check_sizes (self, keys);
}

static guint32
mamba2_proj_width (const Mamba2Layer *self)
{
  return self->d_inner + self->conv_dim + self->heads;
}

static void
mamba2_bind (SsmtLayer *layer, SsmtBinder *b)
{
  Mamba2Layer *self = (Mamba2Layer *) layer;
  guint32 d = layer->d_model, di = self->d_inner, heads = self->heads;

  self->in_proj = ssmt_binder_projection (b, "in_proj", mamba2_proj_width (self), d, self->bias);
  self->conv_weight =
      ssmt_binder_floats (b, "conv1d.weight", self->conv_dim, self->d_conv, SSMT_VALUES_WEIGHT);
  if (self->conv_bias_wanted)
    self->conv_bias = ssmt_binder_floats (b, "conv1d.bias", self->conv_dim, 1, SSMT_VALUES_WEIGHT);
  self->dt_bias = ssmt_binder_floats (b, "dt_bias", heads, 1, SSMT_VALUES_LOG_STEP);
  self->a = ssmt_binder_decay (b, heads, 1);
  self->d = ssmt_binder_floats (b, "D", heads, 1, SSMT_VALUES_GAIN);
  self->norm = ssmt_binder_floats (b, "norm.weight", di, 1, SSMT_VALUES_GAIN);
  self->out_proj = ssmt_binder_projection (b, "out_proj", d, di, self->bias);
}

static gsize
mamba2_conv_floats (const Mamba2Layer *self)
{
  return (gsize) (self->d_conv - 1) * self->conv_dim;
}

static gsize
mamba2_state_size (const SsmtLayer *layer)
{
  const Mamba2Layer *self = (const Mamba2Layer *) layer;

  return (mamba2_conv_floats (self) + (gsize) self->d_inner * self->d_state) * sizeof (float);
}

static gsize
mamba2_scratch_width (const SsmtLayer *layer)
{
  const Mamba2Layer *self = (const Mamba2Layer *) layer;

  return (gsize) mamba2_proj_width (self) + self->conv_dim;
}

/* Scratch of a call: rows of `z` are z, x, B, C, dt as W_in leaves them, those of `xbc` x, B, C as the
 * convolution does. */
typedef struct {
  SsmtRef z, dt;     /* `width` from row to row */
  SsmtRef y;         /* over x of the former, which the convolution has read */
  SsmtRef xbc, b, c; /* conv_dim from row to row */
  guint32 width;
} Mamba2Parts;

static Mamba2Parts
mamba2_take_parts (const Mamba2Layer *self, const SsmtBatch *batch)
{
  SsmtRef scratch = batch->scratch;
  Mamba2Parts parts = { .width = mamba2_proj_width (self) };

  parts.z = ssmt_layer_take (&scratch, batch->rows, parts.width);
  parts.y = ssmt_floats_at (parts.z, self->d_inner);
  parts.dt = ssmt_floats_at (parts.y, self->conv_dim);
  parts.xbc = ssmt_layer_take (&scratch, batch->rows, self->conv_dim);
  parts.b = ssmt_floats_at (parts.xbc, self->d_inner);
  parts.c = ssmt_floats_at (parts.b, self->n_groups * self->d_state);
  return parts;
}

/* Fills them from the input. */
static void
mamba2_make_parts (const Mamba2Layer *self, const SsmtBatch *batch, const Mamba2Parts *parts)
{
  SsmtDevice *dev = batch->device;

  ssmt_project (dev, &self->in_proj, batch->rows, ssmt_strided (batch->input, self->parent.d_model),
      ssmt_strided (parts->z, parts->width));
  dev->ops->conv (dev,
      &(SsmtConvOp){ .x = parts->y,
          .weight = self->conv_weight,
          .bias = self->conv_bias,
          .out = parts->xbc,
          .state = batch->state,
          .runs = batch->runs,
          .rows = batch->rows,
          .dim = self->conv_dim,
          .taps = self->d_conv,
          .x_stride = parts->width,
          .out_stride = self->conv_dim,
          .silu = true });
}

static void
mamba2_tell_scores (const Mamba2Layer *self, const SsmtBatch *batch, const Mamba2Parts *parts)
{
  batch->device->ops->hidden_scores (batch->device,
      &(SsmtHiddenScoresOp){ .dt = parts->dt,
          .b = parts->b,
          .c = parts->c,
          .a = self->a,
          .dt_bias = self->dt_bias,
          .out = batch->scores,
          .work = batch->scores_work,
          .runs = batch->runs,
          .rows = batch->rows,
          .dim = self->heads,
          .groups = self->n_groups,
          .d_state = self->d_state,
          .dt_stride = parts->width,
          .bc_stride = self->conv_dim,
          .out_stride = batch->scores_stride,
          .dt_min = self->dt_min,
          .dt_max = self->dt_max,
          .scalar = true });
}

static void
mamba2_scan (const Mamba2Layer *self, const SsmtBatch *batch, const Mamba2Parts *parts)
{
  SsmtSlots state = batch->state;

  state.base = ssmt_floats_at (state.base, mamba2_conv_floats (self));
  batch->device->ops->ssd (batch->device,
      &(SsmtSsdOp){ .x = parts->xbc,
          .dt = parts->dt,
          .b = parts->b,
          .c = parts->c,
          .a = self->a,
          .d = self->d,
          .dt_bias = self->dt_bias,
          .out = parts->y,
          .state = state,
          .runs = batch->runs,
          .rows = batch->rows,
          .heads = self->heads,
          .head_dim = self->head_dim,
          .groups = self->n_groups,
          .d_state = self->d_state,
          .x_stride = self->conv_dim,
          .dt_stride = parts->width,
          .bc_stride = self->conv_dim,
          .out_stride = parts->width,
          .dt_min = self->dt_min,
          .dt_max = self->dt_max });
}

/* y, gated by z and normed, in place. */
static void
mamba2_norm (const Mamba2Layer *self, const SsmtBatch *batch, const Mamba2Parts *parts)
{
  guint32 di = self->d_inner;

  batch->device->ops->rms_norm (batch->device,
      &(SsmtRmsNormOp){ .x = parts->y,
          .gate = parts->z,
          .weight = self->norm,
          .out = parts->y,
          .rows = batch->rows,
          .dim = di,
          .group = self->norm_group == NORM_GROUP ? di / self->n_groups : di,
          .x_stride = parts->width,
          .gate_stride = parts->width,
          .out_stride = parts->width,
          .eps = self->parent.frame.eps });
}

static void
mamba2_forward (const SsmtLayer *layer, const SsmtBatch *batch)
{
  const Mamba2Layer *self = (const Mamba2Layer *) layer;
  Mamba2Parts parts = mamba2_take_parts (self, batch);

  mamba2_make_parts (self, batch, &parts);
  if (batch->wanted == SSMT_SCORES_HIDDEN)
    mamba2_tell_scores (self, batch, &parts);
  mamba2_scan (self, batch, &parts);
  mamba2_norm (self, batch, &parts);
  ssmt_project_add (batch->device, &self->out_proj, batch->rows,
      ssmt_strided (parts.y, parts.width), ssmt_strided (batch->hidden, layer->d_model));
}

static char *
mamba2_describe (const SsmtLayer *layer)
{
  const Mamba2Layer *self = (const Mamba2Layer *) layer;

  return g_strdup_printf ("d_inner %u, d_state %u, d_conv %u, %u heads of %u, %u group%s%s%s%s",
      self->d_inner, self->d_state, self->d_conv, self->heads, self->head_dim, self->n_groups,
      self->n_groups == 1 ? "" : "s",
      self->n_groups > 1 && self->norm_group == NORM_GROUP ? " normed each" : "",
      self->bias ? ", bias" : "", self->conv_bias_wanted ? "" : ", no bias of the convolution");
}

const SsmtLayerClass ssmt_mamba2_class = {
  .kind = "mamba2",
  .scores = SSMT_SCORES_HIDDEN,
  .instance_size = sizeof (Mamba2Layer),
  .configure = mamba2_configure,
  .bind = mamba2_bind,
  .state_size = mamba2_state_size,
  .scratch_width = mamba2_scratch_width,
  .forward = mamba2_forward,
  .describe = mamba2_describe,
};
