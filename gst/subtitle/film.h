/* ssm-subtitle: films, and the text tracks in them
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A film is read twice, by libavformat, which knows all that containers hold: first its text tracks are taken out, which is
 * little; when they are translated all of it is copied, packet by packet, and the new tracks come in between.
 */
#ifndef SUB_FILM_H
#define SUB_FILM_H

#include <gio/gio.h>

#include "document.h"

G_BEGIN_DECLS

typedef enum {
  SUB_TRACK_SRT,
  SUB_TRACK_ASS,
  SUB_TRACK_VTT,
  SUB_TRACK_TX3G, /* of MP4: plain text */
} SubTrackKind;

typedef struct {
  GstClockTime start, end;
  char *text;                  /* as the track has it, without a length before it */
  char *settings, *identifier; /* of WebVTT; NULL: none */
} SubPacket;

typedef struct {
  guint number; /* from 1, as the film has its text tracks */
  guint stream; /* of libavformat */
  SubTrackKind kind;
  char *language;        /* BCP-47 code, NULL: not known */
  char *title;           /* NULL: none */
  char *header;          /* of ASS: its styles; NULL: none */
  GArray *packets;       /* of SubPacket */
  SubDocument *document; /* a cue for each packet */
} SubTrack;

typedef struct {
  GPtrArray *tracks; /* of SubTrack */
} SubFilm;

gboolean sub_film_has_name (const char *path);

SubFilm *sub_film_read (const char *path, GCancellable *cancellable, GError **error);
void sub_film_free (SubFilm *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SubFilm, sub_film_free)

/* The track with that number, or for 0 the first in `language` (NULL: the first); one without a language where it is alone. */
SubTrack *sub_film_choose_track (
    const SubFilm *self, const char *language, guint number, GError **error);
/* Makes track->document. */
void sub_track_read_document (SubTrack *track);

/* A translation of a track. */
typedef struct {
  const SubTrack *track;
  GPtrArray *markups; /* one a unit of its document */
  const char *language;
} SubVersion;

typedef void (*SubFilmProgress) (double share, gpointer data);

/* Writes the film at `path` with tracks (of SubVersion) added behind its own. `left_out`: what the container cannot
 * hold, or NULL. */
gboolean sub_film_write (const char *path, const char *output, const GArray *versions,
    SubFilmProgress progress, gpointer data, char **left_out, GCancellable *cancellable,
    GError **error);
/* Writes the film with the text drawn into its picture, without text tracks. */
gboolean sub_film_burn (const char *path, const char *output, const SubVersion *version,
    SubFilmProgress progress, gpointer data, char **left_out, GCancellable *cancellable,
    GError **error);

/* --- for the files of this subject ---------------------------------------- */

/* What a packet of a translation holds. */
char *sub_track_dup_packet (const SubTrack *track, guint i, char *const *markups);
/* One cue of a track that is no ASS, as Pango markup. */
char *sub_track_dup_pango (const SubTrack *track, guint cue, char *const *markups);
/* "und" where it is not known. */
const char *sub_track_get_code (const char *language);

/* The same as sub_film_write(), with the pictures of another film, `pictures`, and without text tracks. */
gboolean sub_film_merge (const char *path, const char *pictures, const char *output,
    SubFilmProgress progress, gpointer data, char **left_out, GCancellable *cancellable,
    GError **error);

G_END_DECLS

#endif /* SUB_FILM_H */
