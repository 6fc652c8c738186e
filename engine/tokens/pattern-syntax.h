/* ssmtranslate: expressions of a tokenizer.json as PCRE's (internal)
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef SSMT_PATTERN_SYNTAX_H
#define SSMT_PATTERN_SYNTAX_H

#include <glib.h>

G_BEGIN_DECLS

/* From Oniguruma's way of writing to PCRE's. NULL: *why says what is not supported before byte *at. */
char *ssmt_pattern_translate (const char *regex, gsize *at, const char **why);

G_END_DECLS

#endif /* SSMT_PATTERN_SYNTAX_H */
