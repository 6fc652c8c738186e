/* ssmtranslate: a few threads for short work
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Work is cut into chunks.  One 64-bit word holds {turn, chunks, next chunk}; a
 * thread that moves `next` forward owns a chunk, and while it works the caller
 * cannot leave, so that the task stays in place.  The caller takes chunks too:
 * it never waits for a thread to wake up, only for chunks that have begun.
 *
 * A thread that lost its core in the middle of a chunk still makes the caller
 * wait: after a short spin asleep, for it may be the caller, with the priority of
 * real time, that has taken the core.  So the pool keeps a balance of the time that
 * others have saved the caller, told by how long its own chunks take, and when that
 * is used up it rests, longer each time, and the caller works alone: with a busy
 * core two threads are then not slower than one.
 *
 * Work runs in the standard mode of arithmetic (float-mode.h) on all threads.
 */
#define _GNU_SOURCE
#include "pool.h"
#include "../float-mode.h"

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define STACK_BYTES (1 << 20) /* kernels keep up to 40 kB there; musl gives 128 kB by itself */
#define MAX_THREADS 64
#define DEFAULT_MAX_THREADS 4
#define CHUNKS_PER_THREAD 4
#define MIN_COST 6000       /* ns: below this nobody is asked to help */
#define MIN_CHUNK_COST 2000 /* ns */
#define SPIN_NS 40000       /* how long a worker looks for work before it sleeps */
#define WAIT_SPIN_NS 40000  /* how long the caller looks for the others' end before it sleeps */
/* Time saved that counts, at most: it is what may be lost before the pool rests. */
#define BALANCE_NS 5000000
#define FIRST_NS 100000 /* the same at the beginning and after each rest */
#define WANTED 16       /* a saving below 1 / 16 is none */
#define MIN_REST_NS 4000000
#define MAX_REST_NS 256000000
#define FORGIVEN 4 /* times as long without a rest as the last one was: the next is short again */

struct SsmtPool {
  atomic_uint_fast64_t word; /* turn << 32 | chunks << 16 | next */
  atomic_uint pending;       /* chunks not yet done */
  atomic_bool busy;          /* a caller is using the pool */
  atomic_bool quit;
  atomic_uint sleepers;
  atomic_bool waiting; /* the caller sleeps until nothing is pending */

  /* the task, written by the caller while no chunk is out */
  SsmtPoolFunc func;
  const void *task;
  uint32_t count, unit, units, chunks;

  /* only touched by the caller that holds `busy` */
  uint64_t rest_until, rest;
  int64_t balance; /* ns */

  /* under pools_lock */
  uint32_t users, wanted;
  SsmtPool *next;

  pthread_mutex_t lock; /* for sleeping */
  pthread_cond_t wake, done;
  uint32_t workers;
  pthread_t threads[MAX_THREADS];
};

/* Models side by side, one for each language, do not need a set of threads each: the cores
 * are the same. */
static pthread_mutex_t pools_lock = PTHREAD_MUTEX_INITIALIZER;
static SsmtPool *pools;

static uint64_t
now_ns (void)
{
  struct timespec t;
  clock_gettime (CLOCK_MONOTONIC, &t);
  return (uint64_t) t.tv_sec * 1000000000u + (uint64_t) t.tv_nsec;
}

static void
relax (void)
{
#if defined __x86_64__ || defined __i386__
  __builtin_ia32_pause ();
#elif defined __aarch64__
  __asm__ volatile("yield");
#endif
}

/* --- cores -------------------------------------------------------------- */

/* The first CPU that shares a core with `cpu`; -1: not known. */
static int
first_sibling (int cpu)
{
  char path[96];
  int first = -1;

  snprintf (path, sizeof path, "/sys/devices/system/cpu/cpu%d/topology/thread_siblings_list", cpu);
  FILE *file = fopen (path, "r");
  if (file == NULL)
    return -1;
  if (fscanf (file, "%d", &first) != 1)
    first = -1;
  fclose (file);
  return first;
}

/* Cores this process may run on, hyperthreads counted once; `most` are enough. */
static uint32_t
physical_cores (uint32_t most)
{
#ifdef __linux__
  cpu_set_t allowed;
  uint32_t cores = 0;

  if (sched_getaffinity (0, sizeof allowed, &allowed) == 0) {
    for (int cpu = 0; cpu < CPU_SETSIZE && cores < most; cpu++) {
      if (!CPU_ISSET (cpu, &allowed))
        continue;
      int first = first_sibling (cpu);
      if (first < 0 || first == cpu || !CPU_ISSET (first, &allowed))
        cores++;
    }
    if (cores > 0)
      return cores;
  }
#endif
  long online = sysconf (_SC_NPROCESSORS_ONLN);
  return online < 1 ? 1 : (uint32_t) online;
}

uint32_t
ssmt_pool_cores (void)
{
  return physical_cores (UINT32_MAX);
}

/* --- chunks ------------------------------------------------------------- */

