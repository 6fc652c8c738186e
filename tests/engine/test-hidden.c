/* ssmtranslate tests: hidden attention is what the scans do
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * With its dt, B and C fixed a scan is linear in its input: an impulse at row j shows at row t
 * with the weight alpha (t, j). That is measured with the scans themselves.
 */
#include <math.h>

#include <glib.h>

#include "kernels/kernels.h"

enum { ROWS = 11, STATE = 5, CHANNELS = 6, HEAD = 4, GROUPS = 2 };

typedef struct {
  SsmtDevice *device;
  GRand *random;
  GPtrArray *buffers;
} Rig;

static SsmtRef
upload (Rig *rig, const void *data, gsize bytes)
{
  SsmtBuffer *buffer = rig->device->ops->alloc (rig->device, bytes);
  SsmtRef ref = { buffer, 0 };

  g_ptr_array_add (rig->buffers, buffer);
  if (data != NULL)
    rig->device->ops->write (rig->device, ref, data, bytes);
  return ref;
}

static SsmtRef
floats (Rig *rig, gsize n, double low, double high)
{
  g_autofree float *values = g_new (float, n);

  for (gsize i = 0; i < n; i++)
    values[i] = g_rand_double_range (rig->random, low, high);
  return upload (rig, values, n * sizeof (float));
}

static Rig
rig_open (void)
{
  Rig rig = { ssmt_device_open ("cpu", 2, NULL), g_rand_new_with_seed (7), g_ptr_array_new () };

  return rig;
}

static void
rig_close (Rig *rig)
{
  for (guint i = 0; i < rig->buffers->len; i++)
    rig->device->ops->release (rig->device, rig->buffers->pdata[i]);
  g_ptr_array_unref (rig->buffers);
  g_rand_free (rig->random);
  ssmt_device_close (rig->device);
}

/* An impulse of 1 in all `width` channels of row j. */
static SsmtRef
impulse (Rig *rig, guint width, guint j)
{
  g_autofree float *values = g_new0 (float, ROWS *width);

  for (guint c = 0; c < width; c++)
    values[j * width + c] = 1;
  return upload (rig, values, ROWS * width * sizeof (float));
}

static SsmtRuns
one_run (Rig *rig)
{
  SsmtRun run = { .rows = ROWS };

  return (SsmtRuns){ upload (rig, &run, sizeof run), 1 };
}

/* Adds to weights (ROWS, ROWS) what `channels` outputs, `step` apart, show of the impulse at j. */
static void
measure (Rig *rig, SsmtRef out, guint width, guint step, guint j, double *weights)
{
  float values[ROWS * CHANNELS * HEAD];

  rig->device->ops->read (rig->device, values, out, ROWS * width * sizeof (float));
  for (guint t = 0; t < ROWS; t++)
    for (guint c = 0; c < width; c += step)
      weights[t * ROWS + j] += fabs (values[t * width + c]);
}

static void
compare (Rig *rig, const SsmtHiddenScoresOp *op, const double *weights)
{
  float scores[ROWS * ROWS];

  rig->device->ops->hidden_scores (rig->device, op);
  rig->device->ops->read (rig->device, scores, op->out, sizeof scores);
  for (guint t = 0; t < ROWS; t++) {
    double sum = 0;

    for (guint j = 0; j < ROWS; j++)
      sum += weights[t * ROWS + j];
    for (guint j = 0; j < ROWS; j++)
      g_assert_cmpfloat_with_epsilon (scores[t * ROWS + j], weights[t * ROWS + j] / sum, 2e-5);
  }
}

static void
test_mamba (void)
{
  Rig rig = rig_open ();
  double weights[ROWS * ROWS] = { 0 };
  SsmtRef dt = floats (&rig, ROWS * CHANNELS, -1, 1);
  SsmtRef b = floats (&rig, ROWS * STATE, -1, 1);
  SsmtRef c = floats (&rig, ROWS * STATE, -1, 1);
  SsmtRef a = floats (&rig, STATE * CHANNELS, -3, -0.1);
  SsmtRef bias = floats (&rig, CHANNELS, -1, 1);
  SsmtRef d = floats (&rig, CHANNELS, 0, 0);
  SsmtRuns runs = one_run (&rig);

  for (guint j = 0; j < ROWS; j++) {
    SsmtSelectiveScanOp op = { .u = impulse (&rig, CHANNELS, j),
      .dt = dt,
      .b = b,
      .c = c,
      .a = a,
      .d = d,
      .dt_bias = bias,
      .out = floats (&rig, ROWS * CHANNELS, 0, 0),
      .state = { floats (&rig, STATE * CHANNELS, 0, 0), 0 },
      .runs = runs,
      .rows = ROWS,
      .dim = CHANNELS,
      .d_state = STATE,
      .u_stride = CHANNELS,
      .dt_stride = CHANNELS,
      .bc_stride = STATE,
      .out_stride = CHANNELS };

    rig.device->ops->selective_scan (rig.device, &op);
    measure (&rig, op.out, CHANNELS, 1, j, weights);
  }
  compare (&rig,
      &(SsmtHiddenScoresOp){ .dt = dt,
          .b = b,
          .c = c,
          .a = a,
          .dt_bias = bias,
          .out = floats (&rig, ROWS * ROWS, 0, 0),
          .work = floats (&rig, ROWS * ROWS, 9, 9),
          .runs = runs,
          .rows = ROWS,
          .dim = CHANNELS,
          .groups = 1,
          .d_state = STATE,
          .dt_stride = CHANNELS,
          .bc_stride = STATE,
          .out_stride = ROWS,
          .dt_max = INFINITY },
      weights);
  rig_close (&rig);
}

