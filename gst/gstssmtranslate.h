/* ssmtranslate: the element
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The element knows all objects, they do not know it, nor each other but as they say. Its files, from
 * top to bottom, each calling only those below: gstssmtranslate.c (class, properties, states), -pads.c
 * (what comes in, queries), -listen.c and -model.c (beside), -task.c (the order of things), -text.c, -events.c and -keep.c
 * (what the task does with a cue, with an event, with its state), -fit.c (on its way out), -time.c, -messages.c.
 */
#ifndef GST_SSM_TRANSLATE_H
#define GST_SSM_TRANSLATE_H

#include <gst/gst.h>

#include "cuequeue.h"
#include "fit.h"
#include "growing.h"
#include "gstssmtsettings.h"
#include "gstssmtstats.h"
#include "hold.h"
#include "keep.h"
#include "pacer.h"
#include "stretch.h"
#include "translator.h"

G_BEGIN_DECLS

#define GST_TYPE_SSM_TRANSLATE (gst_ssm_translate_get_type ())
G_DECLARE_FINAL_TYPE (GstSsmTranslate, gst_ssm_translate, GST, SSM_TRANSLATE, GstElement)

GST_ELEMENT_REGISTER_DECLARE (ssmtranslate)

/* What the element knows of time. */
typedef struct {
  gboolean is_known;    /* the next two */
  gboolean is_live;     /* upstream */
  GstClockTime latency; /* upstream's */
  gboolean playing;     /* time runs */
} GstSsmtLive;

/* What has been said about the text that flows. */
typedef struct {
  GstCaps *caps; /* NULL: none came yet */
  CueFormat in, out;
  gboolean is_speech; /* `caps` are ours: speech without caps and times */
  char *stream_id;
  char *tag_language;      /* of the source, as its tags say; NULL: they do not */
  gboolean is_fresh;       /* no cue since the state was reset */
  gboolean sent_language;  /* since the last stream start */
  gboolean warned;         /* about a cue, since the last stream start */
  gboolean warned_context; /* about a document that was full, likewise */
} GstSsmtTrack;

/* What has gone out. */
typedef struct {
  guint64 cues;     /* since the start */
  guint fresh;      /* of them since the state was handed out */
  GstClockTime pts; /* of the last of them */
  guint64 offset;   /* of the last of them, as upstream has it */
} GstSsmtOut;

/* Where a recogniser's messages come from. */
typedef struct {
  GstBus *bus; /* NULL: not listening */
  gulong handler;
} GstSsmtEar;

struct _GstSsmTranslate {
  GstElement element;

  /* constant */
  GstPad *sinkpad, *srcpad;
  CueQueue *queue; /* has a lock of its own, as the next one */
  GstSsmtStats *stats;

  /* under the object lock */
  GstSsmtSettings settings;
  GstSsmtLive live;

  /* the task's; of state changes while it does not run */
  CueTranslator *translator;
  CueHold *hold;
  CueGrowing *growing;
  CuePacer pacer;
  CueFit fit;
  CueStretch stretch;
  CueKeep keep;
  GstSsmtOut out;
  GstSsmtTrack track;

  /* of state changes */
  GstSsmtEar ear;
};

GST_DEBUG_CATEGORY_EXTERN (gst_ssm_translate_debug);

/* --- gstssmtranslate-messages.c: what is posted. No lock is held. -------------- */

/* The element message ssmtranslate/stats. */
/* What translates, at each start. */
void gst_ssm_translate_post_model (GstSsmTranslate *self);
void gst_ssm_translate_post_stats (GstSsmTranslate *self);
/* An error of the engine's; `debug` may be NULL. */
void gst_ssm_translate_post_error (GstSsmTranslate *self, const GError *error, const char *debug);
/* Warnings about text come once a stream. This one where the cue was not valid UTF-8. */
void gst_ssm_translate_warn_if_repaired (GstSsmTranslate *self, const Cue *cue);
/* Those of the translator about the text at `pts`. */
void gst_ssm_translate_post_warnings (GstSsmTranslate *self, GstClockTime pts);
/* The element message ssmtranslate/guarded for each text at `pts` that was copied. */
void gst_ssm_translate_post_copies (GstSsmTranslate *self, GstClockTime pts);
/* The element message ssmtranslate/language, where the text at `pts` is in another one; TRUE: it is. */
gboolean gst_ssm_translate_post_languages (GstSsmTranslate *self, GstClockTime pts);
/* The element message ssmtranslate/state: text goes on from the file `location`. */
void gst_ssm_translate_post_state (GstSsmTranslate *self, const char *location);
/* The element message ssmtranslate/checkpoint: the state after what has gone out. */
void gst_ssm_translate_post_checkpoint (GstSsmTranslate *self, GBytes *state);
/* What has been found out about live text of `pts`: notifies, and says where it is too much. */
void gst_ssm_translate_post_delay (GstSsmTranslate *self, GstClockTime pts, const CueDelay *delay);
/* The element message ssmtranslate/catch-up. */
void gst_ssm_translate_post_catch_up (
    GstSsmTranslate *self, guint beam_size, guint waiting, GstClockTime delay);
/* The element message ssmtranslate/does-not-fit; `text` is what is shown. */
void gst_ssm_translate_post_does_not_fit (GstSsmTranslate *self, GstClockTime pts,
    const CueMeasure *measure, gdouble cps, const char *text);
/* The element message ssmtranslate/partial. */
void gst_ssm_translate_post_partial (GstSsmTranslate *self, const CueChange *change,
    const char *committed, const char *tail, gboolean is_final, GstClockTime pts);

