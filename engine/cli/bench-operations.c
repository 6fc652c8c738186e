/* ssmt bench: where the time of a model goes
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The device's table is replaced by one whose operations call the device's own and take the time. A device
 * that only queues is waited for each time, which it is not else: there the sum is more than the whole.
 */
#include "engine/cli/bench-operations.h"

#include <stdio.h>
#include <time.h>

#include "engine/cli/cli-network.h"

#define MAX_LINES 64

typedef struct {
  const char *name;
  SsmtDType dtype;       /* of a product */
  guint32 outputs, cols; /* 0: no product */
  guint64 calls, ns;
  double bytes;
} Line;

struct _BenchOperations {
  SsmtDevice *device;
  const SsmtDeviceOps *own;
  SsmtDeviceOps timed;
  guint64 begin, ns, tokens;
  guint n_lines;
  Line lines[MAX_LINES];
};

static BenchOperations *current;

static guint64
now_ns (void)
{
  struct timespec t;

  clock_gettime (CLOCK_MONOTONIC, &t);
  return (guint64) t.tv_sec * 1000000000u + (guint64) t.tv_nsec;
}

/* --- bytes ---------------------------------------------------------------- */

static double
matrix_bytes (const SsmtMatrix *m)
{
  return m->rows
      * ((double) ssmt_row_bytes (m->dtype, m->cols) + 4.0 * ssmt_row_scales (m->dtype, m->cols));
}

/* Read and written. */
static double
state_bytes (const SsmtRuns *runs, double floats)
{
  return 2 * sizeof (float) * floats * runs->count;
}

/* What an operation moves beside its rows: weights and states. */
#define NO_BYTES(Type, name)                                                                       \
  static double bytes_of_##name (const Ssmt##Type##Op *op)                                         \
  {                                                                                                \
    return 0;                                                                                      \
  }
NO_BYTES (RmsNorm, rms_norm)
NO_BYTES (LayerNorm, layer_norm)
NO_BYTES (Swiglu, swiglu)
NO_BYTES (Activation, activation)
NO_BYTES (Positions, positions)
NO_BYTES (Attention, attention)
NO_BYTES (CrossAttention, cross_attention)
NO_BYTES (AttentionScores, attention_scores)
NO_BYTES (HiddenScores, hidden_scores)
NO_BYTES (Rotate, rotate)

static double
bytes_of_embed (const SsmtEmbedOp *op)
{
  return matrix_bytes (op->table) / op->table->rows * op->rows;
}

static double
bytes_of_linear (const SsmtLinearOp *op)
{
  return matrix_bytes (op->weight);
}

static double
bytes_of_top_k (const SsmtTopKOp *op)
{
  return sizeof (float) * (double) op->rows * op->dim;
}

static double
bytes_of_conv (const SsmtConvOp *op)
{
  return sizeof (float) * (double) op->dim * op->taps
      + state_bytes (&op->runs, (double) op->dim * (op->taps - 1));
}

static double
bytes_of_ssru (const SsmtSsruOp *op)
{
  return state_bytes (&op->runs, op->dim);
}

static double
bytes_of_selective_scan (const SsmtSelectiveScanOp *op)
{
  double floats = (double) op->dim * op->d_state;

  return sizeof (float) * floats + state_bytes (&op->runs, floats);
}

static double
bytes_of_ssd (const SsmtSsdOp *op)
{
  return state_bytes (&op->runs, (double) op->heads * op->head_dim * op->d_state);
}

static double
bytes_of_recurrence (const SsmtRecurrenceOp *op)
{
  return state_bytes (&op->runs, (double) op->heads * op->key_dim * op->value_dim);
}

/* --- times ---------------------------------------------------------------- */

static Line *
find_line (BenchOperations *self, const char *name, const SsmtMatrix *weight)
{
  const Line wanted = { .name = name,
    .dtype = weight ? weight->dtype : 0,
    .outputs = weight ? weight->rows : 0,
    .cols = weight ? weight->cols : 0 };

  for (guint i = 0; i < self->n_lines; i++) {
    Line *line = &self->lines[i];

    if (line->name == name && line->dtype == wanted.dtype && line->outputs == wanted.outputs
        && line->cols == wanted.cols)
      return line;
  }
  if (self->n_lines == MAX_LINES)
    return &self->lines[MAX_LINES - 1];
  self->lines[self->n_lines] = wanted;
  return &self->lines[self->n_lines++];
}

