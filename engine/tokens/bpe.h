/* ssmtranslate: byte-pair encoding from a tokenizer.json (internal)
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef SSMT_BPE_H
#define SSMT_BPE_H

#include "engine/tokens/budget.h"

G_BEGIN_DECLS

typedef struct _SsmtBpe SsmtBpe;

/* From the text of a Hugging Face tokenizer.json; `path` is only named in
 * messages. Thread-safe to use once loaded; nothing in it grows with use. */
SsmtBpe *ssmt_bpe_load (const char *json, gsize length, const char *path, GError **error);
void ssmt_bpe_free (SsmtBpe *bpe);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SsmtBpe, ssmt_bpe_free)

/* As the functions of tokenizer.h; `text` is valid UTF-8 without NUL. */
guint32 ssmt_bpe_get_size (const SsmtBpe *bpe);
gboolean ssmt_bpe_encode (
    const SsmtBpe *bpe, const char *text, gsize length, GArray *ids, SsmtBudget *budget);
char *ssmt_bpe_decode (const SsmtBpe *bpe, const gint32 *ids, gsize n, SsmtBudget *budget);
gint32 ssmt_bpe_find_piece (const SsmtBpe *bpe, const char *name);
char *ssmt_bpe_describe (const SsmtBpe *bpe);

G_END_DECLS

#endif /* SSMT_BPE_H */
