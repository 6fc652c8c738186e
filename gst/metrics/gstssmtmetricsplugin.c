/* ssmtranslate: the plugin of the tracer
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "gstssmtmetrics.h"

static gboolean
plugin_init (GstPlugin *plugin)
{
  return gst_tracer_register (plugin, "ssmtmetrics", GST_TYPE_SSMT_METRICS);
}

GST_PLUGIN_DEFINE (GST_VERSION_MAJOR, GST_VERSION_MINOR, ssmtmetrics,
    "Metrics of ssmtranslate elements for monitoring", plugin_init, PACKAGE_VERSION, "LGPL",
    PACKAGE_NAME, PACKAGE_ORIGIN)
