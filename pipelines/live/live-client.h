/* ssmt-live: somebody who reads events
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef LIVE_CLIENT_H
#define LIVE_CLIENT_H

#include <libsoup/soup.h>

#include "live-hub.h"

G_BEGIN_DECLS

typedef struct _LiveClient LiveClient;

/* In the main loop: the client has gone, and may be freed. */
typedef void (*LiveClientFunc) (LiveClient *client, gpointer data);

LiveClient *live_client_new (
    SoupServerMessage *message, LiveHub *hub, LiveClientFunc gone, gpointer data);
/* Tells it what is new, unless it still has to read what it was told before. */
void live_client_update (LiveClient *client);
/* Now and then: one that does not read is cut off. */
void live_client_look_after (LiveClient *client);
/* Its events end. */
void live_client_finish (LiveClient *client);
void live_client_free (LiveClient *client);

G_END_DECLS

#endif /* LIVE_CLIENT_H */
