/* ssmtranslate tests: functions in front of a library's, for ThreadSanitizer
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef TSAN_NEXT_H
#define TSAN_NEXT_H

#include <dlfcn.h>
#include <stddef.h>

/* What is done before a release of the address happens before what follows an acquire. */
void __tsan_acquire (void *address);
void __tsan_release (void *address);
void __tsan_write_range (void *address, long size);

/* Declares `next`, the library's own function of the name. */
#define NEXT(name)                                                                                 \
  static __typeof__ (&name) next;                                                                  \
  if (__atomic_load_n (&next, __ATOMIC_RELAXED) == NULL)                                           \
  __atomic_store_n (&next, (__typeof__ (&name)) dlsym (RTLD_NEXT, #name), __ATOMIC_RELAXED)

#endif /* TSAN_NEXT_H */
