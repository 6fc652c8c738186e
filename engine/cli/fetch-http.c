/* ssmtranslate: files over HTTP, by libsoup
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "engine/cli/fetch-http.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <glib/gstdio.h>
#include <libsoup/soup.h>

#include "engine/cli/fetch-write.h"

#define IDLE_SECONDS 30
#define ATTEMPTS 3
#define BUFFER_BYTES 65536

struct _FetchHttp {
  SoupSession *session;
};

/* GLib's own resolver of proxies may be GNOME's, which ends the program where GNOME's settings are
 * not installed (as XDG_DATA_DIRS says). */
static gboolean
has_proxy_settings (void)
{
  GSettingsSchemaSource *source = g_settings_schema_source_get_default ();
  g_autoptr (GSettingsSchema) schema =
      source ? g_settings_schema_source_lookup (source, "org.gnome.system.proxy", TRUE) : NULL;

  return schema != NULL;
}

/* Proxies as the environment names them. */
static GProxyResolver *
new_plain_resolver (void)
{
  const char *none = g_getenv ("no_proxy");
  g_auto (GStrv) hosts = g_strsplit (none ? none : "", ",", -1);
  GProxyResolver *resolver = g_simple_proxy_resolver_new (NULL, hosts);

  for (guint i = 0; i < 2; i++) {
    const char *proxy = g_getenv (i == 0 ? "http_proxy" : "https_proxy");

    if (proxy && *proxy)
      g_simple_proxy_resolver_set_uri_proxy (
          G_SIMPLE_PROXY_RESOLVER (resolver), i == 0 ? "http" : "https", proxy);
  }
  return resolver;
}

void
fetch_http_init (void)
{
  if (!has_proxy_settings ())
    g_setenv ("GIO_USE_PROXY_RESOLVER", "dummy", FALSE);
}

FetchHttp *
fetch_http_new (GError **error)
{
  FetchHttp *self;

  if (!g_tls_backend_supports_tls (g_tls_backend_get_default ())) {
    g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED,
        "this machine has no TLS for GLib: install glib-networking");
    return NULL;
  }
  self = g_new0 (FetchHttp, 1);
  self->session = soup_session_new_with_options (
      "user-agent", "ssmt/" SSMT_VERSION, "timeout", IDLE_SECONDS, NULL);
  if (!has_proxy_settings ()) {
    g_autoptr (GProxyResolver) resolver = new_plain_resolver ();

    soup_session_set_proxy_resolver (self->session, resolver);
  }
  return self;
}

void
fetch_http_free (FetchHttp *self)
{
  g_object_unref (self->session);
  g_free (self);
}

/* --- one request ------------------------------------------------------------ */

static SoupMessage *
new_request (const char *url, GError **error)
{
  gboolean good = g_str_has_prefix (url, "https://") || g_str_has_prefix (url, "http://");
  SoupMessage *message = good ? soup_message_new (SOUP_METHOD_GET, url) : NULL;

  if (!message)
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
        "\"%s\" is no address that begins with \"https://\" or \"http://\"", url);
  return message;
}

static gboolean
is_plain (SoupMessage *message)
{
  return strcmp (g_uri_get_scheme (soup_message_get_uri (message)), "https") != 0;
}

/* Before it is sent to where it is redirected. */
static void
restarted (SoupMessage *message, GCancellable *stop)
{
  if (is_plain (message))
    g_cancellable_cancel (stop);
}

static void
forward (GCancellable *cancellable, GCancellable *stop)
{
  g_cancellable_cancel (stop);
}

/* The body of the answer, whatever its status; a redirection from HTTPS to HTTP is refused, also where it leads back. */
static GInputStream *
send_request (FetchHttp *self, SoupMessage *message, const char *url, GCancellable *cancellable,
    GError **error)
{
  g_autoptr (GCancellable) stop = g_cancellable_new ();
  g_autoptr (GInputStream) body = NULL;
  gulong id = 0, restart = 0;

  if (g_str_has_prefix (url, "https:"))
    restart = g_signal_connect (message, "restarted", G_CALLBACK (restarted), stop);
  if (cancellable)
    id = g_cancellable_connect (cancellable, G_CALLBACK (forward), stop, NULL);
  body = soup_session_send (self->session, message, stop, error);
  g_cancellable_disconnect (cancellable, id);
  if (restart > 0)
    g_signal_handler_disconnect (message, restart);
  if (restart > 0 && is_plain (message)) {
    g_clear_object (&body);
    g_clear_error (error);
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_FAILED,
        "%s: the server leads on to an address without HTTPS", url);
    return NULL;
  }
  if (!body)
    g_prefix_error (error, "%s: ", url);
  return g_steal_pointer (&body);
}

