/* ssmtranslate: the elements of this process, as channels
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A channel is an element `ssmtranslate`, of whatever pipeline. Elements are known by the name of their type: the
 * module does not need their plugin. None is kept alive but while it is read, and no lock is held then.
 */
#ifndef METRICS_CHANNELS_H
#define METRICS_CHANNELS_H

#include "metrics-channel.h"

G_BEGIN_DECLS

typedef struct _MetricsChannels MetricsChannels;

MetricsChannels *metrics_channels_new (void);
void metrics_channels_free (MetricsChannels *channels);

/* Any thread: an element has come into being, of whatever type. */
void metrics_channels_add (MetricsChannels *channels, GstElement *element);
/* Any thread: it posts the message. */
void metrics_channels_take_message (
    MetricsChannels *channels, GstElement *element, GstMessage *message);
/* One thread: those that are there, a GPtrArray of MetricsChannel, in the order of their labels, no two of which are
 * the same. */
GPtrArray *metrics_channels_read (MetricsChannels *channels);

G_END_DECLS

#endif /* METRICS_CHANNELS_H */
