/* ssm-subtitle: the text tracks of a film
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "film.h"

#include <string.h>

#include <gst/tag/tag.h>
#include <ssmt/ssmt.h>

typedef struct {
  SubFilm *film;
  GstElement *pipeline;
  GPtrArray *pads; /* of the tracks */
  gboolean is_empty;
  GMutex lock;
} Reading;

static void
track_free (gpointer data)
{
  SubTrack *track = data;

  gst_caps_unref (track->caps);
  g_clear_pointer (&track->tags, gst_tag_list_unref);
  g_free (track->language);
  g_ptr_array_unref (track->buffers);
  g_clear_pointer (&track->document, sub_document_free);
  g_free (track);
}

void
sub_film_free (SubFilm *self)
{
  g_ptr_array_unref (self->tracks);
  g_free (self);
}

/* --- streams -------------------------------------------------------------- */

static GstPadProbeReturn
take_buffer (GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
  SubTrack *track = data;
  GstBuffer *buffer = gst_buffer_copy (GST_PAD_PROBE_INFO_BUFFER (info));
  g_autoptr (GstEvent) event = gst_pad_get_sticky_event (pad, GST_EVENT_SEGMENT, 0);
  const GstSegment *segment;

  if (event) {
    gst_event_parse_segment (event, &segment);
    GST_BUFFER_PTS (buffer) =
        gst_segment_to_running_time (segment, GST_FORMAT_TIME, GST_BUFFER_PTS (buffer));
  }
  g_ptr_array_add (track->buffers, buffer);
  return GST_PAD_PROBE_DROP;
}

static void
pad_added (GstElement *demuxer, GstPad *pad, gpointer data)
{
  Reading *reading = data;
  g_autoptr (GstCaps) caps = sub_pad_dup_caps (pad);
  GstElement *sink;
  g_autoptr (GstPad) sink_pad = NULL;
  SubTrack *track;

  if (!sub_caps_are_text (caps))
    return;
  track = g_new0 (SubTrack, 1);
  track->number = reading->film->tracks->len + 1;
  track->caps = gst_caps_ref (caps);
  track->buffers = g_ptr_array_new_with_free_func ((GDestroyNotify) gst_buffer_unref);
  g_ptr_array_add (reading->film->tracks, track);
  g_ptr_array_add (reading->pads, gst_object_ref (pad));
  gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_BUFFER, take_buffer, track, NULL);

  sink = gst_element_factory_make ("fakesink", NULL);
  g_object_set (sink, "sync", FALSE, "async", FALSE, NULL);
  gst_bin_add (GST_BIN (reading->pipeline), sink);
  gst_element_sync_state_with_parent (sink);
  sink_pad = gst_element_get_static_pad (sink, "sink");
  gst_pad_link (pad, sink_pad);
}

static void
no_more_pads (GstElement *demuxer, gpointer data)
{
  Reading *reading = data;

  if (reading->film->tracks->len > 0)
    return;
  reading->is_empty = TRUE;
  gst_element_post_message (
      reading->pipeline, gst_message_new_eos (GST_OBJECT (reading->pipeline)));
}

static void
read_tags (SubTrack *track, GstPad *pad)
{
  g_autofree char *code = NULL;
  GstEvent *event;

  for (guint i = 0; (event = gst_pad_get_sticky_event (pad, GST_EVENT_TAG, i)); i++) {
    GstTagList *tags;

    gst_event_parse_tag (event, &tags);
    if (gst_tag_list_get_scope (tags) == GST_TAG_SCOPE_STREAM) {
      GstTagList *merged = gst_tag_list_merge (track->tags, tags, GST_TAG_MERGE_KEEP);

      g_clear_pointer (&track->tags, gst_tag_list_unref);
      track->tags = merged;
    }
    gst_event_unref (event);
  }
  if (!track->tags || !gst_tag_list_get_string (track->tags, GST_TAG_LANGUAGE_CODE, &code)
      || strcmp (code, "und") == 0)
    return;
  track->language = g_strdup (gst_tag_get_language_code_iso_639_1 (code));
  if (!track->language)
    track->language = g_steal_pointer (&code);
}

SubFilm *
sub_film_read (const char *path, GCancellable *cancellable, GError **error)
{
  g_autoptr (SubFilm) film = g_new0 (SubFilm, 1);
  Reading reading = { .film = film };
  g_autoptr (GstElement) demuxer = NULL;
  g_autoptr (GError) local = NULL;
  gboolean good;

  film->tracks = g_ptr_array_new_with_free_func (track_free);
  reading.pipeline = sub_film_open (path, &film->container, error);
  if (!reading.pipeline)
    return NULL;
  reading.pads = g_ptr_array_new_with_free_func (gst_object_unref);
  demuxer = gst_bin_get_by_name (GST_BIN (reading.pipeline), "demux");
  g_signal_connect (demuxer, "pad-added", G_CALLBACK (pad_added), &reading);
  g_signal_connect (demuxer, "no-more-pads", G_CALLBACK (no_more_pads), &reading);
  good = sub_pipeline_run (reading.pipeline, NULL, NULL, cancellable, &local) || reading.is_empty;
  for (guint i = 0; i < reading.pads->len; i++)
    read_tags (film->tracks->pdata[i], reading.pads->pdata[i]);
  gst_element_set_state (reading.pipeline, GST_STATE_NULL);
  gst_object_unref (reading.pipeline);
  g_ptr_array_unref (reading.pads);
  if (good)
    return g_steal_pointer (&film);
  g_propagate_error (error, g_steal_pointer (&local));
  return NULL;
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
        "there is no text track in it that GStreamer reads: a subtitle file beside it is "
        "translated by itself");
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
