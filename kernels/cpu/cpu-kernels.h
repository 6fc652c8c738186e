/* ssmtranslate: the table of CPU kernels
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The device calls operations through this table only.  It is filled with the
 * plain C versions of ref.c, then each instruction set overwrites what it does
 * better.  Ranges [begin, end) are those of ref.h.
 */
#ifndef SSMT_CPU_KERNELS_H
#define SSMT_CPU_KERNELS_H

#include "../ref.h"

#define SSMT_N_DTYPES 5

/* Prepares one row of x (cols) for a product: `out` (cols, in elements of
 * pack_size bytes), *scale the step of quantisation where there is one. */
typedef void (*SsmtPackFunc) (const float *x, uint32_t cols, void *out, float *scale);
typedef void (*SsmtLinearFunc) (const SsmtLinearArgs *, uint32_t, uint32_t);

typedef struct {
  const char *name;             /* "c", "avx2", "avx512 vnni bf16" */
  uint32_t cost;                /* how much slower than AVX-512, about */

  void (*embed) (const SsmtEmbedArgs *, uint32_t, uint32_t);
  void (*rms_norm) (const SsmtRmsNormArgs *, uint32_t, uint32_t);
  void (*swiglu) (const SsmtSwigluArgs *, uint32_t, uint32_t);
  void (*top_k) (const SsmtTopKArgs *, uint32_t, uint32_t);
  void (*conv) (const SsmtConvArgs *, uint32_t, uint32_t);
  void (*selective_scan) (const SsmtSelectiveScanArgs *, uint32_t, uint32_t);
  void (*ssd) (const SsmtSsdArgs *, uint32_t, uint32_t);
  void (*rotary) (const SsmtAttentionArgs *, uint32_t, uint32_t);
  void (*attention) (const SsmtAttentionArgs *, uint32_t, uint32_t);
  void (*cross_attention) (const SsmtCrossAttentionArgs *, uint32_t, uint32_t);
  void (*attention_scores) (const SsmtAttentionScoresArgs *, uint32_t, uint32_t);
  void (*hidden_scores) (const SsmtHiddenScoresArgs *, uint32_t, uint32_t);
  void (*rotate) (const SsmtRotateArgs *, uint32_t, uint32_t);
  void (*recurrence) (const SsmtRecurrenceArgs *, uint32_t, uint32_t);
  void (*layer_norm) (const SsmtLayerNormArgs *, uint32_t, uint32_t);
  void (*activation) (const SsmtActivationArgs *, uint32_t, uint32_t);
  void (*positions) (const SsmtPositionsArgs *, uint32_t, uint32_t);

  /* The product by dtype of the weight; pack is NULL where x is read as it is. */
  SsmtLinearFunc linear[SSMT_N_DTYPES];
  SsmtPackFunc pack[SSMT_N_DTYPES];
  size_t pack_size[SSMT_N_DTYPES];
} SsmtCpuKernels;

/* What the CPU and the operating system can do. */
typedef enum {
  SSMT_CPU_AVX2 = 1 << 0,       /* with FMA and F16C */
  SSMT_CPU_AVX512 = 1 << 1,     /* F, BW, DQ, VL */
  SSMT_CPU_VNNI = 1 << 2,       /* in 512 bits */
  SSMT_CPU_BF16 = 1 << 3,       /* in 512 bits */
  SSMT_CPU_C_BF16 = 1 << 8,     /* for tests: plain C that rounds x to bfloat16 */
  SSMT_CPU_SHARE_ALL = 1 << 9,  /* for tests: even the smallest work goes to threads */
} SsmtCpuFlags;

unsigned ssmt_cpu_flags (void);
/* `flags` lowered to what `name` ("c", "avx2", "avx512") allows; NULL: as they are. */
unsigned ssmt_cpu_flags_limit (unsigned flags, const char *name);

void ssmt_cpu_kernels_init (SsmtCpuKernels *kernels, unsigned flags);

/* ssmt_cpu_device_open() with the choice of kernels left to the caller. */
SsmtDevice *ssmt_cpu_device_open_with (uint32_t threads, unsigned flags);

#endif /* SSMT_CPU_KERNELS_H */
