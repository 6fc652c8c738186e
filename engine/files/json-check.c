/* ssmtranslate: what of a text no parser of JSON should see
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "engine/files/json-check.h"

#include <stdlib.h>
#include <string.h>

/* The parser recurses; a real config is 4 levels deep. */
#define MAX_NESTING 32
/* Keys of an object with one hash, and keys that have the hash of another: of 2 million honest ones 500 have. */
#define MAX_ALIKE 64
#define MAX_SAME 2000

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

/* --- keys ---------------------------------------------------------------- */

static guint32
hash_char (guint32 hash, gunichar c)
{
  char bytes[6];
  gint n = g_unichar_to_utf8 (c, bytes);

  for (gint i = 0; i < n; i++)
    hash = hash * 33 + (guint32) (signed char) bytes[i];
  return hash;
}

/* What the escape at `*p`, a backslash, stands for; `*p` is at its last byte then. Escapes are sound. */
static gunichar
read_escaped (const char **p, const char *end)
{
  static const char letters[] = "bfnrt", signs[] = "\b\f\n\r\t";
  const char *found;
  int unit = read_escape (*p, end - *p), low;

  if (unit <= 0) {
    ++*p;
    found = *p < end && **p != '\0' ? strchr (letters, **p) : NULL;
    return found != NULL ? (guchar) signs[found - letters] : *p < end ? (guchar) **p : 0;
  }
  low = unit >> 10 == 0x36 ? read_escape (*p + 6, end - *p - 6) : 0;
  *p += low > 0 ? 11 : 5;
  return (gunichar) (low > 0 ? 0x10000 + ((unit & 0x3ff) << 10) + (low & 0x3ff) : unit);
}

/* One string after its '"', as g_str_hash() has what it says, up to a NUL. Returns what is behind it. */
static const char *
hash_string (const char *p, const char *end, guint32 *hash)
{
  gboolean has_ended = FALSE;

  *hash = 5381;
  for (; p < end && *p != '"'; p++) {
    has_ended |= end - p >= 6 && memcmp (p, "\\u0000", 6) == 0;
    if (*p == '\\') {
      gunichar c = read_escaped (&p, end);

      *hash = has_ended ? *hash : hash_char (*hash, c);
    } else if (!has_ended) {
      *hash = *hash * 33 + (guint32) (signed char) *p;
    }
  }
  return p < end ? p + 1 : end;
}

static int
compare_hashes (gconstpointer a, gconstpointer b)
{
  guint32 x = *(const guint32 *) a, y = *(const guint32 *) b;

  return x < y ? -1 : x > y;
}

/* Whether the keys from `first` on are many that are the same, or are made to share one hash. */
static gboolean
are_alike (GArray *hashes, guint first)
{
  guint run = 0, same = 0;

  if (hashes->len - first <= MAX_ALIKE)
    return FALSE;
  qsort ((guint32 *) hashes->data + first, hashes->len - first, sizeof (guint32), compare_hashes);
  for (guint i = first + 1; i < hashes->len; i++) {
    gboolean is_same =
        g_array_index (hashes, guint32, i) == g_array_index (hashes, guint32, i - 1);

    run = is_same ? run + 1 : 0;
    same += is_same;
    if (run >= MAX_ALIKE || same > MAX_SAME)
      return TRUE;
  }
  return FALSE;
}

/* json-glib looks through all keys of an object for each that it has already, and its table does so for those of one
 * hash: of many, time would grow with their square. Nested as allowed. */
static gboolean
has_alike_keys (const char *text, gsize length)
{
  g_autoptr (GArray) hashes = g_array_new (FALSE, FALSE, sizeof (guint32));
  guint firsts[MAX_NESTING + 1], depth = 0;
  const char *p = text, *end = text + length;

  while (p < end) {
    guint32 hash;

    if (*p == '"') {
      p = hash_string (p + 1, end, &hash);
      while (p < end && g_ascii_isspace (*p))
        p++;
      if (p < end && *p == ':' && depth > 0)
        g_array_append_val (hashes, hash);
      continue;
    }
    if ((*p == '{' || *p == '[') && depth < G_N_ELEMENTS (firsts)) {
      firsts[depth++] = hashes->len;
    } else if ((*p == '}' || *p == ']') && depth > 0) {
      if (are_alike (hashes, firsts[--depth]))
        return TRUE;
      g_array_set_size (hashes, firsts[depth]);
    }
    p++;
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
  if (has_alike_keys (text, length))
    return g_strdup ("has an object with many keys that are the same, or made to be slow");
  return NULL;
}
