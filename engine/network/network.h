/* ssmtranslate: runs stacks of layers over one batch of rows (internal)
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Two parts, kept apart: SsmtNetwork is what streams share (layers bound to
 * their weights, immutable), SsmtWorkspace is scratch memory for one caller.
 * Everything becomes one function, forward: a batch of rows, each row a token of
 * some slot; runs of one row decode, runs of many prefill, both mix freely.
 */
#ifndef SSMT_NETWORK_H
#define SSMT_NETWORK_H

#include "engine/formats/config.h"
#include "engine/network/arena.h"
#include "engine/network/layers/layer.h"

G_BEGIN_DECLS

typedef struct _SsmtNetwork SsmtNetwork;
typedef struct _SsmtWorkspace SsmtWorkspace;
typedef struct _SsmtColumns SsmtColumns; /* columns.h */

typedef enum {
  SSMT_STACK_DECODER,
  SSMT_STACK_ENCODER,
} SsmtStack;

/* --- shared ------------------------------------------------------------- */

/* Binds all layers; fails where a tensor is missing, wrong or left over.
 * `source` must outlive the network. */
SsmtNetwork *ssmt_network_new (
    const SsmtConfig *config, SsmtDevice *device, SsmtTensorSource *source, GError **error);
void ssmt_network_free (SsmtNetwork *network);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SsmtNetwork, ssmt_network_free)

SsmtDevice *ssmt_network_get_device (const SsmtNetwork *network);
guint32 ssmt_network_get_vocab_size (const SsmtNetwork *network);
gboolean ssmt_network_has_encoder (const SsmtNetwork *network);
/* TRUE where an encoder layer looks ahead: a segment must be read in one run. */
gboolean ssmt_network_needs_whole_segment (const SsmtNetwork *network);
/* Bytes of state of a slot of that stack; 0 for a stack that is not there. */
gsize ssmt_network_get_state_bytes (const SsmtNetwork *network, SsmtStack stack);
/* Bytes more for each token the slot has read; 0: the state is constant. */
gsize ssmt_network_get_token_bytes (const SsmtNetwork *network, SsmtStack stack);
/* Slots of that stack's state. max_tokens: of one document, 0: the model's own limit.
 * FALSE: no memory. */
gboolean ssmt_network_init_arena (const SsmtNetwork *network, SsmtStack stack, SsmtArena *arena,
    guint32 max_tokens, guint n_slots);
/* Floats of a row of segment memory (all cross-attention layers); 0: none. */
gsize ssmt_network_get_memory_width (const SsmtNetwork *network);
/* What a call of that stack reads and computes but for the output layer; keys and values for
 * cross-attention count to the encoder. */
SsmtCost ssmt_network_get_cost (const SsmtNetwork *network, SsmtStack stack);
SsmtCost ssmt_network_get_output_cost (const SsmtNetwork *network);
/* Of the decoder's embedding, as of most matrices. */
SsmtDType ssmt_network_get_dtype (const SsmtNetwork *network);
/* "N bytes per stream", and where it grows how; a line for people. */
char *ssmt_network_describe_state (const SsmtNetwork *network);
/* Lines for people, one a layer. */
char *ssmt_network_describe (const SsmtNetwork *network);

/* --- one caller's ------------------------------------------------------- */

/* Scratch for up to max_rows rows at once, which look at up to memory_rows rows of segment
 * memory (0 without an encoder). NULL: no memory. */
SsmtWorkspace *ssmt_workspace_new (
    const SsmtNetwork *network, guint32 max_rows, guint32 memory_rows);
void ssmt_workspace_free (SsmtWorkspace *workspace);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SsmtWorkspace, ssmt_workspace_free)

/* Rows of one slot that follow each other, and which rows of memory their cross-attention sees. */
typedef struct {
  guint slot; /* of the request's arena */
  guint32 rows;
  guint32 memory, memory_rows; /* the first, from the request's on, and how many */
} SsmtRows;

/* What one stream wants read, and what it wants to know of it. All pointers are borrowed. */
typedef struct {
  SsmtStack stack;
  SsmtArena *arena; /* each run goes on from its slot, no slot stands here twice */
  const SsmtRows *runs;
  guint n_runs;
  const gint32 *tokens; /* of the runs, one after the other; within the vocabulary, or (a
                                 vector of zeros in place of an embedding) negative */
  guint32 memory;       /* the stream's first row of segment memory */
  /* Decoder: the rows, from 0 in ascending order, of which something is wanted */
  const guint32 *logit_rows;
  guint n_logit_rows;
  guint k;       /* the k best; 0: not wanted */
  gint32 *ids;   /* (n_logit_rows, k) */
  float *logp;   /* (n_logit_rows, k) */
  float *logits; /* (n_logit_rows, vocab_size), NULL: not wanted */
  /* the k best of these tokens alone; NULL: of all, as it must be for logits */
  const SsmtColumns *columns;
  /* and what all rows look at: the request has a batch for itself then. Columns are rows of the
   * memory, or of the row's run; the mean over heads and layers, a row sums to 1. */
  SsmtScores scores;
  guint32 score_columns;
  float *score_values; /* (rows, score_columns) */
} SsmtRequest;

/* Of all its runs. */
guint32 ssmt_request_count_rows (const SsmtRequest *request);

/* Reads what the requests bring, all of one stack and in arenas of one slab (or there is just
 * one request): at most max_rows rows. Slots move on by what is read into them; encoder rows
 * are normed and remembered as rows of `memory` (of units of memory_width floats; NULL without an
 * encoder). On a device that queues, all may be still to do where nothing was wanted.
 * FALSE: no memory, for the outputs or for more tokens in the slots (ssmt_arena_check_room()
 * tells whether that is allowed). */
gboolean ssmt_network_forward (const SsmtNetwork *network, SsmtWorkspace *workspace,
    SsmtSlab *memory, const SsmtRequest *const *requests, guint n_requests);

/* Whether a layer of the decoder tells such scores. */
gboolean ssmt_network_tells_scores (const SsmtNetwork *network, SsmtScores scores);

G_END_DECLS

#endif /* SSMT_NETWORK_H */
