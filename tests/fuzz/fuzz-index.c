/* ssmtranslate tests: model.safetensors.index.json from anywhere
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What is an index is that of a folder with shards, too.
 */
#include <unistd.h>

#include "data.h"
#include "engine/files/printable.h"
#include "engine/files/shards.h"
#include "engine/files/tensor-source.h"
#include "fuzz.h"

#define INDEX "model.safetensors.index.json"
#define N_SHARDS 3

static void
link_shards (void)
{
  for (guint i = 1; i <= N_SHARDS; i++) {
    g_autofree char *name = g_strdup_printf ("model-0000%u-of-0000%u.safetensors", i, N_SHARDS);
    g_autofree char *folder = fuzz_data_path ("checkpoints/mamba-bias");
    g_autofree char *from = g_build_filename (folder, name, NULL);
    g_autofree char *to = g_build_filename (fuzz_data_folder (), name, NULL);

    if (symlink (from, to) != 0)
      g_error ("no link to %s", from);
  }
}

static void
open_folder (const char *text, gsize length)
{
  static SsmtDevice *device;
  g_autoptr (SsmtTensorSource) source = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *path = NULL;

  if (device == NULL) {
    device = ssmt_device_open ("cpu", 1, NULL);
    link_shards ();
  }
  path = fuzz_data_write (INDEX, text, length);
  source = ssmt_tensor_source_open_folder (fuzz_data_folder (), device, &error);
  g_assert_true ((source == NULL) == (error != NULL));
  /* as whoever loads a model does */
  ssmt_error_make_printable (&error);
  g_assert_true (error == NULL || g_utf8_validate (error->message, -1, NULL));
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  const char *text = size > 0 ? (const char *) data : "";
  g_autoptr (GError) error = NULL;
  g_autoptr (SsmtShardIndex) index = ssmt_shard_index_parse (text, size, INDEX, &error);

  g_assert_true ((index == NULL) == (error != NULL));
  g_assert_true (error == NULL || g_utf8_validate (error->message, -1, NULL));
  for (GList *file = index ? index->files : NULL; file; file = file->next)
    g_assert_true (strpbrk (file->data, "/\\") == NULL);
  if (index != NULL)
    open_folder (text, size);
  return 0;
}
