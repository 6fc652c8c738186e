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

static void
mamba_forward (const SsmtLayer *layer, const SsmtBatch *batch)
{
  const MambaLayer *self = (const MambaLayer *) layer;
  SsmtDevice *dev = batch->device;
  guint32 rows = batch->rows, d = layer->d_model, di = self->d_inner;
  guint32 n = self->d_state, xw = self->dt_rank + 2 * n;
  SsmtRef scratch = batch->scratch;
  SsmtRef xz = ssmt_layer_take (&scratch, rows, 2 * di);
  SsmtRef u = ssmt_layer_take (&scratch, rows, di);
  SsmtRef dt = ssmt_layer_take (&scratch, rows, di);
  SsmtRef dbc = ssmt_layer_take (&scratch, rows, xw);
  SsmtSlots scan = batch->state;

  scan.base = ssmt_floats_at (scan.base, mamba_conv_floats (self));
  ssmt_project (
      dev, &self->in_proj, rows, ssmt_strided (batch->input, d), ssmt_strided (xz, 2 * di));
  dev->ops->conv (dev,
      &(SsmtConvOp){ .x = xz,
          .weight = self->conv_weight,
          .bias = self->conv_bias,
          .out = u,
          .state = batch->state,
          .runs = batch->runs,
          .rows = rows,
          .dim = di,
          .taps = self->d_conv,
          .x_stride = 2 * di,
          .out_stride = di,
          .silu = true });
  ssmt_project (dev, &self->x_proj, rows, ssmt_strided (u, di), ssmt_strided (dbc, xw));
  if (self->inner_norm != NORM_NONE) {
    mamba_norm (self, batch, dbc, self->dt_norm, self->dt_rank, xw);
    mamba_norm (self, batch, ssmt_floats_at (dbc, self->dt_rank), self->b_norm, n, xw);
    mamba_norm (self, batch, ssmt_floats_at (dbc, self->dt_rank + n), self->c_norm, n, xw);
  }
  ssmt_project (dev, &self->dt_proj, rows, ssmt_strided (dbc, xw), ssmt_strided (dt, di));
  if (batch->wanted == SSMT_SCORES_HIDDEN)
    dev->ops->hidden_scores (dev,
        &(SsmtHiddenScoresOp){ .dt = dt,
            .b = ssmt_floats_at (dbc, self->dt_rank),
            .c = ssmt_floats_at (dbc, self->dt_rank + n),
            .a = self->a,
            .dt_bias = self->dt_bias,
            .out = batch->scores,
            .work = batch->scores_work,
            .runs = batch->runs,
            .rows = rows,
            .dim = di,
            .groups = 1,
            .d_state = n,
            .dt_stride = di,
            .bc_stride = xw,
            .out_stride = batch->scores_stride,
            .dt_max = INFINITY });
  /* The convolution has read x: its half of xz takes the result. */
  dev->ops->selective_scan (dev,
      &(SsmtSelectiveScanOp){ .u = u,
          .dt = dt,
          .b = ssmt_floats_at (dbc, self->dt_rank),
          .c = ssmt_floats_at (dbc, self->dt_rank + n),
          .z = ssmt_floats_at (xz, di),
          .a = self->a,
          .d = self->d,
          .dt_bias = self->dt_bias,
          .out = xz,
          .state = scan,
          .runs = batch->runs,
          .rows = rows,
          .dim = di,
          .d_state = n,
          .u_stride = di,
          .dt_stride = di,
          .bc_stride = xw,
          .z_stride = 2 * di,
          .out_stride = 2 * di });
  ssmt_project_add (
      dev, &self->out_proj, rows, ssmt_strided (xz, 2 * di), ssmt_strided (batch->hidden, d));
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
