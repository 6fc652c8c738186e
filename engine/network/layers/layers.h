/* ssmtranslate: what the layer kinds share (internal)
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef SSMT_LAYERS_H
#define SSMT_LAYERS_H

#include "engine/network/layers/layer.h"

G_BEGIN_DECLS

extern const SsmtLayerClass ssmt_mamba_class;
extern const SsmtLayerClass ssmt_mamba2_class;
extern const SsmtLayerClass ssmt_attention_class;
extern const SsmtLayerClass ssmt_cross_attention_class;
extern const SsmtLayerClass ssmt_swiglu_class;
extern const SsmtLayerClass ssmt_retention_class;
extern const SsmtLayerClass ssmt_gla_class;
extern const SsmtLayerClass ssmt_delta_net_class;
extern const SsmtLayerClass ssmt_gated_delta_net_class;
extern const SsmtLayerClass ssmt_glu_class;
extern const SsmtLayerClass ssmt_mlp_class;

/* Tensor `prefix``name`, see weights.h. */
gboolean ssmt_layer_get_matrix (SsmtWeights *weights, const char *prefix,
    const char *name, guint32 rows, guint32 cols, const SsmtMatrix **matrix,
    GError **error);
gboolean ssmt_layer_get_floats (SsmtWeights *weights, const char *prefix,
    const char *name, guint32 rows, guint32 cols, SsmtRef *ref,
    GError **error);

/* NAME.weight, and NAME.bias where there is one; else bias->buffer is NULL. */
typedef struct {
  const SsmtMatrix *weight;
  SsmtRef bias;
} SsmtProjection;

gboolean ssmt_layer_get_projection (SsmtWeights *weights, const char *prefix,
    const char *name, guint32 rows, guint32 cols, gboolean bias,
    SsmtProjection *projection, GError **error);
/* out = (accumulate ? out : 0) + W x + b, each row of its own width or `out_stride`. */
void ssmt_layer_project (SsmtDevice *device, const SsmtProjection *projection,
    SsmtRef x, SsmtRef out, guint32 rows, guint32 out_stride,
    gboolean accumulate);

/* A norm inside a mixer, over `width`, of the kind that the model's norms are. */
typedef struct {
  SsmtRef weight, bias;
  guint32 width;
} SsmtInnerNorm;

gboolean ssmt_layer_get_inner_norm (const SsmtLayer *layer,
    SsmtWeights *weights, const char *prefix, const char *name, guint32 width,
    SsmtInnerNorm *norm, GError **error);
/* x (rows, width) in place. */
void ssmt_layer_apply_norm (const SsmtLayer *layer, SsmtDevice *device,
    const SsmtInnerNorm *norm, SsmtRef x, guint32 rows);

/* A = -exp (A_log), turned from (rows, cols) to (cols, rows). */
gboolean ssmt_layer_get_decay (SsmtWeights *weights, const char *prefix,
    guint32 rows, guint32 cols, SsmtRef *ref, GError **error);

/* The next (rows, width) floats of scratch. */
SsmtRef ssmt_layer_take (SsmtRef *scratch, guint32 rows, gsize width);

/* `ref` moved by `n` floats. */
static inline SsmtRef
ssmt_floats_at (SsmtRef ref, gsize n)
{
  return ssmt_ref_at (ref, n * sizeof (float));
}

G_END_DECLS

#endif /* SSMT_LAYERS_H */
