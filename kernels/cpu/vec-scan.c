/* ssmtranslate: convolution and scans in vectors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Each takes a few channels at a time and sweeps all tokens of a run with the
 * state in registers.  The arithmetic of a token is the same wherever a run is
 * cut, so that results do not depend on it.
 */
#include "vec.h"
#include "vec-kernels.h"

/* --- conv --------------------------------------------------------------- */

#define MAX_TAPS 8

/* n channels from c on of one run; `taps` known when compiled. */
V_INLINE void
conv_lanes (const SsmtConvArgs *args, const SsmtRun *run, const V *weight, V bias,
    uint32_t c, uint32_t n, uint32_t taps)
{
  float *state = ssmt_state_of (&args->states, run->slot) + c;
  const float *x = args->x + (size_t) run->first * args->x_stride + c;
  float *out = args->out + (size_t) run->first * args->out_stride + c;
  V past[MAX_TAPS];             /* the last taps inputs, oldest first */

  for (uint32_t i = 0; i + 1 < taps; i++)
    past[i] = v_load_n (state + (size_t) i * args->dim, n);
  for (uint32_t t = 0; t < run->rows; t++) {
    past[taps - 1] = v_load_n (x + (size_t) t * args->x_stride, n);
    V sum = bias;
    for (uint32_t i = 0; i < taps; i++)
      sum = v_fma (weight[i], past[i], sum);
    v_store_n (out + (size_t) t * args->out_stride, args->silu ? v_silu (sum) : sum, n);
    for (uint32_t i = 0; i + 1 < taps; i++)
      past[i] = past[i + 1];
  }
  for (uint32_t i = 0; i + 1 < taps; i++)
    v_store_n (state + (size_t) i * args->dim, past[i], n);
}

V_INLINE void
conv_block (const SsmtConvArgs *args, uint32_t c, uint32_t n, uint32_t taps)
{
  V weight[MAX_TAPS], bias = args->bias ? v_load_n (args->bias + c, n) : v_zero ();
  float column[MAX_TAPS][VN];

  for (uint32_t lane = 0; lane < VN; lane++)
    for (uint32_t i = 0; i < taps; i++)
      column[i][lane] = lane < n ? args->weight[(size_t) (c + lane) * taps + i] : 0.0f;
  for (uint32_t i = 0; i < taps; i++)
    weight[i] = v_load (column[i]);
  for (uint32_t i = 0; i < args->runs.count; i++)
    conv_lanes (args, &args->runs.list[i], weight, bias, c, n, taps);
}

V_INLINE void
conv_range (const SsmtConvArgs *args, uint32_t begin, uint32_t end, uint32_t taps)
{
  uint32_t c = begin;

  for (; c + VN <= end; c += VN)
    conv_block (args, c, VN, taps);
  if (c < end)
    conv_block (args, c, end - c, taps);
}

void
FN (conv) (const SsmtConvArgs *args, uint32_t begin, uint32_t end)
{
  if (args->taps == 4)
    conv_range (args, begin, end, 4);
  else if (args->taps <= MAX_TAPS)
    conv_range (args, begin, end, args->taps);
  else
    ssmt_ref_conv (args, begin, end);
}

/* --- selective_scan ----------------------------------------------------- */

#define LOG2_E 1.44269504f
#define SCAN_STATES 16          /* what fits in registers */

/* Pointers of one row, at the first channel of the block. */
typedef struct {
  const float *u, *dt, *z, *b, *c;
  float *out;
} ScanRow;

V_INLINE ScanRow
scan_row (const SsmtSelectiveScanArgs *args, size_t row, uint32_t c)
{
  return (ScanRow) {
    args->u + row * args->u_stride + c, args->dt + row * args->dt_stride + c,
    args->z ? args->z + row * args->z_stride + c : NULL,
    args->b + row * args->bc_stride, args->c + row * args->bc_stride,
    args->out + row * args->out_stride + c
  };
}

/* h = 2^(D A log2 e) h + (D u) B; returns y + h C. */
V_INLINE V
scan_state (V *h, V a, V delta, V input, float b, float c, V y)
{
  *h = v_fma (v_exp2 (v_mul (delta, a)), *h, v_mul (input, v_set (b)));
  return v_fma (*h, v_set (c), y);
}

