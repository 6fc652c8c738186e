/* ssmtranslate: Mamba-1 [state-spaces/mamba: modules/mamba_simple.py]
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 *   [x, z] = W_in h;  u = SiLU (conv (x));  [dt, B, C] = W_x u
 *   y = scan (u, W_dt dt, B, C) * SiLU (z);  out = W_out y
 *
 * `dt_bc_norm` puts an RMSNorm on each of dt, B and C before they are used: "plain" without
 * weights [FalconMamba], "weight" with learned ones [Jamba].
 *
 * State: (d_conv - 1, d_inner) inputs of the convolution, then the scan's
 * (d_state, d_inner).
 */
#include <math.h>

#include "engine/network/layers/layer.h"

typedef struct {
  SsmtLayer parent;
  guint32 d_inner, d_state, d_conv, dt_rank;
  gboolean bias, conv_bias_wanted;
  guint inner_norm;
  float inner_eps;
  SsmtProjection in_proj, x_proj, dt_proj, out_proj;
  SsmtRef conv_weight, conv_bias, dt_bias, a, d;
  SsmtRef dt_norm, b_norm, c_norm;
} MambaLayer;

enum { NORM_NONE, NORM_PLAIN, NORM_WEIGHT };
static const char *const norm_names[] = { "none", "plain", "weight", NULL };

static void
mamba_configure (SsmtLayer *layer, SsmtReader *keys)
{
  MambaLayer *self = (MambaLayer *) layer;

  self->d_inner = ssmt_reader_size (keys, "d_inner", SSMT_REQUIRED, SSMT_MAX_DIM);
  self->d_state = ssmt_reader_size (keys, "d_state", SSMT_REQUIRED, 1024);
  self->d_conv = ssmt_reader_size (keys, "d_conv", 4, 64);
  self->dt_rank = ssmt_reader_size (keys, "dt_rank", SSMT_REQUIRED, SSMT_MAX_DIM);
  self->bias = ssmt_reader_boolean (keys, "bias", FALSE);
  self->conv_bias_wanted = ssmt_reader_boolean (keys, "conv_bias", TRUE);
  self->inner_norm = ssmt_reader_choice (keys, "dt_bc_norm", norm_names);
  self->inner_eps = ssmt_reader_number (keys, "dt_bc_norm_eps", layer->frame.eps, 0, 1);
}

/* The bias of dt is added by the scan. */
static void
mamba_bind (SsmtLayer *layer, SsmtBinder *b)
{
  MambaLayer *self = (MambaLayer *) layer;
  guint32 d = layer->d_model, di = self->d_inner, n = self->d_state;
  guint32 rank = self->dt_rank;

  self->in_proj = ssmt_binder_projection (b, "in_proj", 2 * di, d, self->bias);
  self->conv_weight = ssmt_binder_floats (b, "conv1d.weight", di, self->d_conv, SSMT_VALUES_WEIGHT);
  if (self->conv_bias_wanted)
    self->conv_bias = ssmt_binder_floats (b, "conv1d.bias", di, 1, SSMT_VALUES_WEIGHT);
  if (self->inner_norm == NORM_WEIGHT) {
    self->dt_norm = ssmt_binder_floats (b, "dt_layernorm.weight", rank, 1, SSMT_VALUES_GAIN);
    self->b_norm = ssmt_binder_floats (b, "b_layernorm.weight", n, 1, SSMT_VALUES_GAIN);
    self->c_norm = ssmt_binder_floats (b, "c_layernorm.weight", n, 1, SSMT_VALUES_GAIN);
  }
  self->x_proj = ssmt_binder_projection (b, "x_proj", rank + 2 * n, di, FALSE);
  self->dt_proj = ssmt_binder_projection (b, "dt_proj", di, rank, FALSE);
  self->dt_bias = ssmt_binder_floats (b, "dt_proj.bias", di, 1, SSMT_VALUES_LOG_STEP);
  self->a = ssmt_binder_decay (b, di, n);
  self->d = ssmt_binder_floats (b, "D", di, 1, SSMT_VALUES_GAIN);
  self->out_proj = ssmt_binder_projection (b, "out_proj", d, di, self->bias);
}

static gsize
mamba_conv_floats (const MambaLayer *self)
{
  return (gsize) (self->d_conv - 1) * self->d_inner;
}

static gsize
mamba_state_size (const SsmtLayer *layer)
{
  const MambaLayer *self = (const MambaLayer *) layer;

  return (mamba_conv_floats (self) + (gsize) self->d_state * self->d_inner) * sizeof (float);
}

static gsize
mamba_scratch_width (const SsmtLayer *layer)
{
  const MambaLayer *self = (const MambaLayer *) layer;

  return 4 * (gsize) self->d_inner + self->dt_rank + 2 * self->d_state;
}

/* `dim` columns of (rows, stride), in place. */
static void
mamba_norm (const MambaLayer *self, const SsmtBatch *batch, SsmtRef x, SsmtRef weight, guint32 dim,
    guint32 stride)
{
  batch->device->ops->rms_norm (batch->device,
      &(SsmtRmsNormOp){ .x = x,
          .weight = weight,
          .out = x,
          .rows = batch->rows,
          .dim = dim,
          .group = dim,
          .x_stride = stride,
          .out_stride = stride,
          .eps = self->inner_eps });
}

