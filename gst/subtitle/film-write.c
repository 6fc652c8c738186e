/* ssm-subtitle: a film with more text tracks
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Packets are copied as they are (libavformat's doc/examples/remux.c shows how); what a container keeps beside them,
 * too: chapters, attached fonts, tags, which tracks are the default ones.
 */
#include "film.h"

#include <errno.h>
#include <string.h>

#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>

#include "film-av.h"

/* Packets of the new tracks, in the order of their times. */
typedef struct {
  gint64 time; /* ns */
  guint version, number;
} Due;

typedef struct {
  AVFormatContext *input, *pictures, *output;
  int *streams, *picture_streams; /* of the output, for each one of the input; -1: left out */
  guint n_streams, n_picture_streams;
  const GArray *versions; /* of SubVersion; NULL: without text tracks */
  GArray *new_streams;    /* of int, one a version */
  GArray *due;            /* of Due */
  guint next_due;
  gint64 size; /* of the input, bytes */
  GString *left_out;
  SubFilmProgress progress;
  gpointer data;
  GCancellable *cancellable;
} Writing;

/* --- streams --------------------------------------------------------------- */

static gboolean
is_text (const AVStream *stream)
{
  return stream->codecpar->codec_type == AVMEDIA_TYPE_SUBTITLE;
}

/* A name of the format's own for what is in the stream stays, as "hvc1" beside "hev1". */
static void
keep_codec_tag (const AVFormatContext *output, AVCodecParameters *codec)
{
  guint tag = codec->codec_tag;

  if (output->oformat->codec_tag
      && av_codec_get_id (output->oformat->codec_tag, tag) != codec->codec_id)
    codec->codec_tag = 0;
  if (!output->oformat->codec_tag)
    codec->codec_tag = 0;
}

static gboolean
copy_side_data (AVStream *to, const AVStream *from)
{
#if LIBAVFORMAT_VERSION_INT < AV_VERSION_INT(60, 15, 100)
  /* later versions have it in codecpar */
  for (int i = 0; i < from->nb_side_data; i++) {
    const AVPacketSideData *side = &from->side_data[i];
    uint8_t *copy = av_stream_new_side_data (to, side->type, side->size);

    if (!copy)
      return FALSE;
    memcpy (copy, side->data, side->size);
  }
#endif
  return TRUE;
}

/* A stream of the output that is as `from`; NULL: there is no memory. */
static AVStream *
copy_stream (AVFormatContext *output, const AVStream *from)
{
  AVStream *to = avformat_new_stream (output, NULL);

  if (!to || avcodec_parameters_copy (to->codecpar, from->codecpar) < 0
      || av_dict_copy (&to->metadata, from->metadata, 0) < 0 || !copy_side_data (to, from))
    return NULL;
  keep_codec_tag (output, to->codecpar);
  to->time_base = from->time_base;
  to->disposition = from->disposition;
  to->sample_aspect_ratio = from->sample_aspect_ratio;
  to->avg_frame_rate = from->avg_frame_rate;
  to->r_frame_rate = from->r_frame_rate;
  return to;
}

/* Whether the container has a place for it. */
static gboolean
fits (const AVFormatContext *output, const AVStream *stream)
{
  const AVCodecParameters *codec = stream->codecpar;

  if (codec->codec_type == AVMEDIA_TYPE_ATTACHMENT)
    return strcmp (output->oformat->name, "matroska") == 0 && codec->extradata_size > 0;
  return codec->codec_id != AV_CODEC_ID_NONE
      && avformat_query_codec (output->oformat, codec->codec_id, FF_COMPLIANCE_EXPERIMENTAL) != 0;
}

static gboolean
add_stream (Writing *writing, const AVStream *from, int *number, GError **error)
{
  enum AVMediaType type = from->codecpar->codec_type;
  const char *name = avcodec_get_name (from->codecpar->codec_id);
  AVStream *to;

  *number = -1;
  if (!fits (writing->output, from)) {
    if (type == AVMEDIA_TYPE_VIDEO || type == AVMEDIA_TYPE_AUDIO) {
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED,
          "%s cannot be written into a film of this kind: --beside writes a subtitle file", name);
      return FALSE;
    }
    g_string_append_printf (
        writing->left_out, "%s%s", writing->left_out->len > 0 ? ", " : "", name);
    return TRUE;
  }
  to = copy_stream (writing->output, from);
  if (!to)
    return sub_av_set_error (error, AVERROR (ENOMEM), "cannot be written");
  *number = to->index;
  return TRUE;
}

