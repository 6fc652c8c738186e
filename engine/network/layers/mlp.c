/* ssmtranslate: plain MLP, out = W_down f (W_up h), f one of ReLU, GELU, SiLU
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The feed-forward network of "Attention Is All You Need", section 3.3; `inner_norm`
 * stands before W_down [sub-LN, arXiv 2210.06423].
 */
#include "engine/network/layers/layers.h"

typedef struct {
  SsmtLayer parent;
  guint32 hidden;
  guint activation;             /* SsmtActivation */
  gboolean bias, has_inner_norm;
  SsmtProjection up_proj, down_proj;
  SsmtInnerNorm inner_norm;
} MlpLayer;

static const char *const activations[] = {
  [SSMT_ACTIVATION_RELU] = "relu",
  [SSMT_ACTIVATION_GELU] = "gelu",
  [SSMT_ACTIVATION_SILU] = "silu",
  NULL
};

static gboolean
mlp_configure (SsmtLayer *layer, const SsmtLayerConfig *config, GError **error)
{
  static const char *const keys[] =
      { "hidden", "activation", "bias", "inner_norm", NULL };
  MlpLayer *self = (MlpLayer *) layer;

  return ssmt_layer_config_check_keys (config, keys, error)
      && ssmt_layer_config_get_size (config, "hidden", -1, SSMT_MAX_DIM,
      &self->hidden, error)
      && ssmt_layer_config_get_choice (config, "activation", activations,
      &self->activation, error)
      && ssmt_layer_config_get_boolean (config, "bias", FALSE, &self->bias,
      error)
      && ssmt_layer_config_get_boolean (config, "inner_norm", FALSE,
      &self->has_inner_norm, error);
}

static gboolean
mlp_bind (SsmtLayer *layer, const char *prefix, SsmtWeights *w, GError **error)
{
  MlpLayer *self = (MlpLayer *) layer;
  guint32 d = layer->d_model, h = self->hidden;

  return ssmt_layer_get_projection (w, prefix, "up_proj", h, d, self->bias,
      &self->up_proj, error)
      && (!self->has_inner_norm || ssmt_layer_get_inner_norm (layer, w,
          prefix, "inner_norm", h, &self->inner_norm, error))
      && ssmt_layer_get_projection (w, prefix, "down_proj", d, h, self->bias,
      &self->down_proj, error);
}

static gsize
mlp_scratch_width (const SsmtLayer *layer)
{
  return ((const MlpLayer *) layer)->hidden;
}

static void
mlp_forward (const SsmtLayer *layer, const SsmtBatch *batch)
{
  const MlpLayer *self = (const MlpLayer *) layer;
  SsmtDevice *dev = batch->device;
  guint32 rows = batch->rows, h = self->hidden;
  SsmtRef up = batch->scratch;

  ssmt_layer_project (dev, &self->up_proj, batch->normed, up, rows, h, FALSE);
  dev->ops->activation (dev, &(SsmtActivationOp) {
        .x = up, .out = up, .rows = rows, .dim = h, .x_stride = h,
        .out_stride = h, .function = self->activation});
  if (self->has_inner_norm)
    ssmt_layer_apply_norm (layer, dev, &self->inner_norm, up, rows);
  ssmt_layer_project (dev, &self->down_proj, up, batch->hidden, rows,
      layer->d_model, TRUE);
}

static char *
mlp_describe (const SsmtLayer *layer)
{
  const MlpLayer *self = (const MlpLayer *) layer;

  return g_strdup_printf ("hidden %u, %s", self->hidden,
      activations[self->activation]);
}

const SsmtLayerClass ssmt_mlp_class = {
  .kind = "mlp",
  .instance_size = sizeof (MlpLayer),
  .configure = mlp_configure,
  .bind = mlp_bind,
  .scratch_width = mlp_scratch_width,
  .forward = mlp_forward,
  .describe = mlp_describe,
};
