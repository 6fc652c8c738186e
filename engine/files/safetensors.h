/* ssmtranslate: header of a safetensors file (internal)
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The file [huggingface/safetensors]:
 *  1. u64, little-endian: length n of the header
 *  2. n bytes of JSON: name -> { "dtype", "shape", "data_offsets": [begin, end] };
 *     "__metadata__" may hold strings and is skipped
 *  3. data; offsets count from its first byte, without holes or overlaps
 */
#ifndef SSMT_SAFETENSORS_H
#define SSMT_SAFETENSORS_H

#include "engine/files/tensor.h"
#include "ssmt/ssmt-error.h"

G_BEGIN_DECLS

#define SSMT_SAFETENSORS_MAX_HEADER (100 * 1000 * 1000)
#define SSMT_SAFETENSORS_MAX_NAME 512 /* bytes */

typedef struct {
  GArray *tensors;              /* of SsmtTensor, in the order of the data */
  gsize data_offset, data_size; /* bytes of the file */
} SsmtSafetensors;

/* Checks a whole file's header against its length; the data itself is not
 * looked at. `path` is only named in messages. */
SsmtSafetensors *ssmt_safetensors_parse (
    const guint8 *file, gsize length, const char *path, GError **error);
void ssmt_safetensors_free (SsmtSafetensors *header);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SsmtSafetensors, ssmt_safetensors_free)

/* As the file names it: "F32", and "U8" for Q4. */
const char *ssmt_safetensors_dtype_name (SsmtDType dtype);

G_END_DECLS

#endif /* SSMT_SAFETENSORS_H */
