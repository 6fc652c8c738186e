/* ssm-subtitle: one file from beginning to end
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef SUB_JOB_H
#define SUB_JOB_H

#include "files.h"

G_BEGIN_DECLS

typedef enum {
  SUB_JOB_WAITS,
  SUB_JOB_RUNS,
  SUB_JOB_DONE,
  SUB_JOB_SKIPPED, /* all that it would write is there */
  SUB_JOB_FAILED,
  SUB_JOB_STOPPED,
} SubJobState;

typedef struct {
  const SubOptions *options;
  const SubInput *input;
  GCancellable *cancellable;
  GMutex lock;
  /* under the lock */
  SubJobState state;
  double work, done;  /* in cues; an estimate until the file has been read */
  char *message;      /* what failed, or is to be known */
  GPtrArray *written; /* (element-type char *) */
  SubCounts counts;
  gboolean is_transient; /* it failed by no fault of the file */
  double seconds;        /* that it took */
} SubJob;

SubJob *sub_job_new (const SubOptions *options, const SubInput *input, GCancellable *cancellable);
void sub_job_free (SubJob *self);

/* (element-type char *): the files that it writes. */
GPtrArray *sub_job_outputs (const SubJob *self);
/* Blocks until the file is done; any thread. */
void sub_job_run (SubJob *self);

/* Instead of running it: whether there is anything to do. */
void sub_job_look (SubJob *self);

/* What became of one that does not run, or would, as JSON on stdout; takes no lock. FALSE: nobody reads that. */
gboolean sub_job_report (const SubJob *self);
/* The same for people: "NAME -> OUTPUT", a line each. */
gboolean sub_job_list (const SubJob *self);

/* --- for the files of this subject ---------------------------------------- */

guint sub_job_count_targets (const SubJob *self);
SubRoute *sub_job_get_route (const SubJob *self, guint i);
/* Of a subtitle file, or beside a film. */
char *sub_job_text_path (const SubJob *self, guint target, const char *extension);
char *sub_job_film_path (const SubJob *self, guint target);
/* Whether there is nothing to do. */
gboolean sub_job_all_exist (const SubJob *self);

G_END_DECLS

#endif /* SUB_JOB_H */
