/* ssmt translate: lines of standard input
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "engine/cli/translate-lines.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- in ----------------------------------------------------------------- */

gboolean
cli_line_read (CliLine *line)
{
  static guint64 number;
  gsize end = 0;
  ssize_t length;

  g_clear_pointer (&line->translation, ssmt_translation_unref);
  g_clear_error (&line->error);
  length = getline (&line->text, &line->allocated, stdin);
  if (length <= 0)
    return FALSE;
  if (line->text[length - 1] == '\n')
    end++;
  if ((gsize) length > end && line->text[length - end - 1] == '\r')
    end++;
  line->length = length - end;
  line->number = ++number;
  g_strlcpy (line->end, line->text + line->length, sizeof line->end);
  line->text[line->length] = '\0';
  return TRUE;
}

gboolean
cli_line_check_input (void)
{
  if (!ferror (stdin))
    return TRUE;
  cli_message ("cannot read the input: %s", g_strerror (errno));
  return FALSE;
}

void
cli_line_clear (CliLine *line)
{
  g_clear_pointer (&line->translation, ssmt_translation_unref);
  g_clear_error (&line->error);
  free (line->text);
  line->text = NULL;
}

/* --- between ------------------------------------------------------------ */

/* Where the document has become too long, or its state is spoilt, a new one begins with the line. */
static SsmtTranslation *
translate_text (SsmtStream *stream, const CliLineStyle *style, const char *text, GError **error)
{
  SsmtTranslateFlags flags = style->nbest ? SSMT_TRANSLATE_ALTERNATIVES : SSMT_TRANSLATE_NONE;
  GError *why = NULL;
  SsmtTranslation *out = ssmt_stream_translate (stream, text, flags, NULL, &why);

  if (g_error_matches (why, SSMT_ERROR, SSMT_ERROR_CONTEXT)
      || g_error_matches (why, SSMT_ERROR, SSMT_ERROR_NOT_FINITE)) {
    cli_message ("%s; a new document begins", why->message);
    g_clear_error (&why);
    ssmt_stream_reset (stream);
    out = ssmt_stream_translate (stream, text, flags, NULL, &why);
  }
  if (why)
    g_propagate_error (error, why);
  return out;
}

void
cli_line_look (CliLine *line, CliLanguages *languages)
{
  line->passes = languages && g_utf8_validate_len (line->text, line->length, NULL)
      && cli_languages_passes (languages, line->text, line->number);
}

void
cli_line_translate (CliLine *line, const CliLineStyle *style, SsmtStream *stream)
{
  const char *bad;

  if (line->length == 0 || line->passes)
    return;
  if (g_utf8_validate_len (line->text, line->length, &bad))
    line->translation = translate_text (stream, style, line->text, &line->error);
  else
    g_set_error (&line->error, SSMT_ERROR, SSMT_ERROR_TEXT, "byte %" G_GSIZE_FORMAT " is not UTF-8",
        (gsize) (bad - line->text) + 1);
}

/* --- out ---------------------------------------------------------------- */

/* NULL: nothing has been scored. */
static void
print_score (SsmtTranslation *translation)
{
  guint n = translation ? ssmt_translation_get_n_scored_tokens (translation) : 0;

  printf ("%.4f\t", n > 0 ? ssmt_translation_get_score (translation) / n : 0.0);
}

/* As Marian prints them. What has no alternatives is the only one. */
static void
print_best (const CliLine *line, guint most)
{
  SsmtTranslation *translation = line->translation;
  guint n = translation ? ssmt_translation_get_n_alternatives (translation) : 0;

  for (guint i = 0; i < MIN (n, most); i++) {
    double score;
    const char *text = ssmt_translation_get_alternative (translation, i, &score, NULL);

    printf ("%" G_GUINT64_FORMAT " ||| %s ||| %.4f%s", line->number - 1, text, score, line->end);
  }
  if (n == 0)
    printf ("%" G_GUINT64_FORMAT " ||| %s ||| %.4f%s", line->number - 1,
        translation ? ssmt_translation_get_text (translation) : line->text,
        translation ? ssmt_translation_get_score (translation) : 0.0, line->end);
}

/* A translation, or what is passed through. */
static void
print_one (const CliLine *line, gboolean with_score)
{
  if (with_score)
    print_score (line->translation);
  if (line->translation)
    fputs (ssmt_translation_get_text (line->translation), stdout);
  else
    fwrite (line->text, 1, line->length, stdout);
  fputs (line->end, stdout);
}

/* Said, and no failure: what could not be translated rightly stands as it was. */
static void
report_copied (const CliLine *line)
{
  SsmtGuardFaults copied =
      line->translation ? ssmt_translation_get_copied (line->translation) : SSMT_GUARD_FAULT_NONE;
  g_autofree char *kind = NULL;

  if (copied == SSMT_GUARD_FAULT_NONE)
    return;
  if (copied == SSMT_GUARD_FAULT_TERM) {
    cli_message (
        "line %" G_GUINT64_FORMAT ": no translation has all terms of the glossary", line->number);
    return;
  }
  kind = ssmt_guard_faults_to_string (copied);
  cli_message ("line %" G_GUINT64_FORMAT
               ": no translation without faults (%s); copied, or a part of it",
      line->number, kind);
}

gboolean
cli_line_print (const CliLine *line, const CliLineStyle *style)
{
  if (style->nbest)
    print_best (line, (guint) style->nbest);
  else
    print_one (line, style->scores);
  if (line->error)
    cli_message (
        "line %" G_GUINT64_FORMAT ": %s; passed through", line->number, line->error->message);
  report_copied (line);
  return line->error == NULL;
}
