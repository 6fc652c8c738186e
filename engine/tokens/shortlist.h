/* ssmtranslate: lexical shortlists (internal)
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Which target tokens may translate a text, by its source tokens: Marian's binary form [marian-dev:
 * data/shortlist.h]. Little-endian u64 magic,
 * checksum, number of first ids, most entries a token has, n, m; n u64 offsets; m u32 ids.
 */
#ifndef SSMT_SHORTLIST_H
#define SSMT_SHORTLIST_H

#include <glib.h>

#include "ssmt/ssmt-error.h"

G_BEGIN_DECLS

typedef struct _SsmtShortlist SsmtShortlist;

typedef struct {
  guint32 source, target; /* tokens of both vocabularies */
  gboolean shared;        /* they are one: what stands in a source may stand in its target */
} SsmtShortlistSizes;

/* Everything in it is checked. The file may be packed. */
SsmtShortlist *ssmt_shortlist_load (
    const char *path, const SsmtShortlistSizes *sizes, GError **error);
/* The same of bytes in memory, of which a reference is taken. */
SsmtShortlist *ssmt_shortlist_parse (
    GBytes *bytes, const char *path, const SsmtShortlistSizes *sizes, GError **error);
void ssmt_shortlist_free (SsmtShortlist *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SsmtShortlist, ssmt_shortlist_free)

/* Sets `ids` (of gint32) to those that may translate the tokens of `source` (of gint32), in ascending
 * order: the first, those of each token, the tokens themselves where the vocabulary is shared, and the
 * smallest others until they are a multiple of 8. */
void ssmt_shortlist_pick (const SsmtShortlist *self, const GArray *source, GArray *ids);

G_END_DECLS

#endif /* SSMT_SHORTLIST_H */
