/* ssmtranslate: tokens that say what language a model is to write (internal)
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Models of OPUS-MT that write several languages have a token ">>deu<<" for each; a source begins with it.
 */
#ifndef SSMT_LANGUAGE_TAGS_H
#define SSMT_LANGUAGE_TAGS_H

#include "engine/tokens/template.h"

G_BEGIN_DECLS

/* The codes for which the tokenizer has such a token, as they stand in it, in order. NULL: it has none. */
GStrv ssmt_language_tags_list (const SsmtTokenizer *tokenizer);
/* The one of them that `language` asks for ("de", "deu", "pt-BR", "zh-Hans"): equal, or the same language
 * by another code, the first with a region or script of its own where there is no plain one. NULL: none. */
const char *ssmt_language_tags_match (const char *const *tags, const char *language);
/* A template whose source begins with the token of `tag`. */
SsmtTemplate *ssmt_language_tags_make_template (const SsmtTextConfig *config,
    const SsmtTokenizer *source, const SsmtTokenizer *target, const char *tag, GError **error);

G_END_DECLS

#endif /* SSMT_LANGUAGE_TAGS_H */
