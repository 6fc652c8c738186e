/* ssm-subtitle: one file from beginning to end
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "job.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include <glib/gstdio.h>

#include "film.h"

/* What a cue takes in a subtitle file, and a film to read, write and draw, for the time that is left. */
#define BYTES_PER_CUE 70
#define CUES_PER_FILM 1000
#define WORK_OF_COPY 100
#define WORK_OF_BURN 20000
/* No subtitle file is that large. */
#define MAX_BYTES (64 << 20)
/* What is being written has that behind its name. */
#define PART ".part"

static guint
n_targets (const SubJob *self)
{
  return self->options->routes->len;
}

static const SubRoute *
get_route (const SubJob *self, guint i)
{
  return self->options->routes->pdata[i];
}

static double
estimate_work (const SubJob *self)
{
  double n = n_targets (self);

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
  self->written = g_string_new (NULL);
  self->work = estimate_work (self);
  return self;
}

void
sub_job_free (SubJob *self)
{
  g_mutex_clear (&self->lock);
  g_string_free (self->written, TRUE);
  g_free (self->message);
  g_free (self);
}

/* --- names ---------------------------------------------------------------- */

static char *
output_path (const SubJob *self, guint target, const char *extension)
{
  return sub_files_output (
      self->input, get_route (self, target)->source, get_route (self, target)->target, extension);
}

static char *
film_path (const SubJob *self, guint target)
{
  const char *extension = strrchr (self->input->path, '.');
  g_autoptr (GString) infix = g_string_new (get_route (self, target)->target);

  if (self->options->burn)
    g_string_append (infix, ".burned");
  else
    for (guint i = target + 1; i < n_targets (self); i++)
      g_string_append_printf (infix, ".%s", get_route (self, i)->target);
  return sub_files_output (self->input, get_route (self, target)->source, infix->str, extension);
}

GPtrArray *
sub_job_outputs (const SubJob *self)
{
  GPtrArray *outputs = g_ptr_array_new_with_free_func (g_free);
  gboolean film = self->input->is_film && !self->options->beside;

  for (guint i = 0; i < n_targets (self); i++) {
    if (film && (i == 0 || self->options->burn))
      g_ptr_array_add (outputs, film_path (self, i));
    else if (!film && self->input->is_film)
      g_ptr_array_add (outputs, output_path (self, i, ".srt"));
    else if (!film)
      g_ptr_array_add (outputs, output_path (self, i, strrchr (self->input->path, '.')));
  }
  return outputs;
}

/* Beside a film, what its track is in. */
static gboolean
exists (const SubJob *self, const char *path)
{
  static const char *const others[] = { ".ass", ".vtt" };

  if (g_file_test (path, G_FILE_TEST_EXISTS))
    return TRUE;
  for (guint i = 0; self->input->is_film && self->options->beside && i < G_N_ELEMENTS (others);
       i++) {
    g_autofree char *other = g_strdup_printf ("%.*s%s", (int) (strlen (path) - 4), path, others[i]);

    if (g_file_test (other, G_FILE_TEST_EXISTS))
      return TRUE;
  }
  return FALSE;
}

static gboolean
all_exist (const SubJob *self)
{
  g_autoptr (GPtrArray) outputs = sub_job_outputs (self);

  for (guint i = 0; i < outputs->len; i++) {
    if (!exists (self, outputs->pdata[i]))
      return FALSE;
  }
  return TRUE;
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
  self->work = each * n_targets (self) + (film && !self->options->beside ? WORK_OF_COPY : 0) + 1;
  g_mutex_unlock (&self->lock);
}

static void
add_written (SubJob *self, const char *path)
{
  g_mutex_lock (&self->lock);
  g_string_append_printf (self->written, "%s%s", self->written->len > 0 ? ", " : "", path);
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
  markups = sub_translate (document, get_route (self, target), &settings, step_translated, step,
      &counts, self->cancellable, error);
  g_mutex_lock (&self->lock);
  self->counts.texts += counts.texts;
  self->counts.copied += counts.copied;
  self->counts.too_long += counts.too_long;
  g_mutex_unlock (&self->lock);
  return markups;
}

/* --- writing -------------------------------------------------------------- */

static gboolean
make_folder (SubJob *self, GError **error)
{
  if (g_mkdir_with_parents (self->input->folder, 0777) == 0)
    return TRUE;
  g_set_error (error, G_FILE_ERROR, g_file_error_from_errno (errno),
      "the folder %s cannot be made: %s", self->input->folder, g_strerror (errno));
  return FALSE;
}

