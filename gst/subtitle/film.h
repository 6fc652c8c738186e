/* ssm-subtitle: films, and the text tracks in them
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A film is read twice. First its text tracks are taken out, all of them, which is little; when they are translated all
 * the rest goes from demuxer to muxer as it is, and every text track, old or new, comes from memory. So no track that is
 * silent for an hour keeps another one waiting.
 */
#ifndef SUB_FILM_H
#define SUB_FILM_H

#include <gio/gio.h>

#include "document.h"

G_BEGIN_DECLS

typedef enum {
  SUB_CONTAINER_MATROSKA,
  SUB_CONTAINER_MP4,
  SUB_CONTAINER_QUICKTIME,
} SubContainer;

typedef struct {
  guint number; /* from 1, as the film has its text tracks */
  GstCaps *caps;
  GstTagList *tags;      /* NULL: none */
  char *language;        /* BCP-47 code, NULL: not known */
  GPtrArray *buffers;    /* of GstBuffer, PTS in running time */
  SubDocument *document; /* a cue for each buffer; NULL: not text of a kind that is known */
} SubTrack;

typedef struct {
  SubContainer container;
  GPtrArray *tracks; /* of SubTrack */
} SubFilm;

gboolean sub_film_has_name (const char *path);
/* The extension of a film that is written: ".mkv" where it is WebM, which has no text tracks. */
const char *sub_film_extension (const char *path);

SubFilm *sub_film_read (const char *path, GCancellable *cancellable, GError **error);
void sub_film_free (SubFilm *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SubFilm, sub_film_free)

/* The track with that number, or for 0 the first in `language` (NULL: the first); one without a language where it is alone. */
SubTrack *sub_film_choose_track (
    const SubFilm *self, const char *language, guint number, GError **error);
/* What track->document is made from. FALSE: text of that kind is not known. */
gboolean sub_track_read_document (SubTrack *track);

/* A translation of a track. */
typedef struct {
  const SubTrack *track;
  GPtrArray *markups; /* one a unit of its document */
  const char *language;
} SubVersion;

typedef void (*SubFilmProgress) (double share, gpointer data);

/* Writes the film with tracks (of SubVersion) added behind its own. `left_out`: what the container cannot hold, one line, or NULL. */
gboolean sub_film_write (const SubFilm *self, const char *path, const char *output,
    const GArray *versions, SubFilmProgress progress, gpointer data, char **left_out,
    GCancellable *cancellable, GError **error);
/* Writes the film with the text drawn into its picture, without text tracks. */
gboolean sub_film_burn (const SubFilm *self, const char *path, const char *output,
    const SubVersion *version, SubFilmProgress progress, gpointer data, GCancellable *cancellable,
    GError **error);

/* --- for the files of this subject ---------------------------------------- */

/* A pipeline of the file and its demuxer, named "demux". */
GstElement *sub_film_open (const char *path, SubContainer *container, GError **error);
/* Until the end; FALSE with *error set. */
gboolean sub_pipeline_run (GstElement *pipeline, SubFilmProgress progress, gpointer data,
    GCancellable *cancellable, GError **error);
GstCaps *sub_pad_dup_caps (GstPad *pad);
gboolean sub_caps_are_text (const GstCaps *caps);
/* A buffer for each cue as the track's kind has them; `markups` NULL: as they were. */
GPtrArray *sub_track_make_buffers (const SubTrack *track, char *const *markups);
/* One cue of a track that is no ASS, as Pango markup. */
char *sub_track_dup_pango (const SubTrack *track, guint cue, char *const *markups);
/* The caps in which those are written. */
GstCaps *sub_track_dup_write_caps (const SubTrack *track);
/* A source of them in the pipeline, already filled, with tags for `language` (NULL: those of the track). */
GstElement *sub_track_add_source (GstElement *pipeline, const SubTrack *track, GPtrArray *buffers,
    GstCaps *caps, const char *language);
/* Gives a file of matroskamux the attachments and the flags of tracks that `source` has. FALSE with *error set
 * where it cannot be written; files that are not understood stay as they are. */
gboolean sub_matroska_complete (const char *source, const char *written, GError **error);
/* A pad of `muxer` for what `pad` gives, linked by way of a queue; a parser in between where it takes one. */
gboolean sub_film_link (GstElement *pipeline, GstPad *pad, GstElement *muxer);

G_END_DECLS

#endif /* SUB_FILM_H */
