/* ssmtranslate: the device table
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A device is a table of operations over its own buffers.  The engine names
 * memory by (buffer, byte offset) and never by host pointer, so that the same
 * sequence of operations runs on a CPU, or is queued on a GPU until wait().
 *
 * Rules that hold for every operation
 *  - Activations are F32, row-major.  A *_stride is the distance between two
 *    rows in floats; it may be larger than the width, so that an operation
 *    reads one part of a wider row in place.
 *  - An operation works on `rows` rows.  Row-wise operations (norm, product,
 *    SwiGLU, embedding) know nothing of sequences.  Sequence operations
 *    (convolution, scans, attention) take `runs`: rows of one slot stand
 *    together and in order; a run of one row is a decoding step, a run of
 *    many is a prefill that continues from the slot's state.
 *  - A state is a flat block of bytes per slot: slot s of a layer begins at
 *    `state.base` + s * `state.stride` bytes.  It is updated in place.
 *  - The result of a row does not depend on which other rows share the batch,
 *    nor on the number of threads: on one CPU it is bit-identical.
 *  - Sizes are checked by the caller when the batch is built; operations
 *    return nothing.  What fails on the device is told by wait().
 *  - All floats are IEEE F32 unless a dtype says otherwise; BF16 and F16 are
 *    stored weights, products accumulate in F32 (I8, groups of Q4: in int32).
 *
 * kernels/ref*.c hold the plain C version of each operation: the definition.
 */
#ifndef SSMT_KERNELS_H
#define SSMT_KERNELS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct SsmtDevice SsmtDevice;
typedef struct SsmtBuffer SsmtBuffer;

typedef enum {
  SSMT_DTYPE_F32,
  SSMT_DTYPE_F16,
  SSMT_DTYPE_BF16,
  SSMT_DTYPE_I8,                /* with one F32 scale per row: w = q * scale[row] */
  SSMT_DTYPE_Q4,                /* with one F32 scale per group of a row, see below */
} SsmtDType;

/* Q4: SSMT_Q4_GROUP consecutive inputs of a row are a group, w = q * scale[row, group]
 * with q in [-8, 7] and a scale of either sign.  A group is 32 bytes: byte i holds
 * q + 8 of its input i in the low four bits and of its input 32 + i in the high four.
 * A row is whole groups; what stands beyond the last column is q = 0 (8 in the file)
 * and is not looked at. */
#define SSMT_Q4_GROUP 64u

/* A place in device memory; `offset` in bytes.  buffer == NULL: absent. */
typedef struct {
  SsmtBuffer *buffer;
  size_t offset;
} SsmtRef;

/* A weight matrix (rows = outputs, cols = inputs), row-major without padding
 * (Q4: in whole groups), as it stands in the model file. */
typedef struct {
  SsmtDType dtype;
  uint32_t rows, cols;
  SsmtRef data;
  SsmtRef scales;               /* I8: (rows) F32; Q4: (rows, groups) F32 */
  SsmtRef derived;              /* owned by the device, made by bind_matrix() */
} SsmtMatrix;

/* `rows` rows of the batch from row `first` on continue slot `slot`. */
typedef struct {
  uint32_t slot;
  uint32_t first, rows;
  uint32_t memory, memory_rows; /* cross-attention: first row and number of rows */
  uint32_t reserved;            /* 0 */
  uint64_t position;            /* rows this slot has read before this run */
} SsmtRun;

typedef struct {
  SsmtRef base;                 /* the layer's block in slot 0 */
  size_t stride;                /* bytes from slot to slot */
} SsmtSlots;

typedef struct {
  SsmtRef list;                 /* (count) SsmtRun, in device memory */
  uint32_t count;
} SsmtRuns;

/* --- row-wise operations ------------------------------------------------ */

/* out[r] = table[ids[r]] * scale.  ids: (rows) int32, each in [0, table.rows). */
typedef struct {
  const SsmtMatrix *table;
  SsmtRef ids, out;
  uint32_t rows, out_stride;
  float scale;
} SsmtEmbedOp;

/* g = x (* silu(gate) where gate is given); out = weight * g / sqrt(mean(g^2) + eps).
 * The mean runs over each `group` consecutive channels (group == dim: all).
 * weight (dim) may be absent (1).  x and out may be the same. */
typedef struct {
  SsmtRef x, gate, weight, out;
  uint32_t rows, dim, group;
  uint32_t x_stride, gate_stride, out_stride;
  float eps;
} SsmtRmsNormOp;

