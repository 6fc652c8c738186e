/* ssmtranslate: signs of currencies in a text and its translation
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "engine/guard/currencies.h"

#define MAX_SIGNS 16 /* different ones that are looked after in a text */

static gboolean
is_sign (gunichar c)
{
  return g_unichar_type (c) == G_UNICODE_CURRENCY_SYMBOL;
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
ssmt_currencies_are_kept (const char *text, const char *translation)
{
  gunichar seen[MAX_SIGNS];
  guint n = 0;

  for (const char *p = text; *p != '\0' && n < MAX_SIGNS; p = g_utf8_next_char (p)) {
    gunichar c = g_utf8_get_char (p);
    guint i = 0;

    if (!is_sign (c))
      continue;
    while (i < n && seen[i] != c)
      i++;
    if (i < n)
      continue;
    if (count (translation, c) < count (text, c))
      return FALSE;
    seen[n++] = c;
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
  if (before != NULL && is_sign (g_utf8_get_char (before)))
    return g_utf8_get_char (before);
  *is_before = FALSE;
  if (*after == ' ')
    after++;
  return is_sign (g_utf8_get_char (after)) ? g_utf8_get_char (after) : 0;
}
