/* ssmt-live: the pipeline's elements
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef LIVE_LAUNCH_H
#define LIVE_LAUNCH_H

#include <gst/gst.h>

#include "live-options.h"

G_BEGIN_DECLS

#define LIVE_LAUNCH_TEE "ssmt-live-tee"
#define LIVE_LAUNCH_STDIN "ssmt-live-stdin"

/* A language to translate to. */
typedef struct {
  char *id;       /* of its stream */
  char *language; /* NULL: what the default model writes */
  char *model;    /* NULL: the best for the language */
} LiveTarget;

/* Of LiveTarget. NULL: *error. */
GPtrArray *live_launch_parse_targets (const char *to, GError **error);

/* The source, a tee, and an ssmtranslate a target behind it. */
GstElement *live_launch (const LiveOptions *options, const GPtrArray *targets, GError **error);
/* That of the n-th target; transfer full. */
GstElement *live_launch_get_translator (GstElement *pipeline, guint n);

G_END_DECLS

#endif /* LIVE_LAUNCH_H */
