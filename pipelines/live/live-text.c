/* ssmt-live: text of buffers, and of lines of JSON
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "live-text.h"

#include <string.h>

#include <json-glib/json-glib.h>

#include "engine/files/json-check.h"

#define INTERIM "SsmTranslateInterimMeta"
#define TIMES "timestamp/x-ssmt-live"
#define MAX_VALUES (1 << 16) /* of a line */

/* --- out of buffers ------------------------------------------------------- */

static void
add_text (
    GMarkupParseContext *context, const char *text, gsize length, gpointer data, GError **error)
{
  g_string_append_len (data, text, length);
}

/* NULL: it is no markup. */
static char *
strip_markup (const char *markup)
{
  static const GMarkupParser parser = { .text = add_text };
  g_autoptr (GString) text = g_string_new (NULL);
  g_autoptr (GMarkupParseContext) context = g_markup_parse_context_new (&parser, 0, text, NULL);

  if (!g_markup_parse_context_parse (context, "<markup>", -1, NULL)
      || !g_markup_parse_context_parse (context, markup, -1, NULL)
      || !g_markup_parse_context_parse (context, "</markup>", -1, NULL)
      || !g_markup_parse_context_end_parse (context, NULL))
    return NULL;
  return g_string_free (g_steal_pointer (&text), FALSE);
}

char *
live_text_dup (GstBuffer *buffer, gboolean is_markup)
{
  g_autofree char *raw = NULL;
  char *text;
  GstMapInfo map;

  if (!gst_buffer_map (buffer, &map, GST_MAP_READ))
    return g_strdup ("");
  while (map.size > 0 && map.data[map.size - 1] == '\0')
    map.size--;
  raw = g_utf8_make_valid (map.size > 0 ? (const char *) map.data : "", map.size);
  gst_buffer_unmap (buffer, &map);
  text = is_markup ? strip_markup (raw) : NULL;
  return g_strstrip (text ? text : g_steal_pointer (&raw));
}

gboolean
live_text_is_interim (GstBuffer *buffer)
{
  return gst_buffer_get_custom_meta (buffer, INTERIM) != NULL;
}

/* --- from recognisers ----------------------------------------------------- */

static GstCaps *
get_times_caps (void)
{
  static GstStaticCaps caps = GST_STATIC_CAPS (TIMES);

  return gst_static_caps_get (&caps);
}

gboolean
live_text_get_times (GstBuffer *buffer, double *start, double *end)
{
  g_autoptr (GstCaps) caps = get_times_caps ();
  const GstReferenceTimestampMeta *meta = gst_buffer_get_reference_timestamp_meta (buffer, caps);

  if (!meta)
    return FALSE;
  *start = (double) meta->timestamp / GST_SECOND;
  *end = (double) (meta->timestamp + meta->duration) / GST_SECOND;
  return TRUE;
}

/* FALSE: there is no such number, or none that is a time. */
static gboolean
get_seconds (JsonObject *object, const char *name, double *seconds)
{
  JsonNode *node = json_object_get_member (object, name);

  if (!node || !JSON_NODE_HOLDS_VALUE (node))
    return FALSE;
  *seconds = json_node_get_double (node);
  return *seconds >= 0 && *seconds < 1e9;
}

static void
add_times (GstBuffer *buffer, JsonObject *object)
{
  g_autoptr (GstCaps) caps = get_times_caps ();
  double start, end;

  if (!get_seconds (object, "start", &start))
    return;
  if (!get_seconds (object, "end", &end) || end < start)
    end = start;
  gst_buffer_add_reference_timestamp_meta (buffer, caps, (GstClockTime) (start * GST_SECOND),
      (GstClockTime) ((end - start) * GST_SECOND));
}

static GstBuffer *
make_buffer (const char *text, gboolean is_final)
{
  /* of nothing there is no copy */
  GstBuffer *buffer = *text ? gst_buffer_new_memdup (text, strlen (text)) : gst_buffer_new ();

  if (!is_final)
    gst_buffer_add_custom_meta (buffer, INTERIM);
  return buffer;
}

static GstBuffer *
parse_object (JsonObject *object, GError **error)
{
  JsonNode *text = json_object_get_member (object, "text");
  JsonNode *final = json_object_get_member (object, "final");
  GstBuffer *buffer;

  if (!text || json_node_get_value_type (text) != G_TYPE_STRING
      || (final && json_node_get_value_type (final) != G_TYPE_BOOLEAN)) {
    g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
        "\"text\" is to be a string, \"final\" true or false");
    return NULL;
  }
  buffer = make_buffer (json_node_get_string (text), !final || json_node_get_boolean (final));
  add_times (buffer, object);
  return buffer;
}

GstBuffer *
live_text_parse (const char *line, GError **error)
{
  g_autoptr (JsonParser) parser = NULL;
  g_autofree char *fault = NULL;
  JsonNode *root;

  while (g_ascii_isspace (*line))
    line++;
  if (*line != '{')
    return make_buffer (line, TRUE);
  fault = ssmt_json_find_fault (line, strlen (line), MAX_VALUES);
  if (fault) {
    g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, fault);
    return NULL;
  }
  parser = json_parser_new_immutable ();
  if (!json_parser_load_from_data (parser, line, -1, error))
    return NULL;
  root = json_parser_get_root (parser);
  if (!root || !JSON_NODE_HOLDS_OBJECT (root)) {
    g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, "no JSON object");
    return NULL;
  }
  return parse_object (json_node_get_object (root), error);
}
