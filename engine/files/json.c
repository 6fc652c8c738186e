/* ssmtranslate: JSON values with their types checked
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "engine/files/json.h"

#include <math.h>
#include <string.h>

/* The parser recurses; a real config is 4 levels deep. */
#define MAX_NESTING 32
/* A value takes 100 to 200 bytes of memory; the largest index of shards has 100,000. */
#define MAX_VALUES (1 << 18)

gboolean
ssmt_json_fail (GError **error, SsmtError code, const char *where, const char *format, ...)
{
  g_autofree char *text = NULL, *what = NULL;
  va_list args;

  va_start (args, format);
  text = g_strdup_vprintf (format, args);
  va_end (args);
  what = g_utf8_make_valid (text, -1); /* names and values are cut */
  g_set_error (error, SSMT_ERROR, code, "%s: %s", where, what);
  return FALSE;
}

/* --- the text ----------------------------------------------------------- */

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

static gboolean
check_text (const char *text, gsize length, gsize max_values, const char *path, GError **error)
{
  const char *bad;
  gsize n_values;
  int depth;

  if (!g_utf8_validate (text, length, &bad))
    return ssmt_json_fail (error, SSMT_ERROR_INVALID, path,
        "byte %" G_GSIZE_FORMAT " is not UTF-8 text, expected JSON", (gsize) (bad - text));
  depth = nesting (text, length, &n_values);
  if (depth < 0)
    return ssmt_json_fail (error, SSMT_ERROR_INVALID, path,
        "is not JSON: has a comment or another character JSON has no use for");
  if (depth > MAX_NESTING)
    return ssmt_json_fail (error, SSMT_ERROR_INVALID, path,
        "is nested %d levels deep, expected at most %d", depth, MAX_NESTING);
  if (!has_one_root (text, length))
    return ssmt_json_fail (
        error, SSMT_ERROR_INVALID, path, "must be one JSON object and nothing else");
  if (n_values > max_values)
    return ssmt_json_fail (
        error, SSMT_ERROR_INVALID, path, "has more than %" G_GSIZE_FORMAT " values", max_values);
  if (has_bad_escape (text, length))
    return ssmt_json_fail (error, SSMT_ERROR_INVALID, path,
        "is not JSON: has a \\u that is no character, or half of a surrogate pair");
  return TRUE;
}

/* Python writes an Infinity that JSON does not have, as for a limit of time steps that is
 * none. NULL where the text has no such thing. */
static char *
without_infinity (const char *text, gsize length)
{
  g_autoptr (GString) plain = g_string_sized_new (length);
  gboolean in_string = FALSE, changed = FALSE;

  for (gsize i = 0; i < length; i++) {
    char c = text[i];

    if (in_string && c == '\\' && i + 1 < length) {
      g_string_append_c (plain, c);
      c = text[++i];
    } else if (c == '"') {
      in_string = !in_string;
    } else if (!in_string && length - i >= 8 && strncmp (text + i, "Infinity", 8) == 0) {
      g_string_append (plain, "1e999");
      changed = TRUE;
      i += 7;
      continue;
    }
    g_string_append_c (plain, c);
  }
  return changed ? g_string_free (g_steal_pointer (&plain), FALSE) : NULL;
}

JsonObject *
ssmt_json_parse (
    JsonParser *parser, const char *text, gsize length, const char *path, GError **error)
{
  return ssmt_json_parse_large (parser, text, length, MAX_VALUES, path, error);
}

JsonObject *
ssmt_json_parse_large (JsonParser *parser, const char *text, gsize length, gsize max_values,
    const char *path, GError **error)
{
  g_autoptr (GError) why = NULL;
  g_autofree char *plain = NULL;
  JsonNode *root;

  if (!check_text (text, length, max_values, path, error))
    return NULL;
  plain = without_infinity (text, length);
  if (plain) {
    text = plain;
    length = strlen (plain);
  }
  if (!json_parser_load_from_data (parser, text, length, &why)) {
    ssmt_json_fail (error, SSMT_ERROR_INVALID, path, "is not JSON: %s", why->message);
    return NULL;
  }
  root = json_parser_get_root (parser);
  if (!root || !JSON_NODE_HOLDS_OBJECT (root)) {
    ssmt_json_fail (error, SSMT_ERROR_INVALID, path, "must be one JSON object");
    return NULL;
  }
  return json_node_get_object (root);
}

