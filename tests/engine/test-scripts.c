/* ssmtranslate tests: tokenizers against their references, token by token
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * 10,000 lines in 21 scripts, with emoji and broken UTF-8; what the references
 * make of them is in tests/data/tokenizers (tests/reference/make-bpe.py).
 */
#include <string.h>

#include <json-glib/json-glib.h>

#include "engine/tokens/bpe-parts.h"
#include "engine/tokens/tokenizer.h"
#include "lines.h"
#include "test-util.h"

#define BLOCK 100
#define N_PIPELINE_LINES 2000

static GPtrArray *texts; /* of GString, valid UTF-8 */

/* --- digests, 64-bit FNV-1a --------------------------------------------- */

#define FNV_START G_GUINT64_CONSTANT (0xcbf29ce484222325)

static void
add_bytes (guint64 *digest, gconstpointer data, gsize n)
{
  const guint8 *bytes = data;

  for (gsize i = 0; i < n; i++)
    *digest = (*digest ^ bytes[i]) * G_GUINT64_CONSTANT (0x100000001b3);
}

static void
add_text (guint64 *digest, const char *text, gsize length)
{
  add_bytes (digest, text, length);
  add_bytes (digest, "\xff", 1);
}

static void
add_ids (guint64 *digest, const GArray *ids)
{
  for (guint i = 0; i < ids->len; i++) {
    guint32 id = GUINT32_TO_LE ((guint32) g_array_index (ids, gint32, i));
    add_bytes (digest, &id, sizeof id);
  }
  add_bytes (digest, "\xff\xff\xff\xff", 4);
}

static void
expect_digest (guint64 digest, const char *expected, const char *what, guint line)
{
  g_autofree char *hex = g_strdup_printf ("%016" G_GINT64_MODIFIER "x", digest);

  if (strcmp (hex, expected) != 0) {
    g_test_message ("%s from line %u on: digest %s, expected %s", what, line, hex, expected);
    g_test_fail ();
  }
}

/* --- texts -------------------------------------------------------------- */

static void
make_texts (void)
{
  g_autoptr (GPtrArray) lines = lines_new ();

  texts = g_ptr_array_new ();
  for (guint i = 0; i < lines->len; i++) {
    const GString *line = lines->pdata[i];
    GString *text = g_string_new (NULL);

    ssmt_utf8_append_lossy (text, line->str, line->len);
    g_ptr_array_add (texts, text);
  }
}

static SsmtTokenizer *
load (const char *name)
{
  gboolean spm = g_str_has_suffix (name, ".spm");
  gboolean tiny = g_str_has_prefix (name, "tiny");
  g_autofree char *inner = g_strconcat (tiny ? "" : "tokenizers/", name, NULL);
  g_autofree char *path = test_data (inner);
  g_autoptr (GError) error = NULL;
  SsmtTokenizer *tokenizer =
      spm ? ssmt_tokenizer_load (path, &error) : ssmt_tokenizer_load_huggingface (path, &error);

  g_assert_no_error (error);
  return tokenizer;
}

static void
encode (const SsmtTokenizer *tokenizer, guint i, GArray *ids)
{
  const GString *text = texts->pdata[i];
  g_autoptr (GError) error = NULL;

  g_array_set_size (ids, 0);
  ssmt_tokenizer_encode (tokenizer, text->str, (gssize) text->len, ids, NULL, &error);
  g_assert_no_error (error);
}

/* Callers hand over what they have: broken UTF-8 is refused. */
static void
test_broken (void)
{
  g_autoptr (SsmtTokenizer) tokenizer = load ("neox.json");
  g_autoptr (GPtrArray) lines = lines_new ();
  g_autoptr (GArray) ids = g_array_new (FALSE, FALSE, sizeof (gint32));
  guint n = 0;

  for (guint i = 0; i < lines->len; i++) {
    const GString *line = lines->pdata[i];
    GError *error = NULL;

    if (g_utf8_validate_len (line->str, line->len, NULL))
      continue;
    g_assert_false (
        ssmt_tokenizer_encode (tokenizer, line->str, (gssize) line->len, ids, NULL, &error));
    test_expect_error (&error, SSMT_ERROR_TEXT, "UTF-8");
    n++;
  }
  g_assert_cmpuint (n, >, 400);
}

