/* ssmt-live: from sound or text to captions in the hub
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A probe before the tee sees the source, one behind each ssmtranslate its final text; the messages of
 * ssmtranslate and of recognisers on the bus tell of what still grows.
 */
#include "live-pipeline.h"

#include <stdio.h>
#include <string.h>

#include <ssmt/ssmt.h>

#include "live-launch.h"
#include "live-stdin.h"
#include "live-text.h"

typedef struct {
  LivePipeline *owner;
  GstElement *element;
  guint stream;
  GMutex lock;
  SsmtCaptionLine *line; /* lock */
  guint n_told;          /* buffers to come whose text a message has told; lock */
} Translation;

struct _LivePipeline {
  GstElement *pipeline;
  LiveHub *hub;
  LivePipelineFunc ended;
  gpointer data;
  guint watch;
  GPtrArray *translations; /* of Translation */
  GstElement *source;      /* appsrc, or NULL */
  LiveStdin *standard_input;
};

/* --- times ---------------------------------------------------------------- */

static double
get_now (LivePipeline *self)
{
  GstClockTime now = gst_element_get_current_running_time (self->pipeline);

  return GST_CLOCK_TIME_IS_VALID (now) ? (double) now / GST_SECOND : 0;
}

/* When a buffer is; where it does not say: now. */
static LiveTime
get_time (LivePipeline *self, GstPad *pad, GstBuffer *buffer)
{
  g_autoptr (GstEvent) event = gst_pad_get_sticky_event (pad, GST_EVENT_SEGMENT, 0);
  const GstSegment *segment = NULL;
  GstClockTime pts = GST_BUFFER_PTS (buffer), running = GST_CLOCK_TIME_NONE;
  LiveTime time = { get_now (self), LIVE_HUB_NO_TIME, LIVE_HUB_NO_TIME };

  if (event)
    gst_event_parse_segment (event, &segment);
  if (segment && GST_CLOCK_TIME_IS_VALID (pts))
    running = gst_segment_to_running_time (segment, GST_FORMAT_TIME, pts);
  if (GST_CLOCK_TIME_IS_VALID (running))
    time.place = (double) running / GST_SECOND;
  time.start = time.place;
  if (GST_CLOCK_TIME_IS_VALID (running) && GST_BUFFER_DURATION_IS_VALID (buffer))
    time.end = time.start + (double) GST_BUFFER_DURATION (buffer) / GST_SECOND;
  live_text_get_times (buffer, &time.start, &time.end);
  return time;
}

/* --- the source ----------------------------------------------------------- */

static gboolean
is_markup (GstPad *pad)
{
  g_autoptr (GstCaps) caps = gst_pad_get_current_caps (pad);
  const char *format =
      caps ? gst_structure_get_string (gst_caps_get_structure (caps, 0), "format") : NULL;

  return g_strcmp0 (format, "pango-markup") == 0;
}

static GstPadProbeReturn
source_comes (GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
  LivePipeline *self = data;
  GstBuffer *buffer = GST_PAD_PROBE_INFO_BUFFER (info);
  gboolean is_interim = live_text_is_interim (buffer);
  g_autofree char *text = live_text_dup (buffer, is_markup (pad));
  LiveTime time = get_time (self, pad, buffer);

  live_hub_show (self->hub, 0, is_interim ? "" : text, is_interim ? text : "", !is_interim, &time);
  return GST_PAD_PROBE_OK;
}

/* What a recogniser says on the bus; its final text comes as a buffer. */
static void
take_hypothesis (LivePipeline *self, const GstStructure *s)
{
  const char *text = gst_structure_get_string (s, "hypothesis");
  LiveTime time = { get_now (self), get_now (self), LIVE_HUB_NO_TIME };
  gboolean is_final = TRUE;

  if (text && *text && gst_structure_get_boolean (s, "final", &is_final) && !is_final)
    live_hub_show (self->hub, 0, "", text, FALSE, &time);
}

/* --- translations --------------------------------------------------------- */

