/* ssmtranslate: texts and terms in the units in which they are compared
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "engine/guard/term-units.h"

static void
clear_unit (gpointer data)
{
  g_free (((SsmtTermUnit *) data)->folded);
}

/* Scripts whose words no space divides. */
static gboolean
stands_alone (gunichar c)
{
  switch (c < 0xe00 ? G_UNICODE_SCRIPT_COMMON : g_unichar_get_script (c)) {
    case G_UNICODE_SCRIPT_HAN:
    case G_UNICODE_SCRIPT_HIRAGANA:
    case G_UNICODE_SCRIPT_KATAKANA:
    case G_UNICODE_SCRIPT_THAI:
    case G_UNICODE_SCRIPT_LAO:
    case G_UNICODE_SCRIPT_KHMER:
    case G_UNICODE_SCRIPT_MYANMAR:
      return TRUE;
    default:
      return FALSE;
  }
}

static gboolean
is_of_word (gunichar c)
{
  return (g_unichar_isalnum (c) || g_unichar_ismark (c)) && !stands_alone (c);
}

static gboolean
is_hyphen (gunichar c)
{
  return c == '-' || c == 0x2010 || c == 0x2011;
}

static gsize
find_end (const char *text, gsize start)
{
  const char *p = text + start;

  if (!is_of_word (g_utf8_get_char (p)))
    return g_utf8_next_char (p) - text;
  while (*p != '\0') {
    gunichar c = g_utf8_get_char (p);
    const char *next = g_utf8_next_char (p);

    if (!is_of_word (c) && !(is_hyphen (c) && is_of_word (g_utf8_get_char (next))))
      break;
    p = next;
  }
  return p - text;
}

static char *
fold (const char *text, gsize length)
{
  g_autofree char *composed = NULL;

  for (gsize i = 0;; i++) {
    if (i == length)
      return g_ascii_strdown (text, length);
    if ((guchar) text[i] >= 0x80)
      break;
  }
  if (length == 3 && (g_utf8_get_char (text) == 0x2019 || g_utf8_get_char (text) == 0x2018))
    return g_strdup ("'");
  composed = g_utf8_normalize (text, length, G_NORMALIZE_DEFAULT_COMPOSE);
  return composed != NULL ? g_utf8_casefold (composed, -1) : g_strndup (text, length);
}

GArray *
ssmt_term_units_find (const char *text)
{
  GArray *units = g_array_new (FALSE, FALSE, sizeof (SsmtTermUnit));
  gboolean joins = FALSE;

  g_array_set_clear_func (units, clear_unit);
  for (gsize at = 0; text[at] != '\0';) {
    gunichar c = g_utf8_get_char (text + at);
    SsmtTermUnit unit = { { at, find_end (text, at) }, NULL, joins, is_of_word (c) };

    at = unit.range.end;
    joins = !ssmt_text_is_space (c);
    if (!joins)
      continue;
    unit.folded = fold (text + unit.range.start, unit.range.end - unit.range.start);
    g_array_append_val (units, unit);
  }
  return units;
}
