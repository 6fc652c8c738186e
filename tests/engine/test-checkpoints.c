/* ssmtranslate: folders of other libraries, as they are
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * tests/data/checkpoints holds folders that transformers and others have written, with what they
 * compute from them (tests/reference/make-checkpoints.py).
 */
#include <string.h>

#include <glib/gstdio.h>

#include "ssmt/ssmt.h"
#include "test-util.h"
#include "vectors.h"

/* Largest error, as a part of the range of the expected values. */
#define AGAINST_REFERENCE 1e-4
#define BETWEEN_SPLITS 1e-5

/* `words` stand in the description of the model. */
static const struct {
  const char *name;
  double tolerance;
  const char *words;
} checkpoints[] = {
  { "mamba", AGAINST_REFERENCE,
      "Mamba of transformers|tied output|"
      "d_inner 60, d_state 5, d_conv 4, dt_rank 2|48 pieces" },
  { "mamba-bias", AGAINST_REFERENCE,
      "untied output|"
      "d_inner 90, d_state 5, d_conv 3, dt_rank 7, bias, no bias of the" },
  { "mamba-f16", AGAINST_REFERENCE, "F16" },
  /* some variants multiply in bfloat16 */
  { "mamba-bf16", 1.5e-2, "BF16" },
  { "mamba2", AGAINST_REFERENCE,
      "Mamba-2 of transformers|untied output|"
      "6 heads of 10, 2 groups normed each" },
  { "mamba2-bias", AGAINST_REFERENCE, "tied output|1 group, bias, no bias" },
  { "falcon-mamba", AGAINST_REFERENCE, "FalconMamba of transformers|norms of dt, B and C" },
  { "mamba-ssm", AGAINST_REFERENCE, "mamba_ssm|vocabulary 48, tied" },
  { "mamba-ssm-2", AGAINST_REFERENCE, "mamba_ssm|untied|2 groups normed each, bias" },
  { "bamba", AGAINST_REFERENCE,
      "Bamba of transformers|untied output|"
      "4 heads of 16, 2 groups normed each|4 heads of 8 (2 for keys)" },
  { "bamba-bias", AGAINST_REFERENCE, "tied output|1 group, bias, no bias" },
  { "jamba", AGAINST_REFERENCE,
      "Jamba of transformers|norms of dt, B and C|BPE|"
      "4 heads of 8 (2 for keys)|no positions|hidden 40" },
  { "fla-retnet", AGAINST_REFERENCE,
      "RetNet of flash-linear-attention|"
      "untied output|retention" },
  { "fla-gla", AGAINST_REFERENCE, "GLA of flash-linear-attention|gla" },
  { "fla-delta-net", AGAINST_REFERENCE,
      "DeltaNet of flash-linear-attention|tied output|delta_net" },
  { "fla-gated-deltanet", AGAINST_REFERENCE,
      "gated DeltaNet of flash-linear-attention|gated_delta_net" },
  { "fla-hybrid", AGAINST_REFERENCE,
      "DeltaNet of flash-linear-attention|"
      "4 heads of 8 (2 for keys), window 47|2 heads of 16 (2 for keys), all" },
};

/* --- numbers ------------------------------------------------------------ */

static void
check (const char *what, double error, double allowed)
{
  g_test_message ("%s: %.1e of the range (%.0e allowed)", what, error, allowed);
  if (!(error <= allowed)) {
    g_test_message ("FAILED: %s", what);
    g_test_fail ();
  }
}

static Reader *
read_alone (const System *sys, guint32 longest, guint32 seed)
{
  Reader *r = reader_new (sys, 1, longest, seed);
  Session *s = session_new (sys, &r, 1);

  session_run (s);
  session_free (s);
  return r;
}

