/* ssmtranslate: a tensor of a file (internal)
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef SSMT_TENSOR_H
#define SSMT_TENSOR_H

#include <glib.h>

#include "kernels/kernels.h"

G_BEGIN_DECLS

#define SSMT_TENSOR_MAX_DIMS 8

typedef struct _SsmtTensorBlock SsmtTensorBlock;

typedef struct {
  char *name; /* as the file has it */
  SsmtDType dtype;
  guint n_dims;
  guint64 shape[SSMT_TENSOR_MAX_DIMS]; /* as stored */
  guint64 n_elements;                  /* values, or bytes of Q4; at least 1 */
  guint64 begin, end;                  /* bytes, from the start of the data */

  /* What follows is of a tensor source (tensor-source.h). */
  const SsmtTensorBlock *block; /* the data it stands in */
  const guint8 *data;           /* its first byte, on the host; may be unaligned */
  float scale;                  /* I8: one for all rows; 0: NAME_scale has one a row */
  gboolean is_scale;            /* belongs to another tensor */
  gboolean ignored;             /* no layer reads it, and it may be there */
  gboolean used;
  SsmtMatrix *matrix; /* what it was handed out as; NULL: as floats, or not */
  SsmtRef floats;     /* set once handed out as F32 */
} SsmtTensor;

G_END_DECLS

#endif /* SSMT_TENSOR_H */
