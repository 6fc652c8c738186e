/* ssmtranslate: checkasm of the memory of a device
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "checkasm.h"

static void
run (Rig *rig, const void *data)
{
  const SsmtDeviceOps *ops = rig->device->ops;
  float host[100], back[100];

  (void) data;
  rig_label (rig, "write, copy, zero, wrap, read");
  for (uint32_t i = 0; i < 100; i++)
    host[i] = rig_uniform (rig, -1, 1);
  SsmtRef a = rig_bytes (rig, host, sizeof host), b = rig_pattern (rig, 100);
  ops->copy (rig->device, ssmt_ref_at (b, 40), ssmt_ref_at (a, 4), 200);
  ops->copy (rig->device, ssmt_ref_at (a, 8), ssmt_ref_at (a, 4), 100);
  ops->zero (rig->device, ssmt_ref_at (b, 100), 60);
  ops->zero (rig->device, b, 0);
  rig_keep (rig, a, 100);
  rig_keep (rig, b, 100);

  SsmtBuffer *wrapped = ops->wrap (rig->device, host, sizeof host);
  SsmtBuffer *fresh = ops->alloc (rig->device, sizeof back);
  if (wrapped == NULL || fresh == NULL) {
    rig->broken = true;
    return;
  }
  ops->read (rig->device, back, (SsmtRef){ wrapped, 0 }, sizeof back);
  rig->broken = rig->broken || memcmp (back, host, sizeof back) != 0;
  ops->read (rig->device, back, (SsmtRef){ fresh, 0 }, sizeof back);
  for (uint32_t i = 0; i < 100; i++)
    rig->broken = rig->broken || back[i] != 0;
  ops->release (rig->device, wrapped);
  ops->release (rig->device, fresh);
  ops->release (rig->device, NULL);
}

static void
check (void)
{
  check_case ("memory", run, NULL, 0);
}

const Check check_memory = { check, NULL };