static void
test_numbers (gconstpointer data)
{
  static const guint32 longest[] = { WHOLE, 1, 3, 17, 64, 200 };
  guint which = GPOINTER_TO_UINT (data);
  double tolerance = checkpoints[which].tolerance;
  gboolean exact = tolerance == AGAINST_REFERENCE;
  g_autofree char *name = g_strconcat ("checkpoints/", checkpoints[which].name, NULL);
  System *sys = system_open (name, 1);
  gsize n = (gsize) sys->n_tokens * sys->vocab;
  /* keys and values of every token stand behind the constant part */
  gsize state =
      (ssmt_network_get_state_bytes (sys->network, SSMT_STACK_DECODER)
          + sys->n_tokens * ssmt_network_get_token_bytes (sys->network, SSMT_STACK_DECODER))
      / sizeof (float);
  Reader *whole = read_alone (sys, WHOLE, 0);

  for (guint i = 0; i < G_N_ELEMENTS (longest); i++) {
    Reader *r = read_alone (sys, longest[i], 40 + i);

    g_test_message ("pieces of up to %u (0: all)", longest[i]);
    check ("logits, reference", difference (r->logits, sys->logits, n), tolerance);
    if (exact) {
      check ("logits, unsplit", difference (r->logits, whole->logits, n), BETWEEN_SPLITS);
      check ("states, unsplit",
          difference ((const float *) r->state[SSMT_STACK_DECODER],
              (const float *) whole->state[SSMT_STACK_DECODER], state),
          BETWEEN_SPLITS);
    }
    reader_free (r);
  }
  reader_free (whole);
  system_close (sys);
}

/* --- the folder as a model ---------------------------------------------- */

static void
test_model (gconstpointer data)
{
  guint which = GPOINTER_TO_UINT (data);
  g_autofree char *name = g_build_filename ("checkpoints", checkpoints[which].name, NULL);
  g_autofree char *path = test_data (name);
  g_autoptr (GError) error = NULL;
  g_autoptr (SsmtModel) model = ssmt_model_load (path, "cpu", 1, &error);
  g_autoptr (SsmtStream) stream = NULL;
  g_autoptr (SsmtTranslation) translation = NULL;
  g_autofree char *about = NULL;
  g_auto (GStrv) words = g_strsplit (checkpoints[which].words, "|", -1);

  g_assert_no_error (error);
  about = ssmt_model_describe (model);
  for (char **word = words; *word; word++) {
    if (!strstr (about, *word)) {
      g_test_message ("\"%s\" is not in: %s", *word, about);
      g_test_fail ();
    }
  }
  stream = ssmt_stream_new (model, NULL, &error);
  g_assert_no_error (error);
  translation = ssmt_stream_translate (stream, "good morning", SSMT_TRANSLATE_NONE, NULL, &error);
  g_assert_no_error (error);
}

/* --- folders that are not right ----------------------------------------- */

#define INVALID SSMT_ERROR_INVALID
#define UNSUPPORTED SSMT_ERROR_UNSUPPORTED
#define NOT_FOUND SSMT_ERROR_NOT_FOUND

typedef struct {
  const char *name, *model, *file;
  const char *find, *replace; /* in `file`; find NULL: the file is gone */
  int code;
  const char *words;
} Broken;

#define CONFIG "config.json"
#define INDEX "model.safetensors.index.json"
#define SECOND "model-00002-of-00003.safetensors"

