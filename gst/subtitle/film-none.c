/* ssm-subtitle: films, in a build without libavformat
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "film.h"

SubFilm *
sub_film_read (const char *path, GCancellable *cancellable, GError **error)
{
  g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED,
      "built without libavformat, which reads films: install libavformat-dev and build again");
  return NULL;
}

void
sub_film_free (SubFilm *self)
{
}

SubTrack *
sub_film_choose_track (const SubFilm *self, const char *language, guint number, GError **error)
{
  return NULL;
}

void
sub_track_read_document (SubTrack *track)
{
}

gboolean
sub_film_write (const char *path, const char *output, const GArray *versions,
    SubFilmProgress progress, gpointer data, char **left_out, GCancellable *cancellable,
    GError **error)
{
  return FALSE;
}

gboolean
sub_film_burn (const char *path, const char *output, const SubVersion *version,
    SubFilmProgress progress, gpointer data, char **left_out, GCancellable *cancellable,
    GError **error)
{
  return FALSE;
}
