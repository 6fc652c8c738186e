/* ssmtranslate: texts and terms in the units in which they are compared (internal)
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef SSMT_TERM_UNITS_H
#define SSMT_TERM_UNITS_H

#include "ssmt/ssmt-text.h"

G_BEGIN_DECLS

/* A word (letters, digits, hyphens between them), another sign, or a character of a script that has no
 * spaces. */
typedef struct {
  SsmtRange range;  /* bytes */
  char *folded;     /* without case */
  gboolean joins;   /* no space before it */
  gboolean is_word;
} SsmtTermUnit;

/* Of valid UTF-8: of SsmtTermUnit. */
GArray *ssmt_term_units_find (const char *text);

G_END_DECLS

#endif /* SSMT_TERM_UNITS_H */
