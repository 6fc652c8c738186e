/* ssmtranslate tests: vocab.json and vocab.yml from anywhere
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "engine/tokens/vocabulary.h"
#include "fuzz.h"

static void
check (GBytes *bytes, const char *name)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (SsmtVocabulary) vocabulary = ssmt_vocabulary_parse (bytes, name, &error);
  guint32 n = vocabulary ? ssmt_vocabulary_get_size (vocabulary) : 0;

  g_assert_true ((vocabulary == NULL) == (error != NULL));
  g_assert_true (!error || g_utf8_validate (error->message, -1, NULL));
  for (guint32 id = 0; id < MIN (n, 1000); id++) {
    const char *piece = ssmt_vocabulary_get_piece (vocabulary, id);

    g_assert_true (!piece || ssmt_vocabulary_find (vocabulary, piece) == (gint32) id);
  }
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  g_autoptr (GBytes) bytes = g_bytes_new_static (data, size);

  check (bytes, "vocab.json");
  check (bytes, "vocab.yml");
  return 0;
}
