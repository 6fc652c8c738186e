/* ssmtranslate: plain C versions of the operations (their definition)
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Written to be read beside the formulas in kernels.h: one row, one channel,
 * one head at a time; sums in double so that nothing is more exact.
 */
#include "ref.h"

#include <math.h>
#include <string.h>

/* --- numbers ------------------------------------------------------------ */

static float
float_of_bits (uint32_t bits)
{
  float f;
  memcpy (&f, &bits, sizeof f);
  return f;
}

static uint32_t
bits_of_float (float f)
{
  uint32_t bits;
  memcpy (&bits, &f, sizeof bits);
  return bits;
}

float
ssmt_f16_to_f32 (uint16_t half)
{
  uint32_t sign = (uint32_t) (half & 0x8000) << 16;
  uint32_t exponent = (half >> 10) & 31, fraction = half & 1023;

  if (exponent == 0)            /* zero or subnormal: fraction * 2^-24 */
    return float_of_bits (sign | bits_of_float ((float) fraction * 0x1p-24f));
  if (exponent == 31)
    return float_of_bits (sign | 0x7f800000 | fraction << 13);
  return float_of_bits (sign | (exponent + 112) << 23 | fraction << 13);
}

uint16_t
ssmt_f32_to_f16 (float value)
{
  uint32_t bits = bits_of_float (value), rest = bits & 0x7fffffff;
  uint16_t sign = (uint16_t) (bits >> 16 & 0x8000);

  if (rest > 0x7f800000)
    return sign | 0x7e00;
  if (rest >= 0x477ff000)       /* 65520 and above round to infinity */
    return sign | 0x7c00;
  if (rest < 0x38800000)        /* below 2^-14: a multiple of 2^-24 */
    return sign | (uint16_t) rintf (float_of_bits (rest) * 0x1p24f);
  rest += 0xfff + (rest >> 13 & 1);
  return sign | (uint16_t) ((rest - 0x38000000) >> 13);
}

float
ssmt_bf16_to_f32 (uint16_t value)
{
  return float_of_bits ((uint32_t) value << 16);
}

