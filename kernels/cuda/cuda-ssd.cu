/* ssmtranslate: CUDA: Mamba-2 over many rows, by chunks
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The matrix form of the scan [Transformers are SSMs, arXiv 2405.21060, section 6; mamba_ssm:
 * ssd_minimal.py]. With l_t the sum of A D_i over the rows i <= t of a chunk of TILE rows:
 *   G[t, j] = C_t . B_j                                                  once for a group
 *   S       = sum_j exp (l_last - l_j) B_j (x) (D_j x_j)                 what a chunk adds
 *   H       = the state before the chunk, exp (l_last) H + S the one behind it
 *   y_t     = sum_{j <= t} exp (l_t - l_j) G[t, j] D_j x_j + exp (l_t) C_t . H + D x_t
 * G and S of all chunks are made at once, then H from chunk to chunk, then y at once. Every
 * exponent is at most 0.
 *
 * Chunk c of a run is number first / SSMT_SSD_LEAST + c, so that grid and memory depend on the
 * rows of the batch alone, however many runs these are. A run of n >= LEAST rows has at most
 * n / LEAST chunks, hence no number comes twice; many have no chunk.
 */
#include "cuda-ssd.h"

#define TILE SSMT_SSD_CHUNK
#define PAD (TILE + 4) /* rows of a tile in shared memory, whole float4 */
#define BLOCK 256u
#define SIDE 4u /* a thread has SIDE x SIDE of TILE x TILE */

typedef struct {
  const float *x, *dt, *b, *c, *a, *d, *dt_bias;
  float *out;
  char *states;
  size_t state_stride;
  const SsmtRun *runs;
  uint32_t count, heads, head_dim, groups, d_state;
  uint32_t x_stride, dt_stride, bc_stride, out_stride;
  float dt_min, dt_max;
  float *scores;       /* G: (chunks, groups, TILE, TILE) */
  float *chunk_states; /* S, then H: (chunks, heads, d_state, head_dim) */
  float *fades;        /* exp (l_last): (chunks, heads) */
} Ssd;

typedef struct {
  const SsmtRun *run; /* nullptr: no chunk has this number */
  size_t first;       /* row of the batch */
  uint32_t rows;
} Chunk;

__device__ static Chunk
chunk_of (const Ssd &op, uint32_t number)
{
  uint32_t low = 0, high = op.count;

  while (high - low > 1) {
    uint32_t middle = (low + high) / 2;
    if (op.runs[middle].first / SSMT_SSD_LEAST <= number)
      low = middle;
    else
      high = middle;
  }
  const SsmtRun *run = &op.runs[low];
  uint32_t begin = (number - run->first / SSMT_SSD_LEAST) * TILE;
  Chunk chunk = { nullptr, (size_t) run->first + begin, 0 };

  if (run->rows < SSMT_SSD_LEAST || begin >= run->rows)
    return chunk;
  chunk.run = run;
  chunk.rows = run->rows - begin < TILE ? run->rows - begin : TILE;
  return chunk;
}

/* --- tiles ---------------------------------------------------------------------- */

/* What a thread has of a TILE x TILE matrix: rows 4 y.., columns 4 x... */
typedef struct {
  float at[SIDE][SIDE];
} Part;

__device__ static __forceinline__ uint32_t
part_row ()
{
  return threadIdx.x / 16 * SIDE;
}
__device__ static __forceinline__ uint32_t
part_column ()
{
  return threadIdx.x % 16 * SIDE;
}

/* part += left^T right over TILE rows of both. */
__device__ static void
multiply (Part *part, const float *left, const float *right)
{
  for (uint32_t k = 0; k < TILE; k++) {
    float4 l = *reinterpret_cast<const float4 *> (left + k * PAD + part_row ());
    float4 r = *reinterpret_cast<const float4 *> (right + k * PAD + part_column ());
    const float ls[SIDE] = { l.x, l.y, l.z, l.w }, rs[SIDE] = { r.x, r.y, r.z, r.w };

#pragma unroll
    for (uint32_t i = 0; i < SIDE; i++)
#pragma unroll
      for (uint32_t j = 0; j < SIDE; j++)
        part->at[i][j] += ls[i] * rs[j];
  }
}

