/* ssmtranslate: the plugin
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstssmtranslate.h"
#include "gstssmtranslatebin.h"

#define AS_AWSTRANSLATE "SSMT_AS_AWSTRANSLATE"

static gboolean
plugin_init (GstPlugin *plugin)
{
  gboolean good =
      GST_ELEMENT_REGISTER (ssmtranslate, plugin) && GST_ELEMENT_REGISTER (ssmtranslatebin, plugin);

  /* translationbin of gst-plugins-rs makes its translators by that name, and no other */
  gst_plugin_add_dependency_simple (plugin, AS_AWSTRANSLATE, NULL, NULL, 0);
  if (good && g_getenv (AS_AWSTRANSLATE))
    good = gst_element_register (plugin, "awstranslate", GST_RANK_NONE, GST_TYPE_SSM_TRANSLATE);
  return good;
}

GST_PLUGIN_DEFINE (GST_VERSION_MAJOR, GST_VERSION_MINOR, ssmtranslate,
    "Translates text with state-space models", plugin_init, PACKAGE_VERSION, "LGPL", PACKAGE_NAME,
    PACKAGE_ORIGIN)
