/* ssmtranslate: writes a safetensors file
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef SSMT_CLI_SAFETENSORS_H
#define SSMT_CLI_SAFETENSORS_H

#include "engine/files/safetensors.h"

G_BEGIN_DECLS

typedef struct _CliSafetensors CliSafetensors;

/* A new file of the tensors that `tensors` (of SsmtTensor) names: name, dtype and shape
 * are read, the rest is filled in. The array is sorted as the format's own writer does it, widest
 * dtype first, so that every tensor is aligned. Errors of writing are G_FILE_ERROR. */
CliSafetensors *cli_safetensors_create (const char *path, GArray *tensors, GError **error);
/* `bytes` of the tensor of that name from its byte `offset` on; in any order. */
gboolean cli_safetensors_write (CliSafetensors *file, const char *name, guint64 offset,
    gconstpointer data, gsize bytes, GError **error);
/* All is on the disk when this has returned TRUE. */
gboolean cli_safetensors_finish (CliSafetensors *file, GError **error);
void cli_safetensors_free (CliSafetensors *file);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (CliSafetensors, cli_safetensors_free)

G_END_DECLS

#endif /* SSMT_CLI_SAFETENSORS_H */
