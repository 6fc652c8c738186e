/* ssmtranslate: what the tracer's parameters say
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "metrics-options.h"

/* This machine alone; the port that exporters of OpenTelemetry have. */
#define DEFAULT_ADDRESS "127.0.0.1"
#define DEFAULT_PORT 9464

static gboolean
take_text (char **option, const GValue *value)
{
  if (!G_VALUE_HOLDS_STRING (value) || !g_value_get_string (value))
    return FALSE;
  g_free (*option);
  *option = g_value_dup_string (value);
  return TRUE;
}

static gboolean
take_port (guint *port, const GValue *value)
{
  gint number = G_VALUE_HOLDS_INT (value) ? g_value_get_int (value) : -1;

  if (number < 0 || number > G_MAXUINT16)
    return FALSE;
  *port = number;
  return TRUE;
}

static gboolean
take_field (GQuark field, const GValue *value, gpointer data)
{
  MetricsOptions *options = data;
  const char *name = g_quark_to_string (field);

  if (g_str_equal (name, "address"))
    return take_text (&options->address, value);
  if (g_str_equal (name, "port"))
    return take_port (&options->port, value);
  if (g_str_equal (name, "port-file"))
    return take_text (&options->port_file, value);
  return FALSE;
}

gboolean
metrics_options_parse (MetricsOptions *options, const char *params, GError **error)
{
  g_autofree char *text = g_strconcat ("ssmtmetrics,", params, NULL);
  g_autoptr (GstStructure) fields = NULL;

  *options = (MetricsOptions){ g_strdup (DEFAULT_ADDRESS), DEFAULT_PORT, NULL };
  if (!params || *params == '\0')
    return TRUE;
  fields = gst_structure_from_string (text, NULL);
  if (fields && gst_structure_foreach (fields, take_field, options))
    return TRUE;
  g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
      "\"%s\" is not understood: there are address=ADDRESS, port=0...65535 and port-file=FILE, "
      "with "
      "commas between them",
      params);
  return FALSE;
}

void
metrics_options_clear (MetricsOptions *options)
{
  g_clear_pointer (&options->address, g_free);
  g_clear_pointer (&options->port_file, g_free);
}
