/* ssmtranslate: the element
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef GST_SSM_TRANSLATE_H
#define GST_SSM_TRANSLATE_H

#include <gst/gst.h>
#include <ssmt/ssmt.h>

#include "cue-markup.h"
#include "gstssmtsettings.h"
#include "gstssmtstats.h"

G_BEGIN_DECLS

#define GST_TYPE_SSM_TRANSLATE (gst_ssm_translate_get_type ())
G_DECLARE_FINAL_TYPE (GstSsmTranslate, gst_ssm_translate, GST, SSM_TRANSLATE,
    GstElement)

GST_ELEMENT_REGISTER_DECLARE (ssmtranslate)

/* Something in the queue. */
typedef struct {
  GstMiniObject *object;        /* a buffer, a serialized event or query */
  gint64 arrival;               /* monotonic time, us */
} GstSsmtItem;

/* How far the element goes to catch up; each step includes those before it. */
typedef enum {
  GST_SSMT_CATCH_UP_NONE,
  GST_SSMT_CATCH_UP_SMALLER_BEAM,       /* half of beam-size */
  GST_SSMT_CATCH_UP_GREEDY,     /* a beam of 1 */
  GST_SSMT_CATCH_UP_MERGE,      /* cues that wait become one */
} GstSsmtCatchUp;

struct _GstSsmTranslate {
  GstElement element;

  GstPad *sinkpad, *srcpad;     /* constant */

  /* Under the object lock. */
  GstSsmtSettings settings;
  GstSsmtStats stats;
  GstClockTime max_observed_delay;
  gboolean latency_known;       /* the next two */
  gboolean upstream_live;
  GstClockTime upstream_latency;
  gboolean playing;

  /* Set by state changes while the pads are inactive, else constant. */
  SsmtModel *model;
  char *input_language;         /* ISO 639 code of what the model reads, NULL: not known */
  char *language;               /* ISO 639 code for the tag, NULL: not known */

  /* The queue, under `lock`. */
  GMutex lock;
  GCond item_added, item_removed, query_done;
  GQueue items;                 /* of GstSsmtItem */
  guint n_buffers;              /* among `items` */
  GstFlowReturn flow;           /* what the chain function returns; not OK: the task rests */
  gboolean eos;                 /* EOS came in: nothing after it */
  gboolean unexpected;          /* downstream said EOS: no buffers before a new segment */
  GstQuery *running_query;      /* the one that the task is asking */
  gboolean query_result;
  GCancellable *cancellable;    /* cancelled by a flush, then replaced */
  gboolean wants_reset;         /* the next cue begins a document */
  gboolean flushed;             /* the task forgets what it holds */
  guint n_stopping;             /* threads that pause or stop the task: it does not wait */

  /* The task's own; also set in state changes and while the task is paused. */
  SsmtStream *stream;
  SsmtStreamParams params;      /* what `stream` has */
  GstCaps *in_caps;             /* NULL: none came yet */
  CueFormat in_format, out_format;
  gboolean made_up;             /* in_caps are ours: speech without caps and times */
  char *stream_id;
  char *tag_language;           /* of the source, as its tags say; NULL: they do not */
  gboolean is_fresh;            /* no cue since the state was reset */
  gboolean sent_language;       /* since the last stream start */
  gboolean warned;              /* about a cue, since the last stream start */
  gboolean warned_context;      /* about a document that was full, likewise */
  GstSegment segment;           /* what went out last, `shift` added to its base */
  GstClockTime shift;           /* the lateness that the segment has */
  GstClockTime position;        /* end of what came in last, stream time */
  GstClockTime last_end;        /* of the text that went out last, running time */
  GstSsmtCatchUp catch_up;
  guint n_calm;                 /* cues in time since the last step */
  GstClockTime decode_time;     /* of a cue, running mean */
  GPtrArray *held;              /* cues of a sentence that has not ended */
  struct _CueGroup *group;      /* their texts, NULL: none was held yet */
  GstClockTime held_end;        /* the last one's, in the segment; NONE: not known */
  gint64 hold_until;            /* monotonic time, us */
  gboolean hold_is_due;         /* hold_until is when one of them is due */
  GstBuffer *partial;           /* the last interim text, NULL: nothing grows */
  char *partial_tail;           /* what of its translation was not committed */
  GstClockTime partial_end;     /* where in the segment the committed part ends */

