/* ssmtranslate: the plugin
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstssmtranslate.h"

static gboolean
plugin_init (GstPlugin *plugin)
{
  return GST_ELEMENT_REGISTER (ssmtranslate, plugin);
}

GST_PLUGIN_DEFINE (GST_VERSION_MAJOR, GST_VERSION_MINOR, ssmtranslate,
    "Translates text with state-space models", plugin_init, PACKAGE_VERSION, "LGPL", "ssmtranslate",
    "Unknown package origin")