static GstPadProbeReturn
translation_comes (GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
  Translation *translation = data;
  LivePipeline *self = translation->owner;
  GstBuffer *buffer = GST_PAD_PROBE_INFO_BUFFER (info);
  g_autofree char *text = NULL;
  gboolean is_told;
  LiveTime time;

  g_mutex_lock (&translation->lock);
  is_told = translation->n_told > 0;
  if (is_told)
    translation->n_told--;
  g_mutex_unlock (&translation->lock);
  if (is_told)
    return GST_PAD_PROBE_OK;
  text = live_text_dup (buffer, FALSE);
  time = get_time (self, pad, buffer);
  live_hub_show (self->hub, translation->stream, text, "", TRUE, &time);
  return GST_PAD_PROBE_OK;
}

/* What is committed comes as a buffer right behind the message. */
static void
take_partial (LivePipeline *self, Translation *translation, const GstStructure *s)
{
  const char *committed = gst_structure_get_string (s, "committed");
  gboolean is_final = FALSE;
  LiveTime time = { get_now (self), LIVE_HUB_NO_TIME, LIVE_HUB_NO_TIME };
  guint64 pts;

  gst_structure_get_boolean (s, "final", &is_final);
  if (gst_structure_get_uint64 (s, "pts", &pts) && GST_CLOCK_TIME_IS_VALID (pts))
    time.place = (double) pts / GST_SECOND;
  g_mutex_lock (&translation->lock);
  ssmt_caption_line_apply (translation->line, gst_structure_get_string (s, "deleted"),
      gst_structure_get_string (s, "new"), committed, is_final);
  if (*committed)
    translation->n_told++;
  live_hub_show (self->hub, translation->stream,
      ssmt_caption_line_get_committed (translation->line),
      ssmt_caption_line_get_tail (translation->line), is_final, &time);
  g_mutex_unlock (&translation->lock);
}

static void
take_model (LivePipeline *self, Translation *translation, const GstStructure *s)
{
  const char *source = gst_structure_get_string (s, "source-language");
  const char *target = gst_structure_get_string (s, "target-language");

  if (source && *source)
    live_hub_set_language (self->hub, 0, source);
  if (target && *target)
    live_hub_set_language (self->hub, translation->stream, target);
}

static Translation *
find_translation (LivePipeline *self, GstObject *source)
{
  for (guint i = 0; i < self->translations->len; i++) {
    Translation *translation = self->translations->pdata[i];

    if (GST_OBJECT_CAST (translation->element) == source)
      return translation;
  }
  return NULL;
}

/* On the thread that posts, before what it pushes next. */
static GstBusSyncReply
message_comes (GstBus *bus, GstMessage *message, gpointer data)
{
  LivePipeline *self = data;
  const GstStructure *s = gst_message_get_structure (message);
  Translation *translation;

  if (GST_MESSAGE_TYPE (message) != GST_MESSAGE_ELEMENT || !s)
    return GST_BUS_PASS;
  translation = find_translation (self, GST_MESSAGE_SRC (message));
  if (!translation) {
    take_hypothesis (self, s);
    return GST_BUS_PASS;
  }
  if (gst_structure_has_name (s, "ssmtranslate/partial"))
    take_partial (self, translation, s);
  else if (gst_structure_has_name (s, "ssmtranslate/model"))
    take_model (self, translation, s);
  gst_message_unref (message);
  return GST_BUS_DROP;
}

/* --- the main loop -------------------------------------------------------- */

static void
report (LivePipeline *self, GstMessage *message)
{
  gboolean is_error = GST_MESSAGE_TYPE (message) == GST_MESSAGE_ERROR;
  g_autoptr (GError) error = NULL;
  g_autofree char *debug = NULL;

  if (is_error)
    gst_message_parse_error (message, &error, &debug);
  else
    gst_message_parse_warning (message, &error, &debug);
  fprintf (stderr, "ssmt live: %s: %s: %s\n%s%s", is_error ? "error" : "warning",
      GST_OBJECT_NAME (GST_MESSAGE_SRC (message)), error->message, debug ? debug : "",
      debug ? "\n" : "");
  if (is_error)
    live_hub_set_status (self->hub, "error", error->message);
}

