/* ssm-subtitle: what became of a file, or would
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <stdio.h>

#include "job.h"
#include "report.h"

static const char *const words[] = {
  [SUB_JOB_WAITS] = "waits",
  [SUB_JOB_RUNS] = "runs",
  [SUB_JOB_DONE] = "done",
  [SUB_JOB_SKIPPED] = "skipped",
  [SUB_JOB_FAILED] = "failed",
  [SUB_JOB_STOPPED] = "stopped",
};

gboolean
sub_job_report (const SubJob *self)
{
  g_autoptr (GPtrArray) all = sub_job_outputs (self);
  const GPtrArray *outputs = NULL;

  if (self->state == SUB_JOB_DONE)
    outputs = self->written;
  else if (self->state == SUB_JOB_SKIPPED || self->state == SUB_JOB_WAITS)
    outputs = all;
  return sub_report_write (&(SubReport){
      .file = self->input->path,
      .status = words[self->state],
      .outputs = outputs,
      .reason = self->message,
      .is_transient = self->is_transient,
      .texts = self->counts.texts,
      .copied = self->counts.copied,
      .seconds = self->seconds,
  });
}

gboolean
sub_job_list (const SubJob *self)
{
  g_autoptr (GPtrArray) outputs = sub_job_outputs (self);

  for (guint i = 0; self->state != SUB_JOB_FAILED && i < outputs->len; i++)
    printf ("%s -> %s%s\n", self->input->path, (char *) outputs->pdata[i],
        g_file_test (outputs->pdata[i], G_FILE_TEST_EXISTS) ? " (already there)" : "");
  return fflush (stdout) == 0;
}
