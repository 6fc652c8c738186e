/* ssmt bench: what a device other than the CPU can do, by its own operations
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "engine/cli/bench.h"

typedef struct {
  SsmtDevice *device;
  SsmtBuffer *from, *to;
  gsize bytes;
  SsmtMatrix matrix;
  guint32 rows;
} Rig;

typedef void (*Work) (const Rig *rig);

static void
copy (const Rig *rig)
{
  rig->device->ops->copy (
      rig->device, (SsmtRef){ rig->to, 0 }, (SsmtRef){ rig->from, 0 }, rig->bytes);
}

static void
multiply (const Rig *rig)
{
  const SsmtLinearOp op = { .weight = &rig->matrix,
    .x = { rig->from, 0 },
    .out = { rig->to, 0 },
    .rows = rig->rows,
    .x_stride = rig->matrix.cols,
    .out_stride = rig->matrix.rows };

  rig->device->ops->linear (rig->device, &op);
}

/* Calls a second, the best of series that wait once at their end. */
static double
rate_of (const Rig *rig, Work work, double seconds)
{
  const guint series = 8;
  gint64 start;
  double best = 0;

  work (rig); /* what grows on first use has grown */
  rig->device->ops->wait (rig->device);
  start = g_get_monotonic_time ();
  do {
    gint64 before = g_get_monotonic_time ();

    for (guint i = 0; i < series; i++)
      work (rig);
    if (rig->device->ops->wait (rig->device) != 0)
      return 0;
    best = MAX (best, 1e6 * series / MAX (g_get_monotonic_time () - before, 1));
  } while (g_get_monotonic_time () - start < 1e6 * seconds);
  return best;
}

static gboolean
no_memory (SsmtDevice *device, GError **error)
{
  g_set_error (error, SSMT_ERROR, SSMT_ERROR_DEVICE, "%s: no memory left to measure it",
      device->description);
  return FALSE;
}

gboolean
bench_device_copy_rate (
    SsmtDevice *device, gsize bytes, double seconds, double *rate, GError **error)
{
  Rig rig = { .device = device, .bytes = bytes };

  rig.from = device->ops->alloc (device, bytes);
  rig.to = device->ops->alloc (device, bytes);
  if (rig.from && rig.to)
    *rate = 2.0 * bytes * rate_of (&rig, copy, seconds);
  device->ops->release (device, rig.from);
  device->ops->release (device, rig.to);
  return rig.from && rig.to ? TRUE : no_memory (device, error);
}

gboolean
bench_device_matrix_rate (
    SsmtDevice *device, SsmtDType dtype, guint size, double seconds, double *rate, GError **error)
{
  const SsmtDeviceOps *ops = device->ops;
  gsize floats = (gsize) size * size * sizeof (float);
  Rig rig = {
    .device = device, .rows = size, .matrix = { .dtype = dtype, .rows = size, .cols = size }
  };
  SsmtBuffer *weight = ops->alloc (device, size * ssmt_row_bytes (dtype, size));
  SsmtBuffer *scales =
      ops->alloc (device, size * MAX (ssmt_row_scales (dtype, size), 1) * sizeof (float));
  gboolean good;

  rig.from = ops->alloc (device, floats);
  rig.to = ops->alloc (device, floats);
  rig.matrix.data.buffer = weight;
  rig.matrix.scales.buffer = scales;
  good = weight && scales && rig.from && rig.to && ops->bind_matrix (device, &rig.matrix);
  if (good) {
    *rate = (double) size * size * size * rate_of (&rig, multiply, seconds);
    ops->unbind_matrix (device, &rig.matrix);
  }
  ops->release (device, rig.from);
  ops->release (device, rig.to);
  ops->release (device, weight);
  ops->release (device, scales);
  return good || no_memory (device, error);
}
