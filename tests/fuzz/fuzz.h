/* ssmtranslate tests: what a fuzzer calls
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef FUZZ_H
#define FUZZ_H

#include <stddef.h>
#include <stdint.h>

/* Takes any bytes; anything but a return is a fault. */
int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);

#endif /* FUZZ_H */
