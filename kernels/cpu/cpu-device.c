/* ssmtranslate: the CPU device
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Turns (buffer, offset) into pointers and calls the table of kernels.
 * Operations are done when they return, so there is nothing to wait for.
 */
#include "cpu-kernels.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ALIGNMENT 64

struct SsmtBuffer {
  char *data;                   /* aligned unless wrapped */
  void *owned;                  /* what free() wants; NULL: wrapped */
};

typedef struct {
  SsmtDevice device;
  SsmtCpuKernels kernels;
  atomic_int error;             /* errno value of the first failure, told by wait() */
} CpuDevice;

/* --- memory ------------------------------------------------------------- */

static SsmtBuffer *
cpu_alloc (SsmtDevice *device, size_t bytes)
{
  (void) device;
  if (bytes > SIZE_MAX - ALIGNMENT)
    return NULL;
  SsmtBuffer *buffer = malloc (sizeof *buffer);
  if (buffer == NULL)
    return NULL;
  buffer->owned = calloc (1, bytes + ALIGNMENT);
  if (buffer->owned == NULL) {
    free (buffer);
    return NULL;
  }
  uintptr_t address = (uintptr_t) buffer->owned;
  buffer->data = (char *) buffer->owned + (-address & (ALIGNMENT - 1));
  return buffer;
}

static SsmtBuffer *
cpu_wrap (SsmtDevice *device, const void *host, size_t bytes)
{
  (void) device;
  (void) bytes;
  SsmtBuffer *buffer = malloc (sizeof *buffer);
  if (buffer == NULL)
    return NULL;
  buffer->data = (char *) host; /* read only by contract */
  buffer->owned = NULL;
  return buffer;
}

static void
cpu_release (SsmtDevice *device, SsmtBuffer *buffer)
{
  (void) device;
  if (buffer == NULL)
    return;
  free (buffer->owned);
  free (buffer);
}

static void *
at (SsmtRef ref)
{
  return ref.buffer ? ref.buffer->data + ref.offset : NULL;
}

static void
cpu_write (SsmtDevice *device, SsmtRef dst, const void *src, size_t bytes)
{
  (void) device;
  if (bytes > 0)
    memcpy (at (dst), src, bytes);
}

static void
cpu_read (SsmtDevice *device, void *dst, SsmtRef src, size_t bytes)
{
  (void) device;
  if (bytes > 0)
    memcpy (dst, at (src), bytes);
}

static void
cpu_copy (SsmtDevice *device, SsmtRef dst, SsmtRef src, size_t bytes)
{
  (void) device;
  if (bytes > 0)
    memmove (at (dst), at (src), bytes);
}

static void
cpu_zero (SsmtDevice *device, SsmtRef dst, size_t bytes)
{
  (void) device;
  if (bytes > 0)
    memset (at (dst), 0, bytes);
}

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
  matrix->derived.buffer = cpu_alloc (device, matrix->rows * sizeof (int32_t));
  if (matrix->derived.buffer == NULL)
    return false;

  const int8_t *q = at (matrix->data);
  int32_t *sums = at (matrix->derived);
  for (uint32_t row = 0; row < matrix->rows; row++)
    for (uint32_t col = 0; col < matrix->cols; col++)
      sums[row] += *q++;
  return true;
}

static void
cpu_unbind_matrix (SsmtDevice *device, SsmtMatrix *matrix)
{
  cpu_release (device, matrix->derived.buffer);
  matrix->derived = (SsmtRef) { NULL, 0 };
}

static SsmtWeight
weight_of (const SsmtMatrix *matrix)
{
  return (SsmtWeight) {
    .dtype = matrix->dtype, .rows = matrix->rows, .cols = matrix->cols,
    .data = at (matrix->data), .scales = at (matrix->scales),
    .sums = at (matrix->derived)
  };
}

static SsmtStates
states_of (const SsmtState *state)
{
  return (SsmtStates) { at (state->base), state->stride };
}

static SsmtRunList
runs_of (const SsmtRuns *runs)
{
  return (SsmtRunList) { at (runs->list), runs->count };
}

/* --- row-wise operations ------------------------------------------------ */

static void
cpu_embed (SsmtDevice *device, const SsmtEmbedOp *op)
{
  const CpuDevice *cpu = (CpuDevice *) device;
  SsmtEmbedArgs args = {
    .table = weight_of (op->table), .ids = at (op->ids), .out = at (op->out),
    .out_stride = op->out_stride, .scale = op->scale
  };
  cpu->kernels.embed (&args, 0, op->rows);
}

static void
cpu_rms_norm (SsmtDevice *device, const SsmtRmsNormOp *op)
{
  const CpuDevice *cpu = (CpuDevice *) device;
  SsmtRmsNormArgs args = {
    .x = at (op->x), .gate = at (op->gate), .weight = at (op->weight),
    .out = at (op->out), .dim = op->dim, .group = op->group,
    .x_stride = op->x_stride, .gate_stride = op->gate_stride,
    .out_stride = op->out_stride, .eps = op->eps
  };
  cpu->kernels.rms_norm (&args, 0, op->rows);
}

static void
cpu_linear (SsmtDevice *device, const SsmtLinearOp *op)
{
  const CpuDevice *cpu = (CpuDevice *) device;
  SsmtLinearArgs args = {
    .weight = weight_of (op->weight), .x = at (op->x), .bias = at (op->bias),
    .out = at (op->out), .rows = op->rows, .x_stride = op->x_stride,
    .out_stride = op->out_stride, .accumulate = op->accumulate
  };
  cpu->kernels.linear[op->weight->dtype] (&args, 0, op->weight->rows);
}

