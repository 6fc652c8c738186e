/* ssmtranslate: the times of cues
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Arithmetic alone: no clock, no lock, no element. A live cue is due at its running time plus the
 * latency of what is upstream; `latency` and `lateness` are how much later it may come out.
 * What comes later still is moved to the time at which it is there, and the element
 * hurries: a smaller beam first, then none, then all cues that wait in one.
 */
#ifndef CUE_PACER_H
#define CUE_PACER_H

#include <gst/gst.h>

G_BEGIN_DECLS

/* A latency: text is stamped when it is there, nothing waits for it. */
#define CUE_PACER_UNSYNCHRONISED G_MAXUINT

/* How far the element goes to catch up; each step includes those before it. */
typedef enum {
  CUE_CATCH_UP_NONE,
  CUE_CATCH_UP_SMALLER_BEAM, /* half of beam-size */
  CUE_CATCH_UP_GREEDY,       /* a beam of 1 */
  CUE_CATCH_UP_MERGE,        /* cues that wait become one */
} CueCatchUp;

typedef struct {
  GstSegment segment;    /* what went out last, `shift` added to its base */
  GstClockTime shift;    /* the lateness that the segment has */
  GstClockTime position; /* end of what came in last, stream time */
  GstClockTime last_end; /* of the text that went out last, running time */
  CueCatchUp catch_up;
  guint n_calm;             /* cues in time since the last step */
  GstClockTime decode_time; /* of a cue, running mean */
} CuePacer;

/* How things stand when something is asked. */
typedef struct {
  GstClockTime now;      /* running time; NONE: time does not run */
  gboolean is_live;      /* upstream is */
  GstClockTime upstream; /* its latency, where it is live */
  guint latency;         /* ms that a cue may take, or CUE_PACER_UNSYNCHRONISED */
} CueMoment;

/* How late text is that goes out. */
typedef struct {
  GstClockTime delay;   /* behind the time at which it was due; NONE: it has none */
  GstClockTime allowed; /* by latency and lateness */
} CueDelay;

/* No segment, no hurry. */
void cue_pacer_init (CuePacer *pacer);
void cue_pacer_forget_segment (CuePacer *pacer);

/* Takes a segment of upstream's; its base becomes that of what goes out, `lateness` (ms) later.
 * Returns TRUE where it is another place in the document: what was read last is far from there. */
gboolean cue_pacer_take_segment (CuePacer *pacer, GstSegment *segment, guint lateness);
/* FALSE: nothing in the segment has a running time. */
gboolean cue_pacer_is_timed (const CuePacer *pacer);
/* Where text ends that has come in, or a gap. */
void cue_pacer_note_position (CuePacer *pacer, GstClockTime start, GstClockTime duration);

/* Gives speech of `n_bytes` that came in `waited` ago what is NONE of its times. */
void cue_pacer_stamp (const CuePacer *pacer, const CueMoment *moment, GstClockTime waited,
    gsize n_bytes, GstClockTime *pts, GstClockTime *duration);
/* How long a live cue may still stay here. FALSE: as long as it likes. */
gboolean cue_pacer_get_slack (
    const CuePacer *pacer, const CueMoment *moment, GstClockTime pts, GstClockTimeDiff *slack);
/* Gives text that goes out now its times, behind what is too late. */
CueDelay cue_pacer_schedule (CuePacer *pacer, const CueMoment *moment, gsize n_bytes,
    GstClockTime *pts, GstClockTime *duration);
/* Where text and gaps go that are not synchronised: the position that is shown now, behind what
 * still stands. NONE: nothing has a time. */
GstClockTime cue_pacer_get_free_position (const CuePacer *pacer, const CueMoment *moment);

/* Decides, before the cue at `pts` is translated, how much to hurry when `waiting` cues stand behind
 * it. Returns TRUE where that is another step than before; `delay`: of the cue, 0 where it has
 * none. */
gboolean cue_pacer_plan (CuePacer *pacer, const CueMoment *moment, GstClockTime pts,
    guint beam_size, guint waiting, GstClockTime *delay);
/* Translating a cue took so long. */
void cue_pacer_note_decode (CuePacer *pacer, GstClockTime duration);
/* What of the user's beam the step leaves. */
guint cue_pacer_get_beam (const CuePacer *pacer, guint beam_size);
/* "smaller-beam" */
const char *cue_catch_up_get_name (CueCatchUp step);

/* How long text stands that has no duration: 15 characters a second are read with ease. */
GstClockTime cue_get_reading_time (gsize n_bytes);

G_END_DECLS

#endif /* CUE_PACER_H */