/* n channels from c on of one run.  a (d_state): A log2 e of these channels. */
V_INLINE void
scan_run (const SsmtSelectiveScanArgs *args, const SsmtRun *run, const V *a, uint32_t c,
    uint32_t n)
{
  float *state = ssmt_state_of (&args->states, run->slot) + c;
  V bias = v_load_n (args->dt_bias + c, n), d = v_load_n (args->d + c, n);
  V h[SCAN_STATES];

  for (uint32_t s = 0; s < SCAN_STATES; s++)
    h[s] = v_load_n (state + (size_t) s * args->dim, n);
  for (uint32_t t = 0; t < run->rows; t++) {
    ScanRow row = scan_row (args, (size_t) run->first + t, c);
    V u = v_load_n (row.u, n), y = v_mul (d, u);
    V delta = v_softplus (v_add (v_load_n (row.dt, n), bias)), input = v_mul (delta, u);
#pragma GCC unroll 16
    for (uint32_t s = 0; s < SCAN_STATES; s++)
      y = scan_state (&h[s], a[s], delta, input, row.b[s], row.c[s], y);
    v_store_n (row.out, row.z ? v_mul (y, v_silu (v_load_n (row.z, n))) : y, n);
  }
  for (uint32_t s = 0; s < SCAN_STATES; s++)
    v_store_n (state + (size_t) s * args->dim, h[s], n);
}

V_INLINE void
scan_block (const SsmtSelectiveScanArgs *args, uint32_t c, uint32_t n)
{
  V a[SCAN_STATES];

  for (uint32_t s = 0; s < SCAN_STATES; s++)
    a[s] = v_mul (v_load_n (args->a + (size_t) s * args->dim + c, n), v_set (LOG2_E));
  for (uint32_t i = 0; i < args->runs.count; i++)
    scan_run (args, &args->runs.list[i], a, c, n);
}

/* Any d_state: the state stays in memory. */
V_INLINE void
scan_run_any (const SsmtSelectiveScanArgs *args, const SsmtRun *run, uint32_t c, uint32_t n)
{
  float *state = ssmt_state_of (&args->states, run->slot) + c;
  V bias = v_load_n (args->dt_bias + c, n), d = v_load_n (args->d + c, n);

  for (uint32_t t = 0; t < run->rows; t++) {
    ScanRow row = scan_row (args, (size_t) run->first + t, c);
    V u = v_load_n (row.u, n), y = v_mul (d, u);
    V delta = v_softplus (v_add (v_load_n (row.dt, n), bias)), input = v_mul (delta, u);
    for (uint32_t s = 0; s < args->d_state; s++) {
      size_t at = (size_t) s * args->dim;
      V a = v_mul (v_load_n (args->a + at + c, n), v_set (LOG2_E));
      V h = v_load_n (state + at, n);
      y = scan_state (&h, a, delta, input, row.b[s], row.c[s], y);
      v_store_n (state + at, h, n);
    }
    v_store_n (row.out, row.z ? v_mul (y, v_silu (v_load_n (row.z, n))) : y, n);
  }
}

void
FN (selective_scan) (const SsmtSelectiveScanArgs *args, uint32_t begin, uint32_t end)
{
  bool in_registers = args->d_state == SCAN_STATES;

  for (uint32_t c = begin; c < end; c += VN) {
    uint32_t n = end - c < VN ? end - c : VN;
    if (in_registers && n == VN) {
      scan_block (args, c, VN);
    } else if (in_registers) {
      scan_block (args, c, n);
    } else {
      for (uint32_t i = 0; i < args->runs.count; i++)
        scan_run_any (args, &args->runs.list[i], c, n);
    }
  }
}

/* --- ssd ---------------------------------------------------------------- */

#define SSD_TOKENS 4
#define SSD_VECTORS 2

/* A few rows of one head; b, c: (d_state), x, out: at the head. */
typedef struct {
  const float *x[SSD_TOKENS], *b[SSD_TOKENS], *c[SSD_TOKENS];
  float *out[SSD_TOKENS];
  float delta[SSD_TOKENS], decay[SSD_TOKENS];
} SsdRows;

