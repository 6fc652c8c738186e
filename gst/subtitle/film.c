/* ssm-subtitle: pipelines that films go through
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "film.h"

#include <stdio.h>
#include <string.h>

#include "translate.h"

#define POLL (100 * GST_MSECOND)

gboolean
sub_film_has_name (const char *path)
{
  static const char *const extensions[] = { ".mkv", ".webm", ".mp4", ".m4v", ".mov", NULL };
  const char *dot = strrchr (path, '.');
  g_autofree char *extension = dot ? g_ascii_strdown (dot, -1) : NULL;

  return extension && g_strv_contains (extensions, extension);
}

const char *
sub_film_extension (const char *path)
{
  const char *dot = strrchr (path, '.');

  return g_ascii_strcasecmp (dot, ".webm") == 0 ? ".mkv" : dot;
}

/* By what the file begins with: names lie. */
static gboolean
find_container (const char *path, SubContainer *container, GError **error)
{
  guint8 head[12] = { 0 };
  FILE *file = fopen (path, "rb");
  gsize n = file ? fread (head, 1, sizeof head, file) : 0;

  if (!file) {
    g_set_error (error, G_FILE_ERROR, g_file_error_from_errno (errno), "cannot be opened: %s",
        g_strerror (errno));
    return FALSE;
  }
  fclose (file);
  if (n == sizeof head && memcmp (head, "\x1a\x45\xdf\xa3", 4) == 0) {
    *container = SUB_CONTAINER_MATROSKA;
  } else if (n == sizeof head && memcmp (head + 4, "ftypqt  ", 8) == 0) {
    *container = SUB_CONTAINER_QUICKTIME;
  } else if (n == sizeof head
      && (memcmp (head + 4, "ftyp", 4) == 0 || memcmp (head + 4, "moov", 4) == 0)) {
    *container = SUB_CONTAINER_MP4;
  } else {
    g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
        "is neither Matroska nor MP4, whatever its name says");
    return FALSE;
  }
  return TRUE;
}

GstElement *
sub_film_open (const char *path, SubContainer *container, GError **error)
{
  const char *name;
  GstElement *pipeline, *source, *demuxer;

  if (!find_container (path, container, error))
    return NULL;
  name = *container == SUB_CONTAINER_MATROSKA ? "matroskademux" : "qtdemux";
  demuxer = gst_element_factory_make (name, "demux");
  if (!demuxer) {
    g_set_error (error, GST_CORE_ERROR, GST_CORE_ERROR_MISSING_PLUGIN,
        "there is no element \"%s\": on Debian install gstreamer1.0-plugins-good", name);
    return NULL;
  }
  pipeline = gst_pipeline_new (NULL);
  source = gst_element_factory_make ("filesrc", NULL);
  g_object_set (source, "location", path, NULL);
  gst_bin_add_many (GST_BIN (pipeline), source, demuxer, NULL);
  gst_element_link (source, demuxer);
  return pipeline;
}

static void
tell_progress (GstElement *pipeline, SubFilmProgress progress, gpointer data)
{
  gint64 position, duration;

  if (progress && gst_element_query_position (pipeline, GST_FORMAT_TIME, &position)
      && gst_element_query_duration (pipeline, GST_FORMAT_TIME, &duration) && duration > 0)
    progress (CLAMP ((double) position / (double) duration, 0, 1), data);
}

