/* ssmtranslate: the guard against loops of a search (internal)
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The same n-gram (n up to max_ngram) comes in a row at most twice, or as often as the source itself
 * has one of that length; and no six tokens stand anywhere more often than some four do in the
 * source, since a small model also loops with words changed in between.
 */
#ifndef SSMT_LOOP_GUARD_H
#define SSMT_LOOP_GUARD_H

#include <glib.h>

G_BEGIN_DECLS

#define SSMT_LOOP_GUARD_MAX_NGRAM 16

typedef struct {
  guint max_ngram;
  guint repeat_limit[SSMT_LOOP_GUARD_MAX_NGRAM + 1]; /* by length */
  guint far_limit;
} SsmtLoopGuard;

/* max_ngram: 0: nothing is a loop. */
void ssmt_loop_guard_init (
    SsmtLoopGuard *guard, guint max_ngram, const gint32 *source, guint n_source);
/* Whether the last token of a target makes a loop. */
gboolean ssmt_loop_guard_finds (const SsmtLoopGuard *guard, const gint32 *tokens, guint length);

G_END_DECLS

#endif /* SSMT_LOOP_GUARD_H */
