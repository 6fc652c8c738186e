/* ssmtranslate: numbers in words and in Roman signs (internal)
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef SSMT_NUMBER_WORDS_H
#define SSMT_NUMBER_WORDS_H

#include <glib.h>

G_BEGIN_DECLS

/* A text that numbers are looked for in. */
typedef struct {
  const char *text, *language; /* NULL: not known */
  char *folded;                /* made when it is wanted first; to be freed */
} SsmtNumberText;

/* In lower case, its words with one space before, between and behind them. */
const char *ssmt_number_text_fold (SsmtNumberText *text);
/* Whether the text has the number in words, by the rules of that name; NULL: ICU's first. */
gboolean ssmt_number_text_spells (SsmtNumberText *text, guint64 value, const char *rules);
/* " xiv " as a folded text has it; NULL: nobody writes it so. */
char *ssmt_number_dup_roman (guint64 value);

G_END_DECLS

#endif /* SSMT_NUMBER_WORDS_H */
