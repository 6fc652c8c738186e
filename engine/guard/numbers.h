/* ssmtranslate: the numbers of a text and of its translation (internal)
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Numbers are compared by their runs of digits: separators are those of each language, hours may be
 * counted to 12 or to 24, zeros come and go behind a point.
 */
#ifndef SSMT_NUMBERS_H
#define SSMT_NUMBERS_H

#include "ssmt/ssmt-text.h"

G_BEGIN_DECLS

/* A number in digits. */
typedef struct {
  SsmtRange range; /* bytes of the text */
  gboolean is_ordinal;
  gboolean is_grouped; /* its digits may stand in groups of thousands */
  GStrv
      readings; /* runs of digits that say it, the runs divided by spaces; the first as it stands */
} SsmtNumber;

#define SSMT_NUMBER_MAX_DIGITS 24

/* A run of digits of any script that `text` begins with, as ASCII; longer ones are cut. Bytes read. */
gsize ssmt_number_read_run (const char *text, char run[SSMT_NUMBER_MAX_DIGITS + 1]);

/* Of valid UTF-8: of SsmtNumber. */
GArray *ssmt_numbers_find (const char *text);

typedef enum {
  SSMT_NUMBERS_SAME,
  SSMT_NUMBERS_LOST,    /* one is not there */
  SSMT_NUMBERS_INVENTED /* there is one more */
} SsmtNumbersResult;

/* Whether each number of `text` stands in `translation` once, and no other one there. Roman signs
 * do for digits, and words for an ordinal; "3-2" is not "3 2"; what `text` says in words may be digits. Codes of languages, NULL:
 * not known. `lost` gets the SsmtRange of each that is, of `text`; it may be NULL. */
SsmtNumbersResult ssmt_numbers_compare (
    const char *text, const char *reads, const char *translation, const char *writes, GArray *lost);

/* The number as the languages' separators have it, or NULL: the same. */
char *ssmt_numbers_localize (const char *number, const char *from, const char *to);

G_END_DECLS

#endif /* SSMT_NUMBERS_H */
