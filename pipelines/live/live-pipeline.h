/* ssmt-live: from sound or text to captions in the hub
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef LIVE_PIPELINE_H
#define LIVE_PIPELINE_H

#include <gst/gst.h>

#include "live-hub.h"
#include "live-options.h"

G_BEGIN_DECLS

typedef struct _LivePipeline LivePipeline;

/* In the main loop: the stream has ended, or could not go on. The hub says which. */
typedef void (*LivePipelineFunc) (gboolean good, gpointer data);

LivePipeline *live_pipeline_new (const LiveOptions *options, LiveHub *hub, LivePipelineFunc ended,
    gpointer data, GError **error);
void live_pipeline_start (LivePipeline *pipeline);
/* Stopped and freed. */
void live_pipeline_free (LivePipeline *pipeline);

G_END_DECLS

#endif /* LIVE_PIPELINE_H */
