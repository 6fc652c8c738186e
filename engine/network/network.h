/* ssmtranslate: runs stacks of layers over one batch of rows (internal)
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Two parts, kept apart: SsmtNetwork is what streams share (layers bound to
 * their weights, immutable), SsmtWorkspace is scratch memory for one caller.
 * Everything becomes one call, forward: a batch of rows, each row a token of
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

typedef enum {
  SSMT_STACK_DECODER,
  SSMT_STACK_ENCODER,
} SsmtStack;

/* --- shared ------------------------------------------------------------- */

/* Binds all layers; fails where a tensor is missing, wrong or left over.
 * `source` must outlive the network. */
SsmtNetwork *ssmt_network_new (const SsmtConfig *config, SsmtDevice *device,
    SsmtTensorSource *source, GError **error);
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
gboolean ssmt_network_init_arena (const SsmtNetwork *network, SsmtStack stack,
    SsmtArena *arena, guint32 max_tokens, guint n_slots);
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

/* Scratch for up to max_rows rows a call. memory_rows: rows of segment memory
 * (0 without an encoder). NULL: no memory. */
SsmtWorkspace *ssmt_workspace_new (const SsmtNetwork *network,
    guint32 max_rows, guint32 memory_rows);
void ssmt_workspace_free (SsmtWorkspace *workspace);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SsmtWorkspace, ssmt_workspace_free)
guint32 ssmt_workspace_get_max_rows (const SsmtWorkspace *workspace);

/* Which rows of memory a run's cross-attention sees; slot, first and rows as in SsmtRun. */
typedef struct {
  guint slot;
  guint32 rows;
  guint32 memory, memory_rows;
} SsmtSpan;

/* What one stream has to be read: as the arguments of ssmt_network_forward(). `memory` is added
 * to the spans'. */
typedef struct {
  SsmtArena *arena;
  const SsmtSpan *spans;
  guint n_spans;
  const gint32 *tokens;
  const guint32 *logit_rows;
  guint n_logit_rows;
  guint32 memory;
} SsmtShare;

/* Runs `stack` over the tokens of the spans, which stand one after the other in
 * `tokens` (sum of span rows <= max_rows), continuing each span's slot of
 * `arena` and moving its position on. No slot may appear twice.
 *
 * Decoder: where `logit_rows` (n_logit_rows row numbers of this batch) is given, computes their logits, kept
 * in the workspace (n_logit_rows, vocab_size) until the next call.
 * Encoder: each span's output is normed and remembered as memory rows
 * span.memory ... (span.memory_rows is ignored).
 * Tokens are checked by the caller to be within the vocabulary; a negative one is a vector of
 * zeros in place of an embedding.
 * FALSE: no memory for the logits (positions have moved on all the same), or for
 * more tokens in the slots (ssmt_arena_check_room() tells whether that is allowed). */
gboolean ssmt_network_forward (const SsmtNetwork *network,
    SsmtWorkspace *workspace, SsmtStack stack, SsmtArena *arena,
    const SsmtSpan *spans, guint n_spans, const gint32 *tokens,
    const guint32 *logit_rows, guint n_logit_rows);

/* Several streams in one batch; their arenas are of the same slab where there is more than one.
 * Logits are those of the first part's rows, then of the second's ... memory: of rows of segment
 * memory, NULL: the workspace's own. */
gboolean ssmt_network_forward_shared (const SsmtNetwork *network,
    SsmtWorkspace *workspace, SsmtStack stack, SsmtSlab *memory,
    const SsmtShare *parts, guint n_parts);

/* The k best of each of the last call's logit rows: ids and logp are (n_logit_rows, k).
 * FALSE: no memory. */
gboolean ssmt_network_top_k (const SsmtNetwork *network, SsmtWorkspace *workspace,
    guint k, gint32 *ids, float *logp);
/* Copies the last call's logits, (n_logit_rows, vocab_size). */
void ssmt_network_read_logits (const SsmtNetwork *network,
    SsmtWorkspace *workspace, float *logits);
void ssmt_network_read_logit_rows (const SsmtNetwork *network,
    SsmtWorkspace *workspace, guint32 first, guint32 rows, float *logits);
/* Whether a layer of the decoder tells such scores. */
gboolean ssmt_network_tells_scores (const SsmtNetwork *network,
    SsmtScores scores);
/* From now on decoder calls keep what their rows look at, or (SSMT_SCORES_NONE) not. FALSE: no
 * memory, or no layer of the decoder tells that. */
gboolean ssmt_network_keep_scores (const SsmtNetwork *network,
    SsmtWorkspace *workspace, SsmtScores scores);
/* The scores of rows [first, first + rows) of the last call: (rows, columns), the mean over heads
 * and layers; columns are rows of the memory, or of the row's run, and a row sums to 1. */
void ssmt_network_read_scores (const SsmtNetwork *network,
    SsmtWorkspace *workspace, guint32 first, guint32 rows, guint32 columns,
    float *values);
/* Floats of a row of memory, for tests: (rows, memory_width). */
void ssmt_network_read_memory (const SsmtNetwork *network,
    SsmtWorkspace *workspace, guint32 first, guint32 rows, float *values);

G_END_DECLS

#endif /* SSMT_NETWORK_H */
