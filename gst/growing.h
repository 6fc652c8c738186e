/* ssmtranslate: captions that a recogniser still revises
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What of a growing caption's translation has been committed goes out as text and is never revised; the
 * rest, its tail, is what may still change. This remembers what is shown of it. One thread at a time.
 */
#ifndef CUE_GROWING_H
#define CUE_GROWING_H

#include "cue.h"

G_BEGIN_DECLS

typedef struct _CueGrowing CueGrowing;

/* How what is shown changes: `deleted` is taken off its end, `added` comes in its place. */
typedef struct {
  char *deleted, *added;
} CueChange;

void cue_change_clear (CueChange *change);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (CueChange, cue_change_clear)

CueGrowing *cue_growing_new (void);
void cue_growing_free (CueGrowing *growing);
/* Nothing grows. */
void cue_growing_clear (CueGrowing *growing);

/* Takes the last interim text. */
void cue_growing_set (CueGrowing *growing, Cue *cue);
gboolean cue_growing_is_active (CueGrowing *growing);
/* That text, for its final translation; NULL: nothing grows. */
Cue *cue_growing_take (CueGrowing *growing);
/* FALSE: the cue has no single part, and so cannot grow. */
gboolean cue_growing_takes (const Cue *cue);

/* The old tail becomes `committed` and `tail`; `is_final`: and the line ends. FALSE: nothing is shown otherwise
 * than before, and no line ends. */
gboolean cue_growing_show (CueGrowing *growing, const char *committed, const char *tail,
    gboolean is_final, CueChange *change);
/* PTS of the last interim text. */
GstClockTime cue_growing_get_pts (CueGrowing *growing);
/* What was committed of `cue`'s translation, in its markup, at times behind what went out
 * before. */
GstBuffer *cue_growing_make_buffer (
    CueGrowing *growing, const Cue *cue, char *committed, CueFormat format);

G_END_DECLS

#endif /* CUE_GROWING_H */
