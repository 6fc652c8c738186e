/* ssm-subtitle: what is said of files on stderr
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tell.h"

static void
tell_done (const SubJob *job)
{
  g_autoptr (GString) line = g_string_new (NULL);

  g_string_append_printf (line, "%s -> ", job->input->path);
  for (guint i = 0; i < job->written->len; i++)
    g_string_append_printf (line, "%s%s", i > 0 ? ", " : "", (char *) job->written->pdata[i]);
  g_string_append_printf (line, ": %" G_GUINT64_FORMAT " %s", job->counts.texts,
      job->counts.texts == 1 ? "text" : "texts");
  if (job->counts.copied > 0)
    g_string_append_printf (
        line, ", %" G_GUINT64_FORMAT " of them copied, in whole or in part", job->counts.copied);
  if (job->counts.too_long > 0)
    g_string_append_printf (
        line, ", %" G_GUINT64_FORMAT " longer than asked for", job->counts.too_long);
  if (job->message)
    g_string_append_printf (line, "; %s", job->message);
  sub_message ("%s", line->str);
}

void
sub_tell_job (const SubJob *job, gboolean quiet)
{
  if (job->state == SUB_JOB_FAILED)
    sub_message ("%s: %s", job->input->path, job->message);
  else if (job->state == SUB_JOB_DONE && !quiet)
    tell_done (job);
}

/* --- the end --------------------------------------------------------------- */

void
sub_append_time (GString *line, double seconds)
{
  guint s = (guint) MIN (seconds, 359999);

  if (s >= 3600)
    g_string_append_printf (line, "%u:%02u:%02u", s / 3600, s / 60 % 60, s % 60);
  else
    g_string_append_printf (line, "%u:%02u", s / 60, s % 60);
}

void
sub_totals_add (SubTotals *self, const SubJob *job)
{
  self->n_done += job->state == SUB_JOB_DONE;
  self->n_skipped += job->state == SUB_JOB_SKIPPED;
  self->n_failed += job->state == SUB_JOB_FAILED;
  self->n_texts += job->counts.texts;
}

void
sub_tell_totals (const SubTotals *totals, gint64 elapsed, const char *left)
{
  g_autoptr (GString) line = g_string_new (NULL);

  g_string_append_printf (line, "%u translated (%" G_GUINT64_FORMAT " %s)", totals->n_done,
      totals->n_texts, totals->n_texts == 1 ? "text" : "texts");
  if (totals->n_skipped > 0)
    g_string_append_printf (line, ", %u already there", totals->n_skipped);
  if (totals->n_failed > 0)
    g_string_append_printf (line, ", %u failed", totals->n_failed);
  g_string_append (line, " in ");
  sub_append_time (line, (double) elapsed / G_USEC_PER_SEC);
  if (left)
    g_string_append_printf (line, "; stopped%s: the same command goes on from here", left);
  sub_message ("%s", line->str);
}
