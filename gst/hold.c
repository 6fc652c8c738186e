/* ssmtranslate: cues that wait for the end of their sentence
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "hold.h"
#include "cue-sentence.h"

/* A sentence that is no sentence. */
#define MAX_HELD 16
#define MAX_HELD_BYTES 2048
/* A pause within a sentence. */
#define MAX_PAUSE (1 * GST_SECOND)
/* Nothing came for so long: upstream waits. */
#define SILENCE (500 * G_TIME_SPAN_MILLISECOND)
/* A live cue is ready so long before its time. */
#define MARGIN (20 * GST_MSECOND)

struct _CueHold {
  GQueue cues;           /* of Cue */
  CueGroup *group;       /* their texts; NULL: nothing has been held */
  char *source, *target; /* languages */
  gboolean is_stale;     /* the group is in others */
  GstClockTime end;      /* the last one's, in the segment; NONE: not known */
  gint64 until;          /* monotonic time, us */
  gboolean is_due;       /* `until` is when one of them is due */
};

CueHold *
cue_hold_new (void)
{
  return g_new0 (CueHold, 1);
}

void
cue_hold_free (CueHold *hold)
{
  cue_hold_clear (hold);
  g_clear_pointer (&hold->group, cue_group_free);
  g_free (hold->source);
  g_free (hold->target);
  g_free (hold);
}

void
cue_hold_set_languages (CueHold *hold, const char *source, const char *target)
{
  if (g_strcmp0 (source, hold->source) == 0 && g_strcmp0 (target, hold->target) == 0)
    return;
  g_free (hold->source);
  g_free (hold->target);
  hold->source = g_strdup (source);
  hold->target = g_strdup (target);
  hold->is_stale = TRUE;
}

/* --- holding ---------------------------------------------------------------- */

/* A speaker's change and a sign are boundaries. */
gboolean
cue_hold_takes (const Cue *cue)
{
  const CuePart *part = cue_get_only_part (cue);

  return part && gst_buffer_get_size (cue->buffer) <= MAX_HELD_BYTES && part->has_letters
      && part->prefix[0] == '\0' && part->suffix[0] == '\0';
}

static void
set_deadline (CueHold *hold, gint64 now, const GstClockTimeDiff *slack)
{
  gboolean was_due = cue_hold_get_n_cues (hold) > 0 && hold->is_due;

  if (slack) {
    gint64 until = now + MAX (*slack - (GstClockTimeDiff) MARGIN, 0) / 1000;

    hold->until = was_due ? MIN (hold->until, until) : until;
    hold->is_due = TRUE;
  } else if (!was_due) {
    hold->until = now + SILENCE;
    hold->is_due = FALSE;
  }
}

void
cue_hold_add (CueHold *hold, Cue *cue, gint64 now, const GstClockTimeDiff *slack)
{
  g_autofree char *source = cue_part_dup_source (cue_get_only_part (cue));

  set_deadline (hold, now, slack);
  if (hold->is_stale && cue_hold_get_n_cues (hold) == 0)
    g_clear_pointer (&hold->group, cue_group_free);
  if (!hold->group) {
    hold->group = cue_group_new (hold->source, hold->target);
    hold->is_stale = FALSE;
  }
  cue_group_add (hold->group, source);
  hold->end = cue->pts;
  if (GST_CLOCK_TIME_IS_VALID (cue->pts) && GST_CLOCK_TIME_IS_VALID (cue->duration))
    hold->end += cue->duration;
  g_queue_push_tail (&hold->cues, cue);
}

void
cue_hold_clear (CueHold *hold)
{
  g_queue_clear_full (&hold->cues, (GDestroyNotify) cue_free);
  if (hold->group)
    cue_group_clear (hold->group);
}

/* --- asking ------------------------------------------------------------------ */

guint
cue_hold_get_n_cues (CueHold *hold)
{
  return hold->cues.length;
}

const Cue *
cue_hold_get_first (CueHold *hold)
{
  return g_queue_peek_head (&hold->cues);
}

gboolean
cue_hold_is_past (CueHold *hold, GstClockTime position)
{
  return cue_hold_get_n_cues (hold) > 0 && GST_CLOCK_TIME_IS_VALID (position)
      && GST_CLOCK_TIME_IS_VALID (hold->end) && position > hold->end + MAX_PAUSE;
}

gboolean
cue_hold_is_complete (CueHold *hold)
{
  return cue_hold_get_n_cues (hold) >= MAX_HELD
      || cue_group_get_length (hold->group) >= MAX_HELD_BYTES
      || cue_group_is_complete (hold->group);
}

gint64
cue_hold_get_deadline (CueHold *hold)
{
  return cue_hold_get_n_cues (hold) > 0 ? hold->until : -1;
}

/* --- letting go -------------------------------------------------------------- */

char **
cue_hold_dup_sentences (CueHold *hold)
{
  return cue_group_dup_sentences (hold->group);
}

GstClockTime
cue_hold_get_time (CueHold *hold, guint sentence)
{
  g_autofree gdouble *parts = cue_group_get_parts (hold->group, sentence);
  GstClockTime time = 0;
  guint i = 0;

  for (GList *link = hold->cues.head; link; link = link->next, i++) {
    const Cue *cue = link->data;

    if (parts[i] > 0 && !GST_CLOCK_TIME_IS_VALID (cue->duration))
      return GST_CLOCK_TIME_NONE;
    if (parts[i] > 0)
      time += parts[i] * cue->duration;
  }
  return time;
}

gboolean
cue_hold_has_spans (CueHold *hold)
{
  for (GList *link = hold->cues.head; link; link = link->next) {
    if (cue_part_has_spans (cue_get_only_part (link->data)))
      return TRUE;
  }
  return FALSE;
}

Cue *
cue_hold_take (CueHold *hold)
{
  Cue *cue = g_queue_pop_head (&hold->cues);

  if (g_queue_is_empty (&hold->cues))
    cue_group_clear (hold->group);
  return cue;
}

GPtrArray *
cue_hold_divide (CueHold *hold, char *const *translations, const GPtrArray *links, CueFormat format)
{
  g_autoptr (GArray) shares = cue_group_split (hold->group, translations, links);
  GPtrArray *texts = g_ptr_array_new_with_free_func (g_free);
  guint i = 0;

  for (GList *link = hold->cues.head; link; link = link->next, i++) {
    const Cue *cue = link->data;
    const CueShare *share = &g_array_index (shares, CueShare, i);
    CueTranslation translation = { share->text, (const CueLink *) share->links->data,
      share->links->len };

    g_ptr_array_add (texts, cue_text_write_aligned (cue->parsed, &translation, format));
  }
  return texts;
}
