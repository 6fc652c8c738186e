/* ssm-subtitle: one file from beginning to end
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "job.h"

#include <string.h>

#include "claims.h"
#include "film.h"
#include "part.h"

/* What a cue takes in a subtitle file, and a film to read, write and draw, for the time that is left. */
#define BYTES_PER_CUE 70
#define CUES_PER_FILM 1000
#define WORK_OF_COPY 100
#define WORK_OF_BURN 20000
/* No subtitle file is that large. */
#define MAX_BYTES (64 << 20)

static double
estimate_work (const SubJob *self)
{
  double n = sub_job_count_targets (self);

  if (!self->input->is_film)
    return n * ((double) self->input->bytes / BYTES_PER_CUE + 1);
  if (self->options->burn)
    return n * (CUES_PER_FILM + WORK_OF_BURN);
  return n * CUES_PER_FILM + (self->options->beside ? 0 : WORK_OF_COPY);
}

SubJob *
sub_job_new (const SubOptions *options, const SubInput *input, GCancellable *cancellable)
{
  SubJob *self = g_new0 (SubJob, 1);

  self->options = options;
  self->input = input;
  self->cancellable = cancellable;
  g_mutex_init (&self->lock);
  self->written = g_ptr_array_new_with_free_func (g_free);
  self->work = estimate_work (self);
  return self;
}

void
sub_job_free (SubJob *self)
{
  g_mutex_clear (&self->lock);
  g_ptr_array_unref (self->written);
  g_free (self->message);
  g_free (self);
}

/* --- progress ------------------------------------------------------------- */

/* A part of the work, which `share` of is done. */
typedef struct {
  SubJob *job;
  double before, work;
} Step;

static void
step_progress (double share, gpointer data)
{
  Step *step = data;

  g_mutex_lock (&step->job->lock);
  step->job->done = step->before + step->work * share;
  g_mutex_unlock (&step->job->lock);
}

static void
step_translated (guint done, guint total, gpointer data)
{
  step_progress ((double) done / total, data);
}

/* When it is known how many texts there are. */
static void
set_work (SubJob *self, guint n_units)
{
  gboolean film = self->input->is_film;
  double each = n_units + (film && self->options->burn ? WORK_OF_BURN : 0);

  g_mutex_lock (&self->lock);
  self->work =
      each * sub_job_count_targets (self) + (film && !self->options->beside ? WORK_OF_COPY : 0) + 1;
  g_mutex_unlock (&self->lock);
}

static void
add_written (SubJob *self, const char *path)
{
  g_mutex_lock (&self->lock);
  g_ptr_array_add (self->written, g_strdup (path));
  g_mutex_unlock (&self->lock);
}

static GPtrArray *
translate (SubJob *self, const SubDocument *document, guint target, Step *step, GError **error)
{
  SubSettings settings = self->options->settings;
  SubCounts counts = { 0 };
  GPtrArray *markups;

  /* what is drawn into a picture has no player that breaks its lines */
  if (self->options->burn && settings.max_columns == 0) {
    settings.max_columns = 42;
    settings.max_lines = 2;
  }
  step->before = step->before + step->work;
  step->work = document->units->len;
  markups = sub_translate (document, sub_job_get_route (self, target), &settings, step_translated,
      step, &counts, self->cancellable, error);
  g_mutex_lock (&self->lock);
  self->counts.texts += counts.texts;
  self->counts.copied += counts.copied;
  self->counts.too_long += counts.too_long;
  g_mutex_unlock (&self->lock);
  return markups;
}

/* --- writing -------------------------------------------------------------- */

/* Whether it is there, unless it is to be written anew. */
static gboolean
is_done (const SubJob *self, const char *path)
{
  return !self->options->force && g_file_test (path, G_FILE_TEST_EXISTS);
}

static gboolean
put_in_place (SubJob *self, SubPart *part, const char *path, GError **error)
{
  if (!sub_part_put (part, self->options->force, error))
    return FALSE;
  add_written (self, path);
  return TRUE;
}

static gboolean
write_document (SubJob *self, SubPart *part, const SubDocument *document, GPtrArray *markups,
    guint target, const char *path, GError **error)
{
  gsize length;
  g_autofree char *text = sub_document_write (
      document, (char *const *) markups->pdata, sub_job_get_route (self, target)->target, &length);

  return sub_part_write (part, text, length, error) && put_in_place (self, part, path, error);
}

