/* ssm-subtitle: text drawn into a film
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * GStreamer decodes the picture, draws and encodes it, into a file of its own; sound and all else come from the film.
 */
#include <string.h>

#include <glib/gstdio.h>
#include <gst/app/gstappsrc.h>

#include "film.h"
#include "translate.h"

#define POLL (100 * GST_MSECOND)
/* Two lines of 42 columns have room in 640 pixels, as textoverlay scales it. */
#define FONT "Sans Bold 17"

typedef struct {
  const SubVersion *version;
  GstElement *pipeline, *overlay, *last;
  gboolean has_video;
} Burning;

static GstElement *
add (Burning *burning, const char *name, const char *package, GError **error)
{
  GstElement *element = gst_element_factory_make (name, NULL);

  if (element)
    gst_bin_add (GST_BIN (burning->pipeline), element);
  else if (error && !*error)
    g_set_error (error, GST_CORE_ERROR, GST_CORE_ERROR_MISSING_PLUGIN,
        "there is no element \"%s\": on Debian install %s", name, package);
  return element;
}

static gboolean
is_ass (const Burning *burning)
{
  return burning->version->track->kind == SUB_TRACK_ASS;
}

/* The first picture; all else is not decoded. */
static void
decoded (GstElement *decoder, GstPad *pad, gpointer data)
{
  Burning *burning = data;
  GstElement *convert;
  g_autoptr (GstPad) sink = NULL;

  if (burning->has_video)
    return;
  burning->has_video = TRUE;
  convert = add (burning, "videoconvert", "gstreamer1.0-plugins-base", NULL);
  sink = gst_element_get_static_pad (convert, "sink");
  gst_element_link_pads (convert, "src", burning->overlay, "video_sink");
  gst_element_sync_state_with_parent (convert);
  gst_pad_link (pad, sink);
}

static void
no_more_pads (GstElement *decoder, gpointer data)
{
  Burning *burning = data;

  if (!burning->has_video)
    GST_ELEMENT_ERROR (
        decoder, STREAM, DEMUX, ("there is no picture in it that can be decoded"), (NULL));
}

/* --- text ------------------------------------------------------------------ */

static GstCaps *
make_caps (const Burning *burning)
{
  const char *header = burning->version->track->header;
  g_autoptr (GstBuffer) codec_data = NULL;

  if (!is_ass (burning))
    return gst_caps_new_simple ("text/x-raw", "format", G_TYPE_STRING, "pango-markup", NULL);
  codec_data = gst_buffer_new_memdup (header ? header : "", header ? strlen (header) : 0);
  return gst_caps_new_simple ("application/x-ass", "codec_data", GST_TYPE_BUFFER, codec_data, NULL);
}

/* All of it at once: what the overlay waits for is always there. */
static void
add_text (Burning *burning, GstElement *source)
{
  const SubVersion *version = burning->version;
  char *const *markups = (char *const *) version->markups->pdata;
  g_autoptr (GstCaps) caps = make_caps (burning);

  g_object_set (source, "caps", caps, "format", GST_FORMAT_TIME, "max-bytes", (guint64) 0, NULL);
  for (guint i = 0; i < version->track->packets->len; i++) {
    const SubPacket *packet = &g_array_index (version->track->packets, SubPacket, i);
    g_autofree char *text = is_ass (burning) ? sub_track_dup_packet (version->track, i, markups)
                                             : sub_track_dup_pango (version->track, i, markups);
    GstBuffer *buffer = gst_buffer_new_memdup (text, strlen (text));

    GST_BUFFER_PTS (buffer) = packet->start;
    if (GST_CLOCK_TIME_IS_VALID (packet->start))
      GST_BUFFER_DURATION (buffer) = packet->end - packet->start;
    gst_app_src_push_buffer (GST_APP_SRC (source), buffer);
  }
  gst_app_src_end_of_stream (GST_APP_SRC (source));
}

/* --- the pipeline ----------------------------------------------------------- */

