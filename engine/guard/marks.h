/* ssmtranslate: marks that models have not learnt, and those that come back (internal)
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef SSMT_MARKS_H
#define SSMT_MARKS_H

#include "engine/guard/edits.h"
#include "engine/tokens/tokenizer.h"

G_BEGIN_DECLS

/* Marks as one text writes them; 0: it has none, or writes straight ones. */
typedef struct {
  gunichar open, close; /* double quotes */
  gunichar apostrophe;
  gboolean ellipsis; /* as one character */
} SsmtMarkStyle;

/* What the character becomes before the model reads it; NULL: it stays. `own` (of char * to char *)
 * is what the model's folder says, NULL: nothing. `tokenizer` may be NULL. */
const char *ssmt_marks_find (gunichar c, GHashTable *own, const SsmtTokenizer *tokenizer);

/* As `text` writes them. */
SsmtMarkStyle ssmt_marks_get_style (const char *text);
/* As a language writes them, by CLDR; NULL: straight. */
SsmtMarkStyle ssmt_marks_get_style_of (const char *language);
/* The straight marks of a text in that style. */
SsmtEdits *ssmt_marks_apply (const char *text, const SsmtMarkStyle *style);

/* The mark that ends a sentence, quotes and brackets behind it not counted; "", "..." or one character,
 * as models write it. *range is where it stands, or where it would. */
const char *ssmt_marks_get_final (const char *text, SsmtRange *range);
/* The same mark in a language. */
const char *ssmt_marks_translate_final (const char *mark, const char *language);

G_END_DECLS

#endif /* SSMT_MARKS_H */
