/* ssmtranslate: what a model folder says of itself (internal)
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef SSMT_MODEL_INFO_PRIVATE_H
#define SSMT_MODEL_INFO_PRIVATE_H

#include "engine/stream/quality.h"
#include "ssmt/ssmt-model-info.h"

G_BEGIN_DECLS

struct _SsmtModelInfo {
  char *name, *path;
  char *source, *target, *kind, *license, *problem; /* each may be NULL */
  guint64 bytes;
  gboolean carries_state;
  SsmtQuality quality;
};

G_END_DECLS

#endif /* SSMT_MODEL_INFO_PRIVATE_H */
