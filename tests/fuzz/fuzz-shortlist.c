/* ssmtranslate tests: shortlists from anywhere
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A fuzzer never finds the checksum, so it is put right, and the vocabulary has as many tokens as the
 * file says; what it says of the target's is another matter.
 */
#include <string.h>

#include "engine/tokens/shortlist.h"
#include "fuzz.h"

#define MAGIC G_GUINT64_CONSTANT (0xF11A48D5013417F5)
#define HEADER 6
#define TARGET 40

static guint64
word_at (const guint8 *bytes, gsize index)
{
  guint64 word;

  memcpy (&word, bytes + 8 * index, sizeof word);
  return GUINT64_FROM_LE (word);
}

static void
set_word (guint8 *bytes, gsize index, guint64 word)
{
  word = GUINT64_TO_LE (word);
  memcpy (bytes + 8 * index, &word, sizeof word);
}

static void
set_sum (guint8 *bytes, gsize size)
{
  guint64 sum = 0;

  for (gsize i = 2; i < size / 8; i++)
    sum ^= word_at (bytes, i) + 0x9e3779b9 + (sum << 6) + (sum >> 2);
  set_word (bytes, 1, sum);
}

static void
pick (const SsmtShortlist *shortlist, guint32 n_source)
{
  g_autoptr (GArray) source = g_array_new (FALSE, FALSE, sizeof (gint32));
  g_autoptr (GArray) ids = g_array_new (FALSE, FALSE, sizeof (gint32));

  for (gint32 i = -1; i <= (gint32) MIN (n_source, 100); i++)
    g_array_append_val (source, i);
  ssmt_shortlist_pick (shortlist, source, ids);
  for (guint i = 0; i < ids->len; i++) {
    g_assert_cmpint (g_array_index (ids, gint32, i), <, TARGET);
    g_assert_true (i == 0 || g_array_index (ids, gint32, i - 1) < g_array_index (ids, gint32, i));
  }
}

static void
check (const uint8_t *data, size_t size, gboolean shared)
{
  guint64 n = size >= 8 * HEADER ? word_at (data, 4) : 0;
  SsmtShortlistSizes sizes = { n > 0 && n < 100000 ? (guint32) n - 1 : 3, TARGET, shared };
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) bytes = g_bytes_new_static (data, size);
  g_autoptr (SsmtShortlist) shortlist = ssmt_shortlist_parse (bytes, "lex.bin", &sizes, &error);

  g_assert_true ((shortlist == NULL) == (error != NULL));
  if (shortlist)
    pick (shortlist, sizes.source);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  g_autofree guint8 *mended = g_memdup2 (data, size);

  check (data, size, FALSE);
  if (size >= 8 * HEADER) {
    set_word (mended, 0, MAGIC);
    set_sum (mended, size);
    check (mended, size, TRUE);
  }
  return 0;
}
