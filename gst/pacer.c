/* ssmtranslate: the times of cues
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "pacer.h"

/* Cues in time before there is less hurry. */
#define CALM_CUES 8
#define READING_CHARS 15 /* a second */
#define MIN_READING (1 * GST_SECOND)
#define MAX_READING (7 * GST_SECOND)
/* A segment that begins so far from where the text was is another place in the
 * document; edit lists and updates are not. */
#define MAX_STEP_BACK (1 * GST_SECOND)
#define MAX_STEP_FORWARD (10 * GST_SECOND)

GstClockTime
cue_get_reading_time (gsize n_bytes)
{
  return CLAMP (n_bytes * GST_SECOND / READING_CHARS, MIN_READING, MAX_READING);
}

void
cue_pacer_init (CuePacer *pacer)
{
  *pacer = (CuePacer){ .catch_up = CUE_CATCH_UP_NONE };
  cue_pacer_forget_segment (pacer);
}

/* --- segments --------------------------------------------------------------- */

void
cue_pacer_forget_segment (CuePacer *pacer)
{
  gst_segment_init (&pacer->segment, GST_FORMAT_UNDEFINED);
  pacer->shift = 0;
  pacer->position = pacer->last_end = GST_CLOCK_TIME_NONE;
}

/* The segment goes on: its end has changed, or nothing. */
static gboolean
is_update (const CuePacer *pacer, const GstSegment *segment)
{
  const GstSegment *last = &pacer->segment;

  return segment->rate == last->rate && segment->start == last->start && segment->time == last->time
      && segment->offset == last->offset && segment->base + pacer->shift == last->base;
}

static gboolean
jumps (const CuePacer *pacer, const GstSegment *segment)
{
  guint64 to;

  if (segment->format != GST_FORMAT_TIME || !GST_CLOCK_TIME_IS_VALID (pacer->position)
      || is_update (pacer, segment))
    return FALSE;
  if (segment->rate < 0 || pacer->segment.rate < 0)
    return TRUE;
  /* a change of rate begins at an offset */
  to = gst_segment_to_stream_time (segment, GST_FORMAT_TIME, segment->start + segment->offset);
  if (to == (guint64) -1)
    return FALSE;
  return to + MAX_STEP_BACK < pacer->position || to > pacer->position + MAX_STEP_FORWARD;
}

gboolean
cue_pacer_take_segment (CuePacer *pacer, GstSegment *segment, guint lateness)
{
  gboolean elsewhere = jumps (pacer, segment);

  if (elsewhere)
    pacer->position = GST_CLOCK_TIME_NONE;
  pacer->shift = segment->format == GST_FORMAT_TIME ? lateness * GST_MSECOND : 0;
  segment->base += pacer->shift;
  pacer->segment = *segment;
  return elsewhere;
}

/* Backwards without an end has no running time either. */
gboolean
cue_pacer_is_timed (const CuePacer *pacer)
{
  const GstSegment *segment = &pacer->segment;

  return segment->format == GST_FORMAT_TIME
      && (segment->rate > 0 || GST_CLOCK_TIME_IS_VALID (segment->stop));
}

void
cue_pacer_note_position (CuePacer *pacer, GstClockTime start, GstClockTime duration)
{
  const GstSegment *segment = &pacer->segment;
  GstClockTime end = start;

  if (segment->format != GST_FORMAT_TIME || !GST_CLOCK_TIME_IS_VALID (start))
    return;
  if (GST_CLOCK_TIME_IS_VALID (duration))
    end += duration;
  pacer->position = gst_segment_to_stream_time (
      segment, GST_FORMAT_TIME, CLAMP (end, segment->start, segment->stop));
}

/* The position in the segment that goes out which is shown at `running_time`, or the
 * nearest one: what is outside is not shown. NONE: behind what went out last. */