static gboolean
add_streams (Writing *writing, GError **error)
{
  AVFormatContext *input = writing->input, *pictures = writing->pictures;

  writing->streams = g_new (int, input->nb_streams + 1);
  writing->n_streams = input->nb_streams;
  writing->n_picture_streams = pictures ? pictures->nb_streams : 0;
  for (guint i = 0; pictures && i < pictures->nb_streams; i++) {
    if (!add_stream (writing, pictures->streams[i], &writing->picture_streams[i], error))
      return FALSE;
  }
  for (guint i = 0; i < input->nb_streams; i++) {
    const AVStream *stream = input->streams[i];
    gboolean other = pictures && stream->codecpar->codec_type == AVMEDIA_TYPE_VIDEO
        && !(stream->disposition & AV_DISPOSITION_ATTACHED_PIC);

    writing->streams[i] = -1;
    if (other || (!writing->versions && is_text (stream)))
      input->streams[i]->discard = AVDISCARD_ALL;
    else if (!add_stream (writing, stream, &writing->streams[i], error))
      return FALSE;
  }
  return TRUE;
}

/* A track of the same kind, in another language, and no default one. */
static gboolean
add_version (Writing *writing, const SubVersion *version, GError **error)
{
  const SubTrack *track = version->track;
  AVStream *to = copy_stream (writing->output, writing->input->streams[track->stream]);
  g_autofree char *title = track->title ? g_strdup_printf ("%s, machine translation", track->title)
                                        : g_strdup ("machine translation");

  if (!to)
    return sub_av_set_error (error, AVERROR (ENOMEM), "cannot be written");
  to->disposition = 0;
  av_dict_free (&to->metadata);
  av_dict_set (&to->metadata, "language", sub_track_get_code (version->language), 0);
  av_dict_set (&to->metadata, "title", title, 0);
  g_array_append_val (writing->new_streams, to->index);
  return TRUE;
}

/* --- what is beside the streams ---------------------------------------------- */

static gboolean
copy_chapters (AVFormatContext *to, const AVFormatContext *from)
{
  if (from->nb_chapters == 0)
    return TRUE;
  to->chapters = av_calloc (from->nb_chapters, sizeof *to->chapters);
  if (!to->chapters)
    return FALSE;
  for (guint i = 0; i < from->nb_chapters; i++) {
    const AVChapter *old = from->chapters[i];
    AVChapter *chapter = av_mallocz (sizeof *chapter);

    if (!chapter)
      return FALSE;
    chapter->id = old->id;
    chapter->time_base = old->time_base;
    chapter->start = old->start;
    chapter->end = old->end;
    av_dict_copy (&chapter->metadata, old->metadata, 0);
    to->chapters[to->nb_chapters++] = chapter;
  }
  return TRUE;
}

/* Whether the index of an MP4 stands before its data, so that it plays while it is fetched. */
static gboolean
begins_with_index (const char *path)
{
  FILE *file = fopen (path, "rb");
  guint8 head[16];
  gboolean found = FALSE;

  while (file && fread (head, 1, 8, file) == 8) {
    guint64 size = (guint64) head[0] << 24 | head[1] << 16 | head[2] << 8 | head[3];

    found = memcmp (head + 4, "moov", 4) == 0;
    if (found || memcmp (head + 4, "mdat", 4) == 0 || size < 8
        || fseeko (file, size - 8, SEEK_CUR) != 0)
      break;
  }
  if (file)
    fclose (file);
  return found;
}

static const char *
find_format (const char *path)
{
  const char *dot = strrchr (path, '.');

  if (g_ascii_strcasecmp (dot, ".webm") == 0)
    return "webm";
  if (g_ascii_strcasecmp (dot, ".mkv") == 0)
    return "matroska";
  return g_ascii_strcasecmp (dot, ".mov") == 0 ? "mov" : "mp4";
}

/* --- packets --------------------------------------------------------------- */

static gint
compare_due (gconstpointer a, gconstpointer b)
{
  const Due *one = a, *other = b;

  if (one->time != other->time)
    return one->time < other->time ? -1 : 1;
  return one->version != other->version ? (gint) one->version - (gint) other->version
                                        : (gint) one->number - (gint) other->number;
}

static void
find_due (Writing *writing)
{
  writing->due = g_array_new (FALSE, FALSE, sizeof (Due));
  for (guint v = 0; writing->versions && v < writing->versions->len; v++) {
    const GArray *packets = g_array_index (writing->versions, SubVersion, v).track->packets;

    for (guint i = 0; i < packets->len; i++) {
      const SubPacket *packet = &g_array_index (packets, SubPacket, i);
      Due due = { packet->start, v, i };

      if (GST_CLOCK_TIME_IS_VALID (packet->start))
        g_array_append_val (writing->due, due);
    }
  }
  g_array_sort (writing->due, compare_due);
}