/* Never over another file unasked, and whole or not at all. */
static gboolean
put_in_place (SubJob *self, const char *part, const char *path, GError **error)
{
  int fd = open (part, O_RDONLY | O_CLOEXEC);
  gboolean good = fd >= 0 && fsync (fd) == 0;

  if (fd >= 0)
    close (fd);
  if (good && self->options->force)
    good = g_rename (part, path) == 0;
  else if (good)
    good = link (part, path) == 0 || (errno != EEXIST && g_rename (part, path) == 0);
  if (!good)
    g_set_error (error, G_FILE_ERROR, g_file_error_from_errno (errno), "cannot write %s: %s", path,
        g_strerror (errno));
  else
    add_written (self, path);
  g_unlink (part);
  return good;
}

static gboolean
write_document (SubJob *self, const SubDocument *document, GPtrArray *markups, guint target,
    const char *extension, GError **error)
{
  g_autofree char *path = output_path (self, target, extension);
  g_autofree char *part = g_strconcat (path, PART, NULL);
  gsize length;
  g_autofree char *text = sub_document_write (
      document, (char *const *) markups->pdata, get_route (self, target)->target, &length);

  if (!make_folder (self, error))
    return FALSE;
  if (!g_file_set_contents_full (part, text, length, G_FILE_SET_CONTENTS_NONE, 0666, error)) {
    g_unlink (part);
    return FALSE;
  }
  return put_in_place (self, part, path, error);
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
  for (guint i = 0; i < n_targets (self); i++) {
    const char *extension = strrchr (self->input->path, '.');
    g_autofree char *path = output_path (self, i, extension);
    g_autoptr (GPtrArray) markups = NULL;

    if (!self->options->force && g_file_test (path, G_FILE_TEST_EXISTS))
      continue;
    markups = translate (self, document, i, &step, error);
    if (!markups || !write_document (self, document, markups, i, extension, error))
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
write_film (SubJob *self, const GArray *versions, guint target, Step *step, GError **error)
{
  g_autofree char *path = film_path (self, target);
  g_autofree char *part = g_strconcat (path, PART, NULL);
  g_autofree char *left_out = NULL;
  gboolean good = make_folder (self, error);

  step->before += step->work;
  step->work = self->options->burn ? WORK_OF_BURN : WORK_OF_COPY;
  if (good && self->options->burn)
    good = sub_film_burn (self->input->path, part, &g_array_index (versions, SubVersion, target),
        step_progress, step, &left_out, self->cancellable, error);
  else if (good)
    good = sub_film_write (self->input->path, part, versions, step_progress, step, &left_out,
        self->cancellable, error);
  if (!good) {
    g_unlink (part);
    return FALSE;
  }
  if (left_out) {
    g_mutex_lock (&self->lock);
    self->message = g_strdup_printf ("without what such a film cannot hold: %s", left_out);
    g_mutex_unlock (&self->lock);
  }
  return put_in_place (self, part, path, error);
}

static gboolean
write_versions (SubJob *self, const GArray *versions, Step *step, GError **error)
{
  const SubDocument *document = g_array_index (versions, SubVersion, 0).track->document;

  for (guint i = 0; i < versions->len; i++) {
    SubVersion *version = &g_array_index (versions, SubVersion, i);

    if (self->options->beside) {
      g_autofree char *extension = g_strconcat (".", document->format->name, NULL);

      if (!write_document (self, document, version->markups, i, extension, error))
        return FALSE;
    } else if (i == 0 || self->options->burn) {
      if (!write_film (self, versions, i, step, error))
        return FALSE;
    }
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
      film, get_route (self, 0)->source, MAX (self->options->track, 0), error);
  if (!track)
    return FALSE;
  sub_track_read_document (track);
  set_work (self, track->document->units->len);
  g_array_set_clear_func (versions, version_clear);
  for (guint i = 0; i < n_targets (self); i++) {
    SubVersion version = { track, NULL, get_route (self, i)->target };

    version.markups = translate (self, track->document, i, &step, error);
    if (!version.markups)
      return FALSE;
    g_array_append_val (versions, version);
  }
  return write_versions (self, versions, &step, error);
}

void
sub_job_run (SubJob *self)
{
  g_autoptr (GError) error = NULL;
  SubJobState state;

  g_mutex_lock (&self->lock);
  self->state = SUB_JOB_RUNS;
  g_mutex_unlock (&self->lock);
  if (g_cancellable_is_cancelled (self->cancellable))
    state = SUB_JOB_STOPPED;
  else if (!self->options->force && all_exist (self))
    state = SUB_JOB_SKIPPED;
  else if (self->input->is_film ? run_film (self, &error) : run_file (self, &error))
    state = SUB_JOB_DONE;
  else
    state = g_cancellable_is_cancelled (self->cancellable) ? SUB_JOB_STOPPED : SUB_JOB_FAILED;
  g_mutex_lock (&self->lock);
  self->state = state;
  self->done = self->work;
  if (state == SUB_JOB_FAILED) {
    g_free (self->message);
    self->message = g_strdup (error->message);
  }
  g_mutex_unlock (&self->lock);
}
