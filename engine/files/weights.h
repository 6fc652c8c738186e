/* ssmtranslate: safetensors: map, check, hand out tensors by name (internal)
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The file [huggingface/safetensors]:
 *  1. u64, little-endian: length n of the header
 *  2. n bytes of JSON: name -> { "dtype", "shape", "data_offsets": [begin, end] };
 *     "__metadata__" may hold strings and is skipped
 *  3. data; offsets count from its first byte, without holes or overlaps
 */
#ifndef SSMT_WEIGHTS_H
#define SSMT_WEIGHTS_H

#include "kernels/kernels.h"
#include "ssmt/ssmt-error.h"

G_BEGIN_DECLS

typedef struct _SsmtWeights SsmtWeights;

/* Maps and checks the whole header (length, JSON, dtype, shape, overflow, size
 * against shape, offsets inside the file, overlaps, holes, duplicate names,
 * truncation). `device` gets the data by wrap(); it must outlive the weights. */
SsmtWeights *ssmt_weights_open (const char *path, SsmtDevice *device,
    GError **error);
/* The weights of a model folder: model.safetensors, or the shards that
 * model.safetensors.index.json names [huggingface: save_pretrained]. Every tensor must be
 * in the shard that the index gives, and none in two. */
SsmtWeights *ssmt_weights_open_folder (const char *folder, SsmtDevice *device,
    GError **error);
void ssmt_weights_free (SsmtWeights *weights);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SsmtWeights, ssmt_weights_free)

/* Hands out a matrix (rows, cols) in whatever dtype it is stored, its
 * `NAME_scale` with it for I8 and Q4 (NAME = the tensor's full name); checks dtype and shape; binds it to the device.
 * Q4 is a U8 tensor (rows, bytes of whole groups) with scales (rows, groups).
 * Extra dimensions of size 1 in the stored shape are ignored. The matrix belongs
 * to the weights. Asking twice for a name gives the same matrix. */
const SsmtMatrix *ssmt_weights_get_matrix (SsmtWeights *weights,
    const char *name, guint32 rows, guint32 cols, GError **error);

/* Hands out rows*cols values as F32 in device memory (a vector has cols 1): in place when
 * stored as F32 and aligned, else a widened copy. */
gboolean ssmt_weights_get_floats (SsmtWeights *weights, const char *name,
    guint32 rows, guint32 cols, SsmtRef *ref, GError **error);

/* The same into host memory (caller frees with g_free), for what a layer turns round
 * while loading; `ssmt_weights_upload` gives the result a place on the device that
 * lives as long as the weights. Its ref has buffer NULL when memory is short. */
float *ssmt_weights_read_floats (SsmtWeights *weights, const char *name,
    guint32 rows, guint32 cols, GError **error);
SsmtRef ssmt_weights_upload (SsmtWeights *weights, const float *values, gsize n);

gboolean ssmt_weights_has (SsmtWeights *weights, const char *name);

/* Marks as known what a checkpoint has beside its weights: the tensor of that name, or those
 * whose names end so. */
void ssmt_weights_ignore (SsmtWeights *weights, const char *name);
void ssmt_weights_ignore_ending (SsmtWeights *weights, const char *ending);
/* Both are there, of one dtype and to the bit the same. */
gboolean ssmt_weights_are_same (SsmtWeights *weights, const char *a, const char *b);

/* After all layers are bound: fails and names the first tensor nobody asked for. */
gboolean ssmt_weights_check_all_used (SsmtWeights *weights, GError **error);

/* Without scales, and (once the matrix is handed out) without what pads groups of Q4. */
guint64 ssmt_weights_get_n_parameters (SsmtWeights *weights);
guint64 ssmt_weights_get_bytes (SsmtWeights *weights);
/* "F32"; as the file names it but for "Q4" */
const char *ssmt_weights_dtype_name (SsmtDType dtype);
/* "I8, F32" */
const char *ssmt_weights_get_dtypes (SsmtWeights *weights);
/* SHA-256 over each file's header and up to 64 KiB spread over its data: the model's fingerprint in saved
 * states. 32 bytes. */
void ssmt_weights_get_fingerprint (SsmtWeights *weights, guint8 fingerprint[32]);

/* --- for what rewrites a file ------------------------------------------- */

typedef struct {
  const char *name;
  SsmtDType dtype;
  guint n_dims;
  const guint64 *shape;         /* as stored */
  guint64 n_elements;           /* values, or bytes of Q4 */
  const guint8 *data;           /* on the host; may be unaligned */
  gsize bytes;
  const SsmtMatrix *matrix;     /* what it was handed out as; NULL: as floats, or not */
  gboolean is_scale;            /* belongs to another tensor */
  gboolean ignored;             /* no layer reads it */
} SsmtWeightsTensor;

guint ssmt_weights_get_n_tensors (SsmtWeights *weights);
/* In the order of the file. */
void ssmt_weights_get_tensor (SsmtWeights *weights, guint index,
    SsmtWeightsTensor *tensor);
/* A row of a tensor as floats: with its scale or scales where it is I8 or Q4. A tensor that
 * is no matrix is one row of n_elements. */
void ssmt_weights_widen_row (SsmtWeights *weights, guint index, guint32 row,
    float *values);

G_END_DECLS

#endif /* SSMT_WEIGHTS_H */
