/* ssmtranslate tests: whole model folders, good and broken
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <string.h>

#include <glib/gstdio.h>

#include "ssmt/ssmt.h"
#include "test-util.h"

#define INVALID SSMT_ERROR_INVALID
#define UNSUPPORTED SSMT_ERROR_UNSUPPORTED
#define NOT_FOUND SSMT_ERROR_NOT_FOUND
#define UNREADABLE SSMT_ERROR_READ

static const char *const good[] = { "tiny-decoder", "tiny-encdec" };

/* --- folders ------------------------------------------------------------ */

/* A copy of tests/data/NAME. */
static char *
copy_model (const char *name)
{
  static const char *const files[] = { "config.json", "model.safetensors", "tokenizer.spm" };
  g_autofree char *from = test_data (name);
  char *folder = test_folder_new ();

  for (gsize i = 0; i < G_N_ELEMENTS (files); i++) {
    g_autofree char *path = g_build_filename (from, files[i], NULL);
    g_autoptr (GBytes) bytes = test_file_read (path);

    g_free (test_file_write (
        folder, files[i], g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes)));
  }
  return folder;
}

static void
write_bytes (const char *folder, const char *name, GBytes *bytes)
{
  g_free (test_file_write (folder, name, g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes)));
}

/* --- the decoder's first input ------------------------------------------ */

static char *
translate_greedily (const char *folder)
{
  static const char *const lines[] = { "Where is the old ship?", "Anna sold it.",
    "The harbour is empty now." };
  g_autoptr (GError) error = NULL;
  g_autoptr (SsmtModel) model = ssmt_model_load (folder, "cpu", 1, &error);
  g_autoptr (SsmtStream) stream = NULL;
  g_autoptr (GString) all = g_string_new (NULL);

  g_assert_no_error (error);
  stream = ssmt_stream_new (model, NULL, &error);
  g_assert_no_error (error);
  for (guint i = 0; i < G_N_ELEMENTS (lines); i++) {
    g_autoptr (SsmtTranslation) translation =
        ssmt_stream_translate (stream, lines[i], SSMT_TRANSLATE_NONE, NULL, &error);

    g_assert_no_error (error);
    g_string_append_printf (all, "%s\n", ssmt_translation_get_text (translation));
  }
  return g_string_free (g_steal_pointer (&all), FALSE);
}

/* A vector of zeros is what a token whose embedding is zero gives; such tokens are forbidden, so their
 * logits do not matter. */
static void
test_zero_start (void)
{
  static const char start[] = "\"target_start\": 2";
  char *folder = copy_model ("tiny-encdec");
  g_autofree char *weights = g_build_filename (folder, "model.safetensors", NULL);
  g_autofree char *path = g_build_filename (folder, "config.json", NULL);
  g_autoptr (GPtrArray) tensors = test_tensors_read (weights);
  g_autoptr (GBytes) config = test_file_read (path);
  TestTensor *table = test_tensors_find (tensors, "backbone.embeddings.weight");
  gsize length, row;
  guint8 *bytes = g_bytes_unref_to_data (table->data, &length);
  g_autofree char *text = g_strndup (g_bytes_get_data (config, NULL), g_bytes_get_size (config));
  g_autofree char *other = test_replace (text, start, "\"target_start\": \"zero\"");
  g_autofree char *plain = translate_greedily (folder);
  g_autofree char *by_token = NULL, *by_zero = NULL;
  g_autoptr (GBytes) changed = NULL;

  row = length / 500;
  g_assert_true (g_str_has_prefix (table->shape, "[500,"));
  memset (bytes + 2 * row, 0, row);
  table->data = g_bytes_new_take (bytes, length);
  changed = test_tensors_write (tensors, 0);
  write_bytes (folder, "model.safetensors", changed);
  by_token = translate_greedily (folder);
  g_free (test_file_write (folder, "config.json", other, strlen (other)));
  by_zero = translate_greedily (folder);
  g_assert_cmpstr (by_zero, ==, by_token);
  g_assert_cmpstr (by_zero, !=, plain);
  test_folder_remove (folder);
}

