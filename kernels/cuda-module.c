/* ssmtranslate: the CUDA device as a module that is opened on demand
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * So nothing here needs CUDA's libraries. A module that was opened stays: its code is that of
 * devices, and CUDA does not like to be unloaded.
 */
#include "cuda-module.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cuda/cuda-device.h"

#define MODULE "libssmt-cuda.so"

SsmtDevice *
ssmt_cuda_module_open_device (uint32_t index, const char **why)
{
  static _Thread_local char text[400];
  const char *folder = getenv ("SSMT_MODULE_PATH");
  char path[4096];
  SsmtCudaDeviceOpen open;

  if (folder == NULL || *folder == '\0')
    folder = SSMT_MODULE_DIR;
  snprintf (path, sizeof path, "%s/%s", folder, MODULE);
  *why = text;
  void *module = dlopen (path, RTLD_NOW | RTLD_LOCAL);
  if (module == NULL) {
    const char *error = dlerror ();
    snprintf (text, sizeof text, "the CUDA module cannot be loaded: %.300s", error ? error : path);
    return NULL;
  }
  *(void **) (&open) = dlsym (module, SSMT_CUDA_DEVICE_OPEN);
  if (open == NULL) {
    snprintf (text, sizeof text, "%.300s: is no module of this version", path);
    return NULL;
  }
  return open (index, why);
}
