/* ssmtranslate: the document's state in a file
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "gstssmtranslate.h"

#define GST_CAT_DEFAULT gst_ssm_translate_debug

void
gst_ssm_translate_restore_state (GstSsmTranslate *self)
{
  g_autoptr (SsmtState) state = cue_keep_take (&self->keep);
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
  gst_ssm_translate_post_state (self, self->keep.location);
}

/* What has been translated and has not gone out would be lost. */
static gboolean
is_all_out (GstSsmTranslate *self)
{
  return !cue_growing_is_active (self->growing) && !cue_stretch_is_waiting (&self->stretch);
}

void
gst_ssm_translate_keep_state (GstSsmTranslate *self, gboolean at_once)
{
  g_autoptr (SsmtState) state = NULL;
  g_autoptr (GError) error = NULL;

  if (!self->keep.location || !cue_translator_get_model (self->translator))
    return;
  cue_keep_note (&self->keep, cue_translator_count_texts (self->translator));
  if (!cue_keep_is_time (&self->keep, at_once) || !is_all_out (self))
    return;
  state = cue_translator_get_state (self->translator, &error);
  if (!state || !cue_keep_write (&self->keep, state, &error))
    GST_WARNING_OBJECT (self, "the state is not kept: %s", error ? error->message : "as before");
  if (error)
    GST_ELEMENT_WARNING (self, RESOURCE, WRITE,
        ("The document's state cannot be kept; translation goes on"), ("%s", error->message));
}
