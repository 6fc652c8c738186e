/* ssmtranslate: devices that are modules, opened on demand
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef SSMT_MODULE_H
#define SSMT_MODULE_H

#include "kernels.h"

/* Opens device `name` by libssmt-NAME.so. NULL: *why then says what was looked for, good until this
 * thread opens another. */
SsmtDevice *ssmt_module_open_device (
    const char *name, uint32_t index, uint32_t threads, const char **why);

#endif /* SSMT_MODULE_H */
