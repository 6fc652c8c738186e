/* ssmtranslate: the linear recurrence in vectors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A few lanes of a head's values at a time, all its keys, some tokens: this part of the
 * state stays in the first cache while the tokens pass over it.  The arithmetic of a
 * token is the same wherever a run is cut, so that results do not depend on it.
 */
#include "../../ref/ref.h"
#include "vec.h"

#include <stdlib.h>

#define VECTORS 4
#define LANES (VECTORS * VN)     /* of values at a time */
#define ONE_VECTORS (64u / VN)   /* of one token: it goes over the state as that lies in memory */
#define MAX_KEYS 512             /* of a head; larger heads take the plain C way */
#define MAX_TOKENS 32            /* prepared at a time */
#define ROOM (16 * MAX_KEYS)     /* for their q, k and decays each: fewer of them with many keys */
#define NEAR_ROOM (2 * MAX_KEYS) /* on the stack, which may be small */
#define TOKENS 4                 /* that pass over the state together, without the delta rule */
#define TOKEN_VECTORS (V_REGISTERS == 32 ? 2 : 1) /* then: what registers hold */

/* Some rows of one head; v, out: at the head; q, k, decay: (tokens, key_dim). */
typedef struct {
  uint32_t tokens; /* at most */
  float *q, *k, *decay;
  const float *v[MAX_TOKENS];
  float *out[MAX_TOKENS];
  float beta[MAX_TOKENS];
  float *lanes; /* (key_dim, LANES), or NULL: lanes are not brought together */
} Rows;

/* Lanes of the state: row i of the keys is at s + i * stride. */
typedef struct {
  float *s;
  size_t stride;
} Part;

/* out = x * factor, of length 1 before that where l2_norm. */
static void
scale_keys (const SsmtRecurrenceOp *op, const float *x, float factor, float *out)
{
  V sums[SUM_PARTS];

  for (uint32_t p = 0; p < SUM_PARTS; p++)
    sums[p] = v_zero ();
  for (uint32_t n = 0; op->l2_norm && n < op->key_dim; n += SUM_LANES)
    for (uint32_t p = 0; p < SUM_PARTS; p++) {
      V part = v_load_n (x + n + p * VN, row_left (op->key_dim, n + p * VN));
      sums[p] = v_fma (part, part, sums[p]);
    }
  if (op->l2_norm)
    factor /= sqrtf (lanes_sum (sums) + 1e-6f);
  for (uint32_t n = 0; n < op->key_dim; n += VN) {
    uint32_t lanes = op->key_dim - n;
    v_store_n (out + n, v_mul (v_load_n (x + n, lanes), v_set (factor)), lanes);
  }
}

static void
fill (float *out, float value, uint32_t count)
{
  for (uint32_t n = 0; n < count; n += VN)
    v_store_n (out + n, v_set (value), count - n);
}

/* exp (max (-softplus (-x) / divisor, min)) */
static void
channel_decay (const SsmtRecurrenceOp *op, const float *x, float *out)
{
  V factor = v_set (-1.0f / op->decay_divisor), low = v_set (op->decay_min);

  for (uint32_t n = 0; n < op->key_dim; n += VN) {
    uint32_t lanes = op->key_dim - n;
    V log = v_mul (v_softplus (v_sub (v_zero (), v_load_n (x + n, lanes))), factor);
    v_store_n (out + n, v_exp (v_max (low, log)), lanes);
  }
}

static float
token_decay (const SsmtRecurrenceOp *op, size_t row, uint32_t head)
{
  const float *a = ssmt_host_at (op->a), *dt_bias = ssmt_host_at (op->dt_bias);

  return exp_of (a[head]
      * softplus_of (ssmt_host_row (op->decay, row, op->decay_stride)[head] + dt_bias[head]));
}

static void
prepare_row (const SsmtRecurrenceOp *op, size_t row, uint64_t position, uint32_t head, Rows *rows,
    uint32_t t)
{
  uint32_t q_head = head / (op->heads / op->q_heads);
  uint32_t k_head = head / (op->heads / op->k_heads);
  uint32_t v_head = head / (op->heads / op->v_heads);
  uint32_t keys = op->key_dim;
  const float *beta = ssmt_host_row (op->beta, row, op->beta_stride);
  float scale = op->scale;

  rows->v[t] = ssmt_host_row (op->v, row, op->v_stride) + (size_t) v_head * op->value_dim;
  rows->out[t] = ssmt_host_row (op->out, row, op->out_stride) + (size_t) head * op->value_dim;
  rows->beta[t] = op->beta_scale;
  if (beta)
    rows->beta[t] /= 1.0f + exp_of (-beta[head]);
  if (op->normalise)
    scale *= ssmt_ref_retention_norm (ssmt_host_row (op->decay, 0, 0)[head], position);
  scale_keys (op, ssmt_host_row (op->q, row, op->q_stride) + (size_t) q_head * keys, scale,
      rows->q + t * keys);
  scale_keys (op, ssmt_host_row (op->k, row, op->k_stride) + (size_t) k_head * keys, 1.0f,
      rows->k + t * keys);

  if (op->kind == SSMT_DECAY_CHANNEL)
    channel_decay (op, ssmt_host_row (op->decay, row, op->decay_stride) + (size_t) k_head * keys,
        rows->decay + t * keys);
  else
    fill (rows->decay + t * keys,
        op->kind == SSMT_DECAY_HEAD        ? ssmt_host_row (op->decay, 0, 0)[head]
            : op->kind == SSMT_DECAY_TOKEN ? token_decay (op, row, head)
                                           : 1.0f,
        keys);
}

