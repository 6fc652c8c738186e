/* ssmtranslate: memory of the CPU device
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "cpu-memory.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#ifdef __linux__
#include <sys/mman.h>
#endif

#define ALIGNMENT 64
#define MANY_BYTES ((size_t) 1 << 18)

/* Large memory comes as pages, of which those that nobody touches never exist, whatever
 * malloc() may be told to do. An address sanitizer sees only what is malloc's. */
static void *
map_pages (size_t bytes)
{
#if defined __linux__ && !defined __SANITIZE_ADDRESS__
  if (bytes >= MANY_BYTES) {
    void *pages = mmap (NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return pages == MAP_FAILED ? NULL : pages;
  }
#endif
  return NULL;
}

SsmtBuffer *
ssmt_cpu_alloc (SsmtDevice *device, size_t bytes)
{
  (void) device;
  if (bytes > SIZE_MAX - ALIGNMENT)
    return NULL;
  SsmtBuffer *buffer = malloc (sizeof *buffer);
  if (buffer == NULL)
    return NULL;
  buffer->data = map_pages (bytes);
  buffer->mapped = buffer->data ? bytes : 0;
  buffer->owned = NULL;
  if (buffer->data)
    return buffer;
  buffer->owned = calloc (1, bytes + ALIGNMENT);
  if (buffer->owned == NULL) {
    free (buffer);
    return NULL;
  }
  uintptr_t address = (uintptr_t) buffer->owned;
  buffer->data = (char *) buffer->owned + (-address & (ALIGNMENT - 1));
  return buffer;
}

SsmtBuffer *
ssmt_cpu_wrap (SsmtDevice *device, const void *host, size_t bytes)
{
  (void) device;
  (void) bytes;
  SsmtBuffer *buffer = malloc (sizeof *buffer);
  if (buffer == NULL)
    return NULL;
  buffer->data = (char *) host; /* read only by contract */
  buffer->owned = NULL;
  buffer->mapped = 0;
  return buffer;
}

void
ssmt_cpu_release (SsmtDevice *device, SsmtBuffer *buffer)
{
  (void) device;
  if (buffer == NULL)
    return;
#ifdef __linux__
  if (buffer->mapped > 0)
    munmap (buffer->data, buffer->mapped);
#endif
  free (buffer->owned);
  free (buffer);
}

void
ssmt_cpu_write (SsmtDevice *device, SsmtRef dst, const void *src, size_t bytes)
{
  (void) device;
  if (bytes > 0)
    memcpy (ssmt_host_at (dst), src, bytes);
}

void
ssmt_cpu_read (SsmtDevice *device, void *dst, SsmtRef src, size_t bytes)
{
  (void) device;
  if (bytes > 0)
    memcpy (dst, ssmt_host_at (src), bytes);
}

void
ssmt_cpu_copy (SsmtDevice *device, SsmtRef dst, SsmtRef src, size_t bytes)
{
  (void) device;
  if (bytes > 0)
    memmove (ssmt_host_at (dst), ssmt_host_at (src), bytes);
}

void
ssmt_cpu_zero (SsmtDevice *device, SsmtRef dst, size_t bytes)
{
  (void) device;
  if (bytes > 0)
    memset (ssmt_host_at (dst), 0, bytes);
}
