/* ssmtranslate: the CUDA device: memory, order, errors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * One CUDA stream, in which everything is queued in the order of the calls. The first error is
 * kept: nothing is queued after it, and wait() tells. That there was no memory for an operation is no
 * such error: the thread that asked is told once, the device goes on.
 */
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <new>

#include "cuda-gemm.h"
#include "cuda-graph.h"
#include "cuda-ops.h"

#define BATCH_ROWS 8192u
/* The tensor cores' bfloat16 and asynchronous copies come with it. */
#define LEAST_MAJOR 8

static CudaDevice *
cuda_of (SsmtDevice *device)
{
  return reinterpret_cast<CudaDevice *> (device);
}

thread_local bool ssmt_cuda_is_short_of_memory;

void
ssmt_cuda_check (CudaDevice *device, cudaError_t error)
{
  if (error == cudaErrorMemoryAllocation)
    ssmt_cuda_is_short_of_memory = true;
  else if (device->error == cudaSuccess)
    device->error = error;
}

/* --- memory -------------------------------------------------------------------- */

static SsmtBuffer *
cuda_alloc (SsmtDevice *any, size_t bytes)
{
  CudaTurn turn (any);
  SsmtBuffer *buffer;

  if (!turn.good)
    return nullptr;
  buffer = new (std::nothrow) SsmtBuffer ();
  if (!buffer)
    return nullptr;
  buffer->bytes = bytes;
  /* a full device is no broken one */
  if (cudaMalloc (&buffer->data, bytes > 0 ? bytes : 1) != cudaSuccess) {
    cudaGetLastError ();
    delete buffer;
    return nullptr;
  }
  ssmt_cuda_check (turn.device, cudaMemsetAsync (buffer->data, 0, bytes, turn.device->stream));
  return buffer;
}

static void
cuda_write (SsmtDevice *any, SsmtRef to, const void *from, size_t bytes)
{
  CudaTurn turn (any);

  /* from pageable memory it returns when `from` has been taken */
  if (turn.good && bytes > 0)
    ssmt_cuda_check (turn.device,
        cudaMemcpyAsync (
            ssmt_cuda_at<void> (to), from, bytes, cudaMemcpyHostToDevice, turn.device->stream));
}

static SsmtBuffer *
cuda_wrap (SsmtDevice *any, const void *host, size_t bytes)
{
  SsmtBuffer *buffer = cuda_alloc (any, bytes);

  if (buffer)
    cuda_write (any, SsmtRef{ buffer, 0 }, host, bytes);
  return buffer;
}

static void
cuda_release (SsmtDevice *any, SsmtBuffer *buffer)
{
  if (!buffer)
    return;
  CudaTurn turn (any);
  if (turn.good)
    ssmt_cuda_check (turn.device, cudaStreamSynchronize (turn.device->stream));
  cudaFree (buffer->data);
  /* its address may come again with something else in it */
  ssmt_cuda_graphs_forget (turn.device);
  delete buffer;
}

static void
cuda_read (SsmtDevice *any, void *to, SsmtRef from, size_t bytes)
{
  CudaTurn turn (any);

  if (bytes == 0)
    return;
  if (turn.good)
    ssmt_cuda_check (turn.device,
        cudaMemcpyAsync (
            to, ssmt_cuda_at<void> (from), bytes, cudaMemcpyDeviceToHost, turn.device->stream));
  if (turn.good)
    ssmt_cuda_check (turn.device, cudaStreamSynchronize (turn.device->stream));
  if (turn.device->error != cudaSuccess)
    memset (to, 0, bytes);
}

static void
cuda_copy (SsmtDevice *any, SsmtRef to, SsmtRef from, size_t bytes)
{
  CudaTurn turn (any);
  char *dst = ssmt_cuda_at<char> (to), *src = ssmt_cuda_at<char> (from);
  cudaStream_t stream = turn.device->stream;

  if (!turn.good || bytes == 0)
    return;
  if (dst < src + bytes && src < dst + bytes) {
    void *aside = ssmt_cuda_scratch (turn.device, bytes);
    if (!aside)
      return;
    ssmt_cuda_check (
        turn.device, cudaMemcpyAsync (aside, src, bytes, cudaMemcpyDeviceToDevice, stream));
    src = static_cast<char *> (aside);
  }
  ssmt_cuda_check (
      turn.device, cudaMemcpyAsync (dst, src, bytes, cudaMemcpyDeviceToDevice, stream));
}

static void
cuda_zero (SsmtDevice *any, SsmtRef to, size_t bytes)
{
  CudaTurn turn (any);

  if (turn.good && bytes > 0)
    ssmt_cuda_check (
        turn.device, cudaMemsetAsync (ssmt_cuda_at<void> (to), 0, bytes, turn.device->stream));
}

void *
ssmt_cuda_scratch (CudaDevice *device, size_t bytes)
{
  if (bytes <= device->scratch_bytes)
    return device->scratch;
  if (ssmt_cuda_graphs_are_recording (device)) {
    ssmt_cuda_check (device, cudaErrorMemoryAllocation);
    return nullptr;
  }
  /* What is queued still works on the old one. */
  bytes += bytes / 2;
  ssmt_cuda_check (device, cudaStreamSynchronize (device->stream));
  ssmt_cuda_graphs_forget (device);
  cudaFree (device->scratch);
  device->scratch = nullptr;
  device->scratch_bytes = 0;
  if (cudaMalloc (&device->scratch, bytes) != cudaSuccess) {
    cudaGetLastError ();
    ssmt_cuda_check (device, cudaErrorMemoryAllocation);
    return nullptr;
  }
  device->scratch_bytes = bytes;
  return device->scratch;
}

