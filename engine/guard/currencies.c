/* ssmtranslate: signs of currencies in a text and its translation
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "engine/guard/currencies.h"

#include <string.h>

#include <unicode/ucurr.h>
#include <unicode/ustring.h>

#define STEM 4 /* characters of a name that its inflected forms share */

static const struct {
  gunichar sign;
  const char *code; /* ISO 4217 */
} currencies[] = { { '$', "USD" }, { 0xa3, "GBP" }, { 0xa5, "JPY" }, { 0x20ac, "EUR" },
  { 0x20b9, "INR" }, { 0x20bd, "RUB" }, { 0x20a9, "KRW" }, { 0x20ba, "TRY" }, { 0x20b4, "UAH" },
  { 0x20bf, NULL } };

static gint
find (gunichar c)
{
  for (guint i = 0; i < G_N_ELEMENTS (currencies); i++) {
    if (currencies[i].sign == c)
      return (gint) i;
  }
  return -1;
}

/* The beginning of the currency's name, in lower case; NULL: ICU has none. */
static char *
get_stem (const char *code, const char *language)
{
  UErrorCode status = U_ZERO_ERROR;
  UChar wide[4];
  const UChar *name;
  int32_t n = 0;
  g_autofree char *utf8 = NULL, *lower = NULL;

  u_uastrcpy (wide, code);
  name = ucurr_getPluralName (wide, language, NULL, "other", &n, &status);
  if (U_FAILURE (status) || status == U_USING_DEFAULT_WARNING)
    return NULL;
  utf8 = g_utf16_to_utf8 ((const gunichar2 *) name, n, NULL, NULL, NULL);
  if (utf8 == NULL)
    return NULL;
  lower = g_utf8_strdown (utf8, -1);
  return g_utf8_substring (lower, 0, MIN (STEM, g_utf8_strlen (lower, -1)));
}

static gboolean
is_named (const char *code, const char *translation, const char *language)
{
  g_autofree char *stem = code != NULL ? get_stem (code, language) : NULL;
  g_autofree char *lower = g_utf8_strdown (translation, -1);

  return stem != NULL && strstr (lower, stem) != NULL;
}

static guint
count (const char *text, gunichar sign)
{
  guint n = 0;

  for (const char *p = text; *p != '\0'; p = g_utf8_next_char (p))
    n += g_utf8_get_char (p) == sign;
  return n;
}

gboolean
ssmt_currencies_are_kept (const char *text, const char *translation, const char *language)
{
  for (guint i = 0; language != NULL && i < G_N_ELEMENTS (currencies); i++) {
    guint n = count (text, currencies[i].sign);

    if (n > 0 && count (translation, currencies[i].sign) < n
        && !is_named (currencies[i].code, translation, language))
      return FALSE;
  }
  return TRUE;
}

gunichar
ssmt_currencies_find_beside (const char *text, gsize start, gsize end, gboolean *is_before)
{
  const char *before = start > 0 ? g_utf8_find_prev_char (text, text + start) : NULL;
  const char *after = text + end;

  *is_before = TRUE;
  if (before != NULL && *before == ' ')
    before = g_utf8_find_prev_char (text, before);
  if (before != NULL && find (g_utf8_get_char (before)) >= 0)
    return g_utf8_get_char (before);
  *is_before = FALSE;
  if (*after == ' ')
    after++;
  return find (g_utf8_get_char (after)) >= 0 ? g_utf8_get_char (after) : 0;
}
