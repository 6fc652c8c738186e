/* ssmtranslate tests: headers of safetensors files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <string.h>

#include "engine/files/safetensors.h"
#include "test-util.h"

#define INVALID SSMT_ERROR_INVALID
#define UNSUPPORTED SSMT_ERROR_UNSUPPORTED

static SsmtSafetensors *
parse (GBytes *file, GError **error)
{
  gsize length;
  /* a copy of exactly this size, so that a tool sees any step outside */
  g_autofree guint8 *copy = NULL;
  const guint8 *data = g_bytes_get_data (file, &length);

  copy = g_memdup2 (data, length);
  return ssmt_safetensors_parse (copy, length, "m.safetensors", error);
}

/* --- broken headers ----------------------------------------------------- */

#define T(name, dtype, shape, offsets)                                                             \
  "\"" name "\":{\"dtype\":\"" dtype "\",\"shape\":" shape ",\"data_offsets\":" offsets "}"

typedef struct {
  const char *name, *header;
  gsize n_data;
  int code;
  const char *words;
} Broken;

static const Broken broken[] = {
  { "empty-header", "", 0, INVALID, "header|expected \"{\"" },
  { "array", "[]", 0, INVALID, "expected \"{\"" },
  { "no-tensors", "{}", 0, INVALID, "no tensors" },
  { "only-metadata", "{\"__metadata__\":{\"a\":\"b\"}}", 0, INVALID, "no tensors" },
  { "cut-off", "{\"a\":{\"dtype\":\"F32\"", 4, INVALID, "expected \"}\"" },
  { "cut-off-string", "{\"a", 4, INVALID, "expected \"\"\"" },
  { "cut-off-escape", "{\"a\\", 4, INVALID, "escape" },
  { "cut-off-hex", "{\"a\\u00", 4, INVALID, "hexadecimal" },
  { "text-after", "{" T ("a", "F32", "[1]", "[0,4]") "}x", 4, INVALID, "after the end" },
  { "no-comma", "{" T ("a", "F32", "[1]", "[0,4]") " " T ("b", "F32", "[1]", "[4,8]") "}", 8,
      INVALID, "expected \"}\"" },
  { "comma-at-end", "{" T ("a", "F32", "[1]", "[0,4]") ",}", 4, INVALID, "expected a string" },
  { "not-utf8", "{\"\xff\":{}}", 4, INVALID, "byte 2: not UTF-8" },
  { "tensor-is-number", "{\"a\":7}", 4, INVALID, "expected \"{\"" },
  { "tensor-is-null", "{\"a\":null}", 4, INVALID, "expected \"{\"" },
  { "tensor-is-empty", "{\"a\":{}}", 4, INVALID, "expected a string" },
  { "deep", "{\"a\":[[[[[[[[[[[[[[[[[[[[", 4, INVALID, "expected \"{\"" },
  { "metadata-number", "{\"__metadata__\":{\"a\":1}}", 0, INVALID, "expected a string" },
  { "metadata-array", "{\"__metadata__\":[]}", 0, INVALID, "expected \"{\"" },
  { "empty-name", "{" T ("", "F32", "[1]", "[0,4]") "}", 4, INVALID, "name has 0 bytes" },
  { "escape-in-name", "{" T ("a\\u001b[2J", "F32", "[1]", "[0,4]") "}", 4, INVALID,
      "control character" },
  { "nul-in-name", "{" T ("a\\u0000", "F32", "[1]", "[0,4]") "}", 4, INVALID,
      "\\u0000 is no character" },
  { "raw-control", "{" T ("a\n", "F32", "[1]", "[0,4]") "}", 4, INVALID, "control character" },
  { "half-surrogate", "{" T ("\\ud800", "F32", "[1]", "[0,4]") "}", 4, INVALID, "surrogate" },
  { "two-high-surrogates", "{" T ("\\ud800\\ud800", "F32", "[1]", "[0,4]") "}", 4, INVALID,
      "surrogate" },
  { "low-surrogate", "{" T ("\\udc00", "F32", "[1]", "[0,4]") "}", 4, INVALID, "no character" },
  { "unknown-escape", "{" T ("\\x41", "F32", "[1]", "[0,4]") "}", 4, INVALID, "unknown escape" },
  { "dtype-unknown", "{" T ("a", "Q4", "[1]", "[0,4]") "}", 4, UNSUPPORTED,
      "tensor \"a\": dtype is \"Q4\"|F32, F16, BF16, I8 or U8" },
  { "dtype-f64", "{" T ("a", "F64", "[1]", "[0,8]") "}", 8, UNSUPPORTED, "F64" },
  { "dtype-empty", "{" T ("a", "", "[1]", "[0,4]") "}", 4, UNSUPPORTED, "dtype" },
  { "dtype-number", "{\"a\":{\"dtype\":1}}", 4, INVALID, "expected a string" },
  { "dtype-missing", "{\"a\":{\"shape\":[1],\"data_offsets\":[0,4]}}", 4, INVALID,
      "\"dtype\" is missing" },
  { "dtype-twice", "{\"a\":{\"dtype\":\"F32\",\"dtype\":\"I8\"}}", 4, INVALID,
      "tensor \"a\": second key \"dtype\"" },
  { "shape-missing", "{\"a\":{\"dtype\":\"F32\",\"data_offsets\":[0,4]}}", 4, INVALID,
      "\"shape\" is missing" },
  { "shape-number", "{" T ("a", "F32", "1", "[0,4]") "}", 4, INVALID,
      "\"shape\" must be an array" },
  { "shape-negative", "{" T ("a", "F32", "[-1]", "[0,4]") "}", 4, INVALID, "not negative" },
  { "shape-fraction", "{" T ("a", "F32", "[1.5]", "[0,4]") "}", 4, INVALID, "whole number" },
  { "shape-exponent", "{" T ("a", "F32", "[1e0]", "[0,4]") "}", 4, INVALID, "whole number" },
  { "shape-text", "{" T ("a", "F32", "[\"1\"]", "[0,4]") "}", 4, INVALID, "whole number" },
  { "shape-nested", "{" T ("a", "F32", "[[1]]", "[0,4]") "}", 4, INVALID, "whole number" },
  { "shape-octal", "{" T ("a", "F32", "[01]", "[0,4]") "}", 4, INVALID, "begins with 0" },
  { "shape-open", "{" T ("a", "F32", "[1", "[0,4]") "}", 4, INVALID, "expected" },
  { "shape-zero", "{" T ("a", "F32", "[2,0]", "[0,0]") "}", 0, INVALID,
      "tensor \"a\": is empty: dimension 1" },
  { "shape-9-dims", "{" T ("a", "F32", "[1,1,1,1,1,1,1,1,1]", "[0,4]") "}", 4, INVALID,
      "more than 8" },
  { "shape-overflow", "{" T ("a", "I8", "[4294967296,4294967297]", "[0,4294967296]") "}", 4,
      INVALID, "64 bits" },
  { "bytes-overflow", "{" T ("a", "F32", "[4611686018427387905]", "[0,4]") "}", 4, INVALID,
      "64 bits" },
  { "number-overflow", "{" T ("a", "F32", "[18446744073709551617]", "[0,4]") "}", 4, INVALID,
      "larger than 64 bits" },
  { "offsets-missing", "{\"a\":{\"dtype\":\"F32\",\"shape\":[1]}}", 4, INVALID,
      "\"data_offsets\" is missing" },
  { "offsets-one", "{" T ("a", "F32", "[1]", "[0]") "}", 4, INVALID, "has 1 numbers, expected 2" },
  { "offsets-none", "{" T ("a", "F32", "[1]", "[]") "}", 4, INVALID, "has 0 numbers" },
  { "offsets-three", "{" T ("a", "F32", "[1]", "[0,4,8]") "}", 4, INVALID, "more than 2" },
  { "offsets-reversed", "{" T ("a", "F32", "[1]", "[4,0]") "}", 4, INVALID,
      "tensor \"a\": data_offsets [4, 0] are not within" },
  { "offsets-outside", "{" T ("a", "F32", "[2]", "[0,8]") "}", 4, INVALID,
      "not within the file's 4 bytes" },
  { "offsets-max", "{" T ("a", "F32", "[1]", "[18446744073709551612,18446744073709551615]") "}", 4,
      INVALID, "not within" },
  { "offsets-beyond", "{" T ("a", "F32", "[1]", "[0,18446744073709551620]") "}", 4, INVALID,
      "64 bits" },
  { "offsets-short", "{" T ("a", "F32", "[2]", "[0,4]") "}", 4, INVALID,
      "span 4 bytes, expected 8" },
  { "offsets-long", "{" T ("a", "F16", "[1]", "[0,4]") "}", 4, INVALID,
      "span 4 bytes, expected 2" },
  { "unknown-key", "{\"a\":{\"strides\":[1]}}", 4, INVALID,
      "tensor \"a\": unknown key \"strides\"" },
  { "name-twice", "{" T ("a", "F32", "[1]", "[0,4]") "," T ("\\u0061", "F32", "[1]", "[4,8]") "}",
      8, INVALID, "tensor \"a\": is in the header twice" },
  { "overlap", "{" T ("a", "F32", "[2]", "[0,8]") "," T ("b", "F32", "[2]", "[4,12]") "}", 12,
      INVALID, "tensor \"b\": begins at byte 4|inside the tensor that ends at 8" },
  { "same-place", "{" T ("a", "F32", "[1]", "[0,4]") "," T ("b", "F32", "[1]", "[0,4]") "}", 4,
      INVALID, "begins at byte 0" },
  { "hole", "{" T ("a", "F32", "[1]", "[0,4]") "," T ("b", "F32", "[1]", "[8,12]") "}", 12, INVALID,
      "tensor \"b\": begins at byte 8|after a hole from 4" },
  { "hole-at-start", "{" T ("a", "F32", "[1]", "[4,8]") "}", 8, INVALID, "after a hole from 0" },
  { "hole-at-end", "{" T ("a", "F32", "[1]", "[0,4]") "}", 5, INVALID,
      "end at byte 4 of the data, but there are 5" },
};