static const Broken broken[] = {
  { "type", "mamba", CONFIG, "\"mamba\"", "\"zamba2\"", UNSUPPORTED,
      "config.json: \"model_type\" is \"zamba2\"|ssmt, mamba, mamba2, "
      "falcon_mamba" },
  { "architecture", "mamba", CONFIG, "\"MambaForCausalLM\"", "\"MambaModel\"", UNSUPPORTED,
      "\"architectures\"|MambaModel|MambaForCausalLM" },
  { "activation", "mamba", CONFIG, "\"silu\"", "\"gelu\"", UNSUPPORTED,
      "\"hidden_act\" is \"gelu\"|SiLU" },
  { "quantised", "mamba", CONFIG, "\"pad_token_id\": 0", "\"quantization_config\": { \"bits\": 4 }",
      UNSUPPORTED, "\"quantization_config\"|bits|unquantised" },
  { "width-text", "mamba", CONFIG, "\"hidden_size\": 30", "\"hidden_size\": \"30\"", INVALID,
      "\"hidden_size\" must be" },
  { "width-missing", "mamba", CONFIG, "\"hidden_size\"", "\"size\"", INVALID,
      "\"hidden_size\" is missing" },
  { "width-other", "mamba", CONFIG, "\"hidden_size\": 30", "\"hidden_size\": 32", INVALID,
      "backbone.embeddings.weight|(48, 32)" },
  { "inner-other", "mamba", CONFIG, "\"intermediate_size\": 60", "\"intermediate_size\": 64",
      INVALID, "backbone.layers.0.mixer.in_proj.weight" },
  { "bias-wanted", "mamba", CONFIG, "\"use_bias\": false", "\"use_bias\": true", INVALID,
      "\"backbone.layers.0.mixer.in_proj.bias\" is missing" },
  { "bias-not-wanted", "mamba-bias", CONFIG, "\"use_bias\": true", "\"use_bias\": false", INVALID,
      "_proj.bias|no layer that uses it" },
  { "layers-more", "mamba", CONFIG, "\"num_hidden_layers\": 2", "\"num_hidden_layers\": 3", INVALID,
      "backbone.layers.2.norm.weight" },
  { "layers-fewer", "mamba", CONFIG, "\"num_hidden_layers\": 2", "\"num_hidden_layers\": 1",
      INVALID, "backbone.layers.1." },
  { "untied", "mamba", CONFIG, "\"tie_word_embeddings\": true", "\"tie_word_embeddings\": false",
      INVALID, "\"lm_head.weight\" is missing" },
  { "tied", "mamba-bias", CONFIG, "\"tie_word_embeddings\": false", "\"tie_word_embeddings\": true",
      INVALID, "lm_head.weight|no layer" },
  { "end", "mamba", "generation_config.json", "\"eos_token_id\": 2", "\"eos_token_id\": 48",
      INVALID, "generation_config.json: \"eos_token_id\" must be|0 to 47" },
  { "heads", "mamba2", CONFIG, "\"num_heads\": 6", "\"num_heads\": 5", INVALID,
      "\"num_heads\" 5 times \"head_dim\" 10|60" },
  { "limit", "mamba2-bias", CONFIG, "0.25", "-0.25", INVALID,
      "\"time_step_limit\" must be two numbers" },
  { "no-norm", "mamba2", CONFIG, "\"use_cache\": true", "\"rms_norm\": false", UNSUPPORTED,
      "\"rms_norm\" is false|norm before the output" },
  { "layer-norm", "mamba-ssm", CONFIG, "\"rms_norm\": true", "\"rms_norm\": false", UNSUPPORTED,
      "\"rms_norm\" is false|LayerNorm" },
  { "hybrid", "mamba-ssm", CONFIG, "\"attn_layer_idx\": []", "\"attn_layer_idx\": [1]", UNSUPPORTED,
      "\"attn_layer_idx\" is [1]" },
  { "mlp", "mamba-ssm", CONFIG, "\"d_intermediate\": 0", "\"d_intermediate\": 64", UNSUPPORTED,
      "\"d_intermediate\" is 64|MLP" },
  { "layer", "mamba-ssm-2", CONFIG, "\"Mamba2\"", "\"Mamba3\"", UNSUPPORTED,
      "config.json: ssm_cfg: \"layer\" is \"Mamba3\"" },
  { "gate", "mamba-ssm-2", CONFIG, "\"chunk_size\": 64", "\"norm_before_gate\": true", UNSUPPORTED,
      "\"norm_before_gate\"" },
  { "layer-option", "mamba-ssm-2", CONFIG, "\"chunk_size\"", "\"swirl\"", UNSUPPORTED,
      "ssm_cfg: \"swirl\" is 64" },
  { "experts", "jamba", CONFIG, "\"num_experts\": 1,", "\"num_experts\": 4,", UNSUPPORTED,
      "\"num_experts\" is 4|mixture of experts, from layer 1 on" },
  { "attention-offset", "jamba", CONFIG, "\"attn_layer_offset\": 1", "\"attn_layer_offset\": 3",
      INVALID, "\"attn_layer_offset\" 3 must be smaller" },
  { "rope-scaled", "bamba", CONFIG, "\"rope_type\": \"default\"", "\"rope_type\": \"yarn\"",
      UNSUPPORTED, "rope_parameters: \"rope_type\" is \"yarn\"|scaled rotary" },
  { "mlp-bias", "bamba", CONFIG, "\"mlp_bias\": false", "\"mlp_bias\": true", UNSUPPORTED,
      "\"mlp_bias\" is true|SwiGLU with biases" },
  { "attention-bias", "bamba", CONFIG, "\"attention_bias\": false", "\"attention_bias\": true",
      INVALID, "\"model.layers.1.self_attn.q_proj.bias\" is missing" },
  { "mamba-heads", "bamba", CONFIG, "\"mamba_d_head\": 16", "\"mamba_d_head\": 8", INVALID,
      "\"mamba_n_heads\" 4 times" },
  { "other-mixer", "bamba", CONFIG, "\"attn_layer_indices\": [\n    1\n  ]",
      "\"attn_layer_indices\": null", INVALID,
      "\"model.layers.1.mamba.in_proj.weight\" is missing" },
  { "feature-map", "fla-retnet", CONFIG, "\"feature_map\": null", "\"feature_map\": \"relu\"",
      UNSUPPORTED, "\"feature_map\" is \"relu\"" },
  { "residuals", "fla-gla", CONFIG, "\"attnres_block_size\": null", "\"attnres_block_size\": 4",
      UNSUPPORTED, "\"attnres_block_size\" is 4" },
  { "no-conv", "fla-delta-net", CONFIG, "\"use_short_conv\": true", "\"use_short_conv\": false",
      UNSUPPORTED, "\"use_short_conv\" is false" },
  { "qk-norm", "fla-delta-net", CONFIG, "\"qk_norm\": \"l2\"", "\"qk_norm\": \"sum\"", UNSUPPORTED,
      "\"qk_norm\" is \"sum\"" },
  { "hybrid-fla", "fla-gated-deltanet", CONFIG, "\"attn\": null",
      "\"attn\": { \"layers\": [0], \"num_heads\": 2, \"qkv_bias\": true }", UNSUPPORTED,
      "config.json: attn: \"qkv_bias\" is true" },
  { "heads-fla", "fla-gla", CONFIG, "\"num_heads\": 2", "\"num_heads\": 3", INVALID,
      "shared out among \"num_heads\" 3" },

  { "no-tokenizer", "mamba", "tokenizer.model", NULL, NULL, NOT_FOUND,
      "no tokenizer|tokenizer.model|ssmt.json" },
  { "no-weights", "mamba", "model.safetensors", NULL, NULL, NOT_FOUND, "model.safetensors" },

  { "no-shard", "mamba-bias", SECOND, NULL, NULL, NOT_FOUND,
      INDEX "|names a missing shard|" SECOND },
  { "no-index", "mamba-bias", INDEX, NULL, NULL, NOT_FOUND, "model.safetensors" },
  { "no-map", "mamba-bias", INDEX, "\"weight_map\"", "\"map\"", INVALID,
      INDEX ": \"weight_map\" is missing" },
  { "outside", "mamba-bias", INDEX, "layers.0.mixer.D\": \"model", "layers.0.mixer.D\": \"../model",
      INVALID, INDEX ": weight_map: \"backbone.layers.0.mixer.D\" must be the name" },
  { "not-in-index", "mamba-bias", INDEX, "\"backbone.layers.0.mixer.D\"",
      "\"backbone.norm_f.weight2\"", INVALID,
      "backbone.norm_f.weight2\" is in the index, but not in" },
  { "other-shard", "mamba-bias", INDEX, "layers.0.mixer.D\": \"model-00001",
      "layers.0.mixer.D\": \"model-00003", INVALID,
      "\"backbone.layers.0.mixer.D\" should be in \"model-00003" },
  { "left-out", "mamba-bias", INDEX, "\"backbone.layers.0.mixer.D\"",
      "\"backbone.layers.0.mixer.A_log\"", INVALID,
      "\"backbone.layers.0.mixer.D\" is not in the index" },
};

