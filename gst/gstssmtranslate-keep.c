/* ssmtranslate: the document's state in a file
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "gstssmtranslate.h"

#define GST_CAT_DEFAULT gst_ssm_translate_debug

void
gst_ssm_translate_restore_state (GstSsmTranslate *self)
{
  g_autoptr (GBytes) state = cue_keep_take (&self->keep);
  g_autoptr (GError) error = NULL;

  if (!state)
    return;
  if (!cue_translator_set_state (self->translator, state, &error)) {
    GST_ELEMENT_WARNING (self, RESOURCE, READ,
        ("The state that was kept is of no use, a new document begins"), ("%s", error->message));
    return;
  }
  cue_keep_note (&self->keep, cue_translator_count_texts (self->translator));
  self->keep.is_due = FALSE;
  gst_ssm_translate_post_state (self, self->keep.location ? self->keep.location : "");
}

/* What has been translated and has not gone out would be lost. */
static gboolean
is_all_out (GstSsmTranslate *self)
{
  return !cue_growing_is_active (self->growing) && !cue_stretch_is_waiting (&self->stretch);
}

static gboolean
is_due (GstSsmTranslate *self, guint interval, gboolean at_once)
{
  return interval > 0 && (self->out.fresh >= interval || (at_once && self->out.fresh > 0));
}

/* What it could not do is told where it is not told often. */
static void
warn (GstSsmTranslate *self, const GError *error)
{
  GST_WARNING_OBJECT (self, "the state is not kept: %s", error ? error->message : "as before");
  if (error)
    GST_ELEMENT_WARNING (self, RESOURCE, WRITE,
        ("The document's state cannot be kept; translation goes on"), ("%s", error->message));
}

void
gst_ssm_translate_keep_state (GstSsmTranslate *self, gboolean at_once)
{
  guint interval = gst_ssm_translate_get_settings (self).checkpoint_interval;
  g_autoptr (GBytes) state = NULL;
  g_autoptr (GError) error = NULL;
  gboolean writes, hands_out;

  if (!cue_translator_get_model (self->translator))
    return;
  cue_keep_note (&self->keep, cue_translator_count_texts (self->translator));
  writes = cue_keep_is_time (&self->keep, at_once);
  hands_out = is_due (self, interval, at_once);
  if ((!writes && !hands_out) || !is_all_out (self))
    return;
  state = cue_translator_dup_state (self->translator, &error);
  /* where it fails, it is tried again after as many cues */
  if (hands_out)
    self->out.fresh = 0;
  if (!state) {
    warn (self, error);
    return;
  }
  if (hands_out)
    gst_ssm_translate_post_checkpoint (self, state);
  if (writes && !cue_keep_write (&self->keep, state, &error))
    warn (self, error);
}

void
gst_ssm_translate_skip_state (GstSsmTranslate *self)
{
  cue_keep_skip (&self->keep, cue_translator_count_texts (self->translator));
  self->out.fresh = 0;
}

void
gst_ssm_translate_note_out (GstSsmTranslate *self, GstClockTime pts, guint64 offset)
{
  self->out.cues++;
  self->out.fresh++;
  self->out.pts = pts;
  self->out.offset = offset;
}
