/* ssmtranslate: a translation while it is made (internal)
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef SSMT_TRANSLATION_PRIVATE_H
#define SSMT_TRANSLATION_PRIVATE_H

#include "engine/stream/stream-private.h"
#include "ssmt/ssmt-alignment.h"

G_BEGIN_DECLS

/* Another translation that the search has found. */
typedef struct {
  char *text;
  GArray *tokens; /* of gint32 */
  double score;
  guint n_scored;
} SsmtAlternative;

void ssmt_alternative_free (SsmtAlternative *alternative);

/* Whoever makes it fills it in; once ssmt_stream_translate() has returned it nothing changes. */
struct _SsmtTranslation {
  gatomicrefcount n_refs;
  char *text, *committed, *tail; /* never NULL */
  SsmtAlignment *alignment;      /* NULL: not asked for */
  GPtrArray *alternatives;       /* of SsmtAlternative; NULL: not asked for, or none */
  char *source, *piece; /* what they translate, as it was given and as it is read; or NULL */
  SsmtTally tally;
  SsmtGuardFaults mended, copied;
  gint64 duration; /* us */
};

/* Takes the texts. No tally: it was passed through. */
SsmtTranslation *ssmt_translation_new (
    char *text, char *committed, char *tail, const SsmtTally *tally);

G_END_DECLS

#endif /* SSMT_TRANSLATION_PRIVATE_H */