static char *
copy_folder (const char *name)
{
  g_autofree char *inner = g_build_filename ("checkpoints", name, NULL);
  g_autofree char *from = test_data (inner);
  char *folder = test_folder_new ();
  g_autoptr (GDir) dir = g_dir_open (from, 0, NULL);
  const char *file;

  g_assert_nonnull (dir);
  while ((file = g_dir_read_name (dir))) {
    g_autofree char *path = g_build_filename (from, file, NULL);
    g_autoptr (GBytes) bytes = test_file_read (path);

    g_free (
        test_file_write (folder, file, g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes)));
  }
  return folder;
}

static void
change (const char *folder, const char *file, const char *find, const char *replace)
{
  g_autofree char *path = g_build_filename (folder, file, NULL);

  if (!find) {
    g_assert_cmpint (g_remove (path), ==, 0);
    return;
  }
  g_autoptr (GBytes) bytes = test_file_read (path);
  g_autofree char *text = g_strndup (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes));
  g_autofree char *changed = test_replace (text, find, replace);

  g_free (test_file_write (folder, file, changed, strlen (changed)));
}

static void
expect_refused (const char *folder, int code, const char *words)
{
  GError *error = NULL;
  g_autoptr (SsmtModel) model = ssmt_model_load (folder, "cpu", 1, &error);

  if (model) {
    g_test_message ("it loads");
    g_test_fail ();
  } else {
    test_expect_error (&error, code, words);
  }
}

