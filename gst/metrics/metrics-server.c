/* ssmtranslate: metrics over HTTP
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "metrics-server.h"

#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "http-common.h"
#include "metrics-page.h"

GST_DEBUG_CATEGORY (metrics_debug);
#define GST_CAT_DEFAULT metrics_debug

struct _MetricsServer {
  MetricsOptions options;
  MetricsChannels *channels;
  GMainContext *context;
  GMainLoop *loop;
  GThread *thread; /* NULL: there could be none */
  pid_t process;   /* whose thread it is */
};

/* --- answers, in the thread ------------------------------------------------------ */

/* The first that is accepted decides; who takes anything gets the newer one, a browser the one that it shows. */
static MetricsFormat
choose_format (SoupServerMessage *message)
{
  const char *accept =
      soup_message_headers_get_list (soup_server_message_get_request_headers (message), "Accept");
  GSList *types = accept ? soup_header_parse_quality_list (accept, NULL) : NULL;
  MetricsFormat format = METRICS_OPENMETRICS;

  for (GSList *type = types; type; type = type->next) {
    if (g_ascii_strncasecmp (type->data, "text/", 5) == 0)
      format = METRICS_PROMETHEUS;
    else if (g_ascii_strncasecmp (type->data, "application/openmetrics-text", 28) != 0)
      continue;
    break;
  }
  soup_header_free_list (types);
  return format;
}

static void
answer_metrics (MetricsServer *self, SoupServerMessage *message)
{
  MetricsFormat format = choose_format (message);
  MetricsProcess process = metrics_process_read ();
  g_autoptr (GPtrArray) channels = metrics_channels_read (self->channels);
  g_autoptr (GBytes) page = metrics_page_write (format, channels, &process);
  SoupMessageHeaders *headers = soup_server_message_get_response_headers (message);

  soup_server_message_set_status (message, SOUP_STATUS_OK, NULL);
  soup_message_headers_append (headers, "Vary", "Accept");
  soup_message_headers_replace (headers, "Content-Type", metrics_format_get_type (format));
  soup_message_body_append_bytes (soup_server_message_get_response_body (message), page);
}

static void
answer_root (SoupServerMessage *message)
{
  static const char page[] = "<!DOCTYPE html>\n<title>ssmtranslate</title>\n"
                             "<p><a href=\"/metrics\">Metrics</a> of this process\n";

  soup_server_message_set_status (message, SOUP_STATUS_OK, NULL);
  soup_server_message_set_response (
      message, "text/html; charset=utf-8", SOUP_MEMORY_STATIC, page, strlen (page));
}

static void
request_comes (SoupServer *soup, SoupServerMessage *message, const char *path, GHashTable *query,
    gpointer self)
{
  if (strcmp (path, "/metrics") == 0)
    answer_metrics (self, message);
  else if (strcmp (path, "/") == 0)
    answer_root (message);
  else
    http_answer (message, SOUP_STATUS_NOT_FOUND, "There are / and /metrics.\n");
}

/* --- the thread ------------------------------------------------------------------- */

static void
complain (const char *problem)
{
  GST_WARNING ("%s", problem);
  g_printerr ("ssmtmetrics: there are no metrics: %s\n", problem);
}

/* Says where they are. */
static void
announce (MetricsServer *self, SoupServer *soup)
{
  g_autofree char *uri = http_dup_uri (soup), *port = NULL;
  g_autoptr (GUri) parsed = g_uri_parse (uri, G_URI_FLAGS_NONE, NULL);
  g_autoptr (GError) error = NULL;

  GST_INFO ("metrics are at %smetrics", uri);
  if (self->options.port == 0)
    g_printerr ("ssmtmetrics: %smetrics\n", uri);
  if (!self->options.port_file)
    return;
  port = g_strdup_printf ("%d\n", g_uri_get_port (parsed));
  if (!g_file_set_contents (self->options.port_file, port, -1, &error)) {
    GST_WARNING ("port-file: %s", error->message);
    g_printerr ("ssmtmetrics: port-file: %s\n", error->message);
  }
}

static gpointer
serve (gpointer data)
{
  MetricsServer *self = data;
  SoupServer *soup;
  g_autoptr (GError) error = NULL;

  g_main_context_push_thread_default (self->context);
  soup = soup_server_new ("server-header", "ssmtmetrics", NULL);
  soup_server_add_handler (soup, NULL, request_comes, self, NULL);
  if (http_listen (soup, self->options.address, self->options.port, NULL, &error)) {
    announce (self, soup);
    g_main_loop_run (self->loop);
    soup_server_disconnect (soup);
  } else {
    complain (error->message);
  }
  g_object_unref (soup);
  g_main_context_pop_thread_default (self->context);
  return NULL;
}

/* The program's signals are for its own threads. Those that tell of a fault come to whoever has made it. */
static GThread *
start_thread (MetricsServer *self, GError **error)
{
  static const int faults[] = { SIGABRT, SIGBUS, SIGFPE, SIGILL, SIGSEGV, SIGTRAP };
  sigset_t blocked, before;
  GThread *thread;

  sigfillset (&blocked);
  for (guint i = 0; i < G_N_ELEMENTS (faults); i++)
    sigdelset (&blocked, faults[i]);
  pthread_sigmask (SIG_SETMASK, &blocked, &before);
  thread = g_thread_try_new ("ssmtmetrics", serve, self, error);
  pthread_sigmask (SIG_SETMASK, &before, NULL);
  return thread;
}

MetricsServer *
metrics_server_new (MetricsOptions *options, MetricsChannels *channels)
{
  MetricsServer *self = g_new0 (MetricsServer, 1);
  g_autoptr (GError) error = NULL;

  self->options = *options;
  *options = (MetricsOptions){ 0 };
  self->channels = channels;
  self->context = g_main_context_new ();
  self->loop = g_main_loop_new (self->context, FALSE);
  self->process = getpid ();
  self->thread = start_thread (self, &error);
  if (!self->thread)
    complain (error->message);
  return self;
}

static gboolean
quit (gpointer loop)
{
  g_main_loop_quit (loop);
  return G_SOURCE_REMOVE;
}

void
metrics_server_free (MetricsServer *self)
{
  g_autoptr (GSource) source = NULL;

  /* a fork has no such thread, and what that one held is held for ever */
  if (self->process != getpid ())
    return;
  if (self->thread) {
    /* from within: the loop may not run yet */
    source = g_idle_source_new ();
    g_source_set_priority (source, G_PRIORITY_HIGH);
    g_source_set_callback (source, quit, self->loop, NULL);
    g_source_attach (source, self->context);
    g_thread_join (self->thread);
  }
  g_main_loop_unref (self->loop);
  g_main_context_unref (self->context);
  metrics_options_clear (&self->options);
  g_free (self);
}
