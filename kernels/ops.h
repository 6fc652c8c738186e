/* ssmtranslate: the operations, one struct each
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What an operation is to compute, in formulas; contract.h has the rules that hold for all.
 */
#ifndef SSMT_OPS_H
#define SSMT_OPS_H

#include "contract.h"

/* --- row-wise operations ------------------------------------------------ */

/* out[r] = table[ids[r]] * scale.  ids: (rows) int32, each in [0, table.rows). */
struct SsmtEmbedOp {
  const SsmtMatrix *table;
  SsmtRef ids, out;
  uint32_t rows, out_stride;
  float scale;
};

/* g = x (* silu(gate) where gate is given); out = weight * g / sqrt(mean(g^2) + eps).
 * The mean runs over each `group` consecutive channels (group == dim: all).
 * weight (dim) may be absent (1).  x and out may be the same. */
struct SsmtRmsNormOp {
  SsmtRef x, gate, weight, out;
  uint32_t rows, dim, group;
  uint32_t x_stride, gate_stride, out_stride;
  float eps;
};

/* out = (accumulate ? out : 0) + x W^T + bias.  x: (rows, W.cols), out: (rows, W.rows).
 * bias (W.rows) may be absent.  I8: each row of x is first rounded to int8 by
 * s = max|x| / 127, q = rint(x / s) (ties to even; 0 where s is no normal float;
 * s is NaN where one x is not finite), and the product is
 * (sum q * w) * (s * scale[o]), the sum in int32. BF16: x is rounded to
 * bfloat16 (nearest even) in those variants that multiply in bfloat16.
 * Q4: x is rounded as for I8.  Each group has 16 exact sums in int32, sum j over its
 * inputs 4 j to 4 j + 3; over the groups they add up in 16 floats,
 * lane[j] = fma (scale[o, group], sum[j], lane[j]), and the product is s * (lane[0] +
 * ... + lane[15]), added in the order of ssmt_ref_sum_lanes(). */
struct SsmtLinearOp {
  const SsmtMatrix *weight;
  SsmtRef x, bias, out;
  uint32_t rows, x_stride, out_stride;
  bool accumulate;
};

/* out = silu(gate) * up, widths `dim`; out may be gate or up.  `gelu`: gelu(x) =
 * x (1 + erf(x / sqrt(2))) / 2 takes the place of silu. */
struct SsmtSwigluOp {
  SsmtRef gate, up, out;
  uint32_t rows, dim, gate_stride, up_stride, out_stride;
  bool gelu;
};

/* For each row the k largest logits, best first, ties by the smaller id:
 * ids (rows, k) int32, logp (rows, k) F32 log-softmax over the whole width.
 * 1 <= k <= min(dim, 64).  NaN logits sort last; logp of a row is NaN throughout where one of its logits is
 * NaN or the largest infinite. */
struct SsmtTopKOp {
  SsmtRef logits, ids, logp;
  uint32_t rows, dim, stride, k;
};

/* out = weight * (x - mean) / sqrt (variance + eps) + bias over the whole row, the
 * variance that of the row itself (divided by dim).  x and out may be the same. */
struct SsmtLayerNormOp {
  SsmtRef x, weight, bias, out;
  uint32_t rows, dim, x_stride, out_stride;
  float eps;
};

typedef enum {
  SSMT_ACTIVATION_RELU,
  SSMT_ACTIVATION_GELU, /* x Phi (x), with erf and not its tanh approximation */
  SSMT_ACTIVATION_SILU,
} SsmtActivation;

/* out = function (x); x and out may be the same. */
struct SsmtActivationOp {
  SsmtRef x, out;
  uint32_t rows, dim, x_stride, out_stride;
  SsmtActivation function;
};

/* --- sequence operations ------------------------------------------------ */

/* x += sinusoid (position + offset) [fairseq: sinusoidal_positional_embedding.py], with
 * h = dim / 2 and w_i = 10000^(-i / divisor): channel i < h gets sin (p w_i), h + i gets
 * cos (p w_i), an odd last channel nothing.  Computed in double.  divisor 0: h - 1, as in fairseq
 * and Marian; h in transformers' MarianMTModel.  by_segment: positions count from the first row
 * of the segment.  table (table_rows, dim): what this operation adds for position + offset below
 * table_rows, as it has made it itself; the others are computed. */
struct SsmtPositionsOp {
  SsmtRef x, table;
  SsmtRuns runs;
  uint32_t rows, dim, stride, offset, divisor, table_rows;
  bool by_segment;
};

