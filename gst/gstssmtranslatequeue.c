/* ssmtranslate: the element's queue
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Upstream puts buffers, serialized events and serialized queries into one
 * queue and computes nothing; the task on the source pad takes them out in the
 * same order, translates and pushes. The rules for flush, EOS, segment and
 * queries are those of GStreamer's `queue`.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstssmtranslate.h"

#define GST_CAT_DEFAULT gst_ssm_translate_debug

/* Cues that wait: some seconds of speech, and few enough to forget at a seek. */
#define MAX_BUFFERS 16
/* All items. Gaps are small but may come without a cue for hours. */
#define MAX_ITEMS 1024

void
gst_ssm_translate_queue_init (GstSsmTranslate * self)
{
  g_mutex_init (&self->lock);
  g_cond_init (&self->item_added);
  g_cond_init (&self->item_removed);
  g_cond_init (&self->query_done);
  g_queue_init (&self->items);
  self->flow = GST_FLOW_FLUSHING;
  self->cancellable = g_cancellable_new ();
  gst_ssm_translate_hold_init (self);
}

void
gst_ssm_translate_queue_clear (GstSsmTranslate * self)
{
  gst_ssm_translate_hold_clear (self);
  g_object_unref (self->cancellable);
  g_mutex_clear (&self->lock);
  g_cond_clear (&self->item_added);
  g_cond_clear (&self->item_removed);
  g_cond_clear (&self->query_done);
}

/* --- with the lock held -------------------------------------------------- */

static void
enqueue (GstSsmTranslate * self, GstMiniObject * object)
{
  GstSsmtItem *item = g_new (GstSsmtItem, 1);

  *item = (GstSsmtItem) { object, g_get_monotonic_time () };
  if (GST_IS_BUFFER (object))
    self->n_buffers++;
  g_queue_push_tail (&self->items, item);
  g_cond_signal (&self->item_added);
}

/* A query belongs to the thread that waits for it, which takes care of it once
 * it finds it gone. */
static void
free_item (GstSsmtItem * item)
{
  if (!GST_IS_QUERY (item->object))
    gst_mini_object_unref (item->object);
  g_free (item);
}

/* Takes item n out. */
GstSsmtItem *
gst_ssm_translate_dequeue (GstSsmTranslate * self, guint n)
{
  GstSsmtItem *item = g_queue_pop_nth (&self->items, n);

  if (GST_IS_BUFFER (item->object))
    self->n_buffers--;
  return item;
}

static gint
find_query (GstSsmTranslate * self, GstQuery * query)
{
  gint n = 0;

  for (GList * link = self->items.head; link; link = link->next, n++) {
    if (((GstSsmtItem *) link->data)->object == GST_MINI_OBJECT_CAST (query))
      return n;
  }
  return -1;
}

/* Sticky events describe the stream and survive a flush; segment and EOS are positions in it. */
static gboolean
survives_flush (GstMiniObject * item)
{
  return GST_IS_EVENT (item) && GST_EVENT_IS_STICKY (item)
      && GST_EVENT_TYPE (item) != GST_EVENT_SEGMENT
      && GST_EVENT_TYPE (item) != GST_EVENT_EOS;
}

void
gst_ssm_translate_drop_items (GstSsmTranslate * self, gboolean all)
{
  guint n = self->items.length;

  while (n-- > 0) {
    GstSsmtItem *item = g_queue_pop_head (&self->items);

    if (!all && survives_flush (item->object))
      g_queue_push_tail (&self->items, item);
    else
      free_item (item);
  }
  self->n_buffers = 0;
  g_cond_broadcast (&self->item_removed);
  g_cond_broadcast (&self->query_done);
}

/* Forgets what the task has taken and not pushed. The task does not run, or is the caller. */
void
gst_ssm_translate_drop_waiting (GstSsmTranslate * self)
{
  gst_ssm_translate_drop_held (self);
  gst_ssm_translate_drop_partial (self);
  if (self->flushed)
    gst_ssm_translate_forget_segment (self);
  self->flushed = FALSE;
}

/* Makes everyone who waits or translates give up. */
void
gst_ssm_translate_start_flushing (GstSsmTranslate * self)
{
  self->flow = GST_FLOW_FLUSHING;
  g_cancellable_cancel (self->cancellable);
  g_cond_broadcast (&self->item_added);
  g_cond_broadcast (&self->item_removed);
  g_cond_broadcast (&self->query_done);
}

void
gst_ssm_translate_stop_flushing (GstSsmTranslate * self)
{
  self->flow = GST_FLOW_OK;
  self->eos = FALSE;
  self->unexpected = FALSE;
  self->wants_reset = TRUE;
  g_object_unref (self->cancellable);
  self->cancellable = g_cancellable_new ();
}

