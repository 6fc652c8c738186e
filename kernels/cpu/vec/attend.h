/* ssmtranslate: attention of a query, or of some that see the same keys, in vectors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * It meets its keys in blocks, oldest first, with a running maximum: the blocks
 * begin at the oldest key it sees, wherever that key is kept, so that the result
 * does not depend on how a sequence is cut into runs.
 */
#ifndef SSMT_ATTEND_H
#define SSMT_ATTEND_H

#include "vec.h"

#define BLOCK 32u /* keys; a multiple of SUM_LANES */
#define MOST_QUERIES                                                                               \
  (V_REGISTERS == 32 ? 4u : 2u) /* at once: keys are read once, and no sum waits */

/* Where the keys and values of one key head are. */
typedef struct {
  const float *ring;  /* row p % window: key of position p, then its value */
  const float *k, *v; /* row j: position start + j */
  size_t ring_stride, ring_value, stride;
  uint64_t start, window;
} Memory;

typedef struct {
  const float *k[BLOCK], *v[BLOCK];
  float p[MOST_QUERIES][BLOCK];
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

/* What `count` inputs from i on, at most SUM_LANES, add to four products q.k. */
V_INLINE void
add_products (
    V (*sums)[SUM_PARTS], const float *q, const float *const *k, uint32_t i, uint32_t count)
{
  for (uint32_t p = 0; p < SUM_PARTS; p++) {
    uint32_t at = i + p * VN, n = row_left (count, p * VN);
    V x = v_load_n (q + at, n);
    for (uint32_t l = 0; l < 4; l++)
      sums[l][p] = v_fma (x, v_load_n (k[l] + at, n), sums[l][p]);
  }
}

/* p = scale q.k of each key, -inf after the last; returns the largest that is not NaN. */
V_INLINE float
block_scores (
    const Block *block, uint32_t count, const float *q, uint32_t dim, float scale, float *p)
{
  for (uint32_t j = 0; j < count; j += 4) {
    V sums[4][SUM_PARTS];
    uint32_t i = 0;
    for (uint32_t l = 0; l < 4; l++)
      for (uint32_t part = 0; part < SUM_PARTS; part++)
        sums[l][part] = v_zero ();
    for (; i + SUM_LANES <= dim; i += SUM_LANES)
      add_products (sums, q, block->k + j, i, SUM_LANES);
    if (i < dim)
      add_products (sums, q, block->k + j, i, dim - i);
    v4_store (p + j, v4_mul (lanes_sum4 (sums[0], sums[1], sums[2], sums[3]), v4_set (scale)));
  }
  V largest = v_set (-INFINITY);
  for (uint32_t i = count; i < BLOCK; i++)
    p[i] = -INFINITY;
  for (uint32_t i = 0; i < BLOCK; i += VN)
    largest = v_max (v_load (p + i), largest);
  return v_largest (largest);
}

/* p = exp (p - largest); returns their sum. */
V_INLINE float
block_weights (float *p, float largest)
{
  V sums[SUM_PARTS];

  for (uint32_t i = 0; i < BLOCK; i += VN) {
    V weights = v_exp (v_sub (v_load (p + i), v_set (largest))), *sum = &sums[i / VN % SUM_PARTS];
    v_store (p + i, weights);
    *sum = i < SUM_LANES ? weights : v_add (*sum, weights);
  }
  return lanes_sum (sums);
}

/* out = fade out + sum_j p_j v_j of each query for `vectors` vectors at i (the last: n lanes). */
V_INLINE void
block_values (const Block *block, uint32_t count, const float *fade, float *const *out, uint32_t i,
    uint32_t queries, uint32_t vectors, uint32_t n)
{
  V sums[MOST_QUERIES][4];

  for (uint32_t m = 0; m < queries; m++)
    for (uint32_t l = 0; l < vectors; l++)
      sums[m][l] =
          fade[m] == 0.0f ? v_zero () : v_mul (v_load_n (out[m] + i + l * VN, n), v_set (fade[m]));
  for (uint32_t j = 0; j < count; j++) {
    V value[4];
    for (uint32_t l = 0; l < vectors; l++)
      value[l] = v_load_n (block->v[j] + i + l * VN, n);
    for (uint32_t m = 0; m < queries; m++) {
      V p = v_set (block->p[m][j]);
      for (uint32_t l = 0; l < vectors; l++)
        sums[m][l] = v_fma (p, value[l], sums[m][l]);
    }
  }
  for (uint32_t m = 0; m < queries; m++)
    for (uint32_t l = 0; l < vectors; l++)
      v_store_n (out[m] + i + l * VN, sums[m][l], n);
}

/* out (dim) = sum_j softmax_j (scale q.k_j) v_j over positions [from, to), of each query. */
V_INLINE void
attend_some (const float *const *q, const Memory *memory, uint64_t from, uint64_t to, float scale,
    uint32_t dim, float *const *out, uint32_t queries)
{
  float largest[MOST_QUERIES], total[MOST_QUERIES], fade[MOST_QUERIES];
  Block block;

  for (uint32_t m = 0; m < queries; m++) {
    memset (out[m], 0, dim * sizeof *out[m]);
    largest[m] = -INFINITY;
    total[m] = 0.0f;
  }
  for (; from < to; from += BLOCK) {
    uint32_t count = to - from < BLOCK ? (uint32_t) (to - from) : BLOCK, i = 0;
    block_find (memory, from, count, &block);
    for (uint32_t j = count; j < BLOCK; j++)
      block.k[j] = block.k[count - 1];
    for (uint32_t m = 0; m < queries; m++) {
      float top = block_scores (&block, count, q[m], dim, scale, block.p[m]), old = largest[m];
      fade[m] = old == -INFINITY ? 0.0f : top > old ? exp_of (old - top) : 1.0f;
      largest[m] = top > old ? top : old;
      total[m] = total[m] * fade[m] + block_weights (block.p[m], largest[m]);
    }
    for (; i + 4 * VN <= dim; i += 4 * VN)
      block_values (&block, count, fade, out, i, queries, 4, VN);
    for (; i + 2 * VN <= dim; i += 2 * VN)
      block_values (&block, count, fade, out, i, queries, 2, VN);
    for (; i < dim; i += VN)
      block_values (&block, count, fade, out, i, queries, 1, dim - i < VN ? dim - i : VN);
  }
  for (uint32_t m = 0; m < queries; m++) {
    V factor = v_set (total[m] == 0.0f ? 0.0f : 1.0f / total[m]);
    for (uint32_t i = 0; i < dim; i += VN) {
      uint32_t n = dim - i < VN ? dim - i : VN;
      v_store_n (out[m] + i, v_mul (v_load_n (out[m] + i, n), factor), n);
    }
  }
}

static void
attend (const float *q, const Memory *memory, uint64_t from, uint64_t to, float scale, uint32_t dim,
    float *out)
{
  attend_some (&q, memory, from, to, scale, dim, &out, 1);
}

#endif /* SSMT_ATTEND_H */
