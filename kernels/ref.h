/* ssmtranslate: the operations over host pointers
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The same operations as in kernels.h once buffers have become pointers.  Each
 * is told which part of its independent dimension to compute, so that a device
 * may share the work out among threads:
 *
 *   embed, rms_norm, swiglu, top_k, rotary,
 *   attention_scores, hidden_scores, rotate,
 *   layer_norm, activation, positions          rows      [begin, end)
 *   linear                                     outputs   [begin, end)
 *   conv, selective_scan                       channels  [begin, end)
 *   ssd, recurrence                            heads     [begin, end)
 *   attention, cross_attention                 key heads [begin, end)
 *
 * ssmt_ref_*() are the plain C versions.  They define what is right: read them
 * for the formula, and check faster versions against them.
 */
#ifndef SSMT_REF_H
#define SSMT_REF_H

#include "kernels.h"

/* A weight matrix (rows, cols). */
typedef struct {
  SsmtDType dtype;
  uint32_t rows, cols;
  const void *data;             /* (rows, cols) of dtype */
  const float *scales;          /* I8: (rows); Q4: (rows, groups) */
  const int32_t *sums;          /* I8: (rows) sums of q over a row, or NULL */
} SsmtWeight;

typedef struct {
  SsmtWeight table;             /* (table.rows, dim) */
  const int32_t *ids;           /* (rows) */
  float *out;                   /* (rows, out_stride) */
  uint32_t out_stride;
  float scale;
} SsmtEmbedArgs;

typedef struct {
  const float *x, *gate, *weight;       /* (rows, dim) (rows, dim) or NULL (dim) or NULL */
  float *out;                           /* (rows, dim) */
  uint32_t dim, group;
  uint32_t x_stride, gate_stride, out_stride;
  float eps;
} SsmtRmsNormArgs;

/* What a variant made of x before the product; see SsmtLinearArgs. */
typedef struct {
  const void *data;             /* (rows, stride) bfloat16, or uint8 = q + 128, or Q4's */
  size_t stride;                /* in elements */
  const float *scales;          /* (rows): the row's step of quantisation */
} SsmtPacked;

typedef struct {
  SsmtWeight weight;            /* (outputs, inputs) */
  const float *x, *bias;        /* (rows, inputs) (outputs) or NULL */
  float *out;                   /* (rows, outputs) */
  SsmtPacked packed;            /* x as the variant wants it, where it does */
  uint32_t rows, x_stride, out_stride;
  bool accumulate;
} SsmtLinearArgs;

typedef struct {
  const float *gate, *up;       /* (rows, dim) both */
  float *out;
  uint32_t dim, gate_stride, up_stride, out_stride;
  bool gelu;
} SsmtSwigluArgs;

typedef struct {
  const float *logits;          /* (rows, dim) */
  int32_t *ids;                 /* (rows, k) */
  float *logp;                  /* (rows, k) */
  uint32_t dim, stride, k;
} SsmtTopKArgs;

/* States of all slots: slot s is at base + s * stride bytes. */
typedef struct {
  char *base;
  size_t stride;
} SsmtStates;

typedef struct {
  const SsmtRun *list;          /* (count) */
  uint32_t count;
} SsmtRunList;

static inline float *
ssmt_state_of (const SsmtStates *states, uint32_t slot)
{
  return (float *) (void *) (states->base + (size_t) slot * states->stride);
}

typedef struct {
  const float *x, *weight, *bias;       /* (rows, dim) (dim, taps) (dim) or NULL */
  float *out;                           /* (rows, dim) */
  SsmtStates states;                    /* (taps - 1, dim) */
  SsmtRunList runs;
  uint32_t dim, taps, x_stride, out_stride;
  bool silu;
} SsmtConvArgs;

typedef struct {
  const float *u, *dt, *z;      /* (rows, dim), z may be NULL */
  const float *b, *c;           /* (rows, d_state) */
  const float *a;               /* (d_state, dim) */
  const float *d, *dt_bias;     /* (dim) */
  float *out;                   /* (rows, dim) */
  SsmtStates states;            /* (d_state, dim) */
  SsmtRunList runs;
  uint32_t dim, d_state;
  uint32_t u_stride, dt_stride, bc_stride, z_stride, out_stride;
} SsmtSelectiveScanArgs;

