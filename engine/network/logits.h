/* ssmtranslate: room for logits (internal)
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef SSMT_LOGITS_H
#define SSMT_LOGITS_H

#include "ssmt/ssmt-error.h"

G_BEGIN_DECLS

/* A model says how many tokens it has, so what `rows` rows of scores of `n` of them take may be more than there is.
 * NULL: it is; to be freed with g_free(). */
static inline float *
ssmt_logits_new (guint rows, gsize n, GError **error)
{
  gsize count = n * rows;
  float *logits = g_try_new (float, count);

  if (logits == NULL && count > 0)
    g_set_error (error, SSMT_ERROR, SSMT_ERROR_MEMORY,
        "no memory left for scores of %" G_GSIZE_FORMAT " tokens", n);
  return logits;
}

G_END_DECLS

#endif /* SSMT_LOGITS_H */