static void
test_broken (gconstpointer data)
{
  const Broken *row = data;
  char *folder = copy_folder (row->model);

  change (folder, row->file, row->find, row->replace);
  expect_refused (folder, row->code, row->words);
  test_folder_remove (folder);
}

static void
test_twice (void)
{
  char *folder = copy_folder ("mamba-bias");
  g_autofree char *first = g_build_filename (folder, "model-00001-of-00003.safetensors", NULL);
  g_autoptr (GPtrArray) tensors = test_tensors_read (first);
  const TestTensor *t = test_tensors_find (tensors, "backbone.embeddings.weight");
  g_autofree char *second = g_build_filename (folder, SECOND, NULL);
  g_autoptr (GPtrArray) others = test_tensors_read (second);
  g_autoptr (GBytes) file = NULL;

  test_tensors_add (others, t->name, t->dtype, t->shape, g_bytes_get_data (t->data, NULL),
      g_bytes_get_size (t->data));
  file = test_tensors_write (others, 0);
  g_free (test_file_write (folder, SECOND, g_bytes_get_data (file, NULL), g_bytes_get_size (file)));
  expect_refused (folder, INVALID, "\"backbone.embeddings.weight\" is also in|" SECOND);
  test_folder_remove (folder);
}

static void
test_pickled (void)
{
  char *folder = copy_folder ("mamba");

  change (folder, "model.safetensors", NULL, NULL);
  g_free (test_file_write (folder, "pytorch_model.bin", "x", 1));
  expect_refused (folder, UNSUPPORTED, "pytorch_model.bin|convert");
  test_folder_remove (folder);
}

/* --- what older versions and people write ------------------------------- */