/* Lanes p to p + vectors * VN of a head (the last n of them valid):
 *   S = diag (decay) S + k (x) v, y = S^T q    for `tokens` rows in turn from row t on. */
V_INLINE void
plain_lanes (uint32_t keys, const Rows *rows, Part part, uint32_t p, uint32_t n, uint32_t vectors,
    uint32_t t, uint32_t tokens)
{
  const float *q = rows->q + t * keys, *k = rows->k + t * keys;
  const float *decay = rows->decay + t * keys;
  V input[TOKENS][ONE_VECTORS], y[TOKENS][ONE_VECTORS];

  for (uint32_t r = 0; r < tokens; r++)
    for (uint32_t j = 0; j < vectors; j++) {
      input[r][j] = v_load_n (rows->v[t + r] + p + j * VN, n);
      y[r][j] = v_zero ();
    }
  for (uint32_t i = 0; i < keys; i++)
    for (uint32_t j = 0; j < vectors; j++) {
      float *state = part.s + i * part.stride + j * VN;
      V h = v_load_n (state, n);
      for (uint32_t r = 0; r < tokens; r++) {
        h = v_fma (v_set (k[r * keys + i]), input[r][j], v_mul (h, v_set (decay[r * keys + i])));
        y[r][j] = v_fma (h, v_set (q[r * keys + i]), y[r][j]);
      }
      v_store_n (state, h, n);
    }
  for (uint32_t r = 0; r < tokens; r++)
    for (uint32_t j = 0; j < vectors; j++)
      v_store_n (rows->out[t + r] + p + j * VN, y[r][j], n);
}

/* Row t with the delta rule: what the key finds is read before it is written. */
V_INLINE void
delta_lanes (uint32_t keys, const Rows *rows, Part part, uint32_t p, uint32_t n, uint32_t vectors,
    uint32_t t)
{
  const float *q = rows->q + t * keys, *k = rows->k + t * keys;
  const float *decay = rows->decay + t * keys;
  V input[VECTORS], y[VECTORS];

  for (uint32_t j = 0; j < vectors; j++)
    input[j] = y[j] = v_zero ();
  for (uint32_t i = 0; i < keys; i++)
    for (uint32_t j = 0; j < vectors; j++) {
      V h = v_load_n (part.s + i * part.stride + j * VN, n);
      input[j] = v_fma (v_mul (h, v_set (decay[i])), v_set (k[i]), input[j]);
    }
  for (uint32_t j = 0; j < vectors; j++)
    input[j] =
        v_mul (v_sub (v_load_n (rows->v[t] + p + j * VN, n), input[j]), v_set (rows->beta[t]));
  for (uint32_t i = 0; i < keys; i++)
    for (uint32_t j = 0; j < vectors; j++) {
      float *state = part.s + i * part.stride + j * VN;
      V h = v_mul (v_load_n (state, n), v_set (decay[i]));
      h = v_fma (v_set (k[i]), input[j], h);
      y[j] = v_fma (h, v_set (q[i]), y[j]);
      v_store_n (state, h, n);
    }
  for (uint32_t j = 0; j < vectors; j++)
    v_store_n (rows->out[t] + p + j * VN, y[j], n);
}

V_INLINE void
plain_rows (uint32_t keys, const Rows *rows, Part part, uint32_t p, uint32_t n, uint32_t vectors,
    uint32_t count)
{
  uint32_t t = 0;

  for (; t + TOKENS <= count; t += TOKENS)
    for (uint32_t j = 0; j < vectors; j += TOKEN_VECTORS)
      plain_lanes (keys, rows, (Part){ part.s + j * VN, part.stride }, p + j * VN, n,
          vectors < TOKEN_VECTORS ? vectors : TOKEN_VECTORS, t, TOKENS);
  for (; t < count; t++)
    plain_lanes (keys, rows, part, p, n, vectors, t, 1);
}

V_INLINE void
delta_rows (uint32_t keys, const Rows *rows, Part part, uint32_t p, uint32_t n, uint32_t vectors,
    uint32_t count)
{
  for (uint32_t t = 0; t < count; t++)
    delta_lanes (keys, rows, part, p, n, vectors, t);
}

