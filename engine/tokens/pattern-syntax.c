/* ssmtranslate: expressions of a tokenizer.json as PCRE's
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * They are written for Oniguruma with Ruby's syntax (oniguruma/doc/RE). Classes such as \s are spelled
 * out, since PCRE's have other members (U+180E is one of its spaces).
 */
#include "engine/tokens/pattern-syntax.h"

#include <string.h>

#define SPACE                                                                                      \
  "\\t-\\r\\x{20}\\x{85}\\x{a0}\\x{1680}\\x{2000}-\\x{200a}"                                       \
  "\\x{2028}\\x{2029}\\x{202f}\\x{205f}\\x{3000}"
#define NO_SPACE                                                                                   \
  "\\x00-\\x{08}\\x{0e}-\\x{1f}\\x{21}-\\x{84}\\x{86}-\\x{9f}"                                     \
  "\\x{a1}-\\x{167f}\\x{1681}-\\x{1fff}\\x{200b}-\\x{2027}"                                        \
  "\\x{202a}-\\x{202e}\\x{2030}-\\x{205e}\\x{2060}-\\x{2fff}"                                      \
  "\\x{3001}-\\x{10ffff}"
/* Oniguruma's, with the numbers of Latin-1 and without the joiners. */
#define WORD                                                                                       \
  "\\p{Alphabetic}\\p{M}\\p{Nd}\\p{Pc}"                                                            \
  "\\x{b2}\\x{b3}\\x{b9}\\x{bc}-\\x{be}"

typedef struct {
  const char *p; /* what is still to read */
  GString *out;
  gboolean in_class;
  const char *why; /* what is not supported */
} Translation;

static gboolean
refuse (Translation *t, const char *why)
{
  t->why = why;
  return FALSE;
}

/* A class for inside or outside of brackets. */
static gboolean
put_class (Translation *t, const char *members)
{
  g_string_append_printf (t->out, t->in_class ? "%s" : "[%s]", members);
  return TRUE;
}

/* \p{L}, \p{^L}, \p{Han}; PCRE takes a bare script for its extensions too. */
static gboolean
put_property (Translation *t, char letter)
{
  const char *end = strchr (t->p, '}');
  gsize length;

  if (*t->p != '{' || !end)
    return refuse (t, "a property must stand in braces, as in \\p{L}");
  t->p++;
  if (*t->p == '^') {
    letter = letter == 'p' ? 'P' : 'p';
    t->p++;
  }
  length = (gsize) (end - t->p);
  for (gsize i = 0; i < length; i++)
    if (!g_ascii_isalpha (t->p[i]) && t->p[i] != '_')
      return refuse (t, "a property must be named by letters");
  if (length == 0)
    return refuse (t, "a property has no name");
  g_string_append_printf (
      t->out, length <= 2 ? "\\%c{%.*s}" : "\\%c{sc:%.*s}", letter, (int) length, t->p);
  t->p = end + 1;
  return TRUE;
}

static gboolean
put_number (Translation *t, char kind)
{
  gboolean braces = kind == 'x' && *t->p == '{';
  guint digits = 0, most = braces ? 6 : kind == 'u' ? 4 : 2;
  guint32 value = 0;

  t->p += braces;
  for (; digits < most && g_ascii_isxdigit (*t->p); digits++)
    value = value * 16 + (guint32) g_ascii_xdigit_value (*t->p++);
  if (braces ? digits == 0 || *t->p != '}' : digits != most)
    return refuse (t, "a character's number must be \\xHH, \\x{H...} or \\uHHHH");
  t->p += braces;
  if (value == 0 || !g_unichar_validate (value) || (kind == 'x' && !braces && value > 0x7f))
    return refuse (t, "a character's number is none");
  g_string_append_printf (t->out, "\\x{%x}", value);
  return TRUE;
}

