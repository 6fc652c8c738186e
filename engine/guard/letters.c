/* ssmtranslate: which letters belong to languages
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "engine/guard/letters.h"

#include <string.h>

#include <unicode/uscript.h>

static void
add_script (SsmtLetters *self, UScriptCode script)
{
  for (guint i = 0; i < self->n_scripts; i++) {
    if (self->scripts[i] == script)
      return;
  }
  if (self->n_scripts < SSMT_LETTERS_MAX_SCRIPTS)
    self->scripts[self->n_scripts++] = script;
}

static void
add_language (SsmtLetters *self, const char *language)
{
  g_autofree char *name = g_strdelimit (g_strdup (language != NULL ? language : ""), "-", '_');
  UScriptCode scripts[8];
  UErrorCode status = U_ZERO_ERROR;
  int32_t n = *name != '\0' ? uscript_getCode (name, scripts, G_N_ELEMENTS (scripts), &status) : 0;

  if (U_FAILURE (status) || n <= 0 || status == U_USING_DEFAULT_WARNING) {
    self->is_unknown = TRUE;
    return;
  }
  /* "Jpan", "Kore" and "Hans" are names for several scripts, or for a part of one */
  for (int32_t i = 0; i < n; i++)
    add_script (self,
        scripts[i] == USCRIPT_SIMPLIFIED_HAN || scripts[i] == USCRIPT_TRADITIONAL_HAN ? USCRIPT_HAN
                                                                                     : scripts[i]);
}

void
ssmt_letters_init (SsmtLetters *self, const char *one, const char *two)
{
  *self = (SsmtLetters){ .n_scripts = 0 };
  add_language (self, one);
  if (two != NULL)
    add_language (self, two);
}

static UScriptCode
get_script (gunichar c)
{
  UErrorCode status = U_ZERO_ERROR;
  UScriptCode script = uscript_getScript (c, &status);

  return U_SUCCESS (status) ? script : USCRIPT_COMMON;
}

void
ssmt_letters_add_text (SsmtLetters *self, const char *text)
{
  for (const char *p = text; *p != '\0'; p = g_utf8_next_char (p)) {
    gunichar c = g_utf8_get_char (p);

    if (g_unichar_isalpha (c))
      add_script (self, get_script (c));
  }
}

gboolean
ssmt_letters_has_script (const SsmtLetters *self, gunichar c)
{
  UScriptCode script = get_script (c);

  if (self->is_unknown || script == USCRIPT_COMMON || script == USCRIPT_INHERITED)
    return TRUE;
  for (guint i = 0; i < self->n_scripts; i++) {
    if (self->scripts[i] == script)
      return TRUE;
  }
  return FALSE;
}

gboolean
ssmt_letters_knows (const SsmtTokenizer *tokenizer, gunichar c)
{
  char name[16] = "\xe2\x96\x81"; /* U+2581 */

  if (tokenizer == NULL || c < 0x80 || ssmt_tokenizer_find_piece (tokenizer, name) < 0)
    return TRUE;
  g_unichar_to_utf8 (c, name + 3);
  if (ssmt_tokenizer_find_piece (tokenizer, name + 3) >= 0)
    return TRUE;
  return ssmt_tokenizer_find_piece (tokenizer, name) >= 0;
}