gboolean
gst_ssm_translate_start_task (GstSsmTranslate * self)
{
  return gst_pad_start_task (self->srcpad,
      (GstTaskFunction) gst_ssm_translate_loop, self->srcpad, NULL);
}

/* Downstream takes no more of this segment: forgets everything up to what
 * begins something new, but for what still describes the stream then. Without
 * that, upstream is told. */
void
gst_ssm_translate_skip_to_new_segment (GstSsmTranslate * self)
{
  GstSsmtItem *item;
  guint n = 0;

  while ((item = g_queue_peek_nth (&self->items, n))) {
    if (GST_IS_EVENT (item->object)
        && (GST_EVENT_TYPE (item->object) == GST_EVENT_EOS
            || GST_EVENT_TYPE (item->object) == GST_EVENT_SEGMENT
            || GST_EVENT_TYPE (item->object) == GST_EVENT_STREAM_START))
      break;
    if (survives_flush (item->object))
      n++;
    else
      free_item (gst_ssm_translate_dequeue (self, n));
  }
  self->unexpected = item == NULL;
  g_cond_broadcast (&self->item_removed);
  g_cond_broadcast (&self->query_done);
}

/* --- asked by the element -------------------------------------------------- */

/* The next cue that is taken out begins a document. */
void
gst_ssm_translate_queue_reset (GstSsmTranslate * self)
{
  g_mutex_lock (&self->lock);
  self->wants_reset = TRUE;
  g_mutex_unlock (&self->lock);
}

void
gst_ssm_translate_queue_set_playing (GstSsmTranslate * self, gboolean playing)
{
  GST_OBJECT_LOCK (self);
  self->playing = playing;
  GST_OBJECT_UNLOCK (self);
  g_mutex_lock (&self->lock);
  g_cond_broadcast (&self->item_added);
  g_mutex_unlock (&self->lock);
}

guint
gst_ssm_translate_queue_count (GstSsmTranslate * self)
{
  guint n;

  g_mutex_lock (&self->lock);
  n = self->n_buffers;
  g_mutex_unlock (&self->lock);
  return n;
}

/* An interim text is worth nothing once the next one is there. */
static void
drop_interim_tail (GstSsmTranslate * self)
{
  GstSsmtItem *last = g_queue_peek_tail (&self->items);

  if (last && GST_IS_BUFFER (last->object)
      && gst_ssm_translate_is_interim (GST_BUFFER_CAST (last->object)))
    free_item (gst_ssm_translate_dequeue (self, self->items.length - 1));
}

/* Takes the buffer, and forgets it where there is no room: nobody may wait here. */
void
gst_ssm_translate_queue_add_interim (GstSsmTranslate * self,
    GstBuffer * buffer)
{
  g_mutex_lock (&self->lock);
  drop_interim_tail (self);
  if (self->flow == GST_FLOW_OK && !self->eos && !self->unexpected
      && self->n_buffers < MAX_BUFFERS && self->items.length < MAX_ITEMS)
    enqueue (self, GST_MINI_OBJECT_CAST (g_steal_pointer (&buffer)));
  g_mutex_unlock (&self->lock);
  gst_clear_buffer (&buffer);
}

static gboolean
can_join (GstMiniObject * object)
{
  return GST_IS_BUFFER (object)
      && !gst_ssm_translate_is_interim (GST_BUFFER_CAST (object))
      && !GST_BUFFER_FLAG_IS_SET (object, GST_BUFFER_FLAG_DISCONT)
      && gst_buffer_get_size (GST_BUFFER_CAST (object)) > 0;
}

/* Takes the cues out that wait, up to anything but gaps; gaps between them are
 * in the past by then. The items are the caller's, their buffers too. */
GPtrArray *
gst_ssm_translate_queue_take_cues (GstSsmTranslate * self)
{
  GPtrArray *cues = g_ptr_array_new_with_free_func (g_free);
  GstSsmtItem *item;
  guint n = 0;

  g_mutex_lock (&self->lock);
  while (self->flow == GST_FLOW_OK && !self->wants_reset
      && (item = g_queue_peek_nth (&self->items, n))) {
    if (GST_IS_EVENT (item->object)
        && GST_EVENT_TYPE (item->object) == GST_EVENT_GAP) {
      n++;
      continue;
    }
    if (!can_join (item->object))
      break;
    g_ptr_array_add (cues, gst_ssm_translate_dequeue (self, n));
    while (n > 0)
      free_item (gst_ssm_translate_dequeue (self, --n));
  }
  g_cond_broadcast (&self->item_removed);
  g_mutex_unlock (&self->lock);
  return cues;
}

/* --- from upstream ------------------------------------------------------- */

