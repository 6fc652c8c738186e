/* ssmtranslate: places at which a line may end (internal)
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef SSMT_LINE_PLACES_H
#define SSMT_LINE_PLACES_H

#include <unicode/ubrk.h>

#include "engine/tokens/line-words.h"
#include "ssmt/ssmt-lines.h"

G_BEGIN_DECLS

struct _SsmtLines {
  char *language;
  const SsmtLineWords *words;     /* NULL: none are known */
  UBreakIterator *lines, *within; /* lines and words; NULL: there is no data */
};

/* Where a line may end and the next begin. */
typedef struct {
  gsize end, next;             /* bytes; white space between is dropped */
  guint end_column, at_column; /* columns of the text before either */
  gdouble cost;
} SsmtLinePlace;

/* The beginning of the text, the places in it, its end: of SsmtLinePlace. */
GArray *ssmt_line_places_find (const SsmtLines *self, const char *text);

G_END_DECLS

#endif /* SSMT_LINE_PLACES_H */