static GstClockTime
get_position (const CuePacer *pacer, GstClockTime running_time)
{
  const GstSegment *segment = &pacer->segment;
  guint64 position;

  if (!cue_pacer_is_timed (pacer))
    return GST_CLOCK_TIME_NONE;
  if (running_time == GST_CLOCK_TIME_NONE)
    running_time = pacer->last_end;
  if (running_time == GST_CLOCK_TIME_NONE
      || gst_segment_position_from_running_time_full (
             segment, GST_FORMAT_TIME, running_time, &position)
          < 0)
    return segment->start;
  return MIN (MAX (position, segment->start), MAX (segment->stop, segment->start + 1) - 1);
}

GstClockTime
cue_pacer_get_free_position (const CuePacer *pacer, const CueMoment *moment)
{
  GstClockTime now = moment->now;

  if (GST_CLOCK_TIME_IS_VALID (now) && GST_CLOCK_TIME_IS_VALID (pacer->last_end))
    now = MAX (now, pacer->last_end);
  return get_position (pacer, now);
}

/* --- cues --------------------------------------------------------------------- */

void
cue_pacer_stamp (const CuePacer *pacer, const CueMoment *moment, GstClockTime waited, gsize n_bytes,
    GstClockTime *pts, GstClockTime *duration)
{
  GstClockTime then = moment->now;

  if (GST_CLOCK_TIME_IS_VALID (then))
    then = MAX (then, waited) - waited + pacer->shift;
  if (!GST_CLOCK_TIME_IS_VALID (*pts))
    *pts = get_position (pacer, then);
  if (!GST_CLOCK_TIME_IS_VALID (*duration))
    *duration = cue_get_reading_time (n_bytes);
}

/* When a live cue is due. FALSE: it has no time. */
static gboolean
get_due (const CuePacer *pacer, const CueMoment *moment, GstClockTime pts, GstClockTime *due)
{
  if (!moment->is_live || !cue_pacer_is_timed (pacer) || !GST_CLOCK_TIME_IS_VALID (pts)
      || !GST_CLOCK_TIME_IS_VALID (moment->now))
    return FALSE;
  *due = gst_segment_to_running_time (&pacer->segment, GST_FORMAT_TIME, pts);
  if (!GST_CLOCK_TIME_IS_VALID (*due))
    return FALSE;
  *due = MAX (*due, pacer->shift) - pacer->shift + moment->upstream;
  return TRUE;
}

static GstClockTime
get_allowed (const CuePacer *pacer, const CueMoment *moment)
{
  return moment->latency * GST_MSECOND + pacer->shift;
}

/* How long after its time a cue would be out now; NONE: it has no time. */
static CueDelay
get_delay (const CuePacer *pacer, const CueMoment *moment, GstClockTime pts)
{
  GstClockTime due;
  CueDelay delay = { GST_CLOCK_TIME_NONE, get_allowed (pacer, moment) };

  if (moment->latency != CUE_PACER_UNSYNCHRONISED && get_due (pacer, moment, pts, &due))
    delay.delay = moment->now > due ? moment->now - due : 0;
  return delay;
}

gboolean
cue_pacer_get_slack (
    const CuePacer *pacer, const CueMoment *moment, GstClockTime pts, GstClockTimeDiff *slack)
{
  GstClockTime due;

  if (moment->latency == CUE_PACER_UNSYNCHRONISED || !get_due (pacer, moment, pts, &due))
    return FALSE;
  *slack = GST_CLOCK_DIFF (moment->now, due + get_allowed (pacer, moment));
  return TRUE;
}

static void
note_end (CuePacer *pacer, GstClockTime pts, GstClockTime duration)
{
  GstClockTime end = pts;
  guint64 running_time;

  if (!cue_pacer_is_timed (pacer) || !GST_CLOCK_TIME_IS_VALID (end))
    return;
  if (GST_CLOCK_TIME_IS_VALID (duration) && pacer->segment.rate > 0)
    end += duration;
  if (gst_segment_to_running_time_full (&pacer->segment, GST_FORMAT_TIME, end, &running_time) > 0)
    pacer->last_end = running_time;
}

