/* ssmtranslate: what the tracer's parameters say
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef METRICS_OPTIONS_H
#define METRICS_OPTIONS_H

#include <gst/gst.h>

G_BEGIN_DECLS

typedef struct {
  char *address;
  guint port;      /* 0: one that is free */
  char *port_file; /* NULL: none */
} MetricsOptions;

/* "address=0.0.0.0,port=9464,port-file=FILE", all of them optional; NULL is none. FALSE: *error. */
gboolean metrics_options_parse (MetricsOptions *options, const char *params, GError **error);
void metrics_options_clear (MetricsOptions *options);

G_END_DECLS

#endif /* METRICS_OPTIONS_H */
