/* ssm-subtitle: what became of a file, as a line of JSON
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef SUB_REPORT_H
#define SUB_REPORT_H

#include <glib.h>

G_BEGIN_DECLS

typedef struct {
  const char *file, *status;
  const GPtrArray *outputs; /* (element-type char *): what it has become, or would; NULL: nothing */
  const char *reason;       /* why it failed, or what is to be known; NULL: nothing */
  gboolean is_transient;    /* it failed, and another time it may not */
  guint64 texts, copied;
  double seconds;
} SubReport;

/* On stdout, at once; any thread. FALSE: nobody reads it. Bytes of names that are no UTF-8 go out as Python has them, "\udc80"
 * to "\udcff". */
gboolean sub_report_write (const SubReport *report);

G_END_DECLS

#endif /* SUB_REPORT_H */