uint16_t
ssmt_f32_to_bf16 (float value)
{
  uint32_t bits = bits_of_float (value);

  if ((bits & 0x7fffffff) > 0x7f800000)
    return (uint16_t) (bits >> 16 | 0x40);      /* keep a NaN a NaN */
  return (uint16_t) ((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
}

float
ssmt_weight_at (const SsmtWeight *w, uint32_t row, uint32_t col)
{
  size_t i = (size_t) row * w->cols + col;
  const uint8_t *q4 = w->data;
  uint32_t in_group = col % SSMT_Q4_GROUP;

  switch (w->dtype) {
    case SSMT_DTYPE_F16:
      return ssmt_f16_to_f32 (((const uint16_t *) w->data)[i]);
    case SSMT_DTYPE_BF16:
      return ssmt_bf16_to_f32 (((const uint16_t *) w->data)[i]);
    case SSMT_DTYPE_I8:
      return ((const int8_t *) w->data)[i];
    case SSMT_DTYPE_Q4:
      q4 += (row * ssmt_q4_groups (w->cols) + col / SSMT_Q4_GROUP) * (SSMT_Q4_GROUP / 2);
      return (float) ((q4[in_group % 32] >> (in_group < 32 ? 0 : 4) & 15) - 8);
    default:
      return ((const float *) w->data)[i];
  }
}

static float
silu (float x)
{
  return x / (1.0f + expf (-x));
}

static float
gelu (float x)
{
  return 0.5f * x * (1.0f + erff (x * 0.70710678f));
}

static float
softplus (float x)
{
  return x > 20.0f ? x : log1pf (expf (x));
}

/* The step of quantisation of a row; 0: the row is to be read as zeros. */
static float
quantisation_step (const float *x, uint32_t dim)
{
  float largest = 0.0f;

  for (uint32_t i = 0; i < dim; i++)
    if (fabsf (x[i]) > largest)
      largest = fabsf (x[i]);
  float step = largest / 127.0f;
  return step > 0.0f && step <= 3.4e38f ? step : 0.0f;
}

static int
quantised (float x, float step)
{
  return step == 0.0f || x != x ? 0 : (int) rintf (x / step);
}

float
ssmt_quantise_row (const float *x, uint32_t dim, int8_t *q)
{
  float step = quantisation_step (x, dim);

  for (uint32_t i = 0; i < dim; i++) {
    int value = quantised (x[i], step);
    q[i] = (int8_t) (value > 127 ? 127 : value < -127 ? -127 : value);
  }
  return step;
}

/* Rounds a group by `scale` and returns the squared error. */
static double
round_group (const float *x, uint32_t dim, float scale, int *q)
{
  double error = 0;

  for (uint32_t i = 0; i < dim; i++) {
    float value = isfinite (x[i]) ? x[i] : 0.0f;
    float whole = rintf (value / scale);
    q[i] = (int) (whole < -8.0f ? -8.0f : whole > 7.0f ? 7.0f : whole);
    double d = value - (double) scale * q[i];
    error += d * d;
  }
  return error;
}

float
ssmt_quantise_q4_group (const float *x, uint32_t dim, uint8_t packed[SSMT_Q4_GROUP / 2])
{
  int q[SSMT_Q4_GROUP], best[SSMT_Q4_GROUP] = { 0 };
  float largest = 0.0f, scale = 0.0f;
  double least = INFINITY;

  for (uint32_t i = 0; i < dim; i++)
    if (isfinite (x[i]) && fabsf (x[i]) > largest)
      largest = fabsf (x[i]);
  /* the largest value becomes a level from 5.5 (it is cut) to 8.5, by steps of 1/4 */
  for (int level = 22; level <= 34; level++)
    for (int sign = -1; sign <= 1; sign += 2) {
      float candidate = (float) sign * largest / ((float) level / 4.0f);
      if (!(fabsf (candidate) >= 1.2e-38f))     /* a subnormal is not worth it */
        continue;
      double error = round_group (x, dim, candidate, q);
      if (error < least) {
        least = error;
        scale = candidate;
        memcpy (best, q, dim * sizeof *q);
      }
    }
  for (uint32_t i = 0; i < SSMT_Q4_GROUP / 2; i++)
    packed[i] = (uint8_t) ((best[i] + 8) | (best[32 + i] + 8) << 4);
  return scale;
}

/* --- row-wise operations ------------------------------------------------ */

void
ssmt_ref_embed (const SsmtEmbedArgs *args, uint32_t begin, uint32_t end)
{
  const SsmtWeight *table = &args->table;

  for (uint32_t r = begin; r < end; r++) {
    uint32_t id = (uint32_t) args->ids[r];
    float scale = args->scale;
    if (table->dtype == SSMT_DTYPE_I8)
      scale *= table->scales[id];
    for (uint32_t i = 0; i < table->cols; i++) {
      float group_scale = table->dtype != SSMT_DTYPE_Q4 ? scale : scale *
          table->scales[id * ssmt_q4_groups (table->cols) + i / SSMT_Q4_GROUP];
      args->out[(size_t) r * args->out_stride + i] =
          ssmt_weight_at (table, id, i) * group_scale;
    }
  }
}

void
ssmt_ref_rms_norm (const SsmtRmsNormArgs *args, uint32_t begin, uint32_t end)
{
  for (uint32_t r = begin; r < end; r++) {
    const float *x = args->x + (size_t) r * args->x_stride;
    const float *gate = args->gate ? args->gate + (size_t) r * args->gate_stride : NULL;
    float *out = args->out + (size_t) r * args->out_stride;

    for (uint32_t first = 0; first < args->dim; first += args->group) {
      uint32_t last = first + args->group;
      if (last > args->dim)
        last = args->dim;
      double sum = 0;
      for (uint32_t i = first; i < last; i++) {
        float g = gate ? x[i] * silu (gate[i]) : x[i];
        sum += (double) g * g;
      }
      float factor = (float) (1.0 / sqrt (sum / (last - first) + args->eps));
      for (uint32_t i = first; i < last; i++) {
        float g = gate ? x[i] * silu (gate[i]) : x[i];
        out[i] = g * factor * (args->weight ? args->weight[i] : 1.0f);
      }
    }
  }
}

static void
linear_store (const SsmtLinearArgs *args, uint32_t row, uint32_t o, double sum)
{
  float *out = args->out + (size_t) row * args->out_stride + o;
  float value = (float) sum;

  if (args->bias)
    value += args->bias[o];
  *out = args->accumulate ? *out + value : value;
}

static void
linear_i8 (const SsmtLinearArgs *args, uint32_t row, uint32_t begin, uint32_t end)
{
  const SsmtWeight *w = &args->weight;
  const float *x = args->x + (size_t) row * args->x_stride;
  float step = quantisation_step (x, w->cols);

  for (uint32_t o = begin; o < end; o++) {
    const int8_t *q = (const int8_t *) w->data + (size_t) o * w->cols;
    int32_t sum = 0;
    for (uint32_t i = 0; i < w->cols; i++)
      sum += quantised (x[i], step) * q[i];
    linear_store (args, row, o, (float) sum * (step * w->scales[o]));
  }
}

float
ssmt_ref_sum_lanes (const float lane[16])
{
  float quarter[4];

  for (int i = 0; i < 4; i++)
    quarter[i] = (lane[4 * i] + lane[4 * i + 2]) + (lane[4 * i + 1] + lane[4 * i + 3]);
  return (quarter[0] + quarter[2]) + (quarter[1] + quarter[3]);
}

static void
linear_q4 (const SsmtLinearArgs *args, uint32_t row, uint32_t begin, uint32_t end)
{
  const SsmtWeight *w = &args->weight;
  const float *x = args->x + (size_t) row * args->x_stride;
  float step = quantisation_step (x, w->cols);
  size_t groups = ssmt_q4_groups (w->cols);

  for (uint32_t o = begin; o < end; o++) {
    float lane[16] = { 0 };
    for (size_t g = 0; g < groups; g++) {
      int32_t sum[16] = { 0 };
      for (uint32_t i = 0; i < SSMT_Q4_GROUP; i++) {
        uint32_t col = (uint32_t) (g * SSMT_Q4_GROUP) + i;
        if (col < w->cols)
          sum[i / 4] += quantised (x[col], step) * (int) ssmt_weight_at (w, o, col);
      }
      for (int j = 0; j < 16; j++)
        lane[j] = fmaf (w->scales[o * groups + g], (float) sum[j], lane[j]);
    }
    linear_store (args, row, o, ssmt_ref_sum_lanes (lane) * step);
  }
}

static void
linear_float (const SsmtLinearArgs *args, bool round_bf16, uint32_t begin, uint32_t end)
{
  const SsmtWeight *w = &args->weight;

  for (uint32_t r = 0; r < args->rows; r++) {
    const float *x = args->x + (size_t) r * args->x_stride;
    for (uint32_t o = begin; o < end; o++) {
      double sum = 0;
      for (uint32_t i = 0; i < w->cols; i++) {
        float xi = round_bf16 ? ssmt_bf16_to_f32 (ssmt_f32_to_bf16 (x[i])) : x[i];
        sum += (double) xi * ssmt_weight_at (w, o, i);
      }
      linear_store (args, r, o, sum);
    }
  }
}

void
ssmt_ref_linear (const SsmtLinearArgs *args, uint32_t begin, uint32_t end)
{
  SsmtDType dtype = args->weight.dtype;

  if (dtype != SSMT_DTYPE_I8 && dtype != SSMT_DTYPE_Q4) {
    linear_float (args, false, begin, end);
    return;
  }
  for (uint32_t r = 0; r < args->rows; r++)
    (dtype == SSMT_DTYPE_I8 ? linear_i8 : linear_q4) (args, r, begin, end);
}

void
ssmt_ref_linear_bf16 (const SsmtLinearArgs *args, uint32_t begin, uint32_t end)
{
  linear_float (args, true, begin, end);
}

void
ssmt_ref_swiglu (const SsmtSwigluArgs *args, uint32_t begin, uint32_t end)
{
  for (uint32_t r = begin; r < end; r++) {
    const float *gate = args->gate + (size_t) r * args->gate_stride;
    const float *up = args->up + (size_t) r * args->up_stride;
    float *out = args->out + (size_t) r * args->out_stride;
    for (uint32_t i = 0; i < args->dim; i++)
      out[i] = (args->gelu ? gelu (gate[i]) : silu (gate[i])) * up[i];
  }
}

/* Whether logit a (of a smaller id) must give way to logit b. */
static bool
is_less (float a, float b)
{
  return a < b || (isnan (a) && !isnan (b));
}

/* log (sum exp x) over what is neither NaN nor -inf; -inf for nothing at all. */
static double
log_sum_exp (const float *x, uint32_t dim, float largest)
{
  double sum = 0;

  if (!isfinite (largest))
    return largest;
  for (uint32_t i = 0; i < dim; i++)
    if (!isnan (x[i]))
      sum += exp ((double) x[i] - largest);
  return largest + log (sum);
}

void
ssmt_ref_top_k (const SsmtTopKArgs *args, uint32_t begin, uint32_t end)
{
  uint32_t k = args->k;

  for (uint32_t r = begin; r < end; r++) {
    const float *x = args->logits + (size_t) r * args->stride;
    int32_t *ids = args->ids + (size_t) r * k;
    float *logp = args->logp + (size_t) r * k;
    uint32_t found = 0;

    /* insertion into the sorted list of the best so far */
    for (uint32_t i = 0; i < args->dim; i++) {
      if (found == k && !is_less (x[ids[k - 1]], x[i]))
        continue;
      uint32_t at = found < k ? found++ : k - 1;
      for (; at > 0 && is_less (x[ids[at - 1]], x[i]); at--)
        ids[at] = ids[at - 1];
      ids[at] = (int32_t) i;
    }

    float largest = isnan (x[ids[0]]) ? -INFINITY : x[ids[0]];
    double norm = log_sum_exp (x, args->dim, largest);
    for (uint32_t i = 0; i < k; i++) {
      float value = x[ids[i]];
      if (isnan (value) || value == -INFINITY)
        logp[i] = -INFINITY;
      else
        logp[i] = value == norm ? 0.0f : (float) (value - norm);
    }
  }
}

/* --- sequence operations ------------------------------------------------ */

/* One channel c of a run: out[t] = bias + sum_i weight[i] * input[t - taps + 1 + i]. */
static void
conv_channel (const SsmtConvArgs *args, const SsmtRun *run, uint32_t c)
{
  float *state = ssmt_state_of (&args->states, run->slot) + c;  /* (taps - 1), dim apart */
  const float *x = args->x + (size_t) run->first * args->x_stride + c;
  float *out = args->out + (size_t) run->first * args->out_stride + c;
  const float *weight = args->weight + (size_t) c * args->taps;
  uint32_t past = args->taps - 1;

  for (uint32_t t = 0; t < run->rows; t++) {
    float sum = args->bias ? args->bias[c] : 0.0f;
    for (uint32_t i = 0; i < past; i++)
      sum += weight[i] * state[(size_t) i * args->dim];
    sum += weight[past] * x[(size_t) t * args->x_stride];
    out[(size_t) t * args->out_stride] = args->silu ? silu (sum) : sum;

    for (uint32_t i = 1; i < past; i++)
      state[(size_t) (i - 1) * args->dim] = state[(size_t) i * args->dim];
    if (past > 0)
      state[(size_t) (past - 1) * args->dim] = x[(size_t) t * args->x_stride];
  }
}

void
ssmt_ref_conv (const SsmtConvArgs *args, uint32_t begin, uint32_t end)
{
  for (uint32_t i = 0; i < args->runs.count; i++)
    for (uint32_t c = begin; c < end; c++)
      conv_channel (args, &args->runs.list[i], c);
}

/* One row of all channels in range: h = exp(D A) h + (D u) B; y = h C + d u. */
static void
selective_scan_row (const SsmtSelectiveScanArgs *args, float *h, size_t row,
    uint32_t begin, uint32_t end)
{
  const float *u = args->u + row * args->u_stride;
  const float *dt = args->dt + row * args->dt_stride;
  const float *b = args->b + row * args->bc_stride;
  const float *c = args->c + row * args->bc_stride;
  const float *z = args->z ? args->z + row * args->z_stride : NULL;
  float *out = args->out + row * args->out_stride;

  for (uint32_t i = begin; i < end; i++) {
    float delta = softplus (dt[i] + args->dt_bias[i]);
    float y = args->d[i] * u[i];
    for (uint32_t n = 0; n < args->d_state; n++) {
      size_t at = (size_t) n * args->dim + i;
      h[at] = expf (delta * args->a[at]) * h[at] + delta * u[i] * b[n];
      y += h[at] * c[n];
    }
    out[i] = z ? y * silu (z[i]) : y;
  }
}

void
ssmt_ref_selective_scan (const SsmtSelectiveScanArgs *args, uint32_t begin, uint32_t end)
{
  for (uint32_t i = 0; i < args->runs.count; i++) {
    const SsmtRun *run = &args->runs.list[i];
    float *h = ssmt_state_of (&args->states, run->slot);        /* (d_state, dim) */
    for (uint32_t t = 0; t < run->rows; t++)
      selective_scan_row (args, h, (size_t) run->first + t, begin, end);
  }
}

/* One row of one head: S = a S + B (x) (D x); y = S^T C + d x. */
static void
ssd_row (const SsmtSsdArgs *args, float *s, size_t row, uint32_t head)
{
  uint32_t p = args->head_dim, group = head / (args->heads / args->groups);
  const float *x = args->x + row * args->x_stride + (size_t) head * p;
  const float *b = args->b + row * args->bc_stride + (size_t) group * args->d_state;
  const float *c = args->c + row * args->bc_stride + (size_t) group * args->d_state;
  float *y = args->out + row * args->out_stride + (size_t) head * p;

  float delta = softplus (args->dt[row * args->dt_stride + head] + args->dt_bias[head]);
  delta = fminf (fmaxf (delta, args->dt_min), args->dt_max);
  float decay = expf (delta * args->a[head]);

  for (uint32_t i = 0; i < p; i++) {
    float sum = args->d[head] * x[i];
    for (uint32_t n = 0; n < args->d_state; n++) {
      float *state = &s[(size_t) n * p + i];
      *state = decay * *state + b[n] * (delta * x[i]);
      sum += *state * c[n];
    }
    y[i] = sum;
  }
}

void
ssmt_ref_ssd (const SsmtSsdArgs *args, uint32_t begin, uint32_t end)
{
  for (uint32_t i = 0; i < args->runs.count; i++) {
    const SsmtRun *run = &args->runs.list[i];
    float *state = ssmt_state_of (&args->states, run->slot);
    for (uint32_t head = begin; head < end; head++) {
      float *s = state + (size_t) head * args->d_state * args->head_dim;
      for (uint32_t t = 0; t < run->rows; t++)
        ssd_row (args, s, (size_t) run->first + t, head);
    }
  }
}
