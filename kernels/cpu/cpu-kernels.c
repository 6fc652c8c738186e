/* ssmtranslate: the choice of CPU kernels
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "cpu-kernels.h"

#include <string.h>

unsigned
ssmt_cpu_flags (void)
{
  return 0;
}

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

void
ssmt_cpu_kernels_init (SsmtCpuKernels *kernels, unsigned flags)
{
  (void) flags;
  memset (kernels, 0, sizeof *kernels);
  kernels->name = "c";
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
  for (int i = 0; i < SSMT_N_DTYPES; i++)
    kernels->linear[i] = ssmt_ref_linear;
}