static void
count (const char *name, const SsmtMatrix *weight, guint64 begin, double bytes)
{
  guint64 ns = now_ns () - begin;
  Line *line = find_line (current, name, weight);

  line->calls++;
  line->ns += ns;
  line->bytes += bytes;
}

static guint32
rows_of_embed (const SsmtEmbedOp *op)
{
  return op->rows;
}

#define weight_of(op)                                                                              \
  _Generic((op), const SsmtLinearOp * : ((const SsmtLinearOp *) (op))->weight, default : NULL)
#define tokens_of(op)                                                                              \
  _Generic((op), const SsmtEmbedOp * : rows_of_embed ((const SsmtEmbedOp *) (op)), default : 0)

#define OP(Type, operation)                                                                        \
  static void time_##operation (SsmtDevice *device, const Ssmt##Type##Op *op)                      \
  {                                                                                                \
    guint64 begin = now_ns ();                                                                     \
                                                                                                   \
    current->own->operation (device, op);                                                          \
    current->own->wait (device);                                                                   \
    count (#operation, weight_of (op), begin, bytes_of_##operation (op));                          \
    current->tokens += tokens_of (op);                                                             \
  }
#include "kernels/ops.def"

BenchOperations *
bench_operations_begin (SsmtDevice *device)
{
  BenchOperations *self = g_new0 (BenchOperations, 1);

  self->device = device;
  self->own = device->ops;
  self->timed = *self->own;
#define OP(Type, operation) self->timed.operation = time_##operation;
#include "kernels/ops.def"
  self->timed.graph_begin = NULL;
  current = self;
  device->ops = &self->timed;
  self->begin = now_ns ();
  return self;
}

void
bench_operations_end (BenchOperations *self)
{
  self->ns = now_ns () - self->begin;
  self->device->ops = self->own;
  current = NULL;
}

void
bench_operations_free (BenchOperations *self)
{
  if (self->device->ops == &self->timed)
    bench_operations_end (self);
  g_free (self);
}

/* --- the report ----------------------------------------------------------- */

static int
compare_lines (gconstpointer a, gconstpointer b)
{
  const Line *x = a, *y = b;

  return (x->ns < y->ns) - (x->ns > y->ns);
}

static char *
describe (const Line *line)
{
  return line->outputs > 0 ? g_strdup_printf (
             "%s %s %u x %u", line->name, cli_dtype_name (line->dtype), line->outputs, line->cols)
                           : g_strdup (line->name);
}

static void
add_line (JsonBuilder *json, const char *work, const char *name, const double *values)
{
  static const char *const keys[] = { "calls_per_token", "microseconds_per_token", "share",
    "bytes_per_token" };

  json_builder_begin_object (json);
  json_builder_set_member_name (json, "work");
  json_builder_add_string_value (json, work);
  json_builder_set_member_name (json, "operation");
  json_builder_add_string_value (json, name);
  for (guint i = 0; i < G_N_ELEMENTS (keys); i++) {
    json_builder_set_member_name (json, keys[i]);
    json_builder_add_double_value (json, values[i]);
  }
  json_builder_end_object (json);
}

static void
report_line (const BenchOperations *self, const Line *line, const char *work, JsonBuilder *json)
{
  g_autofree char *name = describe (line);
  double tokens = self->tokens, bytes = line->bytes / tokens, us = 1e-3 * line->ns / tokens;
  const double values[] = { line->calls / tokens, us, (double) line->ns / self->ns, bytes };

  if (json) {
    add_line (json, work, name, values);
    return;
  }
  printf ("  %-32s %8.2f %9.2f %6.1f%%", name, values[0], us, 100 * values[2]);
  if (bytes > 0)
    printf (" %9.3f %7.1f", 1e-6 * bytes, 1e-3 * bytes / us);
  printf ("\n");
}

void
bench_operations_report (const BenchOperations *self, const char *work, JsonBuilder *json)
{
  g_autofree Line *lines = g_memdup2 (self->lines, sizeof self->lines);
  Line rest = { .name = "between operations", .ns = self->ns };

  if (self->tokens == 0)
    return;
  for (guint i = 0; i < self->n_lines; i++)
    rest.ns -= MIN (rest.ns, lines[i].ns);
  qsort (lines, self->n_lines, sizeof *lines, compare_lines);
  if (!json)
    printf (
        "  %-32s %8s %9s %7s %9s %7s\n", work, "calls", "us/token", "share", "MB/token", "GB/s");
  for (guint i = 0; i < self->n_lines; i++)
    report_line (self, &lines[i], work, json);
  report_line (self, &rest, work, json);
}