static void
test_broken (gconstpointer data)
{
  const Broken *row = data;
  g_autoptr (GBytes) file = test_safetensors (row->header, row->n_data);
  GError *error = NULL;

  g_assert_null (parse (file, &error));
  test_expect_error (&error, row->code, row->words);
}

static void
expect_length_error (const void *file, gsize length, const char *words)
{
  g_autoptr (GBytes) bytes = g_bytes_new (file, length);
  GError *error = NULL;

  g_assert_null (parse (bytes, &error));
  test_expect_error (&error, INVALID, words);
}

static void
test_header_length (void)
{
  static const guint8 outside[] = { 3, 0, 0, 0, 0, 0, 0, 0, '{', '}' };
  static const guint8 all_ones[16] = {
    255,
    255,
    255,
    255,
    255,
    255,
    255,
    255,
  };
  gsize large = SSMT_SAFETENSORS_MAX_HEADER + 16;
  g_autofree guint8 *file = g_malloc0 (large);
  guint64 n = GUINT64_TO_LE ((guint64) SSMT_SAFETENSORS_MAX_HEADER + 1);

  for (gsize length = 0; length < 8; length++)
    expect_length_error (all_ones, length, "expected a safetensors file");
  expect_length_error (
      outside, sizeof outside, "header of 3 bytes does not fit, expected at most 2");
  expect_length_error (all_ones, sizeof all_ones, "header of 18446744073709551615 bytes");
  memcpy (file, &n, sizeof n);
  expect_length_error (file, large, "expected at most 100000000");
}

