/* ssmtranslate: look into a SentencePiece file before it is loaded (internal)
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef SSMT_SPM_H
#define SSMT_SPM_H

#include "ssmt/ssmt-error.h"

G_BEGIN_DECLS

/* ModelProto.SentencePiece.Type [sentencepiece_model.proto] */
typedef enum {
  SSMT_SPM_NORMAL = 1,
  SSMT_SPM_UNKNOWN = 2,
  SSMT_SPM_CONTROL = 3,
  SSMT_SPM_USER_DEFINED = 4,
  SSMT_SPM_UNUSED = 5,
  SSMT_SPM_BYTE = 6,
} SsmtSpmType;

typedef struct {
  GByteArray *types;     /* SsmtSpmType of each piece */
  const char *algorithm; /* "unigram", "BPE", "word" or "character" */
} SsmtSpm;

/* Checks what the SentencePiece library takes on trust: the wire format, the
 * pieces, and the normalizer's trie, which it follows without bounds. */
gboolean ssmt_spm_check (
    SsmtSpm *spm, const guint8 *file, gsize length, const char *path, GError **error);
void ssmt_spm_clear (SsmtSpm *spm);

G_END_DECLS

#endif /* SSMT_SPM_H */
