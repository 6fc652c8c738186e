/* ssm-subtitle: text drawn into a film
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <string.h>

#include "film.h"

/* Two lines of 42 columns have room in 640 pixels, as textoverlay scales it. */
#define FONT "Sans Bold 17"

typedef struct {
  const SubVersion *version;
  GstElement *pipeline, *muxer, *overlay, *encoder;
  gboolean has_video;
} Burning;

static GstElement *
make (const char *name, const char *package, GError **error)
{
  GstElement *element = gst_element_factory_make (name, NULL);

  if (!element)
    g_set_error (error, GST_CORE_ERROR, GST_CORE_ERROR_MISSING_PLUGIN,
        "there is no element \"%s\": on Debian install %s", name, package);
  return element;
}

static gboolean
is_ass (const SubVersion *version)
{
  return version->track->document->format == &sub_format_ass;
}

static void
decoded (GstElement *decoder, GstPad *pad, gpointer data)
{
  Burning *burning = data;
  GstElement *convert = gst_element_factory_make ("videoconvert", NULL);
  g_autoptr (GstPad) sink = gst_element_get_static_pad (convert, "sink");

  gst_bin_add (GST_BIN (burning->pipeline), convert);
  gst_element_link_pads (convert, "src", burning->overlay, "video_sink");
  gst_element_sync_state_with_parent (convert);
  gst_pad_link (pad, sink);
}

static void
pad_added (GstElement *demuxer, GstPad *pad, gpointer data)
{
  Burning *burning = data;
  g_autoptr (GstCaps) caps = sub_pad_dup_caps (pad);
  const char *name = gst_structure_get_name (gst_caps_get_structure (caps, 0));
  GstElement *decoder;
  g_autoptr (GstPad) sink = NULL;

  if (g_str_has_prefix (name, "audio/")) {
    if (!sub_film_link (burning->pipeline, pad, burning->muxer))
      GST_ELEMENT_WARNING (burning->muxer, STREAM, MUX, ("%s is left out", name), (NULL));
    return;
  }
  if (!g_str_has_prefix (name, "video/") || burning->has_video)
    return;
  burning->has_video = TRUE;
  decoder = gst_element_factory_make ("decodebin", NULL);
  g_signal_connect (decoder, "pad-added", G_CALLBACK (decoded), burning);
  gst_bin_add (GST_BIN (burning->pipeline), decoder);
  sink = gst_element_get_static_pad (decoder, "sink");
  gst_element_sync_state_with_parent (decoder);
  gst_pad_link (pad, sink);
}

static void
no_more_pads (GstElement *demuxer, gpointer data)
{
  Burning *burning = data;

  if (!burning->has_video)
    GST_ELEMENT_ERROR (burning->muxer, STREAM, DEMUX, ("there is no picture in it"), (NULL));
}

/* The overlay's text, all of it at once: what it waits for is always there. */
static void
add_text (Burning *burning)
{
  const SubVersion *version = burning->version;
  g_autoptr (GPtrArray) buffers =
      sub_track_make_buffers (version->track, (char *const *) version->markups->pdata);
  g_autoptr (GstCaps) caps = NULL;
  GstElement *source;

  if (is_ass (version)) {
    caps = gst_caps_ref (version->track->caps);
  } else {
    /* pango's own tags */
    for (guint i = 0; i < buffers->len; i++) {
      GstBuffer *buffer = buffers->pdata[i];
      g_autofree char *markup =
          sub_track_dup_pango (version->track, i, (char *const *) version->markups->pdata);

      buffers->pdata[i] = gst_buffer_new_memdup (markup, strlen (markup));
      gst_buffer_copy_into (buffers->pdata[i], buffer, GST_BUFFER_COPY_TIMESTAMPS, 0, -1);
      gst_buffer_unref (buffer);
    }
    caps = gst_caps_new_simple ("text/x-raw", "format", G_TYPE_STRING, "pango-markup", NULL);
  }
  source =
      sub_track_add_source (burning->pipeline, version->track, buffers, caps, version->language);
  gst_element_link_pads (source, "src", burning->overlay, "text_sink");
}

static GstElement *
make_overlay (const SubVersion *version, GError **error)
{
  GstElement *overlay;

  if (is_ass (version))
    return make ("assrender", "gstreamer1.0-plugins-bad", error);
  overlay = make ("textoverlay", "gstreamer1.0-x", error);
  if (overlay)
    g_object_set (overlay, "font-desc", FONT, "valignment", 0 /* baseline */, NULL);
  return overlay;
}

static gboolean
build (Burning *burning, SubContainer container, const char *output, GError **error)
{
  GstElement *convert, *parser, *queue, *sink;

  burning->overlay = make_overlay (burning->version, error);
  burning->encoder = burning->overlay ? make ("x264enc", "gstreamer1.0-plugins-ugly", error) : NULL;
  parser = burning->encoder ? make ("h264parse", "gstreamer1.0-plugins-bad", error) : NULL;
  burning->muxer = parser ? make (container == SUB_CONTAINER_MATROSKA ? "matroskamux" : "mp4mux",
                       "gstreamer1.0-plugins-good", error)
                          : NULL;
  if (!burning->muxer)
    return FALSE;
  convert = gst_element_factory_make ("videoconvert", NULL);
  queue = gst_element_factory_make ("queue", NULL);
  sink = gst_element_factory_make ("filesink", NULL);
  gst_util_set_object_arg (G_OBJECT (burning->encoder), "pass", "quant");
  g_object_set (burning->encoder, "quantizer", 21, NULL);
  g_object_set (sink, "location", output, "async", FALSE, NULL);
  gst_bin_add_many (GST_BIN (burning->pipeline), burning->overlay, convert, burning->encoder,
      parser, queue, burning->muxer, sink, NULL);
  gst_element_link_many (burning->overlay, convert, burning->encoder, parser, queue, NULL);
  return gst_element_link_pads (queue, "src", burning->muxer, "video_%u")
      && gst_element_link (burning->muxer, sink);
}

gboolean
sub_film_burn (const SubFilm *self, const char *path, const char *output, const SubVersion *version,
    SubFilmProgress progress, gpointer data, GCancellable *cancellable, GError **error)
{
  Burning burning = { .version = version };
  g_autoptr (GstElement) demuxer = NULL;
  SubContainer container;
  gboolean good;

  burning.pipeline = sub_film_open (path, &container, error);
  if (!burning.pipeline)
    return FALSE;
  good = build (&burning, container, output, error);
  if (good) {
    add_text (&burning);
    demuxer = gst_bin_get_by_name (GST_BIN (burning.pipeline), "demux");
    g_signal_connect (demuxer, "pad-added", G_CALLBACK (pad_added), &burning);
    g_signal_connect (demuxer, "no-more-pads", G_CALLBACK (no_more_pads), &burning);
    good = sub_pipeline_run (burning.pipeline, progress, data, cancellable, error);
  }
  gst_element_set_state (burning.pipeline, GST_STATE_NULL);
  gst_object_unref (burning.pipeline);
  return good;
}
