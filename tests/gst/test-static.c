/* ssmtranslate: the plugin within a program
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <gst/gst.h>

GST_PLUGIN_STATIC_DECLARE (ssmtranslate);

int
main (int argc, char **argv)
{
  GstElement *element;
  GstPlugin *plugin;
  GstPad *pad;

  gst_init (&argc, &argv);
  g_print ("1..4\n");
  plugin = gst_registry_find_plugin (gst_registry_get (), "ssmtranslate");
  g_print ("%sok 1 - no plugin is in a file\n", plugin ? "not " : "");
  gst_clear_object (&plugin);

  GST_PLUGIN_STATIC_REGISTER (ssmtranslate);
  plugin = gst_registry_find_plugin (gst_registry_get (), "ssmtranslate");
  g_print (
      "%sok 2 - the program has one\n", plugin && !gst_plugin_get_filename (plugin) ? "" : "not ");
  gst_clear_object (&plugin);

  element = gst_element_factory_make ("ssmtranslate", NULL);
  g_print ("%sok 3 - it makes an element\n", element ? "" : "not ");
  pad = element ? gst_element_get_static_pad (element, "sink") : NULL;
  g_print ("%sok 4 - with pads\n", pad ? "" : "not ");
  gst_clear_object (&pad);
  gst_clear_object (&element);
  return 0;
}
