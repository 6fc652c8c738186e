/* ssmtranslate tests: model.safetensors from anywhere
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "engine/files/safetensors.h"
#include "fuzz.h"

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (SsmtSafetensors) header =
      ssmt_safetensors_parse (data, size, "model.safetensors", &error);
  guint64 end = 0;

  g_assert_true ((header == NULL) == (error != NULL));
  for (guint i = 0; header && i < header->tensors->len; i++) {
    const SsmtTensor *info = &g_array_index (header->tensors, SsmtTensor, i);

    g_assert_cmpuint (info->begin, ==, end);
    g_assert_cmpuint (
        info->end - info->begin, ==, info->n_elements * ssmt_dtype_size (info->dtype));
    end = info->end;
  }
  if (header)
    g_assert_cmpuint (header->data_offset + end, ==, size);
  return 0;
}
