/* player: a film played by playbin, its subtitles translated in the picture
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 *   player [--playbin NAME] [--video-sink BIN] [--audio-sink BIN] FILM
 *
 * playbin has filters for video and audio and none for text, and its text-sink takes
 * the place of the overlay that it would use itself.  So the text-sink translates and
 * hands the cues to the program, the video-filter is an overlay, and before each
 * frame goes into the overlay it is told what to write there.
 */
#include <stdio.h>
#include <string.h>

#include <gst/app/gstappsink.h>
#include <gst/gst.h>

/* Not synchronised: a frame is written on before its time, so the cue is to be there. */
#define TEXT_SINK \
    "ssmtranslate ! text/x-raw,format=utf8 ! appsink name=cues sync=false"
#define VIDEO_FILTER "videoconvert name=in ! overlay.video_sink " \
    "textoverlay name=overlay font-desc=\"DejaVu Sans 20\""

typedef struct
{
  GstClockTime start, end;      /* in stream time, as the frames are compared */
  char *text;
} Cue;

typedef struct
{
  GMutex lock;
  GPtrArray *cues;              /* of Cue, not over yet; lock */
  GstElement *overlay;
  char *written;                /* in the overlay; only where frames go by */
} Subtitles;

typedef struct
{
  char *playbin, *video_sink, *audio_sink, **films;
} Options;

static void
cue_free (Cue *cue)
{
  g_free (cue->text);
  g_free (cue);
}

/* --- from the text-sink to the overlay ------------------------------------ */

static GstFlowReturn
take_cue (GstAppSink *sink, gpointer data)
{
  Subtitles *subtitles = data;
  g_autoptr (GstSample) sample = gst_app_sink_pull_sample (sink);
  GstSegment *segment;
  GstBuffer *buffer;
  GstMapInfo map;
  Cue *cue;

  if (!sample)
    return GST_FLOW_EOS;
  segment = gst_sample_get_segment (sample);
  buffer = gst_sample_get_buffer (sample);
  if (!GST_BUFFER_PTS_IS_VALID (buffer)
      || !GST_BUFFER_DURATION_IS_VALID (buffer)
      || !gst_buffer_map (buffer, &map, GST_MAP_READ))
    return GST_FLOW_OK;
  cue = g_new (Cue, 1);
  cue->start = gst_segment_to_stream_time (segment, GST_FORMAT_TIME,
      GST_BUFFER_PTS (buffer));
  cue->end = cue->start + GST_BUFFER_DURATION (buffer);
  /* The overlay reads its property as markup. */
  cue->text = g_markup_escape_text ((char *) map.data, map.size);
  gst_buffer_unmap (buffer, &map);

  g_mutex_lock (&subtitles->lock);
  g_ptr_array_add (subtitles->cues, cue);
  g_mutex_unlock (&subtitles->lock);
  return GST_FLOW_OK;
}

/* What stands in the picture at `time`; cues that are over are forgotten. */
static char *
find_text (Subtitles *subtitles, GstClockTime time)
{
  GString *text = g_string_new (NULL);

  g_mutex_lock (&subtitles->lock);
  for (guint i = 0; i < subtitles->cues->len;) {
    Cue *cue = g_ptr_array_index (subtitles->cues, i);

    if (cue->end <= time) {
      g_ptr_array_remove_index (subtitles->cues, i);
      continue;
    }
    if (cue->start <= time)
      g_string_append_printf (text, "%s%s", text->len ? "\n" : "", cue->text);
    i++;
  }
  g_mutex_unlock (&subtitles->lock);
  return g_string_free (text, FALSE);
}

static GstPadProbeReturn
before_overlay (GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
  Subtitles *subtitles = data;
  g_autoptr (GstEvent) event = NULL;
  g_autofree char *text = NULL;
  const GstSegment *segment;

  if (!(info->type & GST_PAD_PROBE_TYPE_BUFFER)) {
    /* A seek: what follows is from another place in the film. */
    if (GST_EVENT_TYPE (info->data) == GST_EVENT_FLUSH_START) {
      g_mutex_lock (&subtitles->lock);
      g_ptr_array_set_size (subtitles->cues, 0);
      g_mutex_unlock (&subtitles->lock);
    }
    return GST_PAD_PROBE_OK;
  }
  event = gst_pad_get_sticky_event (pad, GST_EVENT_SEGMENT, 0);
  if (!event)
    return GST_PAD_PROBE_OK;
  gst_event_parse_segment (event, &segment);
  text = find_text (subtitles, gst_segment_to_stream_time (segment,
          GST_FORMAT_TIME, GST_BUFFER_PTS (info->data)));
  if (g_strcmp0 (text, subtitles->written) != 0) {
    g_object_set (subtitles->overlay, "text", text, NULL);
    g_free (subtitles->written);
    subtitles->written = g_steal_pointer (&text);
  }
  return GST_PAD_PROBE_OK;
}

/* --- the player ----------------------------------------------------------- */

/* Shows a pad of an element within as the bin's own. */
static void
add_pad (GstElement *bin, const char *name, const char *pad_name)
{
  g_autoptr (GstElement) element = gst_bin_get_by_name (GST_BIN (bin), name);
  g_autoptr (GstPad) pad = gst_element_get_static_pad (element, pad_name);

  gst_element_add_pad (bin, gst_ghost_pad_new (pad_name, pad));
}

