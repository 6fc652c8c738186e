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
    "  \"license\": \"CC-BY-SA-4.0\"\n"
    "}\n";

static SsmtConfig *
parse_with (const char *find, const char *replace, GError **error)
{
  g_autofree char *text = test_replace (good, find, replace);

  return ssmt_config_parse (text, -1, "m/config.json", error);
}

/* Not even parsed: each would take a hundred times its room. */
static void
test_many_values (void)
{
  g_autoptr (GString) more = g_string_new ("\"license\": \"CC-BY-SA-4.0\", \"more\": [0");
  GError *error = NULL;

  for (guint i = 0; i < 262144; i++)
    g_string_append (more, ",0");
  g_string_append_c (more, ']');
  g_assert_null (parse_with ("\"license\": \"CC-BY-SA-4.0\"", more->str, &error));
  test_expect_error (&error, SSMT_ERROR_INVALID, "m/config.json|more than 262144 values");
}

static void
test_marks (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (SsmtConfig) config = parse_with ("\"license\": \"CC-BY-SA-4.0\"",
      "\"marks\": { \"\342\200\224\": \"-\", \"\302\253\": \"\\\"\" }", &error);

  g_assert_no_error (error);
  g_assert_cmpuint (g_hash_table_size (config->text.marks), ==, 2);
  g_assert_cmpstr (g_hash_table_lookup (config->text.marks, "\302\253"), ==, "\"");
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
  g_assert_cmpstr (config->text.source_tokenizer, ==, "t.spm");
  g_assert_cmpstr (config->text.target_tokenizer, ==, "t.spm");
  g_assert_cmpint (config->text.source_end, ==, 4);
  g_assert_cmpint (config->text.target_start, ==, 2);
  g_assert_cmpint (config->target_end, ==, 3);
  g_assert_true (config->carry_end);
  g_assert_cmpuint (config->forbidden->len, ==, 4);
  g_assert_cmpint (g_array_index (config->forbidden, gint32, 3), ==, 4);
  g_assert_cmpuint (config->max_source, ==, 256);
  g_assert_cmpuint (config->max_target, ==, 128);
  g_assert_cmpstr (config->text.source_language, ==, "en");
  g_assert_cmpstr (config->text.target_language, ==, "de");
  g_assert_cmpstr (config->license, ==, "CC-BY-SA-4.0");

  g_assert_cmpuint (config->encoder.layers->len, ==, 1);
  g_assert_cmpuint (config->decoder.layers->len, ==, 2);
  layer = config->decoder.layers->pdata[1];
  g_assert_cmpstr (layer->kind, ==, "swiglu");
  g_assert_cmpstr (layer->prefix, ==, "backbone.layers.1.mixer.");
}

static void
test_optional (void)
{
  static const char least[] = "{\"model_type\":\"ssmt\",\"format_version\":1.0,\"vocab_size\":10,"
                              "\"d_model\":2,\"norm_eps\":0,\"tie_embeddings\":false,"
                              "\"decoder_layers\":[{\"kind\":\"x\"}],"
                              "\"tokenizer\":{\"type\":\"sentencepiece\",\"source_file\":\"a\","
                              "\"target_file\":\"b\"},\"segment\":{\"source_end\":0,"
                              "\"target_end\":9,\"carry_end\":false,\"max_source\":1,"
                              "\"max_target\":65536}}";
  g_autoptr (GError) error = NULL;
  g_autoptr (SsmtConfig) config = ssmt_config_parse (least, -1, "config.json", &error);

  g_assert_no_error (error);
  g_assert_cmpfloat (config->embedding_scale, ==, 1);
  g_assert_cmpuint (config->encoder.layers->len, ==, 0);
  g_assert_cmpint (config->text.target_start, ==, -1);
  g_assert_cmpuint (config->forbidden->len, ==, 0);
  g_assert_cmpstr (config->text.source_tokenizer, ==, "a");
  g_assert_cmpstr (config->text.target_tokenizer, ==, "b");
  g_assert_null (config->text.source_language);
  g_assert_null (config->text.target_language);
  g_assert_null (config->license);
}

