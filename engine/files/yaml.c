/* ssmtranslate: YAML as JSON
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "engine/files/yaml.h"

#include <string.h>

#include <yaml.h>

/* A vocabulary of two million tokens is the largest of these files. */
#define MAX_NODES (1 << 22)
#define MAX_DEPTH 16

typedef struct {
  const char *path;
  yaml_parser_t parser;
  gsize line; /* of the last event */
  guint nodes;
  GError *error;
} YamlReader;

G_GNUC_PRINTF (2, 3)
static void
fail (YamlReader *self, const char *format, ...)
{
  g_autofree char *text = NULL, *what = NULL;
  va_list args;

  if (self->error)
    return;
  va_start (args, format);
  text = g_strdup_vprintf (format, args);
  va_end (args);
  what = g_utf8_make_valid (text, -1); /* keys are cut */
  g_set_error (&self->error, SSMT_ERROR, SSMT_ERROR_INVALID, "%s: line %" G_GSIZE_FORMAT ": %s",
      self->path, self->line + 1, what);
}

static gboolean
next (YamlReader *self, yaml_event_t *event)
{
  if (self->error)
    return FALSE;
  if (!yaml_parser_parse (&self->parser, event)) {
    self->line = self->parser.problem_mark.line;
    fail (self, "%s", self->parser.problem ? self->parser.problem : "no memory left");
    return FALSE;
  }
  self->line = event->start_mark.line;
  return TRUE;
}

/* --- values ------------------------------------------------------------- */

static JsonNode *
node_of_scalar (const yaml_event_t *event)
{
  const char *text = (const char *) event->data.scalar.value;
  JsonNode *node = json_node_new (JSON_NODE_VALUE);
  gint64 whole;
  double number;
  char *end;

  if (event->data.scalar.style != YAML_PLAIN_SCALAR_STYLE)
    json_node_set_string (node, text);
  else if (g_str_equal (text, "true") || g_str_equal (text, "false"))
    json_node_set_boolean (node, *text == 't');
  else if (*text == '\0' || g_str_equal (text, "null") || g_str_equal (text, "~"))
    json_node_init_null (node);
  else if (g_ascii_string_to_signed (text, 10, G_MININT64, G_MAXINT64, &whole, NULL))
    json_node_set_int (node, whole);
  else if (number = g_ascii_strtod (text, &end), *end == '\0' && g_ascii_isdigit (end[-1]))
    json_node_set_double (node, number);
  else
    json_node_set_string (node, text);
  return node;
}

static JsonNode *read_node (YamlReader *self, const yaml_event_t *event, guint depth);

static JsonNode *
read_sequence (YamlReader *self, guint depth)
{
  JsonNode *node = json_node_new (JSON_NODE_ARRAY);
  JsonArray *array = json_array_new ();
  yaml_event_t event;

  json_node_take_array (node, array);
  while (next (self, &event)) {
    gboolean ended = event.type == YAML_SEQUENCE_END_EVENT;
    JsonNode *element = ended ? NULL : read_node (self, &event, depth);

    yaml_event_delete (&event);
    if (ended)
      break;
    if (element)
      json_array_add_element (array, element);
  }
  return node;
}

static JsonNode *
read_mapping (YamlReader *self, guint depth)
{
  JsonNode *node = json_node_new (JSON_NODE_OBJECT);
  JsonObject *object = json_object_new ();
  yaml_event_t event;

  json_node_take_object (node, object);
  while (next (self, &event)) {
    g_autofree char *key = NULL;
    gboolean ended = event.type == YAML_MAPPING_END_EVENT;
    JsonNode *value = NULL;

    if (!ended && event.type != YAML_SCALAR_EVENT)
      fail (self, "a key must be a scalar");
    else if (!ended)
      key = g_strdup ((const char *) event.data.scalar.value);
    yaml_event_delete (&event);
    if (ended || !key || !next (self, &event))
      break;
    value = read_node (self, &event, depth);
    yaml_event_delete (&event);
    if (json_object_has_member (object, key))
      fail (self, "\"%.64s\" stands there twice", key);
    if (value)
      json_object_set_member (object, key, value);
  }
  return node;
}

static gboolean
has_tag (const yaml_event_t *event)
{
  switch (event->type) {
    case YAML_SCALAR_EVENT:
      return event->data.scalar.tag != NULL;
    case YAML_SEQUENCE_START_EVENT:
      return event->data.sequence_start.tag != NULL;
    case YAML_MAPPING_START_EVENT:
      return event->data.mapping_start.tag != NULL;
    default:
      return FALSE;
  }
}

/* NULL after an error; `event` stays the caller's. */
static JsonNode *
read_node (YamlReader *self, const yaml_event_t *event, guint depth)
{
  JsonNode *node = NULL;

  if (++self->nodes > MAX_NODES || depth == 0) {
    fail (self, "there are more values, or deeper ones, than a model has");
    return NULL;
  }
  if (has_tag (event)) {
    fail (self, "a tag is not read here");
    return NULL;
  }
  switch (event->type) {
    case YAML_SCALAR_EVENT:
      return node_of_scalar (event);
    case YAML_SEQUENCE_START_EVENT:
      node = read_sequence (self, depth - 1);
      break;
    case YAML_MAPPING_START_EVENT:
      node = read_mapping (self, depth - 1);
      break;
    default:
      fail (self, "an alias is not read here");
      break;
  }
  if (!self->error)
    return node;
  g_clear_pointer (&node, json_node_unref);
  return NULL;
}

/* --- the document ------------------------------------------------------- */

static JsonObject *
read_document (YamlReader *self)
{
  JsonObject *object = NULL;
  JsonNode *node = NULL;
  yaml_event_t event;
  gboolean ended = FALSE;

  while (!ended && next (self, &event)) {
    ended = event.type == YAML_STREAM_END_EVENT;
    if (event.type == YAML_MAPPING_START_EVENT && !node)
      node = read_mapping (self, MAX_DEPTH);
    else if (event.type >= YAML_ALIAS_EVENT)
      fail (self, "expected one mapping");
    yaml_event_delete (&event);
  }
  if (!node && !self->error)
    fail (self, "expected a mapping, found nothing");
  if (!self->error)
    object = json_node_dup_object (node);
  g_clear_pointer (&node, json_node_unref);
  return object;
}

/* Each is compared with all before it, and what they are for is refused anyway. */
static gboolean
has_tag_directive (const char *text, gsize length)
{
  static const char name[] = "%TAG";

  for (const char *at = text; (at = g_strstr_len (at, text + length - at, name)); at++)
    if (at == text || strchr ("\n\r", at[-1]))
      return TRUE;
  return FALSE;
}

JsonObject *
ssmt_yaml_parse (const char *text, gsize length, const char *path, GError **error)
{
  YamlReader reader = { .path = path };
  JsonObject *object;

  if (has_tag_directive (text, length)) {
    g_set_error (error, SSMT_ERROR, SSMT_ERROR_INVALID, "%s: a tag is not read here", path);
    return NULL;
  }

  if (!yaml_parser_initialize (&reader.parser)) {
    g_set_error (error, SSMT_ERROR, SSMT_ERROR_MEMORY, "%s: no memory left", path);
    return NULL;
  }
  yaml_parser_set_encoding (&reader.parser, YAML_UTF8_ENCODING);
  yaml_parser_set_input_string (&reader.parser, (const guint8 *) text, length);
  object = read_document (&reader);
  yaml_parser_delete (&reader.parser);
  if (reader.error)
    g_propagate_error (error, reader.error);
  return object;
}
