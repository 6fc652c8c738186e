/* ssmt-live: live captions and their translations in the browser
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 *   ssmt live --microphone --to pt,de=models/en-de
 *
 * README.md tells what else.
 */
#include <locale.h>
#include <stdio.h>

#include <glib-unix.h>

#include "live-hub.h"
#include "live-options.h"
#include "live-pipeline.h"
#include "live-server.h"
#include "plugin.h"

typedef struct {
  GMainLoop *loop;
  LiveHub *hub;
  LiveServer *server;
  LivePipeline *pipeline;
  gint is_pending; /* an update of the server; atomic */
  gboolean quit, good;
} Live;

static gboolean
update (gpointer data)
{
  Live *live = data;

  g_atomic_int_set (&live->is_pending, 0);
  if (live->server)
    live_server_update (live->server);
  return G_SOURCE_REMOVE;
}

/* On any thread. */
static void
hub_has_changed (gpointer data)
{
  Live *live = data;

  if (g_atomic_int_compare_and_exchange (&live->is_pending, 0, 1))
    g_idle_add_full (G_PRIORITY_DEFAULT, update, live, NULL);
}

static void
stream_has_ended (gboolean good, gpointer data)
{
  Live *live = data;

  live->good = live->good && good;
  if (live->quit)
    g_main_loop_quit (live->loop);
  else if (good)
    fprintf (stderr, "ssmt live: the stream has ended; Ctrl-C ends the page\n");
}

/* The second time the signal does what it does by itself. */
static gboolean
stop (gpointer data)
{
  g_main_loop_quit (((Live *) data)->loop);
  return G_SOURCE_REMOVE;
}

static gboolean
run (Live *live, const LiveOptions *options, GError **error)
{
  g_autofree char *uri = NULL;

  live->quit = options->quit;
  live->pipeline = live_pipeline_new (options, live->hub, stream_has_ended, live, error);
  if (!live->pipeline)
    return FALSE;
  live->server = live_server_new (live->hub, options->listen, options->port, error);
  if (!live->server)
    return FALSE;
  uri = live_server_dup_uri (live->server);
  printf ("%s\n", uri);
  fflush (stdout);
  if (live_server_is_public (live->server))
    fprintf (stderr, "ssmt live: whoever reaches this machine can read what is said\n");

  g_unix_signal_add (SIGINT, stop, live);
  g_unix_signal_add (SIGTERM, stop, live);
  live_pipeline_start (live->pipeline);
  g_main_loop_run (live->loop);
  return TRUE;
}

int
main (int argc, char **argv)
{
  g_auto (LiveOptions) options = { NULL };
  g_autoptr (GError) error = NULL;
  Live live = { .good = TRUE };

  setlocale (LC_CTYPE, "");
  g_set_prgname ("ssmt live");
  if (!live_options_parse (&options, &argc, &argv, &error)) {
    fprintf (stderr, "ssmt live: %s\n", error->message);
    return 2;
  }
  ssmt_plugin_find ();
  live.loop = g_main_loop_new (NULL, FALSE);
  live.hub = live_hub_new (hub_has_changed, &live);
  if (!run (&live, &options, &error)) {
    fprintf (stderr, "ssmt live: %s\n", error->message);
    live.good = FALSE;
  }
  /* the pipeline first: it changes the hub, and that wakes the server */
  live_pipeline_free (live.pipeline);
  g_clear_pointer (&live.server, live_server_free);
  while (g_main_context_iteration (NULL, FALSE))
    ;
  live_hub_free (live.hub);
  g_main_loop_unref (live.loop);
  return live.good ? 0 : 1;
}
