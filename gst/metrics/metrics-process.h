/* ssmtranslate: memory and time of this process
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef METRICS_PROCESS_H
#define METRICS_PROCESS_H

#include <glib.h>

G_BEGIN_DECLS

/* 0: not known. */
typedef struct {
  guint64 resident; /* bytes */
  guint64 cpu;      /* ns that all its threads have computed */
  guint64 start;    /* ns since 1970 */
} MetricsProcess;

/* Any thread. */
MetricsProcess metrics_process_read (void);

G_END_DECLS

#endif /* METRICS_PROCESS_H */