/* --- NAME.ids ----------------------------------------------------------- */

static char **
read_rows (const char *name)
{
  g_autofree char *base = g_strndup (name, (gsize) (strrchr (name, '.') - name));
  g_autofree char *inner = g_strconcat (
      "tokenizers/", g_str_has_prefix (name, "tiny") ? "spm-" : "", base, ".ids", NULL);
  g_autofree char *path = test_data (inner);
  g_autoptr (GBytes) file = test_file_read (path);
  g_autofree char *text = g_strndup (g_bytes_get_data (file, NULL), g_bytes_get_size (file));

  return g_strsplit (text, "\n", -1);
}

/* "LINE id id ...": says which line differs, where a digest only says one does. */
static void
check_line (const SsmtTokenizer *tokenizer, const char *row, GArray *ids)
{
  g_autoptr (GString) found = g_string_new (NULL);
  guint line = (guint) g_ascii_strtoull (row, NULL, 10);

  encode (tokenizer, line, ids);
  g_string_append_printf (found, "%u", line);
  for (guint i = 0; i < ids->len; i++)
    g_string_append_printf (found, " %d", g_array_index (ids, gint32, i));
  g_assert_cmpstr (found->str, ==, row);
}

static void
check_block (const SsmtTokenizer *tokenizer, guint at, const char *row, GArray *ids)
{
  g_auto (GStrv) words = g_strsplit (row, " ", -1);
  guint64 of_ids = FNV_START, of_texts = FNV_START;

  g_assert_cmpuint (g_strv_length (words), ==, 2);
  for (guint i = at; i < at + BLOCK; i++) {
    g_autofree char *text = NULL;

    encode (tokenizer, i, ids);
    add_ids (&of_ids, ids);
    text = ssmt_tokenizer_decode (tokenizer, (const gint32 *) ids->data, ids->len, NULL);
    g_assert_true (g_utf8_validate (text, -1, NULL));
    add_text (&of_texts, text, strlen (text));
  }
  expect_digest (of_ids, words[0], "ids", at);
  if (strcmp (words[1], "-") != 0)
    expect_digest (of_texts, words[1], "texts of ids", at);
}

/* Ids of any kind, which cut characters apart. */
static void
check_random (const SsmtTokenizer *tokenizer, const char *expected)
{
  guint64 random = 2, digest = FNV_START;
  guint32 size = ssmt_tokenizer_get_size (tokenizer);

  if (strcmp (expected, "-") == 0)
    return;
  for (guint i = 0; i < 1000; i++) {
    gint32 ids[20];
    guint64 n = 1 + lines_random (&random, 20);
    g_autofree char *text = NULL;

    for (guint64 j = 0; j < n; j++)
      ids[j] = (gint32) lines_random (&random, size);
    text = ssmt_tokenizer_decode (tokenizer, ids, n, NULL);
    add_text (&digest, text, strlen (text));
  }
  expect_digest (digest, expected, "texts of random ids", 0);
}

static void
test_lines (gconstpointer name)
{
  g_autoptr (SsmtTokenizer) tokenizer = load (name);
  g_auto (GStrv) rows = read_rows (name);
  g_autoptr (GArray) ids = g_array_new (FALSE, FALSE, sizeof (gint32));
  guint64 of_all = FNV_START;
  guint row = 1;

  for (guint i = 0; i < texts->len; i++)
    add_text (&of_all, ((GString *) texts->pdata[i])->str, ((GString *) texts->pdata[i])->len);
  expect_digest (of_all, rows[0], "the lines themselves", 0);
  for (guint i = row + N_LINES / BLOCK + 1; rows[i] && *rows[i]; i++)
    check_line (tokenizer, rows[i], ids);
  for (guint at = 0; at < N_LINES; at += BLOCK)
    check_block (tokenizer, at, rows[row++], ids);
  check_random (tokenizer, rows[row]);
}

