/* ssmt-live: the page and its events, over HTTP
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "live-server.h"

#include <string.h>

#include <libsoup/soup.h>

#include "gst/metrics/http-common.h"
#include "live-client.h"
#include "live-page.h"

/* At once. */
#define MAX_CLIENTS 256
#define LOOK_AFTER 5 /* seconds */

struct _LiveServer {
  SoupServer *soup;
  LiveHub *hub;
  GBytes *page;
  char *policy; /* Content-Security-Policy of the page */
  gboolean is_public;
  GPtrArray *clients; /* of LiveClient */
  guint look_after;
};

/* --- answers -------------------------------------------------------------- */

static void
answer_page (LiveServer *self, SoupServerMessage *message)
{
  SoupMessageHeaders *headers = soup_server_message_get_response_headers (message);

  soup_server_message_set_status (message, SOUP_STATUS_OK, NULL);
  soup_message_headers_set_content_type (headers, "text/html; charset=utf-8", NULL);
  soup_message_headers_append (headers, "Content-Security-Policy", self->policy);
  soup_message_body_append_bytes (soup_server_message_get_response_body (message), self->page);
}

static void
client_gone (LiveClient *client, gpointer data)
{
  LiveServer *self = data;

  g_ptr_array_remove_fast (self->clients, client);
}

static void
answer_events (LiveServer *self, SoupServerMessage *message)
{
  if (self->clients->len >= MAX_CLIENTS) {
    http_answer (message, SOUP_STATUS_SERVICE_UNAVAILABLE, "There are too many readers.\n");
    return;
  }
  if (strcmp (soup_server_message_get_method (message), "HEAD") == 0) {
    soup_server_message_set_response (message, "text/event-stream", SOUP_MEMORY_STATIC, "", 0);
    soup_server_message_set_status (message, SOUP_STATUS_OK, NULL);
    return;
  }
  g_ptr_array_add (self->clients, live_client_new (message, self->hub, client_gone, self));
}

/* --- requests ------------------------------------------------------------- */

static void
request_comes (SoupServer *soup, SoupServerMessage *message, const char *path, GHashTable *query,
    gpointer data)
{
  LiveServer *self = data;

  if (strcmp (path, "/") == 0)
    answer_page (self, message);
  else if (strcmp (path, "/events") == 0)
    answer_events (self, message);
  else
    http_answer (message, SOUP_STATUS_NOT_FOUND, "There are / and /events.\n");
}

/* --- the page ------------------------------------------------------------- */

/* That of what stands between both. */
static char *
hash_between (const char *text, const char *begin, const char *end)
{
  g_autoptr (GChecksum) checksum = g_checksum_new (G_CHECKSUM_SHA256);
  const char *start = strstr (text, begin), *stop = start ? strstr (start, end) : NULL;
  guint8 digest[32];
  gsize length = sizeof digest;

  g_assert (stop != NULL);
  start += strlen (begin);
  g_checksum_update (checksum, (const guchar *) start, stop - start);
  g_checksum_get_digest (checksum, digest, &length);
  return g_base64_encode (digest, length);
}

/* The page's own script and style, its own server, and nothing else. */
static void
load_page (LiveServer *self)
{
  const char *text;
  g_autofree char *script = NULL, *style = NULL;

  self->page = g_resource_lookup_data (
      live_page_get_resource (), "/page.html", G_RESOURCE_LOOKUP_FLAGS_NONE, NULL);
  text = g_bytes_get_data (self->page, NULL);
  script = hash_between (text, "<script>", "</script>");
  style = hash_between (text, "<style>", "</style>");
  self->policy = g_strdup_printf ("default-src 'none'; connect-src 'self'; base-uri 'none'; "
                                  "form-action 'none'; script-src 'sha256-%s'; "
                                  "style-src 'sha256-%s'",
      script, style);
}

/* --- from beginning to end ------------------------------------------------ */

static void
look_after_client (gpointer client, gpointer data)
{
  live_client_look_after (client);
}

static gboolean
look_after (gpointer data)
{
  LiveServer *self = data;

  /* who is cut off is gone later, in the main loop */
  g_ptr_array_foreach (self->clients, look_after_client, NULL);
  return G_SOURCE_CONTINUE;
}

LiveServer *
live_server_new (LiveHub *hub, const char *address, guint port, GError **error)
{
  LiveServer *self = g_new0 (LiveServer, 1);

  self->hub = hub;
  self->clients = g_ptr_array_new_with_free_func ((GDestroyNotify) live_client_free);
  self->soup = soup_server_new ("server-header", "ssmt-live", NULL);
  load_page (self);
  soup_server_add_handler (self->soup, NULL, request_comes, self, NULL);
  self->look_after = g_timeout_add_seconds (LOOK_AFTER, look_after, self);
  if (http_listen (self->soup, address, port, &self->is_public, error))
    return self;
  live_server_free (self);
  return NULL;
}

char *
live_server_dup_uri (LiveServer *self)
{
  return http_dup_uri (self->soup);
}

gboolean
live_server_is_public (LiveServer *self)
{
  return self->is_public;
}

static void
update_client (gpointer client, gpointer data)
{
  live_client_update (client);
}

void
live_server_update (LiveServer *self)
{
  g_ptr_array_foreach (self->clients, update_client, NULL);
}

void
live_server_free (LiveServer *self)
{
  gint64 end = g_get_monotonic_time () + G_TIME_SPAN_SECOND / 2;

  g_source_remove (self->look_after);
  for (guint i = 0; i < self->clients->len; i++)
    live_client_finish (self->clients->pdata[i]);
  /* their last words */
  while (self->clients->len > 0 && g_get_monotonic_time () < end)
    if (!g_main_context_iteration (NULL, FALSE))
      g_usleep (1000);
  soup_server_disconnect (self->soup);
  g_ptr_array_unref (self->clients);
  g_object_unref (self->soup);
  g_bytes_unref (self->page);
  g_free (self->policy);
  g_free (self);
}