/* --- which model a state belongs to ------------------------------------- */

static GBytes *
save_start (const char *folder)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (SsmtModel) model = ssmt_model_load (folder, "cpu", 1, &error);
  g_autoptr (SsmtStream) stream = model != NULL ? ssmt_stream_new (model, NULL, &error) : NULL;
  g_autoptr (SsmtState) state = stream != NULL ? ssmt_stream_get_state (stream, &error) : NULL;

  g_assert_no_error (error);
  return ssmt_state_to_bytes (state, &error);
}

static gboolean
takes (const char *folder, GBytes *saved)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (SsmtModel) model = ssmt_model_load (folder, "cpu", 1, &error);
  g_autoptr (SsmtState) state = NULL;

  g_assert_no_error (error);
  state = ssmt_state_new_from_bytes (model, saved, &error);
  if (state == NULL)
    test_expect_error (&error, SSMT_ERROR_STATE, "another model");
  return state != NULL;
}

/* A folder with the same weights is another model where anything else is said of them. */
static void
test_identity (void)
{
  char *folder = copy_model ("tiny-encdec");
  g_autofree char *path = g_build_filename (folder, "config.json", NULL);
  g_autoptr (GBytes) config = test_file_read (path), saved = save_start (folder);
  g_autofree char *text = g_strndup (g_bytes_get_data (config, NULL), g_bytes_get_size (config));
  g_autofree char *other = test_replace (text, "\"embedding_scale\": 1.0", "\"embedding_scale\": 1.5");
  g_autofree char *spm = g_build_filename (folder, "tokenizer.spm", NULL);
  g_autoptr (GBytes) own = test_file_read (spm), changed = NULL;
  guint8 *bytes;
  gsize length;

  g_free (test_file_write (folder, "README.md", "words", 5));
  g_assert_true (takes (folder, saved));
  g_free (test_file_write (folder, "config.json", other, strlen (other)));
  g_assert_false (takes (folder, saved));
  write_bytes (folder, "config.json", config);
  g_assert_true (takes (folder, saved));
  /* the score of a piece */
  bytes = g_memdup2 (g_bytes_get_data (own, &length), g_bytes_get_size (own));
  bytes[length / 4] ^= 1;
  changed = g_bytes_new_take (bytes, length);
  write_bytes (folder, "tokenizer.spm", changed);
  g_assert_false (takes (folder, saved));
  test_folder_remove (folder);
}

/* --- ways to break one -------------------------------------------------- */

typedef struct {
  const char *name, *model;
  void (*breaks) (const char *folder, const char *what, const char *how);
  const char *what, *how;
  int code;
  const char *words;
} Broken;

static void
gone (const char *folder, const char *what, const char *how)
{
  g_autofree char *path = g_build_filename (folder, what, NULL);

  g_assert_cmpint (g_remove (path), ==, 0);
}

static void
a_folder (const char *folder, const char *what, const char *how)
{
  g_autofree char *path = g_build_filename (folder, what, NULL);

  gone (folder, what, how);
  g_assert_cmpint (g_mkdir (path, 0700), ==, 0);
}

/* To this part of its length. */
static void
cut (const char *folder, const char *what, const char *how)
{
  g_autofree char *path = g_build_filename (folder, what, NULL);
  g_autoptr (GBytes) bytes = test_file_read (path);
  gsize length = (gsize) (g_bytes_get_size (bytes) * g_ascii_strtod (how, NULL));
  g_autoptr (GBytes) part = g_bytes_new_from_bytes (bytes, 0, length);

  write_bytes (folder, what, part);
}

