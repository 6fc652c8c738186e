/* ssmtranslate tests: .npz from anywhere
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Bytes are an archive, and, since a fuzzer does not find checksums, the one array of another.
 */
#include <zip.h>

#include "engine/formats/marian-file.h"
#include "fuzz.h"

static void
check (GBytes *bytes)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (SsmtMarianFile) file = ssmt_marian_file_new ("model.npz");
  gboolean good = ssmt_marian_npz_read (file, bytes, &error);
  volatile guint sum = 0; /* so that all of it is read */

  g_assert_true (good == (error == NULL));
  g_assert_true (good || g_utf8_validate (error->message, -1, NULL));
  for (guint i = 0; good && i < file->items->len; i++) {
    const SsmtMarianItem *item = file->items->pdata[i];

    for (gsize j = 0; j < item->n_elements * (item->type & 0xff); j++)
      sum += item->data[j];
  }
}

static GBytes *
archive (const uint8_t *data, size_t size)
{
  zip_source_t *out = zip_source_buffer_create (NULL, 0, 0, NULL);
  zip_t *zip = zip_open_from_source (out, ZIP_TRUNCATE, NULL);
  zip_int64_t index =
      zip_file_add (zip, "a.npy", zip_source_buffer (zip, data, size, 0), ZIP_FL_ENC_UTF_8);
  zip_stat_t stat;
  guint8 *bytes;

  g_assert_true (index == 0 && zip_set_file_compression (zip, 0, ZIP_CM_STORE, 0) == 0);
  zip_source_keep (out);
  g_assert_true (zip_close (zip) == 0);
  g_assert_true (zip_source_open (out) == 0 && zip_source_stat (out, &stat) == 0);
  bytes = g_malloc (stat.size);
  g_assert_true (zip_source_read (out, bytes, stat.size) == (zip_int64_t) stat.size);
  zip_source_close (out);
  zip_source_free (out);
  return g_bytes_new_take (bytes, stat.size);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  g_autoptr (GBytes) bytes = g_bytes_new_static (data, size);
  g_autoptr (GBytes) wrapped = archive (data, size);

  check (bytes);
  check (wrapped);
  return 0;
}
