/* ssmtranslate: plain C versions of the linear recurrence and of its rotation
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "ref.h"

#include <math.h>

/* --- rotate ------------------------------------------------------------- */

static void
rotate_pair (float *first, float *second, double angle)
{
  float cosine = (float) cos (angle), sine = (float) sin (angle);
  float x = *first, y = *second;

  *first = x * cosine - y * sine;
  *second = y * cosine + x * sine;
}

static void
rotate_heads (const SsmtRotateArgs *args, float *x, uint32_t heads, uint64_t position)
{
  uint32_t half = args->head_dim / 2;
  uint32_t step = args->interleaved ? 2 : 1, apart = args->interleaved ? 1 : half;

  for (uint32_t i = 0; i < half; i++) {
    double angle = (double) position * pow (args->base, -(double) i / args->divisor);
    for (uint32_t head = 0; head < heads; head++) {
      float *pair = x + (size_t) head * args->head_dim + (size_t) i * step;
      rotate_pair (pair, pair + apart, angle);
    }
  }
}

void
ssmt_ref_rotate (const SsmtRotateArgs *args, uint32_t begin, uint32_t end)
{
  for (uint32_t i = 0; i < args->runs.count; i++) {
    const SsmtRun *run = &args->runs.list[i];
    for (uint32_t t = 0; t < run->rows; t++) {
      size_t row = (size_t) run->first + t;
      if (row < begin || row >= end)
        continue;
      rotate_heads (args, args->q + row * args->q_stride, args->q_heads, run->position + t);
      rotate_heads (args, args->k + row * args->k_stride, args->k_heads, run->position + t);
    }
  }
}

/* --- recurrence --------------------------------------------------------- */

static float
softplus (float x)
{
  return x > 20.0f ? x : log1pf (expf (x));
}

float
ssmt_recurrence_norm (float decay, uint64_t position)
{
  double n = (double) position + 1;
  double sum = decay < 1.0f ? (1.0 - pow (decay, n)) / (1.0 - decay) : n;

  return (float) (1.0 / sqrt (sum));
}

/* Decay of row n of the state of one head. */
static float
decay_at (const SsmtRecurrenceArgs *args, size_t row, uint32_t head, uint32_t n)
{
  const float *x = args->decay;

  switch (args->kind) {
    case SSMT_DECAY_HEAD:
      return x[head];
    case SSMT_DECAY_TOKEN:
      return expf (args->a[head] *
          softplus (x[row * args->decay_stride + head] + args->dt_bias[head]));
    case SSMT_DECAY_CHANNEL:
      x += row * args->decay_stride +
          (size_t) (head / (args->heads / args->k_heads)) * args->key_dim + n;
      return expf (fmaxf (-softplus (-*x) / args->decay_divisor, args->decay_min));
    default:
      return 1.0f;
  }
}

/* What q or k is multiplied by. */
static float
length_factor (const SsmtRecurrenceArgs *args, const float *x)
{
  double sum = 0;

  if (!args->l2_norm)
    return 1.0f;
  for (uint32_t n = 0; n < args->key_dim; n++)
    sum += (double) x[n] * x[n];
  return (float) (1.0 / sqrt (sum + 1e-6));
}

static void
recurrence_row (const SsmtRecurrenceArgs *args, float *s, size_t row, uint64_t position,
    uint32_t head)
{
  uint32_t dim = args->value_dim, keys = args->key_dim;
  const float *q = args->q + row * args->q_stride +
      (size_t) (head / (args->heads / args->q_heads)) * keys;
  const float *k = args->k + row * args->k_stride +
      (size_t) (head / (args->heads / args->k_heads)) * keys;
  const float *v = args->v + row * args->v_stride +
      (size_t) (head / (args->heads / args->v_heads)) * dim;
  float *out = args->out + row * args->out_stride + (size_t) head * dim;
  float q_factor = args->scale * length_factor (args, q);
  float k_factor = length_factor (args, k);
  float beta = args->beta_scale;

  if (args->normalise)
    q_factor *= ssmt_recurrence_norm (args->decay[head], position);
  if (args->beta)
    beta /= 1.0f + expf (-args->beta[row * args->beta_stride + head]);

  for (uint32_t n = 0; n < keys; n++) {
    float decay = decay_at (args, row, head, n);
    for (uint32_t i = 0; i < dim; i++)
      s[(size_t) n * dim + i] *= decay;
  }
  for (uint32_t i = 0; i < dim; i++) {
    double read = 0, sum = 0;
    float input = v[i];
    if (args->delta) {
      for (uint32_t n = 0; n < keys; n++)
        read += (double) s[(size_t) n * dim + i] * (k[n] * k_factor);
      input = beta * (v[i] - (float) read);
    }
    for (uint32_t n = 0; n < keys; n++) {
      float *state = &s[(size_t) n * dim + i];
      *state += k[n] * k_factor * input;
      sum += (double) *state * (q[n] * q_factor);
    }
    out[i] = (float) sum;
  }
}

void
ssmt_ref_recurrence (const SsmtRecurrenceArgs *args, uint32_t begin, uint32_t end)
{
  for (uint32_t i = 0; i < args->runs.count; i++) {
    const SsmtRun *run = &args->runs.list[i];
    float *state = ssmt_state_of (&args->states, run->slot);
    for (uint32_t head = begin; head < end; head++) {
      float *s = state + (size_t) head * args->key_dim * args->value_dim;
      for (uint32_t t = 0; t < run->rows; t++)
        recurrence_row (args, s, (size_t) run->first + t, run->position + t, head);
    }
  }
}
