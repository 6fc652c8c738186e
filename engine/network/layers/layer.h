/* ssmtranslate: what a layer kind is (internal)
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A new kind is one file here that fills an SsmtLayerClass, one line in
 * kinds.c, and its operations in kernels/. A layer sees this header and
 * kernels.h, nothing of models, streams or text.
 */
#ifndef SSMT_LAYER_H
#define SSMT_LAYER_H

#include "engine/formats/config.h"
#include "engine/files/weights.h"

G_BEGIN_DECLS

typedef struct _SsmtLayerClass SsmtLayerClass;

/* A layer kind's own struct begins with this. */
typedef struct {
  const SsmtLayerClass *klass;
  guint32 d_model;
  float eps;
  gboolean layer_norm;          /* norms are LayerNorm, not RMSNorm */
  SsmtRef norm, norm_bias;      /* (d_model), the norm before the mixer; bias: LayerNorm's */
  gsize state_offset;           /* of this layer in a slot, bytes */
  gsize token_offset;           /* of this layer in a slot's row of a token, bytes */
  gsize memory_offset;          /* of this layer in a row of segment memory, floats */
} SsmtLayer;

/* What the rows of a call look at, for alignments. */
typedef enum {
  SSMT_SCORES_NONE,
  SSMT_SCORES_CROSS,            /* rows of the segment's memory, by cross-attention */
  SSMT_SCORES_SELF,             /* rows of their own run, by attention */
  SSMT_SCORES_HIDDEN,           /* rows of their own run, by the hidden attention of scans */
} SsmtScores;

/* What one call of forward works on: rows of a batch, see kernels.h. */
typedef struct {
  SsmtDevice *device;
  guint32 rows;
  SsmtRef hidden;               /* (rows, d_model) the residual stream, updated in place */
  SsmtRef normed;               /* (rows, d_model) scratch for the pre-norm */
  SsmtRef scratch;              /* (rows, layer's scratch_width) floats, contiguous */
  SsmtRuns runs;
  SsmtSlots state;              /* base already at this layer's block of slot 0 */
  SsmtSlots tokens;             /* base at this layer's part of the first token of slot 0 */
  gsize token_stride;           /* bytes from token to token */
  SsmtRef memory;               /* (any, memory_stride) keys and values of the segments */
  guint32 memory_stride;        /* floats */
  SsmtScores wanted;            /* what goes into the next */
  SsmtRef scores, scores_work;  /* (rows, scores_stride) sums of what rows look at, and scratch */
  guint32 scores_stride;        /* floats */
} SsmtBatch;

struct _SsmtLayerClass {
  const char *kind;             /* name in config.json */
  gsize instance_size;
  /* Reads sizes. d_model, eps are set. */
  gboolean (*configure) (SsmtLayer *layer, const SsmtLayerConfig *config,
      GError **error);
  /* Takes tensors below `prefix` ("backbone.layers.3.mixer."). */
  gboolean (*bind) (SsmtLayer *layer, const char *prefix,
      SsmtWeights *weights, GError **error);
  /* Bytes a slot carries for this layer; constant. NULL: none. */
  gsize (*state_size) (const SsmtLayer *layer);
  /* Bytes a slot carries for this layer for each token read. NULL: none. */
  gsize (*token_size) (const SsmtLayer *layer);
  /* Floats of scratch a row needs. */
  gsize (*scratch_width) (const SsmtLayer *layer);
  /* Floats per row of segment memory (cross-attention), NULL: none. */
  gsize (*memory_width) (const SsmtLayer *layer);
  /* Fills this layer's part of `rows` rows of memory from the encoder's output
   * (rows, d_model): `memory` is at row 0 and this layer's offset. */
  void (*remember) (const SsmtLayer *layer, SsmtDevice *device,
      SsmtRef encoded, guint32 rows, SsmtRef memory, guint32 memory_stride);
  /* TRUE where a row depends on later rows of its run. NULL: never. */
  gboolean (*looks_ahead) (const SsmtLayer *layer);
  /* hidden += mixer (normed); the caller has done the norm. */
  void (*forward) (const SsmtLayer *layer, const SsmtBatch *batch);
  /* Which scores the layer can tell; it adds rows that sum to 1 to those that are wanted. */
  SsmtScores scores;
  /* One line for people: "d_inner 512, d_state 64, 8 heads of 64" */
  char *(*describe) (const SsmtLayer *layer);
};

/* NULL with an error that lists the kinds there are. */
SsmtLayer *ssmt_layer_new (const SsmtLayerConfig *config, guint32 d_model,
    float eps, GError **error);
void ssmt_layer_free (SsmtLayer *layer);

G_END_DECLS

#endif /* SSMT_LAYER_H */
