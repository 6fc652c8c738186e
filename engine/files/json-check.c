/* ssmtranslate: what of a text no parser of JSON should see
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "engine/files/json-check.h"

/* The parser recurses; a real config is 4 levels deep. */
#define MAX_NESTING 32

/* How deep `text` is nested, and how many values it has. The parser also reads comments and
 * strings in single quotes; they are no JSON and would mislead this count, so any
 * character that JSON has no use for gives -1. */
static int
nesting (const char *text, gsize length, gsize *n_values)
{
  gboolean in_string = FALSE;
  int depth = 0, deepest = 0;

  *n_values = 1;
  for (gsize i = 0; i < length; i++) {
    char c = text[i];

    if (in_string && c == '\\')
      i++;
    else if (c == '"')
      in_string = !in_string;
    else if (in_string)
      continue;
    else if (c == '[' || c == '{') {
      depth++;
      ++*n_values;
      deepest = MAX (deepest, depth);
    } else if (c == ']' || c == '}')
      depth--;
    else if (c == ',')
      ++*n_values;
    else if (!g_ascii_isspace (c) && !g_ascii_isalnum (c) && c != ':' && c != '-' && c != '+'
        && c != '.')
      return -1;
  }
  return deepest;
}

/* Whether brackets begin at the first character that is no space and end at the last.
 * json-glib 1.10 aborts on a second value. */
static gboolean
has_one_root (const char *text, gsize length)
{
  gboolean in_string = FALSE, seen = FALSE;
  int depth = 0;

  for (gsize i = 0; i < length; i++) {
    char c = text[i];

    if (in_string) {
      i += c == '\\';
      in_string = c != '"';
      continue;
    }
    if (g_ascii_isspace (c))
      continue;
    if (depth <= 0 && (seen || (c != '[' && c != '{')))
      return FALSE;
    seen = TRUE;
    in_string = c == '"';
    depth += (c == '[' || c == '{') - (c == ']' || c == '}');
  }
  return TRUE;
}

/* The unit of UTF-16 that `text` begins with as an escape; 0: it begins with none, -1: with what only looks like one. */
static int
read_escape (const char *text, gsize length)
{
  int unit = 0;

  if (length < 2 || text[0] != '\\' || text[1] != 'u')
    return 0;
  for (gsize i = 2; i < 6; i++) {
    if (i >= length || !g_ascii_isxdigit (text[i]))
      return -1;
    unit = unit << 4 | g_ascii_xdigit_value (text[i]);
  }
  return unit;
}

/* Of half a surrogate pair the parser would make bytes that are no UTF-8; what is no number makes it lose memory. */
static gboolean
has_bad_escape (const char *text, gsize length)
{
  for (gsize i = 0; i < length; i++) {
    int unit = read_escape (text + i, length - i);
    gboolean is_high = unit >> 10 == 0x36, is_low = unit >> 10 == 0x37;

    if (unit < 0 || is_low || (is_high && read_escape (text + i + 6, length - i - 6) >> 10 != 0x37))
      return TRUE;
    if (text[i] == '\\')
      i += is_high ? 11 : 1;
  }
  return FALSE;
}

char *
ssmt_json_find_fault (const char *text, gsize length, gsize max_values)
{
  const char *bad;
  gsize n_values;
  int depth;

  if (!g_utf8_validate (text, length, &bad))
    return g_strdup_printf (
        "byte %" G_GSIZE_FORMAT " is not UTF-8 text, expected JSON", (gsize) (bad - text));
  depth = nesting (text, length, &n_values);
  if (depth < 0)
    return g_strdup ("is not JSON: has a comment or another character JSON has no use for");
  if (depth > MAX_NESTING)
    return g_strdup_printf ("is nested %d levels deep, expected at most %d", depth, MAX_NESTING);
  if (!has_one_root (text, length))
    return g_strdup ("must be one JSON object and nothing else");
  if (n_values > max_values)
    return g_strdup_printf ("has more than %" G_GSIZE_FORMAT " values", max_values);
  if (has_bad_escape (text, length))
    return g_strdup ("is not JSON: has a \\u that is no character, or half of a surrogate pair");
  return NULL;
}