/* What i is divided by in w_i. */
static inline double
ssmt_positions_divisor (const SsmtPositionsOp *op)
{
  uint32_t half = op->dim / 2;

  return op->divisor ? op->divisor : half > 1 ? half - 1 : 1;
}

/* Of the first row of a run. */
static inline uint64_t
ssmt_positions_first (const SsmtPositionsOp *op, const SsmtRun *run)
{
  return (op->by_segment ? run->segment_rows : run->position) + op->offset;
}

/* Depthwise causal convolution, then SiLU where `silu`:
 *   out[t, c] = bias[c] + sum_{i<taps} weight[c, i] * x[t - taps + 1 + i, c]
 * weight (dim, taps) F32, bias (dim) may be absent.  State of a slot:
 * (taps - 1, dim) F32, the last inputs, oldest first.  x == out is not allowed. */
struct SsmtConvOp {
  SsmtRef x, weight, bias, out;
  SsmtSlots state;
  SsmtRuns runs;
  uint32_t rows, dim, taps, x_stride, out_stride;
  bool silu;
};

/* Mamba-1 selective scan [state-spaces/mamba: selective_scan_interface.py]:
 *   D_t = softplus(dt + dt_bias)            (softplus is linear above 20)
 *   h   = exp(D_t A) h + (D_t u_t) B_t      y = sum_n h C_t + D u_t
 *   out = y * silu(z)                       (z may be absent: out = y)
 * u, dt, z, out: (rows, dim); B, C: (rows, d_state).  A (d_state, dim) is already
 * -exp(A_log), transposed.  dt_bias, D: (dim).  State: (d_state, dim) F32. */
struct SsmtSelectiveScanOp {
  SsmtRef u, dt, b, c, z, a, d, dt_bias, out;
  SsmtSlots state;
  SsmtRuns runs;
  uint32_t rows, dim, d_state;
  uint32_t u_stride, dt_stride, bc_stride, z_stride, out_stride;
};

/* Mamba-2 scan [state-spaces/mamba: mamba2.py, ssd_minimal.py], per head h of
 * group h / (heads / groups):
 *   D_t = clamp(softplus(dt + dt_bias), dt_min, dt_max)
 *   S   = exp(D_t A) S + B_t (x) (D_t x_t)       y = S^T C_t + D x_t
 * x, out: (rows, heads * head_dim); B, C: (rows, groups * d_state);
 * dt: (rows, heads); A (already -exp(A_log)), D, dt_bias: (heads).
 * State: (heads, d_state, head_dim) F32. */
struct SsmtSsdOp {
  SsmtRef x, dt, b, c, a, d, dt_bias, out;
  SsmtSlots state;
  SsmtRuns runs;
  uint32_t rows, heads, head_dim, groups, d_state;
  uint32_t x_stride, dt_stride, bc_stride, out_stride;
  float dt_min, dt_max;
};

/* Simpler simple recurrent unit [Kim et al. 2019, D19-5632, eq. 2 and 3; Marian: rnn/cells.h]:
 *   f = sigmoid (gate_t)     c = f c + (1 - f) x_t     out = out + max (c, 0)
 * by_segment: c is 0 before the first row of a segment.  State: (dim) F32, c. */
struct SsmtSsruOp {
  SsmtRef x, gate, out;
  SsmtSlots state;
  SsmtRuns runs;
  uint32_t rows, dim, x_stride, gate_stride, out_stride;
  bool by_segment;
};

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
struct SsmtAttentionOp {
  SsmtRef q, k, v, out;
  SsmtSlots state;
  SsmtRuns runs;
  uint32_t rows, heads, kv_heads, head_dim, window;
  uint32_t q_stride, kv_stride, out_stride;
  float scale, rotary_base;
  bool bidirectional;
  uint32_t rotary_dim, state_stride;
};

/* What 0 stands for. Without a window no position wraps around. */
static inline uint32_t
ssmt_attention_window (const SsmtAttentionOp *op)
{
  return op->window ? op->window : UINT32_MAX;
}

static inline uint32_t
ssmt_attention_rotary_dim (const SsmtAttentionOp *op)
{
  return op->rotary_dim ? op->rotary_dim : op->head_dim;
}

static inline size_t
ssmt_attention_state_stride (const SsmtAttentionOp *op)
{
  return op->state_stride ? op->state_stride : 2 * (size_t) op->kv_heads * op->head_dim;
}

