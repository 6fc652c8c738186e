/* ssmt fetch: a model for a pair of languages
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include <glib-unix.h>

#include "engine/cli/cli.h"
#include "engine/cli/fetch-job.h"
#include "engine/tokens/languages.h"

typedef struct {
  char *from, *architecture, *to;
  gboolean list;
} Options;

static void
options_clear (Options *options)
{
  g_free (options->from);
  g_free (options->architecture);
  g_free (options->to);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Options, options_clear)

/* --- what is said --------------------------------------------------------------- */

static void
print_entry (const FetchJob *job, const RegistryEntry *entry)
{
  printf ("%s %s, %s%s%s%s\n", entry->pair, *entry->architecture ? entry->architecture : "?",
      *entry->status ? entry->status : "not released", entry->quality.text ? ", " : "",
      entry->quality.text ? entry->quality.text : "", entry == job->entry ? " (chosen)" : "");
  for (guint i = 0; i < entry->files->len; i++) {
    g_autofree char *url = registry_get_url (job->registry, entry->files->pdata[i]);

    printf ("  %s\n", url);
  }
}

static void
print_done (const FetchJob *job)
{
  g_autofree char *folder = g_filename_display_name (job->folder);
  g_autofree char *name = job->to ? g_strdup (folder) : g_path_get_basename (folder);

  if (job->list) {
    for (guint i = 0; i < job->entries->len; i++)
      print_entry (job, job->entries->pdata[i]);
    return;
  }
  if (!job->entry->released)
    cli_message ("note: this model is not released, its registry calls it \"%s\"",
        *job->entry->status ? job->entry->status : "nothing");
  printf ("%s %s %s\n", job->pair, job->current ? "is there already:" : "is in", folder);
  printf ("ssmt translate --model %s < TEXT\n", name);
}

/* Whether somebody with a browser would come further. */
static gboolean
helps_by_hand (const GError *error)
{
  static const GIOErrorEnum others[] = { G_IO_ERROR_CANCELLED, G_IO_ERROR_NO_SPACE,
    G_IO_ERROR_INVALID_DATA, G_IO_ERROR_EXISTS, G_IO_ERROR_PERMISSION_DENIED,
    G_IO_ERROR_MESSAGE_TOO_LARGE, G_IO_ERROR_INVALID_ARGUMENT };

  for (guint i = 0; i < G_N_ELEMENTS (others); i++)
    if (g_error_matches (error, G_IO_ERROR, (int) others[i]))
      return FALSE;
  return error->domain != SSMT_ERROR;
}

static void
explain_by_hand (const FetchJob *job)
{
  g_autofree char *joined = NULL;
  char *dash;

  fprintf (stderr, "By hand: on a machine that is on line, get\n");
  if (job->entry) {
    for (guint i = 0; i < job->entry->files->len; i++) {
      g_autofree char *url = registry_get_url (job->registry, job->entry->files->pdata[i]);

      fprintf (stderr, "  %s\n", url);
    }
  } else {
    joined = g_strdup (job->pair);
    dash = strchr (joined, '-');
    memmove (dash, dash + 1, strlen (dash));
    fprintf (stderr,
        "  the files that %s\n  lists for \"%s\": model.%s.intgemm.alphas.bin.gz, "
        "lex.50.50.%s.s2t.bin.gz\n  and vocab.%s.spm.gz (or srcvocab and trgvocab), at its "
        "\"baseUrl\",\n",
        job->from, job->pair, joined, joined, joined);
  }
  fprintf (
      stderr, "unpack them (gunzip, unzstd) and put them into the folder\n  %s\n", job->folder);
}

static void
explain (const FetchJob *job, const GError *error)
{
  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED)) {
    cli_message ("stopped; what has arrived is kept, the same command goes on from there");
    return;
  }
  cli_message ("%s", error->message);
  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_NO_SPACE))
    cli_message ("what has arrived is kept: make room and run the same command again");
  else if (helps_by_hand (error))
    explain_by_hand (job);
}

/* --- running --------------------------------------------------------------------- */

typedef struct {
  FetchJob *job;
  GMainLoop *loop;
  GCancellable *cancellable;
  GError *error;
} Run;

