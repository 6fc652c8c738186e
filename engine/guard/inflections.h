/* ssmtranslate: simple inflections of words (internal)
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * By endings, no dictionary: what they take for a form may be none. Words are folded; codes of languages,
 * NULL or one that is not in the table: a word has no other form.
 */
#ifndef SSMT_INFLECTIONS_H
#define SSMT_INFLECTIONS_H

#include <glib.h>

G_BEGIN_DECLS

/* Appends (char *) what the word may be a form of, not the word itself. */
void ssmt_inflections_add_bases (const char *word, const char *language, GPtrArray *bases);
/* Appends (char *) forms of a word, not the word itself; it may have capitals. */
void ssmt_inflections_add_forms (const char *base, const char *language, GPtrArray *forms);
/* Whether `word` is a form of `base`, or itself. */
gboolean ssmt_inflections_has_form (const char *word, const char *base, const char *language);
/* The same, judged by how much of their beginning is the same, too. */
gboolean ssmt_inflections_is_akin (const char *word, const char *base, const char *language);

G_END_DECLS

#endif /* SSMT_INFLECTIONS_H */
