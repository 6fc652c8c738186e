/* ssmtranslate: what the files of SsmtNetwork share
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "engine/network/network.h"

typedef struct {
  SsmtLayer **layers;
  guint n_layers;
  SsmtRef norm_f, norm_f_bias;  /* (d_model) */
  const SsmtMatrix *embedding;  /* (vocab_size, d_model) */
  gsize state_bytes, token_bytes;
  gboolean restarts;            /* carries nothing: positions begin anew with each run */
} SsmtLayers;

struct _SsmtNetwork {
  SsmtDevice *device;
  guint32 vocab_size, d_model;
  float eps, embedding_scale;
  gboolean layer_norm, positions;
  guint32 position_offset, max_context;
  const SsmtMatrix *output;     /* the decoder's embedding where tied */
  SsmtLayers stacks[2];
  gsize scratch_width;          /* the most floats a layer wants for a row */
  gsize memory_width;
  gboolean looks_ahead;
};

struct _SsmtWorkspace {
  SsmtDevice *device;
  guint32 max_rows, vocab_size;
  SsmtBuffer *activations;      /* hidden, normed, then scratch */
  SsmtRef hidden, normed, scratch;
  SsmtBuffer *batch;            /* ids, then runs */
  SsmtRef ids, runs;
  SsmtBuffer *scores;           /* 2 (max_rows, scores_stride), NULL: never wanted */
  guint32 scores_stride;
  SsmtBuffer *logits;           /* (logits_capacity, vocab_size) */
  guint32 logits_capacity;
  SsmtBuffer *best;             /* ids and log-probabilities of top_k */
  gsize best_capacity;          /* entries of each */
  gint32 *host_best;            /* (best_capacity) */
  float *host_logp;             /* (best_capacity) */
  SsmtRun *host_runs;           /* (max_rows) */
  gint32 *host_ids;             /* (max_rows) */
};

/* Room for the logits of so many rows, the k best of each, and scores. FALSE: no memory. */
gboolean ssmt_workspace_reserve (SsmtWorkspace *workspace, guint32 logit_rows,
    guint k, gboolean scores);
