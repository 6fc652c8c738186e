/* player: a film played by playbin, its subtitles translated in the picture
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 *   player [--playbin NAME] [--video-sink BIN] [--audio-sink BIN] FILM
 *
 * playbin has filters for video and audio and none for text, and its text-sink takes
 * the place of the overlay that it would use itself.  So the text-sink translates and
 * the program takes the cues that come out of it, the video-filter is an overlay, and
 * before each frame goes into the overlay it is told what to write there.
 */
#include <stdio.h>
#include <string.h>

#include <gst/gst.h>

/* A frame is written on before its time, so the cue is to be there; but playbin has
 * the sink wait for each cue's time, whatever its property says.  The queue does not. */
#define TEXT_SINK                                                                                  \
  "ssmtranslate ! text/x-raw,format=utf8 ! queue name=cues "                                       \
  "max-size-buffers=0 max-size-bytes=0 max-size-time=0 ! fakesink"
#define VIDEO_FILTER                                                                               \
  "videoconvert name=in ! overlay.video_sink "                                                     \
  "textoverlay name=overlay font-desc=\"DejaVu Sans 20\""
/* How long a frame waits for text, in us: a demuxer may have none to send. */
#define PATIENCE G_TIME_SPAN_SECOND

typedef struct {
  GstClockTime start, end; /* in stream time, as the frames are compared */
  char *text;
} Cue;

typedef struct {
  GMutex lock;
  GCond moved;        /* known has changed */
  GPtrArray *cues;    /* of Cue, not over yet; lock */
  GstClockTime known; /* cues are there up to here; NONE: wait for none; lock */
  GstElement *overlay;
  char *written; /* in the overlay; only where frames go by */
} Subtitles;

typedef struct {
  char *playbin, *video_sink, *audio_sink, **films;
} Options;

static void
cue_free (Cue *cue)
{
  g_free (cue->text);
  g_free (cue);
}

static GstClockTime
get_stream_time (GstPad *pad, GstClockTime position)
{
  g_autoptr (GstEvent) event = gst_pad_get_sticky_event (pad, GST_EVENT_SEGMENT, 0);
  const GstSegment *segment;

  if (!event || !GST_CLOCK_TIME_IS_VALID (position))
    return GST_CLOCK_TIME_NONE;
  gst_event_parse_segment (event, &segment);
  return gst_segment_to_stream_time (segment, GST_FORMAT_TIME, position);
}

/* --- from the text-sink to the overlay ------------------------------------ */

static void
set_known (Subtitles *subtitles, GstClockTime known)
{
  g_mutex_lock (&subtitles->lock);
  subtitles->known = known;
  g_cond_broadcast (&subtitles->moved);
  g_mutex_unlock (&subtitles->lock);
}

static void
take_cue (Subtitles *subtitles, GstPad *pad, GstBuffer *buffer)
{
  GstClockTime start = get_stream_time (pad, GST_BUFFER_PTS (buffer));
  GstMapInfo map;
  Cue *cue;

  if (!GST_CLOCK_TIME_IS_VALID (start) || !GST_BUFFER_DURATION_IS_VALID (buffer)
      || !gst_buffer_map (buffer, &map, GST_MAP_READ))
    return;
  cue = g_new (Cue, 1);
  cue->start = start;
  cue->end = start + GST_BUFFER_DURATION (buffer);
  /* The overlay reads its property as markup. */
  cue->text = g_markup_escape_text ((char *) map.data, map.size);
  gst_buffer_unmap (buffer, &map);

  g_mutex_lock (&subtitles->lock);
  g_ptr_array_add (subtitles->cues, cue);
  g_mutex_unlock (&subtitles->lock);
  set_known (subtitles, cue->end);
}

static GstPadProbeReturn
text_comes (GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
  GstClockTime start, duration;

  if (info->type & GST_PAD_PROBE_TYPE_BUFFER) {
    take_cue (data, pad, GST_PAD_PROBE_INFO_BUFFER (info));
    return GST_PAD_PROBE_OK;
  }
  switch (GST_EVENT_TYPE (info->data)) {
    case GST_EVENT_STREAM_START:
    case GST_EVENT_FLUSH_STOP:
      set_known (data, 0);
      break;
    case GST_EVENT_GAP:
      gst_event_parse_gap (info->data, &start, &duration);
      if (GST_CLOCK_TIME_IS_VALID (duration))
        start += duration;
      set_known (data, get_stream_time (pad, start));
      break;
    case GST_EVENT_FLUSH_START:
    case GST_EVENT_EOS:
      set_known (data, GST_CLOCK_TIME_NONE);
      break;
    default:
      break;
  }
  return GST_PAD_PROBE_OK;
}

