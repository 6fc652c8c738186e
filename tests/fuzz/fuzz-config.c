/* ssmtranslate tests: config.json from anywhere
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "engine/formats/config.h"
#include "engine/network/layers/layer.h"
#include "fuzz.h"

static void
read_sizes (const GPtrArray *layers)
{
  const SsmtLayerFrame frame = { .d_model = 8, .eps = 1e-5f };

  for (guint i = 0; i < layers->len; i++) {
    SsmtLayerConfig *layer = layers->pdata[i];
    g_autoptr (GError) error = NULL;
    SsmtLayer *made = ssmt_layer_new (layer->kind, &layer->keys, &frame, &error);

    g_assert_true ((made == NULL) == (error != NULL));
    if (made)
      ssmt_layer_free (made);
  }
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (SsmtConfig) config = ssmt_config_parse (
      (const char *) (size ? data : (const uint8_t *) ""), (gssize) size, "config.json", &error);

  g_assert_true ((config == NULL) == (error != NULL));
  if (config) {
    g_assert_cmpint (config->text.source_end, <, config->vocab_size);
    read_sizes (config->encoder.layers);
    read_sizes (config->decoder.layers);
  }
  return 0;
}
