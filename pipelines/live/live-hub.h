/* ssmt-live: the captions that are shown
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Each stream (the source, each language) is a list of lines, of which the last may still grow. Each change of
 * a line has a number; a reader is told of all lines that changed behind the number it knows, each as it is now.
 * So whoever reads slowly is told less often, and nothing waits for anybody. The last lines are kept, and no
 * more: whoever was away for longer goes on with them. Any thread may call any function.
 */
#ifndef LIVE_HUB_H
#define LIVE_HUB_H

#include <glib.h>

G_BEGIN_DECLS

/* Lines that are kept, of a stream. */
#define LIVE_HUB_LINES 100
/* Bytes of a line at most. */
#define LIVE_HUB_LINE_BYTES 16384

#define LIVE_HUB_NO_TIME (-1.0)

typedef struct _LiveHub LiveHub;

/* What a reader has been told. */
typedef struct {
  guint64 change; /* of lines; 0: nothing */
  guint64 state;  /* of streams and status; 0: nothing */
} LiveReader;

/* From any thread, with nothing locked: readers have something to read. */
typedef void (*LiveHubFunc) (gpointer data);

LiveHub *live_hub_new (LiveHubFunc changed, gpointer data);
void live_hub_free (LiveHub *hub);

/* --- what is shown -------------------------------------------------------- */

/* Before anybody reads. The first is the source. Returns its number. */
guint live_hub_add_stream (LiveHub *hub, const char *id, const char *language);
void live_hub_set_language (LiveHub *hub, guint stream, const char *language);
/* state: "playing", "ended" or "error"; the first error stays. */
void live_hub_set_status (LiveHub *hub, const char *state, const char *message);

/* When a line is said, seconds; `place` is where it is in the pipeline's time, by which a translation
 * finds its source. */
typedef struct {
  double place, start, end;
} LiveTime;

/* The stream's last line is this: `committed`, then `tail`, which may still change. `is_final`: the next call is
 * about another line. A line without text is taken back. A translation has the times of its source. */
void live_hub_show (LiveHub *hub, guint stream, const char *committed, const char *tail,
    gboolean is_final, const LiveTime *time);

/* --- readers -------------------------------------------------------------- */

/* A reader that knows all up to `last_id`, the id of an event; NULL, or not of this hub: that knows nothing. */
LiveReader live_hub_get_reader (LiveHub *hub, const char *last_id);
/* Server-sent events of what has changed, of some 64 kB at most; NULL: nothing has. */
char *live_hub_read (LiveHub *hub, LiveReader *reader);

G_END_DECLS

#endif /* LIVE_HUB_H */
