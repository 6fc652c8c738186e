/* ssmtranslate: whether text can be shown and read
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Limits are columns of a line, lines of a cue, and characters a second (a character is what a reader sees:
 * markup and line breaks are none).
 */
#ifndef CUE_FIT_H
#define CUE_FIT_H

#include <gst/gst.h>

#include "cue-markup.h"

G_BEGIN_DECLS

/* 0: none. */
typedef struct {
  guint max_columns, max_lines, max_cps;
} CueLimits;

typedef struct {
  CueLayout layout;
  guint max_cps;
  char *language; /* of `layout.breaks` */
} CueFit;

void cue_fit_clear (CueFit *fit);
/* `language`: BCP-47 code of what is shown, NULL: any. Cheap where nothing changes. */
void cue_fit_set (CueFit *fit, const CueLimits *limits, const char *language);
gboolean cue_fit_has_limits (const CueFit *fit);

/* What a cue that goes out is like. */
typedef struct {
  guint columns; /* of the widest line */
  guint lines;
  guint characters;
} CueMeasure;

/* `*plain` is the text alone. */
CueMeasure cue_fit_measure (const char *text, CueFormat format, char **plain);
/* Characters a second; 0: the duration is not known. */
gdouble cue_measure_get_cps (const CueMeasure *measure, GstClockTime duration);
/* How long the text has to stand, in whole ms. */
GstClockTime cue_fit_get_time (const CueFit *fit, const CueMeasure *measure);
gboolean cue_fit_holds (const CueFit *fit, const CueMeasure *measure, GstClockTime duration);

/* The room that a translation has. */
typedef struct {
  CueLayout layout;
  guint max_characters;       /* 0: any */
  const char *before, *after; /* what stands around it in its lines */
} CueRoom;

/* That of a cue, or of a sentence without lines of its own (`has_lines` FALSE); all is 0 without limits. */
CueRoom cue_fit_get_room (const CueFit *fit, GstClockTime duration, gboolean has_lines);
/* Of a cue's room that of a part. */
CueRoom cue_room_get_part (const CueRoom *room, const CueText *cue, guint part);
/* Characters and columns that the text has too many. */
guint cue_room_get_excess (const CueRoom *room, const char *text);

G_END_DECLS

#endif /* CUE_FIT_H */
