/* ssmtranslate: a stream from inside (internal)
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef SSMT_STREAM_PRIVATE_H
#define SSMT_STREAM_PRIVATE_H

#include "ssmt/ssmt-growing.h"
#include "engine/stream/model-private.h"
#include "ssmt/ssmt-prime.h"
#include "engine/network/search.h"
#include "engine/stream/snapshot.h"
#include "ssmt/ssmt-stream.h"
#include "engine/tokens/pieces.h"

G_BEGIN_DECLS

/* A segment whose text still grows; ssmt-growing.c. */
typedef struct _SsmtGrowing SsmtGrowing;

struct _SsmtStream {
  GObject parent_instance;

  SsmtModel *model;
  SsmtStreamParams params;
  SsmtArena encoder, decoder;
  gboolean has_memory;
  guint memory;                 /* first of its rows of segment memory */
  gint32 best_ids[SSMT_SEARCH_MAX_BEST];        /* what may come after what was read last */
  float best_logp[SSMT_SEARCH_MAX_BEST];
  SsmtCarried carried;
  SsmtGrowing *growing;         /* NULL: there is none */
  /* What a document begins with; ssmt-prime.c. */
  GBytes *start;                /* NULL: nothing, and the next three say nothing */
  SsmtArena start_encoder, start_decoder;       /* of one slot */
  gint32 start_pending;
  guint64 n_source, n_target;
  guint64 n_encoder_rows, n_decoder_rows;       /* computed */
};

/* --- ssmt-stream.c ------------------------------------------------------- */

/* FALSE, with the error that says so. */
gboolean ssmt_segment_set_memory_error (GError **error);
void ssmt_segment_reset_carried (SsmtStream *self, SsmtCarried *carried);

/* --- ssmt-prime.c ---------------------------------------------------------- */

void ssmt_start_clear (SsmtStream *self);
/* Room for the start, where there is one. FALSE: no memory. */
gboolean ssmt_start_reserve (SsmtStream *self, SsmtArena *encoder,
    SsmtArena *decoder);
/* With a start: its state into the slots of `carried`. */
void ssmt_start_copy (SsmtStream *self, SsmtCarried *carried);

/* --- translate.c --------------------------------------------------------- */

/* Whether a segment goes on from the state of those before it. */
gboolean ssmt_segment_is_carried (const SsmtStream *self);

/* A copy of `from` in acquired slots, and giving these back. */
SsmtCarried ssmt_segment_begin (SsmtStream *self, const SsmtCarried *from);
void ssmt_segment_release (SsmtStream *self, const SsmtCarried *work);
void ssmt_segment_release_encoder (SsmtStream *self, const SsmtCarried *work);

/* Reads the source of one segment; the best first target tokens stand in best_ids and best_logp
 * then, their logits in `logits` (vocab_size, NULL: not wanted). *memory_rows: rows of the encoder's
 * output. */
gboolean ssmt_segment_read_prompt (SsmtStream *self, SsmtCarried *work,
    const SsmtPrompt *prompt, guint *memory_rows, float *logits,
    GCancellable *cancellable, GError **error);
/* Reads tokens of the target that are known, after read_prompt; the best to follow them
 * stand in best_ids and best_logp then. */
gboolean ssmt_segment_read_target (SsmtStream *self, SsmtCarried *work,
    const GArray *target, guint memory_rows, GCancellable *cancellable,
    GError **error);

/* Translates one piece from `work`, whose decoder slot becomes the winner's (or is given back
 * on failure, then it is no slot any more). `target` (of gint32) may hold the tokens that the
 * translation must begin with, and holds the translation's. */
gboolean ssmt_segment_search (SsmtStream *self, SsmtCarried *work,
    const GArray *source, guint memory_rows, GArray *target,
    GCancellable *cancellable, GError **error);

/* Text of the tokens on one line. */
char *ssmt_segment_decode (SsmtStream *self, const GArray *target);

/* What the words of `target` look at, given the slot that has read all before the segment
 * whose source was read last: (n_target_tokens, *columns), column 0 being the source's first
 * token, or NULL where the model cannot tell. `slot` moves on. */
float *ssmt_segment_read_scores (SsmtStream *self, guint slot, gint32 pending,
    const SsmtPrompt *prompt, const GArray *target, guint memory_rows,
    guint *columns);

G_END_DECLS

#endif /* SSMT_STREAM_PRIVATE_H */