/* out = (accumulate ? out : 0) + x W^T + bias.  x: (rows, W.cols), out: (rows, W.rows).
 * bias (W.rows) may be absent.  I8: each row of x is first rounded to int8 by
 * s = max|x| / 127, q = rint(x / s) (ties to even), and the product is
 * (sum q * w) * (s * scale[o]), the sum in int32. BF16: x is rounded to
 * bfloat16 (nearest even) in those variants that multiply in bfloat16.
 * Q4: x is rounded as for I8.  Each group has 16 exact sums in int32, sum j over its
 * inputs 4 j to 4 j + 3; over the groups they add up in 16 floats,
 * lane[j] = fma (scale[o, group], sum[j], lane[j]), and the product is s * (lane[0] +
 * ... + lane[15]), added in the order of ssmt_ref_sum_lanes(). */
typedef struct {
  const SsmtMatrix *weight;
  SsmtRef x, bias, out;
  uint32_t rows, x_stride, out_stride;
  bool accumulate;
} SsmtLinearOp;

/* out = silu(gate) * up, widths `dim`; out may be gate or up.  `gelu`: gelu(x) =
 * x (1 + erf(x / sqrt(2))) / 2 takes the place of silu. */
typedef struct {
  SsmtRef gate, up, out;
  uint32_t rows, dim, gate_stride, up_stride, out_stride;
  bool gelu;
} SsmtSwigluOp;

/* For each row the k largest logits, best first, ties by the smaller id:
 * ids (rows, k) int32, logp (rows, k) F32 log-softmax over the whole width.
 * 1 <= k <= min(dim, 64).  NaN logits sort last. */
typedef struct {
  SsmtRef logits, ids, logp;
  uint32_t rows, dim, stride, k;
} SsmtTopKOp;

/* out = weight * (x - mean) / sqrt (variance + eps) + bias over the whole row, the
 * variance that of the row itself (divided by dim).  x and out may be the same. */
typedef struct {
  SsmtRef x, weight, bias, out;
  uint32_t rows, dim, x_stride, out_stride;
  float eps;
} SsmtLayerNormOp;

typedef enum {
  SSMT_ACTIVATION_RELU,
  SSMT_ACTIVATION_GELU,         /* x Phi (x), with erf and not its tanh approximation */
  SSMT_ACTIVATION_SILU,
} SsmtActivation;

/* out = function (x); x and out may be the same. */
typedef struct {
  SsmtRef x, out;
  uint32_t rows, dim, x_stride, out_stride;
  SsmtActivation function;
} SsmtActivationOp;

/* --- sequence operations ------------------------------------------------ */

/* x += sinusoid (position + offset) [fairseq: sinusoidal_positional_embedding.py], with
 * h = dim / 2 and w_i = 10000^(-i / (h - 1)): channel i < h gets sin (p w_i), h + i gets
 * cos (p w_i), an odd last channel nothing.  Computed in double.  Written in C only. */
typedef struct {
  SsmtRef x;
  SsmtRuns runs;
  uint32_t rows, dim, stride, offset;
} SsmtPositionsOp;

/* Depthwise causal convolution, then SiLU where `silu`:
 *   out[t, c] = bias[c] + sum_{i<taps} weight[c, i] * x[t - taps + 1 + i, c]
 * weight (dim, taps) F32, bias (dim) may be absent.  State of a slot:
 * (taps - 1, dim) F32, the last inputs, oldest first.  x == out is not allowed. */
typedef struct {
  SsmtRef x, weight, bias, out;
  SsmtSlots state;
  SsmtRuns runs;
  uint32_t rows, dim, taps, x_stride, out_stride;
  bool silu;
} SsmtConvOp;

/* Mamba-1 selective scan [state-spaces/mamba: selective_scan_interface.py]:
 *   D_t = softplus(dt + dt_bias)            (softplus is linear above 20)
 *   h   = exp(D_t A) h + (D_t u_t) B_t      y = sum_n h C_t + D u_t
 *   out = y * silu(z)                       (z may be absent: out = y)
 * u, dt, z, out: (rows, dim); B, C: (rows, d_state).  A (d_state, dim) is already
 * -exp(A_log), transposed.  dt_bias, D: (dim).  State: (d_state, dim) F32. */
typedef struct {
  SsmtRef u, dt, b, c, z, a, d, dt_bias, out;
  SsmtSlots state;
  SsmtRuns runs;
  uint32_t rows, dim, d_state;
  uint32_t u_stride, dt_stride, bc_stride, z_stride, out_stride;
} SsmtSelectiveScanOp;