  /* Of state changes. */
  GstBus *bus;                  /* NULL: not listening */
  gulong bus_handler;
};

GST_DEBUG_CATEGORY_EXTERN (gst_ssm_translate_debug);

/* gstssmtranslatemodel.c: finds and shares the model. */
gboolean gst_ssm_translate_open (GstSsmTranslate *self);
void gst_ssm_translate_close (GstSsmTranslate *self);
void gst_ssm_translate_set_context (GstElement *element, GstContext *context);
gboolean gst_ssm_translate_answer_context (GstSsmTranslate *self,
    GstQuery *query);
char *gst_ssm_translate_language_code (const char *code);

/* gstssmtranslatequeue.c: pad functions; the upstream thread and the task meet here. */
GstFlowReturn gst_ssm_translate_chain (GstPad *pad, GstObject *parent,
    GstBuffer *buffer);
GstFlowReturn gst_ssm_translate_sink_event (GstPad *pad, GstObject *parent,
    GstEvent *event);
gboolean gst_ssm_translate_src_event (GstPad *pad, GstObject *parent,
    GstEvent *event);
gboolean gst_ssm_translate_serialized_query (GstSsmTranslate *self,
    GstQuery *query);
gboolean gst_ssm_translate_sink_activate_mode (GstPad *pad, GstObject *parent,
    GstPadMode mode, gboolean active);
gboolean gst_ssm_translate_src_activate_mode (GstPad *pad, GstObject *parent,
    GstPadMode mode, gboolean active);
void gst_ssm_translate_queue_init (GstSsmTranslate *self);
void gst_ssm_translate_queue_clear (GstSsmTranslate *self);
void gst_ssm_translate_queue_reset (GstSsmTranslate *self);
void gst_ssm_translate_queue_set_playing (GstSsmTranslate *self,
    gboolean playing);
guint gst_ssm_translate_queue_count (GstSsmTranslate *self);
GPtrArray *gst_ssm_translate_queue_take_cues (GstSsmTranslate *self);
void gst_ssm_translate_queue_add_interim (GstSsmTranslate *self,
    GstBuffer *buffer);

/* The same, with the lock held. */
GstSsmtItem *gst_ssm_translate_dequeue (GstSsmTranslate *self, guint n);
void gst_ssm_translate_drop_items (GstSsmTranslate *self, gboolean all);
void gst_ssm_translate_drop_waiting (GstSsmTranslate *self);
void gst_ssm_translate_start_flushing (GstSsmTranslate *self);
void gst_ssm_translate_stop_flushing (GstSsmTranslate *self);
gboolean gst_ssm_translate_start_task (GstSsmTranslate *self);
void gst_ssm_translate_skip_to_new_segment (GstSsmTranslate *self);

/* gstssmtranslateloop.c: the task's function. No lock is held. */
void gst_ssm_translate_loop (GstPad *pad);

/* gstssmtranslatelive.c: time. No lock is held. */
gboolean gst_ssm_translate_answer_latency (GstSsmTranslate *self,
    GstQuery *query);
GstClockTime gst_ssm_translate_get_now (GstSsmTranslate *self);
gboolean gst_ssm_translate_is_live (GstSsmTranslate *self,
    GstClockTime *upstream_latency);
GstBuffer *gst_ssm_translate_stamp (GstSsmTranslate *self, GstBuffer *buffer,
    gint64 arrival);
GstBuffer *gst_ssm_translate_schedule (GstSsmTranslate *self,
    GstBuffer *buffer, const GstSsmtSettings *settings);
GstEvent *gst_ssm_translate_schedule_gap (GstSsmTranslate *self,
    GstEvent *event);
gboolean gst_ssm_translate_get_slack (GstSsmTranslate *self,
    GstBuffer *buffer, const GstSsmtSettings *settings,
    GstClockTimeDiff *slack);
void gst_ssm_translate_plan (GstSsmTranslate *self, GstBuffer *buffer,
    const GstSsmtSettings *settings);
guint gst_ssm_translate_get_beam (GstSsmTranslate *self, guint beam_size);
void gst_ssm_translate_note_decode (GstSsmTranslate *self,
    GstClockTime duration);
GstClockTime gst_ssm_translate_reading_time (gsize n_bytes);

