/* ssmtranslate: a segment under translation (internal)
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What a segment has read stands in slots of its own, which become the document's only when all
 * has succeeded: an error or a cancellation leaves nothing half-read. A long text is one segment of
 * several pieces, read one after the other.
 *
 *   init, begin, then translate for each piece, or set_pair and the reading of it; commit; clear
 *
 * Functions that return FALSE have set *error.
 */
#ifndef SSMT_SEGMENT_H
#define SSMT_SEGMENT_H

#include "engine/network/forced-search.h"
#include "engine/stream/stream-private.h"

G_BEGIN_DECLS

typedef struct _SsmtSegment SsmtSegment;
struct _SsmtSegment {
  SsmtStream *stream; /* borrowed, as the next two */
  SsmtBudget *budget; /* its cancellable is checked between tokens */
  GError **error;
  gboolean wants_scores; /* ssmt_segment_read_scores() will be called */
  float *logits;         /* (vocab_size) after the source, borrowed; NULL: not wanted */

  SsmtPlace at;      /* what has been read */
  gboolean holds[2]; /* by stack: the slot of `at` is the segment's */
  guint before;      /* the decoder's slot before the piece, where scores are wanted */
  gboolean holds_before;
  gint32 pending_before;

  char *piece;       /* one line of text */
  SsmtPrompt prompt; /* its tokens */
  GArray *target;    /* of gint32: the translation's, or those it must begin with */
  char *translation; /* one line of text; of set_pair, or NULL */
  guint memory_rows; /* rows of the encoder's output */
  gint32 best_ids[SSMT_SEARCH_MAX_BEST]; /* what may come after what was read last */
  float best_logp[SSMT_SEARCH_MAX_BEST];
  float *scores;    /* (target->len, columns), column 0 is the source's first token; */
  guint columns;    /* NULL: not known */
  const SsmtForce *force; /* what the target must have, borrowed; NULL: nothing. With it `logits` is */
  gboolean is_found;      /* with it: there is such a target */
  GPtrArray *ended; /* of SsmtEnded: what the search came to, borrowed; NULL: not wanted */
  /* A segment of another stream of the model that has read the same text from the same place: what its
   * encoder made of it is looked at in place of reading it again. Borrowed; NULL: none. */
  const SsmtSegment *reader;
  SsmtTally tally;
};

/* At the place where the document stands. The budget is that of the text and outlives the segment; before its
 * result is committed or handed out, ssmt_budget_check() is due. */
void ssmt_segment_init (
    SsmtSegment *segment, SsmtStream *stream, SsmtBudget *budget, GError **error);
void ssmt_segment_clear (SsmtSegment *segment);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (SsmtSegment, ssmt_segment_clear)

/* Whether what a segment reads is there for the next one. */
gboolean ssmt_segment_is_carried (const SsmtStream *stream);
/* Without context, back to where documents begin. */
void ssmt_segment_begin (SsmtSegment *segment);
/* Back to where documents begin. */
void ssmt_segment_restart (SsmtSegment *segment);
/* Whether attention without a window can take one more piece, whatever its length. */
gboolean ssmt_segment_has_room (const SsmtSegment *segment);

/* A piece of normalised text into the best target that begins with `begin` (of gint32; NULL:
 * with anything), and what its tokens look at where that is wanted. */
gboolean ssmt_segment_translate (SsmtSegment *segment, const char *piece, const GArray *begin);
/* The same with a target that has been chosen, not empty. */
gboolean ssmt_segment_take (SsmtSegment *segment, const char *piece, const GArray *target);
/* A text and its translation that is given. SSMT_ERROR_TEXT where one is empty, no UTF-8 or longer
 * than a segment. */
gboolean ssmt_segment_set_pair (SsmtSegment *segment, const char *source, const char *target);
/* A piece of normalised text and the tokens of its translation. */
gboolean ssmt_segment_set_tokens (SsmtSegment *segment, const char *piece, const GArray *tokens);

/* Reads the piece; the best first target tokens are known then. */
gboolean ssmt_segment_read_source (SsmtSegment *segment);
/* Reads the target; the best tokens to follow it are known then. */
gboolean ssmt_segment_read_target (SsmtSegment *segment);
/* Of `rows` rows what they look at in `columns` others, all 0; NULL: *error, they are too many. */
float *ssmt_segment_new_scores (SsmtSegment *segment, guint rows, guint columns);
/* What the tokens of the target look at, where the model can tell. */
gboolean ssmt_segment_read_scores (SsmtSegment *segment);

/* Text of tokens of a target (of gint32) on one line. */
char *ssmt_segment_decode (const SsmtSegment *segment, const GArray *tokens);
/* The target's; the piece's where it says nothing: a caption in the wrong language is worth more
 * than none. */
char *ssmt_segment_dup_text (const SsmtSegment *segment);

/* The document goes on from here, with context. */
void ssmt_segment_commit (SsmtSegment *segment);
/* The same without context, too. */
void ssmt_segment_commit_always (SsmtSegment *segment);

G_END_DECLS

#endif /* SSMT_SEGMENT_H */
