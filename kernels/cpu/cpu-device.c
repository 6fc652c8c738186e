/* ssmtranslate: the CPU device
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Turns (buffer, offset) into pointers and calls the table of kernels.
 * Operations are done when they return, so there is nothing to wait for.
 */
#include "cpu-kernels.h"
#include "cpu-memory.h"
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
  atomic_int error;             /* errno value of the first failure, told by wait() */
  pthread_mutex_t lock;         /* guards scratch */
  Scratch *scratch;             /* those not in use */
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
  matrix->derived = (SsmtRef) { NULL, 0 };
  if (matrix->dtype != SSMT_DTYPE_I8)
    return true;
  matrix->derived.buffer = ssmt_cpu_alloc (device, matrix->rows * sizeof (int32_t));
  if (matrix->derived.buffer == NULL)
    return false;

  const int8_t *q = ssmt_cpu_at (matrix->data);
  int32_t *sums = ssmt_cpu_at (matrix->derived);
  for (uint32_t row = 0; row < matrix->rows; row++)
    for (uint32_t col = 0; col < matrix->cols; col++)
      sums[row] += *q++;
  return true;
}

static void
cpu_unbind_matrix (SsmtDevice *device, SsmtMatrix *matrix)
{
  ssmt_cpu_release (device, matrix->derived.buffer);
  matrix->derived = (SsmtRef) { NULL, 0 };
}

static SsmtWeight
weight_of (const SsmtMatrix *matrix)
{
  return (SsmtWeight) {
    .dtype = matrix->dtype, .rows = matrix->rows, .cols = matrix->cols,
    .data = ssmt_cpu_at (matrix->data), .scales = ssmt_cpu_at (matrix->scales),
    .sums = ssmt_cpu_at (matrix->derived)
  };
}

static SsmtStates
states_of (const SsmtSlots *state)
{
  return (SsmtStates) { ssmt_cpu_at (state->base), state->stride };
}

