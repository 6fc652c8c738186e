/* ssmtranslate tests: 10,000 lines in 21 scripts
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef LINES_H
#define LINES_H

#include <glib.h>

G_BEGIN_DECLS

#define N_LINES 10000

/* Knuth's MMIX generator, its upper half: a number below n. */
guint64 lines_random (guint64 *state, guint64 n);

/* The lines (of GString) that tests/reference/make-bpe.py makes of
 * tests/data/tokenizers/scripts.txt; they may hold broken UTF-8. */
GPtrArray *lines_new (void);

G_END_DECLS

#endif /* LINES_H */
