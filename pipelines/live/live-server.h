/* ssmt-live: the page and its events, over HTTP
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 *   GET /         the page
 *   GET /events   server-sent events of the hub, until one of both ends
 *
 * and nothing else. In the main loop.
 */
#ifndef LIVE_SERVER_H
#define LIVE_SERVER_H

#include <gio/gio.h>

#include "live-hub.h"

G_BEGIN_DECLS

typedef struct _LiveServer LiveServer;

/* Port 0: one that is free. NULL: *error. */
LiveServer *live_server_new (LiveHub *hub, const char *address, guint port, GError **error);
/* As browsers want it. */
char *live_server_dup_uri (LiveServer *server);
/* Whether others than this machine can read. */
gboolean live_server_is_public (LiveServer *server);
/* The hub has changed. */
void live_server_update (LiveServer *server);
void live_server_free (LiveServer *server);

G_END_DECLS

#endif /* LIVE_SERVER_H */