/* FALSE, for a status that is not the wanted one. */
static gboolean
fail_status (SoupMessage *message, const char *url, GError **error)
{
  guint status = soup_message_get_status (message);

  g_set_error (error, G_IO_ERROR,
      status == SOUP_STATUS_NOT_FOUND ? G_IO_ERROR_NOT_FOUND : G_IO_ERROR_FAILED,
      "%s: the server answers %u %s", url, status, soup_status_get_phrase (status));
  return FALSE;
}

static gboolean
fail_size (const char *url, guint64 max, GError **error)
{
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_MESSAGE_TOO_LARGE,
      "%s: has more than the %" G_GUINT64_FORMAT " bytes that are expected at most", url, max);
  return FALSE;
}

GBytes *
fetch_http_get (
    FetchHttp *self, const char *url, gsize max, GCancellable *cancellable, GError **error)
{
  g_autoptr (SoupMessage) message = new_request (url, error);
  g_autoptr (GInputStream) body =
      message ? send_request (self, message, url, cancellable, error) : NULL;
  g_autoptr (GByteArray) content = g_byte_array_new ();
  g_autofree guint8 *buffer = g_malloc (BUFFER_BYTES);
  gssize n;

  if (!body)
    return NULL;
  if (soup_message_get_status (message) != SOUP_STATUS_OK) {
    fail_status (message, url, error);
    return NULL;
  }
  while ((n = g_input_stream_read (body, buffer, BUFFER_BYTES, cancellable, error)) > 0) {
    if ((gsize) n > max - content->len) {
      fail_size (url, max, error);
      return NULL;
    }
    g_byte_array_append (content, buffer, (guint) n);
  }
  if (n < 0) {
    g_prefix_error (error, "%s: ", url);
    return NULL;
  }
  return g_byte_array_free_to_bytes (g_steal_pointer (&content));
}

/* --- a file in parts --------------------------------------------------------- */

typedef struct {
  FetchHttp *http;
  const char *url;
  char *part, *etag, *whole;
  guint64 size, max;
  guint64 done; /* bytes in `part` */
  FetchProgress progress;
  gpointer data;
} Download;

static guint64
get_size (const char *path)
{
  struct stat st;

  return stat (path, &st) == 0 && S_ISREG (st.st_mode) ? (guint64) st.st_size : 0;
}

/* What tells this file from a later one at the same place; NULL: nothing that HTTP lets us compare. */
static const char *
get_mark (SoupMessage *message)
{
  SoupMessageHeaders *headers = soup_message_get_response_headers (message);
  const char *etag = soup_message_headers_get_one (headers, "ETag");

  if (etag && !g_str_has_prefix (etag, "W/"))
    return etag;
  return soup_message_headers_get_one (headers, "Last-Modified");
}

/* Asks for what is still missing, where there is a mark to compare. */
static SoupMessage *
new_download_request (Download *download, GError **error)
{
  SoupMessage *message = new_request (download->url, error);
  SoupMessageHeaders *headers;
  g_autofree char *mark = NULL;

  if (!message)
    return NULL;
  /* the bytes as they lie there: offsets count those */
  soup_message_disable_feature (message, SOUP_TYPE_CONTENT_DECODER);
  download->done = get_size (download->part);
  if (download->done > 0
      && (download->done > download->max
          || !g_file_get_contents (download->etag, &mark, NULL, NULL)))
    download->done = 0;
  if (download->done > 0) {
    headers = soup_message_get_request_headers (message);
    soup_message_headers_set_range (headers, (goffset) download->done, -1);
    soup_message_headers_replace (headers, "If-Range", mark);
  }
  return message;
}

