/* ssmtranslate: a text and a translation that is given, as a model reads them (internal)
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef SSMT_PAIR_H
#define SSMT_PAIR_H

#include "engine/stream/stream-private.h"

G_BEGIN_DECLS

typedef struct {
  char *source_text, *target_text;      /* one line each */
  SsmtPrompt source;
  GArray *target;               /* of gint32, without the end */
} SsmtPair;

/* FALSE (SSMT_ERROR_TEXT) where a text is empty, no UTF-8 or longer than a segment. `pair` is
 * to be cleared in any case. */
gboolean ssmt_pair_init (SsmtPair *pair, const SsmtModel *model,
    const char *source, const char *target, GError **error);
void ssmt_pair_clear (SsmtPair *pair);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (SsmtPair, ssmt_pair_clear)

/* A copy of the state that the pair is read from: the carried one, or that in which documents
 * begin where there is no context. To be released. */
SsmtCarried ssmt_pair_begin (SsmtStream *self);

G_END_DECLS

#endif /* SSMT_PAIR_H */
