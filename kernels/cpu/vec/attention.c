/* ssmtranslate: attention in vectors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "../../ref/ref.h"
#include "attend.h"

/* --- rotary ------------------------------------------------------------- */

#define MAX_PAIRS 128 /* of a head; larger heads take the plain C way */

/* cosine, sine: (half) */
static void
rotate_head (float *x, const float *cosine, const float *sine, uint32_t half)
{
  for (uint32_t i = 0; i < half; i += VN) {
    uint32_t n = half - i < VN ? half - i : VN;
    V c = v_load_n (cosine + i, n), s = v_load_n (sine + i, n);
    V first = v_load_n (x + i, n), second = v_load_n (x + half + i, n);
    v_store_n (x + i, v_nfma (second, s, v_mul (first, c)), n);
    v_store_n (x + half + i, v_fma (first, s, v_mul (second, c)), n);
  }
}

static void
rotate_heads (float *x, uint32_t heads, uint32_t head_dim, const float *cosine, const float *sine,
    uint32_t half)
{
  for (uint32_t head = 0; head < heads; head++)
    rotate_head (x + (size_t) head * head_dim, cosine, sine, half);
}

void
FN (rotary) (const SsmtAttentionOp *op, uint32_t begin, uint32_t end)
{
  const SsmtRun *run = ssmt_host_runs (&op->runs);
  double frequency[MAX_PAIRS];
  float cosine[MAX_PAIRS], sine[MAX_PAIRS];
  uint32_t rotary_dim = ssmt_attention_rotary_dim (op), half = rotary_dim / 2;

  if (half > MAX_PAIRS) {
    ssmt_ref_rotary (op, begin, end);
    return;
  }
  for (uint32_t i = 0; i < half; i++)
    frequency[i] = pow (op->rotary_base, -2.0 * i / rotary_dim);
  for (uint32_t i = 0; i < op->runs.count; i++, run++) {
    uint32_t t = begin > run->first ? begin - run->first : 0;
    for (; t < run->rows && run->first + t < end; t++) {
      size_t row = (size_t) run->first + t;
      rotation_angles (run->position + t, frequency, half, cosine, sine);
      rotate_heads (
          ssmt_host_row (op->q, row, op->q_stride), op->heads, op->head_dim, cosine, sine, half);
      rotate_heads (ssmt_host_row (op->k, row, op->kv_stride), op->kv_heads, op->head_dim, cosine,
          sine, half);
    }
  }
}

/* --- attention ---------------------------------------------------------- */

/* The last rows of the run replace the oldest of the ring. */
static void
keep_run (const SsmtAttentionOp *op, const SsmtRun *run, uint32_t kv_head)
{
  size_t width = (size_t) op->kv_heads * op->head_dim, stride = ssmt_attention_state_stride (op);
  size_t head = (size_t) kv_head * op->head_dim, bytes = op->head_dim * sizeof (float);
  uint32_t window = ssmt_attention_window (op), t = run->rows > window ? run->rows - window : 0;
  uint64_t slot = (run->position + t) % window;
  float *state = ssmt_host_state (&op->state, run->slot);

  for (; state && t < run->rows; t++) {
    float *key = state + slot * stride + head;
    size_t row = (size_t) run->first + t;
    memcpy (key, ssmt_host_row (op->k, row, op->kv_stride) + head, bytes);
    memcpy (key + width, ssmt_host_row (op->v, row, op->kv_stride) + head, bytes);
    slot = slot + 1 == window ? 0 : slot + 1;
  }
}

/* MOST_QUERIES rows from t on of one head, which see the same keys. */
static void
attend_rows (const SsmtAttentionOp *op, const SsmtRun *run, const Memory *memory, uint32_t t,
    uint64_t from, uint64_t to, uint32_t head)
{
  size_t row = (size_t) run->first + t, at = (size_t) head * op->head_dim;
  const float *q[MOST_QUERIES];
  float *out[MOST_QUERIES];

  for (uint32_t m = 0; m < MOST_QUERIES; m++) {
    q[m] = ssmt_host_row (op->q, row + m, op->q_stride) + at;
    out[m] = ssmt_host_row (op->out, row + m, op->out_stride) + at;
  }
  attend_some (q, memory, from, to, op->scale, op->head_dim, out, MOST_QUERIES);
}

static void
attend_run (const SsmtAttentionOp *op, const SsmtRun *run, uint32_t kv_head)
{
  uint32_t dim = op->head_dim, share = op->heads / op->kv_heads;
  size_t at = (size_t) kv_head * dim;
  const float *state = ssmt_host_state (&op->state, run->slot);
  Memory memory = { .ring = state ? state + at : NULL,
    .k = ssmt_host_row (op->k, run->first, op->kv_stride) + at,
    .v = ssmt_host_row (op->v, run->first, op->kv_stride) + at,
    .ring_stride = ssmt_attention_state_stride (op),
    .ring_value = (size_t) op->kv_heads * dim,
    .stride = op->kv_stride,
    .start = run->position,
    .window = ssmt_attention_window (op) };

  for (uint32_t t = 0, rows; t < run->rows; t += rows) {
    uint64_t now = run->position + t;
    uint64_t from = ssmt_attention_from (op, run, now);
    uint64_t to = op->bidirectional ? run->position + run->rows : now + 1;

    rows = 1;
    if (op->bidirectional && t + MOST_QUERIES <= run->rows
        && from == ssmt_attention_from (op, run, now + MOST_QUERIES - 1)) {
      rows = MOST_QUERIES;
      for (uint32_t head = kv_head * share; head < (kv_head + 1) * share; head++)
        attend_rows (op, run, &memory, t, from, to, head);
      continue;
    }
    const float *q = ssmt_host_row (op->q, (size_t) run->first + t, op->q_stride);
    float *out = ssmt_host_row (op->out, (size_t) run->first + t, op->out_stride);
    for (uint32_t head = kv_head * share; head < (kv_head + 1) * share; head++)
      attend (
          q + (size_t) head * dim, &memory, from, to, op->scale, dim, out + (size_t) head * dim);
  }
}

void
FN (attention) (const SsmtAttentionOp *op, uint32_t begin, uint32_t end)
{
  for (uint32_t i = 0; i < op->runs.count; i++)
    for (uint32_t kv_head = begin; kv_head < end; kv_head++) {
      attend_run (op, &ssmt_host_runs (&op->runs)[i], kv_head);
      keep_run (op, &ssmt_host_runs (&op->runs)[i], kv_head);
    }
}
