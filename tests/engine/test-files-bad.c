/* ssmtranslate tests: files beside a model that are refused, or cost nobody's time and memory
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <string.h>

#include <gio/gio.h>

#include "engine/files/file.h"
#include "engine/files/yaml.h"
#include "engine/tokens/shortlist.h"
#include "engine/tokens/vocabulary.h"
#include "test-util.h"

#define INVALID SSMT_ERROR_INVALID

/* --- shortlists ----------------------------------------------------------- */

static void
put_sum (GByteArray *bytes)
{
  guint64 sum = 0, word;

  for (gsize i = 2; i < bytes->len / 8; i++) {
    memcpy (&word, bytes->data + 8 * i, sizeof word);
    sum ^= GUINT64_FROM_LE (word) + 0x9e3779b9 + (sum << 6) + (sum >> 2);
  }
  sum = GUINT64_TO_LE (sum);
  memcpy (bytes->data + 8, &sum, sizeof sum);
}

/* Three source tokens with 2, 0 and 1 of 8 target tokens: words first, most, n, m; offsets from byte
 * 48 on, ids from 80 on. */
static GByteArray *
make_shortlist (void)
{
  static const guint64 words[] = { G_GUINT64_CONSTANT (0xF11A48D5013417F5), 0, 2, 2, 4, 3, 0, 2, 2,
    3 };
  static const guint32 ids[] = { 5, 6, 7 };
  GByteArray *bytes = g_byte_array_new ();

  for (guint i = 0; i < G_N_ELEMENTS (words); i++)
    test_append_u64 (bytes, words[i]);
  for (guint i = 0; i < G_N_ELEMENTS (ids); i++)
    test_append_u32 (bytes, ids[i]);
  put_sum (bytes);
  return bytes;
}

static void
expect_shortlist (GByteArray *file, gsize length, const char *words)
{
  static const SsmtShortlistSizes sizes = { 3, 8, FALSE };
  g_autoptr (GBytes) bytes = g_bytes_new (file->data, length);
  g_autoptr (GError) error = NULL;
  g_autoptr (SsmtShortlist) list = ssmt_shortlist_parse (bytes, "/m/lex.bin", &sizes, &error);

  if (!words) {
    g_assert_no_error (error);
    return;
  }
  g_assert_null (list);
  test_expect_error (&error, INVALID, words);
}

static void
test_shortlist (void)
{
  static const struct {
    guint at;
    guint64 value;
    const char *words;
  } cases[] = {
    { 0, 1, "no binary shortlist" },
    { 16, 9, "first 9 tokens|8" },
    { 16, G_MAXUINT64, "vocabulary of 8" },
    { 32, 5, "lists for 4 tokens|3" },
    { 32, 0, "source vocabulary" },
    { 40, 4, "bytes, expected" },
    { 40, G_MAXUINT64, "more entries" },
    { 40, G_GUINT64_CONSTANT (0x4000000000000003), "more entries" },
    { 48, 1, "list of token 0" },
    { 56, 4, "list of token 1" },
    { 64, 1, "list of token 2" },
    { 72, 2, "behind the last list" },
    { 72, G_MAXUINT64, "list of token 3" },
  };
  g_autoptr (GByteArray) good = make_shortlist ();
  guint32 id = GUINT32_TO_LE (8);

  expect_shortlist (good, good->len, NULL);
  for (guint length = 0; length < good->len; length++)
    expect_shortlist (good, length, "/m/lex.bin");
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (GByteArray) bytes = make_shortlist ();
    guint64 value = GUINT64_TO_LE (cases[i].value);

    memcpy (bytes->data + cases[i].at, &value, sizeof value);
    if (cases[i].at > 8)
      expect_shortlist (bytes, bytes->len, "checksum");
    put_sum (bytes);
    expect_shortlist (bytes, bytes->len, cases[i].words);
  }
  memcpy (good->data + 84, &id, sizeof id);
  put_sum (good);
  expect_shortlist (good, good->len, "entry 1 is token 8|8");
}

/* --- YAML and vocabularies ------------------------------------------------ */

static void
expect_yaml (const char *text, const char *words)
{
  g_autoptr (GError) error = NULL;
  JsonObject *object = ssmt_yaml_parse (text, strlen (text), "/m/config.yml", &error);

  g_assert_null (object);
  test_expect_error (&error, INVALID, words);
}

