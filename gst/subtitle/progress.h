/* ssm-subtitle: how far it is
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef SUB_PROGRESS_H
#define SUB_PROGRESS_H

#include "job.h"

G_BEGIN_DECLS

typedef struct _SubProgress SubProgress;

/* `jobs`: (element-type SubJob), not taken. A bar where stderr is a terminal, else only a line a file; with
 * `json` one more on stdout. */
SubProgress *sub_progress_new (GPtrArray *jobs, gboolean quiet, gboolean json);
void sub_progress_free (SubProgress *self);

/* Draws the bar anew, and a line for each file that has ended since. */
void sub_progress_update (SubProgress *self);
/* The last line: what became of how many files, `n_bad` of which could not even be found. */
void sub_progress_summary (SubProgress *self, guint n_bad, gboolean stopped);
/* How many files failed. */
guint sub_progress_count (const SubProgress *self, SubJobState state);

G_END_DECLS

#endif /* SUB_PROGRESS_H */