GstFlowReturn
gst_ssm_translate_chain (GstPad * pad, GstObject * parent, GstBuffer * buffer)
{
  GstSsmTranslate *self = GST_SSM_TRANSLATE (parent);
  GstFlowReturn ret;

  g_mutex_lock (&self->lock);
  while (self->flow == GST_FLOW_OK && !self->eos && !self->unexpected
      && (self->n_buffers >= MAX_BUFFERS || self->items.length >= MAX_ITEMS))
    g_cond_wait (&self->item_removed, &self->lock);
  if (self->flow != GST_FLOW_OK || self->eos || self->unexpected)
    goto refuse;
  if (gst_ssm_translate_is_interim (buffer))
    drop_interim_tail (self);
  enqueue (self, GST_MINI_OBJECT_CAST (buffer));
  g_mutex_unlock (&self->lock);
  return GST_FLOW_OK;

  /* ERRORS */
refuse:
  {
    ret = self->flow != GST_FLOW_OK ? self->flow : GST_FLOW_EOS;
    g_mutex_unlock (&self->lock);
    GST_LOG_OBJECT (self, "refusing buffer: %s", gst_flow_get_name (ret));
    gst_buffer_unref (buffer);
    return ret;
  }
}

static GstFlowReturn
handle_flush_start (GstSsmTranslate * self, GstEvent * event)
{
  gst_pad_push_event (self->srcpad, event);

  g_mutex_lock (&self->lock);
  gst_ssm_translate_start_flushing (self);
  self->n_stopping++;
  g_mutex_unlock (&self->lock);
  /* waits for the task, which has nothing to wait for now */
  gst_pad_pause_task (self->srcpad);
  g_mutex_lock (&self->lock);
  self->n_stopping--;
  g_mutex_unlock (&self->lock);
  return GST_FLOW_OK;
}

static GstFlowReturn
handle_flush_stop (GstSsmTranslate * self, GstEvent * event)
{
  gst_pad_push_event (self->srcpad, event);

  g_mutex_lock (&self->lock);
  gst_ssm_translate_drop_items (self, FALSE);
  /* else on the way to READY: whoever stops the task waits for it to give up */
  if (gst_pad_is_active (self->srcpad)) {
    /* what the task holds it drops itself: another flush may have started it */
    if (self->flow == GST_FLOW_FLUSHING)
      self->flushed = TRUE;
    gst_ssm_translate_stop_flushing (self);
    gst_ssm_translate_start_task (self);
  }
  g_mutex_unlock (&self->lock);
  return GST_FLOW_OK;
}

/* What an event does to the state of the queue when it comes in. FALSE: it
 * cannot go in, because of self->flow or EOS. With the lock. */
static gboolean
accept_event (GstSsmTranslate * self, GstEventType type)
{
  gboolean begins = type == GST_EVENT_STREAM_START
      || type == GST_EVENT_SEGMENT;

  if (begins) {
    self->unexpected = FALSE;
    if (self->flow == GST_FLOW_EOS || self->eos) {
      /* the task rests, or will when it has pushed the EOS before this one */
      if (self->flow == GST_FLOW_EOS)
        self->flow = GST_FLOW_OK;
      self->eos = FALSE;
      if (self->flow == GST_FLOW_OK && gst_pad_is_active (self->srcpad))
        gst_ssm_translate_start_task (self);
    }
  }
  if (self->eos)
    return FALSE;
  /* A sticky event is no place to report an error: the next buffer is. After EOS
   * there is none. */
  return self->flow == GST_FLOW_OK || (gst_event_type_get_flags (type)
      & GST_EVENT_TYPE_STICKY && type != GST_EVENT_EOS
      && self->flow != GST_FLOW_FLUSHING);
}

static GstFlowReturn
queue_event (GstSsmTranslate * self, GstEvent * event)
{
  GstEventType type = GST_EVENT_TYPE (event);
  GstFlowReturn ret;
  gboolean post;

  g_mutex_lock (&self->lock);
  while (self->flow == GST_FLOW_OK && !self->eos
      && self->items.length >= MAX_ITEMS)
    g_cond_wait (&self->item_removed, &self->lock);
  if (!accept_event (self, type))
    goto refuse;
  enqueue (self, GST_MINI_OBJECT_CAST (event));
  if (type == GST_EVENT_EOS)
    self->eos = TRUE;
  g_mutex_unlock (&self->lock);
  return GST_FLOW_OK;

  /* ERRORS */
refuse:
  {
    ret = self->flow != GST_FLOW_OK ? self->flow : GST_FLOW_EOS;
    post = type == GST_EVENT_EOS && !self->eos
        && (ret == GST_FLOW_NOT_LINKED || ret < GST_FLOW_EOS);
    g_mutex_unlock (&self->lock);
    GST_LOG_OBJECT (self, "refusing %s event: %s",
        gst_event_type_get_name (type), gst_flow_get_name (ret));
    if (post)
      GST_ELEMENT_FLOW_ERROR (self, ret);
    gst_event_unref (event);
    return ret;
  }
}

