/* ssmtranslate: a checkpoint format (internal)
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A format is one file here that fills an SsmtFormat, and one line in formats.def. It turns a
 * folder into an SsmtConfig and hands out the folder's tensors under the names that this gives:
 * names that no layer would find are renamed, those that no layer reads are ignored, and what is
 * stored in another way (transposed, with one scale a matrix, in a container of its own) is
 * added to a source as a layer wants it (tensor-source.h).
 */
#ifndef SSMT_FORMAT_H
#define SSMT_FORMAT_H

#include "engine/formats/config.h"

G_BEGIN_DECLS

/* What there is to be recognised. */
typedef struct {
  const char *folder; /* NULL: a configuration without its folder */
  JsonObject *json;   /* of config.json; NULL: the folder has none */
  const char *path;   /* of config.json, for messages */
} SsmtFormatInput;

struct _SsmtFormat {
  /* The values of "model_type" that it reads, for messages; NULL at the end. */
  const char *const *types;
  /* Whether `read` is for it; nothing is checked yet. */
  gboolean (*recognise) (const SsmtFormatInput *input);
  /* Fills `config`, which is as ssmt_config_new() makes it. */
  gboolean (*read) (SsmtConfig *config, const SsmtFormatInput *input, GError **error);
  /* The folder's tensors under the names that `config` gives. `device` outlives the source. */
  SsmtTensorSource *(*open) (
      const SsmtConfig *config, const char *folder, SsmtDevice *device, GError **error);
};

G_END_DECLS

#endif /* SSMT_FORMAT_H */
