/* ssmtranslate: feed-forward networks, plain and gated
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 *   mlp      out = W_down f (W_up h), f one of ReLU, GELU, SiLU ["Attention Is All You Need",
 *            section 3.3]; `inner_norm` stands before W_down [sub-LN, arXiv 2210.06423]
 *   swiglu   out = W_down (SiLU (W_gate h) * W_up h) [arXiv 2002.05202]
 *   glu      out = W_fc2 (f (W_fc1 h) * W_gate h), f one of GELU, SiLU [microsoft/torchscale:
 *            component/gate_linear_unit.py]; what is called gate here is not the side with f
 */
#include "engine/network/layers/layer.h"

typedef struct {
  SsmtLayer parent;
  guint32 hidden;
  guint activation; /* among the kind's own names */
  gboolean bias, has_inner_norm;
  SsmtProjection active, up, down; /* active: what f is for; up: its factor, gated only */
  SsmtNorm inner_norm;
} MlpLayer;

static void
configure_width (MlpLayer *self, SsmtReader *keys)
{
  self->hidden = ssmt_reader_size (keys, "hidden", SSMT_REQUIRED, SSMT_MAX_DIM);
}

/* --- plain -------------------------------------------------------------- */

static const char *const mlp_activations[] = { [SSMT_ACTIVATION_RELU] = "relu",
  [SSMT_ACTIVATION_GELU] = "gelu",
  [SSMT_ACTIVATION_SILU] = "silu",
  NULL };

static void
mlp_configure (SsmtLayer *layer, SsmtReader *keys)
{
  MlpLayer *self = (MlpLayer *) layer;

  configure_width (self, keys);
  self->activation = ssmt_reader_choice (keys, "activation", mlp_activations);
  self->bias = ssmt_reader_boolean (keys, "bias", FALSE);
  self->has_inner_norm = ssmt_reader_boolean (keys, "inner_norm", FALSE);
}

static void
mlp_bind (SsmtLayer *layer, SsmtBinder *b)
{
  MlpLayer *self = (MlpLayer *) layer;
  guint32 d = layer->d_model, h = self->hidden;

  self->active = ssmt_binder_projection (b, "up_proj", h, d, self->bias);
  if (self->has_inner_norm)
    ssmt_layer_bind_norm (layer, b, "inner_norm", h, &self->inner_norm);
  self->down = ssmt_binder_projection (b, "down_proj", d, h, self->bias);
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
  guint32 rows = batch->rows, d = layer->d_model, h = self->hidden;
  SsmtStrided up = { batch->scratch, h };

  ssmt_project (dev, &self->active, rows, ssmt_strided (batch->input, d), up);
  dev->ops->activation (dev,
      &(SsmtActivationOp){ .x = up.ref,
          .out = up.ref,
          .rows = rows,
          .dim = h,
          .x_stride = h,
          .out_stride = h,
          .function = self->activation });
  if (self->has_inner_norm)
    ssmt_norm_apply (&self->inner_norm, dev, up.ref, up.ref, rows);
  ssmt_project_add (dev, &self->down, rows, up, ssmt_strided (batch->hidden, d));
}

static char *
mlp_describe (const SsmtLayer *layer)
{
  const MlpLayer *self = (const MlpLayer *) layer;

  return g_strdup_printf ("hidden %u, %s", self->hidden, mlp_activations[self->activation]);
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

/* --- gated -------------------------------------------------------------- */

enum { GATED_GELU, GATED_SILU };
static const char *const gated_activations[] = { "gelu", "silu", NULL };

static gsize
gated_scratch_width (const SsmtLayer *layer)
{
  return 2 * (gsize) ((const MlpLayer *) layer)->hidden;
}

static void
gated_forward (const SsmtLayer *layer, const SsmtBatch *batch)
{
  const MlpLayer *self = (const MlpLayer *) layer;
  SsmtDevice *dev = batch->device;
  guint32 rows = batch->rows, d = layer->d_model, h = self->hidden;
  SsmtRef scratch = batch->scratch;
  SsmtStrided in = { batch->input, d };
  SsmtStrided active = { ssmt_layer_take (&scratch, rows, h), h };
  SsmtStrided up = { ssmt_layer_take (&scratch, rows, h), h };

  ssmt_project (dev, &self->active, rows, in, active);
  ssmt_project (dev, &self->up, rows, in, up);
  dev->ops->swiglu (dev,
      &(SsmtSwigluOp){ .gate = active.ref,
          .up = up.ref,
          .out = active.ref,
          .rows = rows,
          .dim = h,
          .gate_stride = h,
          .up_stride = h,
          .out_stride = h,
          .gelu = self->activation == GATED_GELU });
  ssmt_project_add (dev, &self->down, rows, active, ssmt_strided (batch->hidden, d));
}

static void
swiglu_configure (SsmtLayer *layer, SsmtReader *keys)
{
  MlpLayer *self = (MlpLayer *) layer;

  configure_width (self, keys);
  self->activation = GATED_SILU;
}

static void
swiglu_bind (SsmtLayer *layer, SsmtBinder *b)
{
  MlpLayer *self = (MlpLayer *) layer;
  guint32 d = layer->d_model, h = self->hidden;

  self->active = ssmt_binder_projection (b, "gate_proj", h, d, FALSE);
  self->up = ssmt_binder_projection (b, "up_proj", h, d, FALSE);
  self->down = ssmt_binder_projection (b, "down_proj", d, h, FALSE);
}

static char *
swiglu_describe (const SsmtLayer *layer)
{
  return g_strdup_printf ("hidden %u", ((const MlpLayer *) layer)->hidden);
}

const SsmtLayerClass ssmt_swiglu_class = {
  .kind = "swiglu",
  .instance_size = sizeof (MlpLayer),
  .configure = swiglu_configure,
  .bind = swiglu_bind,
  .scratch_width = gated_scratch_width,
  .forward = gated_forward,
  .describe = swiglu_describe,
};

static void
glu_configure (SsmtLayer *layer, SsmtReader *keys)
{
  MlpLayer *self = (MlpLayer *) layer;

  configure_width (self, keys);
  self->activation = ssmt_reader_choice (keys, "activation", gated_activations);
}

static void
glu_bind (SsmtLayer *layer, SsmtBinder *b)
{
  MlpLayer *self = (MlpLayer *) layer;
  guint32 d = layer->d_model, h = self->hidden;

  self->active = ssmt_binder_projection (b, "fc1", h, d, FALSE);
  self->up = ssmt_binder_projection (b, "gate", h, d, FALSE);
  self->down = ssmt_binder_projection (b, "fc2", d, h, FALSE);
}

static char *
glu_describe (const SsmtLayer *layer)
{
  const MlpLayer *self = (const MlpLayer *) layer;

  return g_strdup_printf ("hidden %u, %s", self->hidden, gated_activations[self->activation]);
}

const SsmtLayerClass ssmt_glu_class = {
  .kind = "glu",
  .instance_size = sizeof (MlpLayer),
  .configure = glu_configure,
  .bind = glu_bind,
  .scratch_width = gated_scratch_width,
  .forward = gated_forward,
  .describe = glu_describe,
};
