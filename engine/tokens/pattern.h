/* ssmtranslate: what a tokenizer.json looks for in a text (internal)
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef SSMT_PATTERN_H
#define SSMT_PATTERN_H

#include "engine/files/json.h"
#include "engine/tokens/budget.h"

G_BEGIN_DECLS

typedef struct _SsmtPattern SsmtPattern;

typedef struct {
  gsize start, end;
  gboolean match;
} SsmtRange;

/* {"String": "..."} or {"Regex": "..."}, which is Oniguruma's (Ruby's) kind of
 * expression; what PCRE would read in another way is SSMT_ERROR_UNSUPPORTED. */
SsmtPattern *ssmt_pattern_parse (const SsmtJson *json, const char *key, GError **error);
SsmtPattern *ssmt_pattern_new_regex (const char *regex, const char *where, GError **error);
/* An expression that is written for PCRE and known to compile. */
SsmtPattern *ssmt_pattern_new_pcre (const char *regex);
SsmtPattern *ssmt_pattern_new_literal (const char *text);
/* Each character for which `is` holds. */
SsmtPattern *ssmt_pattern_new_class (gboolean (*is) (gunichar c));
void ssmt_pattern_free (SsmtPattern *pattern);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SsmtPattern, ssmt_pattern_free)

/* Sets `ranges` (of SsmtRange) to the matches and what lies between them, in
 * order, all of the text (valid UTF-8). FALSE where the budget is spent. */
gboolean ssmt_pattern_find (
    const SsmtPattern *pattern, const char *text, gsize length, GArray *ranges, SsmtBudget *budget);

/* White_Space and, as in \w, Alphabetic, M, Nd, Pc and Join_Control of Unicode. */
gboolean ssmt_pattern_is_space (gunichar c);
gboolean ssmt_pattern_is_word (gunichar c);

G_END_DECLS

#endif /* SSMT_PATTERN_H */
