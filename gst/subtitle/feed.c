/* ssm-subtitle: files of a list, as it comes
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "feed.h"

#include "names.h"
#include "report.h"
#include "tell.h"

struct _SubFeed {
  const SubOptions *options;
  SubNames *names;
  GCancellable *cancellable;
  GPtrArray *threads; /* of GThread */
  gint n_running;     /* atomic: of them */
  gint64 start;
  GMutex lock;
  /* under the lock */
  SubTotals totals;
  gboolean is_unread; /* nobody takes the reports */
};

/* FALSE: nobody wants more. */
static gboolean
fail (SubFeed *self, const char *name, const char *reason)
{
  sub_message ("%s: %s", name, reason);
  g_mutex_lock (&self->lock);
  self->totals.n_failed++;
  g_mutex_unlock (&self->lock);
  return !self->options->json
      || sub_report_write (&(SubReport){ .file = name, .status = "failed", .reason = reason });
}

static gboolean
run_job (SubFeed *self, SubJob *job)
{
  if (self->options->dry_run)
    sub_job_look (job);
  else
    sub_job_run (job);
  sub_tell_job (job, self->options->quiet);
  g_mutex_lock (&self->lock);
  sub_totals_add (&self->totals, job);
  g_mutex_unlock (&self->lock);
  if (self->options->json)
    return sub_job_report (job);
  return !self->options->dry_run || sub_job_list (job);
}

static gboolean
run_name (SubFeed *self, const char *name)
{
  g_autoptr (GError) error = NULL;
  SubInput *input = sub_files_input (self->options, name, &error);
  SubJob *job;
  gboolean good;

  if (!input)
    return fail (self, name, error->message);
  job = sub_job_new (self->options, input, self->cancellable);
  good = run_job (self, job);
  sub_job_free (job);
  sub_input_free (input);
  return good;
}

static gpointer
run_thread (gpointer data)
{
  SubFeed *self = data;
  gboolean good = TRUE;
  char *name;

  while (good && (name = sub_names_next (self->names, self->cancellable))) {
    good = run_name (self, name);
    g_free (name);
  }
  if (!good) {
    g_mutex_lock (&self->lock);
    self->is_unread = TRUE;
    g_mutex_unlock (&self->lock);
    g_cancellable_cancel (self->cancellable);
  }
  g_atomic_int_add (&self->n_running, -1);
  return NULL;
}

SubFeed *
sub_feed_new (const SubOptions *options, guint n_threads, GCancellable *cancellable, GError **error)
{
  SubNames *names = sub_names_open (options->files_from, error);
  SubFeed *self;

  if (!names)
    return NULL;
  self = g_new0 (SubFeed, 1);
  self->options = options;
  self->names = names;
  self->cancellable = cancellable;
  self->start = g_get_monotonic_time ();
  self->threads = g_ptr_array_new ();
  self->n_running = (gint) n_threads;
  g_mutex_init (&self->lock);
  for (guint i = 0; i < n_threads; i++)
    g_ptr_array_add (self->threads, g_thread_new ("file", run_thread, self));
  return self;
}

gboolean
sub_feed_is_running (SubFeed *self)
{
  return g_atomic_int_get (&self->n_running) > 0;
}

static void
join (SubFeed *self)
{
  for (guint i = 0; i < self->threads->len; i++)
    g_thread_join (self->threads->pdata[i]);
  g_ptr_array_set_size (self->threads, 0);
}

gboolean
sub_feed_finish (SubFeed *self)
{
  g_autoptr (GError) error = NULL;
  gboolean is_stopped = g_cancellable_is_cancelled (self->cancellable);
  gboolean good;

  join (self);
  good = sub_names_check (self->names, &error) && !self->is_unread && self->totals.n_failed == 0;
  if (error)
    sub_message ("%s", error->message);
  if (self->is_unread)
    sub_message ("nobody reads what standard output says: stopped");
  if (!self->options->dry_run && (!self->options->quiet || is_stopped))
    sub_tell_totals (&self->totals, g_get_monotonic_time () - self->start, is_stopped ? "" : NULL);
  return good;
}

void
sub_feed_free (SubFeed *self)
{
  join (self);
  g_ptr_array_unref (self->threads);
  sub_names_free (self->names);
  g_mutex_clear (&self->lock);
  g_free (self);
}
