/* ssmtranslate: the output layer for some tokens alone (internal)
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Their rows of the output matrix, one after the other: with a lexical shortlist a decoder of 2 M weights
 * has no output layer of 8 M to compute for each token.
 */
#ifndef SSMT_COLUMNS_H
#define SSMT_COLUMNS_H

#include "engine/network/network.h"

G_BEGIN_DECLS

/* Without tokens. The network outlives it. */
SsmtColumns *ssmt_columns_new (const SsmtNetwork *network);
void ssmt_columns_free (SsmtColumns *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SsmtColumns, ssmt_columns_free)

/* For these tokens from now on: `n` ids in ascending order, at least one. FALSE: no memory. */
gboolean ssmt_columns_pick (SsmtColumns *self, const gint32 *ids, guint n);
guint ssmt_columns_get_count (const SsmtColumns *self);

G_END_DECLS

#endif /* SSMT_COLUMNS_H */