/* `lanes` values of a head from p on, `count` rows. */
static void
part_rows (const SsmtRecurrenceOp *op, const Rows *rows, Part part, uint32_t p, uint32_t lanes,
    uint32_t count)
{
  uint32_t keys = op->key_dim;

  for (uint32_t n; lanes > 0; lanes -= n, p += n, part.s += n) {
    n = lanes == LANES ? LANES : lanes < VN ? lanes : VN;
    if (op->delta && n == LANES)
      delta_rows (keys, rows, part, p, VN, VECTORS, count);
    else if (op->delta)
      delta_rows (keys, rows, part, p, n, 1, count);
    else if (n == LANES)
      plain_rows (keys, rows, part, p, VN, VECTORS, count);
    else
      plain_rows (keys, rows, part, p, n, 1, count);
  }
}

static void
copy_part (float *to, size_t to_stride, const float *from, size_t from_stride, uint32_t keys,
    uint32_t lanes)
{
  for (uint32_t i = 0; i < keys; i++)
    for (uint32_t n = 0; n < lanes; n += VN)
      v_store_n (
          to + i * to_stride + n, v_load_n (from + i * from_stride + n, lanes - n), lanes - n);
}

/* Rows of a wide state lie on few sets of the cache: over many tokens it is worth while to
 * bring the lanes together first. */
static void
head_rows (const SsmtRecurrenceOp *op, const Rows *rows, float *s, uint32_t count)
{
  uint32_t keys = op->key_dim, dim = op->value_dim, p = 0;

  if (count == 1 && !op->delta)
    for (; p + ONE_VECTORS * VN <= dim; p += ONE_VECTORS * VN)
      plain_lanes (keys, rows, (Part){ s + p, dim }, p, VN, ONE_VECTORS, 0, 1);
  for (; p < dim; p += LANES) {
    uint32_t lanes = dim - p < LANES ? dim - p : LANES;
    if (count < 2 * TOKENS || rows->lanes == NULL) {
      part_rows (op, rows, (Part){ s + p, dim }, p, lanes, count);
      continue;
    }
    copy_part (rows->lanes, LANES, s + p, dim, keys, lanes);
    part_rows (op, rows, (Part){ rows->lanes, LANES }, p, lanes, count);
    copy_part (s + p, dim, rows->lanes, LANES, keys, lanes);
  }
}

static void
head_run (const SsmtRecurrenceOp *op, const SsmtRun *run, uint32_t head, Rows *rows)
{
  float *s = ssmt_host_state (&op->state, run->slot) + (size_t) head * op->key_dim * op->value_dim;

  for (uint32_t t = 0, count; t < run->rows; t += count) {
    count = run->rows - t < rows->tokens ? run->rows - t : rows->tokens;
    for (uint32_t i = 0; i < count; i++)
      prepare_row (op, (size_t) run->first + t + i, run->position + t + i, head, rows, i);
    head_rows (op, rows, s, count);
  }
}

/* Places for as many rows as pay: where few need few, or no memory is left, in `near`. Returns what is to be
 * freed. How many rows pass at a time changes no bit. */
static float *
find_room (const SsmtRecurrenceOp *op, Rows *rows, float *near)
{
  const SsmtRun *runs = ssmt_host_runs (&op->runs);
  size_t keys = op->key_dim, lanes = 0;
  uint32_t most = ROOM / op->key_dim < MAX_TOKENS ? ROOM / op->key_dim : MAX_TOKENS, longest = 0;
  float *far = NULL;

  for (uint32_t i = 0; i < op->runs.count; i++)
    longest = runs[i].rows > longest ? runs[i].rows : longest;
  rows->tokens = longest < most ? longest : most;
  if (rows->tokens >= 2 * TOKENS && op->value_dim > LANES)
    lanes = keys * LANES;
  if (lanes > 0 || rows->tokens * keys > NEAR_ROOM)
    far = aligned_alloc (64, ((lanes + 3 * rows->tokens * keys) * sizeof *far + 63) & ~(size_t) 63);
  if (far == NULL && rows->tokens * keys > NEAR_ROOM)
    rows->tokens = (uint32_t) (NEAR_ROOM / keys);
  rows->lanes = far != NULL && lanes > 0 ? far : NULL;
  rows->q = far != NULL ? far + lanes : near;
  rows->k = rows->q + rows->tokens * keys;
  rows->decay = rows->k + rows->tokens * keys;
  return far;
}

void
FN (recurrence) (const SsmtRecurrenceOp *op, uint32_t begin, uint32_t end)
{
  if (op->key_dim > MAX_KEYS) {
    ssmt_ref_recurrence (op, begin, end);
    return;
  }
  float near[3 * NEAR_ROOM];
  Rows rows = { 0 };
  float *far = find_room (op, &rows, near);

  for (uint32_t i = 0; i < op->runs.count; i++)
    for (uint32_t head = begin; head < end; head++)
      head_run (op, &ssmt_host_runs (&op->runs)[i], head, &rows);
  free (far);
}
