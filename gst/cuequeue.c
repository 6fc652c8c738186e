/* ssmtranslate: where upstream and the task meet
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "cuequeue.h"
#include "cue.h"
#include "cueitems.h"

/* Cues that wait: some seconds of speech, and few enough to forget at a seek. */
#define MAX_BUFFERS 16
/* All items. Gaps are small but may come without a cue for hours. */
#define MAX_ITEMS 1024

struct _CueQueue {
  GMutex lock;      /* of all that follows */
  GCond item_added; /* or whatever else the task waits for */
  GCond item_removed, query_done, turn_done;
  CueItems items;
  GstFlowReturn flow;  /* what upstream is told; not OK: the task rests */
  gboolean is_active;  /* there is a task */
  gboolean rests;      /* the task knows that the flow is not OK */
  gboolean eos;        /* EOS came in: nothing after it */
  gboolean unexpected; /* downstream said EOS: no buffers before a new segment */
  gboolean text_waits;
  gboolean wants_reset;    /* the next cue begins a document */
  gboolean flushed;        /* the task has to forget what it holds */
  GstQuery *running_query; /* the one that the task is asking */
  gboolean query_result;
  GCancellable *cancellable; /* of the turns from now on; a flush takes it */
  GThread *turn;             /* whose turn it is, NULL: the task waits */
  guint n_flushing;          /* threads that wait for the end of a turn: there is no next one */
};

CueQueue *
cue_queue_new (void)
{
  CueQueue *queue = g_new0 (CueQueue, 1);

  g_mutex_init (&queue->lock);
  g_cond_init (&queue->item_added);
  g_cond_init (&queue->item_removed);
  g_cond_init (&queue->query_done);
  g_cond_init (&queue->turn_done);
  queue->flow = GST_FLOW_FLUSHING;
  queue->cancellable = g_cancellable_new ();
  return queue;
}

void
cue_queue_free (CueQueue *queue)
{
  cue_queue_clear (queue);
  g_object_unref (queue->cancellable);
  g_mutex_clear (&queue->lock);
  g_cond_clear (&queue->item_added);
  g_cond_clear (&queue->item_removed);
  g_cond_clear (&queue->query_done);
  g_cond_clear (&queue->turn_done);
  g_free (queue);
}

/* --- with the lock held -------------------------------------------------- */

static void
enqueue (CueQueue *queue, gpointer object)
{
  cue_items_add (&queue->items, GST_MINI_OBJECT_CAST (object));
  g_cond_signal (&queue->item_added);
}

/* Items have gone: there is room, and queries may be among them. */
static void
tell_removed (CueQueue *queue)
{
  g_cond_broadcast (&queue->item_removed);
  g_cond_broadcast (&queue->query_done);
}

static void
set_flow_ok (CueQueue *queue)
{
  queue->flow = GST_FLOW_OK;
  queue->rests = FALSE;
  g_cond_signal (&queue->item_added);
}

static void
stop_flushing (CueQueue *queue)
{
  queue->eos = FALSE;
  queue->unexpected = FALSE;
  queue->wants_reset = TRUE;
  set_flow_ok (queue);
}

/* Makes everyone who waits or translates give up: the task altogether, where it `stops`; until a flush has
 * waited for its turn, where that `flushes`. */
static void
give_up (CueQueue *queue, gboolean stops, gboolean flushes)
{
  GCancellable *cancellable;

  g_mutex_lock (&queue->lock);
  if (stops)
    queue->is_active = FALSE;
  if (flushes)
    queue->n_flushing++;
  queue->flow = GST_FLOW_FLUSHING;
  cancellable = queue->cancellable;
  queue->cancellable = g_cancellable_new ();
  g_cond_broadcast (&queue->item_added);
  tell_removed (queue);
  g_mutex_unlock (&queue->lock);
  g_cancellable_cancel (cancellable);
  g_object_unref (cancellable);
}

/* --- states ---------------------------------------------------------------- */

void
cue_queue_start (CueQueue *queue)
{
  g_mutex_lock (&queue->lock);
  queue->is_active = TRUE;
  stop_flushing (queue);
  g_mutex_unlock (&queue->lock);
}

void
cue_queue_stop (CueQueue *queue)
{
  give_up (queue, TRUE, FALSE);
}