/* --- subtitle files -------------------------------------------------------- */

static SubDocument *
read_document (SubJob *self, GError **error)
{
  g_autofree char *bytes = NULL;
  gsize length;

  if (self->input->bytes > MAX_BYTES) {
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
        "is of %" G_GUINT64_FORMAT " MB: no subtitle file is", self->input->bytes >> 20);
    return NULL;
  }
  if (!g_file_get_contents (self->input->path, &bytes, &length, error))
    return NULL;
  return sub_document_parse (
      sub_format_find (self->input->path), bytes, length, self->options->encoding, error);
}

static gboolean
run_file (SubJob *self, GError **error)
{
  g_autoptr (SubDocument) document = read_document (self, error);
  Step step = { self, 0, 0 };

  if (!document)
    return FALSE;
  set_work (self, document->units->len);
  for (guint i = 0; i < sub_job_count_targets (self); i++) {
    const char *extension = strrchr (self->input->path, '.');
    g_autofree char *path = sub_job_text_path (self, i, extension);
    g_autoptr (GPtrArray) markups = NULL;
    g_autoptr (SubPart) part = NULL;

    if (is_done (self, path))
      continue;
    part = sub_part_new (path, self->cancellable, error);
    if (!part)
      return FALSE;
    /* another process may have been at it */
    if (is_done (self, path))
      continue;
    markups = translate (self, document, i, &step, error);
    if (!markups || !write_document (self, part, document, markups, i, path, error))
      return FALSE;
  }
  return TRUE;
}

/* --- films ---------------------------------------------------------------- */

static void
version_clear (gpointer data)
{
  g_ptr_array_unref (((SubVersion *) data)->markups);
}

static gboolean
write_film (
    SubJob *self, SubPart *part, const GArray *versions, guint target, Step *step, GError **error)
{
  const char *name = sub_part_get_name (part);
  g_autofree char *left_out = NULL;
  gboolean good;

  step->before += step->work;
  step->work = self->options->burn ? WORK_OF_BURN : WORK_OF_COPY;
  if (self->options->burn)
    good = sub_film_burn (self->input->path, name, &g_array_index (versions, SubVersion, target),
        step_progress, step, &left_out, self->cancellable, error);
  else
    good = sub_film_write (self->input->path, name, versions, step_progress, step, &left_out,
        self->cancellable, error);
  if (left_out) {
    g_mutex_lock (&self->lock);
    g_free (self->message);
    self->message = g_strdup_printf ("without what such a film cannot hold: %s", left_out);
    g_mutex_unlock (&self->lock);
  }
  return good;
}

/* A subtitle file beside the film is of the kind that its track is. */
static char *
version_path (const SubJob *self, const SubVersion *version, guint target)
{
  g_autofree char *extension = g_strconcat (".", version->track->document->format->name, NULL);

  return self->options->beside ? sub_job_text_path (self, target, extension)
                               : sub_job_film_path (self, target);
}

/* Who gives names one by one knows of each what became of it, and may have taken that away. */
static gboolean
is_one_of_all (const SubJob *self)
{
  return !self->options->files_from;
}

static gboolean
write_version (SubJob *self, const GArray *versions, guint target, Step *step, GError **error)
{
  const SubVersion *version = &g_array_index (versions, SubVersion, target);
  g_autofree char *path = version_path (self, version, target);
  g_autoptr (SubPart) part = NULL;

  if (is_one_of_all (self) && !sub_claims_take (path, self->input->path, error))
    return FALSE;
  part = sub_part_new (path, self->cancellable, error);
  if (!part)
    return FALSE;
  /* there before, or another process has been at it */
  if (is_done (self, path))
    return TRUE;
  if (self->options->beside)
    return write_document (
        self, part, version->track->document, version->markups, target, path, error);
  return write_film (self, part, versions, target, step, error)
      && put_in_place (self, part, path, error);
}

static gboolean
write_versions (SubJob *self, const GArray *versions, Step *step, GError **error)
{
  gboolean is_one_film = !self->options->beside && !self->options->burn;

  for (guint i = 0; i < (is_one_film ? 1 : versions->len); i++) {
    if (!write_version (self, versions, i, step, error))
      return FALSE;
  }
  return TRUE;
}