static SsmtRunList
runs_of (const SsmtRuns *runs)
{
  return (SsmtRunList) { ssmt_cpu_at (runs->list), runs->count };
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

/* --- sharing work out --------------------------------------------------- */

/* What a thread is told: one kernel and its arguments. */
typedef struct {
  const SsmtCpuKernels *kernels;
  const void *args;
} Task;

#define DEFINE_TASK(name) \
  static void \
  name##_task (const void *data, uint32_t begin, uint32_t end) \
  { \
    const Task *task = data; \
    task->kernels->name (task->args, begin, end); \
  }

DEFINE_TASK (embed)
DEFINE_TASK (rms_norm)
DEFINE_TASK (swiglu)
DEFINE_TASK (top_k)
DEFINE_TASK (conv)
DEFINE_TASK (selective_scan)
DEFINE_TASK (ssd)
DEFINE_TASK (rotary)
DEFINE_TASK (attention)
DEFINE_TASK (cross_attention)
DEFINE_TASK (attention_scores)
DEFINE_TASK (hidden_scores)
DEFINE_TASK (rotate)
DEFINE_TASK (recurrence)
DEFINE_TASK (layer_norm)
DEFINE_TASK (activation)
DEFINE_TASK (positions)

static void
linear_task (const void *data, uint32_t begin, uint32_t end)
{
  const Task *task = data;
  const SsmtLinearArgs *args = task->args;
  task->kernels->linear[args->weight.dtype] (args, begin, end);
}

/* Packs rows [begin, end) of x. */
static void
pack_task (const void *data, uint32_t begin, uint32_t end)
{
  const Task *task = data;
  const SsmtLinearArgs *args = task->args;
  SsmtDType dtype = args->weight.dtype;
  size_t row_bytes = args->packed.stride * task->kernels->pack_size[dtype];

  for (uint32_t r = begin; r < end; r++)
    task->kernels->pack[dtype] (args->x + (size_t) r * args->x_stride, args->weight.cols,
        (char *) args->packed.data + r * row_bytes, (float *) args->packed.scales + r);
}

/* `work` elements at `rate` of them in a nanosecond (AVX-512, one thread). */
static void
share (CpuDevice *cpu, SsmtPoolFunc func, const void *args, uint32_t count, uint32_t unit,
    double work, double rate)
{
  Task task = { &cpu->kernels, args };
  ssmt_pool_run (cpu->pool, func, &task, count, unit,
      (uint64_t) (work / rate * cpu->kernels.cost));
}

#define CHANNELS 16             /* of one cache line: what threads do not share */

/* --- row-wise operations ------------------------------------------------ */

static void
cpu_embed (SsmtDevice *device, const SsmtEmbedOp *op)
{
  CpuDevice *cpu = (CpuDevice *) device;
  SsmtEmbedArgs args = {
    .table = weight_of (op->table), .ids = ssmt_cpu_at (op->ids), .out = ssmt_cpu_at (op->out),
    .out_stride = op->out_stride, .scale = op->scale
  };
  share (cpu, embed_task, &args, op->rows, 1, (double) op->rows * op->table->cols, 8);
}

static void
cpu_rms_norm (SsmtDevice *device, const SsmtRmsNormOp *op)
{
  CpuDevice *cpu = (CpuDevice *) device;
  SsmtRmsNormArgs args = {
    .x = ssmt_cpu_at (op->x), .gate = ssmt_cpu_at (op->gate), .weight = ssmt_cpu_at (op->weight),
    .out = ssmt_cpu_at (op->out), .dim = op->dim, .group = op->group,
    .x_stride = op->x_stride, .gate_stride = op->gate_stride,
    .out_stride = op->out_stride, .eps = op->eps
  };
  share (cpu, rms_norm_task, &args, op->rows, 1, (double) op->rows * op->dim,
      args.gate ? 1.5 : 5);
}

static void
cpu_layer_norm (SsmtDevice *device, const SsmtLayerNormOp *op)
{
  CpuDevice *cpu = (CpuDevice *) device;
  SsmtLayerNormArgs args = {
    .x = ssmt_cpu_at (op->x), .weight = ssmt_cpu_at (op->weight), .bias = ssmt_cpu_at (op->bias), .out = ssmt_cpu_at (op->out),
    .dim = op->dim, .x_stride = op->x_stride, .out_stride = op->out_stride, .eps = op->eps
  };
  share (cpu, layer_norm_task, &args, op->rows, 1, (double) op->rows * op->dim, 4);
}

static void
cpu_activation (SsmtDevice *device, const SsmtActivationOp *op)
{
  CpuDevice *cpu = (CpuDevice *) device;
  SsmtActivationArgs args = {
    .x = ssmt_cpu_at (op->x), .out = ssmt_cpu_at (op->out), .dim = op->dim, .x_stride = op->x_stride,
    .out_stride = op->out_stride, .function = op->function
  };
  share (cpu, activation_task, &args, op->rows, 1, (double) op->rows * op->dim, 1.5);
}

/* How many multiply-adds a nanosecond brings, by dtype; and how many bytes. */
static double
linear_rate (const SsmtCpuKernels *kernels, SsmtDType dtype, uint32_t rows)
{
  double rate = dtype == SSMT_DTYPE_I8 ? 150 : dtype == SSMT_DTYPE_Q4 ? 60 :
      kernels->pack[dtype] ? 90 : 45;
  double size = dtype == SSMT_DTYPE_Q4 ? 0.56 : (double) ssmt_dtype_size (dtype);
  double memory = 25.0 * rows / size;

  return memory < rate ? memory : rate;
}

static void
cpu_linear (SsmtDevice *device, const SsmtLinearOp *op)
{
  CpuDevice *cpu = (CpuDevice *) device;
  uint32_t outputs = op->weight->rows, inputs = op->weight->cols;
  SsmtDType dtype = op->weight->dtype;
  Scratch *scratch = NULL;
  SsmtLinearArgs args = {
    .weight = weight_of (op->weight), .x = ssmt_cpu_at (op->x), .bias = ssmt_cpu_at (op->bias),
    .out = ssmt_cpu_at (op->out), .rows = op->rows, .x_stride = op->x_stride,
    .out_stride = op->out_stride, .accumulate = op->accumulate
  };

  if (cpu->kernels.pack[dtype]) {
    /* rows of whole cache lines, then the scales */
    size_t stride = ((size_t) inputs + ALIGNMENT - 1) & ~(size_t) (ALIGNMENT - 1);
    size_t data = stride * cpu->kernels.pack_size[dtype] * op->rows;
    scratch = scratch_take (cpu, data + op->rows * sizeof (float));
    if (scratch == NULL)
      return;
    args.packed = (SsmtPacked) {
      scratch->data, stride, (float *) (void *) ((char *) scratch->data + data)
    };
    share (cpu, pack_task, &args, op->rows, 1, (double) op->rows * inputs, 4);
  }
  share (cpu, linear_task, &args, outputs, 8, (double) op->rows * outputs * inputs,
      linear_rate (&cpu->kernels, dtype, op->rows));
  if (scratch)
    scratch_give (cpu, scratch);
}

static void
cpu_swiglu (SsmtDevice *device, const SsmtSwigluOp *op)
{
  CpuDevice *cpu = (CpuDevice *) device;
  SsmtSwigluArgs args = {
    .gate = ssmt_cpu_at (op->gate), .up = ssmt_cpu_at (op->up), .out = ssmt_cpu_at (op->out), .dim = op->dim,
    .gate_stride = op->gate_stride, .up_stride = op->up_stride,
    .out_stride = op->out_stride, .gelu = op->gelu
  };
  share (cpu, swiglu_task, &args, op->rows, 1, (double) op->rows * op->dim, 2);
}

static void
cpu_top_k (SsmtDevice *device, const SsmtTopKOp *op)
{
  CpuDevice *cpu = (CpuDevice *) device;
  SsmtTopKArgs args = {
    .logits = ssmt_cpu_at (op->logits), .ids = ssmt_cpu_at (op->ids), .logp = ssmt_cpu_at (op->logp),
    .dim = op->dim, .stride = op->stride, .k = op->k
  };
  share (cpu, top_k_task, &args, op->rows, 1, (double) op->rows * op->dim, 4);
}

/* --- sequence operations ------------------------------------------------ */

static void
cpu_conv (SsmtDevice *device, const SsmtConvOp *op)
{
  CpuDevice *cpu = (CpuDevice *) device;
  SsmtConvArgs args = {
    .x = ssmt_cpu_at (op->x), .weight = ssmt_cpu_at (op->weight), .bias = ssmt_cpu_at (op->bias),
    .out = ssmt_cpu_at (op->out), .states = states_of (&op->state), .runs = runs_of (&op->runs),
    .dim = op->dim, .taps = op->taps, .x_stride = op->x_stride,
    .out_stride = op->out_stride, .silu = op->silu
  };
  share (cpu, conv_task, &args, op->dim, CHANNELS, (double) op->rows * op->dim, 2);
}

static void
cpu_selective_scan (SsmtDevice *device, const SsmtSelectiveScanOp *op)
{
  CpuDevice *cpu = (CpuDevice *) device;
  SsmtSelectiveScanArgs args = {
    .u = ssmt_cpu_at (op->u), .dt = ssmt_cpu_at (op->dt), .z = ssmt_cpu_at (op->z), .b = ssmt_cpu_at (op->b), .c = ssmt_cpu_at (op->c),
    .a = ssmt_cpu_at (op->a), .d = ssmt_cpu_at (op->d), .dt_bias = ssmt_cpu_at (op->dt_bias), .out = ssmt_cpu_at (op->out),
    .states = states_of (&op->state), .runs = runs_of (&op->runs),
    .dim = op->dim, .d_state = op->d_state, .u_stride = op->u_stride,
    .dt_stride = op->dt_stride, .bc_stride = op->bc_stride, .z_stride = op->z_stride,
    .out_stride = op->out_stride
  };
  share (cpu, selective_scan_task, &args, op->dim, CHANNELS,
      (double) op->rows * op->dim * op->d_state, 5);
}

static void
cpu_ssd (SsmtDevice *device, const SsmtSsdOp *op)
{
  CpuDevice *cpu = (CpuDevice *) device;
  SsmtSsdArgs args = {
    .x = ssmt_cpu_at (op->x), .dt = ssmt_cpu_at (op->dt), .b = ssmt_cpu_at (op->b), .c = ssmt_cpu_at (op->c), .a = ssmt_cpu_at (op->a),
    .d = ssmt_cpu_at (op->d), .dt_bias = ssmt_cpu_at (op->dt_bias), .out = ssmt_cpu_at (op->out),
    .states = states_of (&op->state), .runs = runs_of (&op->runs),
    .heads = op->heads, .head_dim = op->head_dim, .groups = op->groups,
    .d_state = op->d_state, .x_stride = op->x_stride, .dt_stride = op->dt_stride,
    .bc_stride = op->bc_stride, .out_stride = op->out_stride,
    .dt_min = op->dt_min, .dt_max = op->dt_max
  };
  share (cpu, ssd_task, &args, op->heads, 1,
      (double) op->rows * op->heads * op->head_dim * op->d_state, 10);
}

static void
cpu_positions (SsmtDevice *device, const SsmtPositionsOp *op)
{
  CpuDevice *cpu = (CpuDevice *) device;
  SsmtPositionsArgs args = {
    .x = ssmt_cpu_at (op->x), .runs = runs_of (&op->runs), .dim = op->dim, .stride = op->stride,
    .offset = op->offset
  };
  share (cpu, positions_task, &args, op->rows, 1, (double) op->rows * op->dim, 0.05);
}

/* How many keys a row meets, about. */
static double
attention_reach (const SsmtAttentionOp *op, const SsmtRunList *runs)
{
  double seen = runs->count > 0 ? (double) runs->list[0].position + runs->list[0].rows : 0;

  return op->window > 0 && seen > op->window ? op->window : seen;
}

static void
cpu_attention (SsmtDevice *device, const SsmtAttentionOp *op)
{
  CpuDevice *cpu = (CpuDevice *) device;
  SsmtAttentionArgs args = {
    .q = ssmt_cpu_at (op->q), .k = ssmt_cpu_at (op->k), .v = ssmt_cpu_at (op->v), .out = ssmt_cpu_at (op->out),
    .states = states_of (&op->state), .runs = runs_of (&op->runs),
    .heads = op->heads, .kv_heads = op->kv_heads, .head_dim = op->head_dim,
    .window = op->window ? op->window : SSMT_NO_WINDOW, .q_stride = op->q_stride, .kv_stride = op->kv_stride,
    .out_stride = op->out_stride, .scale = op->scale, .rotary_base = op->rotary_base,
    .bidirectional = op->bidirectional,
    .rotary_dim = op->rotary_dim ? op->rotary_dim : op->head_dim,
    .state_stride = op->state_stride ? op->state_stride
        : 2 * (size_t) op->kv_heads * op->head_dim
  };
  if (op->rotary_base > 0)
    share (cpu, rotary_task, &args, op->rows, 1, (double) op->rows * op->head_dim, 0.02);
  share (cpu, attention_task, &args, op->kv_heads, 1,
      (double) op->rows * op->heads * op->head_dim * attention_reach (op, &args.runs), 10);
}

static void
cpu_cross_attention (SsmtDevice *device, const SsmtCrossAttentionOp *op)
{
  CpuDevice *cpu = (CpuDevice *) device;
  SsmtCrossAttentionArgs args = {
    .q = ssmt_cpu_at (op->q), .k = ssmt_cpu_at (op->k), .v = ssmt_cpu_at (op->v), .out = ssmt_cpu_at (op->out),
    .runs = runs_of (&op->runs), .heads = op->heads, .kv_heads = op->kv_heads,
    .head_dim = op->head_dim, .q_stride = op->q_stride, .kv_stride = op->kv_stride,
    .out_stride = op->out_stride, .scale = op->scale
  };
  uint32_t memory_rows = args.runs.count > 0 ? args.runs.list[0].memory_rows : 0;
  share (cpu, cross_attention_task, &args, op->kv_heads, 1,
      (double) op->rows * op->heads * op->head_dim * memory_rows, 10);
}

static void
cpu_attention_scores (SsmtDevice *device, const SsmtAttentionScoresOp *op)
{
  CpuDevice *cpu = (CpuDevice *) device;
  SsmtAttentionScoresArgs args = {
    .q = ssmt_cpu_at (op->q), .k = ssmt_cpu_at (op->k), .out = ssmt_cpu_at (op->out),
    .runs = runs_of (&op->runs), .heads = op->heads, .kv_heads = op->kv_heads,
    .head_dim = op->head_dim, .window = op->window, .q_stride = op->q_stride,
    .kv_stride = op->kv_stride, .out_stride = op->out_stride, .scale = op->scale,
    .self = op->self
  };
  uint32_t columns = op->self ? op->rows / 2
      : args.runs.count > 0 ? args.runs.list[0].memory_rows : 0;
  share (cpu, attention_scores_task, &args, op->rows, 1,
      (double) op->rows * op->heads * op->head_dim * columns, 10);
}

static void
cpu_hidden_scores (SsmtDevice *device, const SsmtHiddenScoresOp *op)
{
  CpuDevice *cpu = (CpuDevice *) device;
  SsmtHiddenScoresArgs args = {
    .dt = ssmt_cpu_at (op->dt), .b = ssmt_cpu_at (op->b), .c = ssmt_cpu_at (op->c), .a = ssmt_cpu_at (op->a),
    .dt_bias = ssmt_cpu_at (op->dt_bias), .out = ssmt_cpu_at (op->out), .work = ssmt_cpu_at (op->work),
    .runs = runs_of (&op->runs), .dim = op->dim, .groups = op->groups,
    .d_state = op->d_state, .dt_stride = op->dt_stride, .bc_stride = op->bc_stride,
    .out_stride = op->out_stride, .dt_min = op->dt_min, .dt_max = op->dt_max,
    .scalar = op->scalar
  };
  share (cpu, hidden_scores_task, &args, op->rows, 1,
      (double) op->rows * op->rows / 2 * op->dim * op->d_state, 10);
}

static void
cpu_rotate (SsmtDevice *device, const SsmtRotateOp *op)
{
  CpuDevice *cpu = (CpuDevice *) device;
  SsmtRotateArgs args = {
    .q = ssmt_cpu_at (op->q), .k = ssmt_cpu_at (op->k), .runs = runs_of (&op->runs), .q_heads = op->q_heads,
    .k_heads = op->k_heads, .head_dim = op->head_dim, .divisor = op->divisor,
    .q_stride = op->q_stride, .k_stride = op->k_stride, .base = op->base,
    .interleaved = op->interleaved
  };
  share (cpu, rotate_task, &args, op->rows, 1, (double) op->rows * op->head_dim, 0.02);
}

static void
cpu_recurrence (SsmtDevice *device, const SsmtRecurrenceOp *op)
{
  CpuDevice *cpu = (CpuDevice *) device;
  SsmtRecurrenceArgs args = {
    .q = ssmt_cpu_at (op->q), .k = ssmt_cpu_at (op->k), .v = ssmt_cpu_at (op->v), .decay = ssmt_cpu_at (op->decay),
    .a = ssmt_cpu_at (op->a), .dt_bias = ssmt_cpu_at (op->dt_bias), .beta = ssmt_cpu_at (op->beta),
    .out = ssmt_cpu_at (op->out), .states = states_of (&op->state), .runs = runs_of (&op->runs),
    .kind = op->kind, .heads = op->heads, .q_heads = op->q_heads, .k_heads = op->k_heads,
    .v_heads = op->v_heads, .key_dim = op->key_dim, .value_dim = op->value_dim,
    .q_stride = op->q_stride, .k_stride = op->k_stride, .v_stride = op->v_stride,
    .decay_stride = op->decay_stride, .beta_stride = op->beta_stride,
    .out_stride = op->out_stride, .scale = op->scale, .decay_divisor = op->decay_divisor,
    .decay_min = op->decay_min, .beta_scale = op->beta_scale, .delta = op->delta,
    .l2_norm = op->l2_norm, .normalise = op->normalise
  };
  share (cpu, recurrence_task, &args, op->heads, 1,
      (double) op->rows * op->heads * op->key_dim * op->value_dim, op->delta ? 6 : 10);
}

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
  .embed = cpu_embed,
  .rms_norm = cpu_rms_norm,
  .linear = cpu_linear,
  .swiglu = cpu_swiglu,
  .top_k = cpu_top_k,
  .conv = cpu_conv,
  .selective_scan = cpu_selective_scan,
  .ssd = cpu_ssd,
  .attention = cpu_attention,
  .cross_attention = cpu_cross_attention,
  .attention_scores = cpu_attention_scores,
  .hidden_scores = cpu_hidden_scores,
  .rotate = cpu_rotate,
  .recurrence = cpu_recurrence,
  .layer_norm = cpu_layer_norm,
  .activation = cpu_activation,
  .positions = cpu_positions,
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
ssmt_cpu_device_open (uint32_t threads)
{
  return ssmt_cpu_device_open_with (threads,
      ssmt_cpu_flags_limit (ssmt_cpu_flags (), getenv ("SSMT_CPU")));
}
