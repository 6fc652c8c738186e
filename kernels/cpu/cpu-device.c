/* ssmtranslate: the CPU device
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Shares operations out among threads, which call the table of kernels.
 * Operations are done when they return, so there is nothing to wait for.
 */
#include "cpu-kernels.h"
#include "cpu-memory.h"
#include "cpu-share.h"
#include "pool.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ALIGNMENT 64
#define BATCH_ROWS 512
/* docs/performance.md, "Many streams" */
#define NEAR_BYTES ((size_t) 12 << 20)

/* Room for what a product makes of its input; kept to be used again. */
typedef struct Scratch {
  struct Scratch *next;
  size_t bytes;
  void *data;
} Scratch;

typedef struct {
  SsmtDevice device;
  SsmtCpuKernels kernels;
  SsmtPool *pool;
  atomic_int error;     /* errno value of the first failure, told by wait() */
  pthread_mutex_t lock; /* guards scratch */
  Scratch *scratch;     /* those not in use */
} CpuDevice;

static int
cpu_wait (SsmtDevice *device)
{
  return atomic_load (&((CpuDevice *) device)->error);
}

/* --- weights ------------------------------------------------------------ */

/* I8: the sum of each row, so that x may be kept as unsigned x + 128. */
static bool
cpu_bind_matrix (SsmtDevice *device, SsmtMatrix *matrix)
{
  matrix->derived = (SsmtRef){ NULL, 0 };
  if (matrix->dtype != SSMT_DTYPE_I8)
    return true;
  matrix->derived.buffer = ssmt_cpu_alloc (device, matrix->rows * sizeof (int32_t));
  if (matrix->derived.buffer == NULL)
    return false;

  const int8_t *q = ssmt_host_at (matrix->data);
  int32_t *sums = ssmt_host_at (matrix->derived);
  for (uint32_t row = 0; row < matrix->rows; row++, q += matrix->cols) {
    int32_t sum = 0;

    for (uint32_t col = 0; col < matrix->cols; col++)
      sum += q[col];
    sums[row] = sum;
  }
  return true;
}

static void
cpu_unbind_matrix (SsmtDevice *device, SsmtMatrix *matrix)
{
  ssmt_cpu_release (device, matrix->derived.buffer);
  matrix->derived = (SsmtRef){ NULL, 0 };
}

/* --- scratch ------------------------------------------------------------ */

/* `bytes` of scratch memory; NULL: none left, which wait() will tell. */
static Scratch *
scratch_take (CpuDevice *cpu, size_t bytes)
{
  pthread_mutex_lock (&cpu->lock);
  Scratch *scratch = cpu->scratch;
  if (scratch)
    cpu->scratch = scratch->next;
  pthread_mutex_unlock (&cpu->lock);

  if (scratch == NULL)
    scratch = calloc (1, sizeof *scratch);
  if (scratch && scratch->bytes < bytes) {
    bytes = (bytes + 4095) & ~(size_t) 4095;
    free (scratch->data);
    scratch->data = aligned_alloc (ALIGNMENT, bytes);
    scratch->bytes = scratch->data ? bytes : 0;
  }
  if (scratch && scratch->data)
    return scratch;
  free (scratch);
  atomic_store (&cpu->error, ENOMEM);
  return NULL;
}

static void
scratch_give (CpuDevice *cpu, Scratch *scratch)
{
  pthread_mutex_lock (&cpu->lock);
  scratch->next = cpu->scratch;
  cpu->scratch = scratch;
  pthread_mutex_unlock (&cpu->lock);
}

/* --- operations --------------------------------------------------------- */

/* What threads are told: one kernel and its operation. */
typedef struct {
  const SsmtCpuKernels *kernels;
  const void *op;
  void *packed; /* where pack () has to leave rows */
} Task;

static void
share (CpuDevice *cpu, SsmtPoolFunc func, const Task *task, SsmtCpuShare share)
{
  ssmt_pool_run (cpu->pool, func, task, share.count, share.unit,
      (uint64_t) (share.work / share.rate * cpu->kernels.cost));
}

static void
pack_task (const void *data, uint32_t begin, uint32_t end)
{
  const Task *task = data;
  task->kernels->pack (task->op, task->packed, begin, end);
}

static void
rotary_task (const void *data, uint32_t begin, uint32_t end)
{
  const Task *task = data;
  task->kernels->rotary (task->op, begin, end);
}