/* All channels of a head have the head's weight: one of each is looked at. */
static void
test_mamba2 (void)
{
  Rig rig = rig_open ();
  double weights[ROWS * ROWS] = { 0 };
  guint width = CHANNELS * HEAD, bc = GROUPS * STATE;
  SsmtRef dt = floats (&rig, ROWS * CHANNELS, -1, 1);
  SsmtRef b = floats (&rig, ROWS * bc, -1, 1);
  SsmtRef c = floats (&rig, ROWS * bc, -1, 1);
  SsmtRef a = floats (&rig, CHANNELS, -3, -0.1);
  SsmtRef bias = floats (&rig, CHANNELS, -1, 1);
  SsmtRef d = floats (&rig, CHANNELS, 0, 0);
  SsmtRuns runs = one_run (&rig);

  for (guint j = 0; j < ROWS; j++) {
    SsmtSsdOp op = { .x = impulse (&rig, width, j),
      .dt = dt,
      .b = b,
      .c = c,
      .a = a,
      .d = d,
      .dt_bias = bias,
      .out = floats (&rig, ROWS * width, 0, 0),
      .state = { floats (&rig, STATE * width, 0, 0), 0 },
      .runs = runs,
      .rows = ROWS,
      .heads = CHANNELS,
      .head_dim = HEAD,
      .groups = GROUPS,
      .d_state = STATE,
      .x_stride = width,
      .dt_stride = CHANNELS,
      .bc_stride = bc,
      .out_stride = width,
      .dt_min = 0.3f,
      .dt_max = 0.9f };

    rig.device->ops->ssd (rig.device, &op);
    measure (&rig, op.out, width, HEAD, j, weights);
  }
  compare (&rig,
      &(SsmtHiddenScoresOp){ .dt = dt,
          .b = b,
          .c = c,
          .a = a,
          .dt_bias = bias,
          .out = floats (&rig, ROWS * ROWS, 0, 0),
          .work = floats (&rig, ROWS * ROWS, 9, 9),
          .runs = runs,
          .rows = ROWS,
          .dim = CHANNELS,
          .groups = GROUPS,
          .d_state = STATE,
          .dt_stride = CHANNELS,
          .bc_stride = bc,
          .out_stride = ROWS,
          .dt_min = 0.3f,
          .dt_max = 0.9f,
          .scalar = true },
      weights);
  rig_close (&rig);
}

/* Attention within a run: values that are impulses show the weights. */
static void
test_attention (void)
{
  Rig rig = rig_open ();
  enum { WINDOW = 4, HEADS = 2 };
  double weights[ROWS * ROWS] = { 0 };
  guint width = HEADS * HEAD;
  float scores[ROWS * ROWS];
  SsmtRef out;

  for (guint j = 0; j < ROWS; j++) {
    GRand *same = g_rand_new_with_seed (3);
    Rig inputs = { rig.device, same, rig.buffers };
    SsmtAttentionOp op = { .q = floats (&inputs, ROWS * width, -2, 2),
      .k = floats (&inputs, ROWS * width, -2, 2),
      .v = impulse (&rig, width, j),
      .out = floats (&rig, ROWS * width, 0, 0),
      .state = { floats (&rig, WINDOW * 2 * width, 0, 0), 0 },
      .runs = one_run (&rig),
      .rows = ROWS,
      .heads = HEADS,
      .kv_heads = HEADS,
      .head_dim = HEAD,
      .window = WINDOW,
      .q_stride = width,
      .kv_stride = width,
      .out_stride = width,
      .scale = 0.5f,
      .rotary_base = 100 };

    rig.device->ops->attention (rig.device, &op);
    measure (&rig, op.out, width, HEAD, j, weights);
    if (j + 1 == ROWS) {
      out = floats (&rig, ROWS * ROWS, 0, 0);
      rig.device->ops->attention_scores (rig.device,
          &(SsmtAttentionScoresOp){ .q = op.q,
              .k = op.k,
              .out = out,
              .runs = op.runs,
              .rows = ROWS,
              .heads = HEADS,
              .kv_heads = HEADS,
              .head_dim = HEAD,
              .window = WINDOW,
              .q_stride = width,
              .kv_stride = width,
              .out_stride = ROWS,
              .scale = 0.5f,
              .self = true });
      rig.device->ops->read (rig.device, scores, out, sizeof scores);
    }
    g_rand_free (same);
  }
  for (guint i = 0; i < ROWS * ROWS; i++)
    g_assert_cmpfloat_with_epsilon (scores[i], weights[i] / HEADS, 2e-5);
  rig_close (&rig);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/hidden/mamba", test_mamba);
  g_test_add_func ("/hidden/mamba2", test_mamba2);
  g_test_add_func ("/hidden/attention", test_attention);
  return g_test_run ();
}
