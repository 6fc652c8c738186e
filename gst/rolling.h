/* ssmtranslate: captions that roll up
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Plain C and GLib. Recognisers' captions show the line before once more above each new one. A line that
 * was translated as it came stays as it is when it is shown again, and the model reads it once.
 */
#ifndef CUE_ROLLING_H
#define CUE_ROLLING_H

#include <glib.h>

G_BEGIN_DECLS

typedef struct {
  char *line, *translation; /* the last line; NULL: it was not translated by itself */
  gboolean rolls;           /* it came below one that was shown again */
} CueRolling;

void cue_rolling_clear (CueRolling *self);

/* What is new in a text of lines; NULL: it does not begin with the last line. "": nothing is, the text is
 * that line of captions that roll. */
const char *cue_rolling_find_new (const CueRolling *self, const char *text);
/* The text of lines was translated, or, where it began with the last line, what is new in it: the whole
 * translation. */
char *cue_rolling_finish (CueRolling *self, const char *text, const char *translation);

/* Puts the last line behind `bytes`; nothing where there is none. */
void cue_rolling_save (const CueRolling *self, GByteArray *bytes);
/* The line that ends the bytes, which come from anywhere; none where they end otherwise. */
void cue_rolling_load (CueRolling *self, const guint8 *bytes, gsize length);

G_END_DECLS

#endif /* CUE_ROLLING_H */
