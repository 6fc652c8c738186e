/* ssmtranslate: a segment whose text still grows
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef SSMT_GROWING_H
#define SSMT_GROWING_H

#include "ssmt/ssmt-stream.h"

G_BEGIN_DECLS

/**
 * SsmtPolicy:
 * @SSMT_POLICY_FINAL: nothing before the text is final
 * @SSMT_POLICY_LOCAL_AGREEMENT: the words on which this translation and the one
 *   before agree from the start [Liu et al. 2020, arXiv 2005.11185]
 * @SSMT_POLICY_ALIGN_ATT: the words up to the first that looks at one of the
 *   last two words of the source [Papi et al. 2023, arXiv 2305.11408]; like
 *   @SSMT_POLICY_FINAL for a model without cross-attention
 *
 * Which part of the translation of a growing text is committed: it never
 * changes any more, whatever the text becomes.
 *
 * Since: 0.1
 */
typedef enum {
  SSMT_POLICY_FINAL,
  SSMT_POLICY_LOCAL_AGREEMENT,
  SSMT_POLICY_ALIGN_ATT,
} SsmtPolicy;

SSMT_API GType ssmt_policy_get_type (void);
#define SSMT_TYPE_POLICY (ssmt_policy_get_type ())

/**
 * ssmt_stream_revise:
 * @text: UTF-8 plain text: the whole segment, as far and as well as it is known now
 * @is_final: no more revisions come
 * @policy: what may be committed
 * @committed: (out) (transfer full): the words that are committed now, "" if none; all that
 *   are committed of a segment, with spaces between, are its translation
 * @tail: (out) (transfer full): the rest of the translation, which may change
 * @cancellable: (nullable): checked between tokens
 * @error: return location of a #GError
 *
 * Translates a text that a recogniser still revises. Each call begins with a fork of the
 * carried state: only the segment itself is read again, never what was before
 * it. The carried state moves on when @is_final is set; the next call begins a segment. After an
 * error or a cancellation nothing has changed.
 *
 * Returns: %FALSE with @error set (%SSMT_ERROR, or %G_IO_ERROR_CANCELLED)
 *
 * Since: 0.1
 */
SSMT_API gboolean ssmt_stream_revise (SsmtStream *self, const char *text, gboolean is_final,
    SsmtPolicy policy, char **committed, char **tail, GCancellable *cancellable, GError **error);

G_END_DECLS

#endif /* SSMT_GROWING_H */