/* Unsynchronised: now, behind what still stands. */
static void
stamp_with_now (const CuePacer *pacer, const CueMoment *moment, gsize n_bytes, GstClockTime *pts,
    GstClockTime *duration)
{
  GstClockTime start = cue_pacer_get_free_position (pacer, moment);

  if (!GST_CLOCK_TIME_IS_VALID (start))
    return;
  *pts = start;
  if (!GST_CLOCK_TIME_IS_VALID (*duration))
    *duration = cue_get_reading_time (n_bytes);
}

CueDelay
cue_pacer_schedule (CuePacer *pacer, const CueMoment *moment, gsize n_bytes, GstClockTime *pts,
    GstClockTime *duration)
{
  CueDelay delay = get_delay (pacer, moment, *pts);

  if (moment->latency == CUE_PACER_UNSYNCHRONISED) {
    stamp_with_now (pacer, moment, n_bytes, pts, duration);
  } else if (GST_CLOCK_TIME_IS_VALID (delay.delay) && delay.delay > delay.allowed) {
    /* shown at once: the sinks wait for upstream's latency and for ours */
    GstClockTime wait = moment->upstream + moment->latency * GST_MSECOND;
    GstClockTime position = get_position (pacer, MAX (moment->now, wait) - wait);

    *pts = MAX (position, *pts);
  }
  note_end (pacer, *pts, *duration);
  return delay;
}

/* --- catching up ---------------------------------------------------------- */

static guint
beam_at (CueCatchUp step, guint beam_size)
{
  switch (step) {
    case CUE_CATCH_UP_NONE:
      return beam_size;
    case CUE_CATCH_UP_SMALLER_BEAM:
      return MAX (beam_size / 2, 1);
    default:
      return 1;
  }
}

guint
cue_pacer_get_beam (const CuePacer *pacer, guint beam_size)
{
  return beam_at (pacer->catch_up, beam_size);
}

const char *
cue_catch_up_get_name (CueCatchUp step)
{
  static const char *const names[] = { "none", "smaller-beam", "greedy", "merge" };

  return names[step];
}

/* The next step that changes something. */
static CueCatchUp
next_step (CueCatchUp step, guint beam_size)
{
  guint beam = beam_at (step, beam_size);

  while (step < CUE_CATCH_UP_MERGE) {
    step++;
    if (beam_at (step, beam_size) != beam)
      break;
  }
  return step;
}

static CueCatchUp
previous_step (CueCatchUp step, guint beam_size)
{
  CueCatchUp previous = CUE_CATCH_UP_NONE;

  while (next_step (previous, beam_size) < step)
    previous = next_step (previous, beam_size);
  return previous;
}

gboolean
cue_pacer_plan (CuePacer *pacer, const CueMoment *moment, GstClockTime pts, guint beam_size,
    guint waiting, GstClockTime *delay)
{
  CueDelay behind = get_delay (pacer, moment, pts);
  CueCatchUp before = pacer->catch_up;
  gboolean late = FALSE, calm = TRUE;

  if (moment->latency == CUE_PACER_UNSYNCHRONISED) {
    late = waiting > 1;
    calm = waiting == 0;
  } else if (GST_CLOCK_TIME_IS_VALID (behind.delay)) {
    late = behind.delay + pacer->decode_time > behind.allowed;
    calm = behind.delay + 2 * pacer->decode_time <= behind.allowed;
  }
  *delay = GST_CLOCK_TIME_IS_VALID (behind.delay) ? behind.delay : 0;

  if (late)
    pacer->catch_up = next_step (before, beam_size);
  else if (calm && before != CUE_CATCH_UP_NONE && ++pacer->n_calm >= CALM_CUES)
    pacer->catch_up = previous_step (before, beam_size);
  if (late || pacer->n_calm >= CALM_CUES)
    pacer->n_calm = 0;
  return pacer->catch_up != before;
}

void
cue_pacer_note_decode (CuePacer *pacer, GstClockTime duration)
{
  pacer->decode_time = pacer->decode_time == 0 ? duration : (3 * pacer->decode_time + duration) / 4;
}
