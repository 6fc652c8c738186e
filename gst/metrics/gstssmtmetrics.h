/* ssmtranslate: metrics of all elements of a process, as a tracer
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Its files, from top to bottom, each calling only those below: gstssmtmetrics.c (what GStreamer tells),
 * metrics-server.c (HTTP, in a thread of its own), metrics-page.c (what is told), metrics-channels.c and -channel.c
 * (the elements), metrics-text.c (how it is written), -process.c, -options.c, http-common.c (who is let in), http-door.c.
 */
#ifndef GST_SSMT_METRICS_H
#define GST_SSMT_METRICS_H

/* tracers are unstable API, and as they are since GStreamer 1.8 */
#ifndef GST_USE_UNSTABLE_API
#define GST_USE_UNSTABLE_API
#endif
#include <gst/gst.h>
#include <gst/gsttracer.h>

G_BEGIN_DECLS

#define GST_TYPE_SSMT_METRICS (gst_ssmt_metrics_get_type ())
G_DECLARE_FINAL_TYPE (GstSsmtMetrics, gst_ssmt_metrics, GST, SSMT_METRICS, GstTracer)

G_END_DECLS

#endif /* GST_SSMT_METRICS_H */
