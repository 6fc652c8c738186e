/* ssmtranslate: what the files of SsmtNetwork share
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "engine/network/network.h"

typedef struct {
  SsmtLayer **layers;
  guint n_layers;
  SsmtNorm norm_f;             /* no weight: the stack ends without */
  const SsmtMatrix *embedding; /* (vocab_size, d_model) */
  gsize state_bytes, token_bytes;
  SsmtCost cost;     /* beside the layers' own */
  gboolean restarts; /* carries nothing: positions begin anew with each run */
} SsmtLayers;

struct _SsmtNetwork {
  SsmtDevice *device;
  guint32 vocab_size, d_model;
  float eps, embedding_scale;
  gboolean positions, positions_by_segment;
  guint32 position_offset, position_divisor, max_context;
  SsmtBuffer *position_table; /* (position_rows, d_model) F32, then an SsmtRun; NULL: none */
  guint32 position_rows;
  SsmtProjection output; /* of the decoder's embedding where tied */
  SsmtCost output_cost;
  SsmtLayers stacks[2];
  gsize scratch_width; /* the most floats a layer wants for a row */
  gsize memory_width;
  gboolean looks_ahead;
};

struct _SsmtColumns {
  const SsmtNetwork *network;
  SsmtBuffer *buffer; /* rows of the output matrix, their scales, their biases */
  guint n, capacity;  /* rows */
  gint32 *ids;        /* (n) */
  SsmtMatrix matrix;
  SsmtProjection output;
};

struct _SsmtWorkspace {
  SsmtDevice *device;
  guint32 max_rows, vocab_size;
  SsmtBuffer *activations; /* hidden, normed, then scratch */
  SsmtRef hidden, normed, scratch;
  SsmtBuffer *batch; /* ids, then runs */
  SsmtRef ids, runs;
  SsmtBuffer *scores; /* 2 (max_rows, scores_stride), NULL: never wanted */
  guint32 scores_stride;
  SsmtBuffer *logits; /* (logits_capacity, vocab_size) */
  guint32 logits_capacity;
  SsmtBuffer *best;    /* ids and log-probabilities of top_k */
  gsize best_capacity; /* entries of each */
  gint32 *host_best;   /* (best_capacity) */
  float *host_logp;    /* (best_capacity) */
  SsmtRun *host_runs;  /* (max_rows) */
  gint32 *host_ids;    /* (max_rows) */
};

/* positions.c: adds the sinusoids of the positions of `rows` rows to x. */
void ssmt_network_add_positions (
    const SsmtNetwork *network, SsmtRef x, SsmtRuns runs, guint32 rows);
/* Makes the table of the first positions, for a network that has them. */
void ssmt_network_make_positions (SsmtNetwork *network);

/* Room for the logits of so many rows, the k best of each, and scores. FALSE: no memory. */
gboolean ssmt_workspace_reserve (
    SsmtWorkspace *workspace, guint32 logit_rows, guint k, gboolean scores);

/* What is computed at once: the rows of all requests. */
typedef struct {
  const SsmtRequest *const *requests;
  guint n_requests;
  SsmtStack stack;
  guint32 n_runs, rows;
  guint32 n_logit_rows;
  gboolean has_zeros;   /* some tokens are vectors of zeros */
  gboolean has_columns; /* some want the best of some tokens alone */
  SsmtBuffer *slots;    /* of all arenas */
  SsmtBuffer *memory;
} SsmtNetworkBatch;

/* batch.c: requests from `first` on that have the same output layer (several have the network's, none shares
 * columns), and the rows of logits of these. */
typedef struct {
  guint end; /* the first request behind them */
  guint32 rows;
  guint k; /* the most that any of them wants of a row */
  const SsmtProjection *output;
  const gint32 *ids; /* the token of each column; NULL: its number */
} SsmtOutputGroup;
SsmtOutputGroup ssmt_network_batch_group (
    const SsmtNetwork *network, const SsmtNetworkBatch *batch, guint first);
/* batch.c: whether each row of the batch is asked for, in order. */
gboolean ssmt_network_batch_wants_all_rows (const SsmtNetworkBatch *batch);
/* batch.c: queues the operations of a batch whose ids and runs are uploaded, and for whose logits
 * there is room. */
void ssmt_network_queue (
    const SsmtNetwork *network, SsmtWorkspace *ws, const SsmtNetworkBatch *batch);
/* graph.c: the same, from a graph where the device has one of that batch. */
void ssmt_network_run (
    const SsmtNetwork *network, SsmtWorkspace *ws, const SsmtNetworkBatch *batch);