/* gstssmtranslatetask.c: events. No lock is held. */
GstFlowReturn gst_ssm_translate_push_event (GstSsmTranslate *self,
    GstEvent *event, GCancellable *cancellable);
gboolean gst_ssm_translate_negotiate (GstSsmTranslate *self);
void gst_ssm_translate_send_language (GstSsmTranslate *self);
void gst_ssm_translate_reset_state (GstSsmTranslate *self, const char *reason);
void gst_ssm_translate_note_position (GstSsmTranslate *self,
    GstClockTime start, GstClockTime duration);
void gst_ssm_translate_forget_segment (GstSsmTranslate *self);

/* gstssmtranslatetext.c: what cues and sentences have in common. No lock is held. */
GstSsmtSettings gst_ssm_translate_get_settings (GstSsmTranslate *self);
void gst_ssm_translate_update_params (GstSsmTranslate *self,
    GstBuffer *buffer, const GstSsmtSettings *settings);
void gst_ssm_translate_warn (GstSsmTranslate *self, GstBuffer *buffer,
    const char *problem, const char *detail);
char *gst_ssm_translate_dup_text (GstSsmTranslate *self, GstBuffer *buffer,
    gsize *length);
GstFlowReturn gst_ssm_translate_translate (GstSsmTranslate *self,
    GstBuffer *buffer, const char *source, GCancellable *cancellable,
    char **translation, SsmtAlignment **alignment);
GstFlowReturn gst_ssm_translate_revise (GstSsmTranslate *self,
    GstBuffer *buffer, const char *source, gboolean is_final,
    SsmtPolicy policy, GCancellable *cancellable, char **committed,
    char **tail);
GstBuffer *gst_ssm_translate_new_cue (GstSsmTranslate *self,
    GstBuffer *buffer, char *text);
GstFlowReturn gst_ssm_translate_prepare (GstSsmTranslate *self);
void gst_ssm_translate_count_cues (GstSsmTranslate *self, guint n_cues,
    gint64 arrival);

/* gstssmtranslatewords.c: sentences that know their words' times. No lock is held. */
gboolean gst_ssm_translate_has_words (GstBuffer *buffer);
void gst_ssm_translate_replace_words (GstSsmTranslate *self,
    GstBuffer *buffer, const char *text);

/* gstssmtranslatesentence.c: cues that wait for the end of their sentence. No lock
 * is held. */
void gst_ssm_translate_hold_init (GstSsmTranslate *self);
void gst_ssm_translate_hold_clear (GstSsmTranslate *self);
void gst_ssm_translate_drop_held (GstSsmTranslate *self);
gboolean gst_ssm_translate_hold (GstSsmTranslate *self, GstBuffer *buffer,
    gint64 arrival, const GstSsmtSettings *settings);
gboolean gst_ssm_translate_is_past_held (GstSsmTranslate *self,
    GstClockTime position);
gboolean gst_ssm_translate_is_held_complete (GstSsmTranslate *self);
GstFlowReturn gst_ssm_translate_push_held (GstSsmTranslate *self,
    GCancellable *cancellable);

/* gstssmtranslatepartial.c: text that is still revised. No lock is held. */
void gst_ssm_translate_register_interim (void);
gboolean gst_ssm_translate_is_interim (GstBuffer *buffer);
void gst_ssm_translate_listen (GstSsmTranslate *self, gboolean listen);
void gst_ssm_translate_drop_partial (GstSsmTranslate *self);
GstFlowReturn gst_ssm_translate_push_interim (GstSsmTranslate *self,
    GstBuffer *buffer, gint64 arrival, const GstSsmtSettings *settings,
    GCancellable *cancellable);
gboolean gst_ssm_translate_push_final (GstSsmTranslate *self,
    GstBuffer *buffer, gint64 arrival, const GstSsmtSettings *settings,
    GCancellable *cancellable, GstFlowReturn *ret);
GstFlowReturn gst_ssm_translate_finish_partial (GstSsmTranslate *self,
    GCancellable *cancellable);

/* gstssmtranslatecue.c: cues. No lock is held. */
GstFlowReturn gst_ssm_translate_push_cue (GstSsmTranslate *self,
    GstSsmtItem *item, gboolean reset, GCancellable *cancellable);

G_END_DECLS

#endif /* GST_SSM_TRANSLATE_H */
