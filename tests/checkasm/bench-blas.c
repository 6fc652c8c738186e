/* ssmtranslate: our matrix products beside OpenBLAS, both sides in one run
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Prints GFLOP/s (one thread each, the best of several interleaved repeats).
 * Run with OPENBLAS_NUM_THREADS=1.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <cblas.h>

#include "kernels/kernels.h"

#define REPEATS 15

static double
seconds (void)
{
  struct timespec t;

  clock_gettime (CLOCK_MONOTONIC, &t);
  return t.tv_sec + t.tv_nsec * 1e-9;
}

typedef struct {
  SsmtDevice *device;
  uint32_t rows, outputs, inputs;
  SsmtRef x, out;
  const float *host_x, *host_w;
  float *host_out;
} Case;

/* A weight of that dtype; its content does not matter for the time. */
static SsmtMatrix
make_matrix (const Case *c, SsmtDType dtype)
{
  const SsmtDeviceOps *ops = c->device->ops;
  SsmtMatrix m = { .dtype = dtype, .rows = c->outputs, .cols = c->inputs };

  m.data.buffer = ops->alloc (c->device, c->outputs * ssmt_row_bytes (dtype, c->inputs));
  if (ssmt_row_scales (dtype, c->inputs) > 0)
    m.scales.buffer =
        ops->alloc (c->device, c->outputs * ssmt_row_scales (dtype, c->inputs) * sizeof (float));
  if (dtype == SSMT_DTYPE_F32)
    ops->write (c->device, m.data, c->host_w, (size_t) c->outputs * c->inputs * sizeof (float));
  ops->bind_matrix (c->device, &m);
  return m;
}

static double
time_ours (const Case *c, const SsmtMatrix *m)
{
  double begin = seconds ();

  c->device->ops->linear (c->device,
      &(SsmtLinearOp){ .weight = m,
          .x = c->x,
          .out = c->out,
          .rows = c->rows,
          .x_stride = c->inputs,
          .out_stride = c->outputs });
  c->device->ops->wait (c->device);
  return seconds () - begin;
}

static double
time_blas (const Case *c)
{
  double begin = seconds ();

  cblas_sgemm (CblasRowMajor, CblasNoTrans, CblasTrans, c->rows, c->outputs, c->inputs, 1.0f,
      c->host_x, c->inputs, c->host_w, c->inputs, 0.0f, c->host_out, c->outputs);
  return seconds () - begin;
}

static void
bench (SsmtDevice *device, uint32_t rows, uint32_t outputs, uint32_t inputs)
{
  static const SsmtDType dtypes[] = { SSMT_DTYPE_F32, SSMT_DTYPE_BF16, SSMT_DTYPE_I8,
    SSMT_DTYPE_Q4 };
  size_t nx = (size_t) rows * inputs, nw = (size_t) outputs * inputs;
  float *x = malloc (nx * sizeof *x), *w = malloc (nw * sizeof *w);
  float *out = malloc ((size_t) rows * outputs * sizeof *out);
  Case c = { device, rows, outputs, inputs, .host_x = x, .host_w = w, .host_out = out };
  double best[5] = { 1e9, 1e9, 1e9, 1e9, 1e9 };
  SsmtMatrix matrices[4];

  for (size_t i = 0; i < nx; i++)
    x[i] = (float) rand () / RAND_MAX - 0.5f;
  for (size_t i = 0; i < nw; i++)
    w[i] = (float) rand () / RAND_MAX - 0.5f;
  c.x.buffer = device->ops->alloc (device, nx * sizeof (float));
  c.out.buffer = device->ops->alloc (device, (size_t) rows * outputs * sizeof (float));
  device->ops->write (device, c.x, x, nx * sizeof (float));
  for (int d = 0; d < 4; d++)
    matrices[d] = make_matrix (&c, dtypes[d]);
  for (int r = 0; r < REPEATS; r++) {
    for (int d = 0; d < 5; d++) {
      double t = d < 4 ? time_ours (&c, &matrices[d]) : time_blas (&c);

      best[d] = t < best[d] ? t : best[d];
    }
  }
  double flop = 2e-9 * rows * outputs * inputs;
  printf ("| %4u | %5u x %4u | %7.1f | %7.1f | %7.1f | %7.1f | %7.1f |\n", rows, outputs, inputs,
      flop / best[0], flop / best[1], flop / best[2], flop / best[3], flop / best[4]);
  for (int d = 0; d < 4; d++) {
    device->ops->unbind_matrix (device, &matrices[d]);
    device->ops->release (device, matrices[d].data.buffer);
    device->ops->release (device, matrices[d].scales.buffer);
  }
  device->ops->release (device, c.x.buffer);
  device->ops->release (device, c.out.buffer);
  free (x);
  free (w);
  free (out);
}

int
main (void)
{
  static const uint32_t rows[] = { 1, 8, 16, 64, 256 };
  static const uint32_t shapes[][2] = { { 1048, 256 }, { 8192, 256 }, { 2560, 640 },
    { 640, 1280 } };
  SsmtDevice *device = ssmt_device_open ("cpu", 1, NULL);

  if (device == NULL)
    return 1;
  printf ("%s\n\n| rows | weight | F32 | BF16 | I8 | Q4 | OpenBLAS F32 |\n"
          "|---|---|---|---|---|---|---|\n",
      device->description);
  for (size_t s = 0; s < sizeof shapes / sizeof *shapes; s++) {
    for (size_t r = 0; r < sizeof rows / sizeof *rows; r++)
      bench (device, rows[r], shapes[s][0], shapes[s][1]);
  }
  ssmt_device_close (device);
  return 0;
}
