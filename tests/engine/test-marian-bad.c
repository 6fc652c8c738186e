/* ssmtranslate tests: folders of Marian that are refused, each with a message that says where and why
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <math.h>
#include <string.h>

#include <glib/gstdio.h>

#include "marian-items.h"
#include "ssmt/ssmt.h"
#include "test-util.h"

#define INVALID SSMT_ERROR_INVALID
#define UNSUPPORTED SSMT_ERROR_UNSUPPORTED
#define NOT_FOUND SSMT_ERROR_NOT_FOUND

static void
expect_refused (const char *folder, int code, const char *words)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (SsmtModel) model = ssmt_model_load (folder, "cpu", 1, &error);

  g_assert_null (model);
  test_expect_error (&error, code, words);
}

/* What the tables begin with is no model that is refused anyway. */
static void
test_unchanged (void)
{
  char *folder = copy_student ();
  g_autoptr (GPtrArray) items = read_student (folder);
  g_autoptr (GError) error = NULL;
  g_autoptr (SsmtModel) model = NULL;

  write_student (folder, items);
  model = ssmt_model_load (folder, "cpu", 1, &error);
  g_assert_no_error (error);
  test_folder_remove (folder);
}

/* --- items ---------------------------------------------------------------- */

static void
drop (GPtrArray *items, Item *item)
{
  g_ptr_array_remove (items, item);
}

static void
double_it (GPtrArray *items, Item *item)
{
  Item *copy = g_memdup2 (item, sizeof *item);

  copy->name = g_strdup (item->name);
  copy->data = g_byte_array_append (g_byte_array_new (), item->data->data, item->data->len);
  g_ptr_array_add (items, copy);
}

static void
add_it (GPtrArray *items, Item *item)
{
  double_it (items, find_item (items, "decoder_l1_rnn_W"));
  item = items->pdata[items->len - 1];
  g_free (item->name);
  item->name = g_strdup ("decoder_l9_extra_W");
}

static void
set_packed (GPtrArray *items, Item *item)
{
  item->type = 0x1801;
}

static void
set_int64 (GPtrArray *items, Item *item)
{
  item->type = 0x108;
  item->shape[1] /= 8;
}

static void
swap_shape (GPtrArray *items, Item *item)
{
  guint32 rows = item->shape[0];

  item->shape[0] = item->shape[1];
  item->shape[1] = rows;
}

static void
flatten (GPtrArray *items, Item *item)
{
  item->shape[0] *= item->shape[1];
  item->n_dims = 1;
}

static void
shorten (GPtrArray *items, Item *item)
{
  g_byte_array_set_size (item->data, item->data->len - 5);
}

static void
halve (GPtrArray *items, Item *item)
{
  item->shape[1] /= 2;
}

static void
set_last (Item *item, float value)
{
  memcpy (item->data->data + item->data->len - sizeof value, &value, sizeof value);
}

static void
set_zero (GPtrArray *items, Item *item)
{
  set_last (item, 0);
}

static void
set_nan (GPtrArray *items, Item *item)
{
  set_last (item, NAN);
}

static void
set_infinity (GPtrArray *items, Item *item)
{
  set_last (item, INFINITY);
}

static void
set_negative (GPtrArray *items, Item *item)
{
  set_last (item, -127);
}

static void
set_tiny (GPtrArray *items, Item *item)
{
  set_last (item, 1e-40f);
}

static const struct {
  const char *title, *item;
  void (*change) (GPtrArray *items, Item *item);
  int code;
  const char *words; /* beside the file and the item */
} item_cases[] = {
  { "missing", "decoder_l1_rnn_Wf", drop, INVALID, "is missing" },
  { "missing-embedding", "Wemb", drop, INVALID, "is missing" },
  { "missing-norm", "encoder_l2_ffn_ffn_ln_scale", drop, INVALID, "is missing" },
  { "missing-yaml", YAML, drop, INVALID, "is missing" },
  { "twice", "encoder_l1_self_bq", double_it, INVALID, "twice" },
  { "left-over", "decoder_l9_extra_W", add_it, UNSUPPORTED, "uses" },
  { "packed-for-a-machine", "encoder_l1_ffn_W1", set_packed, UNSUPPORTED, "0x1801" },
  { "integers", "encoder_l1_self_bq", set_int64, UNSUPPORTED, "0x108" },
  { "swapped", "encoder_l1_ffn_W1", swap_shape, INVALID, "" },
  { "row", "encoder_l1_ffn_W1", flatten, INVALID, "1 dimensions" },
  { "too-short", "encoder_l1_ffn_W1", shorten, INVALID, "too few" },
  { "half-a-matrix", "decoder_l1_rnn_W", halve, INVALID, "" },
  { "half-a-bias", "decoder_ff_logit_out_b", halve, INVALID, "" },
  { "multiplier-zero", "encoder_l1_self_Wq", set_zero, INVALID, "multiplier" },
  { "multiplier-nan", "encoder_l1_self_Wq", set_nan, INVALID, "multiplier" },
  { "multiplier-infinity", "Wemb", set_infinity, INVALID, "multiplier" },
  { "multiplier-negative", "encoder_l1_self_Wq", set_negative, INVALID, "multiplier" },
  { "multiplier-tiny", "encoder_l1_self_Wq", set_tiny, INVALID, "multiplier" },
  { "bias-nan", "encoder_l1_self_bq", set_nan, INVALID, "NaN" },
  { "norm-infinity", "encoder_l1_ffn_ffn_ln_scale", set_infinity, INVALID, "infinity" },
};

