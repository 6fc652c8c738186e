/* ssmtranslate: the tokenizers and the template of a model folder (internal)
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef SSMT_TOKENIZERS_H
#define SSMT_TOKENIZERS_H

#include "engine/tokens/template.h"

G_BEGIN_DECLS

typedef struct {
  SsmtTokenizer *source, *target; /* the same where they share one */
  SsmtTemplate *segment;
  GStrv languages; /* what is written is chosen among these (language-tags.h); NULL: it is one */
  const char *language; /* of them, that of `segment`; NULL: nobody has said which */
} SsmtTokenizers;

/* Those that `config` names. To be cleared in any case. */
gboolean ssmt_tokenizers_load (
    SsmtTokenizers *self, const SsmtTextConfig *config, const char *folder, GError **error);
void ssmt_tokenizers_clear (SsmtTokenizers *self);

G_END_DECLS

#endif /* SSMT_TOKENIZERS_H */
