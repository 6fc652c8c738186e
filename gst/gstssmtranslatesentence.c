/* ssmtranslate: cues that wait for the end of their sentence
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Held cues go out when their sentence has ended, when upstream's position has
 * passed them, when anything but a gap comes, when they must not wait any longer
 * (live), and when upstream has fallen silent: it may be waiting for somebody who waits
 * for this text. Only the task comes here.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstssmtranslate.h"

#include "cue-sentence.h"

#include <string.h>

#define GST_CAT_DEFAULT gst_ssm_translate_debug

/* A sentence that is no sentence. */
#define MAX_HELD 16
#define MAX_HELD_BYTES 2048
/* A pause within a sentence. */
#define MAX_PAUSE (1 * GST_SECOND)
/* Nothing came for so long: upstream waits. */
#define SILENCE (500 * G_TIME_SPAN_MILLISECOND)
/* A live cue is ready so long before its time. */
#define MARGIN (20 * GST_MSECOND)

typedef struct {
  GstBuffer *buffer;
  gint64 arrival;
  CueText *cue;
} Held;

static void
held_free (gpointer data)
{
  Held *held = data;

  gst_clear_buffer (&held->buffer);
  cue_text_free (held->cue);
  g_free (held);
}

void
gst_ssm_translate_hold_init (GstSsmTranslate * self)
{
  self->held = g_ptr_array_new_with_free_func (held_free);
}

void
gst_ssm_translate_hold_clear (GstSsmTranslate * self)
{
  g_ptr_array_unref (self->held);
  g_clear_pointer (&self->group, cue_group_free);
}

void
gst_ssm_translate_drop_held (GstSsmTranslate * self)
{
  g_ptr_array_set_size (self->held, 0);
  if (self->group)
    cue_group_clear (self->group);
}

/* TRUE: the position is so far that what is held has nothing to wait for. */
gboolean
gst_ssm_translate_is_past_held (GstSsmTranslate * self, GstClockTime position)
{
  return self->held->len > 0 && GST_CLOCK_TIME_IS_VALID (position)
      && GST_CLOCK_TIME_IS_VALID (self->held_end)
      && position > self->held_end + MAX_PAUSE;
}

/* --- holding ---------------------------------------------------------------- */

/* A speaker's change and a sign are boundaries: such a cue stands for itself. */
static gboolean
can_be_joined (const CueText * cue)
{
  const CuePart *part;

  if (cue->parts->len != 1)
    return FALSE;
  part = cue->parts->pdata[0];
  return part->has_letters && part->prefix[0] == '\0'
      && part->suffix[0] == '\0';
}

static void
set_deadline (GstSsmTranslate * self, GstBuffer * buffer,
    const GstSsmtSettings * settings)
{
  gboolean was_due = self->held->len > 0 && self->hold_is_due;
  gint64 until = g_get_monotonic_time ();
  GstClockTimeDiff slack;

  if (gst_ssm_translate_get_slack (self, buffer, settings, &slack)) {
    until += MAX (slack - (GstClockTimeDiff) (MARGIN + self->decode_time), 0)
        / 1000;
    self->hold_until = was_due ? MIN (self->hold_until, until) : until;
    self->hold_is_due = TRUE;
  } else if (!was_due) {
    self->hold_until = until + SILENCE;
    self->hold_is_due = FALSE;
  }
}

static CueGroup *
get_group (GstSsmTranslate * self)
{
  const char *source = self->tag_language ? self->tag_language
      : self->input_language;

  if (!self->group)
    self->group = cue_group_new (source, self->language);
  return self->group;
}

/* Takes the buffer and returns TRUE where it has to wait for its sentence's end, or
 * where it ends one. */
gboolean
gst_ssm_translate_hold (GstSsmTranslate * self, GstBuffer * buffer,
    gint64 arrival, const GstSsmtSettings * settings)
{
  g_autoptr (CueText) cue = NULL;
  g_autofree char *text = NULL, *source = NULL;
  gsize length;
  Held *held;

  if (gst_buffer_get_size (buffer) == 0
      || gst_buffer_get_size (buffer) > MAX_HELD_BYTES)
    return FALSE;
  text = gst_ssm_translate_dup_text (self, buffer, &length);
  if (!text)
    return FALSE;
  cue = cue_text_parse (text, length, self->in_format);
  if (!can_be_joined (cue))
    return FALSE;
  set_deadline (self, buffer, settings);
  source = cue_part_dup_source (cue->parts->pdata[0]);
  cue_group_add (get_group (self), source);
  self->held_end = GST_BUFFER_PTS (buffer);
  if (GST_BUFFER_PTS_IS_VALID (buffer) && GST_BUFFER_DURATION_IS_VALID (buffer))
    self->held_end += GST_BUFFER_DURATION (buffer);
  held = g_new (Held, 1);
  *held = (Held) { buffer, arrival, g_steal_pointer (&cue) };
  g_ptr_array_add (self->held, held);
  return TRUE;
}