static int
cuda_wait (SsmtDevice *any)
{
  CudaTurn turn (any);
  bool is_short = ssmt_cuda_is_short_of_memory;

  ssmt_cuda_is_short_of_memory = false;
  if (turn.good)
    ssmt_cuda_check (turn.device, cudaStreamSynchronize (turn.device->stream));
  return turn.device->error != cudaSuccess ? EIO : is_short ? ENOMEM : 0;
}

static bool
cuda_bind_matrix (SsmtDevice *, SsmtMatrix *matrix)
{
  matrix->derived = SsmtRef{ nullptr, 0 };
  return true;
}

static void
cuda_unbind_matrix (SsmtDevice *, SsmtMatrix *)
{
}

/* --- opening ------------------------------------------------------------------- */

static void
cuda_close (SsmtDevice *any)
{
  CudaDevice *device = cuda_of (any);

  if (device->stream)
    cudaStreamSynchronize (device->stream);
  ssmt_cuda_graphs_free (device);
  ssmt_cuda_gemm_close (device);
  cudaFree (device->scratch);
  if (device->stream)
    cudaStreamDestroy (device->stream);
  pthread_mutex_destroy (&device->lock);
  delete device;
}

static SsmtDeviceOps
make_ops ()
{
  SsmtDeviceOps ops = {};

  ops.alloc = cuda_alloc;
  ops.wrap = cuda_wrap;
  ops.release = cuda_release;
  ops.write = cuda_write;
  ops.read = cuda_read;
  ops.copy = cuda_copy;
  ops.zero = cuda_zero;
  ops.wait = cuda_wait;
  ops.bind_matrix = cuda_bind_matrix;
  ops.unbind_matrix = cuda_unbind_matrix;
  ops.graph_begin = ssmt_cuda_graph_begin;
  ops.graph_end = ssmt_cuda_graph_end;
  ops.close = cuda_close;
  ssmt_cuda_set_operations (&ops);
  return ops;
}

/* nullptr, with *why saying what there is and what was wanted. */
static const char *
find_fault (uint32_t index, cudaDeviceProp *properties)
{
  static thread_local char text[200];
  int count = 0;
  cudaError_t error = cudaGetDeviceCount (&count);

  if (error == cudaErrorInsufficientDriver)
    snprintf (text, sizeof text, "the NVIDIA driver is missing or too old for CUDA %d.%d",
        CUDART_VERSION / 1000, CUDART_VERSION % 1000 / 10);
  else if (error != cudaSuccess)
    snprintf (text, sizeof text, "no GPU can be used: %s", cudaGetErrorString (error));
  else if (index >= (uint32_t) count)
    snprintf (text, sizeof text, "GPU %u was wanted, there %s %d", index, count == 1 ? "is" : "are",
        count);
  else if ((error = cudaGetDeviceProperties (properties, (int) index)) != cudaSuccess)
    snprintf (text, sizeof text, "GPU %u: %s", index, cudaGetErrorString (error));
  else if (properties->major < LEAST_MAJOR)
    snprintf (text, sizeof text, "GPU %u (%.100s) has compute capability %d.%d, %d.0 is the least",
        index, properties->name, properties->major, properties->minor, LEAST_MAJOR);
  else if ((error = cudaSetDevice ((int) index)) != cudaSuccess)
    snprintf (text, sizeof text, "GPU %u (%.100s): %s", index, properties->name,
        cudaGetErrorString (error));
  else
    return nullptr;
  cudaGetLastError ();
  return text;
}

SsmtDevice *
ssmt_device_open_cuda (uint32_t index, uint32_t threads, const char **why)
{
  static const SsmtDeviceOps ops = make_ops ();
  cudaDeviceProp properties = {};
  pthread_mutexattr_t recursive;

  *why = find_fault (index, &properties);
  if (*why)
    return nullptr;
  CudaDevice *device = new (std::nothrow) CudaDevice ();
  *why = "no memory left";
  if (!device)
    return nullptr;
  pthread_mutexattr_init (&recursive);
  pthread_mutexattr_settype (&recursive, PTHREAD_MUTEX_RECURSIVE);
  pthread_mutex_init (&device->lock, &recursive);
  pthread_mutexattr_destroy (&recursive);
  device->index = (int) index;
  device->base.ops = &ops;
  device->base.name = "cuda";
  device->base.lanes = 1;
  device->base.batch_rows = BATCH_ROWS;
  snprintf (device->base.description, sizeof device->base.description,
      "cuda:%u: %.80s, %d multiprocessors, %.1f GB", index, properties.name,
      properties.multiProcessorCount, properties.totalGlobalMem / 1e9);
  *why = "the GPU has no memory left for a stream and cuBLAS";
  if (cudaStreamCreateWithFlags (&device->stream, cudaStreamNonBlocking) == cudaSuccess
      && ssmt_cuda_gemm_open (device))
    return &device->base;
  cudaGetLastError ();
  cuda_close (&device->base);
  return nullptr;
}