/* to[i][j] = from[i stride + j] factors[i], zeros beyond `rows` and `columns`; or to[j][i]. */
template <bool transposed>
__device__ static void
load (float *to, const float *from, size_t stride, uint32_t rows, uint32_t columns,
    const float *factors)
{
  for (uint32_t at = threadIdx.x; at < TILE * TILE; at += BLOCK) {
    uint32_t i = at / TILE, j = at % TILE;
    float value = i < rows && j < columns ? from[i * stride + j] : 0.0f;

    if (factors)
      value *= factors[i];
    to[transposed ? j * PAD + i : i * PAD + j] = value;
  }
}

/* D_t and l_t of a head; rows behind the chunk's have D 0. */
__device__ static void
read_steps (const Ssd &op, const Chunk &chunk, uint32_t head, float *steps, float *sums)
{
  uint32_t t = threadIdx.x;

  if (t < TILE) {
    float step = 0.0f;
    if (t < chunk.rows) {
      step = ssmt_cuda_softplus (op.dt[(chunk.first + t) * op.dt_stride + head] + op.dt_bias[head]);
      step = ssmt_cuda_clamp (step, op.dt_min, op.dt_max);
    }
    steps[t] = step;
    sums[t] = op.a[head] * step;
  }
  __syncthreads ();
  for (uint32_t back = 1; back < TILE; back *= 2) {
    float before = t < TILE && t >= back ? sums[t - back] : 0.0f;
    __syncthreads ();
    if (t < TILE)
      sums[t] += before;
    __syncthreads ();
  }
}

/* --- G and S --------------------------------------------------------------------- */

__device__ static void
make_scores (
    const Ssd &op, const Chunk &chunk, uint32_t number, uint32_t group, float *left, float *right)
{
  const float *c = op.c + chunk.first * op.bc_stride + (size_t) group * op.d_state;
  const float *b = op.b + chunk.first * op.bc_stride + (size_t) group * op.d_state;
  float *out = op.scores + ((size_t) number * op.groups + group) * TILE * TILE;
  Part part = {};

  for (uint32_t n = 0; n < op.d_state; n += TILE) {
    uint32_t columns = op.d_state - n < TILE ? op.d_state - n : TILE;

    load<true> (left, c + n, op.bc_stride, chunk.rows, columns, nullptr);
    load<true> (right, b + n, op.bc_stride, chunk.rows, columns, nullptr);
    __syncthreads ();
    multiply (&part, left, right);
    __syncthreads ();
  }
  for (uint32_t i = 0; i < SIDE; i++)
    for (uint32_t j = 0; j < SIDE; j++)
      out[(part_row () + i) * TILE + part_column () + j] = part.at[i][j];
}