static int
add_side_data (AVPacket *packet, enum AVPacketSideDataType type, const char *text)
{
  uint8_t *data = text ? av_packet_new_side_data (packet, type, strlen (text)) : NULL;

  if (data)
    memcpy (data, text, strlen (text));
  return text && !data ? AVERROR (ENOMEM) : 0;
}

static int
write_due (Writing *writing, const Due *due)
{
  const SubVersion *version = &g_array_index (writing->versions, SubVersion, due->version);
  const SubPacket *source = &g_array_index (version->track->packets, SubPacket, due->number);
  g_autofree char *text =
      sub_track_dup_packet (version->track, due->number, (char *const *) version->markups->pdata);
  gsize before = version->track->kind == SUB_TRACK_TX3G ? 2 : 0;
  gsize length = MIN (strlen (text), before ? 0xffff : G_MAXINT / 2);
  const AVStream *stream =
      writing->output->streams[g_array_index (writing->new_streams, int, due->version)];
  AVPacket *packet = av_packet_alloc ();
  int status = packet ? av_new_packet (packet, length + before) : AVERROR (ENOMEM);

  if (status < 0) {
    av_packet_free (&packet);
    return status;
  }
  if (before) {
    packet->data[0] = length >> 8;
    packet->data[1] = length & 0xff;
  }
  memcpy (packet->data + before, text, length);
  packet->stream_index = stream->index;
  packet->pts = packet->dts =
      av_rescale_q (source->start, (AVRational){ 1, GST_SECOND }, stream->time_base);
  packet->duration =
      av_rescale_q (source->end - source->start, (AVRational){ 1, GST_SECOND }, stream->time_base);
  packet->flags = AV_PKT_FLAG_KEY;
  status = add_side_data (packet, AV_PKT_DATA_WEBVTT_SETTINGS, source->settings);
  if (status >= 0)
    status = add_side_data (packet, AV_PKT_DATA_WEBVTT_IDENTIFIER, source->identifier);
  if (status >= 0)
    status = av_interleaved_write_frame (writing->output, packet);
  av_packet_free (&packet);
  return status;
}

/* The new tracks' packets up to `time`, ns. */
static int
write_due_until (Writing *writing, gint64 time)
{
  int status = 0;

  for (; status >= 0 && writing->next_due < writing->due->len; writing->next_due++) {
    const Due *due = &g_array_index (writing->due, Due, writing->next_due);

    if (due->time > time)
      break;
    status = write_due (writing, due);
  }
  return status;
}

/* Copies the next packet of `from`; *time is its time, G_MAXINT64 at the end. */
static int
copy_packet (
    Writing *writing, AVFormatContext *from, const int *streams, AVPacket *packet, gint64 *time)
{
  int status = av_read_frame (from, packet);
  const AVStream *source, *to;
  guint n_streams;

  if (status == AVERROR_EOF)
    *time = G_MAXINT64;
  if (status < 0)
    return status == AVERROR_EOF ? 0 : status;
  /* a stream that turns up while the film is read has no place in what is written */
  n_streams = from == writing->input ? writing->n_streams : writing->n_picture_streams;
  if ((guint) packet->stream_index >= n_streams || streams[packet->stream_index] < 0) {
    av_packet_unref (packet);
    return 0;
  }
  source = from->streams[packet->stream_index];
  if (packet->dts != AV_NOPTS_VALUE || packet->pts != AV_NOPTS_VALUE)
    *time = MAX (*time,
        av_rescale_q (packet->dts != AV_NOPTS_VALUE ? packet->dts : packet->pts, source->time_base,
            (AVRational){ 1, GST_SECOND }));
  to = writing->output->streams[streams[packet->stream_index]];
  packet->stream_index = to->index;
  packet->pos = -1;
  av_packet_rescale_ts (packet, source->time_base, to->time_base);
  status = av_interleaved_write_frame (writing->output, packet);
  av_packet_unref (packet);
  return status;
}

