/* ssmtranslate tests: Marian's containers that are refused, each with a message that says where and why
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <string.h>

#include <zip.h>

#include "engine/formats/marian-file.h"
#include "test-util.h"

#define INVALID SSMT_ERROR_INVALID
#define UNSUPPORTED SSMT_ERROR_UNSUPPORTED

/* --- .bin ----------------------------------------------------------------- */

/* Items "a" (2, 3) and "b" (1, 2), of F32: 32 bytes of a header each from byte 16 on, names at 80, shapes
 * at 84, the padding's length at 100, data from 108 on. */
static GByteArray *
make_bin (void)
{
  static const guint64 header[] = { 1, 2, 2, 0x404, 2, 24, 2, 0x404, 2, 8 };
  static const guint32 shapes[] = { 2, 3, 1, 2 };
  static const float data[8] = { 1, 2, 3, 4, 5, 6, 7, 8 };
  GByteArray *bytes = g_byte_array_new ();

  for (guint i = 0; i < G_N_ELEMENTS (header); i++)
    test_append_u64 (bytes, header[i]);
  test_append (bytes, "a\0b\0", 4);
  for (guint i = 0; i < G_N_ELEMENTS (shapes); i++)
    test_append_u32 (bytes, shapes[i]);
  test_append_u64 (bytes, 0);
  test_append (bytes, data, sizeof data);
  return bytes;
}

static void
expect_marian (const guint8 *data, gsize size, int code, const char *words)
{
  g_autoptr (GBytes) bytes = g_bytes_new (data, size);
  g_autoptr (GError) error = NULL;
  g_autoptr (SsmtMarianFile) file = ssmt_marian_file_parse (bytes, "/m/model.bin", &error);

  g_assert_null (file);
  test_expect_error (&error, code, words);
}

static void
test_bin (void)
{
  static const struct {
    guint at, size;
    guint64 value;
    const char *words;
  } cases[] = {
    { 0, 8, 2, "version 1" },
    { 8, 8, 0, "number of items" },
    { 8, 8, 1 << 20, "number of items" },
    { 8, 8, G_MAXUINT64, "number of items" },
    { 8, 8, 3, "" },
    { 16, 8, 0, "without a name" },
    { 16, 8, G_MAXUINT64, "not whole" },
    { 16, 8, 1, "name" },
    { 16, 8, 3, "name" },
    { 32, 8, 5, "dimensions" },
    { 32, 8, G_MAXUINT64, "dimensions" },
    { 40, 8, 23, "item \"a\"|too few" },
    { 40, 8, G_MAXUINT64, "item \"a\"|ends before" },
    { 40, 8, 33, "item \"a\"|ends before" },
    { 48 + 24, 8, 7, "item \"b\"|too few" },
    { 81, 1, 'x', "name" },
    { 82, 1, 'a', "item \"a\"|twice" },
    { 84, 4, 0, "item \"a\"|dimension 0" },
    { 88, 4, 0xffffffff, "item \"a\"|dimension 1" },
    { 84, 4, 0x7fffffff, "item \"a\"|too few" },
    { 100, 8, 1, "item \"b\"" },
    { 100, 8, G_MAXUINT64, "not whole" },
  };
  g_autoptr (GByteArray) good = make_bin ();

  for (guint length = 0; length < good->len; length++)
    expect_marian (good->data, length, INVALID, "/m/model.bin");
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (GByteArray) bytes = make_bin ();
    guint64 value = GUINT64_TO_LE (cases[i].value);
    g_autofree char *words = g_strconcat ("/m/model.bin|", cases[i].words, NULL);

    g_test_message ("byte %u: %" G_GUINT64_FORMAT, cases[i].at, cases[i].value);
    memcpy (bytes->data + cases[i].at, &value, cases[i].size);
    expect_marian (bytes->data, bytes->len, INVALID, words);
  }
}

/* --- .npz ----------------------------------------------------------------- */

/* An archive of one deflated entry. */
static GByteArray *
make_zip (const char *name, gconstpointer data, gsize size)
{
  zip_source_t *out = zip_source_buffer_create (NULL, 0, 0, NULL);
  zip_t *zip = zip_open_from_source (out, ZIP_TRUNCATE, NULL);
  GByteArray *bytes = g_byte_array_new ();
  zip_stat_t stat;

  g_assert_cmpint (
      zip_file_add (zip, name, zip_source_buffer (zip, data, size, 0), ZIP_FL_ENC_UTF_8), ==, 0);
  zip_source_keep (out);
  g_assert_cmpint (zip_close (zip), ==, 0);
  g_assert_cmpint (zip_source_open (out), ==, 0);
  g_assert_cmpint (zip_source_stat (out, &stat), ==, 0);
  g_byte_array_set_size (bytes, (guint) stat.size);
  g_assert_cmpint (zip_source_read (out, bytes->data, stat.size), ==, (zip_int64_t) stat.size);
  zip_source_close (out);
  zip_source_free (out);
  return bytes;
}

