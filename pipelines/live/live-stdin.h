/* ssmt-live: what a recogniser writes into standard input
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef LIVE_STDIN_H
#define LIVE_STDIN_H

#include <gst/gst.h>

G_BEGIN_DECLS

typedef struct _LiveStdin LiveStdin;

/* A thread reads, and pushes into `source`, an appsrc, until the end, which is that of the stream. */
LiveStdin *live_stdin_new (GstElement *source);
/* It ends; the pipeline has stopped, so that nobody waits in it. */
void live_stdin_free (LiveStdin *self);

G_END_DECLS

#endif /* LIVE_STDIN_H */
