/* ssmt translate: several lines at a time
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Lines that know nothing of each other are shared out among streams, which share batches: weights are
 * read once for all of them. A block of lines is read, translated and written, then the next.
 */
#include "engine/cli/translate-lines.h"

#define LINES_A_JOB 64

typedef struct {
  SsmtStream *stream;
  const CliLineStyle *style;
  GThread *thread; /* NULL: the caller's */
  CliLine *lines;
  guint n_lines;
  gint *next; /* the first line that nobody has taken, atomic */
} Job;

static gpointer
run_job (gpointer data)
{
  Job *job = data;
  guint i;

  while ((i = (guint) g_atomic_int_add (job->next, 1)) < job->n_lines)
    cli_line_translate (&job->lines[i], job->style, job->stream);
  return NULL;
}

static void
translate_block (Job *jobs, guint n_jobs, CliLine *lines, guint n_lines)
{
  gint next = 0;

  for (guint i = 0; i < n_jobs; i++) {
    jobs[i].lines = lines;
    jobs[i].n_lines = n_lines;
    jobs[i].next = &next;
    /* where none can be made, there are fewer */
    jobs[i].thread = i > 0 ? g_thread_try_new ("translate", run_job, &jobs[i], NULL) : NULL;
  }
  if (n_jobs > 0)
    run_job (&jobs[0]);
  for (guint i = 1; i < n_jobs; i++) {
    if (jobs[i].thread != NULL)
      g_thread_join (jobs[i].thread);
  }
}

/* FALSE: a line was passed through, or could not be written, which ends it all. */
static gboolean
write_block (const CliLine *lines, guint n_lines, const CliLineStyle *style, gboolean *ended)
{
  gboolean good = TRUE;

  for (guint i = 0; i < n_lines; i++)
    good = cli_line_print (&lines[i], style) && good;
  *ended = !cli_flush_output ();
  return good && !*ended;
}

static int
translate_blocks (Job *jobs, guint n_jobs, const CliLineStyle *style, CliLanguages *languages)
{
  guint size = n_jobs * LINES_A_JOB, n = size;
  g_autofree CliLine *lines = g_new0 (CliLine, size);
  gboolean ended = FALSE;
  int status = 0;

  while (n == size && !ended) {
    for (n = 0; n < size && cli_line_read (&lines[n]); n++)
      cli_line_look (&lines[n], languages);
    translate_block (jobs, MIN (n_jobs, n), lines, n);
    if (!write_block (lines, n, style, &ended))
      status = CLI_FAILED;
  }
  for (guint i = 0; i < size; i++)
    cli_line_clear (&lines[i]);
  return cli_line_check_input () ? status : CLI_FAILED;
}

int
cli_translate_jobs (SsmtModel *model, guint n_jobs, const CliLineStyle *style,
    CliLanguages *languages, CliOpenStream open_stream, gpointer data)
{
  g_autofree Job *jobs = g_new0 (Job, n_jobs);
  g_autoptr (GError) error = NULL;
  int status = CLI_FAILED;
  guint n = 0;

  while (n < n_jobs && (jobs[n].stream = open_stream (model, data, &error)))
    jobs[n++].style = style;
  if (n == n_jobs)
    status = translate_blocks (jobs, n_jobs, style, languages);
  else
    cli_message ("%s", error->message);
  while (n > 0)
    g_object_unref (jobs[--n].stream);
  return status;
}
