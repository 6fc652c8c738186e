/* ssmtranslate: JSON values with their types checked
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "engine/files/json.h"

#include <math.h>
#include <string.h>

#include "engine/files/json-check.h"

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
  g_autofree char *fault = ssmt_json_find_fault (text, length, max_values), *plain = NULL;
  JsonNode *root;

  if (fault != NULL) {
    ssmt_json_fail (error, SSMT_ERROR_INVALID, path, "%s", fault);
    return NULL;
  }
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
