/* ssmtranslate: what is told to monitoring
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef METRICS_PAGE_H
#define METRICS_PAGE_H

#include "metrics-process.h"
#include "metrics-text.h"

G_BEGIN_DECLS

/* Of `channels`, MetricsChannel. All families are there, also where none of them has a sample. */
GBytes *metrics_page_write (
    MetricsFormat format, const GPtrArray *channels, const MetricsProcess *process);

G_END_DECLS

#endif /* METRICS_PAGE_H */
