/* ssmtranslate: a text with some parts replaced (internal)
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * It knows where each place of the new text was in the old one, and the other way round.
 */
#ifndef SSMT_EDITS_H
#define SSMT_EDITS_H

#include "ssmt/ssmt-text.h"

G_BEGIN_DECLS

typedef struct {
  SsmtRange old, now; /* bytes of the old text and of the new one */
} SsmtEdit;

typedef struct {
  const char *old; /* borrowed; must outlive it until ssmt_edits_finish() */
  gsize done;      /* bytes of `old` that are in `text` */
  GString *text;   /* the new text */
  GArray *edits;   /* of SsmtEdit, ascending */
} SsmtEdits;

SsmtEdits *ssmt_edits_new (const char *old);
void ssmt_edits_free (SsmtEdits *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SsmtEdits, ssmt_edits_free)

/* `range` of the old text, not before the end of the last one, becomes `with`. */
void ssmt_edits_replace (SsmtEdits *self, SsmtRange range, const char *with);
/* The rest stays. */
void ssmt_edits_finish (SsmtEdits *self);

/* Where a place of the one text is in the other; within what is replaced, its beginning. */
gsize ssmt_edits_to_old (const SsmtEdits *self, gsize now);
gsize ssmt_edits_to_now (const SsmtEdits *self, gsize old);

G_END_DECLS

#endif /* SSMT_EDITS_H */
