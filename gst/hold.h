/* ssmtranslate: cues that wait for the end of their sentence
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Cues in, sentences out, and a share of their translations for each cue again. A cue has to wait no
 * longer when its sentence has ended, when upstream's position has passed it, when it is due
 * (live), and when upstream has fallen silent: it may be waiting for somebody who waits for this text.
 * One thread at a time; nothing here waits.
 */
#ifndef CUE_HOLD_H
#define CUE_HOLD_H

#include "cue.h"

G_BEGIN_DECLS

typedef struct _CueHold CueHold;

CueHold *cue_hold_new (void);
void cue_hold_free (CueHold *hold);

/* BCP-47 codes of the text and of its translation, NULL: any. They hold for what comes when
 * nothing is held. */
void cue_hold_set_languages (CueHold *hold, const char *source, const char *target);

/* FALSE: the cue stands for itself. */
gboolean cue_hold_takes (const Cue *cue);
/* Takes a cue for which that is TRUE, at `now` (monotonic time, us). `slack`: how long it may stay;
 * NULL: until upstream falls silent. */
void cue_hold_add (CueHold *hold, Cue *cue, gint64 now, const GstClockTimeDiff *slack);
/* Forgets the cues. */
void cue_hold_clear (CueHold *hold);

guint cue_hold_get_n_cues (CueHold *hold);
/* Not with an empty hold. */
const Cue *cue_hold_get_first (CueHold *hold);
/* TRUE: upstream is at `position` (PTS), where what is held has nothing to wait for. */
gboolean cue_hold_is_past (CueHold *hold, GstClockTime position);
/* TRUE: the sentence has ended, or is none. Not with an empty hold. */
gboolean cue_hold_is_complete (CueHold *hold);
/* Until when what is held may wait, monotonic time in us; -1: nothing is held. */
gint64 cue_hold_get_deadline (CueHold *hold);

/* The sentences of what is held, each to be translated on its own; NULL-terminated. */
char **cue_hold_dup_sentences (CueHold *hold);
/* The time of a sentence in its cues; NONE: not known. */
GstClockTime cue_hold_get_time (CueHold *hold, guint sentence);
/* TRUE: it matters which words translate which where the translation has markup. */
gboolean cue_hold_has_spans (CueHold *hold);
/* Takes the first cue out, and all that belongs to the group with the last. */
Cue *cue_hold_take (CueHold *hold);
/* `translations`: one a sentence; `links`: of GArray of CueLink, one a sentence.
 * Returns (element-type utf8) the text of each cue in `format`. */
GPtrArray *cue_hold_divide (
    CueHold *hold, char *const *translations, const GPtrArray *links, CueFormat format);

G_END_DECLS

#endif /* CUE_HOLD_H */
