/* ssmtranslate: metrics over HTTP
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 *   GET /metrics   OpenMetrics, or the older format for who accepts that alone
 *   GET /          where that is
 *
 * In a thread of its own, which no signal is delivered to.
 */
#ifndef METRICS_SERVER_H
#define METRICS_SERVER_H

#include "metrics-channels.h"
#include "metrics-options.h"

G_BEGIN_DECLS

typedef struct _MetricsServer MetricsServer;

/* Takes what the options hold, and keeps the channels. What goes wrong is said on stderr and in the log. */
MetricsServer *metrics_server_new (MetricsOptions *options, MetricsChannels *channels);
/* Waits for the thread; what is being answered is cut off. */
void metrics_server_free (MetricsServer *server);

GST_DEBUG_CATEGORY_EXTERN (metrics_debug);

G_END_DECLS

#endif /* METRICS_SERVER_H */