static void
longer (const char *folder, const char *what, const char *how)
{
  g_autofree char *path = g_build_filename (folder, what, NULL);
  g_autoptr (GBytes) bytes = test_file_read (path);
  GByteArray *more = g_byte_array_new ();
  g_autoptr (GBytes) written = NULL;

  g_byte_array_append (more, g_bytes_get_data (bytes, NULL), (guint) g_bytes_get_size (bytes));
  g_byte_array_append (more, (const guint8 *) how, (guint) strlen (how));
  written = g_byte_array_free_to_bytes (more);
  write_bytes (folder, what, written);
}

/* In config.json. */
static void
key (const char *folder, const char *what, const char *how)
{
  g_autofree char *path = g_build_filename (folder, "config.json", NULL);
  g_autoptr (GBytes) bytes = test_file_read (path);
  g_autofree char *text = g_strndup (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes));
  g_autofree char *changed = test_replace (text, what, how);

  g_free (test_file_write (folder, "config.json", changed, strlen (changed)));
}

/* A key again and again: none of the repetitions is free for a parser. */
static void
again (const char *folder, const char *what, const char *how)
{
  g_autoptr (GString) many = g_string_new (NULL);

  for (guint i = 0; i < 3000; i++)
    g_string_append_printf (many, "\"%s%u\": 0, \"%s%u\": 0, ", how, i, how, i);
  g_string_append (many, what);
  key (folder, what, many->str);
}

/* The tensor `what` is named, shaped or typed `how`, or does not exist. */
static void
tensor (const char *folder, const char *what, const char *how)
{
  g_autofree char *path = g_build_filename (folder, "model.safetensors", NULL);
  g_autoptr (GPtrArray) tensors = test_tensors_read (path);
  TestTensor *found = test_tensors_find (tensors, what);
  g_autoptr (GBytes) file = NULL;
  char **changed;

  g_assert_nonnull (found);
  if (!how) {
    g_ptr_array_remove (tensors, found);
  } else {
    changed = how[0] == '[' ? &found->shape : strlen (how) <= 4 ? &found->dtype : &found->name;
    g_free (*changed);
    *changed = g_strdup (how);
  }
  file = test_tensors_write (tensors, 0);
  write_bytes (folder, "model.safetensors", file);
}

static void
extra_tensor (const char *folder, const char *what, const char *how)
{
  g_autofree char *path = g_build_filename (folder, "model.safetensors", NULL);
  g_autoptr (GPtrArray) tensors = test_tensors_read (path);
  g_autoptr (GBytes) file = NULL;

  test_tensors_add (tensors, what, "I8", "[3]", "abc", 3);
  file = test_tensors_write (tensors, 0);
  write_bytes (folder, "model.safetensors", file);
}

/* Its first four bytes are these. */
static void
first_value (const char *folder, const char *what, const char *how)
{
  g_autofree char *path = g_build_filename (folder, "model.safetensors", NULL);
  g_autoptr (GPtrArray) tensors = test_tensors_read (path);
  TestTensor *found = test_tensors_find (tensors, what);
  gsize length;
  guint8 *data = g_bytes_unref_to_data (found->data, &length);
  g_autoptr (GBytes) file = NULL;

  memcpy (data, how, 4);
  found->data = g_bytes_new_take (data, length);
  file = test_tensors_write (tensors, 0);
  write_bytes (folder, "model.safetensors", file);
}

#define DEC "tiny-decoder"
#define ENC "tiny-encdec"
#define WEIGHTS "model.safetensors"
#define LAYER "backbone.layers."
#define NAN_BYTES "\x00\x00\xc0\x7f"
#define MINUS_ONE "\x00\x00\x80\xbf"

