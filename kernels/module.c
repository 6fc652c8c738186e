/* ssmtranslate: devices that are modules, opened on demand
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * So nothing here needs their libraries. A module that was opened stays: its code is that of
 * devices, and CUDA does not like to be unloaded.
 */
#define _GNU_SOURCE
#include "module.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

SsmtDevice *
ssmt_module_open_device (const char *name, uint32_t index, uint32_t threads, const char **why)
{
  static _Thread_local char text[400];
  /* code of the folder is run: not where a user lends a program more than its own rights, nor from
   * wherever a program happens to stand */
  const char *folder = secure_getenv ("SSMT_MODULE_PATH");
  char path[4096], symbol[64];
  SsmtDeviceOpen *open;

  if (folder == NULL || *folder != '/')
    folder = SSMT_MODULE_DIR;
  snprintf (path, sizeof path, "%s/libssmt-%s.so", folder, name);
  snprintf (symbol, sizeof symbol, "ssmt_device_open_%s", name);
  *why = text;
  if (access (path, F_OK) != 0) {
    snprintf (text, sizeof text, "no module %.300s is installed", path);
    return NULL;
  }
  void *module = dlopen (path, RTLD_NOW | RTLD_LOCAL);
  if (module == NULL) {
    const char *error = dlerror ();
    snprintf (text, sizeof text, "the module of \"%s\" cannot be loaded: %.300s", name,
        error ? error : path);
    return NULL;
  }
  *(void **) (&open) = dlsym (module, symbol);
  if (open == NULL) {
    snprintf (text, sizeof text, "%.300s: is no module of this version", path);
    return NULL;
  }
  return open (index, threads, why);
}
