/* ssm-subtitle: the text tracks of a film
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "film.h"

#include <string.h>

#include <gst/tag/tag.h>
#include <libavformat/avformat.h>
#include <ssmt/ssmt.h>

#include "film-av.h"

/* A text that does not say how long it stands: as long as it takes to read. */
#define UNKNOWN_DURATION (2 * GST_SECOND)
/* Text of a film, all of it: more is none. */
#define MAX_PACKETS 1000000

static void
packet_clear (gpointer data)
{
  SubPacket *packet = data;

  g_free (packet->text);
  g_free (packet->settings);
  g_free (packet->identifier);
}

static void
track_free (gpointer data)
{
  SubTrack *track = data;

  g_free (track->language);
  g_free (track->title);
  g_free (track->header);
  g_array_unref (track->packets);
  g_clear_pointer (&track->document, sub_document_free);
  g_free (track);
}

void
sub_film_free (SubFilm *self)
{
  g_ptr_array_unref (self->tracks);
  g_free (self);
}

/* --- tracks ---------------------------------------------------------------- */

static gboolean
find_kind (const AVCodecParameters *codec, SubTrackKind *kind)
{
  switch (codec->codec_id) {
    case AV_CODEC_ID_SUBRIP:
    case AV_CODEC_ID_TEXT:
      *kind = SUB_TRACK_SRT;
      return TRUE;
    case AV_CODEC_ID_ASS:
    case AV_CODEC_ID_SSA:
      *kind = SUB_TRACK_ASS;
      return TRUE;
    case AV_CODEC_ID_WEBVTT:
      *kind = SUB_TRACK_VTT;
      return TRUE;
    case AV_CODEC_ID_MOV_TEXT:
      *kind = SUB_TRACK_TX3G;
      return TRUE;
    default:
      return FALSE;
  }
}

static char *
dup_tag (const AVStream *stream, const char *name)
{
  const AVDictionaryEntry *entry = av_dict_get (stream->metadata, name, NULL, 0);

  return entry && entry->value[0] ? g_utf8_make_valid (entry->value, -1) : NULL;
}

static char *
dup_language (const AVStream *stream)
{
  g_autofree char *code = dup_tag (stream, "language");
  const char *two;

  if (!code || strcmp (code, "und") == 0)
    return NULL;
  two = gst_tag_get_language_code_iso_639_1 (code);
  return two ? g_strdup (two) : g_steal_pointer (&code);
}

static void
add_track (SubFilm *film, const AVStream *stream, SubTrackKind kind)
{
  const AVCodecParameters *codec = stream->codecpar;
  SubTrack *track = g_new0 (SubTrack, 1);

  track->number = film->tracks->len + 1;
  track->stream = stream->index;
  track->kind = kind;
  track->language = dup_language (stream);
  track->title = dup_tag (stream, "title");
  if (kind == SUB_TRACK_ASS && codec->extradata_size > 0) {
    gsize length = strnlen ((const char *) codec->extradata, codec->extradata_size);

    track->header = g_utf8_make_valid ((const char *) codec->extradata, length);
  }
  track->packets = g_array_new (FALSE, FALSE, sizeof (SubPacket));
  g_array_set_clear_func (track->packets, packet_clear);
  g_ptr_array_add (film->tracks, track);
}

/* The track of each stream; NULL: it is no text. */
static SubTrack **
add_tracks (SubFilm *film, AVFormatContext *input)
{
  SubTrack **tracks = g_new0 (SubTrack *, input->nb_streams + 1);

  for (guint i = 0; i < input->nb_streams; i++) {
    SubTrackKind kind;

    if (find_kind (input->streams[i]->codecpar, &kind)) {
      add_track (film, input->streams[i], kind);
      tracks[i] = film->tracks->pdata[film->tracks->len - 1];
    } else {
      input->streams[i]->discard = AVDISCARD_ALL;
    }
  }
  return tracks;
}

/* --- packets --------------------------------------------------------------- */

/* What WebVTT has beside the text; on one line. */
static char *
dup_side_data (const AVPacket *packet, enum AVPacketSideDataType type)
{
  size_t length = 0;
  const char *data = (const char *) av_packet_get_side_data (packet, type, &length);
  char *text = data && length > 0 ? g_utf8_make_valid (data, strnlen (data, length)) : NULL;

  return text ? g_strdelimit (text, "\r\n", ' ') : NULL;
}