static const Broken broken[] = {
  { "no-config", DEC, gone, "config.json", NULL, NOT_FOUND, "config.json" },
  { "alike-keys-nul", DEC, again, "\"embedding_scale\"", "x\\u0000", INVALID, "config.json|keys" },
  { "alike-keys", DEC, again, "\"embedding_scale\"", "x\\u0041", INVALID, "config.json|keys" },
  { "no-weights", DEC, gone, WEIGHTS, NULL, NOT_FOUND, WEIGHTS },
  { "no-tokenizer", DEC, gone, "tokenizer.spm", NULL, NOT_FOUND, "tokenizer.spm" },
  { "config-folder", DEC, a_folder, "config.json", NULL, UNREADABLE, "config.json|folder" },
  { "weights-folder", DEC, a_folder, WEIGHTS, NULL, UNREADABLE, WEIGHTS "|folder" },
  { "tokenizer-folder", DEC, a_folder, "tokenizer.spm", NULL, UNREADABLE, "tokenizer.spm|folder" },
  { "config-empty", DEC, cut, "config.json", "0", INVALID, "config.json" },
  { "config-cut", DEC, cut, "config.json", "0.5", INVALID, "config.json|is not JSON" },
  { "config-longer", DEC, longer, "config.json", "}", INVALID, "config.json" },
  { "weights-empty", DEC, cut, WEIGHTS, "0", INVALID, WEIGHTS "|has 0 bytes" },
  { "weights-only-header", DEC, cut, WEIGHTS, "0.1", INVALID, WEIGHTS },
  { "weights-half", ENC, cut, WEIGHTS, "0.5", INVALID, WEIGHTS "|tensor" },
  { "weights-last-byte", DEC, cut, WEIGHTS, "0.99999", INVALID, WEIGHTS "|tensor" },
  { "weights-longer", DEC, longer, WEIGHTS, "x", INVALID, WEIGHTS "|end at" },
  { "tokenizer-empty", DEC, cut, "tokenizer.spm", "0", INVALID, "tokenizer.spm|0 pieces" },
  { "tokenizer-cut", DEC, cut, "tokenizer.spm", "0.7", INVALID, "tokenizer.spm" },
  { "tokenizer-longer", DEC, longer, "tokenizer.spm", "\xff", INVALID, "tokenizer.spm" },

  { "vocabulary-small", DEC, key, "\"vocab_size\": 500", "\"vocab_size\": 499", INVALID,
      "tokenizer.spm|500 pieces|499" },
  { "vocabulary-large", DEC, key, "\"vocab_size\": 500", "\"vocab_size\": 501", INVALID,
      "backbone.embeddings.weight|(500, 32)|(501, 32)" },
  { "d-model", DEC, key, "\"d_model\": 32", "\"d_model\": 48", INVALID,
      "backbone.embeddings.weight|(500, 32)|(500, 48)" },
  { "d-model-largest", DEC, key, "\"d_model\": 32", "\"d_model\": 65536", INVALID,
      "backbone.embeddings.weight" },
  { "kind", DEC, key, "\"swiglu\"", "\"moe\"", UNSUPPORTED,
      "config.json: decoder_layers[2]|moe|mamba2" },
  { "unknown-key", DEC, key, "\"hidden\"", "\"width\": 3, \"hidden\"", INVALID,
      "decoder_layers[2] (swiglu)|\"width\"" },
  { "missing-size", DEC, key, "\"hidden\"", "\"hid\"", INVALID, "decoder_layers[2] (swiglu)" },
  { "hidden", DEC, key, "\"hidden\": 48", "\"hidden\": 64", INVALID,
      LAYER "2.mixer.gate_proj.weight|(48, 32)|(64, 32)" },
  { "dt-rank", DEC, key, "\"dt_rank\": 2", "\"dt_rank\": 4", INVALID,
      LAYER "3.mixer.x_proj.weight" },
  { "heads-do-not-divide", DEC, key, "\"kv_heads\": 2", "\"kv_heads\": 3", INVALID,
      "decoder_layers[1] (attention)" },
  { "head-dim-does-not-divide", DEC, key, "\"head_dim\": 16", "\"head_dim\": 24", INVALID,
      "decoder_layers[0] (mamba2)" },
  { "groups-do-not-divide", DEC, key, "\"n_groups\": 1", "\"n_groups\": 3", INVALID,
      "decoder_layers[0] (mamba2)" },
  { "window-negative", DEC, key, "\"window\": 8", "\"window\": -1", INVALID,
      "decoder_layers[1] (attention)|\"window\"" },
  { "rotary-negative", DEC, key, "\"rotary_base\": 10000", "\"rotary_base\": -1", INVALID,
      "decoder_layers[1]|\"rotary_base\"" },
  { "state-too-large", DEC, key,
      "\"heads\": 4,\n   \"kv_heads\": 2,\n   "
      "\"head_dim\": 8,\n   \"window\": 8",
      "\"heads\": 4, \"kv_heads\": 4, "
      "\"head_dim\": 8192, \"window\": 65536",
      INVALID, "decoder_layers[1]" },
  { "bidirectional-decoder", DEC, key, "\"window\": 8", "\"window\": 8, \"bidirectional\": true",
      INVALID, "decoder_layers[1] (attention)" },
  { "not-tied", DEC, key, "\"tie_embeddings\": true", "\"tie_embeddings\": false", INVALID,
      "lm_head.weight|missing" },
  { "tied", ENC, key, "\"tie_embeddings\": false", "\"tie_embeddings\": true", INVALID,
      "lm_head.weight" },
  { "no-encoder", ENC, key, "\"encoder_layers\"", "\"no_layers\"", INVALID, "encoder" },
  { "no-cross", ENC, key, "\"kind\": \"cross_attention\"", "\"window\": 4, \"kind\": \"attention\"",
      INVALID, "encoder" },
  { "cross-in-encoder", ENC, key,
      "\"kind\": \"mamba2\",\n   \"d_inner\": 32,\n"
      "   \"d_state\": 16,\n   \"head_dim\": 16",
      "\"kind\": \"cross_attention\", \"heads\": 2, \"head_dim\": 16", INVALID,
      "encoder_layers[0] (cross_attention)" },
  { "no-target-start", ENC, key, "\"target_start\": 2,", "", INVALID, "\"target_start\"" },
  { "other-file", DEC, key, "tokenizer.spm", "other.spm", NOT_FOUND, "other.spm" },
  { "config-as-tokenizer", DEC, key, "tokenizer.spm", "config.json", INVALID, "config.json" },
  { "outside", DEC, key, "tokenizer.spm", "../tokenizer.spm", INVALID, "\"file\"" },

  { "embedding-missing", DEC, tensor, "backbone.embeddings.weight", NULL, INVALID,
      "\"backbone.embeddings.weight\" is missing" },
  { "scale-missing", DEC, tensor, LAYER "2.mixer.up_proj.weight_scale", NULL, INVALID,
      "up_proj.weight_scale\" is missing" },
  { "norm-missing", DEC, tensor, LAYER "1.norm.weight", NULL, INVALID,
      LAYER "1.norm.weight\" is missing" },
  { "final-norm-missing", ENC, tensor, "encoder.norm_f.weight", NULL, INVALID,
      "\"encoder.norm_f.weight\" is missing" },
  { "decay-missing", DEC, tensor, LAYER "3.mixer.A_log", NULL, INVALID, "A_log\" is missing" },
  { "bias-missing", ENC, tensor, LAYER "0.mixer.dt_proj.bias", NULL, INVALID,
      "dt_proj.bias\" is missing" },
  { "renamed", ENC, tensor, "encoder.layers.1.mixer.q_proj.weight",
      "encoder.layers.1.mixer.query.weight", INVALID, "q_proj.weight" },
  { "extra", DEC, extra_tensor, LAYER "9.mixer.D", NULL, INVALID, WEIGHTS "|" LAYER "9.mixer.D" },
  { "extra-bias", DEC, extra_tensor, LAYER "0.mixer.in_proj.bias", NULL, INVALID, "in_proj.bias" },
  { "turned", DEC, tensor, LAYER "2.mixer.gate_proj.weight", "[32, 48]", INVALID,
      "gate_proj.weight|(32, 48)|(48, 32)" },
  { "flat", DEC, tensor, LAYER "2.mixer.gate_proj.weight", "[1536]", INVALID,
      "gate_proj.weight|(1536)" },
  { "conv-turned", DEC, tensor, LAYER "0.mixer.conv1d.weight", "[4, 1, 96]", INVALID,
      "conv1d.weight" },
  { "quantised-without-scale", ENC, tensor, LAYER "0.mixer.D", "I8", INVALID, LAYER "0.mixer.D" },
  { "bytes-for-halves", ENC, tensor, "lm_head.weight", "BF16", -1, "" },
  { "norm-nan", DEC, first_value, LAYER "0.norm.weight", NAN_BYTES, INVALID,
      LAYER "0.norm.weight|NaN" },
  { "decay-nan", DEC, first_value, LAYER "3.mixer.A_log", NAN_BYTES, INVALID,
      LAYER "3.mixer.A_log|NaN" },
  { "scale-negative", DEC, first_value, "backbone.embeddings.weight_scale", MINUS_ONE, INVALID,
      "embeddings.weight_scale|negative" },
};

