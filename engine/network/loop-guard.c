/* ssmtranslate: the guard against loops of a search
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "engine/network/loop-guard.h"

#include <string.h>

#define FAR_NGRAM 6 /* tokens: three or four words */
#define FAR_SOURCE_NGRAM 4

/* How often the last n tokens stand in a row at the end. */
static guint
count_repeats (const gint32 *tokens, guint length, guint n)
{
  guint count = 1;

  while ((count + 1) * n <= length
      && memcmp (tokens + length - n, tokens + length - (count + 1) * n, n * sizeof (gint32)) == 0)
    count++;
  return count;
}

/* How often the last n tokens stand anywhere, the last time counted. */
static guint
count_anywhere (const gint32 *tokens, guint length, guint n)
{
  const gint32 *last = tokens + length - n;
  guint count = 0;

  for (guint i = 0; i + n <= length; i++)
    count += tokens[i] == *last && memcmp (tokens + i, last, n * sizeof (gint32)) == 0;
  return count;
}

void
ssmt_loop_guard_init (SsmtLoopGuard *guard, guint max_ngram, const gint32 *source, guint n_source)
{
  guard->max_ngram = MIN (max_ngram, SSMT_LOOP_GUARD_MAX_NGRAM);
  for (guint n = 1; n <= guard->max_ngram; n++) {
    guard->repeat_limit[n] = 2;
    for (guint end = 2 * n; end <= n_source; end++)
      guard->repeat_limit[n] = MAX (guard->repeat_limit[n], count_repeats (source, end, n));
  }
  guard->far_limit = 1;
  for (guint end = FAR_SOURCE_NGRAM; end <= n_source; end++)
    guard->far_limit = MAX (guard->far_limit, count_anywhere (source, end, FAR_SOURCE_NGRAM));
}

gboolean
ssmt_loop_guard_finds (const SsmtLoopGuard *guard, const gint32 *tokens, guint length)
{
  for (guint n = 1; n <= guard->max_ngram && 2 * n <= length; n++) {
    if (count_repeats (tokens, length, n) > guard->repeat_limit[n])
      return TRUE;
  }
  return guard->max_ngram > 0 && length > FAR_NGRAM
      && count_anywhere (tokens, length, FAR_NGRAM) > guard->far_limit;
}
