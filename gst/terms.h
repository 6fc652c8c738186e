/* ssmtranslate: the terms of a file that may change
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef CUE_TERMS_H
#define CUE_TERMS_H

#include <ssmt/ssmt.h>

G_BEGIN_DECLS

typedef struct {
  char *path;             /* that was read last, or could not be; NULL: none */
  gint64 seconds, nanoseconds, bytes; /* of the file as it was then; -1: it was not there */
  SsmtGlossary *glossary; /* NULL: none */
} CueTerms;

/* Reads the file at `path` (NULL: no terms) where it is another one than before or has changed: otherwise it costs
 * one stat(). FALSE: it cannot be read, the terms are those of before; this is said once of each state of the file. */
gboolean cue_terms_update (CueTerms *self, const char *path, GError **error);
void cue_terms_clear (CueTerms *self);

G_END_DECLS

#endif /* CUE_TERMS_H */