/* Until the text has come as far as the frame. */
static void
wait_for_text (Subtitles *subtitles, GstClockTime time)
{
  gint64 end = g_get_monotonic_time () + PATIENCE;

  g_mutex_lock (&subtitles->lock);
  while (subtitles->known < time)
    if (!g_cond_wait_until (&subtitles->moved, &subtitles->lock, end))
      subtitles->known = GST_CLOCK_TIME_NONE; /* not again for each frame */
  g_mutex_unlock (&subtitles->lock);
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
  g_autofree char *text = NULL;
  GstClockTime time;

  if (!(info->type & GST_PAD_PROBE_TYPE_BUFFER)) {
    /* A seek: what follows is from another place in the film. */
    if (GST_EVENT_TYPE (info->data) == GST_EVENT_FLUSH_START) {
      g_mutex_lock (&subtitles->lock);
      g_ptr_array_set_size (subtitles->cues, 0);
      g_mutex_unlock (&subtitles->lock);
      set_known (subtitles, GST_CLOCK_TIME_NONE);
    }
    return GST_PAD_PROBE_OK;
  }
  time = get_stream_time (pad, GST_BUFFER_PTS (info->data));
  if (!GST_CLOCK_TIME_IS_VALID (time))
    return GST_PAD_PROBE_OK;
  wait_for_text (subtitles, time);
  text = find_text (subtitles, time);
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
set_bin (GstElement *player, const char *property, const char *description, GError **error)
{
  gboolean is_filter = strcmp (property, "video-filter") == 0;
  GstElement *bin = gst_parse_bin_from_description_full (
      description, !is_filter, NULL, GST_PARSE_FLAG_FATAL_ERRORS, error);

  if (bin && is_filter) {
    add_pad (bin, "in", "sink");
    add_pad (bin, "overlay", "src");
  }
  if (bin)
    g_object_set (player, property, bin, NULL);
  return bin;
}

static gboolean
fill_player (GstElement *player, Subtitles *subtitles, const Options *options, GError **error)
{
  GstElement *text = set_bin (player, "text-sink", TEXT_SINK, error);
  GstElement *video = text ? set_bin (player, "video-filter", VIDEO_FILTER, error) : NULL;
  g_autoptr (GstElement) cues = NULL;
  g_autoptr (GstPad) cues_pad = NULL;
  g_autoptr (GstPad) pad = NULL;
  g_autofree char *uri = NULL;

  if (!video)
    return FALSE;
  if (options->video_sink && !set_bin (player, "video-sink", options->video_sink, error))
    return FALSE;
  if (options->audio_sink && !set_bin (player, "audio-sink", options->audio_sink, error))
    return FALSE;
  uri = gst_uri_is_valid (options->films[0]) ? g_strdup (options->films[0])
                                             : gst_filename_to_uri (options->films[0], error);
  if (!uri)
    return FALSE;
  g_object_set (player, "uri", uri, NULL);

  cues = gst_bin_get_by_name (GST_BIN (text), "cues");
  cues_pad = gst_element_get_static_pad (cues, "sink");
  gst_pad_add_probe (cues_pad,
      GST_PAD_PROBE_TYPE_BUFFER | GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM
          | GST_PAD_PROBE_TYPE_EVENT_FLUSH,
      text_comes, subtitles, NULL);
  subtitles->overlay = gst_bin_get_by_name (GST_BIN (video), "overlay");
  pad = gst_element_get_static_pad (subtitles->overlay, "video_sink");
  gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_BUFFER | GST_PAD_PROBE_TYPE_EVENT_FLUSH,
      before_overlay, subtitles, NULL);
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
    g_set_error (
        error, GST_CORE_ERROR, GST_CORE_ERROR_MISSING_PLUGIN, "there is no element %s", name);
    return FALSE;
  }
  gst_object_ref_sink (player);
  if (fill_player (player, subtitles, options, error)) {
    gst_element_set_state (player, GST_STATE_PLAYING);
    bus = gst_element_get_bus (player);
    message =
        gst_bus_timed_pop_filtered (bus, GST_CLOCK_TIME_NONE, GST_MESSAGE_EOS | GST_MESSAGE_ERROR);
    good = GST_MESSAGE_TYPE (message) == GST_MESSAGE_EOS;
    if (!good) {
      gst_message_parse_error (message, error, NULL);
      g_prefix_error (error, "%s: ", options->films[0]);
    }
  }
  gst_element_set_state (player, GST_STATE_NULL);
  gst_object_unref (player);
  return good;
}

static gboolean
parse_options (Options *options, int argc, char **argv, GError **error)
{
  const GOptionEntry entries[] = { { "playbin", 'p', 0, G_OPTION_ARG_STRING, &options->playbin,
                                       "What plays: playbin (the default) or playbin3", "NAME" },
    { "video-sink", 0, 0, G_OPTION_ARG_STRING, &options->video_sink, "Where the pictures go",
        "BIN" },
    { "audio-sink", 0, 0, G_OPTION_ARG_STRING, &options->audio_sink, "Where the sound goes",
        "BIN" },
    { G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &options->films, NULL, "FILM" },
    { NULL } };
  g_autoptr (GOptionContext) context = g_option_context_new (NULL);

  g_option_context_set_summary (context, "Plays a film with its subtitles translated.");
  g_option_context_add_main_entries (context, entries, NULL);
  g_option_context_add_group (context, gst_init_get_option_group ());
  if (!g_option_context_parse (context, &argc, &argv, error))
    return FALSE;
  if (options->films && !options->films[1])
    return TRUE;
  g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_FAILED, "one film is to be given; see --help");
  return FALSE;
}

int
main (int argc, char **argv)
{
  Options options = { NULL };
  Subtitles subtitles = { .known = GST_CLOCK_TIME_NONE };
  g_autoptr (GError) error = NULL;
  gboolean good;

  g_mutex_init (&subtitles.lock);
  g_cond_init (&subtitles.moved);
  subtitles.cues = g_ptr_array_new_with_free_func ((GDestroyNotify) cue_free);
  good = parse_options (&options, argc, argv, &error) && play (&subtitles, &options, &error);
  if (!good)
    fprintf (stderr, "player: %s\n", error->message);

  g_clear_object (&subtitles.overlay);
  g_ptr_array_unref (subtitles.cues);
  g_free (subtitles.written);
  g_cond_clear (&subtitles.moved);
  g_mutex_clear (&subtitles.lock);
  g_free (options.playbin);
  g_free (options.video_sink);
  g_free (options.audio_sink);
  g_strfreev (options.films);
  return good ? 0 : 1;
}
