/* ssmtranslate: an instruction set's kernels into the table
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "vec.h"

void
FN (init) (SsmtCpuKernels *kernels)
{
#define OP(Type, name) kernels->name = FN (name);
#define RARE_OP(Type, name)
#include "../../ops.def"
  kernels->rotary = FN (rotary);
  kernels->pack_bytes = FN (pack_bytes);
  kernels->pack = FN (pack);
}