/* --- gstssmtranslate-time.c. No lock is held. ------------------------------------ */

/* How things stand now, with `latency` (ms); asks upstream once where that matters. */
CueMoment gst_ssm_translate_get_moment (GstSsmTranslate *self, guint latency);
gboolean gst_ssm_translate_answer_latency (GstSsmTranslate *self, GstQuery *query);
/* Upstream is asked again. */
void gst_ssm_translate_forget_latency (GstSsmTranslate *self);
/* Time runs, or stands. */
void gst_ssm_translate_set_playing (GstSsmTranslate *self, gboolean playing);
/* Text without time waits until time runs: with the object lock, after a change of either. */
void gst_ssm_translate_update_waiting (GstSsmTranslate *self);
GstSsmtSettings gst_ssm_translate_get_settings (GstSsmTranslate *self);

/* --- gstssmtranslate-fit.c: the task --------------------------------------------- */

/* The limits of what goes out, from now on. */
void gst_ssm_translate_update_fit (GstSsmTranslate *self, const GstSsmtSettings *settings);
/* Pushes the buffer, which it takes. */
GstFlowReturn gst_ssm_translate_push (GstSsmTranslate *self, GstBuffer *buffer);
/* Takes the buffer, which goes out at once or waits for the time that it may have. */
GstFlowReturn gst_ssm_translate_push_fitting (
    GstSsmTranslate *self, GstBuffer *buffer, const GstSsmtSettings *settings);
/* What waits goes out: `next` is the PTS of the text that comes, or a CUE_STRETCH_. */
GstFlowReturn gst_ssm_translate_push_waiting (GstSsmTranslate *self, GstClockTime next);

/* --- gstssmtranslate-events.c: the task, or nobody while it does not run --------- */

/* What the event says; what is to be pushed of it (NULL: nothing). Takes the event. */
GstEvent *gst_ssm_translate_take_event (GstSsmTranslate *self, GstEvent *event);
/* What has to be there before a cue can go out. */
GstFlowReturn gst_ssm_translate_prepare (GstSsmTranslate *self);
/* Forgets what was read. */
void gst_ssm_translate_begin_document (GstSsmTranslate *self, const char *reason);
/* Forgets what grows. */
void gst_ssm_translate_drop_growing (GstSsmTranslate *self);
/* "de-AT", "deu", "ger" and "de" are "de"; a code without two letters keeps its three: muxers write
 * anything longer as English. NULL: none. */
char *gst_ssm_translate_language_code (const char *code);
/* Tells whoever cuts text of the languages. */
void gst_ssm_translate_update_languages (GstSsmTranslate *self);

/* --- gstssmtranslate-text.c: the task ---------------------------------------------- */

/* Both take the cue. An interim text that is empty, or of two speakers, says nothing yet; a final one
 * ends what grew, goes to its sentence or stands for itself. */
GstFlowReturn gst_ssm_translate_push_interim (
    GstSsmTranslate *self, Cue *cue, const GstSsmtSettings *settings);
GstFlowReturn gst_ssm_translate_push_text (
    GstSsmTranslate *self, Cue *cue, const GstSsmtSettings *settings);
/* Upstream has gone on without a final text: the last one was it. */
GstFlowReturn gst_ssm_translate_finish_growing (
    GstSsmTranslate *self, const GstSsmtSettings *settings);
/* Translates what is held and pushes it, one cue for each. */
GstFlowReturn gst_ssm_translate_push_held (GstSsmTranslate *self, const GstSsmtSettings *settings);

/* --- gstssmtranslate-keep.c: the task, or nobody while it does not run ------------- */

/* Before the first text: goes on from the state that was kept. */
void gst_ssm_translate_restore_state (GstSsmTranslate *self);
/* After a text that went out: writes the state where that is cheap, hands it out where that is due; both where
 * it is the last chance (`at_once`). */
void gst_ssm_translate_keep_state (GstSsmTranslate *self, gboolean at_once);
/* The state has read what did not go out: it is nothing to go on from before the next text. */
void gst_ssm_translate_skip_state (GstSsmTranslate *self);
/* A cue has gone out. */
void gst_ssm_translate_note_out (GstSsmTranslate *self, GstClockTime pts, guint64 offset);

/* --- gstssmtranslate-task.c -------------------------------------------------------- */

/* The task's function. */
void gst_ssm_translate_loop (GstPad *pad);
/* Forgets what belongs to the data that flowed. The task does not run. */
void gst_ssm_translate_forget_flow (GstSsmTranslate *self);
/* Forgets what the task has taken and not pushed. The task does not run, or is the caller. */
void gst_ssm_translate_forget_waiting (GstSsmTranslate *self);

/* --- gstssmtranslate-listen.c: state changes ---------------------------------------- */

/* Listens to the recognisers in the same pipeline, or stops listening. */
void gst_ssm_translate_listen (GstSsmTranslate *self, gboolean listen);

/* --- gstssmtranslate-model.c: finds and shares the model ----------------------------- */

/* Has a model and a stream that fit the settings, the same as before where these are the same.
 * FALSE: an error has been posted. */
gboolean gst_ssm_translate_open (GstSsmTranslate *self);
void gst_ssm_translate_close (GstSsmTranslate *self);
gboolean gst_ssm_translate_answer_context (GstSsmTranslate *self, GstQuery *query);

/* --- gstssmtranslate-pads.c ----------------------------------------------------------- */

/* Adds both pads. */
void gst_ssm_translate_add_pads (GstSsmTranslate *self);
void gst_ssm_translate_install_pads (GstElementClass *klass);

G_END_DECLS

#endif /* GST_SSM_TRANSLATE_H */
