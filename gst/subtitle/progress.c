/* ssm-subtitle: how far it is
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "progress.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "tell.h"

#define WIDTH 24
/* Before, the time that is left would be a guess. */
#define FIRST_GUESS (2 * G_USEC_PER_SEC)

struct _SubProgress {
  GPtrArray *jobs;
  gboolean *told; /* (jobs) */
  gboolean quiet, json, is_terminal, is_drawn;
  gint64 start;
};

SubProgress *
sub_progress_new (GPtrArray *jobs, gboolean quiet, gboolean json)
{
  SubProgress *self = g_new0 (SubProgress, 1);

  self->jobs = jobs;
  self->told = g_new0 (gboolean, jobs->len);
  self->quiet = quiet;
  self->json = json;
  self->is_terminal = isatty (STDERR_FILENO);
  self->start = g_get_monotonic_time ();
  return self;
}

void
sub_progress_free (SubProgress *self)
{
  g_free (self->told);
  g_free (self);
}

/* --- lines ---------------------------------------------------------------- */

static void
clear_bar (SubProgress *self)
{
  if (self->is_drawn)
    fputs ("\r\033[K", stderr);
  self->is_drawn = FALSE;
}

static void
tell_job (SubProgress *self, SubJob *job)
{
  clear_bar (self);
  sub_tell_job (job, self->quiet);
  if (job->state == SUB_JOB_SKIPPED && !self->quiet && self->jobs->len == 1)
    sub_message ("%s: its translation is there already (--force writes it anew)", job->input->path);
  if (self->json)
    sub_job_report (job);
}

/* --- the bar --------------------------------------------------------------- */

/* `skipped`: work that cost nothing, and says nothing of the time that is left. */
static void
draw (SubProgress *self, double done, double work, double skipped, guint n_ended, const char *name)
{
  gint64 elapsed = g_get_monotonic_time () - self->start;
  double share = work > 0 ? MIN (done / work, 1) : 1;
  g_autoptr (GString) line = g_string_new ("[");

  for (guint i = 0; i < WIDTH; i++)
    g_string_append_c (line, i < share * WIDTH ? '#' : '.');
  g_string_append_printf (line, "] %3.0f %%", share * 100);
  if (self->jobs->len > 1)
    g_string_append_printf (line, "  %u of %u files", n_ended, self->jobs->len);
  if (elapsed > FIRST_GUESS && done > skipped) {
    g_string_append (line, "  ");
    sub_append_time (line, (work - done) * (double) elapsed / G_USEC_PER_SEC / (done - skipped));
    g_string_append (line, " left");
  }
  if (name) {
    g_autofree char *base = g_path_get_basename (name);
    g_autofree char *valid = g_utf8_make_valid (base, -1);
    g_autofree char *start = g_utf8_substring (valid, 0, MIN (g_utf8_strlen (valid, -1), 28));

    g_string_append_printf (line, "  %s", start);
  }
  for (gsize i = 0; i < line->len; i++) {
    if (g_ascii_iscntrl (line->str[i]))
      line->str[i] = '?';
  }
  fprintf (stderr, "\r%s\033[K", line->str);
  fflush (stderr);
  self->is_drawn = TRUE;
}

void
sub_progress_update (SubProgress *self)
{
  double done = 0, work = 0, skipped = 0;
  guint n_ended = 0;
  const char *name = NULL;

  for (guint i = 0; i < self->jobs->len; i++) {
    SubJob *job = self->jobs->pdata[i];

    g_mutex_lock (&job->lock);
    done += job->done;
    work += job->work;
    if (job->state == SUB_JOB_SKIPPED)
      skipped += job->work;
    if (job->state == SUB_JOB_RUNS && !name)
      name = job->input->path;
    if (job->state > SUB_JOB_RUNS)
      n_ended++;
    if (job->state > SUB_JOB_RUNS && !self->told[i]) {
      self->told[i] = TRUE;
      tell_job (self, job);
    }
    g_mutex_unlock (&job->lock);
  }
  if (self->is_terminal && !self->quiet)
    draw (self, done, work, skipped, n_ended, name);
}

/* --- the end --------------------------------------------------------------- */

guint
sub_progress_count (const SubProgress *self, SubJobState state)
{
  guint n = 0;

  for (guint i = 0; i < self->jobs->len; i++)
    n += ((const SubJob *) self->jobs->pdata[i])->state == state;
  return n;
}

void
sub_progress_summary (SubProgress *self, guint n_bad, gboolean stopped)
{
  SubTotals totals = { .n_failed = n_bad };
  g_autofree char *left = NULL;

  clear_bar (self);
  if (self->quiet && !stopped)
    return;
  for (guint i = 0; i < self->jobs->len; i++)
    sub_totals_add (&totals, self->jobs->pdata[i]);
  if (stopped)
    left = g_strdup_printf (" with %u to do",
        self->jobs->len - totals.n_done - totals.n_skipped - (totals.n_failed - n_bad));
  sub_tell_totals (&totals, g_get_monotonic_time () - self->start, left);
}