static void
ssd_rows (const SsmtSsdArgs *args, size_t row, uint32_t tokens, uint32_t head, SsdRows *rows)
{
  uint32_t group = head / (args->heads / args->groups);

  for (uint32_t t = 0; t < tokens; t++, row++) {
    size_t bc = row * args->bc_stride + (size_t) group * args->d_state;
    rows->x[t] = args->x + row * args->x_stride + (size_t) head * args->head_dim;
    rows->out[t] = args->out + row * args->out_stride + (size_t) head * args->head_dim;
    rows->b[t] = args->b + bc;
    rows->c[t] = args->c + bc;

    float dt = args->dt[row * args->dt_stride + head] + args->dt_bias[head];
    float delta = dt > 20.0f ? dt : log1pf (expf (dt));
    delta = fminf (fmaxf (delta, args->dt_min), args->dt_max);
    rows->delta[t] = delta;
    rows->decay[t] = expf (delta * args->a[head]);
  }
}

/* Lanes p to p + vectors * VN of a head (the last n of them valid):
 *   S = decay S + B (D x), y = d x + S C     for `tokens` rows in turn. */
V_INLINE void
ssd_lanes (const SsmtSsdArgs *args, const SsdRows *rows, float *s, float d, uint32_t p,
    uint32_t n, uint32_t vectors, uint32_t tokens)
{
  V input[SSD_TOKENS][SSD_VECTORS], y[SSD_TOKENS][SSD_VECTORS];

  for (uint32_t t = 0; t < tokens; t++)
    for (uint32_t j = 0; j < vectors; j++) {
      V x = v_load_n (rows->x[t] + p + j * VN, n);
      input[t][j] = v_mul (x, v_set (rows->delta[t]));
      y[t][j] = v_mul (x, v_set (d));
    }
  for (uint32_t i = 0; i < args->d_state; i++) {
    float *state = s + (size_t) i * args->head_dim + p;
    for (uint32_t j = 0; j < vectors; j++) {
      V h = v_load_n (state + j * VN, n);
      for (uint32_t t = 0; t < tokens; t++) {
        h = v_fma (v_set (rows->b[t][i]), input[t][j], v_mul (h, v_set (rows->decay[t])));
        y[t][j] = v_fma (h, v_set (rows->c[t][i]), y[t][j]);
      }
      v_store_n (state + j * VN, h, n);
    }
  }
  for (uint32_t t = 0; t < tokens; t++)
    for (uint32_t j = 0; j < vectors; j++)
      v_store_n (rows->out[t] + p + j * VN, y[t][j], n);
}

/* All lanes of a head over `tokens` rows. */
V_INLINE void
ssd_head (const SsmtSsdArgs *args, const SsdRows *rows, float *s, float d, uint32_t tokens)
{
  uint32_t p = 0;

  for (; p + SSD_VECTORS * VN <= args->head_dim; p += SSD_VECTORS * VN)
    ssd_lanes (args, rows, s, d, p, VN, SSD_VECTORS, tokens);
  for (; p + VN <= args->head_dim; p += VN)
    ssd_lanes (args, rows, s, d, p, VN, 1, tokens);
  if (p < args->head_dim)
    ssd_lanes (args, rows, s, d, p, args->head_dim - p, 1, tokens);
}

static void
ssd_run (const SsmtSsdArgs *args, const SsmtRun *run, uint32_t head)
{
  float *s = ssmt_state_of (&args->states, run->slot) +
      (size_t) head * args->d_state * args->head_dim;
  float d = args->d[head];
  SsdRows rows;
  uint32_t t = 0;

  for (; t + SSD_TOKENS <= run->rows; t += SSD_TOKENS) {
    ssd_rows (args, (size_t) run->first + t, SSD_TOKENS, head, &rows);
    ssd_head (args, &rows, s, d, SSD_TOKENS);
  }
  for (; t < run->rows; t++) {
    ssd_rows (args, (size_t) run->first + t, 1, head, &rows);
    ssd_head (args, &rows, s, d, 1);
  }
}

void
FN (ssd) (const SsmtSsdArgs *args, uint32_t begin, uint32_t end)
{
  for (uint32_t i = 0; i < args->runs.count; i++)
    for (uint32_t head = begin; head < end; head++)
      ssd_run (args, &args->runs.list[i], head);
}
