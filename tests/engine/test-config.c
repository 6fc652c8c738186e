/* ssmtranslate tests: config.json
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <math.h>
#include <string.h>

#include <glib/gstdio.h>

#include "engine/formats/config.h"
#include "test-util.h"

static const char good[] =
    "{\n"
    "  \"model_type\": \"ssmt\", \"format_version\": 1,\n"
    "  \"vocab_size\": 500, \"d_model\": 64, \"norm_eps\": 1e-5,\n"
    "  \"tie_embeddings\": true, \"embedding_scale\": 8.5,\n"
    "  \"encoder_layers\": [\n"
    "    { \"kind\": \"mamba\", \"d_inner\": 128, \"d_state\": 16.0 } ],\n"
    "  \"decoder_layers\": [\n"
    "    { \"kind\": \"mamba2\", \"d_state\": 64, \"rate\": 0.25, \"on\": true },\n"
    "    { \"kind\": \"swiglu\", \"hidden\": 256 } ],\n"
    "  \"tokenizer\": { \"type\": \"sentencepiece\", \"file\": \"t.spm\" },\n"
    "  \"segment\": { \"source_end\": 4, \"target_start\": 2,\n"
    "    \"target_end\": 3, \"carry_end\": true, \"forbidden\": [0, 1, 2, 4],\n"
    "    \"max_source\": 256, \"max_target\": 128 },\n"
    "  \"languages\": { \"source\": \"en\", \"target\": \"de\" },\n"
    "  \"license\": \"CC-BY-SA-4.0\", \"made_by\": [ \"anyone\" ]\n"
    "}\n";

static SsmtConfig *
parse_with (const char *find, const char *replace, GError **error)
{
  g_autofree char *text = test_replace (good, find, replace);

  return ssmt_config_parse (text, -1, "m/config.json", error);
}

static void
test_good (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (SsmtConfig) config = parse_with (NULL, NULL, &error);
  const SsmtLayerConfig *layer;

  g_assert_no_error (error);
  g_assert_cmpuint (config->vocab_size, ==, 500);
  g_assert_cmpuint (config->d_model, ==, 64);
  g_assert_cmpfloat (config->norm_eps, ==, 1e-5f);
  g_assert_cmpfloat (config->embedding_scale, ==, 8.5f);
  g_assert_true (config->tie_embeddings);
  g_assert_cmpstr (config->source_tokenizer, ==, "t.spm");
  g_assert_cmpstr (config->target_tokenizer, ==, "t.spm");
  g_assert_cmpint (config->source_end, ==, 4);
  g_assert_cmpint (config->target_start, ==, 2);
  g_assert_cmpint (config->target_end, ==, 3);
  g_assert_true (config->carry_end);
  g_assert_cmpuint (config->forbidden->len, ==, 4);
  g_assert_cmpint (g_array_index (config->forbidden, gint32, 3), ==, 4);
  g_assert_cmpuint (config->max_source, ==, 256);
  g_assert_cmpuint (config->max_target, ==, 128);
  g_assert_cmpstr (config->source_language, ==, "en");
  g_assert_cmpstr (config->target_language, ==, "de");
  g_assert_cmpstr (config->license, ==, "CC-BY-SA-4.0");

  g_assert_cmpuint (config->encoder_layers->len, ==, 1);
  g_assert_cmpuint (config->decoder_layers->len, ==, 2);
  layer = config->decoder_layers->pdata[1];
  g_assert_cmpstr (layer->kind, ==, "swiglu");
  g_assert_cmpuint (layer->index, ==, 1);
  g_assert_false (layer->in_encoder);
}

static void
test_optional (void)
{
  static const char least[] =
      "{\"model_type\":\"ssmt\",\"format_version\":1.0,\"vocab_size\":10,"
      "\"d_model\":2,\"norm_eps\":0,\"tie_embeddings\":false,"
      "\"decoder_layers\":[{\"kind\":\"x\"}],"
      "\"tokenizer\":{\"type\":\"sentencepiece\",\"source_file\":\"a\","
      "\"target_file\":\"b\"},\"segment\":{\"source_end\":0,"
      "\"target_end\":9,\"carry_end\":false,\"max_source\":1,"
      "\"max_target\":65536}}";
  g_autoptr (GError) error = NULL;
  g_autoptr (SsmtConfig) config =
      ssmt_config_parse (least, -1, "config.json", &error);

  g_assert_no_error (error);
  g_assert_cmpfloat (config->embedding_scale, ==, 1);
  g_assert_cmpuint (config->encoder_layers->len, ==, 0);
  g_assert_cmpint (config->target_start, ==, -1);
  g_assert_cmpuint (config->forbidden->len, ==, 0);
  g_assert_cmpstr (config->source_tokenizer, ==, "a");
  g_assert_cmpstr (config->target_tokenizer, ==, "b");
  g_assert_null (config->source_language);
  g_assert_null (config->target_language);
  g_assert_null (config->license);
}

static void
test_huggingface (void)
{
  g_autofree char *json = test_replace (good, "\"sentencepiece\"",
      "\"huggingface\"");
  g_autoptr (GError) error = NULL;
  g_autoptr (SsmtConfig) config =
      ssmt_config_parse (json, -1, "config.json", &error);

  g_assert_no_error (error);
  g_assert_cmpint (config->tokenizer_type, ==, SSMT_TOKENIZER_HUGGINGFACE);
}

/* --- broken files ------------------------------------------------------- */