/* Takes the head of the answer. Sets `done` to where its body begins, and `total`. */
static gboolean
read_head (Download *download, SoupMessage *message, guint64 *total, GError **error)
{
  SoupMessageHeaders *headers = soup_message_get_response_headers (message);
  guint status = soup_message_get_status (message);
  const char *mark = get_mark (message);
  goffset start, end, length = 0;

  *total = 0;
  if (status == SOUP_STATUS_PARTIAL_CONTENT
      && soup_message_headers_get_content_range (headers, &start, &end, &length)
      && start == (goffset) download->done && start > 0) {
    *total = length > 0 ? (guint64) length : 0;
  } else if (status == SOUP_STATUS_OK) {
    download->done = 0;
    if (soup_message_headers_get_encoding (headers) == SOUP_ENCODING_CONTENT_LENGTH)
      *total = (guint64) soup_message_headers_get_content_length (headers);
    g_unlink (download->etag);
    if (mark && !g_file_set_contents (download->etag, mark, -1, error))
      return FALSE;
  } else {
    return fail_status (message, download->url, error);
  }
  if (*total > download->max)
    return fail_size (download->url, download->max, error);
  if (download->size && *total && *total != download->size) {
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
        "%s: has %" G_GUINT64_FORMAT " bytes, the registry says %" G_GUINT64_FORMAT, download->url,
        *total, download->size);
    return FALSE;
  }
  return TRUE;
}

static gboolean
read_body (Download *download, GInputStream *body, int fd, guint64 total, GCancellable *cancellable,
    GError **error)
{
  g_autofree guint8 *buffer = g_malloc (BUFFER_BYTES);
  gssize n;

  while ((n = g_input_stream_read (body, buffer, BUFFER_BYTES, cancellable, error)) > 0) {
    if ((guint64) n > download->max - download->done)
      return fail_size (download->url, download->max, error);
    if (!fetch_write (fd, download->part, buffer, (gsize) n, error))
      return FALSE;
    download->done += (guint64) n;
    download->progress (download->done, total, download->data);
  }
  if (n < 0)
    return FALSE;
  if ((total && download->done != total) || (download->size && download->done != download->size)) {
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_PARTIAL_INPUT,
        "broke off after %" G_GUINT64_FORMAT " bytes", download->done);
    return FALSE;
  }
  return TRUE;
}

static gboolean
try_once (Download *download, GCancellable *cancellable, GError **error)
{
  g_autoptr (SoupMessage) message = new_download_request (download, error);
  g_autoptr (GInputStream) body = NULL;
  guint64 total;
  gboolean good;
  int fd;

  if (!message)
    return FALSE;
  body = send_request (download->http, message, download->url, cancellable, error);
  if (!body)
    return FALSE;
  if (soup_message_get_status (message) == SOUP_STATUS_REQUESTED_RANGE_NOT_SATISFIABLE) {
    /* more bytes are here than there: those are of something else */
    g_unlink (download->part);
    g_unlink (download->etag);
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_PARTIAL_INPUT,
        "%s: what had arrived does not fit the file", download->url);
    return FALSE;
  }
  if (!read_head (download, message, &total, error))
    return FALSE;
  fd = fetch_write_open (download->part, download->done > 0, error);
  if (fd < 0)
    return FALSE;
  good = read_body (download, body, fd, total, cancellable, error);
  return fetch_write_close (fd, download->part, good, good ? error : NULL) && good;
}

/* What another attempt may mend: the network's errors, not the disk's or the server's word. */
static gboolean
is_worth_another (const GError *error)
{
  static const GIOErrorEnum codes[] = { G_IO_ERROR_PARTIAL_INPUT, G_IO_ERROR_TIMED_OUT,
    G_IO_ERROR_CONNECTION_CLOSED };

  for (guint i = 0; i < G_N_ELEMENTS (codes); i++)
    if (g_error_matches (error, G_IO_ERROR, (int) codes[i]))
      return TRUE;
  return error->domain == G_TLS_ERROR && error->code == G_TLS_ERROR_EOF;
}

gboolean
fetch_http_download (FetchHttp *self, const char *url, const char *path, guint64 size, guint64 max,
    FetchProgress progress, gpointer data, GCancellable *cancellable, GError **error)
{
  g_autofree char *part = g_strconcat (path, ".part", NULL);
  g_autofree char *etag = g_strconcat (path, ".etag", NULL);
  g_autofree char *whole = g_strconcat (path, ".whole", NULL);
  Download download = { self, url, part, etag, whole, size, max, 0, progress, data };

  for (int attempt = 1;; attempt++) {
    g_autoptr (GError) why = NULL;

    if (try_once (&download, cancellable, &why))
      break;
    if (attempt == ATTEMPTS || !is_worth_another (why)) {
      if (!strstr (why->message, url) && !g_error_matches (why, G_IO_ERROR, G_IO_ERROR_NO_SPACE))
        g_prefix_error (&why, "%s: ", url);
      g_propagate_error (error, g_steal_pointer (&why));
      return FALSE;
    }
  }
  g_unlink (etag);
  return fetch_rename (part, whole, error);
}
