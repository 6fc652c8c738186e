/* ssmtranslate: the simpler simple recurrent unit of Marian's decoders
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 *   f = sigmoid (W_f h + b_f)     c = f c + (1 - f) W h     out = max (c, 0)
 *
 * [Kim et al. 2019, From Research to Production and Back, D19-5632, eq. 2 and 3]. `reset` "segment": c begins
 * at 0 with each segment, as these decoders were trained.
 *
 * State: (d) F32, c.
 */
#include "engine/network/layers/layer.h"

typedef struct {
  SsmtLayer parent;
  gboolean by_segment;
  SsmtProjection in_proj, forget_proj;
} SsruLayer;

static void
ssru_configure (SsmtLayer *layer, SsmtReader *keys)
{
  static const char *const resets[] = { "document", "segment", NULL };

  ((SsruLayer *) layer)->by_segment = ssmt_reader_choice (keys, "reset", resets);
  if (layer->frame.in_encoder)
    ssmt_reader_fail (keys, SSMT_ERROR_INVALID, "an SSRU belongs in the decoder");
}

static void
ssru_bind (SsmtLayer *layer, SsmtBinder *b)
{
  SsruLayer *self = (SsruLayer *) layer;
  guint32 d = layer->d_model;

  self->in_proj = ssmt_binder_projection (b, "in_proj", d, d, FALSE);
  self->forget_proj = ssmt_binder_projection (b, "forget_proj", d, d, TRUE);
}

static gsize
ssru_state_size (const SsmtLayer *layer)
{
  return layer->d_model * sizeof (float);
}

static gsize
ssru_scratch_width (const SsmtLayer *layer)
{
  return 2 * (gsize) layer->d_model;
}

static void
ssru_forward (const SsmtLayer *layer, const SsmtBatch *batch)
{
  const SsruLayer *self = (const SsruLayer *) layer;
  SsmtDevice *dev = batch->device;
  guint32 rows = batch->rows, d = layer->d_model;
  SsmtRef scratch = batch->scratch;
  SsmtStrided in = { batch->input, d };
  SsmtStrided x = { ssmt_layer_take (&scratch, rows, d), d };
  SsmtStrided gate = { ssmt_layer_take (&scratch, rows, d), d };

  ssmt_project (dev, &self->in_proj, rows, in, x);
  ssmt_project (dev, &self->forget_proj, rows, in, gate);
  dev->ops->ssru (dev,
      &(SsmtSsruOp){ .x = x.ref,
          .gate = gate.ref,
          .out = batch->hidden,
          .state = batch->state,
          .runs = batch->runs,
          .rows = rows,
          .dim = d,
          .x_stride = d,
          .gate_stride = d,
          .out_stride = d,
          .by_segment = self->by_segment });
}

static char *
ssru_describe (const SsmtLayer *layer)
{
  const SsruLayer *self = (const SsruLayer *) layer;

  return g_strdup_printf (
      "%u channels%s", layer->d_model, self->by_segment ? ", from zero in each segment" : "");
}

const SsmtLayerClass ssmt_ssru_class = {
  .kind = "ssru",
  .instance_size = sizeof (SsruLayer),
  .configure = ssru_configure,
  .bind = ssru_bind,
  .state_size = ssru_state_size,
  .scratch_width = ssru_scratch_width,
  .forward = ssru_forward,
  .describe = ssru_describe,
};
