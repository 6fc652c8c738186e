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

#include "engine/network/layers/layers.h"

typedef struct {
  SsmtLayer parent;
  guint32 d_inner, d_state, d_conv, dt_rank;
  gboolean bias, conv_bias_wanted;
  guint inner_norm;
  float inner_eps;
  const SsmtMatrix *in_proj, *x_proj, *dt_proj, *out_proj;
  SsmtRef in_bias, out_bias;    /* absent: no buffer */
  SsmtRef conv_weight, conv_bias, dt_bias, a, d;
  SsmtRef dt_norm, b_norm, c_norm;
} MambaLayer;

enum { NORM_NONE, NORM_PLAIN, NORM_WEIGHT };
static const char *const norm_names[] = { "none", "plain", "weight", NULL };

static gboolean
mamba_configure (SsmtLayer *layer, const SsmtLayerConfig *config,
    GError **error)
{
  static const char *const keys[] =
      { "d_inner", "d_state", "d_conv", "dt_rank", "bias", "conv_bias",
    "dt_bc_norm", "dt_bc_norm_eps", NULL
  };
  MambaLayer *self = (MambaLayer *) layer;

  return ssmt_layer_config_check_keys (config, keys, error)
      && ssmt_layer_config_get_size (config, "d_inner", -1, SSMT_MAX_DIM,
      &self->d_inner, error)
      && ssmt_layer_config_get_size (config, "d_state", -1, 1024,
      &self->d_state, error)
      && ssmt_layer_config_get_size (config, "d_conv", 4, 64,
      &self->d_conv, error)
      && ssmt_layer_config_get_size (config, "dt_rank", -1, SSMT_MAX_DIM,
      &self->dt_rank, error)
      && ssmt_layer_config_get_boolean (config, "bias", FALSE, &self->bias,
      error)
      && ssmt_layer_config_get_boolean (config, "conv_bias", TRUE,
      &self->conv_bias_wanted, error)
      && ssmt_layer_config_get_choice (config, "dt_bc_norm", norm_names,
      &self->inner_norm, error)
      && ssmt_layer_config_get_float (config, "dt_bc_norm_eps", layer->eps,
      0.0, 1.0, &self->inner_eps, error);
}

static gboolean
mamba_bind_options (MambaLayer *self, const char *prefix, SsmtWeights *w,
    GError **error)
{
  guint32 d = self->parent.d_model, di = self->d_inner, n = self->d_state;

  if (self->bias
      && (!ssmt_layer_get_floats (w, prefix, "in_proj.bias", 2 * di, 1,
              &self->in_bias, error)
          || !ssmt_layer_get_floats (w, prefix, "out_proj.bias", d, 1,
              &self->out_bias, error)))
    return FALSE;
  if (self->conv_bias_wanted
      && !ssmt_layer_get_floats (w, prefix, "conv1d.bias", di, 1,
          &self->conv_bias, error))
    return FALSE;
  return self->inner_norm != NORM_WEIGHT
      || (ssmt_layer_get_floats (w, prefix, "dt_layernorm.weight",
          self->dt_rank, 1, &self->dt_norm, error)
      && ssmt_layer_get_floats (w, prefix, "b_layernorm.weight", n, 1,
          &self->b_norm, error)
      && ssmt_layer_get_floats (w, prefix, "c_layernorm.weight", n, 1,
          &self->c_norm, error));
}

static gboolean
mamba_bind (SsmtLayer *layer, const char *prefix, SsmtWeights *w,
    GError **error)
{
  MambaLayer *self = (MambaLayer *) layer;
  guint32 d = layer->d_model, di = self->d_inner;

  return ssmt_layer_get_matrix (w, prefix, "in_proj.weight", 2 * di, d,
      &self->in_proj, error)
      && ssmt_layer_get_floats (w, prefix, "conv1d.weight", di, self->d_conv,
      &self->conv_weight, error)
      && mamba_bind_options (self, prefix, w, error)
      && ssmt_layer_get_matrix (w, prefix, "x_proj.weight",
      self->dt_rank + 2 * self->d_state, di, &self->x_proj, error)
      && ssmt_layer_get_matrix (w, prefix, "dt_proj.weight", di,
      self->dt_rank, &self->dt_proj, error)
      && ssmt_layer_get_floats (w, prefix, "dt_proj.bias", di, 1,
      &self->dt_bias, error)
      && ssmt_layer_get_decay (w, prefix, di, self->d_state, &self->a, error)
      && ssmt_layer_get_floats (w, prefix, "D", di, 1, &self->d, error)
      && ssmt_layer_get_matrix (w, prefix, "out_proj.weight", d, di,
      &self->out_proj, error);
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

  return (mamba_conv_floats (self) + (gsize) self->d_state * self->d_inner)
      * sizeof (float);
}