/* The first position that the query at `now` sees. */
static inline uint64_t
ssmt_attention_from (const SsmtAttentionOp *op, const SsmtRun *run, uint64_t now)
{
  uint32_t window = ssmt_attention_window (op);
  uint64_t from = now + 1 > window ? now + 1 - window : 0;

  return op->state.base.buffer == NULL && from < run->position ? run->position : from;
}

/* Attention over a segment's memory: row r of a run sees memory rows
 * [run.memory, run.memory + run.memory_rows).  k, v: (any, kv_heads * head_dim)
 * with kv_stride.  No positions.  memory_rows == 0 gives zeros. */
struct SsmtCrossAttentionOp {
  SsmtRef q, k, v, out;
  SsmtRuns runs;
  uint32_t rows, heads, kv_heads, head_dim;
  uint32_t q_stride, kv_stride, out_stride;
  float scale;
};

/* What attention looks at, for alignments: out[row, j] += the mean over heads of
 * softmax_j (scale q.k_j).  Cross-attention: j counted from run.memory.  `self`: k are rows of the
 * batch, j is counted from the first row of the run and goes up to the row itself, from at
 * most `window` rows before (0: any); what earlier calls have read plays no part.  out: (rows,
 * at least the most j) with out_stride.  */
struct SsmtAttentionScoresOp {
  SsmtRef q, k, out;
  SsmtRuns runs;
  uint32_t rows, heads, kv_heads, head_dim;
  uint32_t q_stride, kv_stride, out_stride, window;
  float scale;
  bool self;
};

/* Hidden attention of a scan [The Hidden Attention of Mamba Models, arXiv 2403.01590, eq. 12]:
 * what row t reads of the input of row j <= t of its run through the state,
 *   alpha_c(t, j) = D_jc sum_n C_t[n] B_j[n] exp(A[n, c] sum_{j < i <= t} D_ic)
 * with D = clamp(softplus(dt + dt_bias), dt_min, dt_max).  out[t, j] += w_j / sum_j w_j with
 * w_j the mean over channels of |alpha_c(t, j)|.  dt: (rows, dim); B, C: (rows, groups * d_state),
 * channel c of group c / (dim / groups); A: (d_state, dim), already -exp(A_log), or with `scalar`
 * (dim), the same for all n.  work: (rows, out_stride) scratch. */
struct SsmtHiddenScoresOp {
  SsmtRef dt, b, c, a, dt_bias, out, work;
  SsmtRuns runs;
  uint32_t rows, dim, groups, d_state;
  uint32_t dt_stride, bc_stride, out_stride;
  float dt_min, dt_max;
  bool scalar;
};

/* Rotates q and k in place by their positions, for recurrences that know no other:
 * pair i of each head turns by position * base^(-i / divisor), computed in double.
 * Pairs are (i, i + head_dim / 2), or (2 i, 2 i + 1) where `interleaved`. */
struct SsmtRotateOp {
  SsmtRef q, k;
  SsmtRuns runs;
  uint32_t rows, q_heads, k_heads, head_dim, divisor;
  uint32_t q_stride, k_stride;
  float base;
  bool interleaved;
};

/* How the state of a linear recurrence fades, per head h and key channel n. */
typedef enum {
  SSMT_DECAY_NONE,    /* 1                                 [DeltaNet, arXiv 2406.06484] */
  SSMT_DECAY_HEAD,    /* decay[h], (heads)                 [retention, arXiv 2307.08621] */
  SSMT_DECAY_TOKEN,   /* exp(A[h] softplus(decay[t, h] + dt_bias[h])), (rows, heads)
                                   [gated DeltaNet, arXiv 2412.06464] */
  SSMT_DECAY_CHANNEL, /* exp(max(log sigmoid(decay[t, n]) / decay_divisor, decay_min)),
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
struct SsmtRecurrenceOp {
  SsmtRef q, k, v, decay, a, dt_bias, beta, out;
  SsmtSlots state;
  SsmtRuns runs;
  SsmtDecay kind;
  uint32_t rows, heads, q_heads, k_heads, v_heads, key_dim, value_dim;
  uint32_t q_stride, k_stride, v_stride, decay_stride, beta_stride, out_stride;
  float scale, decay_divisor, decay_min, beta_scale;
  bool delta, l2_norm, normalise;
};

#endif /* SSMT_OPS_H */
