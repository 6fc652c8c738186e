/* ssmtranslate: JSON values with their types checked (internal)
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * json-glib turns types into each other without a word, so each value's node
 * is looked at before it is read. The getters need the key to be there; reader.h has others.
 */
#ifndef SSMT_JSON_H
#define SSMT_JSON_H

#include <json-glib/json-glib.h>

#include "ssmt/ssmt-error.h"

G_BEGIN_DECLS

/* An object of a file, and how messages call it. */
typedef struct {
  JsonObject *object;
  const char *where; /* "PATH" or "PATH: segment" */
} SsmtJson;

/* The object that `text` consists of; it lives as long as the parser. One of too many values is
 * not read at all, since their tree takes many times the room of the text. */
JsonObject *ssmt_json_parse (
    JsonParser *parser, const char *text, gsize length, const char *path, GError **error);
/* For vocabularies. */
#define SSMT_JSON_VOCABULARY (3 << 20) /* values; the largest known has 1.8 million */
JsonObject *ssmt_json_parse_large (JsonParser *parser, const char *text, gsize length,
    gsize max_values, const char *path, GError **error);

gboolean ssmt_json_has (const SsmtJson *json, const char *key);
/* Whole numbers; 256.0 is one, 256.5 is not. */
gboolean ssmt_json_get_whole (
    const SsmtJson *json, const char *key, gint64 min, gint64 max, gint64 *value, GError **error);
gboolean ssmt_json_get_boolean (
    const SsmtJson *json, const char *key, gboolean *value, GError **error);
gboolean ssmt_json_get_string (
    const SsmtJson *json, const char *key, const char **value, GError **error);
gboolean ssmt_json_get_object (
    const SsmtJson *json, const char *key, JsonObject **value, GError **error);
gboolean ssmt_json_get_array (
    const SsmtJson *json, const char *key, JsonArray **value, GError **error);

/* For elements of arrays; finite numbers only. NULL: it is no string. */
const char *ssmt_json_string_of_node (JsonNode *node);
gboolean ssmt_json_number_of_node (JsonNode *node, double *value);
gboolean ssmt_json_whole_of_node (JsonNode *node, gint64 min, gint64 max, gint64 *value);

/* Both set "WHERE: ..." and return FALSE; `wanted` says
 * `"KEY" must be WHAT` or that the key is missing. */
gboolean ssmt_json_wanted (const SsmtJson *json, const char *key, const char *what, GError **error);
gboolean ssmt_json_fail (GError **error, SsmtError code, const char *where, const char *format, ...)
    G_GNUC_PRINTF (4, 5);

G_END_DECLS

#endif /* SSMT_JSON_H */
