/* ssmtranslate: the CUDA device as a module that is opened on demand
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef SSMT_CUDA_MODULE_H
#define SSMT_CUDA_MODULE_H

#include "kernels.h"

/* NULL: *why then says what was looked for, good until this thread opens another. */
SsmtDevice *ssmt_cuda_module_open_device (uint32_t index, const char **why);

#endif /* SSMT_CUDA_MODULE_H */
