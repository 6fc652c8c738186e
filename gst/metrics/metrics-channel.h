/* ssmtranslate: what is read of one element
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef METRICS_CHANNEL_H
#define METRICS_CHANNEL_H

#include <gst/gst.h>

G_BEGIN_DECLS

typedef struct {
  char *name;          /* the element's */
  char *pipeline;      /* name of what is above all, "" where nothing is */
  char *labels;        /* of metrics_make_labels(), NULL: none yet */
  char *version;       /* of the plugin */
  GstStructure *stats; /* the element's */
  GstStructure *model; /* the message ssmtranslate/model, NULL: none came yet */
  GstClockTime max_observed_delay;
  gboolean runs; /* in PAUSED or PLAYING */
} MetricsChannel;

MetricsChannel *metrics_channel_read (GstElement *element);
void metrics_channel_free (MetricsChannel *channel);
/* Whether it is called like the other one. */
gboolean metrics_channel_has_name (
    const MetricsChannel *channel, const char *name, const char *pipeline);
/* Gives it the labels of the `number`-th channel of its name, which from the second on show it. */
void metrics_channel_set_number (MetricsChannel *channel, guint number);

G_END_DECLS

#endif /* METRICS_CHANNEL_H */
