/* ssmtranslate: what the CPU does at most
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "cpu-kernels.h"

#define ISA(name, ...)                                                                             \
  uint64_t ssmt_##name##_read (const void *data, size_t bytes);                                    \
  double ssmt_##name##_multiply (SsmtDType dtype);
#include "isa/isa.def"

SsmtMeasure
ssmt_cpu_measure_with (unsigned flags)
{
  SsmtMeasure measure = { ssmt_c_read, ssmt_c_multiply };

#define ISA(name, ...)                                                                             \
  if (flags & 1u << SSMT_ISA_##name)                                                               \
    measure = (SsmtMeasure){ ssmt_##name##_read, ssmt_##name##_multiply };
#include "isa/isa.def"
  return measure;
}

SsmtMeasure
ssmt_cpu_measure (void)
{
  return ssmt_cpu_measure_with (ssmt_cpu_flags ());
}