static gsize
mamba_scratch_width (const SsmtLayer *layer)
{
  const MambaLayer *self = (const MambaLayer *) layer;

  return 4 * (gsize) self->d_inner + self->dt_rank + 2 * self->d_state;
}

/* `dim` columns of (rows, stride), in place. */
static void
mamba_norm (const MambaLayer *self, const SsmtBatch *batch, SsmtRef x,
    SsmtRef weight, guint32 dim, guint32 stride)
{
  batch->device->ops->rms_norm (batch->device, &(SsmtRmsNormOp) {
        .x = x, .weight = weight, .out = x, .rows = batch->rows, .dim = dim,
        .group = dim, .x_stride = stride, .out_stride = stride,
        .eps = self->inner_eps});
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
  dev->ops->linear (dev, &(SsmtLinearOp) {
        .weight = self->in_proj, .x = batch->normed, .bias = self->in_bias,
        .out = xz, .rows = rows, .x_stride = d, .out_stride = 2 * di});
  dev->ops->conv (dev, &(SsmtConvOp) {
        .x = xz, .weight = self->conv_weight, .bias = self->conv_bias,
        .out = u, .state = batch->state, .runs = batch->runs, .rows = rows,
        .dim = di, .taps = self->d_conv, .x_stride = 2 * di,
        .out_stride = di, .silu = true});
  dev->ops->linear (dev, &(SsmtLinearOp) {
        .weight = self->x_proj, .x = u, .out = dbc, .rows = rows,
        .x_stride = di, .out_stride = xw});
  if (self->inner_norm != NORM_NONE) {
    mamba_norm (self, batch, dbc, self->dt_norm, self->dt_rank, xw);
    mamba_norm (self, batch, ssmt_floats_at (dbc, self->dt_rank),
        self->b_norm, n, xw);
    mamba_norm (self, batch, ssmt_floats_at (dbc, self->dt_rank + n),
        self->c_norm, n, xw);
  }
  dev->ops->linear (dev, &(SsmtLinearOp) {
        .weight = self->dt_proj, .x = dbc, .out = dt, .rows = rows,
        .x_stride = xw, .out_stride = di});
  if (batch->wanted == SSMT_SCORES_HIDDEN)
    dev->ops->hidden_scores (dev, &(SsmtHiddenScoresOp) {
          .dt = dt, .b = ssmt_floats_at (dbc, self->dt_rank),
          .c = ssmt_floats_at (dbc, self->dt_rank + n), .a = self->a,
          .dt_bias = self->dt_bias, .out = batch->scores,
          .work = batch->scores_work, .runs = batch->runs, .rows = rows,
          .dim = di, .groups = 1, .d_state = n, .dt_stride = di,
          .bc_stride = xw, .out_stride = batch->scores_stride,
          .dt_max = INFINITY});
  /* The convolution has read x: its half of xz takes the result. */
  dev->ops->selective_scan (dev, &(SsmtSelectiveScanOp) {
        .u = u, .dt = dt, .b = ssmt_floats_at (dbc, self->dt_rank),
        .c = ssmt_floats_at (dbc, self->dt_rank + n),
        .z = ssmt_floats_at (xz, di), .a = self->a, .d = self->d,
        .dt_bias = self->dt_bias, .out = xz, .state = scan,
        .runs = batch->runs, .rows = rows, .dim = di, .d_state = n,
        .u_stride = di, .dt_stride = di, .bc_stride = xw,
        .z_stride = 2 * di, .out_stride = 2 * di});
  dev->ops->linear (dev, &(SsmtLinearOp) {
        .weight = self->out_proj, .x = xz, .bias = self->out_bias,
        .out = batch->hidden, .rows = rows, .x_stride = 2 * di, .out_stride = d,
        .accumulate = true});
}

static char *
mamba_describe (const SsmtLayer *layer)
{
  const MambaLayer *self = (const MambaLayer *) layer;

  return g_strdup_printf
      ("d_inner %u, d_state %u, d_conv %u, dt_rank %u%s%s%s", self->d_inner,
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
