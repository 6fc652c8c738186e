/* ssmtranslate: a device of CUDA's kernels on the CPU
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "emulated-device.h"

#include <cerrno>

#include "kernels/cuda/cuda-ops.h"

static CudaDevice *
cuda_of (SsmtDevice *device)
{
  return reinterpret_cast<CudaDevice *> (device);
}

thread_local bool ssmt_cuda_is_short_of_memory;

void
ssmt_cuda_check (CudaDevice *device, cudaError_t error)
{
  if (device->error == cudaSuccess)
    device->error = error;
}

void *
ssmt_cuda_scratch (CudaDevice *device, size_t bytes)
{
  if (bytes > device->scratch_bytes) {
    free (device->scratch);
    device->scratch = malloc (bytes);
    device->scratch_bytes = bytes;
  }
  return device->scratch;
}

void
ssmt_cuda_gemm (CudaDevice *, const int8_t *weight, const int8_t *x, uint32_t x_stride,
    uint32_t rows, uint32_t outputs, uint32_t inputs, int32_t *out)
{
  for (uint32_t r = 0; r < rows; r++)
    for (uint32_t o = 0; o < outputs; o++) {
      int32_t sum = 0;

      for (uint32_t i = 0; i < inputs; i++)
        sum += weight[(size_t) o * inputs + i] * x[(size_t) r * x_stride + i];
      out[(size_t) r * outputs + o] = sum;
    }
}

/* --- memory -------------------------------------------------------------------- */

static SsmtBuffer *
emulated_alloc (SsmtDevice *, size_t bytes)
{
  SsmtBuffer *buffer = new SsmtBuffer;

  buffer->data = aligned_alloc (256, (bytes + 256) / 256 * 256);
  buffer->bytes = bytes;
  memset (buffer->data, 0, bytes);
  return buffer;
}

static void
emulated_write (SsmtDevice *, SsmtRef to, const void *from, size_t bytes)
{
  if (bytes > 0)
    memcpy (ssmt_cuda_at<void> (to), from, bytes);
}

static SsmtBuffer *
emulated_wrap (SsmtDevice *device, const void *host, size_t bytes)
{
  SsmtBuffer *buffer = emulated_alloc (device, bytes);

  emulated_write (device, SsmtRef{ buffer, 0 }, host, bytes);
  return buffer;
}

static void
emulated_release (SsmtDevice *, SsmtBuffer *buffer)
{
  if (buffer)
    free (buffer->data);
  delete buffer;
}

static void
emulated_read (SsmtDevice *, void *to, SsmtRef from, size_t bytes)
{
  if (bytes > 0)
    memcpy (to, ssmt_cuda_at<void> (from), bytes);
}

static void
emulated_copy (SsmtDevice *, SsmtRef to, SsmtRef from, size_t bytes)
{
  if (bytes > 0)
    memmove (ssmt_cuda_at<void> (to), ssmt_cuda_at<void> (from), bytes);
}

static void
emulated_zero (SsmtDevice *, SsmtRef to, size_t bytes)
{
  if (bytes > 0)
    memset (ssmt_cuda_at<void> (to), 0, bytes);
}

static int
emulated_wait (SsmtDevice *device)
{
  return cuda_of (device)->error == cudaSuccess ? 0 : EIO;
}

static bool
emulated_bind (SsmtDevice *, SsmtMatrix *matrix)
{
  matrix->derived = SsmtRef{ nullptr, 0 };
  return true;
}

static void
emulated_unbind (SsmtDevice *, SsmtMatrix *)
{
}

static void
emulated_close (SsmtDevice *device)
{
  free (cuda_of (device)->scratch);
  delete cuda_of (device);
}

SsmtDevice *
ssmt_emulated_device_open (void)
{
  static SsmtDeviceOps ops;
  CudaDevice *device = new CudaDevice ();
  pthread_mutexattr_t recursive;

  ops.alloc = emulated_alloc;
  ops.wrap = emulated_wrap;
  ops.release = emulated_release;
  ops.write = emulated_write;
  ops.read = emulated_read;
  ops.copy = emulated_copy;
  ops.zero = emulated_zero;
  ops.wait = emulated_wait;
  ops.bind_matrix = emulated_bind;
  ops.unbind_matrix = emulated_unbind;
  ops.close = emulated_close;
  ssmt_cuda_set_operations (&ops);
  pthread_mutexattr_init (&recursive);
  pthread_mutexattr_settype (&recursive, PTHREAD_MUTEX_RECURSIVE);
  pthread_mutex_init (&device->lock, &recursive);
  device->base.ops = &ops;
  device->base.name = "emulation";
  snprintf (device->base.description, sizeof device->base.description, "CUDA's kernels on the CPU");
  device->base.lanes = 1;
  device->base.batch_rows = 512;
  return &device->base;
}
