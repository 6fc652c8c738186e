/* ssmtranslate: where connections come in
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * libsoup's own (3.2.3; upstream reads the same) loses a socket's memory with each connection, and takes no more of
 * them once it has found no file descriptor: nothing for a program that runs for years.
 */
#ifndef HTTP_DOOR_H
#define HTTP_DOOR_H

#include <libsoup/soup.h>

G_BEGIN_DECLS

/* Takes connections for the server, in the main context of this thread, until that is freed. Once a server. */
gboolean http_door_open (SoupServer *soup, GInetAddress *address, guint port, GError **error);
/* Of a server with an open door: where it is. */
GSocketAddress *http_door_get_address (SoupServer *soup);
/* Of a message that came in by a door. */
GSocket *http_door_get_socket (SoupServerMessage *message);

G_END_DECLS

#endif /* HTTP_DOOR_H */
