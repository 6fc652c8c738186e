/* ssmt-live: somebody who reads events
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * One chunk is on its way at a time, and the next is made when it has gone: a client costs a chunk and the
 * socket's buffer, however slowly it reads.
 */
#include "live-client.h"

#include <sys/socket.h>

#include "gst/metrics/http-door.h"

/* ms until a browser tries again */
#define RETRY 1000
/* Seconds a chunk may take, and those after which a silent line is tried. */
#define PATIENCE 10
#define SILENCE 15
/* Of the kernel, for a client: it would grow to megabytes by itself. */
#define SOCKET_BYTES 65536

struct _LiveClient {
  SoupServerMessage *message;
  LiveHub *hub;
  LiveClientFunc gone;
  gpointer data;
  LiveReader reader;
  gint64 since; /* when the last chunk was made */
  gboolean is_writing, is_finished;
};

static void
write_chunk (LiveClient *client, char *text)
{
  SoupMessageBody *body = soup_server_message_get_response_body (client->message);

  soup_message_body_append (body, SOUP_MEMORY_TAKE, text, strlen (text));
  client->is_writing = TRUE;
  client->since = g_get_monotonic_time ();
  soup_server_message_unpause (client->message);
}

/* The socket ends; libsoup, which waits to write, finds that out and tells that the message has finished. */
static void
cut_off (LiveClient *client)
{
  GSocket *socket = http_door_get_socket (client->message);

  client->is_finished = TRUE;
  if (socket)
    g_socket_shutdown (socket, TRUE, TRUE, NULL);
}

void
live_client_update (LiveClient *client)
{
  char *text;

  if (client->is_writing || client->is_finished)
    return;
  text = live_hub_read (client->hub, &client->reader);
  if (text)
    write_chunk (client, text);
}

void
live_client_look_after (LiveClient *client)
{
  gint64 age = g_get_monotonic_time () - client->since;

  if (client->is_finished)
    return;
  if (client->is_writing && age > PATIENCE * G_TIME_SPAN_SECOND)
    cut_off (client);
  else if (!client->is_writing && age > SILENCE * G_TIME_SPAN_SECOND)
    write_chunk (client, g_strdup (":\n\n"));
}

void
live_client_finish (LiveClient *client)
{
  if (client->is_finished)
    return;
  client->is_finished = TRUE;
  soup_message_body_complete (soup_server_message_get_response_body (client->message));
  soup_server_message_unpause (client->message);
}

/* --- what libsoup tells --------------------------------------------------- */

static void
wrote_chunk (SoupServerMessage *message, gpointer data)
{
  LiveClient *client = data;

  client->is_writing = FALSE;
  live_client_update (client);
}

static void
finished (SoupServerMessage *message, gpointer data)
{
  LiveClient *client = data;

  client->is_finished = TRUE;
  client->gone (client, client->data);
}

LiveClient *
live_client_new (SoupServerMessage *message, LiveHub *hub, LiveClientFunc gone, gpointer data)
{
  SoupMessageHeaders *request = soup_server_message_get_request_headers (message);
  SoupMessageHeaders *response = soup_server_message_get_response_headers (message);
  GSocket *socket = http_door_get_socket (message);
  LiveClient *client = g_new0 (LiveClient, 1);

  client->message = g_object_ref (message);
  client->hub = hub;
  client->gone = gone;
  client->data = data;
  client->reader =
      live_hub_get_reader (hub, soup_message_headers_get_one (request, "Last-Event-ID"));
  if (socket)
    g_socket_set_option (socket, SOL_SOCKET, SO_SNDBUF, SOCKET_BYTES, NULL);

  soup_server_message_set_status (message, SOUP_STATUS_OK, NULL);
  soup_message_headers_set_content_type (response, "text/event-stream", NULL);
  soup_message_headers_set_encoding (response, SOUP_ENCODING_CHUNKED);
  soup_message_body_set_accumulate (soup_server_message_get_response_body (message), FALSE);
  g_signal_connect (message, "wrote-chunk", G_CALLBACK (wrote_chunk), client);
  g_signal_connect (message, "finished", G_CALLBACK (finished), client);
  write_chunk (client, g_strdup_printf ("retry: %d\n\n", RETRY));
  return client;
}

void
live_client_free (LiveClient *client)
{
  g_signal_handlers_disconnect_by_data (client->message, client);
  g_object_unref (client->message);
  g_free (client);
}