#define INVALID SSMT_ERROR_INVALID
#define UNSUPPORTED SSMT_ERROR_UNSUPPORTED

typedef struct {
  const char *name, *find, *replace;
  int code;
  const char *words;
} Broken;

/* What `find` is in the good file is `replace` in the broken one. */
static const Broken broken[] = {
  { "other-type", "\"ssmt\"", "\"rwkv7\"", UNSUPPORTED,
      "\"model_type\" is \"rwkv7\"|ssmt, mamba, mamba2|mamba_ssm" },
  { "type-missing", "\"model_type\"", "\"type\"", INVALID,
      "\"model_type\" is missing" },
  { "type-number", "\"ssmt\"", "1", INVALID, "\"model_type\" must be a string" },
  { "version-later", "version\": 1", "version\": 2", UNSUPPORTED,
      "\"format_version\" is 2|only 1" },
  { "version-text", "version\": 1", "version\": \"1\"", INVALID,
      "\"format_version\" must be" },
  { "vocab-text", "500", "\"500\"", INVALID,
      "m/config.json: \"vocab_size\" must be a whole number from 1 to 2097152" },
  { "vocab-zero", "500", "0", INVALID, "\"vocab_size\"|from 1 to" },
  { "vocab-negative", "500", "-500", INVALID, "\"vocab_size\"|from 1 to" },
  { "vocab-large", "500", "2097153", INVALID, "\"vocab_size\"|to 2097152" },
  { "vocab-beyond-int64", "500", "18446744073709552116", INVALID,
      "\"vocab_size\"" },
  { "vocab-huge", "500", "1e300", INVALID, "\"vocab_size\"" },
  { "vocab-infinite", "500", "1e999", INVALID, "\"vocab_size\"" },
  { "vocab-null", "500", "null", INVALID, "\"vocab_size\"" },
  { "vocab-array", "500", "[500]", INVALID, "\"vocab_size\"" },
  { "vocab-bool", "500", "true", INVALID, "\"vocab_size\"" },
  { "d-model-half", ": 64, \"norm", ": 64.5, \"norm", INVALID,
      "\"d_model\"|whole number" },
  { "d-model-missing", "\"d_model\"", "\"d_modell\"", INVALID,
      "\"d_model\" is missing|whole number from 1 to 65536" },
  { "d-model-large", ": 64, \"norm", ": 65537, \"norm", INVALID, "\"d_model\"" },
  { "eps-negative", "1e-5", "-1e-5", INVALID, "\"norm_eps\"|from 0 to 1" },
  { "eps-large", "1e-5", "1.5", INVALID, "\"norm_eps\"|from 0 to 1" },
  { "eps-text", "1e-5", "\"1e-5\"", INVALID, "\"norm_eps\"|a number" },
  { "tie-number", "embeddings\": true", "embeddings\": 1", INVALID,
      "\"tie_embeddings\" must be true or false" },
  { "tie-missing", "tie_embeddings", "tied", INVALID,
      "\"tie_embeddings\" is missing" },
  { "scale-infinite", "8.5", "1e999", INVALID, "\"embedding_scale\"" },
  { "scale-negative", "8.5", "-1", INVALID, "\"embedding_scale\"" },
  { "encoder-object", "\"encoder_layers\": [\n", "\"encoder_layers\": {}, \"x\": [",
      INVALID, "\"encoder_layers\" must be an array" },
  { "decoder-missing", "decoder_layers", "layers", INVALID,
      "\"decoder_layers\" is missing" },
  { "decoder-empty", "\"decoder_layers\": [", "\"decoder_layers\": [], \"x\": [",
      INVALID, "\"decoder_layers\" must hold 1 to 1024 layers" },
  { "layer-number", "{ \"kind\": \"swiglu\", \"hidden\": 256 }", "7", INVALID,
      "decoder_layers[1]: must be an object" },
  { "layer-without-kind", "\"kind\": \"swiglu\"", "\"sort\": \"swiglu\"", INVALID,
      "decoder_layers[1]: \"kind\" is missing" },
  { "encoder-kind-number", "\"kind\": \"mamba\"", "\"kind\": 1", INVALID,
      "encoder_layers[0]: \"kind\" must be a string" },
  { "tokenizer-text", "{ \"type\": \"sentencepiece\", \"file\": \"t.spm\" }",
      "\"t.spm\"", INVALID, "\"tokenizer\" must be an object" },
  { "tokenizer-type", "\"sentencepiece\"", "\"bpe\"", UNSUPPORTED,
      "tokenizer: \"type\" is \"bpe\"|sentencepiece|huggingface" },
  { "tokenizer-no-file", "\"file\"", "\"files\"", INVALID,
      "tokenizer: \"file\" is missing" },
  { "tokenizer-both", "\"file\"", "\"source_file\": \"a\", \"file\"", INVALID,
      "tokenizer|\"source_file\"|not all" },
  { "tokenizer-one-side", "\"file\"", "\"source_file\"", INVALID,
      "\"target_file\" is missing" },
  { "tokenizer-slash", "t.spm", "/etc/passwd", INVALID,
      "\"file\" must be the name of a file in the model folder" },
  { "tokenizer-up", "t.spm", "..", INVALID, "\"file\" must be the name" },
  { "tokenizer-backslash", "t.spm", "a\\\\b", INVALID, "\"file\" must be" },
  { "tokenizer-here", "t.spm", ".", INVALID, "\"file\" must be" },
  { "tokenizer-empty-name", "t.spm", "", INVALID, "\"file\" must be" },
  { "tokenizer-nul", "t.spm", "\\u0000", INVALID, "\"file\" must be" },
  { "segment-missing", "\"segment\"", "\"segments\"", INVALID,
      "\"segment\" is missing" },
  { "source-end-outside", "\"source_end\": 4", "\"source_end\": 500", INVALID,
      "segment: \"source_end\" must be a whole number from 0 to 499" },
  { "source-end-negative", "\"source_end\": 4", "\"source_end\": -1", INVALID,
      "segment: \"source_end\"" },
  { "target-start-null", "\"target_start\": 2", "\"target_start\": null", INVALID,
      "segment: \"target_start\"" },
  { "target-end-missing", "\"target_end\"", "\"end\"", INVALID,
      "segment: \"target_end\" is missing" },
  { "carry-end-text", "\"carry_end\": true", "\"carry_end\": \"yes\"", INVALID,
      "segment: \"carry_end\" must be true or false" },
  { "forbidden-number", "[0, 1, 2, 4]", "0", INVALID,
      "segment: \"forbidden\" must be an array" },
  { "forbidden-outside", "[0, 1, 2, 4]", "[0, 500]", INVALID,
      "segment: \"forbidden\"[1] must be a whole number from 0 to 499" },
  { "forbidden-text", "[0, 1, 2, 4]", "[\"0\"]", INVALID, "\"forbidden\"[0]" },
  { "forbidden-end", "[0, 1, 2, 4]", "[0, 3]", INVALID,
      "\"forbidden\" must not hold \"target_end\" (3)" },
  { "max-source-zero", "\"max_source\": 256", "\"max_source\": 0", INVALID,
      "segment: \"max_source\"|from 1 to 65536" },
  { "max-target-large", "\"max_target\": 128", "\"max_target\": 65537", INVALID,
      "segment: \"max_target\"" },
  { "languages-text", "{ \"source\": \"en\", \"target\": \"de\" }", "\"en\"",
      INVALID, "\"languages\" must be an object" },
  { "language-number", "\"en\"", "1", INVALID,
      "languages: \"source\" must be a string" },
  { "license-null", "\"CC-BY-SA-4.0\"", "null", INVALID, "\"license\"" },
  { "comma", "\"format_version\": 1,", "\"format_version\": 1", INVALID,
      "m/config.json: is not JSON" },
  { "cut-off", "\"anyone\" ]\n}", "", INVALID, "is not JSON" },
  { "comment", "\"made_by\"", "/* \" */ \"made_by\"", INVALID, "is not JSON" },
  { "single-quotes", "\"anyone\"", "'anyone'", INVALID, "is not JSON" },
  { "not-utf8", "anyone", "\xff", INVALID, "is not UTF-8" },
  { "nan", "8.5", "NaN", INVALID, "is not JSON" },
};

