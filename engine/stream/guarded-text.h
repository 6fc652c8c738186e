/* ssmtranslate: a text through the guard and the model (internal)
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef SSMT_GUARDED_TEXT_H
#define SSMT_GUARDED_TEXT_H

#include "engine/guard/guard.h"
#include "engine/stream/aligner.h"
#include "engine/stream/segment.h"

G_BEGIN_DECLS

/* What the guard knows of a stream. */
SsmtGuardSettings ssmt_stream_get_guard_settings (const SsmtStream *self);

typedef struct {
  SsmtSegment *segment;
  SsmtAligner *aligner;  /* NULL: no alignment */
  const GArray *begin;   /* tokens that the first piece begins with; NULL: none */
  const char *plain;     /* all of the text, normalised */
  GString *out;          /* the translation so far, on one line */
  guint n_pieces;        /* so far */
  SsmtRange last;        /* of `out`: the translation of the last piece */
  GPtrArray *alternatives; /* of char *: `ended` of a text that is one piece, NULL those that are wrong;
                            * NULL: not wanted */
  SsmtFaults mended, copied;
} SsmtGuardedText;

/* The translation of `plain` into `out`. FALSE: *segment->error. */
gboolean ssmt_guarded_text_translate (SsmtGuardedText *self);

G_END_DECLS

#endif /* SSMT_GUARDED_TEXT_H */
