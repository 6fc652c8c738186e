/* ssmtranslate: which tensors a configuration asks for (docs/model-format.md)
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef SSMT_CLI_TENSORS_H
#define SSMT_CLI_TENSORS_H

#include "engine/formats/config.h"
#include "engine/network/network.h"

G_BEGIN_DECLS

typedef enum {
  CLI_TENSOR_MATRIX,            /* a product or an embedding: in any dtype */
  CLI_TENSOR_SMALL,             /* convolution taps and biases: F32 */
  CLI_TENSOR_ONE,               /* norm weights, D: F32, about 1 */
  CLI_TENSOR_A_LOG,             /* F32, log (1 + column) */
  CLI_TENSOR_DT_BIAS,           /* F32, steps of about 0.02 */
} CliTensorRole;

typedef struct {
  char *name;
  guint32 rows, cols;           /* cols 1: a vector */
  CliTensorRole role;
  SsmtStack stack;
  gboolean per_segment;         /* reads the encoder's output, not the target */
} CliTensor;

/* All tensors, in the order they stand in a file. */
GArray *cli_tensors_new (const SsmtConfig *config, GError **error);

G_END_DECLS

#endif /* SSMT_CLI_TENSORS_H */