/* `data` bytes of zeros behind the header. */
static GByteArray *
make_npy (const char *dictionary, gsize data)
{
  GByteArray *bytes = g_byte_array_new ();
  gsize length = strlen (dictionary);
  guint8 prefix[] = { 0x93, 'N', 'U', 'M', 'P', 'Y', 1, 0, (guint8) length,
    (guint8) (length >> 8) };

  test_append (bytes, prefix, sizeof prefix);
  test_append (bytes, dictionary, length);
  g_byte_array_set_size (bytes, (guint) (bytes->len + data));
  memset (bytes->data + bytes->len - data, 0, data);
  return bytes;
}

static void
test_npz (void)
{
  static const struct {
    const char *descr, *order, *shape;
    int code;
    const char *words;
  } cases[] = {
    { "<f8", "False", "(2, 3)", UNSUPPORTED, "item \"Wemb\"|floats of 32" },
    { ">f4", "False", "(2, 3)", UNSUPPORTED, "item \"Wemb\"" },
    { "|O", "False", "(2, 3)", UNSUPPORTED, "item \"Wemb\"" },
    { "<f4", "True", "(2, 3)", UNSUPPORTED, "item \"Wemb\"|C's order" },
    { "<f4", "False", "(2, 3, 4, 5, 6)", UNSUPPORTED, "at most 4" },
    { "<f4", "False", "(2, -3)", UNSUPPORTED, "item \"Wemb\"" },
    { "<f4", "False", "(2, 3", UNSUPPORTED, "item \"Wemb\"" },
    { "<f4", "False", "(2, 0)", INVALID, "item \"Wemb\"|dimension 1" },
    { "<f4", "False", "(2, 4)", INVALID, "item \"Wemb\"|too few" },
    { "<f4", "False", "(2147483647, 2147483647, 4)", INVALID, "item \"Wemb\"" },
    { "<f4", "False", "(99999999999999999999, 1)", UNSUPPORTED, "item \"Wemb\"" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree char *dictionary =
        g_strdup_printf ("{'descr': '%s', 'fortran_order': %s, 'shape': %s}", cases[i].descr,
            cases[i].order, cases[i].shape);
    g_autoptr (GByteArray) npy = make_npy (dictionary, 24);
    g_autoptr (GByteArray) zip = make_zip ("Wemb.npy", npy->data, npy->len);

    g_test_message ("%s", dictionary);
    expect_marian (zip->data, zip->len, cases[i].code, cases[i].words);
  }
}

static guint8 *
find_bytes (GByteArray *bytes, const char *four)
{
  for (guint at = 0; at + 4 <= bytes->len; at++)
    if (memcmp (bytes->data + at, four, 4) == 0)
      return bytes->data + at;
  g_assert_not_reached ();
}

static void
test_npz_archive (void)
{
  static const char dictionary[] = "{'descr': '<f4', 'fortran_order': False, 'shape': (3, 2), }";
  g_autoptr (GByteArray) npy = make_npy (dictionary, 24);
  g_autoptr (GByteArray) good = make_zip ("Wemb.npy", npy->data, npy->len);
  g_autoptr (GByteArray) large = make_npy (dictionary, 64 << 20);
  g_autoptr (GByteArray) bomb = make_zip ("Wemb.npy", large->data, large->len);

  for (guint length = 4; length < good->len; length++)
    expect_marian (good->data, length, INVALID, "/m/model.bin");
  expect_marian (bomb->data, bomb->len, INVALID, "item \"Wemb\"|larger than any model");

  for (int change = -20; change <= 40; change += 60) { /* both places where the size stands */
    g_autoptr (GByteArray) lying = make_zip ("Wemb.npy", npy->data, npy->len);
    guint8 *first = find_bytes (lying, "PK\3\4"), *second = find_bytes (lying, "PK\1\2");
    guint32 size = GUINT32_TO_LE (npy->len + (guint32) change);

    memcpy (first + 22, &size, sizeof size);
    memcpy (second + 24, &size, sizeof size);
    expect_marian (lying->data, lying->len, INVALID, "item \"Wemb\"|cannot be unpacked");
  }
  *(find_bytes (good, "PK\1\2") + 16) ^= 1; /* of the checksum */
  *(find_bytes (good, "PK\3\4") + 14) ^= 1;
  expect_marian (good->data, good->len, INVALID, "item \"Wemb\"|cannot be unpacked");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/marian-files/bin", test_bin);
  g_test_add_func ("/marian-files/npz", test_npz);
  g_test_add_func ("/marian-files/npz-archive", test_npz_archive);
  return g_test_run ();
}
