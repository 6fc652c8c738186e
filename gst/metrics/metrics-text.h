/* ssmtranslate: text as monitoring reads it
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * OpenMetrics 1.0, or the text format 0.0.4 of Prometheus before it. Numbers are whole ones or times, so that none
 * is rounded and the locale has no say. GLib alone.
 */
#ifndef METRICS_TEXT_H
#define METRICS_TEXT_H

#include <glib.h>

G_BEGIN_DECLS

typedef enum { METRICS_OPENMETRICS, METRICS_PROMETHEUS } MetricsFormat;

typedef enum {
  METRICS_COUNTER,
  METRICS_GAUGE,
  METRICS_HISTOGRAM,
  METRICS_INFO,
  METRICS_SUMMARY, /* of quantiles alone */
} MetricsType;

typedef struct {
  const char *name; /* without "_total", "_info" */
  MetricsType type;
  const char *unit; /* that the name ends in; NULL: none */
  const char *help; /* without line breaks, quotes, backslashes */
} MetricsFamily;

typedef struct _MetricsText MetricsText;

/* The content type that goes with it. */
const char *metrics_format_get_type (MetricsFormat format);

/* `channel="a",pipeline="b"` of names and values in pairs. Values may be any bytes; NULL is "". */
char *metrics_make_labels (const char *name, const char *value, ...) G_GNUC_NULL_TERMINATED;

MetricsText *metrics_text_new (MetricsFormat format);
/* What is added from now on is of this family. */
void metrics_text_begin (MetricsText *text, const MetricsFamily *family);
/* Labels are those of metrics_make_labels(), `more` besides; both may be NULL. */
void metrics_text_add (MetricsText *text, const char *labels, const char *more, guint64 value);
/* The same of ns, which are written in seconds. */
void metrics_text_add_time (MetricsText *text, const char *labels, const char *more, guint64 ns);
/* How many were at most so many ns each, and not so few as the bound before allows; counts[n_bounds] are the rest. */
void metrics_text_add_histogram (MetricsText *text, const char *labels, const guint64 *bounds,
    const guint64 *counts, guint n_bounds, guint64 sum);
/* Takes the text. */
GBytes *metrics_text_finish (MetricsText *text);

G_END_DECLS

#endif /* METRICS_TEXT_H */
