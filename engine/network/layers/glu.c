/* ssmtranslate: torchscale's gated MLP, out = W_fc2 (act (W_fc1 h) * W_gate h)
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * [microsoft/torchscale: component/gate_linear_unit.py]. What is called gate here is not
 * the side with the activation.
 */
#include "engine/network/layers/layers.h"

typedef struct {
  SsmtLayer parent;
  guint32 hidden;
  guint activation;
  const SsmtMatrix *fc1, *gate, *fc2;
} GluLayer;

static const char *const activations[] = { "gelu", "silu", NULL };

static gboolean
glu_configure (SsmtLayer *layer, const SsmtLayerConfig *config, GError **error)
{
  static const char *const keys[] = { "hidden", "activation", NULL };
  GluLayer *self = (GluLayer *) layer;

  return ssmt_layer_config_check_keys (config, keys, error)
      && ssmt_layer_config_get_size (config, "hidden", -1, SSMT_MAX_DIM,
      &self->hidden, error)
      && ssmt_layer_config_get_choice (config, "activation", activations,
      &self->activation, error);
}

static gboolean
glu_bind (SsmtLayer *layer, const char *prefix, SsmtWeights *w, GError **error)
{
  GluLayer *self = (GluLayer *) layer;
  guint32 d = layer->d_model, h = self->hidden;

  return ssmt_layer_get_matrix (w, prefix, "fc1.weight", h, d, &self->fc1,
      error)
      && ssmt_layer_get_matrix (w, prefix, "gate.weight", h, d, &self->gate,
      error)
      && ssmt_layer_get_matrix (w, prefix, "fc2.weight", d, h, &self->fc2,
      error);
}

static gsize
glu_scratch_width (const SsmtLayer *layer)
{
  return 2 * (gsize) ((const GluLayer *) layer)->hidden;
}

static void
glu_forward (const SsmtLayer *layer, const SsmtBatch *batch)
{
  const GluLayer *self = (const GluLayer *) layer;
  SsmtDevice *dev = batch->device;
  guint32 rows = batch->rows, d = layer->d_model, h = self->hidden;
  SsmtRef scratch = batch->scratch;
  SsmtRef x = ssmt_layer_take (&scratch, rows, h);
  SsmtRef gate = ssmt_layer_take (&scratch, rows, h);

  dev->ops->linear (dev, &(SsmtLinearOp) {
        .weight = self->fc1, .x = batch->normed, .out = x, .rows = rows,
        .x_stride = d, .out_stride = h});
  dev->ops->linear (dev, &(SsmtLinearOp) {
        .weight = self->gate, .x = batch->normed, .out = gate, .rows = rows,
        .x_stride = d, .out_stride = h});
  dev->ops->swiglu (dev, &(SsmtSwigluOp) {
        .gate = x, .up = gate, .out = x, .rows = rows, .dim = h,
        .gate_stride = h, .up_stride = h, .out_stride = h,
        .gelu = self->activation == 0});
  dev->ops->linear (dev, &(SsmtLinearOp) {
        .weight = self->fc2, .x = x, .out = batch->hidden, .rows = rows,
        .x_stride = h, .out_stride = d, .accumulate = true});
}

static char *
glu_describe (const SsmtLayer *layer)
{
  const GluLayer *self = (const GluLayer *) layer;

  return g_strdup_printf ("hidden %u, %s", self->hidden,
      activations[self->activation]);
}

const SsmtLayerClass ssmt_glu_class = {
  .kind = "glu",
  .instance_size = sizeof (GluLayer),
  .configure = glu_configure,
  .bind = glu_bind,
  .scratch_width = glu_scratch_width,
  .forward = glu_forward,
  .describe = glu_describe,
};