static void
test_broken (gconstpointer data)
{
  const Broken *row = data;
  GError *error = NULL;

  g_assert_null (parse_with (row->find, row->replace, &error));
  test_expect_error (&error, row->code, row->words);
}

/* Whole texts. */
static const Broken texts[] = {
  { "empty", NULL, "", INVALID, "must be one JSON object" },
  { "spaces", NULL, " \n ", INVALID, "must be one JSON object" },
  { "number", NULL, "1", INVALID, "" },
  { "array", NULL, "[]", INVALID, "must be one JSON object" },
  { "object", NULL, "{}", INVALID, "\"model_type\" is missing" },
  { "open-string", NULL, "{\"model_type", INVALID, "is not JSON" },
  { "backslash-at-end", NULL, "{\"a\\", INVALID, "is not JSON" },
};

static void
test_text (gconstpointer data)
{
  const Broken *row = data;
  GError *error = NULL;

  g_assert_null (ssmt_config_parse (row->replace, -1, "config.json", &error));
  test_expect_error (&error, row->code, row->words);
}

static void
expect_nested (GString *text)
{
  GError *error = NULL;

  g_assert_null (ssmt_config_parse (text->str, (gssize) text->len,
          "config.json", &error));
  test_expect_error (&error, INVALID, "nested");
}

