/* ssmtranslate: a few threads for short work
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef SSMT_POOL_H
#define SSMT_POOL_H

#include <stdint.h>

typedef struct SsmtPool SsmtPool;

/* Computes [begin, end) of what `task` describes. */
typedef void (*SsmtPoolFunc) (const void *task, uint32_t begin, uint32_t end);

/* `threads` counts the caller; 0: physical cores, at most 4.  NULL: no memory.
 * Threads that cannot be started are done without.  All who ask for as many threads
 * get the same pool, until the last of them has given it back. */
SsmtPool *ssmt_pool_acquire (uint32_t threads);
void ssmt_pool_release (SsmtPool *pool); /* NULL is allowed */
uint32_t ssmt_pool_threads (const SsmtPool *pool);
/* Physical cores of this process, whatever it takes of them. */
uint32_t ssmt_pool_cores (void);

/* Runs func over [0, count), cut at multiples of `unit`, and returns when all is
 * done.  `cost`: about how many nanoseconds one thread needs for it.  Small work,
 * and work that finds the pool busy, runs on the calling thread alone.  All of it in
 * the standard mode of arithmetic; the caller finds its own as it was. */
void ssmt_pool_run (SsmtPool *pool, SsmtPoolFunc func, const void *task, uint32_t count,
    uint32_t unit, uint64_t cost);

#endif /* SSMT_POOL_H */
