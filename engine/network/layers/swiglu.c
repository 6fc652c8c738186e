/* ssmtranslate: gated MLP, out = W_down (SiLU (W_gate h) * W_up h) [arXiv 2002.05202]
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "engine/network/layers/layers.h"

typedef struct {
  SsmtLayer parent;
  guint32 hidden;
  const SsmtMatrix *gate_proj, *up_proj, *down_proj;
} SwigluLayer;

static gboolean
swiglu_configure (SsmtLayer *layer, const SsmtLayerConfig *config,
    GError **error)
{
  static const char *const keys[] = { "hidden", NULL };
  SwigluLayer *self = (SwigluLayer *) layer;

  return ssmt_layer_config_check_keys (config, keys, error)
      && ssmt_layer_config_get_size (config, "hidden", -1, SSMT_MAX_DIM,
      &self->hidden, error);
}

static gboolean
swiglu_bind (SsmtLayer *layer, const char *prefix, SsmtWeights *w,
    GError **error)
{
  SwigluLayer *self = (SwigluLayer *) layer;
  guint32 d = layer->d_model, h = self->hidden;

  return ssmt_layer_get_matrix (w, prefix, "gate_proj.weight", h, d,
      &self->gate_proj, error)
      && ssmt_layer_get_matrix (w, prefix, "up_proj.weight", h, d,
      &self->up_proj, error)
      && ssmt_layer_get_matrix (w, prefix, "down_proj.weight", d, h,
      &self->down_proj, error);
}

static gsize
swiglu_scratch_width (const SsmtLayer *layer)
{
  return 2 * (gsize) ((const SwigluLayer *) layer)->hidden;
}

static void
swiglu_forward (const SsmtLayer *layer, const SsmtBatch *batch)
{
  const SwigluLayer *self = (const SwigluLayer *) layer;
  SsmtDevice *dev = batch->device;
  guint32 rows = batch->rows, d = layer->d_model, h = self->hidden;
  SsmtRef scratch = batch->scratch;
  SsmtRef gate = ssmt_layer_take (&scratch, rows, h);
  SsmtRef up = ssmt_layer_take (&scratch, rows, h);

  dev->ops->linear (dev, &(SsmtLinearOp) {
        .weight = self->gate_proj, .x = batch->normed, .out = gate,
        .rows = rows, .x_stride = d, .out_stride = h});
  dev->ops->linear (dev, &(SsmtLinearOp) {
        .weight = self->up_proj, .x = batch->normed, .out = up,
        .rows = rows, .x_stride = d, .out_stride = h});
  dev->ops->swiglu (dev, &(SsmtSwigluOp) {
        .gate = gate, .up = up, .out = gate, .rows = rows, .dim = h,
        .gate_stride = h, .up_stride = h, .out_stride = h});
  dev->ops->linear (dev, &(SsmtLinearOp) {
        .weight = self->down_proj, .x = gate, .out = batch->hidden,
        .rows = rows, .x_stride = h, .out_stride = d, .accumulate = true});
}

static char *
swiglu_describe (const SsmtLayer *layer)
{
  return g_strdup_printf ("hidden %u", ((const SwigluLayer *) layer)->hidden);
}

const SsmtLayerClass ssmt_swiglu_class = {
  .kind = "swiglu",
  .instance_size = sizeof (SwigluLayer),
  .configure = swiglu_configure,
  .bind = swiglu_bind,
  .scratch_width = swiglu_scratch_width,
  .forward = swiglu_forward,
  .describe = swiglu_describe,
};
