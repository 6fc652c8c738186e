/* ssmtranslate: the element's time
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A live cue is due at its running time plus the latency of what is upstream;
 * `latency` and `lateness` are how much later it may come out. What comes later still
 * is moved to the time at which it is there, and the element hurries: a smaller
 * beam first, then none, then all cues that wait in one. Only the task comes here, but
 * for the query.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstssmtranslate.h"

#define GST_CAT_DEFAULT gst_ssm_translate_debug

/* Cues in time before the element hurries less. */
#define CALM_CUES 8
/* How long a cue without duration stands: 15 characters a second are read with ease. */
#define READING_CHARS 15
#define MIN_READING (1 * GST_SECOND)
#define MAX_READING (7 * GST_SECOND)

GstClockTime
gst_ssm_translate_reading_time (gsize n_bytes)
{
  return CLAMP (n_bytes * GST_SECOND / READING_CHARS, MIN_READING,
      MAX_READING);
}

/* --- latency -------------------------------------------------------------- */

static guint
get_latency (GstSsmTranslate * self)
{
  guint latency;

  GST_OBJECT_LOCK (self);
  latency = self->settings.latency;
  GST_OBJECT_UNLOCK (self);
  return latency;
}

/* Asks upstream and remembers what it said. */
static gboolean
ask_upstream (GstSsmTranslate * self, GstQuery * query)
{
  GstClockTime min;
  gboolean live;

  if (!gst_pad_peer_query (self->sinkpad, query))
    return FALSE;
  gst_query_parse_latency (query, &live, &min, NULL);
  GST_OBJECT_LOCK (self);
  self->latency_known = TRUE;
  self->upstream_live = live;
  self->upstream_latency = live ? min : 0;
  GST_OBJECT_UNLOCK (self);
  return TRUE;
}