static void
test_long_name (void)
{
  g_autoptr (GString) header = g_string_new ("{\"");
  g_autoptr (GBytes) file = NULL;
  GError *error = NULL;

  for (int i = 0; i < SSMT_SAFETENSORS_MAX_NAME + 1; i++)
    g_string_append_c (header, 'a');
  file = test_safetensors (header->str, 4);
  g_assert_null (parse (file, &error));
  g_clear_error (&error);
  g_string_append (header, "\":{}}");
  g_bytes_unref (file);
  file = test_safetensors (header->str, 4);
  g_assert_null (parse (file, &error));
  test_expect_error (&error, INVALID, "name has 513 bytes");
}

/* A good file, cut off at every length and with every byte changed, gives a
 * header or an error, and nothing else. */
static void
test_every_byte (void)
{
  static const char header[] = "{\"__metadata__\":{\"format\":\"pt\"}," T ("a\\u00e4\\ud83d\\ude00",
      "F32", "[2,3]", "[0,24]") "," T ("b", "I8", "[4]", "[24,28]") "}   ";
  g_autoptr (GBytes) file = test_safetensors (header, 28);
  gsize length;
  const guint8 *data = g_bytes_get_data (file, &length);
  g_autoptr (SsmtSafetensors) good = parse (file, NULL);

  g_assert_nonnull (good);
  g_assert_cmpstr (g_array_index (good->tensors, SsmtTensor, 0).name, ==, "aä😀");
  for (gsize n = 0; n < length; n++) {
    g_autoptr (GBytes) cut = g_bytes_new (data, n);
    g_autoptr (GError) error = NULL;

    g_assert_null (parse (cut, &error));
    g_assert_error (error, SSMT_ERROR, INVALID);
  }
  for (gsize i = 0; i < length * 256; i++) {
    g_autofree guint8 *copy = g_memdup2 (data, length);
    g_autoptr (GBytes) changed = NULL;
    g_autoptr (GError) error = NULL;

    copy[i / 256] = (guint8) i;
    changed = g_bytes_new (copy, length);
    ssmt_safetensors_free (parse (changed, &error));
  }
}