static void
test_item (gconstpointer data)
{
  guint i = GPOINTER_TO_UINT (data);
  char *folder = copy_student ();
  g_autoptr (GPtrArray) items = read_student (folder);
  g_autofree char *words =
      g_strconcat (MODEL "|", item_cases[i].item, "|", item_cases[i].words, NULL);

  item_cases[i].change (items, find_item (items, item_cases[i].item));
  write_student (folder, items);
  expect_refused (folder, item_cases[i].code, words);
  test_folder_remove (folder);
}

/* --- special:model.yml ---------------------------------------------------- */

static const struct {
  const char *key, *value; /* NULL: the key is taken away */
  int code;
} key_cases[] = {
  { "type", "s2s", UNSUPPORTED },
  { "dim-emb", NULL, INVALID },
  { "dim-emb", "0", INVALID },
  { "dim-emb", "-32", INVALID },
  { "dim-emb", "1e9", INVALID },
  { "dim-emb", "many", INVALID },
  { "dim-vocabs", NULL, INVALID },
  { "dim-vocabs", "[128]", INVALID },
  { "dim-vocabs", "[128, 0]", INVALID },
  { "dim-vocabs", "[128, 99999999999999999999]", INVALID },
  { "dim-vocabs", "[128, 64]", INVALID },
  { "enc-depth", "100000", INVALID },
  { "dec-depth", "0", INVALID },
  { "dec-depth", NULL, INVALID },
  { "dec-cell", "gru", UNSUPPORTED },
  { "transformer-heads", "5", INVALID },
  { "transformer-heads", "32", INVALID },
  { "transformer-dim-ffn", NULL, INVALID },
  { "transformer-decoder-autoreg", "average-attention", INVALID },
  { "transformer-ffn-activation", "glu", INVALID },
  { "transformer-ffn-depth", "3", UNSUPPORTED },
  { "transformer-decoder-ffn-depth", "1", UNSUPPORTED },
  { "transformer-preprocess", "d", UNSUPPORTED },
  { "transformer-postprocess", "dhn", UNSUPPORTED },
  { "transformer-postprocess-emb", "nd", UNSUPPORTED },
  { "transformer-postprocess-top", "n", UNSUPPORTED },
  { "transformer-tied-layers", "[1]", INVALID },
  { "transformer-tied-layers", "[1, 3]", INVALID },
  { "transformer-train-position-embeddings", "true", UNSUPPORTED },
  { "transformer-disable-position-embeddings", "true", UNSUPPORTED },
  { "tied-embeddings-all", "false", UNSUPPORTED },
  { "layer-normalization", "true", UNSUPPORTED },
  { "transformer-rnn-projection", "true", UNSUPPORTED },
  { "transformer-no-projection", "true", UNSUPPORTED },
  { "transformer-no-bias", "true", UNSUPPORTED },
  { "transformer-no-affine", "true", UNSUPPORTED },
  { "transformer-pool", "true", UNSUPPORTED },
  { "right-left", "true", UNSUPPORTED },
  { "ulr", "true", UNSUPPORTED },
  { "lemma-dim-emb", "8", UNSUPPORTED },
  { "factors-dim-emb", "8", UNSUPPORTED },
};

/* Takes the key's lines away, and adds the key with its new value. */
static char *
change_key (const char *yaml, const char *key, const char *value)
{
  g_autofree char *expression = g_strdup_printf ("(?m)^%s:.*\\n(  - .*\\n)*", key);
  g_autoptr (GRegex) regex = g_regex_new (expression, 0, 0, NULL);
  g_autofree char *rest = g_regex_replace_literal (regex, yaml, -1, 0, "", 0, NULL);

  return value ? g_strdup_printf ("%s%s: %s\n", rest, key, value) : g_steal_pointer (&rest);
}

static void
set_yaml (GPtrArray *items, const char *text)
{
  Item *item = find_item (items, YAML);

  g_byte_array_set_size (item->data, 0);
  g_byte_array_append (item->data, (const guint8 *) text, (guint) strlen (text) + 1);
  item->n_dims = 1;
  item->shape[0] = item->data->len;
}

