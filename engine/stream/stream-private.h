/* ssmtranslate: a stream from inside (internal)
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef SSMT_STREAM_PRIVATE_H
#define SSMT_STREAM_PRIVATE_H

#include "engine/stream/model-private.h"
#include "engine/network/columns.h"
#include "engine/stream/state-private.h"
#include "engine/tokens/pieces.h"
#include "ssmt/ssmt-stream.h"

G_BEGIN_DECLS

/* What is told of a translation: of all its pieces. */
typedef struct {
  double score;                       /* sum of log-probabilities */
  guint n_scored, n_source, n_target; /* tokens; with ends, without, without */
} SsmtTally;

/* A segment whose text still grows; growing.c. */
typedef struct {
  char *text;        /* the last one with a letter, normalised */
  char *translation; /* what its call said, as the next two */
  char *tail;
  SsmtTally tally;
  char *said;         /* what is committed: one line of text, */
  GArray *committed;  /* of gint32 */
  GArray *hypothesis; /* of gint32, of the last call */
  GArray *sources[2]; /* of gint32, of the last calls, the last first; NULL: there were none */
  SsmtGlossary *glossary; /* that it began with; NULL: none */
} SsmtGrowing;

struct _SsmtStream {
  GObject parent_instance;

  SsmtModel *model;
  SsmtStreamParams params;
  SsmtArena arenas[2]; /* by stack */
  gboolean has_memory;
  guint memory;             /* first of its rows of segment memory */
  SsmtTemplate *template;   /* for the language it writes; NULL: the model's */
  char *target_language;    /* that was chosen; NULL: the model's */
  SsmtColumns *columns;     /* what the segment may be translated with; NULL: no shortlist */
  SsmtPlace carried;        /* where the document stands */
  SsmtSentences *sentences; /* NULL: none were looked for yet */
  SsmtState *start;         /* what a document begins with, NULL: nothing */
  SsmtGrowing *growing;     /* NULL: there is none */
  gboolean is_rewritten;    /* text that grew has become another one */
  SsmtGlossary *glossary;   /* NULL: none */
  gboolean is_inner;        /* another's `again`: that one is among those who translate, for both */
  SsmtStream *again;        /* where pieces that came out wrong are searched again; NULL: none have */
  guint beam;               /* of such a stream: hypotheses it has slots for */
  guint8 *token_flags;      /* of such a stream; NULL: of others */
  guint64 n_source, n_target;
  guint64 n_rows[2]; /* computed, by stack; also for what failed */
};

/* What is read around a text. */
const SsmtTemplate *ssmt_stream_get_template (const SsmtStream *self);
/* To where documents begin; `place` is in the stream's arenas. */
void ssmt_stream_reset_place (SsmtStream *self, SsmtPlace *place);

G_END_DECLS

#endif /* SSMT_STREAM_PRIVATE_H */