/* Mamba-2 scan [state-spaces/mamba: mamba2.py, ssd_minimal.py], per head h of
 * group h / (heads / groups):
 *   D_t = clamp(softplus(dt + dt_bias), dt_min, dt_max)
 *   S   = exp(D_t A) S + B_t (x) (D_t x_t)       y = S^T C_t + D x_t
 * x, out: (rows, heads * head_dim); B, C: (rows, groups * d_state);
 * dt: (rows, heads); A (already -exp(A_log)), D, dt_bias: (heads).
 * State: (heads, d_state, head_dim) F32. */
typedef struct {
  SsmtRef x, dt, b, c, a, d, dt_bias, out;
  SsmtSlots state;
  SsmtRuns runs;
  uint32_t rows, heads, head_dim, groups, d_state;
  uint32_t x_stride, dt_stride, bc_stride, out_stride;
  float dt_min, dt_max;
} SsmtSsdOp;

/* Attention over the last `window` keys and values, kept in a ring; window 0: over all
 * of the document, kept one after the other.
 * Key j is seen by the query at position t when t - window < j (window > 0), and j <= t
 * or (bidirectional and j belongs to the same run).  Scores are q.k * scale,
 * softmax in F32.  q, out: (rows, heads * head_dim); k, v: (rows, kv_heads *
 * head_dim); query head h reads key head h / (heads / kv_heads).
 * rotary_base > 0: the first rotary_dim channels of each head of q and k (0: all) are
 * rotated by their position, half-split pairs (i, i + rotary_dim / 2), angle
 * position * base^(-2 i / rotary_dim), computed in double so that positions of any size
 * stay exact; rotary_dim is even then.
 * State of a slot: rows of (2, kv_heads * head_dim) F32, state_stride floats from one to
 * the next (0: just behind each other), key (rotated) and value of position p at row
 * p % window, or p without a window; the caller sees to it that there is room.
 * No state: nothing is kept, a run sees itself alone.  Positions before the slot's first
 * row are not seen. q and k are left rotated. */
typedef struct {
  SsmtRef q, k, v, out;
  SsmtSlots state;
  SsmtRuns runs;
  uint32_t rows, heads, kv_heads, head_dim, window;
  uint32_t q_stride, kv_stride, out_stride;
  float scale, rotary_base;
  bool bidirectional;
  uint32_t rotary_dim, state_stride;
} SsmtAttentionOp;

/* Attention over a segment's memory: row r of a run sees memory rows
 * [run.memory, run.memory + run.memory_rows).  k, v: (any, kv_heads * head_dim)
 * with kv_stride.  No positions.  memory_rows == 0 gives zeros. */
typedef struct {
  SsmtRef q, k, v, out;
  SsmtRuns runs;
  uint32_t rows, heads, kv_heads, head_dim;
  uint32_t q_stride, kv_stride, out_stride;
  float scale;
} SsmtCrossAttentionOp;

/* What attention looks at, for alignments: out[row, j] += the mean over heads of
 * softmax_j (scale q.k_j).  Cross-attention: j counted from run.memory.  `self`: k are rows of the
 * batch, j is counted from the first row of the run and goes up to the row itself, from at
 * most `window` rows before (0: any); what earlier calls have read plays no part.  out: (rows,
 * at least the most j) with out_stride.  Rare, so it is written in C only. */
typedef struct {
  SsmtRef q, k, out;
  SsmtRuns runs;
  uint32_t rows, heads, kv_heads, head_dim;
  uint32_t q_stride, kv_stride, out_stride, window;
  float scale;
  bool self;
} SsmtAttentionScoresOp;

/* Hidden attention of a scan [The Hidden Attention of Mamba Models, arXiv 2403.01590, eq. 12]:
 * what row t reads of the input of row j <= t of its run through the state,
 *   alpha_c(t, j) = D_jc sum_n C_t[n] B_j[n] exp(A[n, c] sum_{j < i <= t} D_ic)
 * with D = clamp(softplus(dt + dt_bias), dt_min, dt_max).  out[t, j] += w_j / sum_j w_j with
 * w_j the mean over channels of |alpha_c(t, j)|.  dt: (rows, dim); B, C: (rows, groups * d_state),
 * channel c of group c / (dim / groups); A: (d_state, dim), already -exp(A_log), or with `scalar`
 * (dim), the same for all n.  work: (rows, out_stride) scratch.  In C only. */
typedef struct {
  SsmtRef dt, b, c, a, dt_bias, out, work;
  SsmtRuns runs;
  uint32_t rows, dim, groups, d_state;
  uint32_t dt_stride, bc_stride, out_stride;
  float dt_min, dt_max;
  bool scalar;
} SsmtHiddenScoresOp;