/* --- typed access ------------------------------------------------------- */

gboolean
ssmt_json_has (const SsmtJson *json, const char *key)
{
  return json_object_has_member (json->object, key);
}

gboolean
ssmt_json_wanted (const SsmtJson *json, const char *key, const char *what, GError **error)
{
  return ssmt_json_fail (error, SSMT_ERROR_INVALID, json->where,
      ssmt_json_has (json, key) ? "\"%s\" must be %s" : "\"%s\" is missing; it must be %s", key,
      what);
}

gboolean
ssmt_json_number_of_node (JsonNode *node, double *value)
{
  GType type;

  if (!node || !JSON_NODE_HOLDS_VALUE (node))
    return FALSE;
  type = json_node_get_value_type (node);
  if (type == G_TYPE_INT64)
    *value = (double) json_node_get_int (node);
  else if (type == G_TYPE_DOUBLE)
    *value = json_node_get_double (node);
  else
    return FALSE;
  return isfinite (*value);
}

gboolean
ssmt_json_whole_of_node (JsonNode *node, gint64 min, gint64 max, gint64 *value)
{
  double number;

  if (!ssmt_json_number_of_node (node, &number) || number != floor (number) || number < (double) min
      || number > (double) max)
    return FALSE;
  *value = (gint64) number;
  return TRUE;
}

const char *
ssmt_json_string_of_node (JsonNode *node)
{
  if (!node || !JSON_NODE_HOLDS_VALUE (node) || json_node_get_value_type (node) != G_TYPE_STRING)
    return NULL;
  return json_node_get_string (node);
}

gboolean
ssmt_json_get_whole (
    const SsmtJson *json, const char *key, gint64 min, gint64 max, gint64 *value, GError **error)
{
  g_autofree char *what = NULL;

  if (ssmt_json_whole_of_node (json_object_get_member (json->object, key), min, max, value))
    return TRUE;
  what =
      g_strdup_printf ("a whole number from %" G_GINT64_FORMAT " to %" G_GINT64_FORMAT, min, max);
  return ssmt_json_wanted (json, key, what, error);
}

gboolean
ssmt_json_get_boolean (const SsmtJson *json, const char *key, gboolean *value, GError **error)
{
  JsonNode *node = json_object_get_member (json->object, key);

  if (!node || !JSON_NODE_HOLDS_VALUE (node) || json_node_get_value_type (node) != G_TYPE_BOOLEAN)
    return ssmt_json_wanted (json, key, "true or false", error);
  *value = json_node_get_boolean (node);
  return TRUE;
}

gboolean
ssmt_json_get_string (const SsmtJson *json, const char *key, const char **value, GError **error)
{
  *value = ssmt_json_string_of_node (json_object_get_member (json->object, key));
  return *value || ssmt_json_wanted (json, key, "a string", error);
}

gboolean
ssmt_json_get_object (const SsmtJson *json, const char *key, JsonObject **value, GError **error)
{
  JsonNode *node = json_object_get_member (json->object, key);

  if (!node || !JSON_NODE_HOLDS_OBJECT (node))
    return ssmt_json_wanted (json, key, "an object", error);
  *value = json_node_get_object (node);
  return TRUE;
}

gboolean
ssmt_json_get_array (const SsmtJson *json, const char *key, JsonArray **value, GError **error)
{
  JsonNode *node = json_object_get_member (json->object, key);

  if (!node || !JSON_NODE_HOLDS_ARRAY (node))
    return ssmt_json_wanted (json, key, "an array", error);
  *value = json_node_get_array (node);
  return TRUE;
}
