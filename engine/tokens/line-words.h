/* ssmtranslate: small words, by how they go with those around them (internal)
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef SSMT_LINE_WORDS_H
#define SSMT_LINE_WORDS_H

#include <glib.h>

G_BEGIN_DECLS

typedef enum {
  SSMT_LINE_WORD_OTHER,
  SSMT_LINE_WORD_LEANS, /* on the next one: articles, prepositions */
  SSMT_LINE_WORD_TITLE, /* before a name, mostly with a full stop */
  SSMT_LINE_WORD_JOINS, /* begins a clause: conjunctions and the like */
} SsmtLineWord;

/* The words of a language by its BCP 47 code; NULL: none are known. */
typedef struct _SsmtLineWords SsmtLineWords;
const SsmtLineWords *ssmt_line_words_find (const char *language);

/* `word` without punctuation, in any case; `words` may be NULL. */
SsmtLineWord ssmt_line_words_look_up (const SsmtLineWords *words, const char *word, gsize length);

G_END_DECLS

#endif /* SSMT_LINE_WORDS_H */