/* Rotates q and k in place by their positions, for recurrences that know no other:
 * pair i of each head turns by position * base^(-i / divisor), computed in double.
 * Pairs are (i, i + head_dim / 2), or (2 i, 2 i + 1) where `interleaved`. */
typedef struct {
  SsmtRef q, k;
  SsmtRuns runs;
  uint32_t rows, q_heads, k_heads, head_dim, divisor;
  uint32_t q_stride, k_stride;
  float base;
  bool interleaved;
} SsmtRotateOp;

/* How the state of a linear recurrence fades, per head h and key channel n. */
typedef enum {
  SSMT_DECAY_NONE,              /* 1                                 [DeltaNet, arXiv 2406.06484] */
  SSMT_DECAY_HEAD,              /* decay[h], (heads)                 [retention, arXiv 2307.08621] */
  SSMT_DECAY_TOKEN,             /* exp(A[h] softplus(decay[t, h] + dt_bias[h])), (rows, heads)
                                   [gated DeltaNet, arXiv 2412.06464] */
  SSMT_DECAY_CHANNEL,           /* exp(max(log sigmoid(decay[t, n]) / decay_divisor, decay_min)),
                                   (rows, k_heads * key_dim)         [GLA, arXiv 2312.06635] */
} SsmtDecay;

/* Linear recurrence of a matrix per head, after flash-linear-attention's naive.py files:
 *   q, k: of length 1 first where `l2_norm` (x / sqrt(sum x^2 + 1e-6)); then q = scale q
 *   S = diag(a) S                               a by `kind`
 *   u = delta ? beta (v - S^T k) : v            beta = beta_scale * sigmoid(beta[t, h])
 *   S = S + k (x) u      out = S^T q
 * beta may be absent: then beta_scale alone.  normalise (with SSMT_DECAY_HEAD): out is
 * divided by sqrt(sum_{i <= position} decay^i), as torchscale's recurrent retention does.
 * There are `heads` states; state h reads query head h / (heads / q_heads), and so on.
 * A (heads) is already -exp(A_log).  out is none of the inputs.
 * State: (heads, key_dim, value_dim) F32. */
typedef struct {
  SsmtRef q, k, v, decay, a, dt_bias, beta, out;
  SsmtSlots state;
  SsmtRuns runs;
  SsmtDecay kind;
  uint32_t rows, heads, q_heads, k_heads, v_heads, key_dim, value_dim;
  uint32_t q_stride, k_stride, v_stride, decay_stride, beta_stride, out_stride;
  float scale, decay_divisor, decay_min, beta_scale;
  bool delta, l2_norm, normalise;
} SsmtRecurrenceOp;

/* --- the table ---------------------------------------------------------- */

typedef struct {
  /* Zeroed device memory, or NULL when there is none left. */
  SsmtBuffer *(*alloc) (SsmtDevice *, size_t bytes);
  /* Read-only memory with the content of `host`: in place where the device can
   * (then `host` must outlive the buffer), else a copy.  NULL: no memory left. */
  SsmtBuffer *(*wrap) (SsmtDevice *, const void *host, size_t bytes);
  /* NULL is allowed. Waits for operations that use it. */
  void (*release) (SsmtDevice *, SsmtBuffer *);
  /* Host to device, in order with the operations; `src` is free on return. */
  void (*write) (SsmtDevice *, SsmtRef dst, const void *src, size_t bytes);
  /* Device to host; waits for everything queued before. */
  void (*read) (SsmtDevice *, void *dst, SsmtRef src, size_t bytes);
  void (*copy) (SsmtDevice *, SsmtRef dst, SsmtRef src, size_t bytes);
  void (*zero) (SsmtDevice *, SsmtRef dst, size_t bytes);
  /* Ends everything queued.  0, or an errno value when the device failed. */
  int (*wait) (SsmtDevice *);
  /* Makes what the device wants beside a weight (I8: sums of rows); once per
   * matrix, before its first use.  false: no memory left. */
  bool (*bind_matrix) (SsmtDevice *, SsmtMatrix *);
  void (*unbind_matrix) (SsmtDevice *, SsmtMatrix *);

  void (*embed) (SsmtDevice *, const SsmtEmbedOp *);
  void (*rms_norm) (SsmtDevice *, const SsmtRmsNormOp *);
  void (*linear) (SsmtDevice *, const SsmtLinearOp *);
  void (*swiglu) (SsmtDevice *, const SsmtSwigluOp *);
  void (*top_k) (SsmtDevice *, const SsmtTopKOp *);
  void (*conv) (SsmtDevice *, const SsmtConvOp *);
  void (*selective_scan) (SsmtDevice *, const SsmtSelectiveScanOp *);
  void (*ssd) (SsmtDevice *, const SsmtSsdOp *);
  void (*attention) (SsmtDevice *, const SsmtAttentionOp *);
  void (*cross_attention) (SsmtDevice *, const SsmtCrossAttentionOp *);
  void (*attention_scores) (SsmtDevice *, const SsmtAttentionScoresOp *);
  void (*hidden_scores) (SsmtDevice *, const SsmtHiddenScoresOp *);
  void (*rotate) (SsmtDevice *, const SsmtRotateOp *);
  void (*recurrence) (SsmtDevice *, const SsmtRecurrenceOp *);
  void (*layer_norm) (SsmtDevice *, const SsmtLayerNormOp *);
  void (*activation) (SsmtDevice *, const SsmtActivationOp *);
  void (*positions) (SsmtDevice *, const SsmtPositionsOp *);

  /* NULL where there is no gain. Operations between begin and end are the same, down to their
   * arguments, whenever the key is; what memory holds may differ. begin: true where they were
   * recorded before and have been queued by this call, then there is no end. Otherwise the caller
   * queues them and calls end: true where they stand in the queue now, false where the caller has to
   * begin once more. Nobody else queues anything in between. */
  bool (*graph_begin) (SsmtDevice *, uint64_t key);
  bool (*graph_end) (SsmtDevice *, uint64_t key);

  void (*close) (SsmtDevice *);
} SsmtDeviceOps;

