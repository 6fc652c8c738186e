/* ssmtranslate: what tokens have in them that a translation may not (internal)
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef SSMT_TOKEN_FLAGS_H
#define SSMT_TOKEN_FLAGS_H

#include "engine/guard/guard.h"

G_BEGIN_DECLS

/* A byte each of `n` tokens, for ssmt_token_flags_ban(). Decodes all of them: that takes a while. */
guint8 *ssmt_token_flags_new (const SsmtTokenizer *tokenizer, guint n, SsmtBudget *budget);

/* (n) not 0: the token is wrong where there are these faults. NULL: no token is. `text` is what is translated. */
guint8 *ssmt_token_flags_ban (const guint8 *flags, guint n, const SsmtTokenizer *tokenizer,
    const SsmtGuardSettings *settings, const char *text, SsmtFaults faults, SsmtBudget *budget);

G_END_DECLS

#endif /* SSMT_TOKEN_FLAGS_H */
