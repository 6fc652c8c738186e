/* ssmtranslate: text as monitoring reads it
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "metrics-text.h"

#define NS_PER_SECOND 1000000000

struct _MetricsText {
  MetricsFormat format;
  const MetricsFamily *family; /* NULL: none has begun */
  GString *string;
};

const char *
metrics_format_get_type (MetricsFormat format)
{
  return format == METRICS_OPENMETRICS
      ? "application/openmetrics-text; version=1.0.0; charset=utf-8"
      : "text/plain; version=0.0.4; charset=utf-8";
}

MetricsText *
metrics_text_new (MetricsFormat format)
{
  MetricsText *text = g_new0 (MetricsText, 1);

  text->format = format;
  text->string = g_string_sized_new (8192);
  return text;
}

GBytes *
metrics_text_finish (MetricsText *text)
{
  GBytes *bytes;

  if (text->format == METRICS_OPENMETRICS)
    g_string_append (text->string, "# EOF\n");
  bytes = g_string_free_to_bytes (text->string);
  g_free (text);
  return bytes;
}

/* --- labels ------------------------------------------------------------------ */

static void
append_escaped (GString *string, const char *value)
{
  g_autofree char *valid = g_utf8_make_valid (value, -1);

  for (const char *c = valid; *c != '\0'; c++) {
    if (*c == '\n') {
      g_string_append (string, "\\n");
      continue;
    }
    if (*c == '\\' || *c == '"')
      g_string_append_c (string, '\\');
    g_string_append_c (string, *c);
  }
}

char *
metrics_make_labels (const char *name, const char *value, ...)
{
  GString *labels = g_string_new (NULL);
  va_list more;

  va_start (more, value);
  while (name) {
    g_string_append_printf (labels, "%s%s=\"", labels->len > 0 ? "," : "", name);
    append_escaped (labels, value ? value : "");
    g_string_append_c (labels, '"');
    name = va_arg (more, const char *);
    value = name ? va_arg (more, const char *) : NULL;
  }
  va_end (more);
  return g_string_free (labels, FALSE);
}

/* --- families ----------------------------------------------------------------- */

/* What the names of its samples end in. */
static const char *
get_suffix (const MetricsFamily *family)
{
  switch (family->type) {
    case METRICS_COUNTER:
      return "_total";
    case METRICS_INFO:
      return "_info";
    default:
      return "";
  }
}

static const char *
get_type_name (MetricsType type, MetricsFormat format)
{
  switch (type) {
    case METRICS_COUNTER:
      return "counter";
    case METRICS_HISTOGRAM:
      return "histogram";
    case METRICS_INFO:
      return format == METRICS_OPENMETRICS ? "info" : "gauge";
    case METRICS_SUMMARY:
      return "summary";
    default:
      return "gauge";
  }
}

void
metrics_text_begin (MetricsText *text, const MetricsFamily *family)
{
  gboolean is_open = text->format == METRICS_OPENMETRICS;
  /* the older format names samples, not families */
  const char *suffix = is_open ? "" : get_suffix (family);

  text->family = family;
  g_string_append_printf (text->string, "# TYPE %s%s %s\n", family->name, suffix,
      get_type_name (family->type, text->format));
  if (is_open && family->unit)
    g_string_append_printf (text->string, "# UNIT %s %s\n", family->name, family->unit);
  g_string_append_printf (text->string, "# HELP %s%s %s\n", family->name, suffix, family->help);
}

/* --- samples ------------------------------------------------------------------ */

/* All but the value. */
static void
append_name (MetricsText *text, const char *suffix, const char *labels, const char *more)
{
  gboolean has_labels = labels && *labels != '\0', has_more = more && *more != '\0';

  g_string_append_printf (text->string, "%s%s", text->family->name, suffix);
  if (has_labels || has_more)
    g_string_append_printf (text->string, "{%s%s%s}", has_labels ? labels : "",
        has_labels && has_more ? "," : "", has_more ? more : "");
  g_string_append_c (text->string, ' ');
}

/* In seconds, with as many digits as it takes and one behind the point at least, as bounds are compared as text. */
static void
append_seconds (GString *string, guint64 ns)
{
  gsize point;

  g_string_append_printf (string, "%" G_GUINT64_FORMAT, ns / NS_PER_SECOND);
  point = string->len;
  g_string_append_printf (string, ".%09u", (guint) (ns % NS_PER_SECOND));
  while (string->len > point + 2 && string->str[string->len - 1] == '0')
    g_string_truncate (string, string->len - 1);
}

static void
append_number (GString *string, guint64 value)
{
  g_string_append_printf (string, "%" G_GUINT64_FORMAT, value);
}

void
metrics_text_add (MetricsText *text, const char *labels, const char *more, guint64 value)
{
  append_name (text, get_suffix (text->family), labels, more);
  append_number (text->string, value);
  g_string_append_c (text->string, '\n');
}

void
metrics_text_add_time (MetricsText *text, const char *labels, const char *more, guint64 ns)
{
  append_name (text, get_suffix (text->family), labels, more);
  append_seconds (text->string, ns);
  g_string_append_c (text->string, '\n');
}

void
metrics_text_add_histogram (MetricsText *text, const char *labels, const guint64 *bounds,
    const guint64 *counts, guint n_bounds, guint64 sum)
{
  GString *string = text->string;
  guint64 count = 0;

  for (guint i = 0; i <= n_bounds; i++) {
    g_autoptr (GString) le = g_string_new ("le=\"");

    if (i < n_bounds)
      append_seconds (le, bounds[i]);
    else
      g_string_append (le, "+Inf");
    g_string_append_c (le, '"');
    count += counts[i];
    append_name (text, "_bucket", labels, le->str);
    append_number (string, count);
    g_string_append_c (string, '\n');
  }
  append_name (text, "_count", labels, NULL);
  append_number (string, count);
  g_string_append_c (string, '\n');
  append_name (text, "_sum", labels, NULL);
  append_seconds (string, sum);
  g_string_append_c (string, '\n');
}
