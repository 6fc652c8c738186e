/* ssmtranslate: what the files of SsmtWeights share
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "engine/files/safetensors.h"
#include "engine/files/weights.h"

typedef struct {
  char *path;                   /* for messages */
  GMappedFile *file;
  const guint8 *data;           /* host: first byte of the data section */
  SsmtSafetensors *header;
  SsmtBuffer *buffer;           /* device: the data section */
} Shard;

/* A tensor and what became of it. */
typedef struct {
  const Shard *shard;
  const SsmtTensorInfo *info;
  gboolean used;
  gboolean ignored;             /* what no layer reads, and may be there */
  SsmtMatrix *matrix;           /* set once bound */
  SsmtRef floats;               /* set once handed out as F32 */
} Entry;

struct _SsmtWeights {
  char *path;                   /* of the file or of the index, for messages */
  SsmtDevice *device;
  GPtrArray *shards;            /* of Shard */
  GHashTable *entries;          /* name -> Entry */
  GPtrArray *copies;            /* of SsmtBuffer */
  char *dtypes;
};

/* Sets `error` about the tensor of that name; FALSE. */
G_GNUC_PRINTF (5, 6)
gboolean ssmt_weights_fail (const SsmtWeights *weights, GError **error,
    SsmtError code, const char *name, const char *format, ...);
/* The tensor that `name` holds the scales of, or NULL. */
const SsmtTensorInfo *ssmt_weights_scaled_tensor (SsmtWeights *weights,
    const char *name);

static inline gboolean
ssmt_weights_is_scaled (SsmtDType dtype)
{
  return dtype == SSMT_DTYPE_I8 || dtype == SSMT_DTYPE_Q4;
}
