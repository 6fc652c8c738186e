/* ssmtranslate: what attention and scans look at, in plain C
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "ref.h"

#include <math.h>

static float
dot (const float *x, const float *y, uint32_t dim)
{
  float sum = 0.0f;

  for (uint32_t i = 0; i < dim; i++)
    sum += x[i] * y[i];
  return sum;
}

/* out[j] += factor softmax_j (scale q.k_j), products taken twice rather than kept. */
static void
add_scores (const float *q, const float *k, uint32_t stride, uint32_t rows, uint32_t dim,
    float scale, float factor, float *out)
{
  float largest = -INFINITY, total = 0.0f;

  for (uint32_t j = 0; j < rows; j++)
    largest = fmaxf (largest, scale * dot (q, k + (size_t) j * stride, dim));
  for (uint32_t j = 0; j < rows; j++)
    total += expf (scale * dot (q, k + (size_t) j * stride, dim) - largest);
  for (uint32_t j = 0; j < rows; j++)
    out[j] += factor * expf (scale * dot (q, k + (size_t) j * stride, dim) - largest) / total;
}

static void
add_row (const SsmtAttentionScoresArgs *args, const SsmtRun *run, uint32_t t)
{
  size_t row = (size_t) run->first + t;
  uint32_t share = args->heads / args->kv_heads;
  uint32_t from = args->self && args->window > 0 && t >= args->window ? t + 1 - args->window : 0;
  uint32_t n = args->self ? t + 1 - from : run->memory_rows;
  const float *k = args->k +
      (size_t) (args->self ? run->first + from : run->memory) * args->kv_stride;

  for (uint32_t head = 0; head < args->heads; head++)
    add_scores (args->q + row * args->q_stride + (size_t) head * args->head_dim,
        k + (size_t) (head / share) * args->head_dim, args->kv_stride, n, args->head_dim,
        args->scale, 1.0f / (float) args->heads, args->out + row * args->out_stride + from);
}

void
ssmt_ref_attention_scores (const SsmtAttentionScoresArgs *args, uint32_t begin, uint32_t end)
{
  for (uint32_t i = 0; i < args->runs.count; i++) {
    const SsmtRun *run = &args->runs.list[i];
    uint32_t t = begin > run->first ? begin - run->first : 0;
    for (; t < run->rows && run->first + t < end; t++)
      add_row (args, run, t);
  }
}

/* --- hidden attention ---------------------------------------------------- */

static float
step_size (const SsmtHiddenScoresArgs *args, size_t row, uint32_t channel)
{
  float x = args->dt[row * args->dt_stride + channel] + args->dt_bias[channel];

  return fminf (fmaxf (x > 20.0f ? x : log1pf (expf (x)), args->dt_min), args->dt_max);
}

/* sum_n C[n] B[n] exp (A[n] time) for one channel */
static float
carried_weight (const SsmtHiddenScoresArgs *args, const float *b, const float *c,
    uint32_t channel, float time)
{
  float sum = 0.0f;

  for (uint32_t n = 0; n < args->d_state; n++)
    sum += c[n] * b[n] * (args->scalar ? 1.0f
        : expf (args->a[(size_t) n * args->dim + channel] * time));
  return args->scalar ? sum * expf (args->a[channel] * time) : sum;
}

static void
add_channel (const SsmtHiddenScoresArgs *args, const SsmtRun *run, uint32_t t, uint32_t channel,
    float *work)
{
  size_t group = channel / (args->dim / args->groups) * args->d_state;
  const float *c = args->c + ((size_t) run->first + t) * args->bc_stride + group;
  float time = 0.0f;

  for (uint32_t j = t + 1; j-- > 0;) {
    size_t row = (size_t) run->first + j;
    float step = step_size (args, row, channel);

    work[j] += fabsf (step * carried_weight (args, args->b + row * args->bc_stride + group, c,
            channel, time));
    time += step;
  }
}

static void
add_hidden_row (const SsmtHiddenScoresArgs *args, const SsmtRun *run, uint32_t t)
{
  size_t row = (size_t) run->first + t;
  float *work = args->work + row * args->out_stride, *out = args->out + row * args->out_stride;
  float total = 0.0f;

  for (uint32_t j = 0; j <= t; j++)
    work[j] = 0.0f;
  for (uint32_t channel = 0; channel < args->dim; channel++)
    add_channel (args, run, t, channel, work);
  for (uint32_t j = 0; j <= t; j++)
    total += work[j];
  for (uint32_t j = 0; j <= t && total > 0.0f; j++)
    out[j] += work[j] / total;
}

void
ssmt_ref_hidden_scores (const SsmtHiddenScoresArgs *args, uint32_t begin, uint32_t end)
{
  for (uint32_t i = 0; i < args->runs.count; i++) {
    const SsmtRun *run = &args->runs.list[i];
    uint32_t t = begin > run->first ? begin - run->first : 0;
    for (; t < run->rows && run->first + t < end; t++)
      add_hidden_row (args, run, t);
  }
}