#define OP(Type, name)                                                                             \
  static void name##_task (const void *data, uint32_t begin, uint32_t end)                         \
  {                                                                                                \
    const Task *task = data;                                                                       \
    task->kernels->name (task->op, begin, end);                                                    \
  }                                                                                                \
  static void share_##name (SsmtDevice *device, const Ssmt##Type##Op *op)                          \
  {                                                                                                \
    CpuDevice *cpu = (CpuDevice *) device;                                                         \
    share (cpu, name##_task, &(Task){ &cpu->kernels, op, NULL }, ssmt_cpu_share_##name (op));      \
  }
#include "../ops.def"

/* x is packed first, where the product wants it so. */
static void
pack_and_multiply (SsmtDevice *device, const SsmtLinearOp *op)
{
  CpuDevice *cpu = (CpuDevice *) device;
  size_t row = cpu->kernels.pack_bytes (op->weight->dtype, op->weight->cols);
  SsmtLinearOp packed = *op;

  if (row == 0) {
    share_linear (device, op);
    return;
  }
  Scratch *scratch = scratch_take (cpu, row * op->rows);
  if (scratch == NULL)
    return;
  share (cpu, pack_task, &(Task){ &cpu->kernels, op, scratch->data }, ssmt_cpu_share_pack (op));
  packed.x = (SsmtRef){ &(SsmtBuffer){ .data = scratch->data }, 0 };
  packed.x_stride = SSMT_CPU_PACKED;
  share_linear (device, &packed);
  scratch_give (cpu, scratch);
}

static void
rotate_and_attend (SsmtDevice *device, const SsmtAttentionOp *op)
{
  CpuDevice *cpu = (CpuDevice *) device;

  if (op->rotary_base > 0)
    share (cpu, rotary_task, &(Task){ &cpu->kernels, op, NULL }, ssmt_cpu_share_rotary (op));
  share_attention (device, op);
}

/* What stands in the device's table: an operation has one pass, but for two of them. */
#define entry(function)                                                                            \
  _Generic((function), void (*) (SsmtDevice *, const SsmtLinearOp *)                               \
           : pack_and_multiply, void (*) (SsmtDevice *, const SsmtAttentionOp *)                   \
           : rotate_and_attend, default                                                            \
           : function)

/* --- opening ------------------------------------------------------------ */

static void
cpu_close (SsmtDevice *device)
{
  CpuDevice *cpu = (CpuDevice *) device;

  ssmt_pool_release (cpu->pool);
  while (cpu->scratch) {
    Scratch *next = cpu->scratch->next;
    free (cpu->scratch->data);
    free (cpu->scratch);
    cpu->scratch = next;
  }
  pthread_mutex_destroy (&cpu->lock);
  free (cpu);
}

static const SsmtDeviceOps cpu_ops = {
  .alloc = ssmt_cpu_alloc,
  .wrap = ssmt_cpu_wrap,
  .release = ssmt_cpu_release,
  .write = ssmt_cpu_write,
  .read = ssmt_cpu_read,
  .copy = ssmt_cpu_copy,
  .zero = ssmt_cpu_zero,
  .wait = cpu_wait,
  .bind_matrix = cpu_bind_matrix,
  .unbind_matrix = cpu_unbind_matrix,
#define OP(Type, name) .name = entry (share_##name),
#include "../ops.def"
  .close = cpu_close,
};

SsmtDevice *
ssmt_cpu_device_open_with (uint32_t threads, unsigned flags)
{
  CpuDevice *cpu = calloc (1, sizeof *cpu);
  uint32_t cores;

  if (cpu == NULL)
    return NULL;
  cpu->pool = ssmt_pool_acquire (threads);
  if (cpu->pool == NULL) {
    free (cpu);
    return NULL;
  }
  pthread_mutex_init (&cpu->lock, NULL);
  cpu->device.ops = &cpu_ops;
  cpu->device.name = "cpu";
  ssmt_cpu_kernels_init (&cpu->kernels, flags);
  threads = ssmt_pool_threads (cpu->pool);
  /* One has the pool, each of the others a core that the pool leaves. */
  cores = ssmt_pool_cores ();
  cpu->device.lanes = cores > threads ? cores - threads + 1 : 1;
  cpu->device.near_bytes = NEAR_BYTES;
  cpu->device.lazy = true;
  cpu->device.batch_rows = BATCH_ROWS;
  snprintf (cpu->device.description, sizeof cpu->device.description, "cpu: %s, %u thread%s",
      cpu->kernels.name, (unsigned) threads, threads == 1 ? "" : "s");
  return &cpu->device;
}

SsmtDevice *
ssmt_device_open_cpu (uint32_t index, uint32_t threads, const char **why)
{
  *why = "no memory left for the CPU device";
  return ssmt_cpu_device_open_with (
      threads, ssmt_cpu_flags_limit (ssmt_cpu_flags (), getenv ("SSMT_CPU")));
}
