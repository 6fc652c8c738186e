/* ssmtranslate tests: a call of the system that fails, once
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef SSMT_TEST_FAIL_H
#define SSMT_TEST_FAIL_H

#include <stdbool.h>

/* What can fail: "malloc", "aligned_alloc", "mmap", "pthread_create", "open", "read", "write", "fsync",
 * "rename". */

/* The n-th such call from now on fails, counted from 1; `call` NULL: none does. */
void ssmt_test_fail (const char *call, unsigned n);
/* Whether it has come to that. */
bool ssmt_test_has_failed (void);

#endif /* SSMT_TEST_FAIL_H */
