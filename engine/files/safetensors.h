/* ssmtranslate: header of a safetensors file (internal)
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef SSMT_SAFETENSORS_H
#define SSMT_SAFETENSORS_H

#include "kernels/kernels.h"
#include "ssmt/ssmt-error.h"

G_BEGIN_DECLS

#define SSMT_SAFETENSORS_MAX_HEADER (100 * 1000 * 1000)
#define SSMT_SAFETENSORS_MAX_DIMS 8
#define SSMT_SAFETENSORS_MAX_NAME 512   /* bytes */

typedef struct {
  char *name;
  SsmtDType dtype;
  guint n_dims;
  guint64 shape[SSMT_SAFETENSORS_MAX_DIMS];
  guint64 n_elements;           /* at least 1 */
  guint64 begin, end;           /* bytes, from the start of the data */
} SsmtTensorInfo;

typedef struct {
  GArray *tensors;              /* of SsmtTensorInfo, in the order of the data */
  gsize data_offset, data_size; /* bytes of the file */
} SsmtSafetensors;

/* Checks a whole file's header against its length; the data itself is not
 * looked at. `path` is only named in messages. */
SsmtSafetensors *ssmt_safetensors_parse (const guint8 *file, gsize length,
    const char *path, GError **error);
void ssmt_safetensors_free (SsmtSafetensors *header);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SsmtSafetensors, ssmt_safetensors_free)

/* As the file names it: "F32", and "U8" for Q4. */
const char *ssmt_safetensors_dtype_name (SsmtDType dtype);

G_END_DECLS

#endif /* SSMT_SAFETENSORS_H */
