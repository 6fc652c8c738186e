/* ssmtranslate: what the guard around the models did
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "translator-private.h"

void
cue_copy_clear (CueCopy *copy)
{
  g_clear_pointer (&copy->text, g_free);
}

void
cue_translator_set_guard (CueTranslator *translator, gboolean guard, SsmtQuotes quotes)
{
  translator->params.guard = guard;
  translator->params.quotes = quotes;
}

void
cue_translator_note_guard (
    CueTranslator *translator, const char *text, SsmtTranslation *translation)
{
  SsmtGuardFaults copied = ssmt_translation_get_copied (translation);
  CueCopy *copy;

  gst_ssmt_stats_add_guarded (
      translator->stats, ssmt_translation_get_mended (translation) != 0, copied != 0);
  if (copied == 0)
    return;
  copy = g_new (CueCopy, 1);
  *copy = (CueCopy){ copied, g_strdup (text) };
  g_queue_push_tail (&translator->copies, copy);
}

gboolean
cue_translator_take_copy (CueTranslator *translator, CueCopy *copy)
{
  CueCopy *first = g_queue_pop_head (&translator->copies);

  if (!first)
    return FALSE;
  *copy = *first;
  g_free (first);
  return TRUE;
}
