/* ssmtranslate: the choice of CPU kernels
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "cpu-kernels.h"
#include "../ref/ref.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- what the CPU can do ------------------------------------------------ */

#if defined __x86_64__
#include <cpuid.h>

/* these look at the operating system's part (XCR0) too */
#define cpu_has(feature) (__builtin_cpu_supports (feature) != 0)

static bool
has_avx2 (void)
{
  unsigned a, b, c, d;

  __builtin_cpu_init ();
  return __get_cpuid (1, &a, &b, &c, &d) && (c & bit_F16C) && cpu_has ("avx2") && cpu_has ("fma");
}

/* Not all compilers know it by name. */
static bool
has_avxvnni (void)
{
  unsigned a, b, c, d;

  return has_avx2 () && __get_cpuid_count (7, 1, &a, &b, &c, &d) && (a & 1u << 4);
}

static bool
has_avx512 (void)
{
  return has_avx2 () && cpu_has ("avx512f") && cpu_has ("avx512bw") && cpu_has ("avx512dq")
      && cpu_has ("avx512vl");
}

#elif defined __aarch64__
#include <asm/hwcap.h>
#include <sys/auxv.h>

#define cpu_has(capability) ((getauxval (AT_HWCAP) & (capability)) != 0)
#endif

unsigned
ssmt_cpu_flags (void)
{
  unsigned flags = 0;

#define ISA(name, header, compiler, text, cost, has) flags |= (has) ? 1u << SSMT_ISA_##name : 0;
#include "isa/isa.def"
  return flags;
}

unsigned
ssmt_cpu_flags_limit (unsigned flags, const char *wanted)
{
  unsigned allowed = 0, found = 0;

#define ISA(name, ...)                                                                             \
  allowed |= 1u << SSMT_ISA_##name;                                                                \
  if (strcmp (wanted, #name) == 0 && (flags & 1u << SSMT_ISA_##name))                              \
    found = allowed;
#include "isa/isa.def"
  return flags & found;
}

unsigned
ssmt_cpu_flags_wanted (void)
{
  const char *wanted = getenv ("SSMT_CPU");
  unsigned flags = ssmt_cpu_flags (), lowered = flags;

  if (wanted && wanted[0] != '\0')
    lowered = ssmt_cpu_flags_limit (flags, wanted);
  if (lowered != 0)
    return lowered;
  fprintf (stderr, "ssmt: SSMT_CPU=%.40s is ignored; this CPU has:", wanted);
#define ISA(name, ...)                                                                             \
  if (flags & 1u << SSMT_ISA_##name)                                                               \
    fprintf (stderr, " " #name);
#include "isa/isa.def"
  fprintf (stderr, "\n");
  return flags;
}

/* --- the table ---------------------------------------------------------- */

static size_t
pack_nothing (SsmtDType dtype, uint32_t cols)
{
  return 0;
}

void
ssmt_cpu_kernels_init (SsmtCpuKernels *kernels, unsigned flags)
{
  memset (kernels, 0, sizeof *kernels);
  kernels->name = "reference";
  kernels->cost = 30;
#define OP(Type, name) kernels->name = ssmt_ref_##name;
#include "../ops.def"
  kernels->rotary = ssmt_ref_rotary;
  kernels->pack_bytes = pack_nothing;
  if (flags & SSMT_CPU_C_BF16)
    kernels->linear = ssmt_ref_linear_bf16;

#define ISA(isa, header, compiler, text, much, has)                                                \
  if (flags & 1u << SSMT_ISA_##isa) {                                                              \
    kernels->name = text;                                                                          \
    kernels->cost = much;                                                                          \
    ssmt_##isa##_init (kernels);                                                                   \
  }
#include "isa/isa.def"
  if (flags & SSMT_CPU_SHARE_ALL)
    kernels->cost = 1u << 24;
}
