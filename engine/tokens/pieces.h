/* ssmtranslate: what of a text goes to the model, and in which pieces (internal)
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef SSMT_PIECES_H
#define SSMT_PIECES_H

#include "engine/tokens/tokenizer.h"
#include "ssmt/ssmt-text.h"

G_BEGIN_DECLS

/* What divides words becomes single spaces, none at the ends. */
char *ssmt_text_normalize (const char *text);

/* Appends to `pieces` (of char *) parts of normalised `text` of at most
 * max_tokens tokens each, cut at the ends of sentences where there are some, else
 * after other punctuation, else at spaces, else anywhere between characters. */
gboolean ssmt_text_split (const SsmtTokenizer *tokenizer, const char *text, gsize max_tokens,
    GPtrArray *pieces, SsmtBudget *budget, GError **error);
/* The same, but a text that is longer is cut into its sentences first, each a piece, or more where it
 * is longer itself: for models that know single sentences only. */
gboolean ssmt_text_split_sentences (const SsmtTokenizer *tokenizer, SsmtSentences *sentences,
    const char *text, gsize max_tokens, GPtrArray *pieces, SsmtBudget *budget, GError **error);

G_END_DECLS

#endif /* SSMT_PIECES_H */
