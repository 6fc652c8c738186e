/* ssmtranslate tests: the keys of layer kinds
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <string.h>

#include "engine/formats/config.h"
#include "engine/network/layers/layer.h"
#include "test-util.h"

typedef struct {
  const char *name, *layer;
  const char *words; /* of the error, or of the description */
} Case;

#define SIZES "\"heads\": 4, \"key_dim\": 8, \"value_dim\": 16"

static const Case good[] = {
  { "retention", "\"retention\", " SIZES,
      "4 heads of key 8, value 16, half-split rotation, gated" },
  { "retention-torchscale", "\"retention\", \"rotation\": \"interleaved\", " SIZES,
      "interleaved rotation" },
  { "retention-kv-heads", "\"retention\", \"kv_heads\": 2, " SIZES, "(4 for queries, 2 for keys)" },
  { "gla", "\"gla\", \"clamp_min\": -1, \"d_conv\": 4, " SIZES, "d_conv 4" },
  { "delta-net", "\"delta_net\", \"qk_norm\": \"l2\", " SIZES, "d_conv 4, no gate" },
  { "gated-delta-net", "\"gated_delta_net\", \"v_heads\": 8, " SIZES,
      "8 heads of key 8, value 16 (4 for queries, 4 for keys)" },
  { "glu", "\"glu\", \"hidden\": 5", "hidden 5, gelu" },
  { "glu-silu", "\"glu\", \"hidden\": 5, \"activation\": \"silu\"", "hidden 5, silu" },
};

static const Case bad[] = {
  { "retention-rotation", "\"retention\", \"rotation\": \"none\", " SIZES,
      "decoder_layers[0] (retention): \"rotation\" must be one of" },
  { "retention-mixed",
      "\"retention\", \"rotation\": \"interleaved\", "
      "\"norm_weight\": true, " SIZES,
      "\"norm_weight\" must be false" },
  { "retention-no-gate",
      "\"retention\", \"rotation\": \"interleaved\", "
      "\"output_gate\": false, " SIZES,
      "\"output_gate\" must be true" },
  { "retention-odd", "\"retention\", \"heads\": 4, \"key_dim\": 7, \"value_dim\": 16",
      "\"key_dim\" must be even" },
  { "retention-base", "\"retention\", \"rotary_base\": 0, " SIZES, "\"rotary_base\" must be" },
  { "retention-conv", "\"retention\", \"d_conv\": 4, " SIZES,
      "unknown key \"d_conv\", expected only: norm, "
      "norm_placement, heads" },
  { "norm", "\"glu\", \"norm\": \"batch\", \"hidden\": 5", "\"norm\" must be one of rms, layer" },
  { "kv-heads", "\"gla\", \"kv_heads\": 3, " SIZES,
      "\"heads\" 4 must be a multiple of \"kv_heads\" 3" },
  { "clamp", "\"gla\", \"clamp_min\": 1, " SIZES, "\"clamp_min\" must be" },
  { "no-heads", "\"gla\", \"key_dim\": 8, \"value_dim\": 16", "\"heads\" is missing" },
  { "too-wide", "\"gla\", \"heads\": 4096, \"key_dim\": 8, \"value_dim\": 17",
      "heads * key_dim or heads * value_dim is more than" },
  { "qk-norm", "\"delta_net\", \"qk_norm\": \"sum\", " SIZES, "\"qk_norm\" must be one of" },
  { "qk-activation", "\"delta_net\", \"qk_activation\": \"elu\", " SIZES,
      "\"qk_activation\" must be one of" },
  { "delta-without-conv", "\"delta_net\", \"d_conv\": 0, " SIZES, "\"d_conv\" must be" },
  { "v-heads", "\"gated_delta_net\", \"v_heads\": 2, " SIZES,
      "\"v_heads\" 2 must be a multiple of \"heads\" 4" },
  { "v-heads-too-wide", "\"gated_delta_net\", \"v_heads\": 4100, " SIZES, "\"v_heads\" must be" },
  { "glu-activation", "\"glu\", \"hidden\": 5, \"activation\": \"relu\"",
      "\"activation\" must be one of" },
};

static SsmtLayer *
make_layer (const Case *c, GError **error)
{
  g_autofree char *json = g_strdup_printf (
      "{\"model_type\": \"ssmt\", \"format_version\": 1, "
      "\"vocab_size\": 10, \"d_model\": 32, \"norm_eps\": 1e-5, \"tie_embeddings\": true, "
      "\"decoder_layers\": [{\"kind\": %s}], "
      "\"tokenizer\": {\"type\": \"sentencepiece\", \"file\": \"a\"}, "
      "\"segment\": {\"source_end\": 0, \"target_end\": 9, \"carry_end\": false, "
      "\"max_source\": 1, \"max_target\": 1}}",
      c->layer);
  g_autoptr (GError) wrong = NULL;
  g_autoptr (SsmtConfig) config = ssmt_config_parse (json, -1, "config.json", &wrong);

  g_assert_no_error (wrong);
  SsmtLayerConfig *layer = g_ptr_array_index (config->decoder.layers, 0);
  const SsmtLayerFrame frame = { .d_model = 32, .eps = 1e-5f };
  return ssmt_layer_new (layer->kind, &layer->keys, &frame, error);
}

static void
test_good (gconstpointer data)
{
  const Case *c = data;
  g_autoptr (GError) error = NULL;
  SsmtLayer *layer = make_layer (c, &error);

  g_assert_no_error (error);
  g_autofree char *text = layer->klass->describe (layer);
  g_test_message ("%s", text);
  g_assert_nonnull (strstr (text, c->words));
  ssmt_layer_free (layer);
}

static void
test_bad (gconstpointer data)
{
  const Case *c = data;
  g_autoptr (GError) error = NULL;
  SsmtLayer *layer = make_layer (c, &error);

  g_assert_null (layer);
  g_assert_error (error, SSMT_ERROR, SSMT_ERROR_INVALID);
  g_test_message ("%s", error->message);
  g_assert_nonnull (strstr (error->message, c->words));
}

static void
add (const char *folder, const Case *c, GTestDataFunc func)
{
  g_autofree char *path = g_strdup_printf ("/layers/%s/%s", folder, c->name);

  g_test_add_data_func (path, c, func);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (good); i++)
    add ("good", &good[i], test_good);
  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    add ("bad", &bad[i], test_bad);
  return g_test_run ();
}
