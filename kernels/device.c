/* ssmtranslate: opening a device by name
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "kernels.h"

#include <string.h>

SsmtDevice *
ssmt_device_open (const char *name, uint32_t threads, const char **why)
{
  const char *reason = NULL;
  SsmtDevice *device = NULL;

  if (name == NULL || strcmp (name, "auto") == 0 || strcmp (name, "cpu") == 0) {
    device = ssmt_cpu_device_open (threads);
    if (device == NULL)
      reason = "no memory left for the CPU device";
  } else {
    reason = "unknown device name; known are \"auto\" and \"cpu\"";
  }
  if (why)
    *why = reason;
  return device;
}

void
ssmt_device_close (SsmtDevice *device)
{
  if (device)
    device->ops->close (device);
}