static int
copy_packets (Writing *writing)
{
  AVPacket *packet = av_packet_alloc ();
  gint64 time = G_MININT64, picture_time = writing->pictures ? G_MININT64 : G_MAXINT64;
  int status = packet ? 0 : AVERROR (ENOMEM);
  guint n = 0;

  while (status >= 0 && (time < G_MAXINT64 || picture_time < G_MAXINT64)) {
    if (picture_time < time)
      status =
          copy_packet (writing, writing->pictures, writing->picture_streams, packet, &picture_time);
    else
      status = copy_packet (writing, writing->input, writing->streams, packet, &time);
    if (status >= 0)
      status = write_due_until (writing, time);
    if (++n % 256 == 0 && writing->progress && writing->size > 0)
      writing->progress (
          CLAMP ((double) avio_tell (writing->input->pb) / writing->size, 0, 1), writing->data);
    if (g_cancellable_is_cancelled (writing->cancellable))
      status = AVERROR_EXIT;
  }
  av_packet_free (&packet);
  return status;
}

/* --- all of it -------------------------------------------------------------- */

static gboolean
write_output (Writing *writing, const char *path, const char *file, GError **error)
{
  AVFormatContext *output = writing->output;
  g_autofree char *url = g_strconcat ("file:", file, NULL);
  AVDictionary *options = NULL;
  int status = avio_open (&output->pb, url, AVIO_FLAG_WRITE);

  if (status < 0)
    return sub_av_set_error (error, status, "cannot be written");
  /* codecs that are young in a container are no less a copy */
  output->strict_std_compliance = FF_COMPLIANCE_EXPERIMENTAL;
  if (strcmp (output->oformat->name, "mp4") == 0 && begins_with_index (path))
    av_dict_set (&options, "movflags", "+faststart", 0);
  status = avformat_write_header (output, &options);
  av_dict_free (&options);
  if (status >= 0)
    status = copy_packets (writing);
  if (status >= 0)
    status = av_write_trailer (output);
  if (status >= 0 && output->pb->error < 0)
    status = output->pb->error;
  if (avio_closep (&output->pb) < 0 && status >= 0)
    status = AVERROR (EIO);
  if (g_cancellable_set_error_if_cancelled (writing->cancellable, error))
    return FALSE;
  return status >= 0 || sub_av_set_error (error, status, "cannot be written");
}

static gboolean
build (Writing *writing, const char *path, GError **error)
{
  int status = avformat_alloc_output_context2 (&writing->output, NULL, find_format (path), NULL);

  if (status < 0)
    return sub_av_set_error (error, status, "cannot be written");
  if (!add_streams (writing, error))
    return FALSE;
  for (guint i = 0; writing->versions && i < writing->versions->len; i++) {
    if (!add_version (writing, &g_array_index (writing->versions, SubVersion, i), error))
      return FALSE;
  }
  if (av_dict_copy (&writing->output->metadata, writing->input->metadata, 0) < 0
      || !copy_chapters (writing->output, writing->input))
    return sub_av_set_error (error, AVERROR (ENOMEM), "cannot be written");
  find_due (writing);
  return TRUE;
}

static gboolean
write_film (Writing *writing, const char *path, const char *output, char **left_out, GError **error)
{
  gboolean good;

  writing->input = sub_av_open (path, error);
  if (!writing->input)
    return FALSE;
  writing->size = avio_size (writing->input->pb);
  writing->left_out = g_string_new (NULL);
  writing->new_streams = g_array_new (FALSE, FALSE, sizeof (int));
  good = build (writing, path, error) && write_output (writing, path, output, error);
  avformat_close_input (&writing->input);
  avformat_free_context (writing->output);
  g_clear_pointer (&writing->due, g_array_unref);
  g_array_unref (writing->new_streams);
  g_free (writing->streams);
  *left_out = g_string_free (writing->left_out, writing->left_out->len == 0);
  return good;
}

gboolean
sub_film_write (const char *path, const char *output, const GArray *versions,
    SubFilmProgress progress, gpointer data, char **left_out, GCancellable *cancellable,
    GError **error)
{
  Writing writing = {
    .versions = versions, .progress = progress, .data = data, .cancellable = cancellable
  };

  return write_film (&writing, path, output, left_out, error);
}

gboolean
sub_film_merge (const char *path, const char *pictures, const char *output,
    SubFilmProgress progress, gpointer data, char **left_out, GCancellable *cancellable,
    GError **error)
{
  Writing writing = { .progress = progress, .data = data, .cancellable = cancellable };
  gboolean good;

  writing.pictures = sub_av_open (pictures, error);
  if (!writing.pictures)
    return FALSE;
  writing.picture_streams = g_new (int, writing.pictures->nb_streams + 1);
  good = write_film (&writing, path, output, left_out, error);
  avformat_close_input (&writing.pictures);
  g_free (writing.picture_streams);
  return good;
}
