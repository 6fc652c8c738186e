/* ssmtranslate: attention in vectors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * One query at a time meets its keys in blocks, oldest first, with a running
 * maximum: the blocks begin at the oldest key it sees, wherever that key is
 * kept, so that the result does not depend on how a sequence is cut into runs.
 */
#include "vec.h"
#include "vec-kernels.h"

#define BLOCK 32u               /* keys; a multiple of VN and of 4 */

/* --- rotary ------------------------------------------------------------- */

#define MAX_PAIRS 128           /* of a head; larger heads take the plain C way */

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

/* frequency: (rotary_dim / 2) */
static void
rotate_row (const SsmtAttentionArgs *args, size_t row, uint64_t position,
    const double *frequency)
{
  float cosine[MAX_PAIRS], sine[MAX_PAIRS];
  uint32_t half = args->rotary_dim / 2;

  for (uint32_t i = 0; i < half; i++) {
    double angle = (double) position * frequency[i];
    cosine[i] = (float) cos (angle);
    sine[i] = (float) sin (angle);
  }
  for (uint32_t head = 0; head < args->heads; head++)
    rotate_head (args->q + row * args->q_stride + (size_t) head * args->head_dim, cosine,
        sine, half);
  for (uint32_t head = 0; head < args->kv_heads; head++)
    rotate_head (args->k + row * args->kv_stride + (size_t) head * args->head_dim, cosine,
        sine, half);
}

void
FN (rotary) (const SsmtAttentionArgs *args, uint32_t begin, uint32_t end)
{
  double frequency[MAX_PAIRS];

  if (args->rotary_dim / 2 > MAX_PAIRS) {
    ssmt_ref_rotary (args, begin, end);
    return;
  }
  for (uint32_t i = 0; i < args->rotary_dim / 2; i++)
    frequency[i] = pow (args->rotary_base, -2.0 * i / args->rotary_dim);
  for (uint32_t i = 0; i < args->runs.count; i++) {
    const SsmtRun *run = &args->runs.list[i];
    uint32_t t = begin > run->first ? begin - run->first : 0;
    for (; t < run->rows && run->first + t < end; t++)
      rotate_row (args, (size_t) run->first + t, run->position + t, frequency);
  }
}

/* --- one query ---------------------------------------------------------- */

/* Where the keys and values of one key head are. */
typedef struct {
  const float *ring;            /* row p % window: key of position p, then its value */
  const float *k, *v;           /* row j: position start + j */
  size_t ring_stride, ring_value, stride;
  uint64_t start, window;
} Memory;

typedef struct {
  const float *k[BLOCK], *v[BLOCK];
  float p[BLOCK];
} Block;

/* Pointers to `count` keys from position `from` on. */
static void
block_find (const Memory *memory, uint64_t from, uint32_t count, Block *block)
{
  uint32_t i = 0;

  if (from < memory->start) {
    uint64_t at = from % memory->window;
    for (; i < count && from + i < memory->start; i++) {
      block->k[i] = memory->ring + at * memory->ring_stride;
      block->v[i] = block->k[i] + memory->ring_value;
      at = at + 1 == memory->window ? 0 : at + 1;
    }
  }
  for (; i < count; i++) {
    size_t at = (size_t) (from + i - memory->start) * memory->stride;
    block->k[i] = memory->k + at;
    block->v[i] = memory->v + at;
  }
}

/* p = scale q.k of each key, -inf after the last; returns the largest. */
static float
block_scores (Block *block, uint32_t count, const float *q, uint32_t dim, float scale)
{
  for (uint32_t i = count; i < BLOCK; i++)
    block->k[i] = block->k[count - 1];
  for (uint32_t j = 0; j < count; j += 4) {
    V sums[4] = { v_zero (), v_zero (), v_zero (), v_zero () };
    const float *const *k = block->k + j;
    for (uint32_t i = 0; i < dim; i += VN) {
      uint32_t n = dim - i < VN ? dim - i : VN;
      V x = v_load_n (q + i, n);
      for (uint32_t l = 0; l < 4; l++)
        sums[l] = v_fma (x, v_load_n (k[l] + i, n), sums[l]);
    }
    _mm_storeu_ps (block->p + j, _mm_mul_ps (v_sum4 (sums[0], sums[1], sums[2], sums[3]),
            _mm_set1_ps (scale)));
  }
  V largest = v_set (-INFINITY);
  for (uint32_t i = count; i < BLOCK; i++)
    block->p[i] = -INFINITY;
  for (uint32_t i = 0; i < BLOCK; i += VN)
    largest = v_max (largest, v_load (block->p + i));
  return v_largest (largest);
}

/* p = exp (p - largest); returns their sum. */
static float
block_weights (Block *block, float largest)
{
  V sum = v_zero ();

  for (uint32_t i = 0; i < BLOCK; i += VN) {
    V p = v_exp (v_sub (v_load (block->p + i), v_set (largest)));
    v_store (block->p + i, p);
    sum = v_add (sum, p);
  }
  return v_sum (sum);
}

/* out = fade out + sum_j p_j v_j for `vectors` vectors at i (the last: n lanes). */
V_INLINE void
block_values (const Block *block, uint32_t count, float fade, float *out, uint32_t i,
    uint32_t vectors, uint32_t n)
{
  V sums[4];

  for (uint32_t l = 0; l < vectors; l++)
    sums[l] = fade == 0.0f ? v_zero () : v_mul (v_load_n (out + i + l * VN, n), v_set (fade));
  for (uint32_t j = 0; j < count; j++) {
    V p = v_set (block->p[j]);
    for (uint32_t l = 0; l < vectors; l++)
      sums[l] = v_fma (p, v_load_n (block->v[j] + i + l * VN, n), sums[l]);
  }
  for (uint32_t l = 0; l < vectors; l++)
    v_store_n (out + i + l * VN, sums[l], n);
}

