/* ssmtranslate: what is read of one element
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "metrics-channel.h"

#include "metrics-text.h"

static char *
dup_pipeline (GstElement *element)
{
  g_autoptr (GstObject) top = gst_object_get_parent (GST_OBJECT (element));
  GstObject *parent;

  while (top && (parent = gst_object_get_parent (top))) {
    gst_object_unref (top);
    top = parent;
  }
  return top ? gst_object_get_name (top) : g_strdup ("");
}

static char *
dup_version (GstElement *element)
{
  GstElementFactory *factory = gst_element_get_factory (element);
  g_autoptr (GstPlugin) plugin =
      factory ? gst_plugin_feature_get_plugin (GST_PLUGIN_FEATURE (factory)) : NULL;

  return g_strdup (plugin ? gst_plugin_get_version (plugin) : "");
}

MetricsChannel *
metrics_channel_read (GstElement *element)
{
  MetricsChannel *channel = g_new0 (MetricsChannel, 1);

  channel->name = gst_object_get_name (GST_OBJECT (element));
  channel->pipeline = dup_pipeline (element);
  channel->version = dup_version (element);
  GST_OBJECT_LOCK (element);
  channel->runs = GST_STATE (element) >= GST_STATE_PAUSED;
  GST_OBJECT_UNLOCK (element);
  g_object_get (
      element, "stats", &channel->stats, "max-observed-delay", &channel->max_observed_delay, NULL);
  return channel;
}

void
metrics_channel_free (MetricsChannel *channel)
{
  g_free (channel->name);
  g_free (channel->pipeline);
  g_free (channel->labels);
  g_free (channel->version);
  g_clear_pointer (&channel->stats, gst_structure_free);
  g_clear_pointer (&channel->model, gst_structure_free);
  g_free (channel);
}

gboolean
metrics_channel_has_name (const MetricsChannel *channel, const char *name, const char *pipeline)
{
  return g_strcmp0 (channel->name, name) == 0 && g_strcmp0 (channel->pipeline, pipeline) == 0;
}

void
metrics_channel_set_number (MetricsChannel *channel, guint number)
{
  g_autofree char *numbered = g_strdup_printf ("%s#%u", channel->name, number);

  g_free (channel->labels);
  channel->labels = metrics_make_labels (
      "channel", number > 1 ? numbered : channel->name, "pipeline", channel->pipeline, NULL);
}
