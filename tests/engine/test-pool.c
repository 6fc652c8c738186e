/* ssmtranslate: the pool of threads: whoever waits for others sleeps
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A caller with the priority of real time that looked again and again whether the others have done would
 * keep them from the core they need. What it takes while it waits is counted in time of the processor, and
 * so is how long they take: the same on a machine that has other work.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <time.h>

#include <glib.h>

#include "kernels/cpu/pool.h"

#define THREAD_SECONDS 0.3

typedef struct {
  pthread_t caller;
  atomic_bool others_work;
  atomic_bool is_done;
} Task;

static double
processor_seconds (void)
{
  struct timespec t;

  clock_gettime (CLOCK_THREAD_CPUTIME_ID, &t);
  return t.tv_sec + t.tv_nsec * 1e-9;
}

/* The caller waits, asleep, until another thread has begun, and then has nothing to do. */
static void
work (const void *data, uint32_t begin, uint32_t end)
{
  Task *task = (Task *) data;

  if (pthread_equal (pthread_self (), task->caller)) {
    while (!atomic_load (&task->others_work))
      g_usleep (500);
    return;
  }
  if (atomic_exchange (&task->others_work, TRUE))
    return;
  double start = processor_seconds ();
  while (processor_seconds () - start < THREAD_SECONDS)
    ;
  atomic_store (&task->is_done, TRUE);
}

/* data: whether on one core, and as a real-time thread where this is allowed. */
static void
test_wait (gconstpointer data)
{
  struct sched_param normal = { 0 }, fifo = { .sched_priority = 1 };
  Task task = { .caller = pthread_self () };
  SsmtPool *pool = ssmt_pool_acquire (2);
  cpu_set_t before;
  double taken;

  if (ssmt_pool_threads (pool) < 2) {
    g_test_skip ("no second thread");
    ssmt_pool_release (pool);
    return;
  }
  sched_getaffinity (0, sizeof before, &before);
  if (data != NULL) {
    ssmt_pool_release (pool);
    cpu_set_t one;
    CPU_ZERO (&one);
    for (int cpu = 0; cpu < CPU_SETSIZE; cpu++) {
      if (CPU_ISSET (cpu, &before)) {
        CPU_SET (cpu, &one);
        break;
      }
    }
    g_assert_cmpint (sched_setaffinity (0, sizeof one, &one), ==, 0);
    pool = ssmt_pool_acquire (2); /* its thread has this core, too, and no priority */
    if (pthread_setschedparam (pthread_self (), SCHED_FIFO, &fifo) != 0)
      g_test_message ("not allowed to be of real time");
  }
  taken = processor_seconds ();
  ssmt_pool_run (pool, work, &task, 2, 1, 1000000000);
  taken = processor_seconds () - taken;
  pthread_setschedparam (pthread_self (), SCHED_OTHER, &normal);
  sched_setaffinity (0, sizeof before, &before);
  ssmt_pool_release (pool);

  g_assert_true (atomic_load (&task.is_done));
  g_assert_cmpfloat (taken, <, THREAD_SECONDS / 3);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_data_func ("/pool/wait", NULL, test_wait);
  g_test_add_data_func ("/pool/wait-one-core", "", test_wait);
  return g_test_run ();
}
