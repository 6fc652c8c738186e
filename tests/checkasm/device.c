/* ssmtranslate: the devices that checkasm knows
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "checkasm.h"

SsmtDevice *
checkasm_device_open (const char *name, const char **why)
{
  return ssmt_device_open (name, 1, why);
}
