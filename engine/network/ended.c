/* ssmtranslate: hypotheses of a search that have ended
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "engine/network/ended.h"

static void
ended_free (gpointer data)
{
  SsmtEnded *ended = data;

  g_array_unref (ended->tokens);
  g_free (ended);
}

GPtrArray *
ssmt_ended_new (void)
{
  return g_ptr_array_new_with_free_func (ended_free);
}

void
ssmt_ended_add (GPtrArray *all, const SsmtEnded *ended, const gint32 *tokens, guint n_tokens)
{
  SsmtEnded *own = g_memdup2 (ended, sizeof *ended);

  own->tokens = g_array_new (FALSE, FALSE, sizeof (gint32));
  g_array_append_vals (own->tokens, tokens, n_tokens);
  g_ptr_array_add (all, own);
}

static int
compare (const void *a, const void *b)
{
  const SsmtEnded *x = *(SsmtEnded *const *) a, *y = *(SsmtEnded *const *) b;

  return x->rank > y->rank ? -1 : x->rank < y->rank;
}

void
ssmt_ended_sort (GPtrArray *all)
{
  g_ptr_array_sort (all, compare);
}
