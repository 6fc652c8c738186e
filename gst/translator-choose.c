/* ssmtranslate: the stream of the engine's that a text is for
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "translator-private.h"

void
cue_language_change_clear (CueLanguageChange *change)
{
  g_clear_pointer (&change->language, g_free);
  g_clear_object (&change->model);
}

void
cue_translator_identify (CueTranslator *translator, CueFindModel find, gpointer data)
{
  cue_translator_drop_growing (translator);
  g_clear_pointer (&translator->languages, cue_languages_free);
  if (find)
    translator->languages = cue_languages_new (translator->reads, translator->writes, find, data);
}

void
cue_translator_translate_others (CueTranslator *translator, gboolean translate)
{
  if (translator->languages)
    cue_languages_translate_others (translator->languages, translate);
}

void
cue_translator_begin_stream (CueTranslator *translator)
{
  if (translator->languages)
    cue_languages_begin_stream (translator->languages);
}

gboolean
cue_translator_expect (CueTranslator *translator, const char *language)
{
  if (!translator->languages)
    return FALSE;
  cue_languages_expect (translator->languages, language);
  return TRUE;
}

/* --- one text -------------------------------------------------------------------- */

/* What has been done with a text. */
static void
note (CueTranslator *translator, const CueChoice *choice)
{
  CueLanguageChange *change;

  if (choice->stream)
    translator->n_translated++;
  else
    translator->n_passed++;
  if (!cue_languages_note (translator->languages, choice))
    return;
  change = g_new0 (CueLanguageChange, 1);
  change->language = g_strdup (choice->language);
  change->confidence = choice->confidence;
  if (choice->stream)
    change->model = g_object_ref (ssmt_stream_get_model (choice->stream->stream));
  g_queue_push_tail (&translator->changes, change);
}

CueStream *
cue_translator_choose (CueTranslator *translator, const char *text, GError **error)
{
  CueChoice choice;

  if (!translator->languages)
    return &translator->own;
  choice = cue_languages_hear (translator->languages, text, FALSE);
  cue_languages_choose (
      translator->languages, &translator->own, &translator->params, &choice, error);
  note (translator, &choice);
  return choice.stream;
}

/* --- growing text ------------------------------------------------------------------ */

CueStream *
cue_translator_choose_growing (
    CueTranslator *translator, const char *text, gboolean is_final, GError **error)
{
  CueChoice choice = { .stream = &translator->own };

  if (translator->languages) {
    choice = cue_languages_hear (translator->languages, text, !is_final);
    if (translator->is_committed)
      choice.stream = translator->grows;
    else
      cue_languages_choose (
          translator->languages, &translator->own, &translator->params, &choice, error);
    if (is_final)
      note (translator, &choice);
  }
  if (translator->grows && translator->grows != choice.stream)
    cue_translator_drop_growing (translator);
  translator->grows = choice.stream;
  return choice.stream;
}

void
cue_translator_drop_growing (CueTranslator *translator)
{
  if (translator->grows)
    ssmt_stream_drop_growing (translator->grows->stream);
  translator->grows = NULL;
  translator->is_committed = FALSE;
}

/* --- asking ------------------------------------------------------------------------- */

gboolean
cue_translator_divides (CueTranslator *translator, const char *held, const Cue *cue)
{
  g_autofree char *text = NULL;

  if (!translator->languages)
    return FALSE;
  text = cue_part_dup_source (cue_get_only_part (cue));
  return cue_languages_differ (translator->languages, held, text);
}

gboolean
cue_translator_take_change (CueTranslator *translator, CueLanguageChange *change)
{
  CueLanguageChange *first = g_queue_pop_head (&translator->changes);

  if (!first)
    return FALSE;
  *change = *first;
  g_free (first);
  return TRUE;
}

gboolean
cue_translator_take_passed (CueTranslator *translator)
{
  gboolean passed = translator->n_passed > 0 && translator->n_translated == 0;

  translator->n_passed = translator->n_translated = 0;
  return passed;
}