/* A code of -1: unlike the file it comes from, but nothing wrong with it. */
static void
test_broken (gconstpointer data)
{
  const Broken *row = data;
  char *folder = copy_model (row->model);
  GError *error = NULL;
  SsmtModel *model;

  row->breaks (folder, row->what, row->how);
  model = ssmt_model_load (folder, "cpu", 1, &error);
  if (row->code < 0) {
    g_assert_no_error (error);
    g_object_unref (model);
  } else if (model) {
    g_test_message ("it loads");
    g_test_fail ();
    g_object_unref (model);
  } else {
    test_expect_error (&error, row->code, row->words);
  }
  test_folder_remove (folder);
}

/* --- good folders ------------------------------------------------------- */

/* NULL: wild weights may come to what is no number. */
static char *
translate (SsmtModel *model, const char *text)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (SsmtStream) stream = ssmt_stream_new (model, NULL, &error);
  g_autoptr (SsmtTranslation) translation = NULL;
  const char *result;

  g_assert_no_error (error);
  translation = ssmt_stream_translate (stream, text, SSMT_TRANSLATE_NONE, NULL, &error);
  if (g_error_matches (error, SSMT_ERROR, SSMT_ERROR_NOT_FINITE))
    return NULL;
  g_assert_no_error (error);
  result = ssmt_translation_get_text (translation);
  g_assert_true (g_utf8_validate (result, -1, NULL));
  return g_strdup (result);
}

