/* ssmtranslate: checkasm of a device used from many threads at once
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Several threads run the same product on one device, over and over; each must
 * get the bits that one thread alone gets.
 */
#include "checkasm.h"

#include <pthread.h>

#define THREADS 3
#define REPEAT 200

enum { ROWS = 3, INPUTS = 200, OUTPUTS = 300 };

typedef struct {
  SsmtDevice *device;
  SsmtLinearOp op;
} Job;

static void *
job_main (void *data)
{
  const Job *job = data;
  for (int i = 0; i < REPEAT; i++)
    job->device->ops->linear (job->device, &job->op);
  return NULL;
}

static void
run (Rig *rig, const void *data)
{
  SsmtMatrix weight = rig_matrix (rig, *(const SsmtDType *) data, OUTPUTS, INPUTS);
  SsmtRef x = rig_floats (rig, ROWS * INPUTS, -1, 1);
  pthread_t threads[THREADS];
  Job jobs[THREADS];

  rig_label (rig, "%d threads, dtype %d", THREADS, weight.dtype);
  for (int i = 0; i < THREADS; i++) {
    jobs[i] = (Job){ rig->device,
      { .weight = &weight,
          .x = x,
          .out = rig_pattern (rig, ROWS * OUTPUTS),
          .rows = ROWS,
          .x_stride = INPUTS,
          .out_stride = OUTPUTS } };
    if (pthread_create (&threads[i], NULL, job_main, &jobs[i]) != 0) {
      fprintf (stderr, "checkasm: no thread\n");
      exit (1);
    }
  }
  for (int i = 0; i < THREADS; i++) {
    pthread_join (threads[i], NULL);
    rig_keep (rig, jobs[i].op.out, ROWS * OUTPUTS);
  }
  rig_unbind (rig, &weight);
}

static void
check (void)
{
  SsmtDType f32 = SSMT_DTYPE_F32, i8 = SSMT_DTYPE_I8, q4 = SSMT_DTYPE_Q4;

  check_case ("threads", run, &f32, 3e-5);
  check_case ("threads", run, &i8, 0);
  check_case ("threads", run, &q4, 0);
}

const Check check_threads = { check, NULL };
