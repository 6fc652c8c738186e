/* ssm-subtitle: a film with more text tracks
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <string.h>

#include "film.h"

typedef struct {
  const SubFilm *film;
  const GArray *versions;
  GstElement *pipeline, *muxer;
  gboolean has_stream; /* picture or sound */
  GString *left_out;   /* streams that the container cannot hold */
  char *lost;          /* a sound or picture that it cannot hold */
} Writing;

static GstElement *
make_muxer (SubContainer container, GError **error)
{
  static const char *const names[] = {
    [SUB_CONTAINER_MATROSKA] = "matroskamux",
    [SUB_CONTAINER_MP4] = "mp4mux",
    [SUB_CONTAINER_QUICKTIME] = "qtmux",
  };
  GstElement *muxer = gst_element_factory_make (names[container], NULL);

  if (!muxer)
    g_set_error (error, GST_CORE_ERROR, GST_CORE_ERROR_MISSING_PLUGIN,
        "there is no element \"%s\": on Debian install gstreamer1.0-plugins-good",
        names[container]);
  return muxer;
}

static void
pad_added (GstElement *demuxer, GstPad *pad, gpointer data)
{
  Writing *writing = data;
  g_autoptr (GstCaps) caps = sub_pad_dup_caps (pad);
  const char *name = gst_structure_get_name (gst_caps_get_structure (caps, 0));

  /* those come from memory */
  if (sub_caps_are_text (caps))
    return;
  if (sub_film_link (writing->pipeline, pad, writing->muxer)) {
    writing->has_stream = TRUE;
  } else if (g_str_has_prefix (name, "video/") || g_str_has_prefix (name, "audio/")) {
    if (!writing->lost)
      writing->lost = g_strdup (name);
  } else {
    g_string_append_printf (
        writing->left_out, "%s%s", writing->left_out->len > 0 ? ", " : "", name);
  }
}

static void
add_track (Writing *writing, const SubTrack *track, char *const *markups, const char *language)
{
  g_autoptr (GPtrArray) buffers = sub_track_make_buffers (track, markups);
  g_autoptr (GstCaps) caps = sub_track_dup_write_caps (track);
  GstElement *source = sub_track_add_source (writing->pipeline, track, buffers, caps, language);
  g_autoptr (GstPad) pad = gst_element_get_static_pad (source, "src");
  g_autoptr (GstPad) sink = gst_element_get_compatible_pad (writing->muxer, pad, caps);

  if (sink)
    gst_pad_link (pad, sink);
  else
    g_string_append_printf (writing->left_out, "%s%s", writing->left_out->len > 0 ? ", " : "",
        gst_structure_get_name (gst_caps_get_structure (caps, 0)));
  gst_element_sync_state_with_parent (source);
}

/* Text goes behind picture and sound, the film's own first: players take the first for the default one. */
static void
no_more_pads (GstElement *demuxer, gpointer data)
{
  Writing *writing = data;

  if (writing->lost) {
    GST_ELEMENT_ERROR (writing->muxer, STREAM, MUX,
        ("%s cannot be written into a film of this kind: --beside writes a subtitle file",
            writing->lost),
        (NULL));
    return;
  }
  if (!writing->has_stream) {
    GST_ELEMENT_ERROR (writing->muxer, STREAM, DEMUX,
        ("there is neither picture nor sound in it: --beside writes a subtitle file"), (NULL));
    return;
  }
  for (guint i = 0; i < writing->film->tracks->len; i++)
    add_track (writing, writing->film->tracks->pdata[i], NULL, NULL);
  for (guint i = 0; i < writing->versions->len; i++) {
    const SubVersion *version = &g_array_index (writing->versions, SubVersion, i);

    add_track (writing, version->track, (char *const *) version->markups->pdata, version->language);
  }
}

gboolean
sub_film_write (const SubFilm *self, const char *path, const char *output, const GArray *versions,
    SubFilmProgress progress, gpointer data, char **left_out, GCancellable *cancellable,
    GError **error)
{
  Writing writing = { .film = self, .versions = versions };
  g_autoptr (GstElement) demuxer = NULL;
  SubContainer container;
  GstElement *sink;
  gboolean good;

  writing.pipeline = sub_film_open (path, &container, error);
  writing.muxer = writing.pipeline ? make_muxer (container, error) : NULL;
  if (!writing.muxer) {
    g_clear_pointer (&writing.pipeline, gst_object_unref);
    return FALSE;
  }
  writing.left_out = g_string_new (NULL);
  sink = gst_element_factory_make ("filesink", NULL);
  g_object_set (sink, "location", output, "async", FALSE, NULL);
  gst_bin_add_many (GST_BIN (writing.pipeline), writing.muxer, sink, NULL);
  gst_element_link (writing.muxer, sink);
  demuxer = gst_bin_get_by_name (GST_BIN (writing.pipeline), "demux");
  g_signal_connect (demuxer, "pad-added", G_CALLBACK (pad_added), &writing);
  g_signal_connect (demuxer, "no-more-pads", G_CALLBACK (no_more_pads), &writing);
  good = sub_pipeline_run (writing.pipeline, progress, data, cancellable, error);
  gst_element_set_state (writing.pipeline, GST_STATE_NULL);
  gst_object_unref (writing.pipeline);
  g_free (writing.lost);
  if (good && container == SUB_CONTAINER_MATROSKA)
    good = sub_matroska_complete (path, output, error);
  *left_out = g_string_free (writing.left_out, writing.left_out->len == 0);
  return good;
}
