/* ssmtranslate: where the tensors of a network come from (internal)
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A layer asks by name and shape and gets a matrix, or floats, on the device. Behind that stand
 * blocks of data, each handed to the device once by wrap(); a tensor is an offset into one. Only
 * what has to change on the way (widened, or not aligned for its type) gets memory of its own.
 * Safetensors files fill a source when they are opened; made-up weights come into being when
 * they are asked for; a checkpoint format renames tensors, or adds its own.
 */
#ifndef SSMT_TENSOR_SOURCE_H
#define SSMT_TENSOR_SOURCE_H

#include <gio/gio.h>

#include "engine/files/tensor.h"
#include "ssmt/ssmt-error.h"

G_BEGIN_DECLS

typedef struct _SsmtTensorSource SsmtTensorSource;

/* --- opening ------------------------------------------------------------ */

/* `device` must outlive the source. */

/* One safetensors file: its whole header is checked (safetensors.h). */
SsmtTensorSource *ssmt_tensor_source_open (const char *path, SsmtDevice *device, GError **error);
/* The weights of a model folder: model.safetensors, or the shards that
 * model.safetensors.index.json names [huggingface: save_pretrained]. Every tensor must be
 * in the shard that the index gives, and none in two. */
SsmtTensorSource *ssmt_tensor_source_open_folder (
    const char *folder, SsmtDevice *device, GError **error);
/* Whatever is asked for is there: matrices in `dtype`, all else in F32. `random`: values of the
 * size that a trained model has, the same for a name each time; else zeros, which take no memory
 * until they are read. */
SsmtTensorSource *ssmt_tensor_source_make_up (SsmtDType dtype, gboolean random, SsmtDevice *device);
void ssmt_tensor_source_free (SsmtTensorSource *source);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SsmtTensorSource, ssmt_tensor_source_free)

/* --- for layers --------------------------------------------------------- */

/* What values a tensor has: made-up ones are like them. */
typedef enum {
  SSMT_VALUES_WEIGHT,    /* of a product, a bias: outputs are as large as inputs */
  SSMT_VALUES_GAIN,      /* about 1: norms, D */
  SSMT_VALUES_LOG_DECAY, /* log (1 + column): A_log */
  SSMT_VALUES_LOG_STEP,  /* steps of about 0.02 before softplus: dt_bias */
} SsmtTensorValues;

/* Hands out a matrix (rows, cols) in whatever dtype it is stored, its `NAME_scale` with it for I8
 * and Q4 (NAME = the tensor's full name); checks dtype and shape; binds it to the device.
 * Q4 is a U8 tensor (rows, bytes of whole groups) with scales (rows, groups).
 * Extra dimensions of size 1 in the stored shape are ignored. The matrix belongs
 * to the source. Asking twice for a name gives the same matrix. */
const SsmtMatrix *ssmt_tensor_source_get_matrix (
    SsmtTensorSource *source, const char *name, guint32 rows, guint32 cols, GError **error);

/* Hands out rows*cols values as F32 in device memory (a vector has cols 1): in place when
 * stored as F32 and aligned, else a widened copy. */
gboolean ssmt_tensor_source_get_floats (SsmtTensorSource *source, const char *name, guint32 rows,
    guint32 cols, SsmtTensorValues values, SsmtRef *ref, GError **error);

/* The same into host memory (caller frees with g_free), for what a layer turns round
 * while loading; `upload` gives the result a place on the device that lives as long as the
 * source. Its error names `name`, whose values they are. */
float *ssmt_tensor_source_read_floats (SsmtTensorSource *source, const char *name, guint32 rows,
    guint32 cols, SsmtTensorValues values, GError **error);
gboolean ssmt_tensor_source_upload (SsmtTensorSource *source, const char *name, const float *values,
    gsize n, SsmtRef *ref, GError **error);

gboolean ssmt_tensor_source_has (SsmtTensorSource *source, const char *name);

/* Whatever is asked for is an error once it is cancelled (%G_IO_ERROR_CANCELLED). NULL: never. */
void ssmt_tensor_source_set_cancellable (SsmtTensorSource *source, GCancellable *cancellable);

