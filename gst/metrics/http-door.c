/* ssmtranslate: where connections come in
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "http-door.h"

#include <gio/gnetworking.h>

/* Of a server, and of the address of whoever comes. */
#define DOOR "ssmt-http-door"
#define SOCKET "ssmt-http-socket"
/* Seconds that a connection may say nothing. */
#define SOCKET_TIMEOUT 60
/* Connections that may wait to be taken. */
#define BACKLOG 128
/* Where there is no file descriptor left. */
#define RETRY_AFTER 1000 /* ms */

typedef struct {
  SoupServer *soup; /* whose this is */
  GSocket *socket;
  GSource *source; /* NULL: none */
} Door;

static void wait_for_connections (Door *door);

static void
set_source (Door *door, GSource *source)
{
  if (door->source) {
    g_source_destroy (door->source);
    g_source_unref (door->source);
  }
  door->source = source;
  if (source)
    g_source_attach (source, g_main_context_get_thread_default ());
}

static void
door_free (gpointer data)
{
  Door *door = data;

  set_source (door, NULL);
  g_socket_close (door->socket, NULL);
  g_object_unref (door->socket);
  g_free (door);
}

/* --- who comes ----------------------------------------------------------------- */

static void
let_in (Door *door, GSocket *socket)
{
  g_autoptr (GSocketConnection) connection = g_socket_connection_factory_create_connection (socket);
  g_autoptr (GSocketAddress) local = g_socket_get_local_address (socket, NULL);
  g_autoptr (GSocketAddress) remote = g_socket_get_remote_address (socket, NULL);

  /* gone already */
  if (!local || !remote)
    return;
  g_socket_set_timeout (socket, SOCKET_TIMEOUT);
  g_socket_set_option (socket, IPPROTO_TCP, TCP_NODELAY, TRUE, NULL);
  /* what libsoup does not tell of a connection that it has not taken itself */
  g_object_set_data_full (G_OBJECT (remote), SOCKET, g_object_ref (socket), g_object_unref);
  soup_server_accept_iostream (door->soup, G_IO_STREAM (connection), local, remote, NULL);
}

static gboolean
go_on (gpointer door)
{
  wait_for_connections (door);
  return G_SOURCE_REMOVE;
}

static gboolean
connection_comes (GSocket *socket, GIOCondition condition, gpointer data)
{
  Door *door = data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GSocket) accepted = g_socket_accept (socket, NULL, &error);
  GSource *later;

  if (accepted)
    let_in (door, accepted);
  if (accepted || g_error_matches (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK))
    return G_SOURCE_CONTINUE;
  later = g_timeout_source_new (RETRY_AFTER);
  g_source_set_callback (later, go_on, door, NULL);
  set_source (door, later);
  return G_SOURCE_REMOVE;
}

static void
wait_for_connections (Door *door)
{
  GSource *source = g_socket_create_source (door->socket, G_IO_IN, NULL);

  g_source_set_callback (source, G_SOURCE_FUNC (connection_comes), door, NULL);
  set_source (door, source);
}

/* --- the door ------------------------------------------------------------------- */

gboolean
http_door_open (SoupServer *soup, GInetAddress *address, guint port, GError **error)
{
  g_autoptr (GSocketAddress) at = g_inet_socket_address_new (address, port);
  g_autoptr (GSocket) socket = g_socket_new (
      g_inet_address_get_family (address), G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_TCP, error);
  Door *door;

  if (!socket)
    return FALSE;
  g_socket_set_listen_backlog (socket, BACKLOG);
  if (!g_socket_bind (socket, at, TRUE, error) || !g_socket_listen (socket, error))
    return FALSE;
  g_socket_set_blocking (socket, FALSE);
  door = g_new0 (Door, 1);
  door->soup = soup;
  door->socket = g_steal_pointer (&socket);
  g_object_set_data_full (G_OBJECT (soup), DOOR, door, door_free);
  wait_for_connections (door);
  return TRUE;
}

GSocketAddress *
http_door_get_address (SoupServer *soup)
{
  Door *door = g_object_get_data (G_OBJECT (soup), DOOR);

  return g_socket_get_local_address (door->socket, NULL);
}

GSocket *
http_door_get_socket (SoupServerMessage *message)
{
  GSocketAddress *remote = soup_server_message_get_remote_address (message);

  return remote ? g_object_get_data (G_OBJECT (remote), SOCKET) : NULL;
}
