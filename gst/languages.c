/* ssmtranslate: which language a text is in, and which of the engine's streams it is for
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "languages.h"

/* Two texts that are joined to one sentence are not when each is as sure of its own language. */
#define SURE 0.7

/* What was found for a language that the element's model does not read. */
typedef struct {
  CueStream stream;   /* closed: there is no model */
  gboolean is_broken; /* there is one, which cannot be loaded */
} Other;

struct _CueLanguages {
  SsmtLanguageTracker *tracker;
  gboolean is_heard; /* a text of this stream has been identified */
  char *reads, *writes;
  gboolean translate_others;
  CueFindModel find;
  gpointer data;
  GHashTable *others; /* of Other, by language */
  char *noted;        /* the language of the last choice, NULL: none */
  CueStream *noted_stream;
};

static void
other_free (gpointer data)
{
  Other *other = data;

  cue_stream_close (&other->stream);
  g_free (other);
}

CueLanguages *
cue_languages_new (const char *reads, const char *writes, CueFindModel find, gpointer data)
{
  CueLanguages *languages = g_new0 (CueLanguages, 1);

  languages->tracker = ssmt_language_tracker_new ();
  languages->reads = g_strdup (reads);
  languages->writes = g_strdup (writes);
  languages->find = find;
  languages->data = data;
  languages->others = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, other_free);
  return languages;
}

void
cue_languages_free (CueLanguages *languages)
{
  if (!languages)
    return;
  ssmt_language_tracker_free (languages->tracker);
  g_hash_table_unref (languages->others);
  g_free (languages->reads);
  g_free (languages->writes);
  g_free (languages->noted);
  g_free (languages);
}

void
cue_languages_translate_others (CueLanguages *languages, gboolean translate)
{
  languages->translate_others = translate;
}

/* --- streams and documents ----------------------------------------------------- */

void
cue_languages_begin_stream (CueLanguages *languages)
{
  ssmt_language_tracker_reset (languages->tracker, NULL);
  languages->is_heard = FALSE;
  g_clear_pointer (&languages->noted, g_free);
}

void
cue_languages_begin_document (CueLanguages *languages)
{
  GHashTableIter iter;
  Other *other;

  ssmt_language_tracker_reset (
      languages->tracker, ssmt_language_tracker_get_language (languages->tracker));
  g_hash_table_iter_init (&iter, languages->others);
  while (g_hash_table_iter_next (&iter, NULL, (gpointer *) &other)) {
    if (other->stream.stream)
      ssmt_stream_reset (other->stream.stream);
  }
}

void
cue_languages_expect (CueLanguages *languages, const char *language)
{
  if (!languages->is_heard)
    ssmt_language_tracker_reset (languages->tracker, language);
}

const char *
cue_languages_get_current (CueLanguages *languages)
{
  return ssmt_language_tracker_get_language (languages->tracker);
}

/* --- models ---------------------------------------------------------------------- */

/* Opens a stream of a model from `language`, if there is one. */
static gboolean
open_other (CueLanguages *languages, Other *other, const char *language,
    const SsmtStreamParams *params, GError **error)
{
  GError *failure = NULL;
  g_autoptr (SsmtModel) model = languages->find (language, languages->data, &failure);

  if (model && cue_stream_open (&other->stream, model, params, &failure)
      && ssmt_model_get_target_languages (model)
      && !ssmt_stream_set_target_language (other->stream.stream, languages->writes, &failure))
    cue_stream_close (&other->stream);
  if (!failure)
    return TRUE;
  other->is_broken = TRUE;
  g_propagate_error (error, failure);
  return FALSE;
}

/* FALSE: a model has just turned out to be broken. */
static gboolean
find_other (CueLanguages *languages, const char *language, const SsmtStreamParams *params,
    Other **found, GError **error)
{
  *found = g_hash_table_lookup (languages->others, language);
  if (*found)
    return TRUE;
  *found = g_new0 (Other, 1);
  g_hash_table_insert (languages->others, g_strdup (language), *found);
  return open_other (languages, *found, language, params, error);
}

/* --- texts ------------------------------------------------------------------------ */

static const char *
identify (CueLanguages *languages, const char *text, gdouble *confidence)
{
  return ssmt_language_identify (
      text, NULL, ssmt_language_tracker_get_language (languages->tracker), confidence);
}

CueChoice
cue_languages_hear (CueLanguages *languages, const char *text, gboolean may_change)
{
  CueChoice choice = { NULL };
  const char *language = identify (languages, text, &choice.confidence);

  if (may_change) {
    choice.language = ssmt_language_tracker_peek (languages->tracker, language, choice.confidence);
  } else {
    choice.language = ssmt_language_tracker_add (languages->tracker, language, choice.confidence);
    languages->is_heard |= language != NULL;
  }
  if (language && !ssmt_language_is_same (language, choice.language))
    choice.confidence = 0;
  return choice;
}

gboolean
cue_languages_choose (CueLanguages *languages, CueStream *own, const SsmtStreamParams *params,
    CueChoice *choice, GError **error)
{
  gboolean loaded;
  Other *other;

  choice->stream = NULL;
  if (choice->language && ssmt_language_is_same (choice->language, languages->writes))
    return TRUE;
  choice->stream = own;
  if (!choice->language || !languages->reads
      || ssmt_language_is_same (choice->language, languages->reads))
    return TRUE;
  loaded = find_other (languages, choice->language, params, &other, error);
  if (other->stream.stream)
    choice->stream = &other->stream;
  else if (other->is_broken || !languages->translate_others)
    choice->stream = NULL;
  return loaded;
}

gboolean
cue_languages_note (CueLanguages *languages, const CueChoice *choice)
{
  if (!languages->is_heard || !choice->language
      || (languages->noted && ssmt_language_is_same (choice->language, languages->noted)
          && choice->stream == languages->noted_stream))
    return FALSE;
  g_free (languages->noted);
  languages->noted = g_strdup (choice->language);
  languages->noted_stream = choice->stream;
  return TRUE;
}

gboolean
cue_languages_differ (CueLanguages *languages, const char *one, const char *other)
{
  gdouble a, b;
  const char *first = identify (languages, one, &a), *second = identify (languages, other, &b);

  return first && second && a >= SURE && b >= SURE && !ssmt_language_is_same (first, second);
}