static bool
has_work (uint64_t word)
{
  return (word & 0xffff) < (word >> 16 & 0xffff);
}

static void
do_chunk (SsmtPool *pool, uint32_t chunk)
{
  uint64_t begin = (uint64_t) pool->units * chunk / pool->chunks * pool->unit;
  uint64_t end = (uint64_t) pool->units * (chunk + 1) / pool->chunks * pool->unit;

  if (end > pool->count)
    end = pool->count;
  if (begin < end)
    pool->func (pool->task, (uint32_t) begin, (uint32_t) end);
  if (atomic_fetch_sub (&pool->pending, 1) == 1 && atomic_load (&pool->waiting)) {
    pthread_mutex_lock (&pool->lock);
    pthread_cond_signal (&pool->done);
    pthread_mutex_unlock (&pool->lock);
  }
}

/* Takes and does one chunk; false: none left. */
static bool
take_chunk (SsmtPool *pool)
{
  uint64_t word = atomic_load_explicit (&pool->word, memory_order_acquire);

  while (has_work (word)) {
    if (atomic_compare_exchange_weak_explicit (
            &pool->word, &word, word + 1, memory_order_acquire, memory_order_acquire)) {
      do_chunk (pool, (uint32_t) (word & 0xffff));
      return true;
    }
  }
  return false;
}

static bool
is_idle (SsmtPool *pool)
{
  return !has_work (atomic_load (&pool->word)) && !atomic_load (&pool->quit);
}

static void
sleep_until_work (SsmtPool *pool)
{
  pthread_mutex_lock (&pool->lock);
  atomic_fetch_add (&pool->sleepers, 1);
  while (is_idle (pool))
    pthread_cond_wait (&pool->wake, &pool->lock);
  atomic_fetch_sub (&pool->sleepers, 1);
  pthread_mutex_unlock (&pool->lock);
}

static void *
worker_main (void *data)
{
  SsmtPool *pool = data;

  ssmt_float_mode_enter ();
  while (!atomic_load (&pool->quit)) {
    while (take_chunk (pool))
      ;

    uint64_t start = now_ns ();
    while (is_idle (pool) && now_ns () - start < SPIN_NS)
      for (int i = 0; i < 8; i++)
        relax ();
    if (is_idle (pool))
      sleep_until_work (pool);
  }
  return NULL;
}

static void
wake_sleepers (SsmtPool *pool)
{
  if (atomic_load (&pool->sleepers) == 0)
    return;
  pthread_mutex_lock (&pool->lock);
  pthread_cond_broadcast (&pool->wake);
  pthread_mutex_unlock (&pool->lock);
}

static bool
is_done (SsmtPool *pool)
{
  return atomic_load_explicit (&pool->pending, memory_order_acquire) == 0;
}

static void
sleep_until_done (SsmtPool *pool)
{
  pthread_mutex_lock (&pool->lock);
  atomic_store (&pool->waiting, true);
  while (atomic_load (&pool->pending) > 0)
    pthread_cond_wait (&pool->done, &pool->lock);
  atomic_store (&pool->waiting, false);
  pthread_mutex_unlock (&pool->lock);
}

/* Waits for the chunks that others have begun. */
static void
wait_for_others (SsmtPool *pool)
{
  for (int i = 0; i < 64; i++) {
    if (is_done (pool))
      return;
    relax ();
  }

  uint64_t begin = now_ns ();
  while (!is_done (pool) && now_ns () - begin < WAIT_SPIN_NS)
    relax ();
  if (!is_done (pool))
    sleep_until_done (pool);
}

/* Work that began at `began` would have taken the caller alone `alone` ns; 0: nobody knows. */
static void
settle (SsmtPool *pool, uint64_t began, uint64_t alone)
{
  uint64_t now = now_ns ();
  int64_t took = (int64_t) (now - began);

  if (alone == 0)
    return;
  pool->balance += (int64_t) alone - took - took / WANTED;
  if (pool->balance > BALANCE_NS)
    pool->balance = BALANCE_NS;
  if (pool->balance >= 0)
    return;
  pool->balance = FIRST_NS;
  pool->rest = pool->rest == 0   ? MIN_REST_NS
      : pool->rest < MAX_REST_NS ? pool->rest * 2
                                 : MAX_REST_NS;
  pool->rest_until = now + pool->rest;
}

/* Whether the pool may be used now; the caller holds `busy`. */
static bool
is_rested (SsmtPool *pool, uint64_t now)
{
  if (pool->rest_until == 0)
    return true;
  if (now < pool->rest_until)
    return false;
  if (now - pool->rest_until > FORGIVEN * pool->rest) {
    pool->rest_until = 0;
    pool->rest = 0;
  }
  return true;
}