typedef struct {
  const float *x;               /* (rows, heads, head_dim) */
  const float *dt;              /* (rows, heads) */
  const float *b, *c;           /* (rows, groups, d_state) */
  const float *a, *d, *dt_bias; /* (heads) */
  float *out;                   /* (rows, heads, head_dim) */
  SsmtStates states;            /* (heads, d_state, head_dim) */
  SsmtRunList runs;
  uint32_t heads, head_dim, groups, d_state;
  uint32_t x_stride, dt_stride, bc_stride, out_stride;
  float dt_min, dt_max;
} SsmtSsdArgs;

typedef struct {
  float *q;                     /* (rows, heads, head_dim) */
  float *k;                     /* (rows, kv_heads, head_dim) */
  const float *v;               /* (rows, kv_heads, head_dim) */
  float *out;                   /* (rows, heads, head_dim) */
  SsmtStates states;            /* (window or any, state_stride), base NULL: nothing is kept */
  SsmtRunList runs;
  uint32_t heads, kv_heads, head_dim;
  uint32_t window;              /* SSMT_NO_WINDOW: no position wraps around */
  uint32_t q_stride, kv_stride, out_stride;
  float scale, rotary_base;
  bool bidirectional;
  uint32_t rotary_dim;          /* never 0 */
  size_t state_stride;          /* floats */
} SsmtAttentionArgs;

#define SSMT_NO_WINDOW UINT32_MAX

/* The first position that the query at `now` sees. */
static inline uint64_t
ssmt_attention_from (const SsmtAttentionArgs *args, const SsmtRun *run, uint64_t now)
{
  uint64_t from = now + 1 > args->window ? now + 1 - args->window : 0;

  return args->states.base == NULL && from < run->position ? run->position : from;
}

typedef struct {
  const float *q;               /* (rows, heads, head_dim) */
  const float *k, *v;           /* (memory rows, kv_heads, head_dim) */
  float *out;                   /* (rows, heads, head_dim) */
  SsmtRunList runs;
  uint32_t heads, kv_heads, head_dim;
  uint32_t q_stride, kv_stride, out_stride;
  float scale;
} SsmtCrossAttentionArgs;

typedef struct {
  const float *q, *k;
  float *out;
  SsmtRunList runs;
  uint32_t heads, kv_heads, head_dim, window;
  uint32_t q_stride, kv_stride, out_stride;
  float scale;
  bool self;
} SsmtAttentionScoresArgs;

typedef struct {
  const float *dt, *b, *c, *a, *dt_bias;
  float *out, *work;
  SsmtRunList runs;
  uint32_t dim, groups, d_state;
  uint32_t dt_stride, bc_stride, out_stride;
  float dt_min, dt_max;
  bool scalar;
} SsmtHiddenScoresArgs;

typedef struct {
  float *q, *k;                 /* (rows, q_heads, head_dim) (rows, k_heads, head_dim) */
  SsmtRunList runs;
  uint32_t q_heads, k_heads, head_dim, divisor;
  uint32_t q_stride, k_stride;
  float base;
  bool interleaved;
} SsmtRotateArgs;

typedef struct {
  const float *q, *k;           /* (rows, q_heads, key_dim) (rows, k_heads, key_dim) */
  const float *v;               /* (rows, v_heads, value_dim) */
  const float *decay;           /* by kind, see kernels.h */
  const float *a, *dt_bias;     /* (heads) */
  const float *beta;            /* (rows, heads) or NULL */
  float *out;                   /* (rows, heads, value_dim) */
  SsmtStates states;            /* (heads, key_dim, value_dim) */
  SsmtRunList runs;
  SsmtDecay kind;
  uint32_t heads, q_heads, k_heads, v_heads, key_dim, value_dim;
  uint32_t q_stride, k_stride, v_stride, decay_stride, beta_stride, out_stride;
  float scale, decay_divisor, decay_min, beta_scale;
  bool delta, l2_norm, normalise;
} SsmtRecurrenceArgs;

typedef struct {
  const float *x, *weight, *bias;       /* (rows, dim) (dim) (dim) or NULL */
  float *out;                           /* (rows, dim) */
  uint32_t dim, x_stride, out_stride;
  float eps;
} SsmtLayerNormArgs;

