/* ssmtranslate tests: Marian's .bin from anywhere
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "engine/formats/marian-file.h"
#include "fuzz.h"

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) bytes = g_bytes_new_static (data, size);
  g_autoptr (SsmtMarianFile) file = ssmt_marian_file_new ("model.bin");
  gboolean good = ssmt_marian_bin_read (file, bytes, &error);

  g_assert_true (good == (error == NULL));
  g_assert_true (good || g_utf8_validate (error->message, -1, NULL));
  for (guint i = 0; good && i < file->items->len; i++) {
    const SsmtMarianItem *item = file->items->pdata[i];
    gsize length = item->n_elements * (item->type & 0xff)
        + (item->type == SSMT_MARIAN_INTGEMM8 ? sizeof (float) : 0);

    g_assert_true (ssmt_marian_file_find (file, item->name) == item);
    g_assert_true (item->data >= data + file->header && length <= size);
    g_assert_true (item->data <= data + size - length);
  }
  return 0;
}
