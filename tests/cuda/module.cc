/* ssmtranslate: the emulation in the place of the CUDA module
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "emulated-device.h"

SsmtDevice *
ssmt_device_open_cuda (uint32_t index, uint32_t threads, const char **why)
{
  *why = "there is one emulated GPU";
  return index == 0 ? ssmt_emulated_device_open () : nullptr;
}
