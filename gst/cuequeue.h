/* ssmtranslate: where upstream and the task meet
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Upstream puts buffers, serialized events and serialized queries into one queue and computes
 * nothing; the task takes them out in the same order, a turn each. The rules for flush, EOS, segment
 * and queries are those of GStreamer's `queue`; the task waits here whatever happens and is never
 * paused. Any thread may call any function, but for those of the task; none of them calls
 * anybody with the lock held.
 */
#ifndef CUE_QUEUE_H
#define CUE_QUEUE_H

#include <gst/gst.h>
#include <gio/gio.h>

G_BEGIN_DECLS

typedef struct _CueQueue CueQueue;

CueQueue *cue_queue_new (void);
void cue_queue_free (CueQueue *queue);

/* --- states ---------------------------------------------------------------- */

/* There is a task from now on. */
void cue_queue_start (CueQueue *queue);
/* The task's turn ends as soon as it can, and it gets no more. Who ends the task calls
 * cue_queue_clear() after that. */
void cue_queue_stop (CueQueue *queue);
/* Upstream may push, or may not; nobody waits for room any more then. */
void cue_queue_open (CueQueue *queue);
void cue_queue_close (CueQueue *queue);
/* Forgets everything in it. */
void cue_queue_clear (CueQueue *queue);

/* Text waits where it is, all else goes on: time does not run yet. */
void cue_queue_set_text_waits (CueQueue *queue, gboolean waits);
/* The next cue that is taken out begins a document. */
void cue_queue_reset (CueQueue *queue);
/* Somebody is linked again. */
void cue_queue_relink (CueQueue *queue);
/* Cues that wait. */
guint cue_queue_count (CueQueue *queue);

/* --- from upstream --------------------------------------------------------- */

/* Takes the buffer; waits for room. Interim text takes the place of interim text right before it. */
GstFlowReturn cue_queue_add_buffer (CueQueue *queue, GstBuffer *buffer);
/* The same for interim text, which is forgotten where there is no room: nobody waits. */
void cue_queue_add_interim (CueQueue *queue, GstBuffer *buffer);
/* Takes the event; waits for room. `unreported`: the answer is an error that no buffer will meet. */
GstFlowReturn cue_queue_add_event (CueQueue *queue, GstEvent *event, gboolean *unreported);
/* Waits until the task has asked `query` downstream; returns the answer. */
gboolean cue_queue_ask (CueQueue *queue, GstQuery *query);
/* Cancels the task's turn and waits for its end, unless it is the caller's own. */
void cue_queue_flush_start (CueQueue *queue);
/* Forgets all but sticky events. The task is told. */
void cue_queue_flush_stop (CueQueue *queue);

/* --- the task -------------------------------------------------------------- */

typedef enum {
  CUE_QUEUE_STOP,    /* no turn, return */
  CUE_QUEUE_ITEM,    /* take care of `object` */
  CUE_QUEUE_TIMEOUT, /* nothing came until the deadline */
  CUE_QUEUE_FLUSHED, /* forget what you hold and the segment */
  CUE_QUEUE_REST,    /* forget what you hold: nothing comes before the flow is OK again */
} CueQueueTask;

/* What the task has to do. */
typedef struct {
  CueQueueTask task;
  GstMiniObject *object;     /* a buffer or event (yours), or a query; NULL: none */
  GstEventType type;         /* of an event, GST_EVENT_UNKNOWN: it is none */
  gint64 arrival;            /* monotonic time, us */
  gboolean begins_document;  /* the buffer does */
  GCancellable *cancellable; /* of the turn */
  GstFlowReturn flow;        /* REST: why */
  gboolean unreported;       /* REST: upstream has sent its last and will not learn why */
} CueQueueTurn;

/* Waits for something to do, until `deadline` (monotonic time, us; -1: for ever). End each turn but
 * CUE_QUEUE_STOP with cue_queue_done(). */
void cue_queue_take (CueQueue *queue, gint64 deadline, CueQueueTurn *turn);
/* `flow`: what came of it; `answer`: to a query. */
void cue_queue_done (CueQueue *queue, CueQueueTurn *turn, GstFlowReturn flow, gboolean answer);
/* Takes out the cues that wait, up to anything but gaps; gaps between them are in the past by then.
 * Returns (element-type GstBuffer). */
GPtrArray *cue_queue_take_cues (CueQueue *queue);

G_END_DECLS

#endif /* CUE_QUEUE_H */
