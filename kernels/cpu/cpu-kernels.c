/* ssmtranslate: the choice of CPU kernels
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "cpu-kernels.h"
#include "vec-kernels.h"

#include <string.h>

/* --- what the CPU can do ------------------------------------------------ */

#ifdef SSMT_HAVE_X86
#include <cpuid.h>

unsigned
ssmt_cpu_flags (void)
{
  unsigned flags = 0, a, b, c, d;
  bool f16c = __get_cpuid (1, &a, &b, &c, &d) && (c & bit_F16C);

  /* these look at the operating system's part (XCR0) too */
  __builtin_cpu_init ();
  if (f16c && __builtin_cpu_supports ("avx2") && __builtin_cpu_supports ("fma"))
    flags |= SSMT_CPU_AVX2;
  if ((flags & SSMT_CPU_AVX2) && __builtin_cpu_supports ("avx512f") &&
      __builtin_cpu_supports ("avx512bw") && __builtin_cpu_supports ("avx512dq") &&
      __builtin_cpu_supports ("avx512vl"))
    flags |= SSMT_CPU_AVX512;
  if ((flags & SSMT_CPU_AVX512) && __builtin_cpu_supports ("avx512vnni"))
    flags |= SSMT_CPU_VNNI;
  if ((flags & SSMT_CPU_AVX512) && __builtin_cpu_supports ("avx512bf16"))
    flags |= SSMT_CPU_BF16;
  return flags;
}
#else
unsigned
ssmt_cpu_flags (void)
{
  return 0;
}
#endif

unsigned
ssmt_cpu_flags_limit (unsigned flags, const char *name)
{
  if (name == NULL)
    return flags;
  if (strcmp (name, "c") == 0)
    return 0;
  if (strcmp (name, "avx2") == 0)
    return flags & SSMT_CPU_AVX2;
  return flags;
}

/* --- the table ---------------------------------------------------------- */

static void
init_c (SsmtCpuKernels *kernels)
{
  memset (kernels, 0, sizeof *kernels);
  kernels->name = "c";
  kernels->cost = 30;
  kernels->embed = ssmt_ref_embed;
  kernels->rms_norm = ssmt_ref_rms_norm;
  kernels->swiglu = ssmt_ref_swiglu;
  kernels->top_k = ssmt_ref_top_k;
  kernels->conv = ssmt_ref_conv;
  kernels->selective_scan = ssmt_ref_selective_scan;
  kernels->ssd = ssmt_ref_ssd;
  kernels->rotary = ssmt_ref_rotary;
  kernels->attention = ssmt_ref_attention;
  kernels->cross_attention = ssmt_ref_cross_attention;
  kernels->attention_scores = ssmt_ref_attention_scores;
  kernels->hidden_scores = ssmt_ref_hidden_scores;
  kernels->rotate = ssmt_ref_rotate;
  kernels->recurrence = ssmt_ref_recurrence;
  kernels->layer_norm = ssmt_ref_layer_norm;
  kernels->activation = ssmt_ref_activation;
  kernels->positions = ssmt_ref_positions;
  for (int i = 0; i < SSMT_N_DTYPES; i++)
    kernels->linear[i] = ssmt_ref_linear;
}

#ifdef SSMT_HAVE_X86
#define SET_VEC_KERNELS(kernels, isa) \
  do { \
    (kernels)->embed = ssmt_##isa##_embed; \
    (kernels)->rms_norm = ssmt_##isa##_rms_norm; \
    (kernels)->swiglu = ssmt_##isa##_swiglu; \
    (kernels)->top_k = ssmt_##isa##_top_k; \
    (kernels)->conv = ssmt_##isa##_conv; \
    (kernels)->selective_scan = ssmt_##isa##_selective_scan; \
    (kernels)->ssd = ssmt_##isa##_ssd; \
    (kernels)->rotary = ssmt_##isa##_rotary; \
    (kernels)->attention = ssmt_##isa##_attention; \
    (kernels)->cross_attention = ssmt_##isa##_cross_attention; \
    (kernels)->rotate = ssmt_##isa##_rotate; \
    (kernels)->recurrence = ssmt_##isa##_recurrence; \
    (kernels)->layer_norm = ssmt_##isa##_layer_norm; \
    (kernels)->activation = ssmt_##isa##_activation; \
    (kernels)->linear[SSMT_DTYPE_F32] = ssmt_##isa##_linear_f32; \
    (kernels)->linear[SSMT_DTYPE_F16] = ssmt_##isa##_linear_f16; \
    (kernels)->linear[SSMT_DTYPE_BF16] = ssmt_##isa##_linear_bf16; \
    set_product (kernels, SSMT_DTYPE_I8, ssmt_##isa##_linear_i8, ssmt_##isa##_pack_i8, \
        sizeof (int16_t)); \
    set_product (kernels, SSMT_DTYPE_Q4, ssmt_##isa##_linear_q4, ssmt_##isa##_pack_q4, 2); \
  } while (0)

static void
set_product (SsmtCpuKernels *kernels, SsmtDType dtype, SsmtLinearFunc linear,
    SsmtPackFunc pack, size_t pack_size)
{
  kernels->linear[dtype] = linear;
  kernels->pack[dtype] = pack;
  kernels->pack_size[dtype] = pack_size;
}

static void
init_x86 (SsmtCpuKernels *kernels, unsigned flags)
{
  if (flags & SSMT_CPU_AVX2) {
    kernels->name = "avx2";
    kernels->cost = 2;
    SET_VEC_KERNELS (kernels, avx2);
  }
  if (flags & SSMT_CPU_AVX512) {
    kernels->name = "avx512";
    kernels->cost = 1;
    SET_VEC_KERNELS (kernels, avx512);
  }
#ifdef SSMT_HAVE_AVX512_DOT
  if (flags & SSMT_CPU_VNNI) {
    kernels->name = "avx512 vnni";
    set_product (kernels, SSMT_DTYPE_I8, ssmt_avx512vnni_linear_i8,
        ssmt_avx512vnni_pack_i8, sizeof (uint8_t));
    set_product (kernels, SSMT_DTYPE_Q4, ssmt_avx512dot_linear_q4,
        ssmt_avx512dot_pack_q4, 2);
  }
  if (flags & SSMT_CPU_BF16) {
    kernels->name = flags & SSMT_CPU_VNNI ? "avx512 vnni bf16" : "avx512 bf16";
    set_product (kernels, SSMT_DTYPE_BF16, ssmt_avx512bf16_linear_bf16,
        ssmt_avx512bf16_pack_bf16, sizeof (uint16_t));
  }
#endif
}
#endif

void
ssmt_cpu_kernels_init (SsmtCpuKernels *kernels, unsigned flags)
{
  init_c (kernels);
  if (flags & SSMT_CPU_C_BF16)
    kernels->linear[SSMT_DTYPE_BF16] = ssmt_ref_linear_bf16;
#ifdef SSMT_HAVE_X86
  init_x86 (kernels, flags);
#endif
  if (flags & SSMT_CPU_SHARE_ALL)
    kernels->cost = 1u << 24;
}
