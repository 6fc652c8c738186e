/* ssmtranslate: a cue that waits for the time that it may have
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "stretch.h"

/* Between two cues: what stands without a gap looks like one. */
#define GAP (80 * GST_MSECOND)
/* Nothing came for so long: upstream may be waiting for this text. */
#define SILENCE (500 * G_TIME_SPAN_MILLISECOND)

void
cue_stretch_clear (CueStretch *stretch)
{
  gst_clear_buffer (&stretch->buffer);
  g_clear_pointer (&stretch->text, g_free);
}

void
cue_stretch_wait (CueStretch *stretch, GstBuffer *buffer, const CueMeasure *measure, char *text,
    GstClockTime needed, gint64 now)
{
  cue_stretch_clear (stretch);
  *stretch = (CueStretch){ buffer, *measure, text, needed, 0, now + SILENCE };
}

gboolean
cue_stretch_is_waiting (const CueStretch *stretch)
{
  return stretch->buffer != NULL;
}

gint64
cue_stretch_get_deadline (const CueStretch *stretch)
{
  return stretch->buffer ? stretch->until : -1;
}

gboolean
cue_stretch_note_silence (CueStretch *stretch, GstClockTime position)
{
  stretch->silence = MAX (stretch->silence, position);
  return stretch->silence >= GST_BUFFER_PTS (stretch->buffer) + stretch->needed + GAP;
}

GstBuffer *
cue_stretch_take (CueStretch *stretch, GstClockTime next, GstClockTime stop)
{
  GstBuffer *buffer = g_steal_pointer (&stretch->buffer);
  GstClockTime pts = GST_BUFFER_PTS (buffer), end = pts + stretch->needed;

  if (next == CUE_STRETCH_NOTHING)
    next = stretch->silence;
  if (next != CUE_STRETCH_END)
    end = MIN (end, MAX (next, GAP) - GAP);
  if (GST_CLOCK_TIME_IS_VALID (stop))
    end = MIN (end, stop);
  if (end > pts + GST_BUFFER_DURATION (buffer)) {
    buffer = gst_buffer_make_writable (buffer);
    GST_BUFFER_DURATION (buffer) = end - pts;
  }
  return buffer;
}