void
cue_queue_open (CueQueue *queue)
{
  g_mutex_lock (&queue->lock);
  stop_flushing (queue);
  g_mutex_unlock (&queue->lock);
}

void
cue_queue_close (CueQueue *queue)
{
  give_up (queue, FALSE, FALSE);
}

void
cue_queue_clear (CueQueue *queue)
{
  GQueue aside = G_QUEUE_INIT;

  g_mutex_lock (&queue->lock);
  cue_items_drop (&queue->items, TRUE, &aside);
  tell_removed (queue);
  g_mutex_unlock (&queue->lock);
  cue_items_free_aside (&aside);
}

void
cue_queue_set_text_waits (CueQueue *queue, gboolean waits)
{
  g_mutex_lock (&queue->lock);
  queue->text_waits = waits;
  g_cond_signal (&queue->item_added);
  g_mutex_unlock (&queue->lock);
}

void
cue_queue_reset (CueQueue *queue)
{
  g_mutex_lock (&queue->lock);
  queue->wants_reset = TRUE;
  g_mutex_unlock (&queue->lock);
}

void
cue_queue_relink (CueQueue *queue)
{
  g_mutex_lock (&queue->lock);
  if (queue->flow == GST_FLOW_NOT_LINKED)
    set_flow_ok (queue);
  g_mutex_unlock (&queue->lock);
}

guint
cue_queue_count (CueQueue *queue)
{
  guint n;

  g_mutex_lock (&queue->lock);
  n = queue->items.n_buffers;
  g_mutex_unlock (&queue->lock);
  return n;
}

/* --- buffers ----------------------------------------------------------------- */

static gboolean
refuses_buffers (const CueQueue *queue)
{
  return queue->flow != GST_FLOW_OK || queue->eos || queue->unexpected;
}

static gboolean
is_full (const CueQueue *queue)
{
  return queue->items.n_buffers >= MAX_BUFFERS || queue->items.list.length >= MAX_ITEMS;
}

GstFlowReturn
cue_queue_add_buffer (CueQueue *queue, GstBuffer *buffer)
{
  GQueue aside = G_QUEUE_INIT;
  GstFlowReturn ret = GST_FLOW_OK;

  g_mutex_lock (&queue->lock);
  while (!refuses_buffers (queue) && is_full (queue))
    g_cond_wait (&queue->item_removed, &queue->lock);
  if (refuses_buffers (queue)) {
    ret = queue->flow != GST_FLOW_OK ? queue->flow : GST_FLOW_EOS;
  } else {
    if (cue_is_interim (buffer))
      cue_items_drop_interim_tail (&queue->items, &aside);
    enqueue (queue, g_steal_pointer (&buffer));
  }
  g_mutex_unlock (&queue->lock);
  cue_items_free_aside (&aside);
  gst_clear_buffer (&buffer);
  return ret;
}

void
cue_queue_add_interim (CueQueue *queue, GstBuffer *buffer)
{
  GQueue aside = G_QUEUE_INIT;

  g_mutex_lock (&queue->lock);
  cue_items_drop_interim_tail (&queue->items, &aside);
  if (!refuses_buffers (queue) && !is_full (queue))
    enqueue (queue, g_steal_pointer (&buffer));
  g_mutex_unlock (&queue->lock);
  cue_items_free_aside (&aside);
  gst_clear_buffer (&buffer);
}

GPtrArray *
cue_queue_take_cues (CueQueue *queue)
{
  GQueue aside = G_QUEUE_INIT;
  GPtrArray *cues;

  g_mutex_lock (&queue->lock);
  cues = queue->flow == GST_FLOW_OK && !queue->wants_reset
      ? cue_items_take_cues (&queue->items, &aside)
      : g_ptr_array_new ();
  g_cond_broadcast (&queue->item_removed);
  g_mutex_unlock (&queue->lock);
  cue_items_free_aside (&aside);
  return cues;
}

/* --- events and queries ----------------------------------------------------- */

/* What an event does to the state of the queue when it comes in. FALSE: it
 * cannot go in, because of the flow or EOS. With the lock. */
