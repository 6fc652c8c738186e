/* ssmtranslate: what a translation must have, as tokens (internal)
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef SSMT_PHRASES_H
#define SSMT_PHRASES_H

#include "engine/guard/guard.h"
#include "engine/network/forced-search.h"

G_BEGIN_DECLS

/* An empty array of SsmtPhrase. */
GArray *ssmt_phrases_make_array (void);

/* A phrase in all ways in which the tokenizer writes it, within a text and behind a bracket: of GArray
 * of gint32. forms: NULL-terminated. */
GPtrArray *ssmt_phrase_forms (
    const SsmtTokenizer *tokenizer, const char *const *forms, SsmtBudget *budget);

/* Of SsmtPhrase: what `translation` of the piece lacks; or, where that is NULL, all that a translation must
 * have. */
GArray *ssmt_phrases_new (const SsmtGuarded *guarded, const char *piece, const char *translation,
    const SsmtTokenizer *tokenizer, SsmtBudget *budget);

G_END_DECLS

#endif /* SSMT_PHRASES_H */