static gboolean
on_end (gpointer data)
{
  g_main_loop_quit (((Run *) data)->loop);
  return G_SOURCE_REMOVE;
}

/* A thread of its own, so that the main loop sees signals meanwhile. */
static gpointer
run_thread (gpointer data)
{
  Run *run = data;
  g_autoptr (GMainContext) context = g_main_context_new ();

  g_main_context_push_thread_default (context);
  fetch_job_run (run->job, run->cancellable, &run->error);
  g_main_context_pop_thread_default (context);
  g_idle_add (on_end, run);
  return NULL;
}

static gboolean
on_signal (gpointer data)
{
  g_cancellable_cancel (data);
  return G_SOURCE_CONTINUE;
}

static GError *
run_job (FetchJob *job)
{
  static const int signals[] = { SIGINT, SIGTERM, SIGHUP };
  guint sources[G_N_ELEMENTS (signals)];
  g_autoptr (GMainLoop) loop = g_main_loop_new (NULL, FALSE);
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  Run run = { job, loop, cancellable, NULL };
  GThread *thread;

  /* a limit of file sizes is an error of the write, not the end */
  signal (SIGXFSZ, SIG_IGN);
  for (guint i = 0; i < G_N_ELEMENTS (signals); i++)
    sources[i] = g_unix_signal_add (signals[i], on_signal, cancellable);
  thread = g_thread_try_new ("fetch", run_thread, &run, &run.error);
  if (thread != NULL) {
    g_main_loop_run (loop);
    g_thread_join (thread);
  }
  for (guint i = 0; i < G_N_ELEMENTS (signals); i++)
    g_source_remove (sources[i]);
  return run.error;
}

/* --- the command ------------------------------------------------------------------- */

static gboolean
parse_options (Options *options, int *argc, char ***argv)
{
  const GOptionEntry entries[] = {
    { "from", 0, 0, G_OPTION_ARG_STRING, &options->from,
        "Address of the registry (default: SSMT_REGISTRY, else Mozilla's)", "URL" },
    { "architecture", 0, 0, G_OPTION_ARG_STRING, &options->architecture,
        "tiny, base or base-memory (default: the best that is released)", "NAME" },
    { "to", 0, 0, G_OPTION_ARG_FILENAME, &options->to,
        "Folder to make (default: PAIR, or PAIR-ARCHITECTURE, among the user's models)", "FOLDER" },
    { "list", 0, 0, G_OPTION_ARG_NONE, &options->list,
        "Only list what the registry has for the pair, and where", NULL },
    { NULL },
  };
  g_autofree char *source = NULL, *target = NULL;

  if (!cli_parse (argc, argv, "PAIR",
          "Fetches a model for a pair of languages, as \"en-fr\", from Mozilla's registry of\n"
          "translation models, or another like it:\n  " FETCH_REGISTRY "\n"
          "What breaks off goes on with the same command; the model is there when all of it\n"
          "has arrived and been checked. \"ssmt models --available\" lists the pairs.\n"
          "The models have their own licence: \"ssmt models\" shows it.",
          entries, NULL, 1))
    return FALSE;
  if (*argc != 2 || !ssmt_pair_split ((*argv)[1], &source, &target)) {
    cli_message ("say which pair of languages, as \"ssmt fetch en-fr\"");
    return FALSE;
  }
  return TRUE;
}

int
cli_fetch (int argc, char **argv)
{
  g_auto (Options) options = { NULL };
  g_auto (FetchJob) job = { NULL };
  g_autoptr (GError) error = NULL;

  if (!parse_options (&options, &argc, &argv))
    return CLI_USAGE;
  job.pair = argv[1];
  job.from = options.from ? options.from : fetch_job_get_default_registry ();
  job.architecture = options.architecture;
  job.to = options.to;
  job.list = options.list;
  fetch_http_init ();
  error = run_job (&job);
  if (!error) {
    print_done (&job);
    return cli_flush_output () ? 0 : CLI_FAILED;
  }
  explain (&job, error);
  return g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED) ? CLI_INTERRUPTED : CLI_FAILED;
}
