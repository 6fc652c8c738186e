/* ssmtranslate: what a layer kind is (internal)
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A new kind is one file here that fills an SsmtLayerClass, one line in kinds.def, and its
 * operations in kernels/ if none there fit. A layer sees this header and what it includes:
 * readers of keys, tensors and operations, nothing of formats, models, streams or text.
 */
#ifndef SSMT_LAYER_H
#define SSMT_LAYER_H

#include "engine/files/limits.h"
#include "engine/files/reader.h"
#include "engine/network/binder.h"

G_BEGIN_DECLS

typedef struct _SsmtLayerClass SsmtLayerClass;

/* What a stack says of all its layers. */
typedef struct {
  guint32 d_model;
  SsmtNormKind norm;
  float eps; /* of norms */
  gboolean in_encoder;
} SsmtLayerFrame;

/* What the rows of a call look at, for alignments. */
typedef enum {
  SSMT_SCORES_NONE,
  SSMT_SCORES_CROSS,  /* rows of the segment's memory, by cross-attention */
  SSMT_SCORES_SELF,   /* rows of their own run, by attention */
  SSMT_SCORES_HIDDEN, /* rows of their own run, by the hidden attention of scans */
} SsmtScores;

/* A layer kind's own struct begins with this. */
typedef struct {
  const SsmtLayerClass *klass;
  SsmtLayerFrame frame;
  guint32 d_model; /* of the frame */
  SsmtNorm norm;   /* of its input, or `norm_after` of the sum with its output */
  gboolean norm_after;
  gsize state_offset;         /* of this layer in a slot, bytes */
  gsize token_offset;         /* of this layer in a slot's row of a token, bytes */
  gsize memory_offset;        /* of this layer in a row of segment memory, floats */
  SsmtCost cost, memory_cost; /* of its weights; of those that `remember` reads */
  SsmtScores scores;          /* which it tells: its kind's, unless its keys say otherwise */
} SsmtLayer;

/* What one call of forward works on: rows of a batch, see kernels.h. */
typedef struct {
  SsmtDevice *device;
  guint32 rows;
  SsmtRef hidden;  /* (rows, d_model) the residual stream, updated in place */
  SsmtRef input;   /* (rows, d_model) what the mixer reads; may be `hidden` */
  SsmtRef scratch; /* (rows, layer's scratch_width) floats, contiguous */
  SsmtRuns runs;
  SsmtSlots state;             /* base already at this layer's block of slot 0 */
  SsmtSlots tokens;            /* base at this layer's part of the first token of slot 0 */
  gsize token_stride;          /* bytes from token to token */
  SsmtRef memory;              /* (any, memory_stride) keys and values of the segments */
  guint32 memory_stride;       /* floats */
  SsmtScores wanted;           /* what goes into the next */
  SsmtRef scores, scores_work; /* (rows, scores_stride) sums of what rows look at, and scratch */
  guint32 scores_stride;       /* floats */
} SsmtBatch;

struct _SsmtLayerClass {
  const char *kind; /* name in config.json */
  gsize instance_size;
  /* Reads its keys, all of them: what nobody asks for is refused. The frame is set. */
  void (*configure) (SsmtLayer *layer, SsmtReader *keys);
  /* Takes its tensors. */
  void (*bind) (SsmtLayer *layer, SsmtBinder *binder);
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
  void (*remember) (const SsmtLayer *layer, SsmtDevice *device, SsmtRef encoded, guint32 rows,
      SsmtStrided memory);
  /* TRUE where a row depends on later rows of its run. NULL: never. */
  gboolean (*looks_ahead) (const SsmtLayer *layer);
  /* hidden += mixer (input); norms of the stack are none of its business. It adds to hidden
   * last, when it has done with the input. */
  void (*forward) (const SsmtLayer *layer, const SsmtBatch *batch);
  /* Which scores the layer can tell; it adds rows that sum to 1 to those that are wanted. */
  SsmtScores scores;
  /* One line for people: "d_inner 512, d_state 64, 8 heads of 64" */
  char *(*describe) (const SsmtLayer *layer);
};

/* A layer of that kind, its keys read; `keys` is for this call alone, an error stays in it. NULL
 * with an error, for an unknown kind one that lists the kinds there are. */
SsmtLayer *ssmt_layer_new (
    const char *kind, SsmtReader *keys, const SsmtLayerFrame *frame, GError **error);
void ssmt_layer_free (SsmtLayer *layer);

/* --- for the kinds ------------------------------------------------------ */

/* The next (rows, width) floats of scratch. */
static inline SsmtRef
ssmt_layer_take (SsmtRef *scratch, guint32 rows, gsize width)
{
  SsmtRef part = *scratch;

  scratch->offset += (gsize) rows * width * sizeof (float);
  return part;
}

/* A norm inside a mixer, over `width`, of the kind that the stack's norms are. */
static inline void
ssmt_layer_bind_norm (
    const SsmtLayer *layer, SsmtBinder *binder, const char *name, guint32 width, SsmtNorm *norm)
{
  *norm = (SsmtNorm){ .kind = layer->frame.norm, .width = width, .eps = layer->frame.eps };
  ssmt_binder_norm (binder, name, norm);
}

G_END_DECLS

#endif /* SSMT_LAYER_H */
