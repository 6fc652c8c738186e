/* ssmtranslate: a cue that waits for the time that it may have
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Text that cannot be read in its time stays longer, where nothing comes. What comes next is known when it is there,
 * so the last cue waits for it: until the next text, event or query, or for half a second in which
 * nothing came. One thread at a time; nothing here waits.
 */
#ifndef CUE_STRETCH_H
#define CUE_STRETCH_H

#include "fit.h"

G_BEGIN_DECLS

/* Where a cue may stay on: what is there. */
#define CUE_STRETCH_NOTHING GST_CLOCK_TIME_NONE   /* not known */
#define CUE_STRETCH_END (GST_CLOCK_TIME_NONE - 1) /* nothing comes any more */

typedef struct {
  GstBuffer *buffer; /* NULL: none waits */
  CueMeasure measure;
  char *text;           /* plain */
  GstClockTime needed;  /* duration in which it can be read */
  GstClockTime silence; /* nothing is before it, as far as is known; PTS */
  gint64 until;         /* monotonic time, us */
} CueStretch;

void cue_stretch_clear (CueStretch *stretch);
/* Takes the buffer, which has a time, and the text; none waits. `now`: monotonic time, us. */
void cue_stretch_wait (CueStretch *stretch, GstBuffer *buffer, const CueMeasure *measure,
    char *text, GstClockTime needed, gint64 now);
gboolean cue_stretch_is_waiting (const CueStretch *stretch);
/* Until when it may wait, monotonic time in us; -1: none waits. */
gint64 cue_stretch_get_deadline (const CueStretch *stretch);
/* Nothing is before `position`. TRUE: it has to wait no more. */
gboolean cue_stretch_note_silence (CueStretch *stretch, GstClockTime position);
/* Returns the buffer, which stays as long as it needs, but no longer than until shortly before `next` (PTS of the
 * next text, or one of the above) and not beyond `stop`. Then none waits, but what is known of it stays until the
 * next one. */
GstBuffer *cue_stretch_take (CueStretch *stretch, GstClockTime next, GstClockTime stop);

G_END_DECLS

#endif /* CUE_STRETCH_H */
