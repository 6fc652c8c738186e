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

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

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
  pthread_mutex_t lock; /* guards scratch */
  Scratch *scratch;     /* those not in use */
  pthread_mutex_t row_lock;
  void *row; /* room for one row of any matrix, for when there is no memory for more */
  size_t row_bytes;
} CpuDevice;

/* Nothing fails here: an operation that finds no memory takes longer. */
static int
cpu_wait (SsmtDevice *device)
{
  (void) device;
  return 0;
}

/* --- weights ------------------------------------------------------------ */

/* Room for a packed row of the matrix. */
static bool
reserve_row (CpuDevice *cpu, const SsmtMatrix *matrix)
{
  size_t bytes = cpu->kernels.pack_bytes (matrix->dtype, matrix->cols);
  bool done = true;

  bytes = (bytes + ALIGNMENT - 1) & ~(size_t) (ALIGNMENT - 1);
  pthread_mutex_lock (&cpu->row_lock);
  if (bytes > cpu->row_bytes) {
    void *row = aligned_alloc (ALIGNMENT, bytes);
    done = row != NULL;
    if (done) {
      free (cpu->row);
      cpu->row = row;
      cpu->row_bytes = bytes;
    }
  }
  pthread_mutex_unlock (&cpu->row_lock);
  return done;
}

/* I8: the sum of each row, so that x may be kept as unsigned x + 128. */
static bool
cpu_bind_matrix (SsmtDevice *device, SsmtMatrix *matrix)
{
  matrix->derived = (SsmtRef){ NULL, 0 };
  if (!reserve_row ((CpuDevice *) device, matrix))
    return false;
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

/* `bytes` of scratch memory; NULL: none left. */
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

static void
pack_to (CpuDevice *cpu, const SsmtLinearOp *op, void *room)
{
  SsmtLinearOp packed = *op;

  share (cpu, pack_task, &(Task){ &cpu->kernels, op, room }, ssmt_cpu_share_pack (op));
  packed.x = (SsmtRef){ &(SsmtBuffer){ .data = room }, 0 };
  packed.x_stride = SSMT_CPU_PACKED;
  share_linear (&cpu->device, &packed);
}

static void
multiply_row_by_row (CpuDevice *cpu, const SsmtLinearOp *op)
{
  SsmtLinearOp one = *op;

  one.rows = 1;
  pthread_mutex_lock (&cpu->row_lock);
  for (uint32_t row = 0; row < op->rows; row++) {
    pack_to (cpu, &one, cpu->row);
    one.x = ssmt_ref_at (one.x, op->x_stride * sizeof (float));
    one.out = ssmt_ref_at (one.out, op->out_stride * sizeof (float));
  }
  pthread_mutex_unlock (&cpu->row_lock);
}

/* x is packed first, where the product wants it so. */
static void
pack_and_multiply (SsmtDevice *device, const SsmtLinearOp *op)
{
  CpuDevice *cpu = (CpuDevice *) device;
  size_t row = cpu->kernels.pack_bytes (op->weight->dtype, op->weight->cols);
  Scratch *scratch;

  if (row == 0) {
    share_linear (device, op);
    return;
  }
  scratch = scratch_take (cpu, row * op->rows);
  if (scratch == NULL) {
    multiply_row_by_row (cpu, op);
    return;
  }
  pack_to (cpu, op, scratch->data);
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
  free (cpu->row);
  pthread_mutex_destroy (&cpu->row_lock);
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

/* ulimit -v and its kin count what is not touched, too. */
static bool
address_space_is_free (void)
{
  static const int limits[] = { RLIMIT_AS, RLIMIT_DATA };

  for (size_t i = 0; i < sizeof limits / sizeof *limits; i++) {
    struct rlimit limit;

    if (getrlimit (limits[i], &limit) == 0 && limit.rlim_cur != RLIM_INFINITY)
      return false;
  }
  return true;
}

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
  pthread_mutex_init (&cpu->row_lock, NULL);
  cpu->device.ops = &cpu_ops;
  cpu->device.name = "cpu";
  ssmt_cpu_kernels_init (&cpu->kernels, flags);
  threads = ssmt_pool_threads (cpu->pool);
  /* One has the pool, each of the others a core that the pool leaves. */
  cores = ssmt_pool_cores ();
  cpu->device.lanes = cores > threads ? cores - threads + 1 : 1;
  cpu->device.near_bytes = NEAR_BYTES;
  cpu->device.lazy = address_space_is_free ();
  cpu->device.batch_rows = BATCH_ROWS;
  snprintf (cpu->device.description, sizeof cpu->device.description, "cpu: %s, %u thread%s",
      cpu->kernels.name, (unsigned) threads, threads == 1 ? "" : "s");
  return &cpu->device;
}

SsmtDevice *
ssmt_device_open_cpu (uint32_t index, uint32_t threads, const char **why)
{
  *why = "no memory left for the CPU device";
  return ssmt_cpu_device_open_with (threads, ssmt_cpu_flags_wanted ());
}
