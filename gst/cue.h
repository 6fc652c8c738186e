/* ssmtranslate: a cue
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What a buffer says, read once, when it is taken off the queue.
 */
#ifndef CUE_H
#define CUE_H

#include <gst/gst.h>

#include "cue-markup.h"

G_BEGIN_DECLS

typedef struct {
  GstBuffer *buffer;          /* as it came in */
  gint64 arrival;             /* monotonic time, us */
  GstClockTime pts, duration; /* the buffer's, or what has been made up */
  char *text;                 /* valid UTF-8 without NUL; NULL: it cannot be read */
  gsize length;               /* bytes of text */
  CueText *parsed;            /* NULL: it cannot be read */
  gboolean is_empty;          /* clears the screen: there is nothing in it to read */
  gboolean is_too_long;       /* to be translated */
  gboolean is_repaired;       /* was not valid UTF-8 */
  gboolean is_interim;        /* upstream still revises it */
  gboolean is_sentence;       /* as far as upstream can tell */
  gboolean is_speech;         /* as recognisers write it, without capitals */
} Cue;

/* Takes the buffer. It is text in `format`. */
Cue *cue_new (GstBuffer *buffer, gint64 arrival, CueFormat format);
void cue_free (Cue *cue);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Cue, cue_free)

/* One cue of `cue` (taken) and the buffers behind it, over the time of all: lines where speakers
 * change. */
Cue *cue_merge (Cue *cue, GstBuffer *const *buffers, guint n_buffers, CueFormat format);

/* The one part of a cue that may be joined with others', or grow; NULL: it has none or several. */
const CuePart *cue_get_only_part (const Cue *cue);

/* Takes the cue and returns its buffer, with its times. `text` (taken) replaces that of the buffer;
 * NULL: it stays. All else is kept, but for the words of a text accumulator, which become those of the
 * translation; `reads` and `writes` are the languages of both, NULL: not known. */
GstBuffer *cue_finish (Cue *cue, char *text, const char *reads, const char *writes);

/* Buffers with a SsmTranslateInterimMeta are interim. Register it before. */
void cue_register_interim (void);
gboolean cue_is_interim (GstBuffer *buffer);
/* A new buffer. */
GstBuffer *cue_new_interim (const char *text);

G_END_DECLS

#endif /* CUE_H */
