/* ssmtranslate: text that has to fit, on its way out
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Only the task comes here, without a lock: downstream takes its time.
 */
#include "gstssmtranslate.h"

#define GST_CAT_DEFAULT gst_ssm_translate_debug

void
gst_ssm_translate_update_fit (GstSsmTranslate *self, const GstSsmtSettings *settings)
{
  CueLimits limits = { settings->max_columns, settings->max_lines, settings->max_cps };

  cue_fit_set (&self->fit, &limits, cue_translator_get_writes (self->translator));
}

/* Says so where the text does not fit. */
static void
check (GstSsmTranslate *self, GstBuffer *buffer, const CueMeasure *measure, const char *plain)
{
  if (!cue_fit_holds (&self->fit, measure, GST_BUFFER_DURATION (buffer)))
    gst_ssm_translate_post_does_not_fit (self, GST_BUFFER_PTS (buffer), measure,
        cue_measure_get_cps (measure, GST_BUFFER_DURATION (buffer)), plain);
}

/* Whether the time of a cue may change: a file knows what comes, and nobody waits for it. */
static gboolean
can_wait (GstSsmTranslate *self, GstBuffer *buffer, guint latency)
{
  CueMoment moment = gst_ssm_translate_get_moment (self, latency);

  return !moment.is_live && latency != CUE_PACER_UNSYNCHRONISED && cue_pacer_is_timed (&self->pacer)
      && self->pacer.segment.rate > 0 && GST_BUFFER_PTS_IS_VALID (buffer)
      && GST_BUFFER_DURATION_IS_VALID (buffer);
}

GstFlowReturn
gst_ssm_translate_push (GstSsmTranslate *self, GstBuffer *buffer)
{
  GstClockTime pts = GST_BUFFER_PTS (buffer);
  guint64 offset = GST_BUFFER_OFFSET (buffer);
  GstFlowReturn ret = gst_pad_push (self->srcpad, buffer);

  if (ret == GST_FLOW_OK)
    gst_ssm_translate_note_out (self, pts, offset);
  return ret;
}

static char *
dup_text (GstBuffer *buffer)
{
  g_autofree char *text = NULL;
  GstMapInfo map;

  if (!gst_buffer_map (buffer, &map, GST_MAP_READ))
    return g_strdup ("");
  text = g_utf8_make_valid (map.size > 0 ? (const char *) map.data : "", map.size);
  gst_buffer_unmap (buffer, &map);
  return g_steal_pointer (&text);
}

GstFlowReturn
gst_ssm_translate_push_fitting (
    GstSsmTranslate *self, GstBuffer *buffer, const GstSsmtSettings *settings)
{
  GstFlowReturn ret = gst_ssm_translate_push_waiting (self, GST_BUFFER_PTS (buffer));
  g_autofree char *text = NULL, *plain = NULL;
  GstClockTime needed;
  CueMeasure measure;

  if (ret != GST_FLOW_OK) {
    gst_buffer_unref (buffer);
    return ret;
  }
  if (!cue_fit_has_limits (&self->fit))
    return gst_ssm_translate_push (self, buffer);
  text = dup_text (buffer);
  measure = cue_fit_measure (text, self->track.out, &plain);
  needed = cue_fit_get_time (&self->fit, &measure);
  if (needed > GST_BUFFER_DURATION (buffer) && can_wait (self, buffer, settings->latency)) {
    cue_stretch_wait (&self->stretch, buffer, &measure, g_steal_pointer (&plain), needed,
        g_get_monotonic_time ());
    return GST_FLOW_OK;
  }
  check (self, buffer, &measure, plain);
  return gst_ssm_translate_push (self, buffer);
}

GstFlowReturn
gst_ssm_translate_push_waiting (GstSsmTranslate *self, GstClockTime next)
{
  GstBuffer *buffer;

  if (!cue_stretch_is_waiting (&self->stretch))
    return GST_FLOW_OK;
  buffer = cue_stretch_take (&self->stretch, next, self->pacer.segment.stop);
  check (self, buffer, &self->stretch.measure, self->stretch.text);
  return gst_ssm_translate_push (self, buffer);
}
