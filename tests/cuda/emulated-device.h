/* ssmtranslate: a device of CUDA's kernels on the CPU
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef SSMT_EMULATED_DEVICE_H
#define SSMT_EMULATED_DEVICE_H

#include "kernels/kernels.h"

#ifdef __cplusplus
extern "C"
#endif
    SsmtDevice *
    ssmt_emulated_device_open (void);

#endif /* SSMT_EMULATED_DEVICE_H */
