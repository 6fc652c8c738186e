/* ssmtranslate: pieces that came out wrong, searched again (internal)
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef SSMT_RETRY_H
#define SSMT_RETRY_H

#include "engine/guard/guard.h"
#include "engine/stream/segment.h"

G_BEGIN_DECLS

/* What a piece was translated from. */
typedef struct {
  const SsmtGuarded *guarded;
  const char *text;        /* the piece, of guarded->text */
  const GArray *begin;     /* tokens that the target must begin with; NULL: none */
  gboolean is_fresh;       /* a document began with it, */
  SsmtState *before;       /* else the state before it; NULL: the stream's, which has not moved yet */
} SsmtRetry;

/* The segment has translated the piece with these faults: looks for a translation without, first among
 * many, then among those that have what is missing, then, of a term, around a name in its place. *left
 * is 0 where there is one, or SSMT_GUARD_FAULT_TERM where only a term is missing: then the segment is as if it had found
 * that. FALSE: *segment->error. */
gboolean ssmt_retry_run (const SsmtRetry *retry, SsmtSegment *segment, SsmtFaults faults, SsmtFaults *left);

G_END_DECLS

#endif /* SSMT_RETRY_H */