static void
on_loaded (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_assert_null (ssmt_model_load_finish (result, user_data));
}

static void
test_cancelled (void)
{
  g_autofree char *path = test_data ("tiny-encdec");
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GError) error = NULL;

  ssmt_model_load_async (path, "cpu", 1, cancellable, on_loaded, &error);
  g_cancellable_cancel (cancellable);
  while (error == NULL)
    g_main_context_iteration (NULL, TRUE);
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
}

static void
test_good (gconstpointer name)
{
  g_autofree char *path = test_data (name);
  g_autoptr (GError) error = NULL;
  g_autoptr (SsmtModel) model = ssmt_model_load (path, "cpu", 1, &error);
  g_autofree char *about = NULL, *text = NULL;

  g_assert_no_error (error);
  about = ssmt_model_describe (model);
  g_assert_nonnull (strstr (about, "500 pieces"));
  g_assert_cmpstr (ssmt_model_get_path (model), ==, path);
  g_assert_cmpuint (ssmt_model_get_n_parameters (model), >, 20000);
  g_assert_cmpuint (ssmt_model_get_weight_bytes (model), >, 40000);
  text = translate (model, "Good morning.");
}

static void
test_no_folder (void)
{
  g_autofree char *path = test_data ("tiny.spm");
  GError *error = NULL;

  g_assert_null (ssmt_model_load ("/nowhere/at/all", NULL, 0, &error));
  test_expect_error (&error, NOT_FOUND, "/nowhere/at/all");
  g_assert_null (ssmt_model_load (path, NULL, 0, &error));
  test_expect_error (&error, NOT_FOUND, "tiny.spm");
}

