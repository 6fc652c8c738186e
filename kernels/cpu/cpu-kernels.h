/* ssmtranslate: the table of CPU kernels
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The device calls operations through this table only.  It is filled with the plain C versions (ref/), then
 * one instruction set (isa/isa.def) overwrites what it does better.  Ranges [begin, end) are those of ref.h.
 */
#ifndef SSMT_CPU_KERNELS_H
#define SSMT_CPU_KERNELS_H

#include "../host.h"
#include "../kernels.h"
#include "../measure.h"

#define SSMT_CPU_PACKED 0u

typedef struct {
  const char *name; /* "c", "avx2", "avx512 vnni bf16"; of the definition "reference" */
  uint32_t cost;    /* how much slower than AVX-512, about */

#define OP(Type, name) void (*name) (const Ssmt##Type##Op *, uint32_t begin, uint32_t end);
#include "../ops.def"

  /* Before attention with rotary_base: turns q and k of rows [begin, end). */
  void (*rotary) (const SsmtAttentionOp *, uint32_t begin, uint32_t end);
  /* Before a product with weights of `dtype`: bytes of a row of x as it wants it; 0: as it is. */
  size_t (*pack_bytes) (SsmtDType dtype, uint32_t cols);
  /* Makes rows [begin, end) of them from op->x. In the operation that linear() gets then they stand
   * in x's place, and x_stride is SSMT_CPU_PACKED. */
  void (*pack) (const SsmtLinearOp *op, void *rows, uint32_t begin, uint32_t end);
} SsmtCpuKernels;

/* Instruction sets by number, lowest first, and what they set in the table. */
enum {
#define ISA(name, ...) SSMT_ISA_##name,
#include "isa/isa.def"
  SSMT_N_ISAS
};
#define ISA(name, ...) void ssmt_##name##_init (SsmtCpuKernels *kernels);
#include "isa/isa.def"

/* Which of them a device may use: bit SSMT_ISA_*. */
enum {
  SSMT_CPU_C_BF16 = 1 << 29,    /* for tests: plain C that rounds x to bfloat16 */
  SSMT_CPU_SHARE_ALL = 1 << 30, /* for tests: even the smallest work goes to threads */
};

/* What this CPU and its operating system can do. */
unsigned ssmt_cpu_flags (void);
/* `flags` lowered to the instruction set `name`; 0: it is not known, or not among them. */
unsigned ssmt_cpu_flags_limit (unsigned flags, const char *name);
/* What a device takes: as the environment variable SSMT_CPU names it, else all. What it names in vain is
 * told on stderr. */
unsigned ssmt_cpu_flags_wanted (void);

/* The table for the highest of `flags`; 0: the definition (ref/). */
void ssmt_cpu_kernels_init (SsmtCpuKernels *kernels, unsigned flags);

/* ssmt_device_open_cpu() and ssmt_cpu_measure() with the choice of kernels left to the caller. */
SsmtDevice *ssmt_cpu_device_open_with (uint32_t threads, unsigned flags);
SsmtMeasure ssmt_cpu_measure_with (unsigned flags);

#endif /* SSMT_CPU_KERNELS_H */
