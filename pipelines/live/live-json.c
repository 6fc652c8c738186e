/* ssmt-live: JSON, without line breaks
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "live-json.h"

#include <string.h>

static void
append_string (GString *json, const char *value)
{
  g_string_append_c (json, '"');
  for (; *value; value++) {
    if (*value == '"' || *value == '\\')
      g_string_append_c (json, '\\');
    if ((guchar) *value < 0x20)
      g_string_append_printf (json, "\\u%04x", *value);
    else
      g_string_append_c (json, *value);
  }
  g_string_append_c (json, '"');
}

static void
append_name (GString *json, const char *name)
{
  if (json->len > 0 && !strchr ("{[ ", json->str[json->len - 1]))
    g_string_append_c (json, ',');
  if (!name)
    return;
  append_string (json, name);
  g_string_append_c (json, ':');
}

void
live_json_begin (GString *json, const char *name, char open)
{
  append_name (json, name);
  g_string_append_c (json, open);
}

void
live_json_end (GString *json, char close)
{
  g_string_append_c (json, close);
}

void
live_json_add_string (GString *json, const char *name, const char *value)
{
  append_name (json, name);
  append_string (json, value);
}

void
live_json_add_boolean (GString *json, const char *name, gboolean value)
{
  append_name (json, name);
  g_string_append (json, value ? "true" : "false");
}

void
live_json_add_count (GString *json, const char *name, guint64 value)
{
  append_name (json, name);
  g_string_append_printf (json, "%" G_GUINT64_FORMAT, value);
}

void
live_json_add_seconds (GString *json, const char *name, double value)
{
  char number[G_ASCII_DTOSTR_BUF_SIZE];

  append_name (json, name);
  g_string_append (json, g_ascii_formatd (number, sizeof number, "%.3f", value));
}
