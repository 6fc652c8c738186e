/* ssmtranslate: terms of a glossary in a text and in its translation (internal)
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef SSMT_TERMS_H
#define SSMT_TERMS_H

#include "ssmt/ssmt-glossary.h"
#include "ssmt/ssmt-text.h"

G_BEGIN_DECLS

typedef struct {
  char *source, *target;  /* target NULL: it is not translated */
  GArray *units;          /* of SsmtTermUnit, of the source */
  GArray *target_units;   /* of the target; NULL with it */
  gboolean has_capitals;  /* of the source */
  guint line;
} SsmtTerm;

typedef struct {
  SsmtRange range; /* bytes of the text */
  const SsmtTerm *term;
  gboolean is_base; /* as the glossary writes it, but for case */
} SsmtTermMatch;

/* Terms whose first word is `word`, folded: of SsmtTerm, in the order in which they are to be tried; NULL:
 * none. */
const GPtrArray *ssmt_glossary_look_up (const SsmtGlossary *self, const char *word);

/* Where terms stand in a text: of SsmtTermMatch, ascending and apart. `language`: code of what the text is in,
 * NULL: not known. With `any_case` capitals of terms say nothing. */
GArray *ssmt_terms_find (
    const SsmtGlossary *self, const char *text, const char *language, gboolean any_case);

/* Those of `matches` whose target a translation does not have, each once: of SsmtTermMatch. Those that are not
 * translated are not looked for. */
GArray *ssmt_terms_find_lacking (
    const GArray *matches, const char *translation, const char *language);

/* The target of a term in all forms that are tried for it: of char *, NULL-terminated, the first as it is
 * written. */
GPtrArray *ssmt_terms_get_forms (const SsmtTermMatch *match, const char *language);

G_END_DECLS

#endif /* SSMT_TERMS_H */