static void
test_huggingface (void)
{
  g_autofree char *json = test_replace (good, "\"sentencepiece\"", "\"huggingface\"");
  g_autoptr (GError) error = NULL;
  g_autoptr (SsmtConfig) config = ssmt_config_parse (json, -1, "config.json", &error);

  g_assert_no_error (error);
  g_assert_cmpint (config->text.tokenizer_type, ==, SSMT_TOKENIZER_HUGGINGFACE);
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
  { "type-missing", "\"model_type\"", "\"type\"", INVALID, "\"model_type\" is missing" },
  { "type-number", "\"ssmt\"", "1", INVALID, "\"model_type\" must be a string" },
  { "version-later", "version\": 1", "version\": 2", UNSUPPORTED,
      "\"format_version\" is 2|only 1" },
  { "version-text", "version\": 1", "version\": \"1\"", INVALID, "\"format_version\" must be" },
  { "vocab-text", "500", "\"500\"", INVALID,
      "m/config.json: \"vocab_size\" must be a whole number from 1 to 2097152" },
  { "vocab-zero", "500", "0", INVALID, "\"vocab_size\"|from 1 to" },
  { "vocab-negative", "500", "-500", INVALID, "\"vocab_size\"|from 1 to" },
  { "vocab-large", "500", "2097153", INVALID, "\"vocab_size\"|to 2097152" },
  { "vocab-beyond-int64", "500", "18446744073709552116", INVALID, "\"vocab_size\"" },
  { "vocab-huge", "500", "1e300", INVALID, "\"vocab_size\"" },
  { "vocab-infinite", "500", "1e999", INVALID, "\"vocab_size\"" },
  { "vocab-null", "500", "null", INVALID, "\"vocab_size\"" },
  { "vocab-array", "500", "[500]", INVALID, "\"vocab_size\"" },
  { "vocab-bool", "500", "true", INVALID, "\"vocab_size\"" },
  { "d-model-half", ": 64, \"norm", ": 64.5, \"norm", INVALID, "\"d_model\"|whole number" },
  { "d-model-missing", "\"d_model\"", "\"d_modell\"", INVALID,
      "\"d_model\" is missing|whole number from 1 to 65536" },
  { "d-model-large", ": 64, \"norm", ": 65537, \"norm", INVALID, "\"d_model\"" },
  { "eps-negative", "1e-5", "-1e-5", INVALID, "\"norm_eps\"|from 0 to 1" },
  { "eps-large", "1e-5", "1.5", INVALID, "\"norm_eps\"|from 0 to 1" },
  { "eps-text", "1e-5", "\"1e-5\"", INVALID, "\"norm_eps\"|a number" },
  { "tie-number", "embeddings\": true", "embeddings\": 1", INVALID,
      "\"tie_embeddings\" must be true or false" },
  { "tie-missing", "tie_embeddings", "tied", INVALID, "\"tie_embeddings\" is missing" },
  { "scale-infinite", "8.5", "1e999", INVALID, "\"embedding_scale\"" },
  { "scale-negative", "8.5", "-1", INVALID, "\"embedding_scale\"" },
  { "encoder-object", "\"encoder_layers\": [\n", "\"encoder_layers\": {}, \"x\": [", INVALID,
      "\"encoder_layers\" must be an array" },
  { "decoder-missing", "decoder_layers", "layers", INVALID, "\"decoder_layers\" is missing" },
  { "decoder-empty", "\"decoder_layers\": [", "\"decoder_layers\": [], \"x\": [", INVALID,
      "\"decoder_layers\" must hold 1 to 1024 layers" },
  { "layer-number", "{ \"kind\": \"swiglu\", \"hidden\": 256 }", "7", INVALID,
      "decoder_layers[1]: must be an object" },
  { "layer-without-kind", "\"kind\": \"swiglu\"", "\"sort\": \"swiglu\"", INVALID,
      "decoder_layers[1]: \"kind\" is missing" },
  { "encoder-kind-number", "\"kind\": \"mamba\"", "\"kind\": 1", INVALID,
      "encoder_layers[0]: \"kind\" must be a string" },
  { "tokenizer-text", "{ \"type\": \"sentencepiece\", \"file\": \"t.spm\" }", "\"t.spm\"", INVALID,
      "\"tokenizer\" must be an object" },
  { "tokenizer-type", "\"sentencepiece\"", "\"bpe\"", UNSUPPORTED,
      "tokenizer: \"type\" is \"bpe\"|sentencepiece|huggingface" },
  { "tokenizer-no-file", "\"file\"", "\"files\"", INVALID, "tokenizer: \"file\" is missing" },
  { "tokenizer-both", "\"file\"", "\"source_file\": \"a\", \"file\"", INVALID,
      "tokenizer|\"source_file\"|not all" },
  { "tokenizer-one-side", "\"file\"", "\"source_file\"", INVALID, "\"target_file\" is missing" },
  { "tokenizer-one-vocabulary", "\"file\"", "\"source_vocabulary\": \"v.json\", \"file\"", INVALID,
      "tokenizer: \"target_vocabulary\" is missing" },
  { "tokenizer-vocabulary-up", "\"file\"",
      "\"source_vocabulary\": \"v\", \"target_vocabulary\": \"../v\", \"file\"", INVALID,
      "tokenizer: \"target_vocabulary\" must be the name" },
  { "source-vocabulary-size", "\"encoder_layers\": [\n",
      "\"source_vocab_size\": 7, \"encoder_layers\": [\n", INVALID,
      "\"source_vocab_size\" is not \"vocab_size\"" },
  { "tokenizer-slash", "t.spm", "/etc/passwd", INVALID,
      "\"file\" must be the name of a file in the model folder" },
  { "tokenizer-up", "t.spm", "..", INVALID, "\"file\" must be the name" },
  { "tokenizer-backslash", "t.spm", "a\\\\b", INVALID, "\"file\" must be" },
  { "tokenizer-here", "t.spm", ".", INVALID, "\"file\" must be" },
  { "tokenizer-empty-name", "t.spm", "", INVALID, "\"file\" must be" },
  { "tokenizer-nul", "t.spm", "\\u0000", INVALID, "\"file\" must be" },
  { "shortlist-number", "\"encoder_layers\": [\n", "\"shortlist\": 7, \"encoder_layers\": [\n",
      INVALID, "\"shortlist\" must be a string" },
  { "shortlist-up", "\"encoder_layers\": [\n", "\"shortlist\": \"../s\", \"encoder_layers\": [\n",
      INVALID, "\"shortlist\" must be the name of a file in the model folder" },
  { "segment-missing", "\"segment\"", "\"segments\"", INVALID, "\"segment\" is missing" },
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
  { "forbidden-number", "[0, 1, 2, 4]", "0", INVALID, "segment: \"forbidden\" must be an array" },
  { "forbidden-outside", "[0, 1, 2, 4]", "[0, 500]", INVALID,
      "segment: \"forbidden\"[1] must be a whole number from 0 to 499" },
  { "forbidden-text", "[0, 1, 2, 4]", "[\"0\"]", INVALID, "\"forbidden\"[0]" },
  { "forbidden-end", "[0, 1, 2, 4]", "[0, 3]", INVALID,
      "\"forbidden\" must not hold \"target_end\" (3)" },
  { "max-source-zero", "\"max_source\": 256", "\"max_source\": 0", INVALID,
      "segment: \"max_source\"|from 1 to 65536" },
  { "max-target-large", "\"max_target\": 128", "\"max_target\": 65537", INVALID,
      "segment: \"max_target\"" },
  { "languages-text", "{ \"source\": \"en\", \"target\": \"de\" }", "\"en\"", INVALID,
      "\"languages\" must be an object" },
  { "language-number", "\"en\"", "1", INVALID, "languages: \"source\" must be a string" },
  { "license-null", "\"CC-BY-SA-4.0\"", "null", INVALID, "\"license\"" },
  { "comma", "\"format_version\": 1,", "\"format_version\": 1", INVALID,
      "m/config.json: is not JSON" },
  { "cut-off", "\"CC-BY-SA-4.0\"\n}", "", INVALID, "is not JSON" },
  { "comment", "\"license\"", "/* \" */ \"license\"", INVALID, "is not JSON" },
  { "single-quotes", "\"CC-BY-SA-4.0\"", "'CC0'", INVALID, "is not JSON" },
  { "not-utf8", "CC-BY", "\xff", INVALID, "is not UTF-8" },
  { "unknown-top", "embedding_scale", "embeding_scale", INVALID,
      "m/config.json: unknown key \"embeding_scale\", expected only: model_type|"
      "embedding_scale|max_context" },
  { "unknown-segment", "\"forbidden\"", "\"forbiden\"", INVALID,
      "segment: unknown key \"forbiden\", expected only: |forbidden" },
  { "unknown-tokenizer", "\"file\"", "\"lowercase\": true, \"file\"", INVALID,
      "tokenizer: unknown key \"lowercase\", expected only: type, file" },
  { "marks-list", "\"license\": \"CC-BY-SA-4.0\"", "\"marks\": [1]", INVALID,
      "\"marks\" must be an object" },
  { "marks-number", "\"license\": \"CC-BY-SA-4.0\"", "\"marks\": { \"a\": 1 }", INVALID,
      "marks: \"a\" must be a string" },
  { "marks-two", "\"license\": \"CC-BY-SA-4.0\"", "\"marks\": { \"ab\": \"c\" }", INVALID,
      "marks: must have one character on the left" },
  { "unknown-languages", "\"source\": \"en\"", "\"sourse\": \"en\"", INVALID,
      "languages: unknown key \"sourse\", expected only: source, target" },
  { "unknown-encoder", "\"license\"", "\"encoder\": {\"norms\": 1}, \"license\"", INVALID,
      "encoder: unknown key \"norms\", expected only: norm, " },
  { "misspelt-required", "\"d_model\"", "\"d_modell\"", INVALID,
      "\"d_model\" is missing|; unknown key \"d_modell\", expected only: " },
  { "target-start-word", "\"target_start\": 2", "\"target_start\": \"none\"", INVALID,
      "\"target_start\" must be an id or \"zero\"" },
  { "placement", "\"license\"", "\"norm_placement\": \"both\", \"license\"", INVALID,
      "\"norm_placement\" must be one of before, after" },
  { "final-norm", "\"license\"", "\"final_norm\": 1, \"license\"", INVALID,
      "\"final_norm\" must be true or false" },
  { "output-bias", "\"license\"", "\"output_bias\": 1, \"license\"", INVALID,
      "\"output_bias\" must be true or false" },
  { "nan", "8.5", "NaN", INVALID, "is not JSON" },
  { "half-character", "CC-BY-SA-4.0", "\\ud83d", INVALID, "is not JSON|surrogate" },
  { "no-character", "CC-BY-SA-4.0", "\\\\\\u12g4", INVALID, "is not JSON|surrogate" },
  { "other-half", "CC-BY-SA-4.0", "\\ud83d\\ude00\\udE00", INVALID, "is not JSON|surrogate" },
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
  { "number", NULL, "1", INVALID, "must be one JSON object" },
  { "text-before", NULL, "\"{\"{}", INVALID, "must be one JSON object" },
  { "array", NULL, "[]", INVALID, "must be one JSON object" },
  { "two objects", NULL, "{} {}", INVALID, "must be one JSON object" },
  { "a number behind", NULL, "{\"a\": \"\\\"}\"}\n5", INVALID, "must be one JSON object" },
  { "two strings", NULL, "\"a\" \"b\"", INVALID, "must be one JSON object" },
  { "a number before", NULL, "5 {}", INVALID, "must be one JSON object" },
  { "a bracket too many", NULL, "{}}", INVALID, "must be one JSON object" },
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

  g_assert_null (ssmt_config_parse (text->str, (gssize) text->len, "config.json", &error));
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

/* --- data of a stack ---------------------------------------------------- */

/* The encoder's norms are those of the model where it says nothing of its own. */
static void
test_stacks (void)
{
  static const struct {
    const char *keys;
    gboolean encoder[3], decoder[3]; /* layer_norm, norm_after, has_final_norm */
  } rows[] = {
    { "", { 0, 0, 1 }, { 0, 0, 1 } },
    { "\"norm_placement\": \"after\", ", { 0, 1, 0 }, { 0, 1, 0 } },
    { "\"norm\": \"layer\", \"final_norm\": false, ", { 1, 0, 0 }, { 1, 0, 0 } },
    { "\"norm_placement\": \"after\", \"final_norm\": true, ", { 0, 1, 1 }, { 0, 1, 1 } },
    { "\"encoder\": {\"norm\": \"layer\", \"norm_placement\": \"after\"}, ", { 1, 1, 0 },
        { 0, 0, 1 } },
    { "\"norm\": \"layer\", \"encoder\": {\"norm\": \"rms\", "
      "\"final_norm\": false}, ",
        { 0, 0, 0 }, { 1, 0, 1 } },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autofree char *more = g_strconcat (rows[i].keys, "\"license\"", NULL);
    g_autoptr (GError) error = NULL;
    g_autoptr (SsmtConfig) config = parse_with ("\"license\"", more, &error);

    g_assert_no_error (error);
    for (guint s = 0; s < 2; s++) {
      const SsmtStackConfig *stack = s == 0 ? &config->encoder : &config->decoder;
      const gboolean *is = s == 0 ? rows[i].encoder : rows[i].decoder;

      g_assert_cmpint (stack->layer_norm, ==, is[0]);
      g_assert_cmpint (stack->norm_after, ==, is[1]);
      g_assert_cmpint (stack->has_final_norm, ==, is[2]);
    }
  }
}

static void
test_first_input (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (SsmtConfig) config =
      parse_with ("\"target_start\": 2", "\"target_start\": \"zero\"", &error);

  g_assert_no_error (error);
  g_assert_cmpint (config->text.target_start, ==, SSMT_TOKEN_ZERO);
}

/* --- values ------------------------------------------------------------- */

static SsmtLayerConfig *
new_layer (SsmtConfig *config)
{
  SsmtLayerConfig *layer = ssmt_config_add_layer (
      config, &config->encoder, "mamba", g_strdup ("norm"), g_strdup ("mixer."));

  ssmt_layer_config_set_size (layer, "d_state", 16);
  ssmt_layer_config_set_number (layer, "rate", 0.25);
  ssmt_layer_config_set_boolean (layer, "on", TRUE);
  ssmt_layer_config_set_string (layer, "color", "red");
  return layer;
}

static const char *const colors[] = { "blue", "red", NULL };

static void
test_getters (void)
{
  g_autoptr (SsmtConfig) config = ssmt_config_new ("m/config.json");
  SsmtReader *keys = &new_layer (config)->keys;
  g_autoptr (GError) error = NULL;

  g_assert_cmpuint (ssmt_reader_size (keys, "d_state", SSMT_REQUIRED, 4096), ==, 16);
  g_assert_cmpuint (ssmt_reader_size (keys, "d_conv", 4, 64), ==, 4);
  g_assert_cmpfloat (ssmt_reader_number (keys, "rate", SSMT_REQUIRED_NUMBER, 0, 1), ==, 0.25);
  g_assert_true (isinf (ssmt_reader_number (keys, "dt_max", INFINITY, 0, INFINITY)));
  g_assert_true (ssmt_reader_boolean (keys, "on", FALSE));
  g_assert_false (ssmt_reader_boolean (keys, "off", FALSE));
  g_assert_cmpuint (ssmt_reader_choice (keys, "color", colors), ==, 1);
  g_assert_cmpuint (ssmt_reader_choice (keys, "colour", colors), ==, 0);
  g_assert_true (ssmt_reader_finish (keys, &error));
  g_assert_no_error (error);
}

static void
expect_reader_error (SsmtReader *keys, const char *words)
{
  GError *error = NULL;

  g_assert_false (ssmt_reader_finish (keys, &error));
  test_expect_error (&error, INVALID, words);
}

static void
test_getter_errors (void)
{
  g_autoptr (SsmtConfig) config = ssmt_config_new ("m/config.json");
  SsmtReader *keys = &new_layer (config)->keys;

  /* the first error counts, and what follows can be computed with */
  ssmt_reader_size (keys, "d_state", 4, 8);
  g_assert_cmpuint (ssmt_reader_size (keys, "dt_rank", SSMT_REQUIRED, 8), ==, 1);
  expect_reader_error (keys,
      "m/config.json: encoder_layers[0] (mamba): "
      "\"d_state\" must be a whole number from 1 to 8");
  ssmt_reader_size (keys, "dt_rank", SSMT_REQUIRED, 8);
  expect_reader_error (keys, "(mamba): \"dt_rank\" is missing");
  ssmt_reader_size (keys, "rate", SSMT_REQUIRED, 8);
  expect_reader_error (keys, "(mamba): \"rate\" must be");
  ssmt_reader_number (keys, "rate", 0, 1, INFINITY);
  expect_reader_error (keys, "\"rate\" must be a finite number, at least 1");
  ssmt_reader_number (keys, "dt_min", SSMT_REQUIRED_NUMBER, 0, 1);
  expect_reader_error (keys, "\"dt_min\" is missing");
  ssmt_reader_boolean (keys, "rate", TRUE);
  expect_reader_error (keys, "\"rate\" must be true or false");
  ssmt_reader_choice (keys, "rate", colors);
  expect_reader_error (keys, "\"rate\" must be a string");
}

static void
test_keys (void)
{
  g_autoptr (SsmtConfig) config = ssmt_config_new ("m/config.json");
  SsmtReader *keys = &new_layer (config)->keys;

  ssmt_reader_has (keys, "d_inner");
  ssmt_reader_has (keys, "on");
  ssmt_reader_has (keys, "rate");
  ssmt_reader_has (keys, "color");
  expect_reader_error (keys,
      "encoder_layers[0] (mamba): unknown key "
      "\"d_state\", expected only: d_inner, on, rate, color");
  ssmt_reader_has (keys, "d_state");
  g_assert_true (ssmt_reader_finish (keys, NULL));
  ssmt_reader_fail (keys, SSMT_ERROR_INVALID, "%d%% wrong", 100);
  expect_reader_error (keys, "encoder_layers[0] (mamba): 100% wrong");
}

static void
add_rows (const char *group, const Broken *rows, gsize n, GTestDataFunc function)
{
  for (gsize i = 0; i < n; i++) {
    g_autofree char *name = g_strdup_printf ("/config/%s/%s", group, rows[i].name);
    g_test_add_data_func (name, &rows[i], function);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/config/good", test_good);
  g_test_add_func ("/config/many-values", test_many_values);
  g_test_add_func ("/config/marks", test_marks);
  g_test_add_func ("/config/optional", test_optional);
  g_test_add_func ("/config/huggingface", test_huggingface);
  add_rows ("broken", broken, G_N_ELEMENTS (broken), test_broken);
  add_rows ("text", texts, G_N_ELEMENTS (texts), test_text);
  g_test_add_func ("/config/nesting", test_nesting);
  g_test_add_func ("/config/many-layers", test_many_layers);
  g_test_add_func ("/config/nul", test_nul);
  g_test_add_func ("/config/files", test_files);
  g_test_add_func ("/config/stacks", test_stacks);
  g_test_add_func ("/config/first-input", test_first_input);
  g_test_add_func ("/config/getters", test_getters);
  g_test_add_func ("/config/getter-errors", test_getter_errors);
  g_test_add_func ("/config/keys", test_keys);
  return g_test_run ();
}
