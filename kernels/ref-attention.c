/* ssmtranslate: plain C attention
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "ref.h"

#include <math.h>
#include <string.h>

void
ssmt_rotary_angle (uint64_t position, float base, uint32_t pair, uint32_t rotary_dim,
    float *cosine, float *sine)
{
  double angle = (double) position * pow (base, -2.0 * pair / rotary_dim);

  *cosine = (float) cos (angle);
  *sine = (float) sin (angle);
}

/* Pairs (i, i + half) of each head of x (heads, head_dim) turn by their angle. */
static void
rotate_row (const SsmtAttentionArgs *args, float *x, uint32_t heads, uint64_t position)
{
  uint32_t half = args->rotary_dim / 2;

  for (uint32_t i = 0; i < half; i++) {
    float cosine, sine;
    ssmt_rotary_angle (position, args->rotary_base, i, args->rotary_dim, &cosine, &sine);
    for (uint32_t head = 0; head < heads; head++) {
      float *pair = x + (size_t) head * args->head_dim + i;
      float first = pair[0], second = pair[half];
      pair[0] = first * cosine - second * sine;
      pair[half] = second * cosine + first * sine;
    }
  }
}

void
ssmt_ref_rotary (const SsmtAttentionArgs *args, uint32_t begin, uint32_t end)
{
  for (uint32_t i = 0; i < args->runs.count; i++) {
    const SsmtRun *run = &args->runs.list[i];
    for (uint32_t t = 0; t < run->rows; t++) {
      size_t row = (size_t) run->first + t;
      if (row < begin || row >= end)
        continue;
      uint64_t position = run->position + t;
      rotate_row (args, args->q + row * args->q_stride, args->heads, position);
      rotate_row (args, args->k + row * args->kv_stride, args->kv_heads, position);
    }
  }
}

static float
dot (const float *a, const float *b, uint32_t dim)
{
  double sum = 0;

  for (uint32_t i = 0; i < dim; i++)
    sum += (double) a[i] * b[i];
  return (float) sum;
}

/* Keys or values of one key head: the first `old` in the ring, the rest in the
 * batch. */
typedef struct {
  const float *ring;            /* row p % window holds position p */
  const float *rows;            /* row j holds position start + j */
  size_t ring_stride, rows_stride;
  uint64_t start, window;
} Keys;

static const float *
key_at (const Keys *keys, uint64_t position)
{
  if (position >= keys->start)
    return keys->rows + (size_t) (position - keys->start) * keys->rows_stride;
  return keys->ring + (size_t) (position % keys->window) * keys->ring_stride;
}

/* out = sum_j softmax_j (scale q.k_j) v_j over positions [from, to). */
static void
attend (const float *q, const Keys *k, const Keys *v, uint64_t from, uint64_t to,
    float scale, uint32_t head_dim, float *out)
{
  float largest = -INFINITY;
  double total = 0;

  for (uint64_t j = from; j < to; j++)
    largest = fmaxf (largest, dot (q, key_at (k, j), head_dim) * scale);
  memset (out, 0, head_dim * sizeof *out);
  for (uint64_t j = from; j < to; j++) {
    float p = expf (dot (q, key_at (k, j), head_dim) * scale - largest);
    total += p;
    for (uint32_t i = 0; i < head_dim; i++)
      out[i] += p * key_at (v, j)[i];
  }
  for (uint32_t i = 0; i < head_dim && total > 0; i++)
    out[i] = (float) (out[i] / total);
}

/* The last rows of the run replace the oldest of the ring. */
static void
attention_keep (const SsmtAttentionArgs *args, const SsmtRun *run, uint32_t kv_head)
{
  size_t width = (size_t) args->kv_heads * args->head_dim;
  size_t bytes = args->head_dim * sizeof (float);
  uint32_t t = run->rows > args->window ? run->rows - args->window : 0;

  for (; args->states.base && t < run->rows; t++) {
    float *ring = ssmt_state_of (&args->states, run->slot) +
        (size_t) ((run->position + t) % args->window) * args->state_stride +
        (size_t) kv_head * args->head_dim;
    size_t at = ((size_t) run->first + t) * args->kv_stride +
        (size_t) kv_head * args->head_dim;
    memcpy (ring, args->k + at, bytes);
    memcpy (ring + width, args->v + at, bytes);
  }
}

static void
attention_run (const SsmtAttentionArgs *args, const SsmtRun *run, uint32_t kv_head)
{
  uint32_t dim = args->head_dim, share = args->heads / args->kv_heads;
  size_t width = (size_t) args->kv_heads * dim;
  size_t at = (size_t) run->first * args->kv_stride + (size_t) kv_head * dim;
  Keys k = { NULL, args->k + at, args->state_stride, args->kv_stride, run->position, args->window };
  Keys v = k;
  v.rows = args->v + at;
  if (args->states.base) {
    k.ring = ssmt_state_of (&args->states, run->slot) + (size_t) kv_head * dim;
    v.ring = k.ring + width;
  }

  for (uint32_t t = 0; t < run->rows; t++) {
    uint64_t now = run->position + t, end = run->position + run->rows;
    uint64_t from = ssmt_attention_from (args, run, now);
    size_t row = (size_t) run->first + t;
    for (uint32_t i = 0; i < share; i++) {
      size_t head = (size_t) kv_head * share + i;
      attend (args->q + row * args->q_stride + head * dim, &k, &v, from,
          args->bidirectional ? end : now + 1, args->scale, dim,
          args->out + row * args->out_stride + head * dim);
    }
  }
}

void
ssmt_ref_attention (const SsmtAttentionArgs *args, uint32_t begin, uint32_t end)
{
  for (uint32_t i = 0; i < args->runs.count; i++)
    for (uint32_t kv_head = begin; kv_head < end; kv_head++) {
      attention_run (args, &args->runs.list[i], kv_head);
      attention_keep (args, &args->runs.list[i], kv_head);
    }
}

static void
cross_attention_run (const SsmtCrossAttentionArgs *args, const SsmtRun *run, uint32_t kv_head)
{
  uint32_t dim = args->head_dim, share = args->heads / args->kv_heads;
  size_t at = (size_t) run->memory * args->kv_stride + (size_t) kv_head * dim;
  Keys k = { NULL, args->k + at, 0, args->kv_stride, 0, 1 };
  Keys v = { NULL, args->v + at, 0, args->kv_stride, 0, 1 };

  for (uint32_t t = 0; t < run->rows; t++)
    for (uint32_t i = 0; i < share; i++) {
      size_t row = (size_t) run->first + t, head = (size_t) kv_head * share + i;
      attend (args->q + row * args->q_stride + head * dim, &k, &v, 0, run->memory_rows,
          args->scale, dim, args->out + row * args->out_stride + head * dim);
    }
}

void
ssmt_ref_cross_attention (const SsmtCrossAttentionArgs *args, uint32_t begin, uint32_t end)
{
  for (uint32_t i = 0; i < args->runs.count; i++)
    for (uint32_t kv_head = begin; kv_head < end; kv_head++)
      cross_attention_run (args, &args->runs.list[i], kv_head);
}