static void
cpu_swiglu (SsmtDevice *device, const SsmtSwigluOp *op)
{
  const CpuDevice *cpu = (CpuDevice *) device;
  SsmtSwigluArgs args = {
    .gate = at (op->gate), .up = at (op->up), .out = at (op->out), .dim = op->dim,
    .gate_stride = op->gate_stride, .up_stride = op->up_stride,
    .out_stride = op->out_stride
  };
  cpu->kernels.swiglu (&args, 0, op->rows);
}

static void
cpu_top_k (SsmtDevice *device, const SsmtTopKOp *op)
{
  const CpuDevice *cpu = (CpuDevice *) device;
  SsmtTopKArgs args = {
    .logits = at (op->logits), .ids = at (op->ids), .logp = at (op->logp),
    .dim = op->dim, .stride = op->stride, .k = op->k
  };
  cpu->kernels.top_k (&args, 0, op->rows);
}

/* --- sequence operations ------------------------------------------------ */

static void
cpu_conv (SsmtDevice *device, const SsmtConvOp *op)
{
  const CpuDevice *cpu = (CpuDevice *) device;
  SsmtConvArgs args = {
    .x = at (op->x), .weight = at (op->weight), .bias = at (op->bias),
    .out = at (op->out), .states = states_of (&op->state), .runs = runs_of (&op->runs),
    .dim = op->dim, .taps = op->taps, .x_stride = op->x_stride,
    .out_stride = op->out_stride, .silu = op->silu
  };
  cpu->kernels.conv (&args, 0, op->dim);
}

static void
cpu_selective_scan (SsmtDevice *device, const SsmtSelectiveScanOp *op)
{
  const CpuDevice *cpu = (CpuDevice *) device;
  SsmtSelectiveScanArgs args = {
    .u = at (op->u), .dt = at (op->dt), .z = at (op->z), .b = at (op->b), .c = at (op->c),
    .a = at (op->a), .d = at (op->d), .dt_bias = at (op->dt_bias), .out = at (op->out),
    .states = states_of (&op->state), .runs = runs_of (&op->runs),
    .dim = op->dim, .d_state = op->d_state, .u_stride = op->u_stride,
    .dt_stride = op->dt_stride, .bc_stride = op->bc_stride, .z_stride = op->z_stride,
    .out_stride = op->out_stride
  };
  cpu->kernels.selective_scan (&args, 0, op->dim);
}

static void
cpu_ssd (SsmtDevice *device, const SsmtSsdOp *op)
{
  const CpuDevice *cpu = (CpuDevice *) device;
  SsmtSsdArgs args = {
    .x = at (op->x), .dt = at (op->dt), .b = at (op->b), .c = at (op->c), .a = at (op->a),
    .d = at (op->d), .dt_bias = at (op->dt_bias), .out = at (op->out),
    .states = states_of (&op->state), .runs = runs_of (&op->runs),
    .heads = op->heads, .head_dim = op->head_dim, .groups = op->groups,
    .d_state = op->d_state, .x_stride = op->x_stride, .dt_stride = op->dt_stride,
    .bc_stride = op->bc_stride, .out_stride = op->out_stride,
    .dt_min = op->dt_min, .dt_max = op->dt_max
  };
  cpu->kernels.ssd (&args, 0, op->heads);
}

static void
cpu_attention (SsmtDevice *device, const SsmtAttentionOp *op)
{
  const CpuDevice *cpu = (CpuDevice *) device;
  SsmtAttentionArgs args = {
    .q = at (op->q), .k = at (op->k), .v = at (op->v), .out = at (op->out),
    .states = states_of (&op->state), .runs = runs_of (&op->runs),
    .heads = op->heads, .kv_heads = op->kv_heads, .head_dim = op->head_dim,
    .window = op->window, .q_stride = op->q_stride, .kv_stride = op->kv_stride,
    .out_stride = op->out_stride, .scale = op->scale, .rotary_base = op->rotary_base,
    .bidirectional = op->bidirectional
  };
  if (op->rotary_base > 0)
    cpu->kernels.rotary (&args, 0, op->rows);
  cpu->kernels.attention (&args, 0, op->kv_heads);
}

static void
cpu_cross_attention (SsmtDevice *device, const SsmtCrossAttentionOp *op)
{
  const CpuDevice *cpu = (CpuDevice *) device;
  SsmtCrossAttentionArgs args = {
    .q = at (op->q), .k = at (op->k), .v = at (op->v), .out = at (op->out),
    .runs = runs_of (&op->runs), .heads = op->heads, .kv_heads = op->kv_heads,
    .head_dim = op->head_dim, .q_stride = op->q_stride, .kv_stride = op->kv_stride,
    .out_stride = op->out_stride, .scale = op->scale
  };
  cpu->kernels.cross_attention (&args, 0, op->kv_heads);
}

/* --- opening ------------------------------------------------------------ */

static void
cpu_close (SsmtDevice *device)
{
  free (device);
}

static const SsmtDeviceOps cpu_ops = {
  .alloc = cpu_alloc,
  .wrap = cpu_wrap,
  .release = cpu_release,
  .write = cpu_write,
  .read = cpu_read,
  .copy = cpu_copy,
  .zero = cpu_zero,
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
  .close = cpu_close,
};

SsmtDevice *
ssmt_cpu_device_open (uint32_t threads)
{
  CpuDevice *cpu = calloc (1, sizeof *cpu);

  (void) threads;
  if (cpu == NULL)
    return NULL;
  cpu->device.ops = &cpu_ops;
  cpu->device.name = "cpu";
  ssmt_cpu_kernels_init (&cpu->kernels,
      ssmt_cpu_flags_limit (ssmt_cpu_flags (), getenv ("SSMT_CPU")));
  snprintf (cpu->device.description, sizeof cpu->device.description,
      "cpu: %s, 1 thread", cpu->kernels.name);
  return &cpu->device;
}