static gboolean
accept_event (CueQueue *queue, GstEventType type)
{
  if (type == GST_EVENT_STREAM_START || type == GST_EVENT_SEGMENT) {
    queue->unexpected = FALSE;
    queue->eos = FALSE;
    if (queue->flow == GST_FLOW_EOS)
      set_flow_ok (queue);
  }
  if (queue->eos)
    return FALSE;
  /* A sticky event is no place to report an error: the next buffer is. After EOS
   * there is none. */
  return queue->flow == GST_FLOW_OK
      || (gst_event_type_get_flags (type) & GST_EVENT_TYPE_STICKY && type != GST_EVENT_EOS
          && queue->flow != GST_FLOW_FLUSHING);
}

GstFlowReturn
cue_queue_add_event (CueQueue *queue, GstEvent *event, gboolean *unreported)
{
  GstEventType type = GST_EVENT_TYPE (event);
  GstFlowReturn ret = GST_FLOW_OK;

  *unreported = FALSE;
  g_mutex_lock (&queue->lock);
  while (queue->flow == GST_FLOW_OK && !queue->eos && queue->items.list.length >= MAX_ITEMS)
    g_cond_wait (&queue->item_removed, &queue->lock);
  if (accept_event (queue, type)) {
    enqueue (queue, g_steal_pointer (&event));
    queue->eos = type == GST_EVENT_EOS;
  } else {
    ret = queue->flow != GST_FLOW_OK ? queue->flow : GST_FLOW_EOS;
    *unreported =
        type == GST_EVENT_EOS && !queue->eos && (ret == GST_FLOW_NOT_LINKED || ret < GST_FLOW_EOS);
  }
  g_mutex_unlock (&queue->lock);
  gst_clear_event (&event);
  return ret;
}

gboolean
cue_queue_ask (CueQueue *queue, GstQuery *query)
{
  gboolean result = FALSE;
  gint n;

  g_mutex_lock (&queue->lock);
  if (!refuses_buffers (queue)) {
    queue->query_result = FALSE;
    enqueue (queue, query);
    while (queue->running_query == query
        || (queue->flow == GST_FLOW_OK && cue_items_find_query (&queue->items, query) >= 0))
      g_cond_wait (&queue->query_done, &queue->lock);
    /* the flow may not be OK any more and the task not have come to it */
    n = cue_items_find_query (&queue->items, query);
    if (n >= 0)
      g_free (cue_items_take (&queue->items, n));
    else
      result = queue->query_result;
  }
  g_mutex_unlock (&queue->lock);
  return result;
}

/* --- flush ------------------------------------------------------------------- */

void
cue_queue_flush_start (CueQueue *queue)
{
  give_up (queue, FALSE, TRUE);
  g_mutex_lock (&queue->lock);
  while (queue->turn && queue->turn != g_thread_self ())
    g_cond_wait (&queue->turn_done, &queue->lock);
  queue->n_flushing--;
  g_cond_signal (&queue->item_added);
  g_mutex_unlock (&queue->lock);
}

void
cue_queue_flush_stop (CueQueue *queue)
{
  GQueue aside = G_QUEUE_INIT;

  g_mutex_lock (&queue->lock);
  cue_items_drop (&queue->items, FALSE, &aside);
  tell_removed (queue);
  /* else on the way to READY: whoever stops the task waits for it to give up */
  if (queue->is_active) {
    if (queue->flow == GST_FLOW_FLUSHING)
      queue->flushed = TRUE;
    stop_flushing (queue);
  }
  g_mutex_unlock (&queue->lock);
  cue_items_free_aside (&aside);
}

/* --- the task ---------------------------------------------------------------- */

/* Text that is stamped with the time waits until time runs. */
static gboolean
has_item (CueQueue *queue)
{
  const CueItem *item = cue_items_peek (&queue->items, 0);

  return item && !(queue->text_waits && GST_IS_BUFFER (item->object));
}

static void
take_item (CueQueue *queue, CueQueueTurn *turn)
{
  CueItem *item = cue_items_take (&queue->items, 0);

  turn->object = item->object;
  turn->type = GST_IS_EVENT (item->object) ? GST_EVENT_TYPE (item->object) : GST_EVENT_UNKNOWN;
  turn->arrival = item->arrival;
  if (GST_IS_QUERY (item->object))
    queue->running_query = GST_QUERY_CAST (item->object);
  if (GST_IS_BUFFER (item->object)) {
    turn->begins_document = queue->wants_reset;
    queue->wants_reset = FALSE;
  }
  g_free (item);
  g_cond_broadcast (&queue->item_removed);
}

