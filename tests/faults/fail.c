/* ssmtranslate tests: a call of the system that fails, once
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Before the C library in the order of libraries, or preloaded. ssmt_test_fail() says which call fails
 * next; SSMT_TEST_FAIL=CALL:N in the environment does for a program that knows nothing of it. Allocations
 * count that the project makes itself and that may fail: not those of g_malloc(), which ends the program,
 * nor those within libraries, not all of which are ready for it.
 */
#define _GNU_SOURCE
#undef _FILE_OFFSET_BITS /* the names with and without 64 are both to be hidden */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "fail.h"

static _Atomic (const char *) failing;
static atomic_uint left;
static atomic_bool fired;
static bool tells; /* on standard error that it has come to it */

void
ssmt_test_fail (const char *call, unsigned n)
{
  atomic_store (&failing, NULL);
  atomic_store (&fired, false);
  atomic_store (&left, n);
  atomic_store (&failing, call);
}

bool
ssmt_test_has_failed (void)
{
  return atomic_load (&fired);
}

__attribute__ ((constructor)) static void
begin (void)
{
  static char call[32];
  const char *wanted = getenv ("SSMT_TEST_FAIL");
  unsigned n;

  if (wanted == NULL || sscanf (wanted, "%31[^:]:%u", call, &n) != 2)
    return;
  tells = true;
  ssmt_test_fail (call, n);
}

static bool
fails (const char *call, int error)
{
  const char *which = atomic_load (&failing);

  if (which == NULL || strcmp (which, call) != 0 || atomic_fetch_sub (&left, 1) != 1)
    return false;
  atomic_store (&failing, NULL);
  atomic_store (&fired, true);
  if (tells)
    dprintf (STDERR_FILENO, "ssmt-test-fail: %s\n", call);
  errno = error;
  return true;
}

/* Declares `real`, the function that is hidden by the one here. */
#define REAL(name)                                                                                 \
  static __typeof__ (&name) real;                                                                  \
  if (real == NULL)                                                                                \
  *(void **) &real = dlsym (RTLD_NEXT, #name)

/* --- memory -------------------------------------------------------------------- */

/* dlsym() itself allocates. */
extern void *__libc_malloc (size_t bytes);
extern void *__libc_calloc (size_t n, size_t bytes);
extern void *__libc_realloc (void *old, size_t bytes);

/* Whether who allocates is ours, and can do without. */
static bool
memory_fails (const void *caller)
{
  Dl_info info;

  if (atomic_load (&failing) == NULL || dladdr (caller, &info) == 0 || info.dli_fname == NULL)
    return false;
  if (strstr (info.dli_fname, "/libglib-2.0")
          ? info.dli_sname == NULL || strncmp (info.dli_sname, "g_try_", 6) != 0
          : strstr (info.dli_fname, "ssmt") == NULL)
    return false;
  return fails ("malloc", ENOMEM);
}

void *
malloc (size_t bytes)
{
  return memory_fails (__builtin_return_address (0)) ? NULL : __libc_malloc (bytes);
}

void *
calloc (size_t n, size_t bytes)
{
  return memory_fails (__builtin_return_address (0)) ? NULL : __libc_calloc (n, bytes);
}

void *
realloc (void *old, size_t bytes)
{
  return memory_fails (__builtin_return_address (0)) ? NULL : __libc_realloc (old, bytes);
}

/* Only kernels ask for it, and for all that they need. */
void *
aligned_alloc (size_t alignment, size_t bytes)
{
  REAL (aligned_alloc);
  return fails ("aligned_alloc", ENOMEM) ? NULL : real (alignment, bytes);
}

#define MMAP(name, offset_t)                                                                       \
  void *name (void *at, size_t bytes, int protection, int flags, int fd, offset_t offset)          \
  {                                                                                                \
    REAL (name);                                                                                   \
    return fails ("mmap", ENOMEM) ? MAP_FAILED : real (at, bytes, protection, flags, fd, offset);  \
  }
MMAP (mmap, off_t)
MMAP (mmap64, off64_t)

int
pthread_create (pthread_t *thread, const pthread_attr_t *attr, void *(*func) (void *), void *data)
{
  REAL (pthread_create);
  return fails ("pthread_create", EAGAIN) ? EAGAIN : real (thread, attr, func, data);
}

/* --- files --------------------------------------------------------------------- */

static mode_t
mode_of (int flags, va_list list)
{
  return flags & (O_CREAT | O_TMPFILE) ? va_arg (list, mode_t) : 0;
}

#define OPEN(name)                                                                                 \
  int name (const char *path, int flags, ...)                                                      \
  {                                                                                                \
    va_list list;                                                                                  \
    va_start (list, flags);                                                                        \
    mode_t mode = mode_of (flags, list);                                                           \
    va_end (list);                                                                                 \
    REAL (name);                                                                                   \
    return fails ("open", EMFILE) ? -1 : real (path, flags, mode);                                 \
  }
OPEN (open)
OPEN (open64)

#define FOPEN(name)                                                                                \
  FILE *name (const char *path, const char *mode)                                                  \
  {                                                                                                \
    REAL (name);                                                                                   \
    return fails ("open", EMFILE) ? NULL : real (path, mode);                                      \
  }
FOPEN (fopen)
FOPEN (fopen64)

ssize_t
read (int fd, void *to, size_t bytes)
{
  REAL (read);
  return fails ("read", EIO) ? -1 : real (fd, to, bytes);
}

ssize_t
write (int fd, const void *from, size_t bytes)
{
  REAL (write);
  return fails ("write", ENOSPC) ? -1 : real (fd, from, bytes);
}

int
fsync (int fd)
{
  REAL (fsync);
  return fails ("fsync", EIO) ? -1 : real (fd);
}

int
rename (const char *from, const char *to)
{
  REAL (rename);
  return fails ("rename", EIO) ? -1 : real (from, to);
}