/* Sets a property of the player to the bin that `description` tells of.  A
 * filter's ends are named, for the overlay has a second pad that is not linked. */
static GstElement *
set_bin (GstElement *player, const char *property, const char *description,
    GError **error)
{
  gboolean is_filter = strcmp (property, "video-filter") == 0;
  GstElement *bin = gst_parse_bin_from_description_full (description,
      !is_filter, NULL, GST_PARSE_FLAG_FATAL_ERRORS, error);

  if (bin && is_filter) {
    add_pad (bin, "in", "sink");
    add_pad (bin, "overlay", "src");
  }
  if (bin)
    g_object_set (player, property, bin, NULL);
  return bin;
}

static gboolean
fill_player (GstElement *player, Subtitles *subtitles, const Options *options,
    GError **error)
{
  GstAppSinkCallbacks callbacks = {.new_sample = take_cue };
  GstElement *text = set_bin (player, "text-sink", TEXT_SINK, error);
  GstElement *video =
      text ? set_bin (player, "video-filter", VIDEO_FILTER, error) : NULL;
  g_autoptr (GstElement) cues = NULL;
  g_autoptr (GstPad) pad = NULL;
  g_autofree char *uri = NULL;

  if (!video)
    return FALSE;
  if (options->video_sink
      && !set_bin (player, "video-sink", options->video_sink, error))
    return FALSE;
  if (options->audio_sink
      && !set_bin (player, "audio-sink", options->audio_sink, error))
    return FALSE;
  uri = gst_uri_is_valid (options->films[0]) ? g_strdup (options->films[0])
      : gst_filename_to_uri (options->films[0], error);
  if (!uri)
    return FALSE;
  g_object_set (player, "uri", uri, NULL);

  cues = gst_bin_get_by_name (GST_BIN (text), "cues");
  gst_app_sink_set_callbacks (GST_APP_SINK (cues), &callbacks, subtitles, NULL);
  subtitles->overlay = gst_bin_get_by_name (GST_BIN (video), "overlay");
  pad = gst_element_get_static_pad (subtitles->overlay, "video_sink");
  gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_BUFFER
      | GST_PAD_PROBE_TYPE_EVENT_FLUSH, before_overlay, subtitles, NULL);
  return TRUE;
}

static gboolean
play (Subtitles *subtitles, const Options *options, GError **error)
{
  const char *name = options->playbin ? options->playbin : "playbin";
  GstElement *player = gst_element_factory_make (name, NULL);
  g_autoptr (GstBus) bus = NULL;
  g_autoptr (GstMessage) message = NULL;
  gboolean good = FALSE;

  if (!player) {
    g_set_error (error, GST_CORE_ERROR, GST_CORE_ERROR_MISSING_PLUGIN,
        "there is no element %s", name);
    return FALSE;
  }
  gst_object_ref_sink (player);
  if (fill_player (player, subtitles, options, error)) {
    gst_element_set_state (player, GST_STATE_PLAYING);
    bus = gst_element_get_bus (player);
    message = gst_bus_timed_pop_filtered (bus, GST_CLOCK_TIME_NONE,
        GST_MESSAGE_EOS | GST_MESSAGE_ERROR);
    good = GST_MESSAGE_TYPE (message) == GST_MESSAGE_EOS;
    if (!good)
      gst_message_parse_error (message, error, NULL);
  }
  gst_element_set_state (player, GST_STATE_NULL);
  gst_object_unref (player);
  return good;
}

static gboolean
parse_options (Options *options, int argc, char **argv, GError **error)
{
  const GOptionEntry entries[] = {
    {"playbin", 'p', 0, G_OPTION_ARG_STRING, &options->playbin,
        "What plays: playbin (the default) or playbin3", "NAME"},
    {"video-sink", 0, 0, G_OPTION_ARG_STRING, &options->video_sink,
        "Where the pictures go", "BIN"},
    {"audio-sink", 0, 0, G_OPTION_ARG_STRING, &options->audio_sink,
        "Where the sound goes", "BIN"},
    {G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &options->films,
        NULL, "FILM"},
    {NULL}
  };
  g_autoptr (GOptionContext) context = g_option_context_new (NULL);

  g_option_context_set_summary (context,
      "Plays a film with its subtitles translated.");
  g_option_context_add_main_entries (context, entries, NULL);
  g_option_context_add_group (context, gst_init_get_option_group ());
  if (!g_option_context_parse (context, &argc, &argv, error))
    return FALSE;
  if (options->films && !options->films[1])
    return TRUE;
  g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_FAILED,
      "one film is to be given; see --help");
  return FALSE;
}

int
main (int argc, char **argv)
{
  Options options = { NULL };
  Subtitles subtitles = { NULL };
  g_autoptr (GError) error = NULL;
  gboolean good;

  g_mutex_init (&subtitles.lock);
  subtitles.cues = g_ptr_array_new_with_free_func ((GDestroyNotify) cue_free);
  good = parse_options (&options, argc, argv, &error)
      && play (&subtitles, &options, &error);
  if (!good)
    fprintf (stderr, "player: %s\n", error->message);

  g_clear_object (&subtitles.overlay);
  g_ptr_array_unref (subtitles.cues);
  g_free (subtitles.written);
  g_mutex_clear (&subtitles.lock);
  g_free (options.playbin);
  g_free (options.video_sink);
  g_free (options.audio_sink);
  g_strfreev (options.films);
  return good ? 0 : 1;
}
