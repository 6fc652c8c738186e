/* ssmtranslate tests: packed files from anywhere
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "engine/files/file.h"
#include "fuzz.h"

#define MAX_BYTES (1 << 14)

static void
check (GBytes *packed, const char *name)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) bytes = ssmt_file_unpack (packed, name, MAX_BYTES, &error);

  g_assert_true ((bytes == NULL) == (error != NULL));
  if (bytes)
    g_assert_cmpuint (g_bytes_get_size (bytes), <=, MAX_BYTES);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  g_autoptr (GBytes) packed = g_bytes_new_static (data, size);

  check (packed, "file.gz");
  check (packed, "file.zst");
  return 0;
}