static gboolean
take_message (GstBus *bus, GstMessage *message, gpointer data)
{
  LivePipeline *self = data;

  switch (GST_MESSAGE_TYPE (message)) {
    case GST_MESSAGE_WARNING:
      report (self, message);
      break;
    case GST_MESSAGE_ERROR:
      report (self, message);
      gst_element_set_state (self->pipeline, GST_STATE_NULL);
      self->ended (FALSE, self->data);
      break;
    case GST_MESSAGE_EOS:
      live_hub_set_status (self->hub, "ended", "");
      self->ended (TRUE, self->data);
      break;
    case GST_MESSAGE_LATENCY:
      gst_bin_recalculate_latency (GST_BIN (self->pipeline));
      break;
    default:
      break;
  }
  return G_SOURCE_CONTINUE;
}

/* --- from beginning to end ------------------------------------------------ */

static void
translation_free (gpointer data)
{
  Translation *translation = data;

  gst_object_unref (translation->element);
  g_mutex_clear (&translation->lock);
  ssmt_caption_line_free (translation->line);
  g_free (translation);
}

static void
add_probe (GstElement *element, const char *name, GstPadProbeCallback callback, gpointer data)
{
  g_autoptr (GstPad) pad = gst_element_get_static_pad (element, name);

  gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_BUFFER, callback, data, NULL);
}

static void
add_translation (LivePipeline *self, guint n, const LiveTarget *target)
{
  Translation *translation = g_new0 (Translation, 1);

  translation->owner = self;
  translation->element = live_launch_get_translator (self->pipeline, n);
  translation->stream = live_hub_add_stream (self->hub, target->id, target->language);
  translation->line = ssmt_caption_line_new ();
  g_mutex_init (&translation->lock);
  add_probe (translation->element, "src", translation_comes, translation);
  g_ptr_array_add (self->translations, translation);
}

LivePipeline *
live_pipeline_new (
    const LiveOptions *options, LiveHub *hub, LivePipelineFunc ended, gpointer data, GError **error)
{
  g_autoptr (GPtrArray) targets = live_launch_parse_targets (options->to, error);
  g_autoptr (GstElement) pipeline = targets ? live_launch (options, targets, error) : NULL;
  g_autoptr (GstElement) tee = NULL;
  g_autoptr (GstBus) bus = NULL;
  gboolean is_auto = g_strcmp0 (options->from, "auto") == 0;
  LivePipeline *self;

  if (!pipeline)
    return NULL;
  self = g_new0 (LivePipeline, 1);
  self->pipeline = g_steal_pointer (&pipeline);
  self->hub = hub;
  self->ended = ended;
  self->data = data;
  self->translations = g_ptr_array_new_with_free_func (translation_free);
  self->source = gst_bin_get_by_name (GST_BIN (self->pipeline), LIVE_LAUNCH_STDIN);
  live_hub_add_stream (hub, "source", is_auto ? NULL : options->from);
  for (guint i = 0; i < targets->len; i++)
    add_translation (self, i, targets->pdata[i]);

  tee = gst_bin_get_by_name (GST_BIN (self->pipeline), LIVE_LAUNCH_TEE);
  add_probe (tee, "sink", source_comes, self);
  bus = gst_element_get_bus (self->pipeline);
  gst_bus_set_sync_handler (bus, message_comes, self, NULL);
  self->watch = gst_bus_add_watch (bus, take_message, self);
  return self;
}

void
live_pipeline_start (LivePipeline *self)
{
  /* what goes wrong here is on the bus, too */
  if (gst_element_set_state (self->pipeline, GST_STATE_PLAYING) == GST_STATE_CHANGE_FAILURE)
    return;
  live_hub_set_status (self->hub, "playing", "");
  if (self->source)
    self->standard_input = live_stdin_new (self->source);
}

void
live_pipeline_free (LivePipeline *self)
{
  g_autoptr (GstBus) bus = NULL;

  if (!self)
    return;
  gst_element_set_state (self->pipeline, GST_STATE_NULL);
  live_stdin_free (self->standard_input);
  bus = gst_element_get_bus (self->pipeline);
  gst_bus_set_sync_handler (bus, NULL, NULL, NULL);
  g_source_remove (self->watch);
  g_ptr_array_unref (self->translations);
  gst_clear_object (&self->source);
  gst_object_unref (self->pipeline);
  g_free (self);
}