/* A device implementation begins with this. */
struct SsmtDevice {
  const SsmtDeviceOps *ops;
  const char *name;             /* "cpu", "cuda" */
  char description[160];        /* for people: "cpu: avx512 vnni bf16, 2 threads" */
  char note[240];               /* for people: why "auto" found no better one; "": nothing to say */
  uint32_t lanes;               /* how many batches it pays to run at once, from as many threads */
  size_t near_bytes;            /* weights of so many bytes are at hand: reading them once for many
                                   streams gains less than these lose by waiting for each other */
  bool lazy;                    /* memory takes none before it is touched */
  uint32_t batch_rows;          /* products gain nothing from more rows in a batch */
};

/* The CPU device; never fails but for memory (NULL).  threads == 0: physical
 * cores, at most 4.  Variants are chosen once by what the CPU can do; the
 * environment variable SSMT_CPU=c|avx2|avx512 lowers the choice (for tests).
 * A device may be used from many threads at once: an operation that finds the
 * pool busy runs on its caller's thread alone. */
SsmtDevice *ssmt_cpu_device_open (uint32_t threads);

/* Opens a device by name: "cpu", "cuda" (the first GPU), "cuda:N", or "auto", which is "cuda"
 * where it can be opened and "cpu" otherwise (then device->note says why). NULL: unknown name
 * or it cannot be opened; *why then is a text that says what was looked for, good until this
 * thread opens another. CUDA is a module, libssmt-cuda.so, looked for in the folder that the
 * environment variable SSMT_MODULE_PATH names, else where it was installed. */
SsmtDevice *ssmt_device_open (const char *name, uint32_t threads, const char **why);
void ssmt_device_close (SsmtDevice *);  /* NULL is allowed */

/* Bytes of an element; Q4: of two. */
static inline size_t
ssmt_dtype_size (SsmtDType dtype)
{
  return dtype == SSMT_DTYPE_F32 ? 4 :
      dtype == SSMT_DTYPE_I8 || dtype == SSMT_DTYPE_Q4 ? 1 : 2;
}

static inline size_t
ssmt_q4_groups (size_t cols)
{
  return (cols + SSMT_Q4_GROUP - 1) / SSMT_Q4_GROUP;
}

/* Bytes of a row of a matrix, its scales not counted. */
static inline size_t
ssmt_row_bytes (SsmtDType dtype, size_t cols)
{
  return dtype == SSMT_DTYPE_Q4 ? ssmt_q4_groups (cols) * (SSMT_Q4_GROUP / 2) :
      cols * ssmt_dtype_size (dtype);
}

/* How many scales a row has. */
static inline size_t
ssmt_row_scales (SsmtDType dtype, size_t cols)
{
  return dtype == SSMT_DTYPE_Q4 ? ssmt_q4_groups (cols) : dtype == SSMT_DTYPE_I8;
}

static inline SsmtRef
ssmt_ref_at (SsmtRef ref, size_t bytes)
{
  ref.offset += bytes;
  return ref;
}

#ifdef __cplusplus
}
#endif

#endif /* SSMT_KERNELS_H */