static void
test_device (void)
{
  g_autofree char *path = test_data (DEC);
  GError *error = NULL;

  g_assert_null (ssmt_model_load (path, "abacus", 0, &error));
  test_expect_error (&error, SSMT_ERROR_DEVICE, "abacus");
}

/* Weights full of anything load or not, and then translate into something:
 * NaN and infinity reach every operation. */
static void
test_wild_weights (gconstpointer name)
{
  char *folder = copy_model (name);
  g_autofree char *path = g_build_filename (folder, WEIGHTS, NULL);
  g_autoptr (GPtrArray) tensors = test_tensors_read (path);

  for (int round = 0; round < 20; round++) {
    g_autoptr (GBytes) file = NULL;
    g_autoptr (SsmtModel) model = NULL;
    g_autofree char *text = NULL;
    TestTensor *t = tensors->pdata[g_test_rand_int_range (0, (gint32) tensors->len)];
    gsize length;
    guint8 *data = g_bytes_unref_to_data (t->data, &length);

    for (int i = 0; i < 64; i++)
      data[g_test_rand_int_range (0, (gint32) length)] =
          i % 2 ? 0xff : (guint8) g_test_rand_int_range (0, 256);
    t->data = g_bytes_new_take (data, length);
    file = test_tensors_write (tensors, 0);
    write_bytes (folder, WEIGHTS, file);
    model = ssmt_model_load (folder, "cpu", 1, NULL);
    if (model)
      text = translate (model, "Good morning, how are you?");
  }
  test_folder_remove (folder);
}

/* Every byte of a header turned into something else: no crash. */
static void
test_wild_header (gconstpointer name)
{
  char *folder = copy_model (name);
  g_autofree char *path = g_build_filename (folder, WEIGHTS, NULL);
  g_autoptr (GBytes) file = test_file_read (path);
  gsize length;
  const guint8 *data = g_bytes_get_data (file, &length);

  for (int round = 0; round < 300; round++) {
    g_autofree guint8 *copy = g_memdup2 (data, length);
    g_autoptr (SsmtModel) model = NULL;
    g_autoptr (GError) error = NULL;

    copy[g_test_rand_int_range (0, 4000)] =
        (guint8) "0123456789[],\"\xff"[g_test_rand_int_range (0, 15)];
    g_free (test_file_write (folder, WEIGHTS, copy, length));
    model = ssmt_model_load (folder, "cpu", 1, &error);
    g_assert_true ((model == NULL) == (error != NULL));
  }
  test_folder_remove (folder);
}

static void
add_for_good (const char *name, GTestDataFunc function)
{
  for (gsize i = 0; i < G_N_ELEMENTS (good); i++) {
    g_autofree char *path = g_strdup_printf ("/model/%s/%s", name, good[i]);
    g_test_add_data_func (path, good[i], function);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/model/zero-start", test_zero_start);
  add_for_good ("good", test_good);
  g_test_add_func ("/model/identity", test_identity);
  g_test_add_func ("/model/cancelled", test_cancelled);
  g_test_add_func ("/model/no-folder", test_no_folder);
  g_test_add_func ("/model/device", test_device);
  for (gsize i = 0; i < G_N_ELEMENTS (broken); i++) {
    g_autofree char *name = g_strdup_printf ("/model/broken/%s", broken[i].name);
    g_test_add_data_func (name, &broken[i], test_broken);
  }
  add_for_good ("wild-header", test_wild_header);
  add_for_good ("wild-weights", test_wild_weights);
  return g_test_run ();
}