gboolean
sub_pipeline_run (GstElement *pipeline, SubFilmProgress progress, gpointer data,
    GCancellable *cancellable, GError **error)
{
  g_autoptr (GstBus) bus = gst_element_get_bus (pipeline);
  const GstMessageType types = GST_MESSAGE_ERROR | GST_MESSAGE_EOS;

  if (gst_element_set_state (pipeline, GST_STATE_PLAYING) == GST_STATE_CHANGE_FAILURE) {
    g_autoptr (GstMessage) message = gst_bus_pop_filtered (bus, GST_MESSAGE_ERROR);

    if (!message || !sub_message_is_error (message, error))
      g_set_error_literal (error, GST_CORE_ERROR, GST_CORE_ERROR_STATE_CHANGE,
          "GStreamer does not start, and does not say why");
    return FALSE;
  }
  for (;;) {
    g_autoptr (GstMessage) message = gst_bus_timed_pop_filtered (bus, POLL, types);

    if (g_cancellable_set_error_if_cancelled (cancellable, error))
      return FALSE;
    if (message && sub_message_is_error (message, error))
      return FALSE;
    if (message)
      return TRUE;
    tell_progress (pipeline, progress, data);
  }
}

GstCaps *
sub_pad_dup_caps (GstPad *pad)
{
  GstCaps *caps = gst_pad_get_current_caps (pad);

  return caps ? caps : gst_pad_query_caps (pad, NULL);
}

gboolean
sub_caps_are_text (const GstCaps *caps)
{
  static const char *const names[] = { "text/x-raw", "application/x-ass", "application/x-ssa",
    NULL };

  return !gst_caps_is_empty (caps) && !gst_caps_is_any (caps)
      && g_strv_contains (names, gst_structure_get_name (gst_caps_get_structure (caps, 0)));
}

/* --- from demuxer to muxer ------------------------------------------------ */

/* The best parser for what the pad gives, in the pipeline and linked; NULL: none. */
static GstElement *
add_parser (GstElement *pipeline, GstPad *pad)
{
  g_autoptr (GstCaps) caps = sub_pad_dup_caps (pad);
  GList *all =
      gst_element_factory_list_get_elements (GST_ELEMENT_FACTORY_TYPE_PARSER, GST_RANK_MARGINAL);
  GList *fit = gst_element_factory_list_filter (all, caps, GST_PAD_SINK, FALSE);
  GstElement *parser = fit ? gst_element_factory_create (fit->data, NULL) : NULL;

  gst_plugin_feature_list_free (all);
  gst_plugin_feature_list_free (fit);
  if (!parser)
    return NULL;
  gst_bin_add (GST_BIN (pipeline), parser);
  gst_element_sync_state_with_parent (parser);
  {
    g_autoptr (GstPad) sink = gst_element_get_static_pad (parser, "sink");

    gst_pad_link (pad, sink);
  }
  return parser;
}

static void
link_queue (GstElement *pipeline, GstPad *pad, GstPad *sink)
{
  GstElement *queue = gst_element_factory_make ("queue", NULL);
  g_autoptr (GstPad) in = gst_element_get_static_pad (queue, "sink");
  g_autoptr (GstPad) out = gst_element_get_static_pad (queue, "src");

  /* streams lie beside each other as far as the film has them so: no limit but that one may hold up another */
  g_object_set (
      queue, "max-size-buffers", 0, "max-size-bytes", 0, "max-size-time", (guint64) 0, NULL);
  gst_bin_add (GST_BIN (pipeline), queue);
  gst_element_sync_state_with_parent (queue);
  gst_pad_link (out, sink);
  gst_pad_link (pad, in);
}

gboolean
sub_film_link (GstElement *pipeline, GstPad *pad, GstElement *muxer)
{
  g_autoptr (GstCaps) caps = sub_pad_dup_caps (pad);
  g_autoptr (GstPad) sink = gst_element_get_compatible_pad (muxer, pad, caps);
  g_autoptr (GstPad) parsed = NULL;
  GstElement *parser;

  if (sink) {
    link_queue (pipeline, pad, sink);
    return TRUE;
  }
  parser = add_parser (pipeline, pad);
  parsed = parser ? gst_element_get_static_pad (parser, "src") : NULL;
  sink = parsed ? gst_element_get_compatible_pad (muxer, parsed, NULL) : NULL;
  if (!sink)
    return FALSE;
  link_queue (pipeline, parsed, sink);
  return TRUE;
}
