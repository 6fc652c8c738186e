/* ssmtranslate: what a tokenizer may spend on a text (internal)
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A tokenizer.json is a program of a stranger: each of its steps may make a text longer, and its
 * expressions may search without end. One budget goes with a text through all that is done with
 * it. Once it is spent, or cancelled, it stays so and nothing more is done: functions without a
 * GError give less than they were asked for then, and who commits their result asks
 * ssmt_budget_check() before.
 */
#ifndef SSMT_BUDGET_H
#define SSMT_BUDGET_H

#include <gio/gio.h>

#include "ssmt/ssmt-error.h"

G_BEGIN_DECLS

typedef struct {
  GCancellable *cancellable; /* borrowed; NULL: none */
  guint64 left;              /* steps: an item of an expression that is tried, 16 bytes copied */
  guint64 next_check;        /* of the cancellable: when so much is left */
  gsize most;                /* bytes that the text at hand may become */
  GError *error;             /* what ended it; NULL: nothing yet */
} SsmtBudget;

/* For a text of `length` bytes, in as many pieces as one likes. */
void ssmt_budget_init (SsmtBudget *budget, gsize length, GCancellable *cancellable);
void ssmt_budget_clear (SsmtBudget *budget);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (SsmtBudget, ssmt_budget_clear)

/* The text at hand has `length` bytes before the first step. */
void ssmt_budget_set_length (SsmtBudget *budget, gsize length);

/* FALSE: it is spent or cancelled. */
gboolean ssmt_budget_spend (SsmtBudget *budget, guint64 steps);
/* For a step that goes once over `length` bytes. */
gboolean ssmt_budget_spend_bytes (SsmtBudget *budget, gsize length);
/* Whether the text may be so long. */
gboolean ssmt_budget_allows (SsmtBudget *budget, gsize length);
gboolean ssmt_budget_append (SsmtBudget *budget, GString *out, const char *text, gsize length);
/* Ends it: SSMT_ERROR_TEXT. */
gboolean ssmt_budget_fail (SsmtBudget *budget, const char *format, ...) G_GNUC_PRINTF (2, 3);

/* FALSE with what ended it. */
gboolean ssmt_budget_check (const SsmtBudget *budget, GError **error);

G_END_DECLS

#endif /* SSMT_BUDGET_H */