static void
run (SsmtPool *pool, SsmtPoolFunc func, const void *task, uint32_t count, uint32_t unit,
    uint64_t cost)
{
  uint32_t units = count / unit + (count % unit != 0);
  uint32_t chunks = (pool->workers + 1) * CHUNKS_PER_THREAD;

  if (chunks > cost / MIN_CHUNK_COST)
    chunks = (uint32_t) (cost / MIN_CHUNK_COST);
  if (chunks > units)
    chunks = units;
  if (pool->workers == 0 || chunks < 2 || cost < MIN_COST
      || atomic_exchange_explicit (&pool->busy, true, memory_order_acquire)) {
    if (count > 0)
      func (task, 0, count);
    return;
  }

  uint64_t began = now_ns ();
  if (is_rested (pool, began)) {
    pool->func = func;
    pool->task = task;
    pool->count = count;
    pool->unit = unit;
    pool->units = units;
    pool->chunks = chunks;
    atomic_store (&pool->pending, chunks);
    uint64_t turn = (atomic_load (&pool->word) >> 32) + 1;
    atomic_store (&pool->word, turn << 32 | (uint64_t) chunks << 16);
    wake_sleepers (pool);

    uint64_t start = now_ns (), own = 0;
    while (take_chunk (pool))
      own++;
    uint64_t end = now_ns ();
    wait_for_others (pool);
    settle (pool, began, own > 0 ? (end - start) / own * chunks : 0);
  } else {
    func (task, 0, count);
  }
  atomic_store_explicit (&pool->busy, false, memory_order_release);
}

void
ssmt_pool_run (SsmtPool *pool, SsmtPoolFunc func, const void *task, uint32_t count, uint32_t unit,
    uint64_t cost)
{
  uint64_t mode = ssmt_float_mode_enter ();

  run (pool, func, task, count, unit, cost);
  ssmt_float_mode_leave (mode);
}

/* --- opening ------------------------------------------------------------ */

/* Workers take no signals: those are for the threads of the application. */
static void
start_workers (SsmtPool *pool, uint32_t workers)
{
  pthread_attr_t attr;
  sigset_t all, before;

  sigfillset (&all);
  pthread_sigmask (SIG_SETMASK, &all, &before);
  pthread_attr_init (&attr);
  pthread_attr_setstacksize (&attr, STACK_BYTES);
  while (pool->workers < workers) {
    pthread_t *thread = &pool->threads[pool->workers];

    /* where the program's own thread-local data want more */
    if (pthread_create (thread, &attr, worker_main, pool) != 0
        && pthread_create (thread, NULL, worker_main, pool) != 0)
      break;
    pool->workers++;
  }
  pthread_attr_destroy (&attr);
  pthread_sigmask (SIG_SETMASK, &before, NULL);
}

static uint32_t
resolve_threads (uint32_t threads)
{
  if (threads == 0) {
    threads = physical_cores (DEFAULT_MAX_THREADS);
    if (threads > DEFAULT_MAX_THREADS)
      threads = DEFAULT_MAX_THREADS;
  }
  return threads > MAX_THREADS ? MAX_THREADS : threads;
}

static SsmtPool *
pool_new (uint32_t threads)
{
  SsmtPool *pool = calloc (1, sizeof *pool);

  if (pool == NULL)
    return NULL;
  pool->wanted = threads;
  pool->balance = FIRST_NS;
  pthread_mutex_init (&pool->lock, NULL);
  pthread_cond_init (&pool->wake, NULL);
  pthread_cond_init (&pool->done, NULL);
  start_workers (pool, threads - 1);
  return pool;
}

static void
pool_free (SsmtPool *pool)
{
  pthread_mutex_lock (&pool->lock);
  atomic_store (&pool->quit, true);
  pthread_cond_broadcast (&pool->wake);
  pthread_mutex_unlock (&pool->lock);
  for (uint32_t i = 0; i < pool->workers; i++)
    pthread_join (pool->threads[i], NULL);
  pthread_cond_destroy (&pool->wake);
  pthread_cond_destroy (&pool->done);
  pthread_mutex_destroy (&pool->lock);
  free (pool);
}

SsmtPool *
ssmt_pool_acquire (uint32_t threads)
{
  uint32_t wanted = resolve_threads (threads);
  SsmtPool *pool;

  pthread_mutex_lock (&pools_lock);
  for (pool = pools; pool != NULL && pool->wanted != wanted; pool = pool->next)
    ;
  if (pool == NULL) {
    pool = pool_new (wanted);
    if (pool != NULL) {
      pool->next = pools;
      pools = pool;
    }
  }
  if (pool != NULL)
    pool->users++;
  pthread_mutex_unlock (&pools_lock);
  return pool;
}

void
ssmt_pool_release (SsmtPool *pool)
{
  bool is_last;

  if (pool == NULL)
    return;
  pthread_mutex_lock (&pools_lock);
  is_last = --pool->users == 0;
  for (SsmtPool **link = &pools; is_last && *link; link = &(*link)->next) {
    if (*link == pool) {
      *link = pool->next;
      break;
    }
  }
  pthread_mutex_unlock (&pools_lock);
  if (is_last)
    pool_free (pool);
}

uint32_t
ssmt_pool_threads (const SsmtPool *pool)
{
  return pool->workers + 1;
}
