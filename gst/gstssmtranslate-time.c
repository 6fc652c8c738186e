/* ssmtranslate: the element's time and settings
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "gstssmtranslate.h"

#define GST_CAT_DEFAULT gst_ssm_translate_debug

GstSsmtSettings
gst_ssm_translate_get_settings (GstSsmTranslate *self)
{
  GstSsmtSettings settings;

  GST_OBJECT_LOCK (self);
  settings = gst_ssmt_settings_get_values (&self->settings);
  GST_OBJECT_UNLOCK (self);
  return settings;
}

/* --- whether time runs ------------------------------------------------------------- */

void
gst_ssm_translate_update_waiting (GstSsmTranslate *self)
{
  cue_queue_set_text_waits (
      self->queue, self->settings.latency == CUE_PACER_UNSYNCHRONISED && !self->live.playing);
}

void
gst_ssm_translate_set_playing (GstSsmTranslate *self, gboolean playing)
{
  GST_OBJECT_LOCK (self);
  self->live.playing = playing;
  gst_ssm_translate_update_waiting (self);
  GST_OBJECT_UNLOCK (self);
}

/* --- latency ------------------------------------------------------------------------ */

/* Asks upstream and remembers what it said. */
static gboolean
ask_upstream (GstSsmTranslate *self, GstQuery *query)
{
  GstClockTime min;
  gboolean live;

  if (!gst_pad_peer_query (self->sinkpad, query))
    return FALSE;
  gst_query_parse_latency (query, &live, &min, NULL);
  GST_OBJECT_LOCK (self);
  self->live.is_known = TRUE;
  self->live.is_live = live;
  self->live.latency = live ? min : 0;
  GST_OBJECT_UNLOCK (self);
  return TRUE;
}

void
gst_ssm_translate_forget_latency (GstSsmTranslate *self)
{
  GST_OBJECT_LOCK (self);
  self->live.is_known = FALSE;
  GST_OBJECT_UNLOCK (self);
}

gboolean
gst_ssm_translate_answer_latency (GstSsmTranslate *self, GstQuery *query)
{
  guint latency = gst_ssm_translate_get_settings (self).latency;
  GstClockTime min, ours;
  gboolean live;

  if (latency == CUE_PACER_UNSYNCHRONISED) {
    /* stamped when it is there: never late */
    gst_query_set_latency (query, TRUE, 0, GST_CLOCK_TIME_NONE);
    return TRUE;
  }
  if (!ask_upstream (self, query))
    return FALSE;
  gst_query_parse_latency (query, &live, &min, NULL);
  if (!live)
    return TRUE;
  ours = latency * GST_MSECOND;
  GST_DEBUG_OBJECT (self, "upstream %" GST_TIME_FORMAT ", ours %" GST_TIME_FORMAT,
      GST_TIME_ARGS (min), GST_TIME_ARGS (ours));
  /* the queue has no limit in time */
  gst_query_set_latency (query, TRUE, min + ours, GST_CLOCK_TIME_NONE);
  return TRUE;
}

/* --- now ---------------------------------------------------------------------------- */

static void
ask_once (GstSsmTranslate *self)
{
  g_autoptr (GstQuery) query = NULL;
  gboolean known;

  GST_OBJECT_LOCK (self);
  known = self->live.is_known;
  GST_OBJECT_UNLOCK (self);
  if (known)
    return;
  query = gst_query_new_latency ();
  ask_upstream (self, query);
}

CueMoment
gst_ssm_translate_get_moment (GstSsmTranslate *self, guint latency)
{
  CueMoment moment = { GST_CLOCK_TIME_NONE, FALSE, 0, latency };
  gboolean playing;

  if (latency != CUE_PACER_UNSYNCHRONISED && cue_pacer_is_timed (&self->pacer))
    ask_once (self);
  GST_OBJECT_LOCK (self);
  playing = self->live.playing;
  moment.is_live = self->live.is_known && self->live.is_live;
  moment.upstream = self->live.latency;
  GST_OBJECT_UNLOCK (self);
  if (playing)
    moment.now = gst_element_get_current_running_time (GST_ELEMENT_CAST (self));
  return moment;
}
