/* ssmtranslate: who speaks, what sounds, and what is said (internal)
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef SSMT_PARTS_H
#define SSMT_PARTS_H

#include "engine/tokens/tokenizer.h"
#include "ssmt/ssmt-text.h"

G_BEGIN_DECLS

/* A part of a text. Those that are not language ("LEO [", "]: ", "♪ ") are copied. */
typedef struct {
  SsmtRange range;
  gboolean is_language;
} SsmtLinePart;

/* Divides normalised text, without gaps: of SsmtLinePart. A label that the vocabulary knows as words
 * ("MAN 2") is language, a name is not. */
GArray *ssmt_parts_divide (const char *text, const SsmtTokenizer *tokenizer);

/* The word that a text says again and again, three times or more ("No, no, no!"), and what stands
 * between; the last of `between` is what ends it. NULL: it does not. */
char *ssmt_parts_get_repeated (const char *text, GPtrArray *between);

G_END_DECLS

#endif /* SSMT_PARTS_H */
