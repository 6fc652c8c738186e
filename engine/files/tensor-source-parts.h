/* ssmtranslate: what the files of SsmtTensorSource share
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "engine/files/tensor-source.h"

struct _SsmtTensorBlock {
  SsmtTensorData host;
  char *path;         /* host.path, a copy */
  SsmtBuffer *buffer; /* device: the data */
};

struct _SsmtTensorSource {
  char *path; /* of the file or of the index, for messages */
  SsmtDevice *device;
  GPtrArray *blocks;  /* of SsmtTensorBlock */
  GPtrArray *tensors; /* of SsmtTensor, in the order of the files */
  GHashTable *names;  /* what is asked for -> SsmtTensor */
  GPtrArray *copies;  /* of SsmtBuffer */
  SsmtTensorMaker maker;
  gpointer maker_data;
  GDestroyNotify maker_release;
  GCancellable *cancellable; /* or NULL */
  char *dtypes;
};

/* Sets `error` about the tensor of that name; FALSE. */
G_GNUC_PRINTF (5, 6)
gboolean ssmt_tensor_source_fail (const SsmtTensorSource *source, GError **error, SsmtError code,
    const char *name, const char *format, ...);

static inline gboolean
ssmt_dtype_is_scaled (SsmtDType dtype)
{
  return dtype == SSMT_DTYPE_I8 || dtype == SSMT_DTYPE_Q4;
}
