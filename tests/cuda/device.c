/* ssmtranslate: checkasm of CUDA's kernels on the CPU
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "emulated-device.h"
#include "../checkasm/checkasm.h"

SsmtDevice *
checkasm_device_open (const char *name, const char **why)
{
  if (strcmp (name, "emulation") == 0)
    return ssmt_emulated_device_open ();
  if (why)
    *why = "this program knows \"emulation\"";
  return NULL;
}
