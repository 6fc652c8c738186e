/* ssmtranslate tests: tokenizer.json from anywhere
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "engine/tokens/bpe.h"
#include "fuzz.h"

static void
use (const SsmtBpe *bpe)
{
  static const char text[] = "Don't <sep>  <mask> 12 ①ﬁ Å日 \t\n aab";
  g_autoptr (GArray) ids = g_array_new (FALSE, FALSE, sizeof (gint32));
  g_autofree char *decoded = NULL, *described = ssmt_bpe_describe (bpe);
  g_auto (SsmtBudget) budget = { NULL };

  ssmt_budget_init (&budget, sizeof text - 1, NULL);
  budget.left = 1 << 18; /* what takes longer takes for ever */
  g_assert_true (ssmt_bpe_encode (bpe, text, sizeof text - 1, ids, &budget)
      == ssmt_budget_check (&budget, NULL));
  for (guint i = 0; i < ids->len; i++)
    g_assert_cmpuint (g_array_index (ids, guint32, i), <, ssmt_bpe_get_size (bpe));
  for (gint32 id = -1; id < 40; id++)
    g_array_append_val (ids, id);
  decoded = ssmt_bpe_decode (bpe, (const gint32 *) ids->data, ids->len, &budget);
  g_assert_true (g_utf8_validate (decoded, -1, NULL));
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  g_autoptr (GError) error = NULL;
  SsmtBpe *bpe = ssmt_bpe_load (size ? (const char *) data : "", size, "tokenizer.json", &error);

  g_assert_true ((bpe == NULL) == (error != NULL));
  if (bpe)
    use (bpe);
  ssmt_bpe_free (bpe);
  return 0;
}
