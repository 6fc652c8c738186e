/* ssmtranslate: the element's task
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Takes what waits in the queue, in order, and pushes what becomes of it, one item a
 * turn. Where the flow is not OK it rests until somebody starts it again.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstssmtranslate.h"

#define GST_CAT_DEFAULT gst_ssm_translate_debug

/* Text that is stamped with the time waits until time runs. */
static gboolean
must_wait (GstSsmTranslate * self)
{
  GstSsmtItem *item = g_queue_peek_head (&self->items);
  gboolean waits;

  if (!item)
    return TRUE;
  if (!GST_IS_BUFFER (item->object))
    return FALSE;
  GST_OBJECT_LOCK (self);
  waits = self->settings.latency == GST_SSMT_UNSYNCHRONISED && !self->playing;
  GST_OBJECT_UNLOCK (self);
  return waits;
}

typedef enum {
  WAIT_READY,                   /* an item, or the flow is not OK */
  WAIT_TIMEOUT,                 /* what is held has waited long enough */
  WAIT_INTERRUPTED              /* somebody pauses or stops the task */
} WaitResult;

/* Waits for something to do, with the lock held. The flow may be OK again before the task
 * has seen that it was not, by a pad that is activated or a flush that ends. */
static WaitResult
wait_for_item (GstSsmTranslate * self)
{
  for (;;) {
    if (self->flushed)
      gst_ssm_translate_drop_waiting (self);
    if (self->flow != GST_FLOW_OK || !must_wait (self))
      return WAIT_READY;
    if (self->n_stopping > 0)
      return WAIT_INTERRUPTED;
    if (self->held->len == 0)
      g_cond_wait (&self->item_added, &self->lock);
    else if (!g_cond_wait_until (&self->item_added, &self->lock,
            self->hold_until) && !self->flushed)
      return self->flow != GST_FLOW_OK || !must_wait (self) ? WAIT_READY
          : WAIT_TIMEOUT;
  }
}

/* Takes the next item out, with the lock held. */
static GstSsmtItem *
take_item (GstSsmTranslate * self)
{
  GstSsmtItem *item;

  item = gst_ssm_translate_dequeue (self, 0);
  if (GST_IS_QUERY (item->object))
    self->running_query = GST_QUERY_CAST (item->object);
  g_cond_broadcast (&self->item_removed);
  return item;
}

static GstEventType
get_event_type (GstSsmtItem * item)
{
  return item && GST_IS_EVENT (item->object) ? GST_EVENT_TYPE (item->object)
      : GST_EVENT_UNKNOWN;
}

static GstFlowReturn
push_item (GstSsmTranslate * self, GstSsmtItem * item, gboolean reset,
    GCancellable * cancellable, gboolean * query_result)
{
  GstFlowReturn ret;

  if (!item)
    return gst_ssm_translate_push_held (self, cancellable);
  if (GST_IS_BUFFER (item->object))
    return gst_ssm_translate_push_cue (self, item, reset, cancellable);
  if (GST_IS_EVENT (item->object))
    return gst_ssm_translate_push_event (self, GST_EVENT_CAST (item->object),
        cancellable);
  ret = gst_ssm_translate_push_held (self, cancellable);
  *query_result = gst_pad_peer_query (self->srcpad,
      GST_QUERY_CAST (item->object));
  return ret;
}

void
gst_ssm_translate_loop (GstPad * pad)
{
  GstSsmTranslate *self = GST_SSM_TRANSLATE (GST_PAD_PARENT (pad));
  g_autoptr (GCancellable) cancellable = NULL;
  gboolean query_result = FALSE, reset = FALSE, post;
  GstSsmtItem *item = NULL;
  GstEventType type;
  GstFlowReturn ret;
  WaitResult wait;

  g_mutex_lock (&self->lock);
  wait = wait_for_item (self);
  if (wait == WAIT_INTERRUPTED) {
    g_mutex_unlock (&self->lock);
    return;
  }
  if (self->flow != GST_FLOW_OK)
    goto rest;
  if (wait == WAIT_READY)
    item = take_item (self);
  type = get_event_type (item);
  cancellable = g_object_ref (self->cancellable);
  if (item && GST_IS_BUFFER (item->object)) {
    reset = self->wants_reset;
    self->wants_reset = FALSE;
  }
  g_mutex_unlock (&self->lock);

  ret = push_item (self, item, reset, cancellable, &query_result);
  g_free (item);

  g_mutex_lock (&self->lock);
  if (self->running_query) {
    self->running_query = NULL;
    self->query_result = query_result;
    g_cond_broadcast (&self->query_done);
  }
  if (self->flow != GST_FLOW_OK)
    goto rest;
  if (ret == GST_FLOW_EOS && type != GST_EVENT_EOS) {
    GST_DEBUG_OBJECT (self, "downstream is EOS");
    /* text that was held before an event can be what was refused */
    if (type != GST_EVENT_SEGMENT && type != GST_EVENT_STREAM_START)
      gst_ssm_translate_skip_to_new_segment (self);
    ret = GST_FLOW_OK;
  }
  /* another stream may have begun behind the EOS that was pushed just now */
  if (ret == GST_FLOW_EOS && !g_queue_is_empty (&self->items))
    ret = GST_FLOW_OK;
  self->flow = ret;
  if (ret != GST_FLOW_OK)
    goto rest;
  g_mutex_unlock (&self->lock);
  return;

  /* ERRORS */
rest:
  {
    ret = self->flow;
    GST_DEBUG_OBJECT (self, "task rests: %s", gst_flow_get_name (ret));
    /* under the lock, lest a restart from outside comes before it */
    gst_pad_pause_task (pad);
    if (ret != GST_FLOW_NOT_LINKED && ret != GST_FLOW_EOS)
      gst_ssm_translate_drop_items (self, FALSE);
    gst_ssm_translate_drop_waiting (self);
    g_cond_broadcast (&self->item_removed);
    g_cond_broadcast (&self->query_done);
    /* upstream has sent its last and learns nothing from the chain function */
    post = self->eos && (ret == GST_FLOW_NOT_LINKED || ret < GST_FLOW_EOS);
    g_mutex_unlock (&self->lock);
    if (post) {
      GST_ELEMENT_FLOW_ERROR (self, ret);
      gst_pad_push_event (self->srcpad, gst_event_new_eos ());
    }
    return;
  }
}
