/* ssmtranslate: memory of the CPU device
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef SSMT_CPU_MEMORY_H
#define SSMT_CPU_MEMORY_H

#include "../host.h"

/* The entries of the device table. */
SsmtBuffer *ssmt_cpu_alloc (SsmtDevice *device, size_t bytes);
SsmtBuffer *ssmt_cpu_wrap (SsmtDevice *device, const void *host, size_t bytes);
void ssmt_cpu_release (SsmtDevice *device, SsmtBuffer *buffer);
void ssmt_cpu_write (SsmtDevice *device, SsmtRef dst, const void *src, size_t bytes);
void ssmt_cpu_read (SsmtDevice *device, void *dst, SsmtRef src, size_t bytes);
void ssmt_cpu_copy (SsmtDevice *device, SsmtRef dst, SsmtRef src, size_t bytes);
void ssmt_cpu_zero (SsmtDevice *device, SsmtRef dst, size_t bytes);

#endif /* SSMT_CPU_MEMORY_H */