static void
test_keys (void)
{
  char *folder = copy_student ();
  g_autoptr (GPtrArray) items = read_student (folder);
  g_autofree char *yaml = g_strdup ((char *) find_item (items, YAML)->data->data);

  for (guint i = 0; i < G_N_ELEMENTS (key_cases); i++) {
    g_autofree char *changed = change_key (yaml, key_cases[i].key, key_cases[i].value);
    const char *key = key_cases[i].key;
    g_autofree char *words = g_strconcat (MODEL "|" YAML "|",
        g_str_equal (key, "tied-embeddings-all") ? "tied-embeddings" : key, NULL);

    g_test_message ("%s: %s", key, key_cases[i].value ? key_cases[i].value : "absent");
    set_yaml (items, changed);
    write_student (folder, items);
    expect_refused (folder, key_cases[i].code, words);
  }
  test_folder_remove (folder);
}

static void
test_yaml (void)
{
  static const char *const texts[] = { "", "no mapping", "a: *b", "type: transformer\n\ttab: 1",
    "a: !!int 5", "type: transformer\ntype: transformer", "[1, 2]", "a: {b: [", "a: 1\n---\nb: 2" };
  char *folder = copy_student ();
  g_autoptr (GPtrArray) items = read_student (folder);

  for (guint i = 0; i < G_N_ELEMENTS (texts); i++) {
    g_autofree char *shown = g_strescape (texts[i], NULL);

    g_test_message ("%s", shown);
    set_yaml (items, texts[i]);
    write_student (folder, items);
    expect_refused (folder, INVALID, MODEL "|" YAML);
  }
  test_folder_remove (folder);
}

/* --- files ---------------------------------------------------------------- */

static void
remove_file (const char *folder, const char *name)
{
  g_autofree char *path = g_build_filename (folder, name, NULL);
  g_assert_cmpint (g_remove (path), ==, 0);
}

static void
test_files (void)
{
  static const char config[] = "models: [other.bin]\nvocabs: [&a x, *a]\n";
  g_autofree char *from = test_data ("marian/student-int8");
  char *folder = copy_student ();

  g_free (test_file_write (folder, "model.zzyy.bin", "x", 1));
  expect_refused (folder, INVALID, "both " MODEL "|model.zzyy.bin|config.yml");
  remove_file (folder, "model.zzyy.bin");

  g_free (test_file_write (folder, "config.yml", config, strlen (config)));
  expect_refused (folder, INVALID, "config.yml|alias");
  remove_file (folder, "config.yml");

  remove_file (folder, "vocab.xxyy.spm");
  expect_refused (folder, NOT_FOUND, MODEL "|no vocabulary");
  copy_file (from, folder, "vocab.xxyy.spm");

  g_free (test_file_write (folder, "lex.50.50.xxyy.s2t.bin", "short", 5));
  expect_refused (folder, INVALID, "lex.50.50.xxyy.s2t.bin|no binary shortlist");
  test_folder_remove (folder);
}

static void
test_vocabulary (void)
{
  char *folder = copy_student ();
  g_autofree char *other = test_data ("tiny.spm");
  g_autoptr (GBytes) bytes = test_file_read (other);

  /* its "</s>" is another token */
  g_free (test_file_write (
      folder, "vocab.xxyy.spm", g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes)));
  expect_refused (folder, UNSUPPORTED, "vocab.xxyy.spm|</s>|expected 0");
  test_folder_remove (folder);
}

/* The embeddings have fewer rows than the vocabulary has pieces. */
static void
test_vocabulary_size (void)
{
  char *folder = copy_student ();
  g_autoptr (GPtrArray) items = read_student (folder);
  Item *table = find_item (items, "Wemb"), *bias = find_item (items, "decoder_ff_logit_out_b");
  const char *yaml = (char *) find_item (items, YAML)->data->data;
  g_autofree char *smaller = change_key (yaml, "dim-vocabs", "[120, 120]");

  table->shape[0] = bias->shape[1] = 120;
  memmove (table->data->data + 120 * table->shape[1],
      table->data->data + table->data->len - sizeof (float), sizeof (float));
  set_yaml (items, smaller);
  write_student (folder, items);
  expect_refused (folder, INVALID, "vocab.xxyy.spm|128|120");
  test_folder_remove (folder);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/marian-bad/unchanged", test_unchanged);
  for (guint i = 0; i < G_N_ELEMENTS (item_cases); i++) {
    g_autofree char *name = g_strconcat ("/marian-bad/item/", item_cases[i].title, NULL);
    g_test_add_data_func (name, GUINT_TO_POINTER (i), test_item);
  }
  g_test_add_func ("/marian-bad/keys", test_keys);
  g_test_add_func ("/marian-bad/yaml", test_yaml);
  g_test_add_func ("/marian-bad/files", test_files);
  g_test_add_func ("/marian-bad/vocabulary", test_vocabulary);
  g_test_add_func ("/marian-bad/vocabulary-size", test_vocabulary_size);
  return g_test_run ();
}