static void
test_yaml (void)
{
  static const struct {
    const char *text, *words;
  } cases[] = {
    { "a: &x 1\nb: *x\n", "line 2|alias" },
    { "a: &x [1]\n<<: *x\n", "alias" },
    { "a: !!python/object:os.system 1\n", "line 1|tag" },
    { "a: !<x> {}\n", "tag" },
    { "%TAG !a! x\n---\na: 1\n", "tag" },
    { "? [1]\n: 2\n", "key must be a scalar" },
    { "a: 1\na: 2\n", "line 2|\"a\" stands there twice" },
    { "a: 1\n---\nb: 2\n", "one mapping" },
    { "- 1\n", "one mapping" },
    { "", "found nothing" },
    { "a: [1, 2\n", "/m/config.yml" },
    { "a: \xff\n", "/m/config.yml" },
    { "a:\n\t- 1\n", "line 2" },
    { "a: [[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]\n", "deeper" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree char *shown = g_strescape (cases[i].text, NULL);

    g_test_message ("%s", shown);
    expect_yaml (cases[i].text, cases[i].words);
  }
}

/* A megabyte of what parsers take long for; a thousandth of it takes less than a millisecond. */
static void
test_yaml_time (void)
{
  static const char *const pieces[] = { "[", "{", "- ", "? ", "&a ", "\"", "a: [", "#\n", "! ", "'",
    "|\n", "a: ", "{a: ", "-\n", "? - ", "%", ",", "a\n", "\"a\" ", ">\n " };

  for (guint i = 0; i < G_N_ELEMENTS (pieces); i++) {
    g_autoptr (GString) text = g_string_new ("a: ");
    g_autofree char *shown = NULL;
    g_autoptr (GError) error = NULL;
    JsonObject *object;

    while (text->len < 1 << 20)
      g_string_append (text, pieces[i]);
    g_test_timer_start ();
    object = ssmt_yaml_parse (text->str, text->len, "config.yml", &error);
    shown = g_strescape (pieces[i], NULL);
    g_test_message ("\"%s\": %.3f s", shown, g_test_timer_elapsed ());
    g_assert_cmpfloat (g_test_timer_last (), <, 10);
    g_clear_pointer (&object, json_object_unref);
  }
}

static void
test_vocabulary (void)
{
  static const struct {
    const char *name, *text, *words;
  } cases[] = {
    { "vocab.json", "{\"a\": 0, \"b\": 0}", "\"a\" and \"b\"|same id, 0" },
    { "vocab.json", "{\"a\": -1}", "\"a\"|whole number" },
    { "vocab.json", "{\"a\": 1.5}", "\"a\"|whole number" },
    { "vocab.json", "{\"a\": 2097152}", "\"a\"|whole number" },
    { "vocab.json", "{\"a\": \"1\"}", "\"a\"|whole number" },
    { "vocab.json", "[1]", "vocab.json" },
    { "vocab.json", "{\"a\": 1", "vocab.json" },
    { "vocab.json.gz", "a: 1", "vocab.json.gz" },
    { "vocab.yml", "a: 1\nb: 1\n", "same id, 1" },
    { "vocab.yml", "a: x\n", "\"a\"|whole number" },
    { "vocab.yml", "a: [1]\n", "\"a\"|whole number" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (GBytes) bytes = g_bytes_new (cases[i].text, strlen (cases[i].text));
    g_autoptr (GError) error = NULL;
    g_autoptr (SsmtVocabulary) vocabulary = ssmt_vocabulary_parse (bytes, cases[i].name, &error);

    g_assert_null (vocabulary);
    test_expect_error (&error, INVALID, cases[i].words);
  }
}

/* --- packed files --------------------------------------------------------- */

static void
expect_packed (const char *name, const guint8 *data, gsize size, gsize max, const char *words)
{
  g_autofree char *path = g_strconcat ("/m/", name, NULL);
  g_autoptr (GBytes) packed = g_bytes_new (data, size);
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) bytes = ssmt_file_unpack (packed, path, max, &error);

  g_assert_null (bytes);
  test_expect_error (&error, INVALID, words);
}

static GBytes *
gzip (gconstpointer data, gsize size)
{
  g_autoptr (GZlibCompressor) zlib = g_zlib_compressor_new (G_ZLIB_COMPRESSOR_FORMAT_GZIP, -1);
  g_autoptr (GOutputStream) memory = g_memory_output_stream_new_resizable ();
  g_autoptr (GOutputStream) out = g_converter_output_stream_new (memory, G_CONVERTER (zlib));
  g_autoptr (GError) error = NULL;

  g_output_stream_write_all (out, data, size, NULL, NULL, &error);
  g_assert_no_error (error);
  g_output_stream_close (out, NULL, &error);
  g_assert_no_error (error);
  return g_memory_output_stream_steal_as_bytes (G_MEMORY_OUTPUT_STREAM (memory));
}

static void
test_gzip (void)
{
  static const char text[] = "alpha: 1\nbeta: 2\ngamma: 3\n";
  g_autofree guint8 *zeros = g_malloc0 (64 << 20);
  g_autoptr (GBytes) good = gzip (text, strlen (text));
  g_autoptr (GBytes) bomb = gzip (zeros, 64 << 20);
  gsize size;
  const guint8 *data = g_bytes_get_data (good, &size);
  g_autofree guint8 *more = g_malloc0 (size + 3);

  for (gsize length = 0; length < size; length++)
    expect_packed ("a.gz", data, length, 0, "/m/a.gz");
  expect_packed ("a.gz", data, size, 10, "/m/a.gz|larger than allowed");
  memcpy (more, data, size);
  expect_packed ("a.gz", more, size + 3, 0, "/m/a.gz|behind its end");
  more[size - 8] ^= 1; /* of the checksum */
  expect_packed ("a.gz", more, size, 0, "/m/a.gz");
  data = g_bytes_get_data (bomb, &size);
  expect_packed ("a.gz", data, size, 0, "/m/a.gz|many times larger");
}

/* Blocks of one byte each that stands for 128 KiB [RFC 8878, 3.1.1.2]. */
static GByteArray *
make_zstd (guint blocks, gboolean last)
{
  static const guint8 magic[] = { 0x28, 0xb5, 0x2f, 0xfd, 0xa0 };
  GByteArray *bytes = g_byte_array_new ();

  test_append (bytes, magic, sizeof magic);
  test_append_u32 (bytes, blocks << 17);
  for (guint i = 0; i < blocks; i++) {
    guint32 header = 1 << 20 | 1 << 1 | (last && i + 1 == blocks);
    guint8 block[] = { (guint8) header, (guint8) (header >> 8), (guint8) (header >> 16), 'x' };

    test_append (bytes, block, sizeof block);
  }
  return bytes;
}

static void
test_zstd (void)
{
  g_autoptr (GByteArray) good = make_zstd (2, TRUE);
  g_autoptr (GByteArray) bomb = make_zstd (800, TRUE);
  g_autoptr (GByteArray) cut = make_zstd (2, FALSE);
  g_autoptr (GBytes) packed = g_bytes_new_static (good->data, good->len);
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) bytes = ssmt_file_unpack (packed, "/m/a.zst", 0, &error);

  if (g_error_matches (error, SSMT_ERROR, SSMT_ERROR_UNSUPPORTED)) {
    g_test_skip ("built without libzstd");
    return;
  }
  g_assert_no_error (error);
  g_assert_cmpuint (g_bytes_get_size (bytes), ==, 2 << 17);
  for (guint length = 0; length < good->len; length++)
    expect_packed ("a.zst", good->data, length, 0, "/m/a.zst");
  expect_packed ("a.zst", cut->data, cut->len, 0, "/m/a.zst");
  expect_packed ("a.zst", good->data, good->len, 1000, "/m/a.zst|larger than allowed");
  expect_packed ("a.zst", bomb->data, bomb->len, 0, "/m/a.zst|many times larger");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/files-bad/shortlist", test_shortlist);
  g_test_add_func ("/files-bad/yaml", test_yaml);
  g_test_add_func ("/files-bad/yaml-time", test_yaml_time);
  g_test_add_func ("/files-bad/vocabulary", test_vocabulary);
  g_test_add_func ("/files-bad/gzip", test_gzip);
  g_test_add_func ("/files-bad/zstd", test_zstd);
  return g_test_run ();
}
