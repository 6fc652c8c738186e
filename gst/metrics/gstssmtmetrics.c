/* ssmtranslate: metrics of all elements of a process, as a tracer
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
/**
 * SECTION:tracer-ssmtmetrics
 * @title: ssmtmetrics
 *
 * Serves counts and delays of all `ssmtranslate` elements of a program in OpenMetrics text over HTTP, for Prometheus
 * and what reads the same. The program is not changed.
 *
 * Parameters: `address` (127.0.0.1), `port` (9464; 0: one that is free, which is told on stderr) and `port-file`, into
 * which the port is written.
 *
 * ## Example launch line
 * |[
 * GST_TRACERS="ssmtmetrics(address=0.0.0.0,port=9464)" gst-launch-1.0 filesrc location=talk.en.srt ! subparse ! ssmtranslate name=news-1 ! fakesink sync=true
 * ]| Then http://localhost:9464/metrics is there for whoever reaches this machine.
 */
#include "gstssmtmetrics.h"

#include "metrics-server.h"

#define GST_CAT_DEFAULT metrics_debug

struct _GstSsmtMetrics {
  GstTracer tracer;

  MetricsChannels *channels;
  MetricsServer *server; /* NULL: the parameters are not understood */
};

#define gst_ssmt_metrics_parent_class parent_class
G_DEFINE_TYPE_WITH_CODE (GstSsmtMetrics, gst_ssmt_metrics, GST_TYPE_TRACER,
    GST_DEBUG_CATEGORY_INIT (metrics_debug, "ssmtmetrics", 0, "metrics of ssmtranslate"));

static void
element_new (GObject *object, GstClockTime time, GstElement *element)
{
  metrics_channels_add (GST_SSMT_METRICS (object)->channels, element);
}

static void
element_post_message (GObject *object, GstClockTime time, GstElement *element, GstMessage *message)
{
  metrics_channels_take_message (GST_SSMT_METRICS (object)->channels, element, message);
}

static void
gst_ssmt_metrics_constructed (GObject *object)
{
  GstSsmtMetrics *self = GST_SSMT_METRICS (object);
  g_autofree char *params = NULL;
  g_autoptr (GError) error = NULL;
  MetricsOptions options;

  G_OBJECT_CLASS (parent_class)->constructed (object);
  g_object_get (self, "params", &params, NULL);
  if (metrics_options_parse (&options, params, &error)) {
    self->server = metrics_server_new (&options, self->channels);
  } else {
    GST_WARNING_OBJECT (self, "%s", error->message);
    g_printerr ("ssmtmetrics: there are no metrics: %s\n", error->message);
  }
  metrics_options_clear (&options);
}

static void
gst_ssmt_metrics_finalize (GObject *object)
{
  GstSsmtMetrics *self = GST_SSMT_METRICS (object);

  g_clear_pointer (&self->server, metrics_server_free);
  metrics_channels_free (self->channels);
  G_OBJECT_CLASS (parent_class)->finalize (object);
}

static void
gst_ssmt_metrics_class_init (GstSsmtMetricsClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->constructed = gst_ssmt_metrics_constructed;
  object_class->finalize = gst_ssmt_metrics_finalize;
}

static void
gst_ssmt_metrics_init (GstSsmtMetrics *self)
{
  self->channels = metrics_channels_new ();
  gst_tracing_register_hook (GST_TRACER (self), "element-new", G_CALLBACK (element_new));
  gst_tracing_register_hook (
      GST_TRACER (self), "element-post-message-pre", G_CALLBACK (element_post_message));
}
