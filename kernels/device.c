/* ssmtranslate: opening a device by name
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "kernels.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cuda-module.h"

/* "cuda" or "cuda:N". */
static bool
parse_cuda (const char *name, uint32_t *index)
{
  char *end;

  *index = 0;
  if (strcmp (name, "cuda") == 0)
    return true;
  if (strncmp (name, "cuda:", 5) != 0 || name[5] < '0' || name[5] > '9')
    return false;
  unsigned long value = strtoul (name + 5, &end, 10);
  *index = (uint32_t) value;
  return *end == '\0' && value < 1024;
}

static SsmtDevice *
open_cpu (uint32_t threads, const char **why)
{
  *why = "no memory left for the CPU device";
  return ssmt_cpu_device_open (threads);
}

static SsmtDevice *
open_best (uint32_t threads, const char **why)
{
  const char *reason = NULL;
  SsmtDevice *device = ssmt_cuda_module_open_device (0, &reason);

  if (device)
    return device;
  device = open_cpu (threads, why);
  if (device && reason)
    snprintf (device->note, sizeof device->note, "%s", reason);
  return device;
}

SsmtDevice *
ssmt_device_open (const char *name, uint32_t threads, const char **why)
{
  const char *ignored;
  uint32_t index;

  why = why ? why : &ignored;
  if (name == NULL || strcmp (name, "auto") == 0)
    return open_best (threads, why);
  if (strcmp (name, "cpu") == 0)
    return open_cpu (threads, why);
  if (parse_cuda (name, &index))
    return ssmt_cuda_module_open_device (index, why);
  *why = "there is no such device; known are \"auto\", \"cpu\", \"cuda\" and \"cuda:N\"";
  return NULL;
}

void
ssmt_device_close (SsmtDevice *device)
{
  if (device)
    device->ops->close (device);
}