typedef struct {
  const float *x;               /* (rows, dim) */
  float *out;
  uint32_t dim, x_stride, out_stride;
  SsmtActivation function;
} SsmtActivationArgs;

typedef struct {
  float *x;                     /* (rows, dim) */
  SsmtRunList runs;
  uint32_t dim, stride, offset;
} SsmtPositionsArgs;

/* --- numbers ------------------------------------------------------------ */

float ssmt_f16_to_f32 (uint16_t half);
float ssmt_bf16_to_f32 (uint16_t value);
uint16_t ssmt_f32_to_bf16 (float value);        /* nearest even */
uint16_t ssmt_f32_to_f16 (float value);         /* nearest even */
/* w[row, col] without its scale. */
float ssmt_weight_at (const SsmtWeight *w, uint32_t row, uint32_t col);
/* q (dim) = rint (x / s), s = max|x| / 127, which is returned; a row without any
 * finite nonzero value gives zeros and 0. */
float ssmt_quantise_row (const float *x, uint32_t dim, int8_t *q);
/* The four-bit values and the scale (returned) of one group of x (dim <= SSMT_Q4_GROUP,
 * the rest is filled with zeros): of the scales around the one that reaches the
 * largest value, with either sign, the one of the smallest squared error.  What is
 * not finite counts as 0. */
float ssmt_quantise_q4_group (const float *x, uint32_t dim,
    uint8_t q[SSMT_Q4_GROUP / 2]);
/* The sum of 16 lanes, in the order in which vectors add them. */
float ssmt_ref_sum_lanes (const float lane[16]);
/* Cosine and sine of position * base^(-2 pair / rotary_dim). */
void ssmt_rotary_angle (uint64_t position, float base, uint32_t pair,
    uint32_t rotary_dim, float *cosine, float *sine);

/* 1 / sqrt(sum_{i <= position} decay^i). */
float ssmt_recurrence_norm (float decay, uint64_t position);

/* --- operations --------------------------------------------------------- */

void ssmt_ref_embed (const SsmtEmbedArgs *args, uint32_t begin, uint32_t end);
void ssmt_ref_rms_norm (const SsmtRmsNormArgs *args, uint32_t begin, uint32_t end);
/* The second multiplies as those variants do that round x to bfloat16 first. */
void ssmt_ref_linear (const SsmtLinearArgs *args, uint32_t begin, uint32_t end);
void ssmt_ref_linear_bf16 (const SsmtLinearArgs *args, uint32_t begin, uint32_t end);
void ssmt_ref_swiglu (const SsmtSwigluArgs *args, uint32_t begin, uint32_t end);
void ssmt_ref_top_k (const SsmtTopKArgs *args, uint32_t begin, uint32_t end);
void ssmt_ref_conv (const SsmtConvArgs *args, uint32_t begin, uint32_t end);
void ssmt_ref_selective_scan (const SsmtSelectiveScanArgs *args, uint32_t begin,
    uint32_t end);
void ssmt_ref_ssd (const SsmtSsdArgs *args, uint32_t begin, uint32_t end);
/* Rotates q and k of rows [begin, end) of the list of runs; before attention. */
void ssmt_ref_rotary (const SsmtAttentionArgs *args, uint32_t begin, uint32_t end);
void ssmt_ref_attention (const SsmtAttentionArgs *args, uint32_t begin, uint32_t end);
void ssmt_ref_cross_attention (const SsmtCrossAttentionArgs *args, uint32_t begin,
    uint32_t end);
void ssmt_ref_attention_scores (const SsmtAttentionScoresArgs *args, uint32_t begin,
    uint32_t end);
void ssmt_ref_hidden_scores (const SsmtHiddenScoresArgs *args, uint32_t begin,
    uint32_t end);
void ssmt_ref_rotate (const SsmtRotateArgs *args, uint32_t begin, uint32_t end);
void ssmt_ref_recurrence (const SsmtRecurrenceArgs *args, uint32_t begin, uint32_t end);
void ssmt_ref_layer_norm (const SsmtLayerNormArgs *args, uint32_t begin, uint32_t end);
void ssmt_ref_activation (const SsmtActivationArgs *args, uint32_t begin, uint32_t end);
void ssmt_ref_positions (const SsmtPositionsArgs *args, uint32_t begin, uint32_t end);

#endif /* SSMT_REF_H */