/* Keys from `n`, columns from `p` of a head. */
__device__ static void
make_state (const Ssd &op, const Chunk &chunk, uint32_t number, uint32_t head, uint32_t n,
    uint32_t p, float *left, float *right)
{
  __shared__ float steps[TILE], sums[TILE];
  size_t group = (size_t) (head / (op.heads / op.groups)) * op.d_state;
  uint32_t keys = op.d_state - n < TILE ? op.d_state - n : TILE;
  uint32_t columns = op.head_dim - p < TILE ? op.head_dim - p : TILE;
  float *out = op.chunk_states + ((size_t) number * op.heads + head) * op.d_state * op.head_dim;
  Part part = {};

  read_steps (op, chunk, head, steps, sums);
  if (threadIdx.x < TILE)
    steps[threadIdx.x] *= expf (sums[TILE - 1] - sums[threadIdx.x]);
  if (threadIdx.x == 0 && n == 0 && p == 0)
    op.fades[(size_t) number * op.heads + head] = expf (sums[TILE - 1]);
  __syncthreads ();
  load<false> (
      left, op.b + chunk.first * op.bc_stride + group + n, op.bc_stride, chunk.rows, keys, steps);
  load<false> (right, op.x + chunk.first * op.x_stride + (size_t) head * op.head_dim + p,
      op.x_stride, chunk.rows, columns, nullptr);
  __syncthreads ();
  multiply (&part, left, right);
  for (uint32_t i = 0; i < SIDE; i++)
    for (uint32_t j = 0; j < SIDE; j++)
      if (part_row () + i < keys && part_column () + j < columns)
        out[(size_t) (n + part_row () + i) * op.head_dim + p + part_column () + j] = part.at[i][j];
}

/* A block has a group's G, or a tile of a head's S. */
__global__ static void
chunk_kernel (Ssd op)
{
  __shared__ __align__ (16) float left[TILE * PAD], right[TILE * PAD];
  uint32_t key_tiles = (op.d_state + TILE - 1) / TILE;
  uint32_t tiles = key_tiles * ((op.head_dim + TILE - 1) / TILE);
  Chunk chunk = chunk_of (op, blockIdx.y);

  if (!chunk.run)
    return; /* the whole block */
  if (blockIdx.x < op.groups) {
    make_scores (op, chunk, blockIdx.y, blockIdx.x, left, right);
  } else {
    uint32_t head = (blockIdx.x - op.groups) / tiles, tile = (blockIdx.x - op.groups) % tiles;
    make_state (
        op, chunk, blockIdx.y, head, tile % key_tiles * TILE, tile / key_tiles * TILE, left, right);
  }
}

/* --- H ---------------------------------------------------------------------------- */

/* A thread has an element of a head's state, from chunk to chunk. */
__global__ static void
carry_kernel (Ssd op)
{
  uint32_t i = blockIdx.x * BLOCK + threadIdx.x, head = blockIdx.y;
  uint32_t size = op.d_state * op.head_dim;
  SsmtRun run = op.runs[blockIdx.z];
  size_t number = run.first / SSMT_SSD_LEAST;

  if (i >= size || run.rows < SSMT_SSD_LEAST)
    return;
  float *state =
      reinterpret_cast<float *> (op.states + run.slot * op.state_stride) + (size_t) head * size + i;
  float h = *state;
  for (uint32_t begin = 0; begin < run.rows; begin += TILE, number++) {
    float *at = op.chunk_states + (number * op.heads + head) * size + i;
    float added = *at;

    *at = h;
    h = op.fades[number * op.heads + head] * h + added;
  }
  *state = h;
}

/* --- y ---------------------------------------------------------------------------- */

