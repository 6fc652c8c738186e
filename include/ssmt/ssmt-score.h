/* ssmtranslate: how probable a translation is
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef SSMT_SCORE_H
#define SSMT_SCORE_H

#include "ssmt/ssmt-stream.h"

G_BEGIN_DECLS

/**
 * ssmt_stream_score:
 * @source: UTF-8 plain text of one segment
 * @target: a translation of it
 * @logp: (out): natural logarithm of the probability of @target and its end, given @source and
 *   what the stream has read before it (with %SSMT_CONTEXT_NONE: given @source alone)
 * @n_tokens: (out) (optional): tokens of @target, its end counted
 * @cancellable: (nullable): checked now and then
 * @error: return location of a #GError
 *
 * Scores a translation that is given. What the search leaves out (symbols that are never put
 * out, its guard against loops) plays no part. The state stays as it is: ssmt_stream_read_pair()
 * goes on with one of several translations.
 *
 * Returns: %FALSE with @error set (%SSMT_ERROR_TEXT where a text is empty or too long)
 *
 * Since: 0.1
 */
SSMT_API gboolean ssmt_stream_score (SsmtStream *self, const char *source, const char *target,
    double *logp, guint *n_tokens, GCancellable *cancellable, GError **error);

G_END_DECLS

#endif /* SSMT_SCORE_H */