/* Scratch of a call. */
typedef struct {
  SsmtRef xz;  /* (rows, 2 d_inner); the scan's result over x, which the convolution has read */
  SsmtRef u;   /* (rows, d_inner) */
  SsmtRef dt;  /* (rows, d_inner) */
  SsmtRef dbc; /* (rows, dt_rank + 2 d_state) dt before its projection, B, C */
  SsmtRef b, c;
  guint32 dbc_width;
} MambaParts;

static MambaParts
mamba_take_parts (const MambaLayer *self, const SsmtBatch *batch)
{
  guint32 rows = batch->rows, di = self->d_inner;
  SsmtRef scratch = batch->scratch;
  MambaParts parts = { .dbc_width = self->dt_rank + 2 * self->d_state };

  parts.xz = ssmt_layer_take (&scratch, rows, 2 * di);
  parts.u = ssmt_layer_take (&scratch, rows, di);
  parts.dt = ssmt_layer_take (&scratch, rows, di);
  parts.dbc = ssmt_layer_take (&scratch, rows, parts.dbc_width);
  parts.b = ssmt_floats_at (parts.dbc, self->dt_rank);
  parts.c = ssmt_floats_at (parts.b, self->d_state);
  return parts;
}

/* Fills them from the input. */
static void
mamba_make_parts (const MambaLayer *self, const SsmtBatch *batch, const MambaParts *parts)
{
  SsmtDevice *dev = batch->device;
  guint32 rows = batch->rows, di = self->d_inner, n = self->d_state, xw = parts->dbc_width;

  ssmt_project (dev, &self->in_proj, rows, ssmt_strided (batch->input, self->parent.d_model),
      ssmt_strided (parts->xz, 2 * di));
  dev->ops->conv (dev,
      &(SsmtConvOp){ .x = parts->xz,
          .weight = self->conv_weight,
          .bias = self->conv_bias,
          .out = parts->u,
          .state = batch->state,
          .runs = batch->runs,
          .rows = rows,
          .dim = di,
          .taps = self->d_conv,
          .x_stride = 2 * di,
          .out_stride = di,
          .silu = true });
  ssmt_project (
      dev, &self->x_proj, rows, ssmt_strided (parts->u, di), ssmt_strided (parts->dbc, xw));
  if (self->inner_norm != NORM_NONE) {
    mamba_norm (self, batch, parts->dbc, self->dt_norm, self->dt_rank, xw);
    mamba_norm (self, batch, parts->b, self->b_norm, n, xw);
    mamba_norm (self, batch, parts->c, self->c_norm, n, xw);
  }
  ssmt_project (
      dev, &self->dt_proj, rows, ssmt_strided (parts->dbc, xw), ssmt_strided (parts->dt, di));
}

static void
mamba_tell_scores (const MambaLayer *self, const SsmtBatch *batch, const MambaParts *parts)
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
          .dim = self->d_inner,
          .groups = 1,
          .d_state = self->d_state,
          .dt_stride = self->d_inner,
          .bc_stride = parts->dbc_width,
          .out_stride = batch->scores_stride,
          .dt_max = INFINITY });
}

static void
mamba_scan (const MambaLayer *self, const SsmtBatch *batch, const MambaParts *parts)
{
  guint32 di = self->d_inner;
  SsmtSlots state = batch->state;

  state.base = ssmt_floats_at (state.base, mamba_conv_floats (self));
  batch->device->ops->selective_scan (batch->device,
      &(SsmtSelectiveScanOp){ .u = parts->u,
          .dt = parts->dt,
          .b = parts->b,
          .c = parts->c,
          .z = ssmt_floats_at (parts->xz, di),
          .a = self->a,
          .d = self->d,
          .dt_bias = self->dt_bias,
          .out = parts->xz,
          .state = state,
          .runs = batch->runs,
          .rows = batch->rows,
          .dim = di,
          .d_state = self->d_state,
          .u_stride = di,
          .dt_stride = di,
          .bc_stride = parts->dbc_width,
          .z_stride = 2 * di,
          .out_stride = 2 * di });
}

static void
mamba_forward (const SsmtLayer *layer, const SsmtBatch *batch)
{
  const MambaLayer *self = (const MambaLayer *) layer;
  MambaParts parts = mamba_take_parts (self, batch);

  mamba_make_parts (self, batch, &parts);
  if (batch->wanted == SSMT_SCORES_HIDDEN)
    mamba_tell_scores (self, batch, &parts);
  mamba_scan (self, batch, &parts);
  ssmt_project_add (batch->device, &self->out_proj, batch->rows,
      ssmt_strided (parts.xz, 2 * self->d_inner), ssmt_strided (batch->hidden, layer->d_model));
}

static char *
mamba_describe (const SsmtLayer *layer)
{
  const MambaLayer *self = (const MambaLayer *) layer;

  return g_strdup_printf ("d_inner %u, d_state %u, d_conv %u, dt_rank %u%s%s%s", self->d_inner,
      self->d_state, self->d_conv, self->dt_rank, self->bias ? ", bias" : "",
      self->conv_bias_wanted ? "" : ", no bias of the convolution",
      self->inner_norm == NORM_NONE ? "" : ", norms of dt, B and C");
}

const SsmtLayerClass ssmt_mamba_class = {
  .kind = "mamba",
  .scores = SSMT_SCORES_HIDDEN,
  .instance_size = sizeof (MambaLayer),
  .configure = mamba_configure,
  .bind = mamba_bind,
  .state_size = mamba_state_size,
  .scratch_width = mamba_scratch_width,
  .forward = mamba_forward,
  .describe = mamba_describe,
};