/* A block has TILE columns of a head. */
__global__ static void
out_kernel (Ssd op)
{
  __shared__ __align__ (16) float left[TILE * PAD], right[TILE * PAD];
  __shared__ float steps[TILE], sums[TILE], fades[TILE];
  uint32_t tiles = (op.head_dim + TILE - 1) / TILE;
  uint32_t number = blockIdx.y, head = blockIdx.x / tiles, p = blockIdx.x % tiles * TILE;
  uint32_t columns = op.head_dim - p < TILE ? op.head_dim - p : TILE;
  uint32_t group = head / (op.heads / op.groups);
  Chunk chunk = chunk_of (op, number);
  Part part = {};

  if (!chunk.run)
    return;
  const float *scores = op.scores + ((size_t) number * op.groups + group) * TILE * TILE;
  const float *before =
      op.chunk_states + ((size_t) number * op.heads + head) * op.d_state * op.head_dim + p;
  const float *c = op.c + chunk.first * op.bc_stride + (size_t) group * op.d_state;
  const float *x = op.x + chunk.first * op.x_stride + (size_t) head * op.head_dim + p;
  float *out = op.out + chunk.first * op.out_stride + (size_t) head * op.head_dim + p;

  read_steps (op, chunk, head, steps, sums);
  if (threadIdx.x < TILE)
    fades[threadIdx.x] = expf (sums[threadIdx.x]);
  for (uint32_t at = threadIdx.x; at < TILE * TILE; at += BLOCK) {
    uint32_t t = at / TILE, j = at % TILE;
    left[j * PAD + t] = j <= t ? scores[at] * expf (sums[t] - sums[j]) * steps[j] : 0.0f;
  }
  load<false> (right, x, op.x_stride, chunk.rows, columns, nullptr);
  __syncthreads ();
  multiply (&part, left, right);
  for (uint32_t i = 0; i < SIDE; i++)
    for (uint32_t j = 0; j < SIDE; j++)
      part.at[i][j] += op.d[head] * right[(part_row () + i) * PAD + part_column () + j];
  for (uint32_t n = 0; n < op.d_state; n += TILE) {
    uint32_t keys = op.d_state - n < TILE ? op.d_state - n : TILE;

    __syncthreads ();
    load<true> (left, c + n, op.bc_stride, chunk.rows, keys, fades);
    load<false> (right, before + (size_t) n * op.head_dim, op.head_dim, keys, columns, nullptr);
    __syncthreads ();
    multiply (&part, left, right);
  }
  for (uint32_t i = 0; i < SIDE; i++)
    for (uint32_t j = 0; j < SIDE; j++)
      if (part_row () + i < chunk.rows && part_column () + j < columns)
        out[(part_row () + i) * op.out_stride + part_column () + j] = part.at[i][j];
}

void
ssmt_cuda_ssd_chunks (CudaDevice *device, const SsmtSsdOp *op)
{
  uint32_t chunks = op->rows / SSMT_SSD_LEAST + 1;
  uint32_t size = op->d_state * op->head_dim;
  uint32_t key_tiles = ssmt_cuda_blocks (op->d_state, TILE);
  uint32_t column_tiles = ssmt_cuda_blocks (op->head_dim, TILE);
  size_t n_scores = (size_t) chunks * op->groups * TILE * TILE;
  size_t n_states = (size_t) chunks * op->heads * size;
  float *scratch = static_cast<float *> (ssmt_cuda_scratch (
      device, (n_scores + n_states + (size_t) chunks * op->heads) * sizeof (float)));
  Ssd args = { ssmt_cuda_at<const float> (op->x), ssmt_cuda_at<const float> (op->dt),
    ssmt_cuda_at<const float> (op->b), ssmt_cuda_at<const float> (op->c),
    ssmt_cuda_at<const float> (op->a), ssmt_cuda_at<const float> (op->d),
    ssmt_cuda_at<const float> (op->dt_bias), ssmt_cuda_at<float> (op->out),
    ssmt_cuda_at<char> (op->state.base), op->state.stride,
    ssmt_cuda_at<const SsmtRun> (op->runs.list), op->runs.count, op->heads, op->head_dim,
    op->groups, op->d_state, op->x_stride, op->dt_stride, op->bc_stride, op->out_stride, op->dt_min,
    op->dt_max, scratch, scratch + n_scores, scratch + n_scores + n_states };

  if (!scratch)
    return;
  SSMT_LAUNCH (device, chunk_kernel,
      dim3 (op->groups + op->heads * key_tiles * column_tiles, chunks), dim3 (BLOCK), 0, args);
  SSMT_LAUNCH (device, carry_kernel,
      dim3 (ssmt_cuda_blocks (size, BLOCK), op->heads, op->runs.count), dim3 (BLOCK), 0, args);
  SSMT_LAUNCH (device, out_kernel, dim3 (op->heads * column_tiles, chunks), dim3 (BLOCK), 0, args);
}
