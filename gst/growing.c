/* ssmtranslate: captions that a recogniser still revises
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "growing.h"
#include "pacer.h"

#include <string.h>

struct _CueGrowing {
  Cue *cue;         /* the last interim text, NULL: nothing grows */
  GstClockTime pts; /* its, or of the one before */
  char *tail;       /* what of its translation was not committed */
  gboolean is_open; /* a line is shown that has not ended */
  GstClockTime end; /* where in the segment the committed part ends */
};

void
cue_change_clear (CueChange *change)
{
  g_clear_pointer (&change->deleted, g_free);
  g_clear_pointer (&change->added, g_free);
}

CueGrowing *
cue_growing_new (void)
{
  CueGrowing *growing = g_new0 (CueGrowing, 1);

  growing->end = growing->pts = GST_CLOCK_TIME_NONE;
  return growing;
}

void
cue_growing_free (CueGrowing *growing)
{
  cue_growing_clear (growing);
  g_free (growing);
}

void
cue_growing_clear (CueGrowing *growing)
{
  g_clear_pointer (&growing->cue, cue_free);
  g_clear_pointer (&growing->tail, g_free);
  growing->is_open = FALSE;
  growing->end = growing->pts = GST_CLOCK_TIME_NONE;
}

/* --- the text ------------------------------------------------------------------ */

void
cue_growing_set (CueGrowing *growing, Cue *cue)
{
  g_clear_pointer (&growing->cue, cue_free);
  growing->cue = cue;
  growing->pts = cue->pts;
}

GstClockTime
cue_growing_get_pts (CueGrowing *growing)
{
  return growing->pts;
}

gboolean
cue_growing_is_active (CueGrowing *growing)
{
  return growing->cue != NULL;
}

Cue *
cue_growing_take (CueGrowing *growing)
{
  return g_steal_pointer (&growing->cue);
}

gboolean
cue_growing_takes (const Cue *cue)
{
  return !cue->is_empty && !cue->is_too_long && cue_get_only_part (cue);
}

/* --- the tail ------------------------------------------------------------------- */

/* Bytes that both texts begin with, up to the end of a word. */
static gsize
common_words (const char *a, const char *b)
{
  SsmtRange old = { 0, 0 }, now = { 0, 0 };
  gsize common = 0;

  while (ssmt_text_next_word (a, &old) && ssmt_text_next_word (b, &now) && old.start == now.start
      && old.end == now.end && memcmp (a + common, b + common, now.end - common) == 0)
    common = now.end;
  return common;
}

gboolean
cue_growing_show (CueGrowing *growing, const char *committed, const char *tail, gboolean is_final,
    CueChange *change)
{
  const char *old = growing->tail ? growing->tail : "";
  g_autofree char *now = g_strconcat (committed, *committed && *tail ? " " : "", tail, NULL);
  gsize common = common_words (old, now);

  if (strcmp (old, now) == 0 && *committed == '\0' && !(is_final && growing->is_open))
    return FALSE;
  growing->is_open = !is_final;
  *change = (CueChange){ g_strdup (old + common), g_strdup (now + common) };
  g_free (growing->tail);
  growing->tail = g_strdup (tail);
  return TRUE;
}

/* --- what goes out ---------------------------------------------------------------- */

GstBuffer *
cue_growing_make_buffer (CueGrowing *growing, const Cue *cue, char *committed, CueFormat format)
{
  char *out = cue_text_write (cue->parsed, &committed, format);
  GstBuffer *buffer = gst_buffer_new_wrapped (out, strlen (out));
  GstClockTime start = cue->pts, end = cue->pts;

  gst_buffer_copy_into (
      buffer, cue->buffer, GST_BUFFER_COPY_FLAGS | GST_BUFFER_COPY_TIMESTAMPS, 0, -1);
  GST_BUFFER_PTS (buffer) = start;
  GST_BUFFER_DURATION (buffer) = cue->duration;
  if (!GST_CLOCK_TIME_IS_VALID (start))
    return buffer;
  if (GST_CLOCK_TIME_IS_VALID (cue->duration))
    end += cue->duration;
  if (GST_CLOCK_TIME_IS_VALID (growing->end))
    start = MAX (start, growing->end);
  GST_BUFFER_PTS (buffer) = start;
  GST_BUFFER_DURATION (buffer) =
      end > start ? end - start : cue_get_reading_time (strlen (committed));
  growing->end = MAX (start, end);
  return buffer;
}
