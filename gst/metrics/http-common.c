/* ssmtranslate: what a small HTTP server of ours says to strangers
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "http-common.h"

#include <string.h>

#include "http-door.h"

void
http_answer (SoupServerMessage *message, guint status, const char *text)
{
  soup_server_message_set_status (message, status, NULL);
  soup_server_message_set_response (
      message, "text/plain; charset=utf-8", SOUP_MEMORY_COPY, text, strlen (text));
}

/* --- who is let in --------------------------------------------------------- */

/* A page of somebody else's whose name suddenly means this machine is not to read along. */
static gboolean
names_this_machine (SoupServerMessage *message)
{
  const char *host =
      soup_message_headers_get_one (soup_server_message_get_request_headers (message), "Host");
  g_autofree char *uri = host ? g_strconcat ("http://", host, "/", NULL) : NULL;
  g_autoptr (GUri) parsed = uri ? g_uri_parse (uri, G_URI_FLAGS_NONE, NULL) : NULL;
  g_autoptr (GInetAddress) address = NULL;

  if (!host)
    return TRUE;
  if (!parsed || !g_uri_get_host (parsed))
    return FALSE;
  address = g_inet_address_new_from_string (g_uri_get_host (parsed));
  return address ? g_inet_address_get_is_loopback (address)
                 : g_ascii_strcasecmp (g_uri_get_host (parsed), "localhost") == 0;
}

static gboolean
has_body (SoupServerMessage *message)
{
  SoupMessageHeaders *headers = soup_server_message_get_request_headers (message);

  return soup_message_headers_get_one (headers, "Transfer-Encoding")
      || soup_message_headers_get_content_length (headers) > 0;
}

/* libsoup would read a body to its end before it answers, and nobody wants it. */
static void
refuse_body (SoupServerMessage *message, const char *status)
{
  GSocket *socket = http_door_get_socket (message);
  g_autofree char *text = g_strdup_printf (
      "HTTP/1.1 %s\r\nAllow: GET, HEAD\r\nConnection: close\r\nContent-Length: 0\r\n\r\n", status);

  soup_message_body_set_accumulate (soup_server_message_get_request_body (message), FALSE);
  soup_server_message_set_status (message, SOUP_STATUS_METHOD_NOT_ALLOWED, NULL);
  if (!socket)
    return;
  g_socket_send_with_blocking (socket, text, strlen (text), FALSE, NULL, NULL);
  g_socket_shutdown (socket, TRUE, TRUE, NULL);
}

/* What is asked for is not known yet. */
static void
request_begins (SoupServer *soup, SoupServerMessage *message, const char *path, GHashTable *query,
    gpointer is_public)
{
  const char *method = soup_server_message_get_method (message);
  SoupMessageHeaders *headers = soup_server_message_get_response_headers (message);
  gboolean reads = strcmp (method, "GET") == 0 || strcmp (method, "HEAD") == 0;

  soup_message_headers_append (headers, "Cache-Control", "no-store");
  soup_message_headers_append (headers, "X-Content-Type-Options", "nosniff");
  soup_message_headers_append (headers, "Referrer-Policy", "no-referrer");
  if (has_body (message)) {
    refuse_body (message, reads ? "413 Content Too Large" : "405 Method Not Allowed");
    return;
  }
  if (!reads) {
    soup_message_headers_append (headers, "Allow", "GET, HEAD");
    http_answer (message, SOUP_STATUS_METHOD_NOT_ALLOWED, "Only GET and HEAD.\n");
  } else if (!GPOINTER_TO_INT (is_public) && !names_this_machine (message)) {
    http_answer (message, SOUP_STATUS_FORBIDDEN, "Only for this machine, by its own names.\n");
  } else {
    return;
  }
  soup_message_headers_replace (headers, "Connection", "close");
}

/* --- where ------------------------------------------------------------------ */

gboolean
http_listen (SoupServer *soup, const char *address, guint port, gboolean *is_public, GError **error)
{
  g_autoptr (GInetAddress) inet = g_inet_address_new_from_string (
      g_ascii_strcasecmp (address, "localhost") == 0 ? "127.0.0.1" : address);
  gboolean for_others;

  if (!inet) {
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
        "\"%s\" is no address of this machine", address);
    return FALSE;
  }
  for_others = !g_inet_address_get_is_loopback (inet);
  if (is_public)
    *is_public = for_others;
  soup_server_add_early_handler (soup, NULL, request_begins, GINT_TO_POINTER (for_others), NULL);
  if (http_door_open (soup, inet, port, error))
    return TRUE;
  g_prefix_error (error, "cannot listen on %s, port %u: ", address, port);
  return FALSE;
}

char *
http_dup_uri (SoupServer *soup)
{
  g_autoptr (GSocketAddress) address = http_door_get_address (soup);
  GInetAddress *inet = g_inet_socket_address_get_address (G_INET_SOCKET_ADDRESS (address));
  g_autofree char *host = g_inet_address_to_string (inet);
  gboolean is_ipv6 = g_inet_address_get_family (inet) == G_SOCKET_FAMILY_IPV6;

  return g_strdup_printf (is_ipv6 ? "http://[%s]:%u/" : "http://%s:%u/", host,
      g_inet_socket_address_get_port (G_INET_SOCKET_ADDRESS (address)));
}
