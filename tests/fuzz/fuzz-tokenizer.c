/* ssmtranslate tests: tokenizer.spm from anywhere
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <glib/gstdio.h>

#include "engine/tokens/tokenizer.h"
#include "fuzz.h"

static void
use (const SsmtTokenizer *tokenizer)
{
  g_autoptr (GArray) ids = g_array_new (FALSE, FALSE, sizeof (gint32));
  g_autofree char *text = NULL;

  ssmt_tokenizer_encode (tokenizer, "Guten Tag <sep> ①ﬁ Å日 \t aa", -1, ids, NULL, NULL);
  for (gint32 id = -1; id < 600; id += 7)
    g_array_append_val (ids, id);
  text = ssmt_tokenizer_decode (tokenizer, (const gint32 *) ids->data, ids->len, NULL);
  g_assert_true (g_utf8_validate (text, -1, NULL));
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  static char *path;
  g_autoptr (GError) error = NULL;
  SsmtTokenizer *tokenizer;

  if (!path) {
    path = g_build_filename (g_get_tmp_dir (), "ssmt-fuzz-XXXXXX", NULL);
    g_close (g_mkstemp (path), NULL);
  }
  if (!g_file_set_contents_full (
          path, (const char *) data, (gssize) size, G_FILE_SET_CONTENTS_NONE, 0600, NULL))
    return 0;
  tokenizer = ssmt_tokenizer_load (path, &error);
  g_unlink (path);
  g_assert_true ((tokenizer == NULL) == (error != NULL));
  if (tokenizer)
    use (tokenizer);
  ssmt_tokenizer_free (tokenizer);
  return 0;
}