static gboolean
build (Burning *burning, const char *path, const char *pictures, GError **error)
{
  GstElement *file = add (burning, "filesrc", "libgstreamer1.0-0", error);
  GstElement *decoder = add (burning, "decodebin", "gstreamer1.0-plugins-base", error);
  GstElement *text = add (burning, "appsrc", "gstreamer1.0-plugins-base", error);
  GstElement *convert = add (burning, "videoconvert", "gstreamer1.0-plugins-base", error);
  GstElement *encoder = add (burning, "x264enc", "gstreamer1.0-plugins-ugly", error);
  GstElement *parser = add (burning, "h264parse", "gstreamer1.0-plugins-bad", error);
  GstElement *muxer = add (burning, "matroskamux", "gstreamer1.0-plugins-good", error);
  GstElement *sink = add (burning, "filesink", "libgstreamer1.0-0", error);
  g_autoptr (GstCaps) video = gst_caps_new_empty_simple ("video/x-raw");

  burning->overlay = is_ass (burning)
      ? add (burning, "assrender", "gstreamer1.0-plugins-bad", error)
      : add (burning, "textoverlay", "gstreamer1.0-x", error);
  if (!file || !decoder || !text || !convert || !encoder || !parser || !muxer || !sink
      || !burning->overlay)
    return FALSE;
  g_object_set (file, "location", path, NULL);
  g_object_set (decoder, "caps", video, "expose-all-streams", FALSE, NULL);
  g_object_set (sink, "location", pictures, "async", FALSE, NULL);
  gst_util_set_object_arg (G_OBJECT (encoder), "pass", "quant");
  g_object_set (encoder, "quantizer", 21, NULL);
  if (!is_ass (burning))
    g_object_set (burning->overlay, "font-desc", FONT, NULL);
  add_text (burning, text);
  g_signal_connect (decoder, "pad-added", G_CALLBACK (decoded), burning);
  g_signal_connect (decoder, "no-more-pads", G_CALLBACK (no_more_pads), burning);
  if (gst_element_link (file, decoder)
      && gst_element_link_pads (text, "src", burning->overlay, "text_sink")
      && gst_element_link_many (burning->overlay, convert, encoder, parser, muxer, sink, NULL))
    return TRUE;
  g_set_error_literal (error, GST_CORE_ERROR, GST_CORE_ERROR_NEGOTIATION,
      "the elements of this GStreamer do not fit together: --beside needs none of them");
  return FALSE;
}

static void
tell_progress (GstElement *pipeline, SubFilmProgress progress, gpointer data)
{
  gint64 position, duration;

  if (progress && gst_element_query_position (pipeline, GST_FORMAT_TIME, &position)
      && gst_element_query_duration (pipeline, GST_FORMAT_TIME, &duration) && duration > 0)
    progress (CLAMP ((double) position / (double) duration, 0, 1), data);
}

/* Until the end. */
static gboolean
run (GstElement *pipeline, SubFilmProgress progress, gpointer data, GCancellable *cancellable,
    GError **error)
{
  g_autoptr (GstBus) bus = gst_element_get_bus (pipeline);

  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  for (;;) {
    g_autoptr (GstMessage) message =
        gst_bus_timed_pop_filtered (bus, POLL, GST_MESSAGE_ERROR | GST_MESSAGE_EOS);

    if (g_cancellable_set_error_if_cancelled (cancellable, error)
        || (message && sub_message_is_error (message, error)))
      return FALSE;
    if (message)
      return TRUE;
    tell_progress (pipeline, progress, data);
  }
}

gboolean
sub_film_burn (const char *path, const char *output, const SubVersion *version,
    SubFilmProgress progress, gpointer data, char **left_out, GCancellable *cancellable,
    GError **error)
{
  Burning burning = { .version = version };
  g_autofree char *pictures = g_strconcat (output, ".pictures", NULL);
  gboolean good;

  burning.pipeline = gst_pipeline_new (NULL);
  good = build (&burning, path, pictures, error)
      && run (burning.pipeline, progress, data, cancellable, error);
  gst_element_set_state (burning.pipeline, GST_STATE_NULL);
  gst_object_unref (burning.pipeline);
  good = good && sub_film_merge (path, pictures, output, NULL, NULL, left_out, cancellable, error);
  g_unlink (pictures);
  return good;
}
