/* ssmtranslate tests: config.json from anywhere
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "engine/formats/config.h"
#include "fuzz.h"

static void
read_sizes (const GPtrArray *layers)
{
  static const char *const keys[] = { "kind", "d_state", NULL };

  for (guint i = 0; i < layers->len; i++) {
    guint32 size;
    float number;
    gboolean flag;

    ssmt_layer_config_get_size (layers->pdata[i], "d_state", -1, 64, &size,
        NULL);
    ssmt_layer_config_get_float (layers->pdata[i], "dt_min", 0, 0, 1, &number,
        NULL);
    ssmt_layer_config_get_boolean (layers->pdata[i], "bidirectional", FALSE,
        &flag, NULL);
    ssmt_layer_config_check_keys (layers->pdata[i], keys, NULL);
  }
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (SsmtConfig) config = ssmt_config_parse (
      (const char *) (size ? data : (const uint8_t *) ""), (gssize) size,
      "config.json", &error);

  g_assert_true ((config == NULL) == (error != NULL));
  if (config) {
    g_assert_cmpint (config->source_end, <, config->vocab_size);
    read_sizes (config->encoder_layers);
    read_sizes (config->decoder_layers);
  }
  return 0;
}
