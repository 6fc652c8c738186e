/* ssmtranslate tests: GLib's locks, in a way that ThreadSanitizer sees
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A distribution's GLib is not instrumented: its mutexes and conditions are futexes,
 * its references atomic operations inside the library, and two threads that meet in
 * them race, as far as ThreadSanitizer can tell. A program's own definitions come
 * before a library's, also for calls from other libraries, so that linking this file
 * puts pthread's locks, which the sanitizer knows, under our code and GStreamer's. GLib's
 * calls to itself stay what they are: it locks nothing that others lock, too.
 *
 * Where the sanitizer has to be told: what is done before an object's reference is given
 * up happens before the object is finalized.
 */
#define _GNU_SOURCE
#include "tsan-next.h"

#include <errno.h>
#include <glib-object.h>
#include <malloc.h>
#include <pthread.h>
#include <stdlib.h>
#include <time.h>

static void
must_be_zero (int error)
{
  if (error != 0)
    abort ();
}

/* What a lock of zeros or of g_*_init points to; made by who comes first. */
static gpointer
get_impl (gpointer *place, gsize size, void (*init) (gpointer impl))
{
  gpointer impl = __atomic_load_n (place, __ATOMIC_ACQUIRE), nothing = NULL;

  if (impl != NULL)
    return impl;
  impl = calloc (1, size);
  init (impl);
  if (__atomic_compare_exchange_n (
          place, &nothing, impl, FALSE, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
    return impl;
  free (impl);
  return nothing;
}

/* --- mutexes ------------------------------------------------------------------ */

static void
init_mutex_impl (gpointer impl)
{
  must_be_zero (pthread_mutex_init (impl, NULL));
}

static pthread_mutex_t *
mutex_impl (GMutex *mutex)
{
  return get_impl (&mutex->p, sizeof (pthread_mutex_t), init_mutex_impl);
}

void
g_mutex_init (GMutex *mutex)
{
  mutex->p = NULL;
}

void
g_mutex_clear (GMutex *mutex)
{
  if (mutex->p != NULL)
    must_be_zero (pthread_mutex_destroy (mutex->p));
  free (mutex->p);
  mutex->p = NULL;
}

void
g_mutex_lock (GMutex *mutex)
{
  must_be_zero (pthread_mutex_lock (mutex_impl (mutex)));
}

gboolean
g_mutex_trylock (GMutex *mutex)
{
  return pthread_mutex_trylock (mutex_impl (mutex)) == 0;
}

void
g_mutex_unlock (GMutex *mutex)
{
  must_be_zero (pthread_mutex_unlock (mutex_impl (mutex)));
}

/* GStreamer's state and stream locks, which core takes in either order: a monitor has
 * the same edges and is no lock in the eyes of the search for deadlocks. */
typedef struct {
  pthread_mutex_t lock;
  pthread_cond_t unlocked;
  pthread_t owner;
  guint depth; /* 0: nobody owns it */
} RecMutex;

static void
init_rec_mutex_impl (gpointer impl)
{
  RecMutex *self = impl;

  must_be_zero (pthread_mutex_init (&self->lock, NULL));
  must_be_zero (pthread_cond_init (&self->unlocked, NULL));
}

static RecMutex *
rec_mutex_impl (GRecMutex *mutex)
{
  return get_impl (&mutex->p, sizeof (RecMutex), init_rec_mutex_impl);
}

void
g_rec_mutex_init (GRecMutex *mutex)
{
  mutex->p = NULL;
}

void
g_rec_mutex_clear (GRecMutex *mutex)
{
  RecMutex *self = mutex->p;

  mutex->p = NULL;
  if (self == NULL)
    return;
  must_be_zero (pthread_mutex_destroy (&self->lock));
  must_be_zero (pthread_cond_destroy (&self->unlocked));
  free (self);
}

static gboolean
rec_mutex_take (RecMutex *self, gboolean wait)
{
  gboolean taken;

  must_be_zero (pthread_mutex_lock (&self->lock));
  while (wait && self->depth > 0 && self->owner != pthread_self ())
    must_be_zero (pthread_cond_wait (&self->unlocked, &self->lock));
  taken = self->depth == 0 || self->owner == pthread_self ();
  if (taken) {
    self->owner = pthread_self ();
    self->depth++;
  }
  must_be_zero (pthread_mutex_unlock (&self->lock));
  return taken;
}

void
g_rec_mutex_lock (GRecMutex *mutex)
{
  rec_mutex_take (rec_mutex_impl (mutex), TRUE);
}

gboolean
g_rec_mutex_trylock (GRecMutex *mutex)
{
  return rec_mutex_take (rec_mutex_impl (mutex), FALSE);
}

void
g_rec_mutex_unlock (GRecMutex *mutex)
{
  RecMutex *self = rec_mutex_impl (mutex);

  must_be_zero (pthread_mutex_lock (&self->lock));
  if (--self->depth == 0)
    pthread_cond_signal (&self->unlocked);
  must_be_zero (pthread_mutex_unlock (&self->lock));
}

/* --- readers and writers -------------------------------------------------------- */

static void
init_rw_lock_impl (gpointer impl)
{
  must_be_zero (pthread_rwlock_init (impl, NULL));
}

static pthread_rwlock_t *
rw_lock_impl (GRWLock *lock)
{
  return get_impl (&lock->p, sizeof (pthread_rwlock_t), init_rw_lock_impl);
}

void
g_rw_lock_init (GRWLock *lock)
{
  lock->p = NULL;
}

void
g_rw_lock_clear (GRWLock *lock)
{
  if (lock->p != NULL)
    must_be_zero (pthread_rwlock_destroy (lock->p));
  free (lock->p);
  lock->p = NULL;
}

void
g_rw_lock_writer_lock (GRWLock *lock)
{
  must_be_zero (pthread_rwlock_wrlock (rw_lock_impl (lock)));
}

gboolean
g_rw_lock_writer_trylock (GRWLock *lock)
{
  return pthread_rwlock_trywrlock (rw_lock_impl (lock)) == 0;
}

void
g_rw_lock_writer_unlock (GRWLock *lock)
{
  must_be_zero (pthread_rwlock_unlock (rw_lock_impl (lock)));
}

void
g_rw_lock_reader_lock (GRWLock *lock)
{
  must_be_zero (pthread_rwlock_rdlock (rw_lock_impl (lock)));
}

gboolean
g_rw_lock_reader_trylock (GRWLock *lock)
{
  return pthread_rwlock_tryrdlock (rw_lock_impl (lock)) == 0;
}

void
g_rw_lock_reader_unlock (GRWLock *lock)
{
  must_be_zero (pthread_rwlock_unlock (rw_lock_impl (lock)));
}

/* --- conditions ----------------------------------------------------------------- */

static void
init_cond_impl (gpointer impl)
{
  pthread_condattr_t attr;

  pthread_condattr_init (&attr);
  pthread_condattr_setclock (&attr, CLOCK_MONOTONIC);
  must_be_zero (pthread_cond_init (impl, &attr));
  pthread_condattr_destroy (&attr);
}

static pthread_cond_t *
cond_impl (GCond *cond)
{
  return get_impl (&cond->p, sizeof (pthread_cond_t), init_cond_impl);
}

void
g_cond_init (GCond *cond)
{
  cond->p = NULL;
}

void
g_cond_clear (GCond *cond)
{
  if (cond->p != NULL)
    must_be_zero (pthread_cond_destroy (cond->p));
  free (cond->p);
  cond->p = NULL;
}

void
g_cond_wait (GCond *cond, GMutex *mutex)
{
  must_be_zero (pthread_cond_wait (cond_impl (cond), mutex_impl (mutex)));
}

gboolean
g_cond_wait_until (GCond *cond, GMutex *mutex, gint64 end_time)
{
  struct timespec end = { end_time / G_TIME_SPAN_SECOND, end_time % G_TIME_SPAN_SECOND * 1000 };
  int error = pthread_cond_timedwait (cond_impl (cond), mutex_impl (mutex), &end);

  if (error != ETIMEDOUT)
    must_be_zero (error);
  return error == 0;
}

void
g_cond_signal (GCond *cond)
{
  must_be_zero (pthread_cond_signal (cond_impl (cond)));
}

void
g_cond_broadcast (GCond *cond)
{
  must_be_zero (pthread_cond_broadcast (cond_impl (cond)));
}

/* --- what is done once ------------------------------------------------------------ */

/* The location is read with an atomic operation in our own code. */
void (g_once_init_leave) (volatile void *location, gsize result)
{
  NEXT (g_once_init_leave);
  __tsan_release ((void *) location);
  next (location, result);
}

gboolean (g_once_init_enter) (volatile void *location)
{
  gboolean first;

  NEXT (g_once_init_enter);
  first = next (location);
  __tsan_acquire ((void *) location);
  return first;
}

/* --- references -------------------------------------------------------------------- */

void (g_object_unref) (gpointer data)
{
  GObject *object = data;

  NEXT (g_object_unref);
  __tsan_release (object);
  if (g_atomic_int_get (&object->ref_count) == 1)
    __tsan_acquire (object);
  next (object);
}

/* Unrefs within libgobject, which the above does not see. */
void
g_value_unset (GValue *value)
{
  GObject *object = NULL;

  NEXT (g_value_unset);
  if (G_IS_VALUE (value) && G_VALUE_HOLDS_OBJECT (value))
    object = g_value_dup_object (value);
  next (value);
  if (object != NULL)
    g_object_unref (object);
}

/* --- queues ---------------------------------------------------------------------------- */

/* Their lock is inside GLib. */
void
g_async_queue_push (GAsyncQueue *queue, gpointer data)
{
  NEXT (g_async_queue_push);
  __tsan_release (queue);
  next (queue, data);
}

gpointer
g_async_queue_pop (GAsyncQueue *queue)
{
  gpointer data;

  NEXT (g_async_queue_pop);
  data = next (queue);
  __tsan_acquire (queue);
  return data;
}

gpointer
g_async_queue_try_pop (GAsyncQueue *queue)
{
  gpointer data;

  NEXT (g_async_queue_try_pop);
  data = next (queue);
  __tsan_acquire (queue);
  return data;
}

gpointer
g_async_queue_timeout_pop (GAsyncQueue *queue, guint64 timeout)
{
  gpointer data;

  NEXT (g_async_queue_timeout_pop);
  data = next (queue, timeout);
  __tsan_acquire (queue);
  return data;
}

/* --- memory -------------------------------------------------------------------------- */

extern char __executable_start, etext;

/* The sanitizer is told to look away from what libraries free, see sanitize.sh; what our
 * own code frees counts as written. */
void (g_free) (gpointer memory)
{
  char *caller = __builtin_return_address (0);

  NEXT (g_free);
  if (memory != NULL && caller >= &__executable_start && caller < &etext)
    __tsan_write_range (memory, malloc_usable_size (memory));
  next (memory);
}