/* After all layers are bound: fails and names the first tensor nobody asked for. */
gboolean ssmt_tensor_source_check_all_used (SsmtTensorSource *source, GError **error);

/* --- for formats -------------------------------------------------------- */

/* An empty source; `path` is shown as it is in messages. */
SsmtTensorSource *ssmt_tensor_source_new (const char *path, SsmtDevice *device);
/* Data for tensors, on the host. */
typedef struct {
  const char *path; /* for messages */
  const guint8 *data;
  gsize size;     /* bytes */
  gsize header;   /* bytes before them that the fingerprint covers */
  gpointer owner; /* of the memory; `release` gives it back, also on failure */
  GDestroyNotify release;
} SsmtTensorData;

/* Hands the data to the device; NULL: it has no memory left. */
SsmtTensorBlock *ssmt_tensor_source_add_block (
    SsmtTensorSource *source, const SsmtTensorData *data, GError **error);
/* A tensor of that block: name, dtype, shape and place are copied from `tensor`, which must lie
 * within it. Fails where the name is taken. */
gboolean ssmt_tensor_source_add (SsmtTensorSource *source, const SsmtTensorBlock *block,
    const SsmtTensor *tensor, GError **error);
/* The tensor that the file calls `from` is asked for as `to`, its scales too. Nothing happens
 * where there is none, or where `to` is there. */
void ssmt_tensor_source_rename (SsmtTensorSource *source, const char *from, const char *to);
/* The same for all whose names end in `from`, which `to` takes the place of. */
void ssmt_tensor_source_rename_ending (SsmtTensorSource *source, const char *from, const char *to);
/* The names that tensors were given become their own: a file that is written has them then. */
void ssmt_tensor_source_keep_names (SsmtTensorSource *source);
/* Marks as known what a checkpoint has beside its weights: the tensor of that name, or those
 * whose names end so. */
void ssmt_tensor_source_ignore (SsmtTensorSource *source, const char *name);
void ssmt_tensor_source_ignore_ending (SsmtTensorSource *source, const char *ending);
/* Both are there, of one dtype and to the bit the same. */
gboolean ssmt_tensor_source_are_same (SsmtTensorSource *source, const char *a, const char *b);
/* What a layer asks for. */
typedef struct {
  const char *name;
  guint32 rows, cols;
  gboolean is_matrix; /* any dtype will do, else F32, F16 or BF16 */
  SsmtTensorValues values;
} SsmtTensorRequest;

/* Called for a tensor that is not there; it may add it. */
typedef gboolean (*SsmtTensorMaker) (
    SsmtTensorSource *source, const SsmtTensorRequest *request, gpointer data, GError **error);
/* `release` (may be NULL) frees `data` with the source. */
void ssmt_tensor_source_set_maker (
    SsmtTensorSource *source, SsmtTensorMaker maker, gpointer data, GDestroyNotify release);

/* --- all of them -------------------------------------------------------- */

/* Without scales and what is ignored, and (once the matrix is handed out) without what pads
 * groups of Q4. */
guint64 ssmt_tensor_source_get_n_parameters (SsmtTensorSource *source);
guint64 ssmt_tensor_source_get_bytes (SsmtTensorSource *source);
/* "F32"; as the file names it but for "Q4" */
const char *ssmt_tensor_dtype_name (SsmtDType dtype);
/* "I8, F32" */
const char *ssmt_tensor_source_get_dtypes (SsmtTensorSource *source);
/* SHA-256 over each file's header and up to 64 KiB spread over its data: the model's fingerprint
 * in saved states. 32 bytes. */
void ssmt_tensor_source_get_fingerprint (SsmtTensorSource *source, guint8 fingerprint[32]);

/* In the order of the files. */
guint ssmt_tensor_source_get_n_tensors (SsmtTensorSource *source);
const SsmtTensor *ssmt_tensor_source_get_tensor (SsmtTensorSource *source, guint index);
/* A row of a tensor as floats: with its scale or scales where it is I8 or Q4. A tensor that
 * is no matrix is one row of n_elements. */
void ssmt_tensor_source_widen_row (
    SsmtTensorSource *source, const SsmtTensor *tensor, guint32 row, float *values);

G_END_DECLS

#endif /* SSMT_TENSOR_SOURCE_H */