static void
add_packet (SubTrack *track, const AVStream *stream, const AVPacket *packet)
{
  const char *text = (const char *) packet->data;
  gsize length = packet->size;
  SubPacket cue = { GST_CLOCK_TIME_NONE, GST_CLOCK_TIME_NONE };

  if (track->kind == SUB_TRACK_TX3G) {
    gsize said = length >= 2 ? packet->data[0] << 8 | packet->data[1] : 0;

    /* nothing: silence between two texts, which muxers make anew */
    if (said == 0)
      return;
    text += 2;
    length = MIN (said, length - 2);
  }
  if (packet->pts != AV_NOPTS_VALUE) {
    cue.start = sub_av_time (packet->pts, stream->time_base);
    cue.end = cue.start
        + (packet->duration > 0 ? sub_av_time (packet->duration, stream->time_base)
                                : UNKNOWN_DURATION);
  }
  cue.settings = dup_side_data (packet, AV_PKT_DATA_WEBVTT_SETTINGS);
  cue.identifier = dup_side_data (packet, AV_PKT_DATA_WEBVTT_IDENTIFIER);
  cue.text = text ? g_utf8_make_valid (text, strnlen (text, length)) : g_strdup ("");
  g_array_append_val (track->packets, cue);
}

static gboolean
read_packets (AVFormatContext *input, SubTrack **tracks, GCancellable *cancellable, GError **error)
{
  AVPacket *packet = av_packet_alloc ();
  guint n_streams = input->nb_streams; /* more may turn up while it is read */
  guint n = 0;
  int status = 0;

  while (packet && !g_cancellable_is_cancelled (cancellable)
      && (status = av_read_frame (input, packet)) >= 0) {
    SubTrack *track =
        (guint) packet->stream_index < n_streams ? tracks[packet->stream_index] : NULL;

    if (track && n++ < MAX_PACKETS)
      add_packet (track, input->streams[packet->stream_index], packet);
    av_packet_unref (packet);
  }
  av_packet_free (&packet);
  if (g_cancellable_set_error_if_cancelled (cancellable, error))
    return FALSE;
  return status == AVERROR_EOF || sub_av_set_error (error, status, "cannot be read");
}

SubFilm *
sub_film_read (const char *path, GCancellable *cancellable, GError **error)
{
  g_autoptr (SubFilm) film = NULL;
  g_autofree SubTrack **tracks = NULL;
  AVFormatContext *input = sub_av_open (path, error);
  gboolean good = TRUE;

  if (!input)
    return NULL;
  film = g_new0 (SubFilm, 1);
  film->tracks = g_ptr_array_new_with_free_func (track_free);
  tracks = add_tracks (film, input);
  if (film->tracks->len > 0)
    good = read_packets (input, tracks, cancellable, error);
  avformat_close_input (&input);
  return good ? g_steal_pointer (&film) : NULL;
}

/* --- which track ---------------------------------------------------------- */

static void
list_tracks (const SubFilm *self, GString *text)
{
  for (guint i = 0; i < self->tracks->len; i++) {
    const SubTrack *track = self->tracks->pdata[i];

    g_string_append_printf (text, "%s%u in %s", i > 0 ? ", " : "", track->number,
        track->language ? track->language : "no known language");
  }
}

SubTrack *
sub_film_choose_track (const SubFilm *self, const char *language, guint number, GError **error)
{
  g_autoptr (GString) list = g_string_new (NULL);

  if (self->tracks->len == 0) {
    g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND,
        "there is no text track in it (pictures of text, as of discs, are none): a subtitle file "
        "beside it is translated by itself");
    return NULL;
  }
  for (guint i = 0; i < self->tracks->len; i++) {
    SubTrack *track = self->tracks->pdata[i];

    if (number > 0
            ? track->number == number
            : !language || (track->language && ssmt_language_is_same (track->language, language)))
      return track;
  }
  if (number == 0 && self->tracks->len == 1
      && !((const SubTrack *) self->tracks->pdata[0])->language)
    return self->tracks->pdata[0];
  list_tracks (self, list);
  if (number > 0)
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND, "there is no text track %u, only %s",
        number, list->str);
  else
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND,
        "there is no text track in \"%s\", only %s: --track takes one by its number", language,
        list->str);
  return NULL;
}

const char *
sub_track_get_code (const char *language)
{
  g_autofree char *code = g_strndup (language, strcspn (language, "-_"));
  const char *three = gst_tag_get_language_code_iso_639_2B (code);

  return three ? three : "und";
}
