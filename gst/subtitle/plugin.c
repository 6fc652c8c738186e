/* ssmtranslate: the element for programs that come with it
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "plugin.h"

#define PLUGIN_FILE "libgstssmtranslate.so"

#ifdef STATIC_PLUGIN
GST_PLUGIN_STATIC_DECLARE (ssmtranslate);

void
ssmt_plugin_find (void)
{
  GST_PLUGIN_STATIC_REGISTER (ssmtranslate);
}
#else
void
ssmt_plugin_find (void)
{
  /* of a build tree, as these programs lie in it */
  static const char *const places[] = { "..", "../../gst" };
  g_autoptr (GstElementFactory) factory = gst_element_factory_find ("ssmtranslate");
  g_autofree char *self = NULL;

  if (!factory)
    self = g_file_read_link ("/proc/self/exe", NULL);
  if (self) {
    g_autofree char *folder = g_path_get_dirname (self);
    GstPlugin *plugin = NULL;

    for (guint i = 0; !plugin && i < G_N_ELEMENTS (places); i++) {
      g_autofree char *built = g_build_filename (folder, places[i], PLUGIN_FILE, NULL);

      plugin = gst_plugin_load_file (built, NULL);
    }

    if (!plugin)
      plugin = gst_plugin_load_file (PLUGIN_FOLDER G_DIR_SEPARATOR_S PLUGIN_FILE, NULL);
    g_clear_object (&plugin);
  }
}

#endif
