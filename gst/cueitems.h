/* ssmtranslate: what waits in a queue
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The list alone, without a lock. Whoever takes items out for nothing puts them aside, to be freed where no
 * lock is held.
 */
#ifndef CUE_ITEMS_H
#define CUE_ITEMS_H

#include <gst/gst.h>

G_BEGIN_DECLS

typedef struct {
  GstMiniObject *object; /* a buffer, a serialized event; a query belongs to who asks it */
  gint64 arrival;        /* monotonic time, us */
} CueItem;

typedef struct {
  GQueue list;     /* of CueItem */
  guint n_buffers; /* among them */
} CueItems;

/* Takes the object, unless it is a query. */
void cue_items_add (CueItems *items, GstMiniObject *object);
/* NULL: there are not so many. */
const CueItem *cue_items_peek (const CueItems *items, guint n);
/* Takes item n out; g_free() it. */
CueItem *cue_items_take (CueItems *items, guint n);
/* -1: it is not there. */
gint cue_items_find_query (const CueItems *items, GstQuery *query);

/* Puts aside what a flush forgets: all, or all but sticky events, which describe the stream. */
void cue_items_drop (CueItems *items, gboolean all, GQueue *aside);
/* Puts aside what stands before a segment, stream or EOS, but for sticky events. FALSE: there is none. */
gboolean cue_items_skip_segment (CueItems *items, GQueue *aside);
/* Puts an interim text at the end aside: it is worth nothing once the next one is there. */
void cue_items_drop_interim_tail (CueItems *items, GQueue *aside);
/* Takes the cues out that can be joined, up to anything but gaps; puts gaps between them aside. Returns
 * (element-type GstBuffer). */
GPtrArray *cue_items_take_cues (CueItems *items, GQueue *aside);

void cue_items_free_aside (GQueue *aside);

G_END_DECLS

#endif /* CUE_ITEMS_H */