static gboolean
put_escape (Translation *t)
{
  char c = *t->p;

  if (c & 0x80) /* a character of its own */
    return TRUE;
  if (c != '\0')
    t->p++;
  switch (c) {
    case 's':
      return put_class (t, SPACE);
    case 'S':
      return put_class (t, NO_SPACE);
    case 'd':
      return put_class (t, "\\p{Nd}");
    case 'D':
      return put_class (t, "\\P{Nd}");
    case 'w':
      return put_class (t, WORD);
    case 'W':
      if (t->in_class)
        return refuse (t, "\\W in brackets");
      return put_class (t, "^" WORD);
    case 'p':
    case 'P':
      return put_property (t, c);
    case 'x':
    case 'u':
      return put_number (t, c);
    case 'v':
      g_string_append (t->out, "\\x{b}");
      return TRUE;
    case 'A':
    case 'z':
      if (t->in_class)
        return refuse (t, "\\A or \\z in brackets");
      break;
    case 'r':
    case 'n':
    case 't':
    case 'f':
    case 'a':
    case 'e':
      break;
    default:
      if (!g_ascii_ispunct (c) && c != ' ')
        return refuse (t,
            "an escape other than \\s \\S \\d \\D \\w \\W \\p \\P "
            "\\x \\u \\r \\n \\t \\v \\f \\a \\e \\A \\z");
  }
  g_string_append_c (t->out, '\\');
  g_string_append_c (t->out, c);
  return TRUE;
}

static gboolean
put_group (Translation *t)
{
  static const char *const kinds[] = { "?:", "?=", "?!", "?<=", "?<!", "?>", "?i:", "?-i:" };

  g_string_append_c (t->out, '(');
  if (*t->p == '*')
    return refuse (t, "a group that begins with *");
  if (*t->p != '?')
    return TRUE;
  for (gsize i = 0; i < G_N_ELEMENTS (kinds); i++) {
    if (g_str_has_prefix (t->p, kinds[i])) {
      g_string_append (t->out, kinds[i]);
      t->p += strlen (kinds[i]);
      return TRUE;
    }
  }
  return refuse (t, "a group other than (?: (?= (?! (?<= (?<! (?> (?i: (?-i:");
}

/* {n}, {n,}, {n,m}. Behind them Ruby reads + and, after {n}, ? otherwise. */
static gboolean
put_interval (Translation *t)
{
  const char *p = t->p;
  gboolean range;

  while (g_ascii_isdigit (*p))
    p++;
  if (p == t->p)
    return refuse (t, "a { that is neither escaped nor an interval such as {1,3}");
  range = *p == ',';
  p += range;
  while (range && g_ascii_isdigit (*p))
    p++;
  if (*p != '}')
    return refuse (t, "a { that is neither escaped nor an interval such as {1,3}");
  if (p[1] == '+' || (p[1] == '?' && !range))
    return refuse (t, "a sign behind an interval such as {1,3}");
  g_string_append_c (t->out, '{');
  g_string_append_len (t->out, t->p, p + 1 - t->p);
  t->p = p + 1;
  return TRUE;
}

static gboolean
put_in_class (Translation *t, char c)
{
  if (c == '[')
    return refuse (t, "brackets in brackets");
  if (c == '&' && *t->p == '&')
    return refuse (t, "&& in brackets");
  t->in_class = c != ']';
  g_string_append_c (t->out, c);
  return TRUE;
}

static gboolean
translate_one (Translation *t)
{
  char c = *t->p++;

  if (c == '\\')
    return put_escape (t);
  if (t->in_class)
    return put_in_class (t, c);
  if (c == '(')
    return put_group (t);
  if (c == '{')
    return put_interval (t);
  g_string_append_c (t->out, c);
  if (c == '[') {
    t->in_class = TRUE;
    if (*t->p == '^')
      g_string_append_c (t->out, *t->p++);
    if (*t->p == ']')
      return refuse (t, "a ] first in brackets");
  }
  return TRUE;
}

char *
ssmt_pattern_translate (const char *regex, gsize *at, const char **why)
{
  g_autoptr (GString) out = g_string_new (NULL);
  Translation t = { regex, out, FALSE, NULL };

  while (*t.p && translate_one (&t))
    continue;
  *at = (gsize) (t.p - regex);
  *why = t.why;
  return t.why ? NULL : g_string_free (g_steal_pointer (&out), FALSE);
}
