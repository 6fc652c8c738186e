/* ssmtranslate: what the CUDA module offers
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef SSMT_CUDA_DEVICE_H
#define SSMT_CUDA_DEVICE_H

#include "../kernels.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Opens GPU `index`. NULL: *why then says what was looked for and found, good until this
 * thread opens another. */
__attribute__ ((visibility ("default"))) SsmtDevice *ssmt_cuda_device_open (
    uint32_t index, const char **why);

/* The name of the function above, and its type. */
#define SSMT_CUDA_DEVICE_OPEN "ssmt_cuda_device_open"
typedef SsmtDevice *(*SsmtCudaDeviceOpen) (uint32_t index, const char **why);

#ifdef __cplusplus
}
#endif

#endif /* SSMT_CUDA_DEVICE_H */
