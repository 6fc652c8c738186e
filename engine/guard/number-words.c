/* ssmtranslate: numbers in words and in Roman signs
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "engine/guard/number-words.h"

#include <string.h>

#include <unicode/unum.h>
#include <unicode/ustring.h>

/* In words, lower case, single spaces: "twenty three". NULL: ICU cannot tell. */
static char *
spell (guint64 value, const char *language, const char *rules)
{
  UErrorCode status = U_ZERO_ERROR;
  UNumberFormat *format = unum_open (UNUM_SPELLOUT, NULL, 0, language, NULL, &status);
  UChar wide[256], name[64];
  char *out = NULL;
  int32_t n;

  if (U_FAILURE (status))
    return NULL;
  if (rules != NULL) {
    u_uastrcpy (name, rules);
    unum_setTextAttribute (format, UNUM_DEFAULT_RULESET, name, -1, &status);
  }
  n = unum_formatInt64 (format, (int64_t) value, wide, G_N_ELEMENTS (wide), NULL, &status);
  if (U_SUCCESS (status))
    out = g_utf16_to_utf8 ((const gunichar2 *) wide, n, NULL, NULL, NULL);
  unum_close (format);
  return out;
}

/* " text in lower case with single spaces " */
static char *
fold (const char *text)
{
  g_autofree char *lower = g_utf8_strdown (text, -1);
  GString *out = g_string_new (" ");

  for (const char *p = lower; *p != '\0'; p = g_utf8_next_char (p)) {
    gunichar c = g_utf8_get_char (p);

    if (g_unichar_isalnum (c) || g_unichar_ismark (c))
      g_string_append_unichar (out, c);
    else if (c != 0xad && out->str[out->len - 1] != ' ')
      g_string_append_c (out, ' ');
  }
  if (out->str[out->len - 1] != ' ')
    g_string_append_c (out, ' ');
  return g_string_free (out, FALSE);
}

const char *
ssmt_number_text_fold (SsmtNumberText *text)
{
  if (text->folded == NULL)
    text->folded = fold (text->text);
  return text->folded;
}

/* Whether the text has the number in words, by the rules of that name; NULL: ICU's first. */
gboolean
ssmt_number_text_spells (SsmtNumberText *text, guint64 value, const char *rules)
{
  g_autofree char *words = text->language != NULL ? spell (value, text->language, rules) : NULL;
  g_autofree char *wanted = words != NULL ? fold (words) : NULL;

  return wanted != NULL && strstr (ssmt_number_text_fold (text), wanted) != NULL;
}

/* "XIV"; NULL: nobody writes it so. */
char *
ssmt_number_dup_roman (guint64 value)
{
  static const struct {
    guint value;
    const char *sign;
  } signs[] = { { 1000, "m" }, { 900, "cm" }, { 500, "d" }, { 400, "cd" }, { 100, "c" },
    { 90, "xc" }, { 50, "l" }, { 40, "xl" }, { 10, "x" }, { 9, "ix" }, { 5, "v" }, { 4, "iv" },
    { 1, "i" } };
  g_autoptr (GString) out = g_string_new (" ");

  if (value == 0 || value > 3999)
    return NULL;
  for (guint i = 0; i < G_N_ELEMENTS (signs); i++) {
    for (; value >= signs[i].value; value -= signs[i].value)
      g_string_append (out, signs[i].sign);
  }
  g_string_append_c (out, ' ');
  return g_string_free (g_steal_pointer (&out), FALSE);
}
