/* ssmt translate --from auto: which lines are to be translated
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "engine/cli/translate-languages.h"

#include <string.h>

#include "engine/cli/cli.h"

struct _CliLanguages {
  SsmtLanguageTracker *tracker;
  char *reads, *writes; /* `reads` NULL: whatever it is given */
  gboolean translate_others;
  char *said; /* the last message's language, NULL: there was none */
};

static CliLanguages *
languages_new (const char *reads, const char *writes, gboolean translate_others)
{
  CliLanguages *languages = g_new0 (CliLanguages, 1);

  languages->tracker = ssmt_language_tracker_new ();
  languages->reads = g_strdup (reads);
  languages->writes = g_strdup (writes);
  languages->translate_others = translate_others;
  return languages;
}

void
cli_languages_free (CliLanguages *languages)
{
  if (!languages)
    return;
  ssmt_language_tracker_free (languages->tracker);
  g_free (languages->reads);
  g_free (languages->writes);
  g_free (languages->said);
  g_free (languages);
}

gboolean
cli_languages_new (SsmtModel *model, const char *from, const char *to, const char *others,
    CliLanguages **languages, GError **error)
{
  const char *reads = ssmt_model_get_source_language (model);
  const char *writes = to ? to : ssmt_model_get_target_language (model);

  *languages = NULL;
  if (!from)
    return TRUE;
  if (g_ascii_strcasecmp (from, "auto") != 0) {
    if (!reads || ssmt_language_is_same (reads, from))
      return TRUE;
    g_set_error (error, SSMT_ERROR, SSMT_ERROR_UNSUPPORTED, "%s reads \"%s\", not \"%s\"",
        ssmt_model_get_path (model), reads, from);
  } else if (!ssmt_language_can_identify ()) {
    g_set_error_literal (error, SSMT_ERROR, SSMT_ERROR_UNSUPPORTED,
        "--from auto: built without CLD2, which finds out languages: leave it out, or install "
        "libcld2-dev and build again");
  } else if (!writes) {
    g_set_error (error, SSMT_ERROR, SSMT_ERROR_UNSUPPORTED,
        "--from auto: %s does not say what it writes", ssmt_model_get_path (model));
  } else {
    *languages = languages_new (reads, writes, g_strcmp0 (others, "translate") == 0);
    return TRUE;
  }
  return FALSE;
}

static gboolean
passes (const CliLanguages *languages, const char *language)
{
  if (!language)
    return FALSE;
  if (ssmt_language_is_same (language, languages->writes))
    return TRUE;
  return languages->reads && !languages->translate_others
      && !ssmt_language_is_same (language, languages->reads);
}

gboolean
cli_languages_passes (CliLanguages *languages, const char *text, guint64 number)
{
  SsmtLanguageTracker *tracker = languages->tracker;
  double confidence;
  const char *language = ssmt_language_identify (
      text, NULL, ssmt_language_tracker_get_language (tracker), &confidence);
  gboolean pass;

  language = ssmt_language_tracker_add (tracker, language, confidence);
  pass = passes (languages, language);
  if (language && (!languages->said || !ssmt_language_is_same (language, languages->said))) {
    cli_message ("line %" G_GUINT64_FORMAT ": language \"%s\", %s", number, language,
        pass ? "passed through" : "translated");
    g_free (languages->said);
    languages->said = g_strdup (language);
  }
  return pass;
}