static void
test_accepted (void)
{
  static const struct {
    const char *model, *file, *find, *replace;
  } rows[] = {
    { "mamba2", CONFIG, "{\n      \"__float__\": \"Infinity\"\n    }", "Infinity" },
    { "mamba2", CONFIG, "\"use_cache\": true", "\"norm_before_gate\": true" },
    { "mamba", CONFIG, "\"intermediate_size\": 60", "\"d_inner\": 60" },
    { "mamba", CONFIG, "\"time_step_rank\": 2", "\"time_step_rank\": \"auto\"" },
    { "mamba", CONFIG, "\"silu\"", "\"swish\"" },
    { "mamba", CONFIG, "\"pad_token_id\": 0", "\"quantization_config\": null" },
    { "mamba", "generation_config.json", "\"eos_token_id\": 2", "\"eos_token_id\": [3, 2]" },
    { "mamba", "generation_config.json", NULL, NULL },
    { "mamba-ssm", CONFIG, "\"dt_rank\": 3", "\"dt_rank\": 3, \"dt_min\": 0.01" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++) {
    char *folder = copy_folder (rows[i].model);
    g_autoptr (GError) error = NULL;
    g_autoptr (SsmtModel) model = NULL;

    change (folder, rows[i].file, rows[i].find, rows[i].replace);
    model = ssmt_model_load (folder, "cpu", 1, &error);
    g_assert_no_error (error);
    test_folder_remove (folder);
  }
}

/* ssmt.json says what a checkpoint's config.json has no word for. */
static void
test_text_file (void)
{
  static const char text[] = "{ \"tokenizer\": { \"type\": \"sentencepiece\", "
                             "\"file\": \"other.spm\" }, \"segment\": { \"source_end\": 7, "
                             "\"target_end\": 8, \"carry_end\": false, \"max_source\": 10, "
                             "\"max_target\": 11 }, \"languages\": { \"source\": \"en\", "
                             "\"target\": \"de\" }, \"license\": \"MIT\" }";
  char *folder = copy_folder ("mamba");
  g_autoptr (GError) error = NULL;
  g_autoptr (SsmtConfig) config = ssmt_config_load (folder, &error);

  g_assert_no_error (error);
  g_assert_cmpint (config->text.source_end, ==, 2);
  g_assert_cmpint (config->target_end, ==, 2);
  g_assert_cmpint (config->text.target_start, ==, -1);
  g_assert_cmpstr (config->text.source_tokenizer, ==, "tokenizer.model");
  g_assert_null (config->text.source_language);
  g_clear_pointer (&config, ssmt_config_free);

  g_free (test_file_write (folder, "ssmt.json", text, strlen (text)));
  config = ssmt_config_load (folder, &error);
  g_assert_no_error (error);
  g_assert_cmpint (config->text.source_end, ==, 7);
  g_assert_cmpint (config->target_end, ==, 8);
  g_assert_false (config->carry_end);
  g_assert_cmpuint (config->max_target, ==, 11);
  g_assert_cmpstr (config->text.source_tokenizer, ==, "other.spm");
  g_assert_cmpstr (config->text.target_language, ==, "de");
  g_assert_cmpstr (config->license, ==, "MIT");

  change (folder, "ssmt.json", "\"source_end\": 7", "\"source_end\": 48");
  expect_refused (folder, INVALID, "ssmt.json: segment: \"source_end\"");
  test_folder_remove (folder);
}

/* The fingerprint covers every shard. */
static void
test_fingerprint (void)
{
  char *folder = copy_folder ("mamba-bias");
  g_autofree char *path = g_build_filename (folder, SECOND, NULL);
  SsmtDevice *device = ssmt_device_open ("cpu", 1, NULL);
  guint8 before[32], after[32];

  for (int i = 0; i < 2; i++) {
    g_autoptr (GError) error = NULL;
    g_autoptr (SsmtTensorSource) weights = ssmt_tensor_source_open_folder (folder, device, &error);

    g_assert_no_error (error);
    ssmt_tensor_source_get_fingerprint (weights, i == 0 ? before : after);
    if (i == 0) {
      g_autoptr (GBytes) bytes = test_file_read (path);
      gsize length;
      guint8 *data = g_bytes_unref_to_data (g_steal_pointer (&bytes), &length);

      data[length - 1] ^= 1;
      g_free (test_file_write (folder, SECOND, data, length));
      g_free (data);
    }
  }
  g_assert_cmpint (memcmp (before, after, sizeof before), !=, 0);
  ssmt_device_close (device);
  test_folder_remove (folder);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  for (gsize i = 0; i < G_N_ELEMENTS (checkpoints); i++) {
    g_autofree char *numbers = g_strdup_printf ("/checkpoints/%s/numbers", checkpoints[i].name);
    g_autofree char *model = g_strdup_printf ("/checkpoints/%s/model", checkpoints[i].name);

    g_test_add_data_func (numbers, GUINT_TO_POINTER (i), test_numbers);
    g_test_add_data_func (model, GUINT_TO_POINTER (i), test_model);
  }
  for (gsize i = 0; i < G_N_ELEMENTS (broken); i++) {
    g_autofree char *name = g_strdup_printf ("/checkpoints/broken/%s", broken[i].name);
    g_test_add_data_func (name, &broken[i], test_broken);
  }
  g_test_add_func ("/checkpoints/twice", test_twice);
  g_test_add_func ("/checkpoints/pickled", test_pickled);
  g_test_add_func ("/checkpoints/accepted", test_accepted);
  g_test_add_func ("/checkpoints/text-file", test_text_file);
  g_test_add_func ("/checkpoints/fingerprint", test_fingerprint);
  return g_test_run ();
}
