/* ssmtranslate: what a CPU does at most
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * For benchmarks, whose figures are shares of it. One thread each.
 */
#ifndef SSMT_MEASURE_H
#define SSMT_MEASURE_H

#include "contract.h"

#ifdef __cplusplus
extern "C" {
#endif

#define SSMT_MEASURE_UNIT 512u /* bytes */

typedef struct {
  /* Reads whole units from a 64-byte boundary on; their sum as 64-bit words. */
  uint64_t (*read) (const void *data, size_t bytes);
  /* Multiplies in registers, by the instructions for weights of `dtype`, for some 100 us; how many
   * multiply-adds that were. */
  double (*multiply) (SsmtDType dtype);
} SsmtMeasure;

/* With the best instructions that this CPU has. */
SsmtMeasure ssmt_cpu_measure (void);

#ifdef __cplusplus
}
#endif

#endif /* SSMT_MEASURE_H */