static void
test_good_header (void)
{
  g_autoptr (GBytes) file = test_safetensors (
      " {" T ("b", "F16", "[ 2 , 1 ]", "[4,8]") " , " T ("s", "F32", "[]", "[0,4]") "} \n", 8);
  g_autoptr (GError) error = NULL;
  g_autoptr (SsmtSafetensors) header = parse (file, &error);
  const SsmtTensor *info;

  g_assert_no_error (error);
  g_assert_cmpuint (header->data_size, ==, 8);
  g_assert_cmpuint (header->tensors->len, ==, 2);
  info = (const SsmtTensor *) header->tensors->data;
  g_assert_cmpstr (info[0].name, ==, "s");
  g_assert_cmpuint (info[0].n_elements, ==, 1);
  g_assert_cmpuint (info[0].n_dims, ==, 0);
  g_assert_cmpstr (info[1].name, ==, "b");
  g_assert_cmpuint (info[1].n_elements, ==, 2);
  g_assert_cmpuint (info[1].begin, ==, 4);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  for (gsize i = 0; i < G_N_ELEMENTS (broken); i++) {
    g_autofree char *name = g_strdup_printf ("/safetensors/broken/%s", broken[i].name);
    g_test_add_data_func (name, &broken[i], test_broken);
  }
  g_test_add_func ("/safetensors/header-length", test_header_length);
  g_test_add_func ("/safetensors/long-name", test_long_name);
  g_test_add_func ("/safetensors/every-byte", test_every_byte);
  g_test_add_func ("/safetensors/good", test_good_header);
  return g_test_run ();
}
