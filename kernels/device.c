/* ssmtranslate: opening a device by name
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "kernels.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "module.h"

typedef struct {
  const char *name;
  SsmtDeviceOpen *open; /* NULL: in a module */
} Kind;

static const Kind kinds[] = {
#define DEVICE(name) { #name, ssmt_device_open_##name },
#define MODULE_DEVICE(name) { #name, NULL },
#include "devices.def"
};

#define N_KINDS (sizeof kinds / sizeof kinds[0])

const char ssmt_device_names[] = "auto (default)"
#define DEVICE(name) ", " #name
#define MODULE_DEVICE(name) ", " #name ", " #name ":N"
#include "devices.def"
    ;

static SsmtDevice *
open_kind (const Kind *kind, uint32_t index, uint32_t threads, const char **why)
{
  return kind->open ? kind->open (index, threads, why)
                    : ssmt_module_open_device (kind->name, index, threads, why);
}

/* Is it "NAME", or of a module "NAME:N"? */
static bool
kind_is_meant (const Kind *kind, const char *text, uint32_t *index)
{
  size_t length = strlen (kind->name);
  char *end;

  *index = 0;
  if (strncmp (text, kind->name, length) != 0)
    return false;
  text += length;
  if (*text == '\0')
    return true;
  if (kind->open || text[0] != ':' || text[1] < '0' || text[1] > '9')
    return false;
  unsigned long value = strtoul (text + 1, &end, 10);
  *index = (uint32_t) value;
  return *end == '\0' && value < 1024;
}

static SsmtDevice *
open_best (uint32_t threads, const char **why)
{
  char note[sizeof ((SsmtDevice *) NULL)->note] = "";

  for (size_t i = 0; i < N_KINDS; i++) {
    SsmtDevice *device = open_kind (&kinds[i], 0, threads, why);
    size_t length = strlen (note);

    if (device) {
      memcpy (device->note, note, sizeof note);
      return device;
    }
    snprintf (note + length, sizeof note - length, "%s%s", length ? "; " : "", *why);
  }
  return NULL;
}

SsmtDevice *
ssmt_device_open (const char *name, uint32_t threads, const char **why)
{
  static _Thread_local char text[160];
  const char *ignored;
  uint32_t index;

  why = why ? why : &ignored;
  if (name == NULL || strcmp (name, "auto") == 0)
    return open_best (threads, why);
  for (size_t i = 0; i < N_KINDS; i++)
    if (kind_is_meant (&kinds[i], name, &index))
      return open_kind (&kinds[i], index, threads, why);
  snprintf (text, sizeof text, "there is no such device; known are: %s", ssmt_device_names);
  *why = text;
  return NULL;
}

void
ssmt_device_close (SsmtDevice *device)
{
  if (device)
    device->ops->close (device);
}
