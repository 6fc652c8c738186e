/* ssmtranslate: the emulation in the place of the CUDA module
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "kernels/cuda/cuda-device.h"

#include "emulated-device.h"

SsmtDevice *
ssmt_cuda_device_open (uint32_t index, const char **why)
{
  *why = "there is one emulated GPU";
  return index == 0 ? ssmt_emulated_device_open () : nullptr;
}
