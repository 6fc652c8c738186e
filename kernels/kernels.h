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

/* Opens a device by name: one of devices.def, as "cpu", "cuda" (the first GPU) or "cuda:N", or
 * "auto", the first of them that can be opened (device->note then says why no earlier one). NULL:
 * unknown name or it cannot be opened; *why then is a text that says what was looked for, good until
 * this thread opens another. Modules, libssmt-NAME.so, are looked for in the folder that the
 * environment variable SSMT_MODULE_PATH names, else where they were installed.
 *
 * threads == 0: physical cores, at most 4. A CPU's instruction set is chosen by what it can do; the
 * environment variable SSMT_CPU names a lower one (for tests; docs/kernels.md). A device may be used from many
 * threads at once: an operation that finds the CPU's pool busy runs on its caller's thread alone. */
SsmtDevice *ssmt_device_open (const char *name, uint32_t threads, const char **why);
/* What may stand for a name, for people. */
extern const char ssmt_device_names[];

/* How each device opens the `index`th of its kind; NULL: *why says what was looked for and found, good
 * until this thread opens another. */
typedef SsmtDevice *SsmtDeviceOpen (uint32_t index, uint32_t threads, const char **why);
#define DEVICE(name) SsmtDeviceOpen ssmt_device_open_##name;
#define MODULE_DEVICE(name)                                                                        \
  __attribute__ ((visibility ("default"))) SsmtDeviceOpen ssmt_device_open_##name;
#include "devices.def"

void ssmt_device_close (SsmtDevice *); /* NULL is allowed */

#ifdef __cplusplus
}
#endif

#endif /* SSMT_KERNELS_H */