gboolean
gst_ssm_translate_is_held_complete (GstSsmTranslate * self)
{
  return self->held->len >= MAX_HELD
      || cue_group_get_length (self->group) >= MAX_HELD_BYTES
      || cue_group_is_complete (self->group);
}

/* --- letting go -------------------------------------------------------------- */

/* TRUE: it matters which words translate which. */
static gboolean
need_alignment (GstSsmTranslate * self)
{
  if (self->out_format != CUE_FORMAT_PANGO)
    return FALSE;
  for (guint i = 0; i < self->held->len; i++) {
    const Held *held = self->held->pdata[i];

    if (cue_part_has_spans (held->cue->parts->pdata[0]))
      return TRUE;
  }
  return FALSE;
}

/* The translations of the group's sentences, or NULL with *ret set. `links`: of GArray of CueLink, one
 * a sentence, as far as they are known and wanted. */
static char **
translate_sentences (GstSsmTranslate * self, GstBuffer * buffer,
    GPtrArray * links, GCancellable * cancellable, GstFlowReturn * ret)
{
  char **sentences = cue_group_dup_sentences (self->group);
  gboolean align = need_alignment (self);

  *ret = GST_FLOW_OK;
  for (guint i = 0; sentences[i] && *ret == GST_FLOW_OK; i++) {
    g_autoptr (SsmtAlignment) alignment = NULL;
    char *translation = NULL;

    *ret = gst_ssm_translate_translate (self, buffer, sentences[i],
        cancellable, &translation, align ? &alignment : NULL);
    g_ptr_array_add (links, alignment ? cue_links_new (alignment)
        : g_array_new (FALSE, FALSE, sizeof (CueLink)));
    if (translation) {
      g_free (sentences[i]);
      sentences[i] = translation;
    }
  }
  if (*ret != GST_FLOW_OK)
    g_clear_pointer (&sentences, g_strfreev);
  return sentences;
}

static GstFlowReturn
push_share (GstSsmTranslate * self, Held * held, const CueShare * share,
    const GstSsmtSettings * settings)
{
  CueTranslation translation = { share->text,
    (const CueLink *) share->links->data, share->links->len
  };
  char *out = cue_text_write_aligned (held->cue, &translation,
      self->out_format);
  GstBuffer *buffer = gst_ssm_translate_new_cue (self, held->buffer, out);

  buffer = gst_ssm_translate_schedule (self, buffer, settings);
  gst_ssm_translate_count_cues (self, 1, held->arrival);
  return gst_pad_push (self->srcpad, buffer);
}

/* Translates what is held and pushes it, one cue for each. */
GstFlowReturn
gst_ssm_translate_push_held (GstSsmTranslate * self,
    GCancellable * cancellable)
{
  GstSsmtSettings settings = gst_ssm_translate_get_settings (self);
  g_autoptr (GPtrArray) links =
      g_ptr_array_new_with_free_func ((GDestroyNotify) g_array_unref);
  g_auto (GStrv) translations = NULL;
  g_autoptr (GArray) shares = NULL;
  GstFlowReturn ret = GST_FLOW_OK;
  GstClockTime start;
  Held *first;

  if (self->held->len == 0)
    return GST_FLOW_OK;
  first = self->held->pdata[0];
  gst_ssm_translate_plan (self, first->buffer, &settings);
  gst_ssm_translate_update_params (self, first->buffer, &settings);
  start = gst_util_get_timestamp ();
  translations = translate_sentences (self, first->buffer, links, cancellable,
      &ret);
  if (ret != GST_FLOW_OK)
    goto done;
  gst_ssm_translate_note_decode (self, gst_util_get_timestamp () - start);
  shares = cue_group_split (self->group, translations, links);
  for (guint i = 0; i < shares->len && ret == GST_FLOW_OK; i++)
    ret = push_share (self, self->held->pdata[i],
        &g_array_index (shares, CueShare, i), &settings);

done:
  gst_ssm_translate_drop_held (self);
  return ret;
}