/* A million levels would end any parser that recurses. */
static void
test_nesting (void)
{
  g_autoptr (GString) text = g_string_new ("{\"a\":");

  for (int i = 0; i < 1000000; i++)
    g_string_append_c (text, '[');
  expect_nested (text);

  g_string_assign (text, "");
  for (int i = 0; i < 1000000; i++)
    g_string_append (text, "{\"]\\\"}\":");
  expect_nested (text);
}

static void
test_many_layers (void)
{
  g_autoptr (GString) layers = g_string_new ("\"decoder_layers\": [");
  GError *error = NULL;

  for (int i = 0; i < SSMT_MAX_LAYERS; i++)
    g_string_append (layers, "{\"kind\": \"x\"},");
  g_assert_null (parse_with ("\"decoder_layers\": [", layers->str, &error));
  test_expect_error (&error, INVALID, "\"decoder_layers\"|1 to 1024");
}

static void
test_nul (void)
{
  GError *error = NULL;

  g_assert_null (ssmt_config_parse ("{}\0{}", 5, "config.json", &error));
  test_expect_error (&error, INVALID, "byte 2 is not UTF-8");
}

static void
test_files (void)
{
  char *folder = test_folder_new ();
  g_autofree char *path = g_build_filename (folder, "config.json", NULL);
  GError *error = NULL;
  SsmtConfig *config;

  g_assert_null (ssmt_config_load (folder, &error));
  test_expect_error (&error, SSMT_ERROR_NOT_FOUND, "config.json");
  g_assert_null (ssmt_config_load ("/dev/null", &error));
  test_expect_error (&error, SSMT_ERROR_NOT_FOUND, "/dev/null/config.json");

  g_assert_cmpint (g_mkdir (path, 0700), ==, 0);
  g_assert_null (ssmt_config_load (folder, &error));
  test_expect_error (&error, SSMT_ERROR_READ, "config.json|is a folder");
  g_assert_cmpint (g_rmdir (path), ==, 0);

  g_free (test_file_write (folder, "config.json", "", 0));
  g_assert_null (ssmt_config_load (folder, &error));
  test_expect_error (&error, INVALID, path);

  g_free (test_file_write (folder, "config.json", good, strlen (good)));
  config = ssmt_config_load (folder, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (config->path, ==, path);
  ssmt_config_free (config);
  test_folder_remove (folder);
}

/* --- sizes of a layer --------------------------------------------------- */

static void
test_getters (void)
{
  GError *error = NULL;
  g_autoptr (SsmtConfig) config = parse_with (NULL, NULL, &error);
  const SsmtLayerConfig *mamba = config->encoder_layers->pdata[0];
  const SsmtLayerConfig *mamba2 = config->decoder_layers->pdata[0];
  guint32 size;
  float number;
  gboolean flag;

  g_assert_true (ssmt_layer_config_get_size (mamba, "d_state", -1, 4096, &size,
          &error));
  g_assert_cmpuint (size, ==, 16);
  g_assert_true (ssmt_layer_config_get_size (mamba, "d_conv", 4, 64, &size,
          &error));
  g_assert_cmpuint (size, ==, 4);
  g_assert_true (ssmt_layer_config_get_float (mamba2, "rate", -1, 0, 1,
          &number, &error));
  g_assert_cmpfloat (number, ==, 0.25);
  g_assert_true (ssmt_layer_config_get_float (mamba2, "dt_max", INFINITY, 0,
          INFINITY, &number, &error));
  g_assert_true (isinf (number));
  g_assert_true (ssmt_layer_config_get_boolean (mamba2, "on", FALSE, &flag,
          &error));
  g_assert_true (flag);
  g_assert_true (ssmt_layer_config_get_boolean (mamba2, "off", FALSE, &flag,
          &error));
  g_assert_false (flag);
  g_assert_no_error (error);
}

static void
test_getter_errors (void)
{
  GError *error = NULL;
  g_autoptr (SsmtConfig) config = parse_with (NULL, NULL, &error);
  const SsmtLayerConfig *mamba = config->encoder_layers->pdata[0];
  const SsmtLayerConfig *mamba2 = config->decoder_layers->pdata[0];
  guint32 size;
  float number;
  gboolean flag;

  g_assert_false (ssmt_layer_config_get_size (mamba, "d_state", 4, 8, &size,
          &error));
  test_expect_error (&error, INVALID, "m/config.json: encoder_layers[0] "
      "(mamba): \"d_state\" must be a whole number from 1 to 8");
  g_assert_false (ssmt_layer_config_get_size (mamba, "dt_rank", -1, 8, &size,
          &error));
  test_expect_error (&error, INVALID, "(mamba): \"dt_rank\" is missing");
  g_assert_false (ssmt_layer_config_get_size (mamba2, "rate", -1, 8, &size,
          &error));
  test_expect_error (&error, INVALID, "decoder_layers[0] (mamba2): \"rate\"");
  g_assert_false (ssmt_layer_config_get_float (mamba2, "rate", 0, 1, INFINITY,
          &number, &error));
  test_expect_error (&error, INVALID, "\"rate\" must be a finite number, at "
      "least 1");
  g_assert_false (ssmt_layer_config_get_float (mamba2, "dt_min", -1, 0, 1,
          &number, &error));
  test_expect_error (&error, INVALID, "\"dt_min\" is missing");
  g_assert_false (ssmt_layer_config_get_boolean (mamba2, "rate", TRUE, &flag,
          &error));
  test_expect_error (&error, INVALID, "\"rate\" must be true or false");
}

static void
test_keys (void)
{
  static const char *const all[] = { "d_inner", "d_state", NULL };
  static const char *const some[] = { "d_inner", "d_conv", NULL };
  GError *error = NULL;
  g_autoptr (SsmtConfig) config = parse_with (NULL, NULL, &error);
  const SsmtLayerConfig *layer = config->encoder_layers->pdata[0];

  g_assert_true (ssmt_layer_config_check_keys (layer, all, &error));
  g_assert_no_error (error);
  g_assert_false (ssmt_layer_config_check_keys (layer, some, &error));
  test_expect_error (&error, INVALID,
      "encoder_layers[0] (mamba): unknown key \"d_state\"|d_inner, d_conv");
  ssmt_layer_config_set_error (layer, &error, "%d%% wrong", 100);
  test_expect_error (&error, INVALID, "encoder_layers[0] (mamba): 100% wrong");
}

static void
add_rows (const char *group, const Broken *rows, gsize n,
    GTestDataFunc function)
{
  for (gsize i = 0; i < n; i++) {
    g_autofree char *name =
        g_strdup_printf ("/config/%s/%s", group, rows[i].name);
    g_test_add_data_func (name, &rows[i], function);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/config/good", test_good);
  g_test_add_func ("/config/optional", test_optional);
  g_test_add_func ("/config/huggingface", test_huggingface);
  add_rows ("broken", broken, G_N_ELEMENTS (broken), test_broken);
  add_rows ("text", texts, G_N_ELEMENTS (texts), test_text);
  g_test_add_func ("/config/nesting", test_nesting);
  g_test_add_func ("/config/many-layers", test_many_layers);
  g_test_add_func ("/config/nul", test_nul);
  g_test_add_func ("/config/files", test_files);
  g_test_add_func ("/config/getters", test_getters);
  g_test_add_func ("/config/getter-errors", test_getter_errors);
  g_test_add_func ("/config/keys", test_keys);
  return g_test_run ();
}