/* out (dim) = sum_j softmax_j (scale q.k_j) v_j over positions [from, to). */
static void
attend (const float *q, const Memory *memory, uint64_t from, uint64_t to, float scale,
    uint32_t dim, float *out)
{
  float largest = -INFINITY, total = 0.0f;
  Block block;

  memset (out, 0, dim * sizeof *out);
  for (; from < to; from += BLOCK) {
    uint32_t count = to - from < BLOCK ? (uint32_t) (to - from) : BLOCK, i = 0;
    block_find (memory, from, count, &block);
    float top = block_scores (&block, count, q, dim, scale);
    float fade = top > largest ? expf (largest - top) : 1.0f;
    largest = top > largest ? top : largest;
    total = total * fade + block_weights (&block, largest);
    for (; i + 4 * VN <= dim; i += 4 * VN)
      block_values (&block, count, fade, out, i, 4, VN);
    for (; i < dim; i += VN)
      block_values (&block, count, fade, out, i, 1, dim - i < VN ? dim - i : VN);
  }
  V factor = v_set (total > 0.0f ? 1.0f / total : 0.0f);
  for (uint32_t i = 0; i < dim; i += VN) {
    uint32_t n = dim - i < VN ? dim - i : VN;
    v_store_n (out + i, v_mul (v_load_n (out + i, n), factor), n);
  }
}

/* --- attention ---------------------------------------------------------- */

/* The last rows of the run replace the oldest of the ring. */
static void
keep_run (const SsmtAttentionArgs *args, const SsmtRun *run, uint32_t kv_head)
{
  size_t width = (size_t) args->kv_heads * args->head_dim;
  size_t head = (size_t) kv_head * args->head_dim, bytes = args->head_dim * sizeof (float);
  uint32_t t = run->rows > args->window ? run->rows - args->window : 0;
  uint64_t slot = (run->position + t) % args->window;

  if (!args->states.base)
    return;
  float *ring = ssmt_state_of (&args->states, run->slot) + head;
  for (; t < run->rows; t++) {
    size_t at = ((size_t) run->first + t) * args->kv_stride + head;
    memcpy (ring + slot * args->state_stride, args->k + at, bytes);
    memcpy (ring + slot * args->state_stride + width, args->v + at, bytes);
    slot = slot + 1 == args->window ? 0 : slot + 1;
  }
}

static void
attend_run (const SsmtAttentionArgs *args, const SsmtRun *run, uint32_t kv_head)
{
  uint32_t dim = args->head_dim, share = args->heads / args->kv_heads;
  size_t width = (size_t) args->kv_heads * dim;
  size_t at = (size_t) run->first * args->kv_stride + (size_t) kv_head * dim;
  Memory memory = {
    .k = args->k + at, .v = args->v + at, .ring_stride = args->state_stride,
    .ring_value = width, .stride = args->kv_stride, .start = run->position,
    .window = args->window
  };

  if (args->states.base)
    memory.ring = ssmt_state_of (&args->states, run->slot) + (size_t) kv_head * dim;

  for (uint32_t t = 0; t < run->rows; t++) {
    uint64_t now = run->position + t;
    uint64_t from = ssmt_attention_from (args, run, now);
    uint64_t to = args->bidirectional ? run->position + run->rows : now + 1;
    size_t row = (size_t) run->first + t;
    for (uint32_t head = kv_head * share; head < (kv_head + 1) * share; head++)
      attend (args->q + row * args->q_stride + (size_t) head * dim, &memory, from, to,
          args->scale, dim, args->out + row * args->out_stride + (size_t) head * dim);
  }
}

void
FN (attention) (const SsmtAttentionArgs *args, uint32_t begin, uint32_t end)
{
  for (uint32_t i = 0; i < args->runs.count; i++)
    for (uint32_t kv_head = begin; kv_head < end; kv_head++) {
      attend_run (args, &args->runs.list[i], kv_head);
      keep_run (args, &args->runs.list[i], kv_head);
    }
}

static void
cross_attend_run (const SsmtCrossAttentionArgs *args, const SsmtRun *run, uint32_t kv_head)
{
  uint32_t dim = args->head_dim, share = args->heads / args->kv_heads;
  size_t at = (size_t) run->memory * args->kv_stride + (size_t) kv_head * dim;
  Memory memory = {
    .k = args->k + at, .v = args->v + at, .stride = args->kv_stride, .window = 1
  };

  for (uint32_t t = 0; t < run->rows; t++) {
    size_t row = (size_t) run->first + t;
    for (uint32_t head = kv_head * share; head < (kv_head + 1) * share; head++)
      attend (args->q + row * args->q_stride + (size_t) head * dim, &memory, 0,
          run->memory_rows, args->scale, dim,
          args->out + row * args->out_stride + (size_t) head * dim);
  }
}

void
FN (cross_attention) (const SsmtCrossAttentionArgs *args, uint32_t begin, uint32_t end)
{
  for (uint32_t i = 0; i < args->runs.count; i++)
    for (uint32_t kv_head = begin; kv_head < end; kv_head++)
      cross_attend_run (args, &args->runs.list[i], kv_head);
}
