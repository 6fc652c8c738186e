/* ssmtranslate: the parts of a cue, from its lines
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Between the scanner, which makes lines, and cue-markup.h.
 */
#ifndef CUE_PARTS_H
#define CUE_PARTS_H

#include "cue-markup.h"

G_BEGIN_DECLS

/* Distinct tags of a cue; bits of a mask. */
#define CUE_MAX_TAGS 32

typedef struct {
  GString *text;
  GArray *tags;                /* of guint32, one a byte of text: what holds there */
  guint32 all_tags, word_tags; /* hold for all of its characters; for letters and digits */
  gboolean has_word;
} CueLine;

/* Adds the parts of lines (element-type CueLine) that are not empty: (element-type CuePart). */
void cue_parts_make (GPtrArray *parts, GPtrArray *lines);
void cue_part_free (gpointer part);

G_END_DECLS

#endif /* CUE_PARTS_H */
