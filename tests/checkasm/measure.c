/* ssmtranslate: checkasm of what measures the CPU
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What is timed has to be done: all of a block read, something multiplied for each dtype.
 */
#include "checkasm.h"
#include "cpu/cpu-kernels.h"

static void
run (Rig *rig, const void *data)
{
  _Alignas(64) uint64_t words[8 * SSMT_MEASURE_UNIT / sizeof (uint64_t)];
  uint64_t sum = 0;

  (void) data;
  rig_label (rig, "read, multiply");
  for (size_t i = 0; i < N_ELEMENTS (words); i++)
    sum += words[i] = rig_random (rig, 1u << 31);
  for (uint32_t isa = 0; isa < SSMT_N_ISAS; isa++) {
    SsmtMeasure measure = ssmt_cpu_measure_with (1u << isa);

    if (!(ssmt_cpu_flags () & 1u << isa))
      continue;
    rig->broken = rig->broken || measure.read (words, sizeof words) != sum;
    for (SsmtDType dtype = SSMT_DTYPE_F32; dtype <= SSMT_DTYPE_Q4; dtype++)
      rig->broken = rig->broken || !(measure.multiply (dtype) > 0);
  }
}

static void
check (void)
{
  check_case ("measure", run, NULL, 0);
}

const Check check_measure = { check, NULL };