/* --- pipelines.json over small.json ------------------------------------- */

static JsonObject *
read_json (JsonParser *parser, const char *name)
{
  g_autofree char *path = test_data (name);
  g_autoptr (GError) error = NULL;

  json_parser_load_from_file (parser, path, &error);
  g_assert_no_error (error);
  return json_node_get_object (json_parser_get_root (parser));
}

static SsmtTokenizer *
load_pipeline (JsonNode *base, JsonObject *pipeline)
{
  static const char *const keys[] = { "normalizer", "pre_tokenizer", "decoder", "added_tokens" };
  JsonObject *object = json_node_get_object (base);
  char *folder = test_folder_new ();
  g_autofree char *text = NULL, *path = NULL;
  g_autoptr (GError) error = NULL;
  SsmtTokenizer *tokenizer;

  for (guint i = 0; i < G_N_ELEMENTS (keys); i++)
    json_object_set_member (
        object, keys[i], json_node_copy (json_object_get_member (pipeline, keys[i])));
  text = json_to_string (base, FALSE);
  path = test_file_write (folder, "tokenizer.json", text, strlen (text));
  tokenizer = ssmt_tokenizer_load_huggingface (path, &error);
  g_assert_no_error (error);
  test_folder_remove (folder);
  return tokenizer;
}

static void
check_pipeline (const SsmtTokenizer *tokenizer, JsonObject *pipeline)
{
  JsonArray *digests = json_object_get_array_member (pipeline, "ids");
  const char *name = json_object_get_string_member (pipeline, "name");
  g_autoptr (GArray) ids = g_array_new (FALSE, FALSE, sizeof (gint32));
  guint64 of_ids = FNV_START, of_texts = FNV_START;

  for (guint i = 0; i < N_PIPELINE_LINES; i++) {
    g_autofree char *text = NULL;

    encode (tokenizer, i, ids);
    add_ids (&of_ids, ids);
    text = ssmt_tokenizer_decode (tokenizer, (const gint32 *) ids->data, ids->len, NULL);
    add_text (&of_texts, text, strlen (text));
    if (i % BLOCK == BLOCK - 1) {
      expect_digest (
          of_ids, json_array_get_string_element (digests, i / BLOCK), name, i + 1 - BLOCK);
      of_ids = FNV_START;
    }
  }
  expect_digest (of_texts, json_object_get_string_member (pipeline, "text"), name, 0);
}

static void
test_pipelines (void)
{
  g_autoptr (JsonParser) small = json_parser_new ();
  g_autoptr (JsonParser) parser = json_parser_new ();
  JsonArray *pipelines;

  read_json (small, "tokenizers/small.json");
  pipelines =
      json_object_get_array_member (read_json (parser, "tokenizers/pipelines.json"), "pipelines");
  g_assert_cmpuint (json_array_get_length (pipelines), >, 50);
  for (guint i = 0; i < json_array_get_length (pipelines); i++) {
    JsonObject *pipeline = json_array_get_object_element (pipelines, i);
    g_autoptr (SsmtTokenizer) tokenizer = load_pipeline (json_parser_get_root (small), pipeline);

    check_pipeline (tokenizer, pipeline);
  }
}

int
main (int argc, char **argv)
{
  static const char *const names[] = { "neox.json", "llama3.json", "llama2.json", "spm-bpe.spm",
    "spm-user.spm", "spm-unigram.spm", "tiny.spm", "tiny-user.spm" };

  g_test_init (&argc, &argv, NULL);
  make_texts ();
  for (guint i = 0; i < G_N_ELEMENTS (names); i++) {
    g_autofree char *name = g_strdup_printf ("/scripts/%s", names[i]);
    g_test_add_data_func (name, names[i], test_lines);
  }
  g_test_add_func ("/scripts/broken", test_broken);
  g_test_add_func ("/scripts/pipelines", test_pipelines);
  return g_test_run ();
}
