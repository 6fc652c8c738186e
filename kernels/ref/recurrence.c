/* ssmtranslate: the linear recurrence in plain C
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "ref.h"

#include "functions.h"

float
ssmt_ref_retention_norm (float decay, uint64_t position)
{
  double n = (double) position + 1;
  double sum = decay < 1.0f ? (1.0 - pow (decay, n)) / (1.0 - decay) : n;

  return (float) (1.0 / sqrt (sum));
}

/* Decay of row n of the state of one head. */
static float
decay_at (const SsmtRecurrenceOp *op, size_t row, uint32_t head, uint32_t n)
{
  const float *first = ssmt_host_at (op->decay);
  const float *x = ssmt_host_row (op->decay, row, op->decay_stride);

  switch (op->kind) {
    case SSMT_DECAY_HEAD:
      return first[head];
    case SSMT_DECAY_TOKEN:
      return ssmt_exp (ssmt_host_row (op->a, 0, 0)[head]
          * ssmt_softplus (x[head] + ssmt_host_row (op->dt_bias, 0, 0)[head]));
    case SSMT_DECAY_CHANNEL:
      x += (size_t) (head / (op->heads / op->k_heads)) * op->key_dim + n;
      return ssmt_exp (ssmt_clamp (-ssmt_softplus (-*x) / op->decay_divisor, op->decay_min, 0.0f));
    default:
      return 1.0f;
  }
}

/* What q or k is multiplied by. */
static float
length_factor (const SsmtRecurrenceOp *op, const float *x)
{
  double sum = 0;

  if (!op->l2_norm)
    return 1.0f;
  for (uint32_t n = 0; n < op->key_dim; n++)
    sum += (double) x[n] * x[n];
  return (float) (1.0 / sqrt (sum + 1e-6));
}

static void
recurrence_row (const SsmtRecurrenceOp *op, float *s, size_t row, uint64_t position, uint32_t head)
{
  uint32_t dim = op->value_dim, keys = op->key_dim;
  const float *q =
      ssmt_host_row (op->q, row, op->q_stride) + (size_t) (head / (op->heads / op->q_heads)) * keys;
  const float *k =
      ssmt_host_row (op->k, row, op->k_stride) + (size_t) (head / (op->heads / op->k_heads)) * keys;
  const float *v =
      ssmt_host_row (op->v, row, op->v_stride) + (size_t) (head / (op->heads / op->v_heads)) * dim;
  const float *betas = ssmt_host_row (op->beta, row, op->beta_stride);
  float *out = ssmt_host_row (op->out, row, op->out_stride) + (size_t) head * dim;
  float q_factor = op->scale * length_factor (op, q);
  float k_factor = length_factor (op, k);
  float beta = op->beta_scale;

  if (op->normalise)
    q_factor *= ssmt_ref_retention_norm (ssmt_host_row (op->decay, 0, 0)[head], position);
  if (betas)
    beta *= ssmt_sigmoid (betas[head]);

  for (uint32_t n = 0; n < keys; n++) {
    float decay = decay_at (op, row, head, n);
    for (uint32_t i = 0; i < dim; i++)
      s[(size_t) n * dim + i] *= decay;
  }
  for (uint32_t i = 0; i < dim; i++) {
    double read = 0, sum = 0;
    float input = v[i];
    if (op->delta) {
      for (uint32_t n = 0; n < keys; n++)
        read += (double) s[(size_t) n * dim + i] * (k[n] * k_factor);
      input = beta * (v[i] - (float) read);
    }
    for (uint32_t n = 0; n < keys; n++) {
      float *state = &s[(size_t) n * dim + i];
      *state = (float) (*state + (double) k[n] * k_factor * input);
      sum += (double) *state * (q[n] * q_factor);
    }
    out[i] = (float) sum;
  }
}

void
ssmt_ref_recurrence (const SsmtRecurrenceOp *op, uint32_t begin, uint32_t end)
{
  const SsmtRun *run = ssmt_host_runs (&op->runs);

  for (uint32_t i = 0; i < op->runs.count; i++, run++)
    for (uint32_t head = begin; head < end; head++) {
      float *s =
          ssmt_host_state (&op->state, run->slot) + (size_t) head * op->key_dim * op->value_dim;
      for (uint32_t t = 0; t < run->rows; t++)
        recurrence_row (op, s, (size_t) run->first + t, run->position + t, head);
    }
}