static void
take_rest (CueQueue *queue, CueQueueTurn *turn, GQueue *aside)
{
  GstFlowReturn flow = queue->flow;

  queue->rests = TRUE;
  turn->flow = flow;
  turn->unreported = queue->eos && (flow == GST_FLOW_NOT_LINKED || flow < GST_FLOW_EOS);
  if (flow != GST_FLOW_NOT_LINKED && flow != GST_FLOW_EOS)
    cue_items_drop (&queue->items, FALSE, aside);
  tell_removed (queue);
}

/* What there is to do now. FALSE: nothing. */
static gboolean
find_task (CueQueue *queue, gboolean is_over, CueQueueTask *task)
{
  if (!queue->is_active)
    *task = CUE_QUEUE_STOP;
  else if (queue->flushed)
    *task = CUE_QUEUE_FLUSHED;
  else if (queue->flow != GST_FLOW_OK && !queue->rests)
    *task = CUE_QUEUE_REST;
  else if (queue->flow != GST_FLOW_OK || queue->n_flushing > 0)
    return FALSE;
  else if (has_item (queue))
    *task = CUE_QUEUE_ITEM;
  else if (is_over)
    *task = CUE_QUEUE_TIMEOUT;
  else
    return FALSE;
  return TRUE;
}

void
cue_queue_take (CueQueue *queue, gint64 deadline, CueQueueTurn *turn)
{
  GQueue aside = G_QUEUE_INIT;
  gboolean is_over = FALSE;

  *turn = (CueQueueTurn){ CUE_QUEUE_STOP };
  g_mutex_lock (&queue->lock);
  while (!find_task (queue, is_over, &turn->task)) {
    if (deadline < 0 || is_over)
      g_cond_wait (&queue->item_added, &queue->lock);
    else
      is_over = !g_cond_wait_until (&queue->item_added, &queue->lock, deadline);
  }
  if (turn->task == CUE_QUEUE_ITEM)
    take_item (queue, turn);
  else if (turn->task == CUE_QUEUE_REST)
    take_rest (queue, turn, &aside);
  else if (turn->task == CUE_QUEUE_FLUSHED)
    queue->flushed = FALSE;
  if (turn->task != CUE_QUEUE_STOP) {
    queue->turn = g_thread_self ();
    turn->cancellable = g_object_ref (queue->cancellable);
  }
  g_mutex_unlock (&queue->lock);
  cue_items_free_aside (&aside);
}

/* Takes over what came of an item, or of nothing. With the lock. */
static void
end_item (CueQueue *queue, GstEventType type, GstFlowReturn flow, GQueue *aside)
{
  /* a flush does not care */
  if (queue->flow != GST_FLOW_OK)
    return;
  /* downstream takes no more of this segment; upstream is told where no other has come */
  if (flow == GST_FLOW_EOS && type != GST_EVENT_EOS) {
    /* text that was held before an event can be what was refused */
    if (type != GST_EVENT_SEGMENT && type != GST_EVENT_STREAM_START)
      queue->unexpected = !cue_items_skip_segment (&queue->items, aside);
    tell_removed (queue);
    return;
  }
  /* another stream may have begun behind the EOS that was pushed just now */
  if (flow != GST_FLOW_EOS || g_queue_is_empty (&queue->items.list))
    queue->flow = flow;
}

void
cue_queue_done (CueQueue *queue, CueQueueTurn *turn, GstFlowReturn flow, gboolean answer)
{
  GQueue aside = G_QUEUE_INIT;

  g_mutex_lock (&queue->lock);
  if (queue->running_query) {
    queue->running_query = NULL;
    queue->query_result = answer;
    g_cond_broadcast (&queue->query_done);
  }
  if (turn->task == CUE_QUEUE_ITEM || turn->task == CUE_QUEUE_TIMEOUT)
    end_item (queue, turn->type, flow, &aside);
  queue->turn = NULL;
  g_cond_broadcast (&queue->turn_done);
  g_mutex_unlock (&queue->lock);
  cue_items_free_aside (&aside);
  g_clear_object (&turn->cancellable);
}
