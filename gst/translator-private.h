/* ssmtranslate: the engine's streams of an element (internal to translator*.c)
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef CUE_TRANSLATOR_PRIVATE_H
#define CUE_TRANSLATOR_PRIVATE_H

#include "rolling.h"
#include "terms.h"
#include "translator.h"

G_BEGIN_DECLS

struct _CueTranslator {
  GstSsmtStats *stats;
  CueStream own;           /* of the element's model */
  SsmtStreamParams params; /* what streams are to have */
  CueTerms terms;          /* of the own stream */
  char *reads, *writes;
  CueLanguages *languages; /* NULL: texts are in the language that is read */
  CueStream *grows;        /* where a text does; NULL: none does, or one that passes */
  gboolean is_committed;   /* some of that text, so that it stays there */
  CueRolling rolling;
  guint n_translated, n_passed;
  GCancellable *cancellable;
  GQueue warnings; /* of CueWarning */
  GQueue changes;  /* of CueLanguageChange */
  GQueue copies;   /* of CueCopy */
};

/* Counts what the guard did with a text, and remembers it where it was copied. */
void cue_translator_note_guard (
    CueTranslator *translator, const char *text, SsmtTranslation *translation);

/* The stream that a text is for; NULL: it passes. *error: a model could not be loaded. */
CueStream *cue_translator_choose (CueTranslator *translator, const char *text, GError **error);
/* The same for text that grows: it stays where some of it was committed. */
CueStream *cue_translator_choose_growing (
    CueTranslator *translator, const char *text, gboolean is_final, GError **error);

G_END_DECLS

#endif /* CUE_TRANSLATOR_PRIVATE_H */
