/* ssmtranslate: devices and what they compute
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef SSMT_KERNELS_H
#define SSMT_KERNELS_H

#include "contract.h"
#include "ops.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The CPU device; never fails but for memory (NULL).  threads == 0: physical
 * cores, at most 4.  Variants are chosen once by what the CPU can do; the
 * environment variable SSMT_CPU=c|avx2|avx512 lowers the choice (for tests).
 * A device may be used from many threads at once: an operation that finds the
 * pool busy runs on its caller's thread alone. */
SsmtDevice *ssmt_cpu_device_open (uint32_t threads);

/* Opens a device by name: "cpu", "cuda" (the first GPU), "cuda:N", or "auto", which is "cuda"
 * where it can be opened and "cpu" otherwise (then device->note says why). NULL: unknown name
 * or it cannot be opened; *why then is a text that says what was looked for, good until this
 * thread opens another. CUDA is a module, libssmt-cuda.so, looked for in the folder that the
 * environment variable SSMT_MODULE_PATH names, else where it was installed. */
SsmtDevice *ssmt_device_open (const char *name, uint32_t threads, const char **why);
void ssmt_device_close (SsmtDevice *); /* NULL is allowed */

#ifdef __cplusplus
}
#endif

#endif /* SSMT_KERNELS_H */
