/* ssmtranslate: the lines of a cue
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef CUE_LINES_H
#define CUE_LINES_H

#include "cue-markup.h"

G_BEGIN_DECLS

/* Between lines of a translation that were translated each by itself: LINE SEPARATOR. */
#define CUE_LINE_BREAK "\342\200\250"

/* What is written for a part, and what it is to become. */
typedef struct {
  const char *before, *after; /* in its first line, in its last */
  char *text;                 /* white space as it was, but for lines that do not fit */
  guint n_lines;              /* of the source; then, of what is written */
  gboolean is_translated;     /* FALSE: it has lines already */
} CueLines;

/* Divides the texts of parts into lines, at '\n'. `layout`: NULL, or without limits: each into as many as
 * its source had, of about equal width. */
void cue_lines_divide (CueLines *parts, guint n_parts, const CueLayout *layout);

G_END_DECLS

#endif /* CUE_LINES_H */
