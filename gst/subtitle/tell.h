/* ssm-subtitle: what is said of files on stderr
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef SUB_TELL_H
#define SUB_TELL_H

#include "job.h"

G_BEGIN_DECLS

/* What became of how many files. */
typedef struct {
  guint n_done, n_skipped, n_failed;
  guint64 n_texts;
} SubTotals;

void sub_totals_add (SubTotals *self, const SubJob *job);

/* A line for a file that has ended. */
void sub_tell_job (const SubJob *job, gboolean quiet);
/* The last line, after so many us. `left`: how many are to do, as in ", stopped with 3 to do"; NULL: it was not stopped. */
void sub_tell_totals (const SubTotals *totals, gint64 elapsed, const char *left);

/* "1:02:03" */
void sub_append_time (GString *line, double seconds);

G_END_DECLS

#endif /* SUB_TELL_H */
