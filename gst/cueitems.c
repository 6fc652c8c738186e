/* ssmtranslate: what waits in a queue
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "cueitems.h"
#include "cue.h"

void
cue_items_add (CueItems *items, GstMiniObject *object)
{
  CueItem *item = g_new (CueItem, 1);

  *item = (CueItem){ object, g_get_monotonic_time () };
  if (GST_IS_BUFFER (object))
    items->n_buffers++;
  g_queue_push_tail (&items->list, item);
}

const CueItem *
cue_items_peek (const CueItems *items, guint n)
{
  return g_queue_peek_nth ((GQueue *) &items->list, n);
}

CueItem *
cue_items_take (CueItems *items, guint n)
{
  CueItem *item = g_queue_pop_nth (&items->list, n);

  if (GST_IS_BUFFER (item->object))
    items->n_buffers--;
  return item;
}

gint
cue_items_find_query (const CueItems *items, GstQuery *query)
{
  gint n = 0;

  for (GList *link = items->list.head; link; link = link->next, n++) {
    if (((CueItem *) link->data)->object == GST_MINI_OBJECT_CAST (query))
      return n;
  }
  return -1;
}

/* --- putting aside ----------------------------------------------------------- */

static void
item_free (gpointer data)
{
  CueItem *item = data;

  gst_mini_object_unref (item->object);
  g_free (item);
}

void
cue_items_free_aside (GQueue *aside)
{
  g_queue_clear_full (aside, item_free);
}

/* Who asks a query goes on with it as soon as it is gone. */
static void
put_aside (CueItem *item, GQueue *aside)
{
  if (GST_IS_QUERY (item->object))
    g_free (item);
  else
    g_queue_push_tail (aside, item);
}

/* Segment and EOS are positions in the stream. */
static gboolean
survives_flush (GstMiniObject *object)
{
  return GST_IS_EVENT (object) && GST_EVENT_IS_STICKY (object)
      && GST_EVENT_TYPE (object) != GST_EVENT_SEGMENT && GST_EVENT_TYPE (object) != GST_EVENT_EOS;
}

void
cue_items_drop (CueItems *items, gboolean all, GQueue *aside)
{
  guint n = items->list.length;

  while (n-- > 0) {
    CueItem *item = cue_items_take (items, 0);

    if (!all && survives_flush (item->object))
      g_queue_push_tail (&items->list, item);
    else
      put_aside (item, aside);
  }
}

static gboolean
begins_something (GstMiniObject *object)
{
  return GST_IS_EVENT (object)
      && (GST_EVENT_TYPE (object) == GST_EVENT_EOS || GST_EVENT_TYPE (object) == GST_EVENT_SEGMENT
          || GST_EVENT_TYPE (object) == GST_EVENT_STREAM_START);
}

gboolean
cue_items_skip_segment (CueItems *items, GQueue *aside)
{
  const CueItem *item;
  guint n = 0;

  while ((item = cue_items_peek (items, n)) && !begins_something (item->object)) {
    if (survives_flush (item->object))
      n++;
    else
      put_aside (cue_items_take (items, n), aside);
  }
  return item != NULL;
}

void
cue_items_drop_interim_tail (CueItems *items, GQueue *aside)
{
  const CueItem *last = g_queue_peek_tail (&items->list);

  if (last && GST_IS_BUFFER (last->object) && cue_is_interim (GST_BUFFER_CAST (last->object)))
    put_aside (cue_items_take (items, items->list.length - 1), aside);
}

/* --- joining ------------------------------------------------------------------- */

static gboolean
can_join (GstMiniObject *object)
{
  return GST_IS_BUFFER (object) && !cue_is_interim (GST_BUFFER_CAST (object))
      && !GST_BUFFER_FLAG_IS_SET (object, GST_BUFFER_FLAG_DISCONT)
      && gst_buffer_get_size (GST_BUFFER_CAST (object)) > 0;
}

GPtrArray *
cue_items_take_cues (CueItems *items, GQueue *aside)
{
  GPtrArray *cues = g_ptr_array_new_with_free_func ((GDestroyNotify) gst_buffer_unref);
  const CueItem *item;
  guint n = 0;

  while ((item = cue_items_peek (items, n))) {
    if (GST_IS_EVENT (item->object) && GST_EVENT_TYPE (item->object) == GST_EVENT_GAP) {
      n++;
      continue;
    }
    if (!can_join (item->object))
      break;
    g_ptr_array_add (cues, item->object);
    g_free (cue_items_take (items, n));
    while (n > 0)
      put_aside (cue_items_take (items, --n), aside);
  }
  return cues;
}