static gboolean
run_film (SubJob *self, GError **error)
{
  g_autoptr (SubFilm) film = sub_film_read (self->input->path, self->cancellable, error);
  g_autoptr (GArray) versions = g_array_new (FALSE, FALSE, sizeof (SubVersion));
  Step step = { self, 0, 0 };
  SubTrack *track;

  if (!film)
    return FALSE;
  track = sub_film_choose_track (
      film, sub_job_get_route (self, 0)->source, MAX (self->options->track, 0), error);
  if (!track)
    return FALSE;
  sub_track_read_document (track);
  set_work (self, track->document->units->len);
  g_array_set_clear_func (versions, version_clear);
  for (guint i = 0; i < sub_job_count_targets (self); i++) {
    SubVersion version = { track, NULL, sub_job_get_route (self, i)->target };

    version.markups = translate (self, track->document, i, &step, error);
    if (!version.markups)
      return FALSE;
    g_array_append_val (versions, version);
  }
  return write_versions (self, versions, &step, error);
}

/* What a film's track becomes beside it is known when it has been read. */
static gboolean
claim_outputs (const SubJob *self, GError **error)
{
  g_autoptr (GPtrArray) outputs = sub_job_outputs (self);
  gboolean waits = self->input->is_film && self->options->beside;

  for (guint i = 0; is_one_of_all (self) && !waits && i < outputs->len; i++) {
    if (!sub_claims_take (outputs->pdata[i], self->input->path, error))
      return FALSE;
  }
  return TRUE;
}

/* What a killed process has left is of no use where all is there. */
static void
clean_parts (const SubJob *self)
{
  g_autoptr (GPtrArray) outputs = sub_job_outputs (self);

  for (guint i = 0; i < outputs->len; i++)
    sub_part_clean (outputs->pdata[i]);
}

/* Full disks, lost servers: not what a file is like, or who may read it. */
static gboolean
is_transient (const GError *error)
{
  static const gint lasting[] = { G_FILE_ERROR_NOENT, G_FILE_ERROR_ACCES, G_FILE_ERROR_PERM,
    G_FILE_ERROR_ISDIR, G_FILE_ERROR_NOTDIR, G_FILE_ERROR_NAMETOOLONG, G_FILE_ERROR_LOOP,
    G_FILE_ERROR_ROFS, G_FILE_ERROR_EXIST };

  for (guint i = 0; i < G_N_ELEMENTS (lasting); i++) {
    if (error->code == lasting[i])
      return FALSE;
  }
  return error->domain == G_FILE_ERROR;
}

static SubJobState
run (SubJob *self, GError **error)
{
  if (g_cancellable_is_cancelled (self->cancellable))
    return SUB_JOB_STOPPED;
  if (!claim_outputs (self, error))
    return SUB_JOB_FAILED;
  if (!self->options->force && sub_job_all_exist (self)) {
    clean_parts (self);
    return SUB_JOB_SKIPPED;
  }
  if (!(self->input->is_film ? run_film (self, error) : run_file (self, error)))
    return g_cancellable_is_cancelled (self->cancellable) ? SUB_JOB_STOPPED : SUB_JOB_FAILED;
  /* all that there was to do another process has done meanwhile */
  return self->written->len > 0 ? SUB_JOB_DONE : SUB_JOB_SKIPPED;
}

void
sub_job_look (SubJob *self)
{
  g_autoptr (GError) error = NULL;

  if (!claim_outputs (self, &error)) {
    self->state = SUB_JOB_FAILED;
    self->message = g_strdup (error->message);
  } else if (!self->options->force && sub_job_all_exist (self)) {
    self->state = SUB_JOB_SKIPPED;
  }
}

void
sub_job_run (SubJob *self)
{
  g_autoptr (GError) error = NULL;
  gint64 start = g_get_monotonic_time ();
  SubJobState state;

  g_mutex_lock (&self->lock);
  self->state = SUB_JOB_RUNS;
  g_mutex_unlock (&self->lock);
  state = run (self, &error);
  g_mutex_lock (&self->lock);
  self->state = state;
  self->done = self->work;
  self->seconds = (double) (g_get_monotonic_time () - start) / G_USEC_PER_SEC;
  if (state == SUB_JOB_FAILED) {
    self->is_transient = is_transient (error);
    g_free (self->message);
    self->message = g_strdup (error->message);
  }
  g_mutex_unlock (&self->lock);
}
