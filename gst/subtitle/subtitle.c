/* ssm-subtitle: `ssmt subtitle`, translates subtitle files and films
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A program of its own, so that `ssmt` needs no GStreamer; that one starts it.
 */
#include <locale.h>
#include <signal.h>
#include <stdio.h>

#include <glib-unix.h>

#include "feed.h"
#include "plugin.h"
#include "progress.h"
#include "tell.h"

#define FAILED 1
#define INTERRUPTED 130 /* by Ctrl-C, as shells count it */
/* How often the bar is drawn, ms. */
#define INTERVAL 100

typedef struct {
  GMainLoop *loop;
  GCancellable *cancellable;
  SubProgress *progress; /* of files that are known, or */
  SubFeed *feed;         /* those of a list */
  gint n_running;        /* atomic: jobs that have not ended */
} Run;

static void
run_job (gpointer data, gpointer run_data)
{
  Run *run = run_data;

  sub_job_run (data);
  g_atomic_int_add (&run->n_running, -1);
}

static gboolean
on_tick (gpointer data)
{
  Run *run = data;
  gboolean ended =
      run->feed ? !sub_feed_is_running (run->feed) : g_atomic_int_get (&run->n_running) == 0;

  if (run->progress)
    sub_progress_update (run->progress);
  if (ended)
    g_main_loop_quit (run->loop);
  return G_SOURCE_CONTINUE;
}

static gboolean
on_signal (gpointer data)
{
  Run *run = data;

  g_cancellable_cancel (run->cancellable);
  return G_SOURCE_CONTINUE;
}

/* Who is started with nohup stays deaf. */
static void
catch_signals (Run *run)
{
  static const int signals[] = { SIGINT, SIGTERM, SIGHUP };

  for (guint i = 0; i < G_N_ELEMENTS (signals); i++) {
    struct sigaction old;

    if (sigaction (signals[i], NULL, &old) == 0 && old.sa_handler != SIG_IGN)
      g_unix_signal_add (signals[i], on_signal, run);
  }
}

/* Until all have ended, or a signal has come and been heard. */
static void
wait_for_end (Run *run)
{
  run->loop = g_main_loop_new (NULL, FALSE);
  catch_signals (run);
  g_timeout_add (INTERVAL, on_tick, run);
  g_main_loop_run (run->loop);
  g_main_loop_unref (run->loop);
}

static int
run_feed (SubOptions *options, GCancellable *cancellable)
{
  g_autoptr (GError) error = NULL;
  Run run = { .cancellable = cancellable };
  gboolean good;

  run.feed = sub_feed_new (
      options, sub_options_settle_jobs (options, (guint) options->jobs), cancellable, &error);
  if (!run.feed) {
    sub_message ("%s", error->message);
    return FAILED;
  }
  wait_for_end (&run);
  good = sub_feed_finish (run.feed);
  sub_feed_free (run.feed);
  return !good ? FAILED : g_cancellable_is_cancelled (cancellable) ? INTERRUPTED : 0;
}

static int
run_jobs (SubOptions *options, GPtrArray *jobs, guint n_bad, GCancellable *cancellable)
{
  Run run = { .cancellable = cancellable, .n_running = jobs->len };
  GThreadPool *pool =
      g_thread_pool_new (run_job, &run, sub_options_settle_jobs (options, jobs->len), FALSE, NULL);
  gboolean stopped;
  guint n_failed;

  run.progress = sub_progress_new (jobs, options->quiet, options->json);
  for (guint i = 0; i < jobs->len; i++)
    g_thread_pool_push (pool, jobs->pdata[i], NULL);
  wait_for_end (&run);
  g_thread_pool_free (pool, FALSE, TRUE);

  stopped = sub_progress_count (run.progress, SUB_JOB_STOPPED) > 0;
  n_failed = sub_progress_count (run.progress, SUB_JOB_FAILED) + n_bad;
  sub_progress_summary (run.progress, n_bad, stopped);
  sub_progress_free (run.progress);
  return stopped ? INTERRUPTED : n_failed > 0 ? FAILED : 0;
}

/* What each file would become, on stdout. */
static int
list_jobs (const SubOptions *options, GPtrArray *jobs, guint n_bad)
{
  gboolean good = n_bad == 0;

  for (guint i = 0; i < jobs->len; i++) {
    SubJob *job = jobs->pdata[i];

    sub_job_look (job);
    sub_tell_job (job, TRUE);
    good &= job->state != SUB_JOB_FAILED;
    good &= options->json ? sub_job_report (job) : sub_job_list (job);
  }
  return good ? 0 : FAILED;
}

static int
run_files (SubOptions *options, GCancellable *cancellable)
{
  g_autoptr (GPtrArray) inputs = NULL, jobs = NULL;
  guint n_bad = 0;

  inputs = sub_files_find (options, &n_bad);
  jobs = g_ptr_array_new_with_free_func ((GDestroyNotify) sub_job_free);
  for (guint i = 0; i < inputs->len; i++)
    g_ptr_array_add (jobs, sub_job_new (options, inputs->pdata[i], cancellable));
  if (jobs->len == 0 && n_bad == 0)
    sub_message ("nothing to translate was found%s",
        options->recursive ? "" : "; -r looks into folders in folders");
  if (options->dry_run)
    return list_jobs (options, jobs, n_bad);
  return jobs->len > 0 ? run_jobs (options, jobs, n_bad, cancellable) : FAILED;
}

int
main (int argc, char **argv)
{
  SubOptions options;
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  int status;

  setlocale (LC_CTYPE, "");
  setlocale (LC_MESSAGES, "");
  gst_init (NULL, NULL);
  ssmt_plugin_find ();
  if (sub_options_parse (&options, argc, argv, &status))
    status =
        options.files_from ? run_feed (&options, cancellable) : run_files (&options, cancellable);
  sub_options_clear (&options);
  return status;
}