GstFlowReturn
gst_ssm_translate_sink_event (GstPad * pad, GstObject * parent,
    GstEvent * event)
{
  GstSsmTranslate *self = GST_SSM_TRANSLATE (parent);

  GST_LOG_OBJECT (self, "%" GST_PTR_FORMAT, event);
  if (GST_EVENT_TYPE (event) == GST_EVENT_FLUSH_START)
    return handle_flush_start (self, event);
  if (GST_EVENT_TYPE (event) == GST_EVENT_FLUSH_STOP)
    return handle_flush_stop (self, event);
  if (GST_EVENT_IS_SERIALIZED (event))
    return queue_event (self, event);
  return gst_pad_push_event (self->srcpad, event) ? GST_FLOW_OK
      : GST_FLOW_ERROR;
}

/* Waits until the task has asked `query` downstream. */
gboolean
gst_ssm_translate_serialized_query (GstSsmTranslate * self, GstQuery * query)
{
  gboolean result = FALSE;
  gint n;

  g_mutex_lock (&self->lock);
  if (self->flow != GST_FLOW_OK || self->eos || self->unexpected)
    goto refuse;
  self->query_result = FALSE;
  enqueue (self, GST_MINI_OBJECT_CAST (query));
  while (self->running_query == query
      || (self->flow == GST_FLOW_OK && find_query (self, query) >= 0))
    g_cond_wait (&self->query_done, &self->lock);
  /* the flow is not OK any more and the task has not come to it */
  n = find_query (self, query);
  if (n >= 0)
    free_item (gst_ssm_translate_dequeue (self, n));
  else
    result = self->query_result;
  g_mutex_unlock (&self->lock);
  return result;

  /* ERRORS */
refuse:
  {
    g_mutex_unlock (&self->lock);
    GST_DEBUG_OBJECT (self, "refusing %" GST_PTR_FORMAT, query);
    return FALSE;
  }
}

/* --- from downstream ----------------------------------------------------- */

gboolean
gst_ssm_translate_src_event (GstPad * pad, GstObject * parent, GstEvent * event)
{
  GstSsmTranslate *self = GST_SSM_TRANSLATE (parent);

  if (GST_EVENT_TYPE (event) == GST_EVENT_RECONFIGURE) {
    g_mutex_lock (&self->lock);
    if (self->flow == GST_FLOW_NOT_LINKED) {
      self->flow = GST_FLOW_OK;
      gst_ssm_translate_start_task (self);
    }
    g_mutex_unlock (&self->lock);
  }
  return gst_pad_event_default (pad, parent, event);
}

/* --- activation ----------------------------------------------------------- */

gboolean
gst_ssm_translate_sink_activate_mode (GstPad * pad, GstObject * parent,
    GstPadMode mode, gboolean active)
{
  GstSsmTranslate *self = GST_SSM_TRANSLATE (parent);

  if (mode != GST_PAD_MODE_PUSH)
    return FALSE;

  g_mutex_lock (&self->lock);
  if (active) {
    gst_ssm_translate_stop_flushing (self);
    g_mutex_unlock (&self->lock);
    return TRUE;
  }
  gst_ssm_translate_start_flushing (self);
  g_mutex_unlock (&self->lock);

  GST_PAD_STREAM_LOCK (pad);
  g_mutex_lock (&self->lock);
  gst_ssm_translate_drop_items (self, TRUE);
  g_mutex_unlock (&self->lock);
  GST_PAD_STREAM_UNLOCK (pad);
  return TRUE;
}

gboolean
gst_ssm_translate_src_activate_mode (GstPad * pad, GstObject * parent,
    GstPadMode mode, gboolean active)
{
  GstSsmTranslate *self = GST_SSM_TRANSLATE (parent);
  gboolean ret;

  if (mode != GST_PAD_MODE_PUSH)
    return FALSE;

  g_mutex_lock (&self->lock);
  if (active) {
    gst_ssm_translate_stop_flushing (self);
    ret = gst_ssm_translate_start_task (self);
    g_mutex_unlock (&self->lock);
    return ret;
  }
  gst_ssm_translate_start_flushing (self);
  self->n_stopping++;
  g_mutex_unlock (&self->lock);

  ret = gst_pad_stop_task (pad);
  g_mutex_lock (&self->lock);
  self->n_stopping--;
  gst_ssm_translate_drop_items (self, TRUE);
  gst_ssm_translate_drop_waiting (self);
  g_mutex_unlock (&self->lock);
  return ret;
}