gboolean
gst_ssm_translate_answer_latency (GstSsmTranslate * self, GstQuery * query)
{
  guint latency = get_latency (self);
  GstClockTime min, ours;
  gboolean live;

  if (latency == GST_SSMT_UNSYNCHRONISED) {
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
  GST_DEBUG_OBJECT (self, "upstream %" GST_TIME_FORMAT ", ours %"
      GST_TIME_FORMAT, GST_TIME_ARGS (min), GST_TIME_ARGS (ours));
  /* the queue has no limit in time */
  gst_query_set_latency (query, TRUE, min + ours, GST_CLOCK_TIME_NONE);
  return TRUE;
}

gboolean
gst_ssm_translate_is_live (GstSsmTranslate * self,
    GstClockTime * upstream_latency)
{
  g_autoptr (GstQuery) query = NULL;
  gboolean known, live;

  GST_OBJECT_LOCK (self);
  known = self->latency_known;
  GST_OBJECT_UNLOCK (self);
  if (!known) {
    query = gst_query_new_latency ();
    if (!ask_upstream (self, query))
      return FALSE;
  }
  GST_OBJECT_LOCK (self);
  live = self->upstream_live;
  *upstream_latency = self->upstream_latency;
  GST_OBJECT_UNLOCK (self);
  return live;
}

/* The running time, NONE where time does not run. */
GstClockTime
gst_ssm_translate_get_now (GstSsmTranslate * self)
{
  gboolean playing;

  GST_OBJECT_LOCK (self);
  playing = self->playing;
  GST_OBJECT_UNLOCK (self);
  return playing
      ? gst_element_get_current_running_time (GST_ELEMENT (self))
      : GST_CLOCK_TIME_NONE;
}

/* --- positions ------------------------------------------------------------ */

/* FALSE: nothing in it has a running time. Backwards without an end has none either. */
static gboolean
is_timed (const GstSegment * segment)
{
  return segment->format == GST_FORMAT_TIME
      && (segment->rate > 0 || GST_CLOCK_TIME_IS_VALID (segment->stop));
}

/* The position in the segment that goes out which is shown at `running_time`, or the
 * nearest one: what is outside is not shown. NONE: behind what went out last. */
static GstClockTime
get_position (GstSsmTranslate * self, GstClockTime running_time)
{
  const GstSegment *segment = &self->segment;
  guint64 position;

  if (!is_timed (segment))
    return GST_CLOCK_TIME_NONE;
  if (running_time == GST_CLOCK_TIME_NONE)
    running_time = self->last_end;
  if (running_time == GST_CLOCK_TIME_NONE
      || gst_segment_position_from_running_time_full (segment,
          GST_FORMAT_TIME, running_time, &position) < 0)
    return segment->start;
  return MIN (MAX (position, segment->start),
      MAX (segment->stop, segment->start + 1) - 1);
}

/* The position that is shown now, behind what still stands. */
static GstClockTime
get_free_position (GstSsmTranslate * self)
{
  GstClockTime now = gst_ssm_translate_get_now (self);

  if (GST_CLOCK_TIME_IS_VALID (now) && GST_CLOCK_TIME_IS_VALID (self->last_end))
    now = MAX (now, self->last_end);
  return get_position (self, now);
}

/* Gives speech its time: when it came in. Takes and returns the buffer. */
GstBuffer *
gst_ssm_translate_stamp (GstSsmTranslate * self, GstBuffer * buffer,
    gint64 arrival)
{
  GstClockTime now, waited;

  if (!self->made_up || (GST_BUFFER_PTS_IS_VALID (buffer)
          && GST_BUFFER_DURATION_IS_VALID (buffer)))
    return buffer;
  buffer = gst_buffer_make_writable (buffer);
  if (!GST_BUFFER_PTS_IS_VALID (buffer)) {
    now = gst_ssm_translate_get_now (self);
    waited = MAX (g_get_monotonic_time () - arrival, 0) * GST_USECOND;
    if (GST_CLOCK_TIME_IS_VALID (now))
      now = MAX (now, waited) - waited + self->shift;
    GST_BUFFER_PTS (buffer) = get_position (self, now);
  }
  if (!GST_BUFFER_DURATION_IS_VALID (buffer))
    GST_BUFFER_DURATION (buffer) =
        gst_ssm_translate_reading_time (gst_buffer_get_size (buffer));
  return buffer;
}

/* When a live cue is due, and what time it is. FALSE: it has no time. */
static gboolean
get_due (GstSsmTranslate * self, GstBuffer * buffer, GstClockTime * due,
    GstClockTime * now, GstClockTime * upstream_latency)
{
  if (!is_timed (&self->segment)
      || !GST_BUFFER_PTS_IS_VALID (buffer)
      || !gst_ssm_translate_is_live (self, upstream_latency))
    return FALSE;
  *now = gst_ssm_translate_get_now (self);
  *due = gst_segment_to_running_time (&self->segment, GST_FORMAT_TIME,
      GST_BUFFER_PTS (buffer));
  if (!GST_CLOCK_TIME_IS_VALID (*now) || !GST_CLOCK_TIME_IS_VALID (*due))
    return FALSE;
  *due = MAX (*due, self->shift) - self->shift + *upstream_latency;
  return TRUE;
}

/* How long after its time a cue would be out now. */
static gboolean
get_delay (GstSsmTranslate * self, GstBuffer * buffer, GstClockTime * delay,
    GstClockTime * now, GstClockTime * upstream_latency)
{
  GstClockTime due;

  if (!get_due (self, buffer, &due, now, upstream_latency))
    return FALSE;
  *delay = *now > due ? *now - due : 0;
  return TRUE;
}

/* How long a live cue may still stay here. FALSE: as long as it likes. */
gboolean
gst_ssm_translate_get_slack (GstSsmTranslate * self, GstBuffer * buffer,
    const GstSsmtSettings * settings, GstClockTimeDiff * slack)
{
  GstClockTime due, now, upstream;

  if (settings->latency == GST_SSMT_UNSYNCHRONISED
      || !get_due (self, buffer, &due, &now, &upstream))
    return FALSE;
  due += settings->latency * GST_MSECOND + self->shift;
  *slack = GST_CLOCK_DIFF (now, due);
  return TRUE;
}

/* --- scheduling ----------------------------------------------------------- */

static void
observe (GstSsmTranslate * self, GstClockTime delay)
{
  gboolean longer;

  GST_OBJECT_LOCK (self);
  longer = delay > self->max_observed_delay;
  if (longer)
    self->max_observed_delay = delay;
  GST_OBJECT_UNLOCK (self);
  if (longer)
    g_object_notify (G_OBJECT (self), "max-observed-delay");
}

static void
report_delay (GstSsmTranslate * self, GstBuffer * buffer, GstClockTime delay,
    GstClockTime allowed)
{
  GST_WARNING_OBJECT (self, "text of %" GST_TIME_FORMAT " is %" GST_TIME_FORMAT
      " late, %" GST_TIME_FORMAT " were allowed",
      GST_TIME_ARGS (GST_BUFFER_PTS (buffer)), GST_TIME_ARGS (delay),
      GST_TIME_ARGS (allowed));
  gst_element_post_message (GST_ELEMENT (self),
      gst_message_new_element (GST_OBJECT (self),
          gst_structure_new ("ssmtranslate/excessive-delay",
              "pts", G_TYPE_UINT64, GST_BUFFER_PTS (buffer),
              "delay", G_TYPE_UINT64, delay,
              "allowed", G_TYPE_UINT64, allowed, NULL)));
}

/* Unsynchronised: now, behind what still stands. */
static GstBuffer *
stamp_with_now (GstSsmTranslate * self, GstBuffer * buffer)
{
  GstClockTime start = get_free_position (self);

  if (!GST_CLOCK_TIME_IS_VALID (start))
    return buffer;
  buffer = gst_buffer_make_writable (buffer);
  GST_BUFFER_PTS (buffer) = start;
  if (!GST_BUFFER_DURATION_IS_VALID (buffer))
    GST_BUFFER_DURATION (buffer) =
        gst_ssm_translate_reading_time (gst_buffer_get_size (buffer));
  return buffer;
}

static GstBuffer *
shift_if_late (GstSsmTranslate * self, GstBuffer * buffer, guint latency)
{
  GstClockTime delay, now, upstream, allowed, wait, position;

  if (!get_delay (self, buffer, &delay, &now, &upstream))
    return buffer;
  observe (self, delay);
  allowed = latency * GST_MSECOND + self->shift;
  if (delay <= allowed)
    return buffer;
  report_delay (self, buffer, delay, allowed);
  /* shown at once: the sinks wait for upstream's latency and for ours */
  wait = upstream + latency * GST_MSECOND;
  position = get_position (self, MAX (now, wait) - wait);
  buffer = gst_buffer_make_writable (buffer);
  GST_BUFFER_PTS (buffer) = MAX (position, GST_BUFFER_PTS (buffer));
  return buffer;
}

static void
note_end (GstSsmTranslate * self, GstBuffer * buffer)
{
  GstClockTime end = GST_BUFFER_PTS (buffer);
  guint64 running_time;

  if (!is_timed (&self->segment) || !GST_CLOCK_TIME_IS_VALID (end))
    return;
  if (GST_BUFFER_DURATION_IS_VALID (buffer) && self->segment.rate > 0)
    end += GST_BUFFER_DURATION (buffer);
  if (gst_segment_to_running_time_full (&self->segment, GST_FORMAT_TIME, end,
          &running_time) > 0)
    self->last_end = running_time;
}

/* Gives text that is about to go out its time. Takes and returns the buffer. */
GstBuffer *
gst_ssm_translate_schedule (GstSsmTranslate * self, GstBuffer * buffer,
    const GstSsmtSettings * settings)
{
  buffer = settings->latency == GST_SSMT_UNSYNCHRONISED
      ? stamp_with_now (self, buffer)
      : shift_if_late (self, buffer, settings->latency);
  note_end (self, buffer);
  return buffer;
}

/* A gap has to be where the text around it is. Takes and returns the event. */
GstEvent *
gst_ssm_translate_schedule_gap (GstSsmTranslate * self, GstEvent * event)
{
  GstClockTime start = get_free_position (self), duration;
  GstEvent *gap;

  if (get_latency (self) != GST_SSMT_UNSYNCHRONISED
      || !GST_CLOCK_TIME_IS_VALID (start))
    return event;
  gst_event_parse_gap (event, NULL, &duration);
  gap = gst_event_new_gap (start, duration);
  gst_event_set_seqnum (gap, gst_event_get_seqnum (event));
  gst_event_unref (event);
  return gap;
}

/* --- catching up ---------------------------------------------------------- */

static guint
beam_at (GstSsmtCatchUp step, guint beam_size)
{
  switch (step) {
    case GST_SSMT_CATCH_UP_NONE:
      return beam_size;
    case GST_SSMT_CATCH_UP_SMALLER_BEAM:
      return MAX (beam_size / 2, 1);
    default:
      return 1;
  }
}

guint
gst_ssm_translate_get_beam (GstSsmTranslate * self, guint beam_size)
{
  return beam_at (self->catch_up, beam_size);
}

static void
set_catch_up (GstSsmTranslate * self, GstSsmtCatchUp step, guint beam_size,
    guint waiting, GstClockTime delay)
{
  static const char *const names[] = { "none", "smaller-beam", "greedy",
    "merge"
  };

  self->n_calm = 0;
  if (step == self->catch_up)
    return;
  self->catch_up = step;
  GST_INFO_OBJECT (self, "catching up: %s; %u cues wait, delay %"
      GST_TIME_FORMAT, names[step], waiting, GST_TIME_ARGS (delay));
  gst_element_post_message (GST_ELEMENT (self),
      gst_message_new_element (GST_OBJECT (self),
          gst_structure_new ("ssmtranslate/catch-up",
              "step", G_TYPE_STRING, names[step],
              "beam-size", G_TYPE_UINT, beam_at (step, beam_size),
              "waiting", G_TYPE_UINT, waiting,
              "delay", G_TYPE_UINT64, delay, NULL)));
}

/* The next step that changes something. */
static GstSsmtCatchUp
next_step (GstSsmtCatchUp step, guint beam_size)
{
  guint beam = beam_at (step, beam_size);

  while (step < GST_SSMT_CATCH_UP_MERGE) {
    step++;
    if (beam_at (step, beam_size) != beam)
      break;
  }
  return step;
}

static GstSsmtCatchUp
previous_step (GstSsmtCatchUp step, guint beam_size)
{
  GstSsmtCatchUp previous = GST_SSMT_CATCH_UP_NONE;

  while (next_step (previous, beam_size) < step)
    previous = next_step (previous, beam_size);
  return previous;
}

/* Decides, before a cue is translated, how much to hurry. */
void
gst_ssm_translate_plan (GstSsmTranslate * self, GstBuffer * buffer,
    const GstSsmtSettings * settings)
{
  GstClockTime delay = 0, now, upstream, allowed;
  guint waiting = gst_ssm_translate_queue_count (self);
  guint beam = settings->beam_size;
  gboolean late, calm;

  if (settings->latency == GST_SSMT_UNSYNCHRONISED) {
    late = waiting > 1;
    calm = waiting == 0;
  } else if (get_delay (self, buffer, &delay, &now, &upstream)) {
    allowed = settings->latency * GST_MSECOND + self->shift;
    late = delay + self->decode_time > allowed;
    calm = delay + 2 * self->decode_time <= allowed;
  } else {
    late = FALSE;
    calm = TRUE;
  }

  if (late)
    set_catch_up (self, next_step (self->catch_up, beam), beam, waiting,
        delay);
  else if (calm && self->catch_up != GST_SSMT_CATCH_UP_NONE
      && ++self->n_calm >= CALM_CUES)
    set_catch_up (self, previous_step (self->catch_up, beam), beam, waiting,
        delay);
}

void
gst_ssm_translate_note_decode (GstSsmTranslate * self, GstClockTime duration)
{
  self->decode_time = self->decode_time == 0 ? duration
      : (3 * self->decode_time + duration) / 4;
}
