/* ssmtranslate tests: text <-> token ids
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * tiny.spm: unigram, byte fallback, pad 0, unk 1, bos 2, eos 3, <sep> 4 as a
 * control symbol. tiny-user.spm: <sep> 4, xyz 5 and @ 6 are user-defined
 * (tests/reference/make-tokenizer.py).
 */
#include <string.h>

#include "engine/tokens/tokenizer.h"
#include "test-util.h"

#define INVALID SSMT_ERROR_INVALID
#define MANY_DAMAGES 3000

static SsmtTokenizer *
load (const char *name)
{
  g_autofree char *path = test_data (name);
  g_autoptr (GError) error = NULL;
  SsmtTokenizer *tokenizer = ssmt_tokenizer_load (path, &error);

  g_assert_no_error (error);
  return tokenizer;
}

static GArray *
encode (const SsmtTokenizer *tokenizer, const char *text)
{
  GArray *ids = g_array_new (FALSE, FALSE, sizeof (gint32));
  g_autoptr (GError) error = NULL;

  ssmt_tokenizer_encode (tokenizer, text, -1, ids, NULL, &error);
  g_assert_no_error (error);
  return ids;
}

static char *
decode (const SsmtTokenizer *tokenizer, const GArray *ids)
{
  return ssmt_tokenizer_decode (tokenizer, (const gint32 *) ids->data, ids->len, NULL);
}

/* --- round trips -------------------------------------------------------- */

typedef struct {
  const char *text, *back; /* back == NULL: the same */
} Trip;

static const Trip trips[] = {
  { "Good morning, how are you today?", NULL },
  { "Ich weiß nicht, wohin sie gegangen ist.", NULL },
  { "日本語 Ł \xf0\x9f\x98\x80", NULL },
  { "  two  spaces ", "two spaces" },
  { "①ﬁ", "1fi" },
  { "", NULL },
  { " ", "" },
  { "a <sep> b </s> <s> <unk> <pad>", NULL },
  { "<sep>", NULL },
  { "<sep><sep>x", NULL },
  { "＜sep＞", "<sep>" },
  { "</s", NULL },
  { "<0x41>", NULL },
  { "xyz @ xyzxyz", NULL },
  { "\xe2\x96\x81", "" },
};

/* No symbol comes from text, and the text comes back. */
static void
test_trips (gconstpointer name)
{
  g_autoptr (SsmtTokenizer) tokenizer = load (name);

  for (gsize i = 0; i < G_N_ELEMENTS (trips); i++) {
    g_autoptr (GArray) ids = encode (tokenizer, trips[i].text);
    g_autofree char *back = decode (tokenizer, ids);

    g_assert_cmpstr (back, ==, trips[i].back ? trips[i].back : trips[i].text);
    for (guint j = 0; j < ids->len; j++)
      g_assert_cmpint (g_array_index (ids, gint32, j), >, 4);
  }
}

static void
test_appends (void)
{
  g_autoptr (SsmtTokenizer) tokenizer = load ("tiny.spm");
  g_autoptr (GArray) ids = encode (tokenizer, "Good");
  g_autoptr (GArray) twice = encode (tokenizer, "Good");
  g_autoptr (GError) error = NULL;

  g_assert_cmpuint (ids->len, >, 0);
  g_assert_true (ssmt_tokenizer_encode (tokenizer, "Goods", 4, twice, NULL, &error));
  g_assert_cmpuint (twice->len, ==, 2 * ids->len);
  g_assert_cmpmem (twice->data, ids->len * sizeof (gint32), (gint32 *) twice->data + ids->len,
      ids->len * sizeof (gint32));
}

/* User-defined words are pieces of their own; only tags are not. */
static void
test_user_defined (void)
{
  g_autoptr (SsmtTokenizer) tokenizer = load ("tiny-user.spm");
  g_autoptr (GArray) ids = encode (tokenizer, "xyz");
  static const gint32 pieces[] = { 4, 5, 6 };
  g_autofree char *text = ssmt_tokenizer_decode (tokenizer, pieces, 3, NULL);

  g_assert_cmpint (g_array_index (ids, gint32, ids->len - 1), ==, 5);
  g_assert_cmpstr (text, ==, "xyz@");
}

static void
test_long_text (void)
{
  g_autoptr (SsmtTokenizer) tokenizer = load ("tiny.spm");
  g_autoptr (GString) text = g_string_new ("x");
  g_autoptr (GArray) ids = NULL;
  g_autofree char *back = NULL;

  for (int i = 0; i < 20000; i++)
    g_string_append (text, " <sep> 日");
  ids = encode (tokenizer, text->str);
  back = decode (tokenizer, ids);
  g_assert_cmpstr (back, ==, text->str);
}

static void
test_bad_text (void)
{
  g_autoptr (SsmtTokenizer) tokenizer = load ("tiny.spm");
  g_autoptr (GArray) ids = g_array_new (FALSE, FALSE, sizeof (gint32));
  GError *error = NULL;

  g_assert_false (ssmt_tokenizer_encode (tokenizer, "a\xff", -1, ids, NULL, &error));
  test_expect_error (&error, SSMT_ERROR_TEXT, "UTF-8");
  g_assert_false (ssmt_tokenizer_encode (tokenizer, "a\0b", 3, ids, NULL, &error));
  test_expect_error (&error, SSMT_ERROR_TEXT, "UTF-8");
  g_assert_cmpuint (ids->len, ==, 0);
}

/* --- ids that no text gives --------------------------------------------- */

static void
test_decode (void)
{
  g_autoptr (SsmtTokenizer) tokenizer = load ("tiny.spm");
  /* bytes stand at 5 + their value */
  static const struct {
    gint32 ids[6];
    gsize n;
    const char *text;
  } rows[] = {
    { { 0 }, 0, "" },
    { { 0, 1, 2, 3, 4 }, 5, "" },
    { { -1, 500, G_MAXINT32, G_MININT32 }, 4, "" },
    { { 5 + 'a', 4, 5 + 'b', 3 }, 4, "ab" },
    { { 5 + 0xc3, 5 + 0xa4 }, 2, "ä" },
    { { 5 + 0xc3 }, 1, "\xef\xbf\xbd" },
    { { 5 + 0xff, 5 + 'a', 5 + 0x80 }, 3,
        "\xef\xbf\xbd"
        "a\xef\xbf\xbd" },
    { { 5 + 'a', 5 + 0, 5 + 'b' }, 3,
        "a\xef\xbf\xbd"
        "b" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autofree char *text = ssmt_tokenizer_decode (tokenizer, rows[i].ids, rows[i].n, NULL);
    g_assert_cmpstr (text, ==, rows[i].text);
  }
}

static void
test_decode_anything (void)
{
  g_autoptr (SsmtTokenizer) tokenizer = load ("tiny.spm");

  for (int i = 0; i < 2000; i++) {
    g_autofree char *text = NULL;
    gint32 ids[32];

    for (gsize j = 0; j < G_N_ELEMENTS (ids); j++)
      ids[j] = g_test_rand_int_range (-3, 510);
    text = ssmt_tokenizer_decode (tokenizer, ids, G_N_ELEMENTS (ids), NULL);
    g_assert_true (g_utf8_validate (text, -1, NULL));
  }
}

static void
test_describe (void)
{
  g_autoptr (SsmtTokenizer) tokenizer = load ("tiny.spm");
  g_autofree char *text = ssmt_tokenizer_describe (tokenizer);

  g_assert_cmpstr (text, ==, "SentencePiece unigram, 500 pieces, byte fallback");
  g_assert_cmpuint (ssmt_tokenizer_get_size (tokenizer), ==, 500);
}

/* Threads share one. */
static gpointer
encode_often (gpointer tokenizer)
{
  for (int i = 0; i < 300; i++) {
    g_autoptr (GArray) ids = encode (tokenizer, trips[1].text);
    g_autofree char *back = decode (tokenizer, ids);

    g_assert_cmpstr (back, ==, trips[1].text);
  }
  return NULL;
}

static void
test_threads (void)
{
  g_autoptr (SsmtTokenizer) tokenizer = load ("tiny.spm");
  GThread *threads[4];

  for (gsize i = 0; i < G_N_ELEMENTS (threads); i++)
    threads[i] = g_thread_new ("encode", encode_often, tokenizer);
  for (gsize i = 0; i < G_N_ELEMENTS (threads); i++)
    g_thread_join (threads[i]);
}

/* --- models made by hand ------------------------------------------------ */

/* One piece of a SentencePiece model, type 1 normal ... 6 byte. */
static void
add_piece (GByteArray *model, const char *piece, gfloat score, guint8 type)
{
  gsize n = strlen (piece);
  guint8 head[] = { 0x0a, (guint8) (n + 9), 0x0a, (guint8) n };
  guint8 kind[] = { 0x18, type };
  guint8 tag = 0x15;

  g_assert_cmpuint (n, <, 100);
  g_byte_array_append (model, head, sizeof head);
  g_byte_array_append (model, (const guint8 *) piece, (guint) n);
  g_byte_array_append (model, &tag, 1);
  g_byte_array_append (model, (const guint8 *) &score, sizeof score);
  g_byte_array_append (model, kind, sizeof kind);
}

static SsmtTokenizer *
load_bytes (const GByteArray *model, GError **error)
{
  char *folder = test_folder_new ();
  g_autofree char *path = test_file_write (folder, "made.spm", model->data, model->len);
  SsmtTokenizer *tokenizer = ssmt_tokenizer_load (path, error);

  test_folder_remove (folder);
  return tokenizer;
}

/* Symbols of one character, which BPE would take for that character. */
static GByteArray *
small_model (guint8 algorithm)
{
  GByteArray *model = g_byte_array_new ();
  guint8 trainer[] = { 0x12, 2, 0x18, algorithm };

  add_piece (model, "<unk>", 0, 2);
  add_piece (model, "#", 0, 3);
  add_piece (model, "a", -1, 1);
  add_piece (model, "\xe2\x96\x81", -1, 1);
  g_byte_array_append (model, trainer, sizeof trainer);
  return model;
}

static void
test_one_character_symbol (void)
{
  static const gint32 expected[] = { 3, 2, 0, 2 };

  for (guint8 algorithm = 1; algorithm <= 4; algorithm++) {
    g_autoptr (GByteArray) model = small_model (algorithm);
    GError *error = NULL;
    g_autoptr (SsmtTokenizer) tokenizer = load_bytes (model, &error);
    g_autoptr (GArray) ids = NULL;

    if (algorithm > 1) {
      g_assert_null (tokenizer);
      test_expect_error (&error, SSMT_ERROR_UNSUPPORTED, "symbol \"#\"");
      continue;
    }
    g_assert_no_error (error);
    ids = encode (tokenizer, "a#a");
    g_assert_cmpmem (ids->data, ids->len * sizeof (gint32), expected, sizeof expected);
  }
}

typedef struct {
  const char *name, *bytes;
  gsize length;
  const char *words;
} Wire;

#define W(name, bytes, words)                                                                      \
  {                                                                                                \
    name, bytes, sizeof bytes - 1, words                                                           \
  }

/* [tag, length] of piece: 0a; its text 0a, score 15, type 18 */
static const Wire wires[] = {
  W ("empty", "", "has 0 pieces"),
  W ("text", "not a model", "no SentencePiece model"),
  W ("huge-length", "\x0a\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", "cut off"),
  W ("endless-varint", "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", "cut off"),
  W ("field-0", "\x02\x00", "no SentencePiece model"),
  W ("group", "\x0b\x0c", "no SentencePiece model"),
  W ("piece-as-number", "\x08\x01", "model of this|damaged"),
  W ("empty-piece", "\x0a\x00", "vocabulary"),
  W ("empty-text", "\x0a\x02\x0a\x00", "vocabulary"),
  W ("piece-not-utf8", "\x0a\x03\x0a\x01\xff", "vocabulary"),
  W ("piece-with-nul",
      "\x0a\x04\x0a\x02"
      "a\x00",
      "vocabulary"),
  W ("nan-score",
      "\x0a\x08\x0a\x01"
      "a\x15\x00\x00\xc0\x7f",
      "vocabulary"),
  W ("score-as-double",
      "\x0a\x0c\x0a\x01"
      "a\x11\0\0\0\0\0\0\0\0",
      "vocabulary"),
  W ("type-0",
      "\x0a\x05\x0a\x01"
      "a\x18\x00",
      "vocabulary"),
  W ("type-7",
      "\x0a\x05\x0a\x01"
      "a\x18\x07",
      "vocabulary"),
  W ("only-normal",
      "\x0a\x03\x0a\x01"
      "a",
      "SentencePiece cannot use"),
  W ("byte-without-fallback", "\x0a\x0a\x0a\x06<0x41>\x18\x06", "SentencePiece cannot use"),
  W ("algorithm-9", "\x12\x02\x18\x09", "trainer settings"),
  W ("map-short", "\x1a\x04\x12\x02\x00\x04", "normalizer"),
  W ("map-odd-trie",
      "\x1a\x09\x12\x07\x03\x00\x00\x00"
      "abc",
      "normalizer"),
  W ("map-as-number", "\x1a\x02\x10\x01", "normalizer"),
  W ("denormalizer-map", "\x2a\x04\x12\x02\x00\x04", "normalizer"),
};

static void
test_wire (gconstpointer data)
{
  const Wire *row = data;
  g_autoptr (GByteArray) model = g_byte_array_new ();
  GError *error = NULL;

  g_byte_array_append (model, (const guint8 *) row->bytes, (guint) row->length);
  g_assert_null (load_bytes (model, &error));
  test_expect_error (&error, INVALID, row->words);
}

/* A trie of one block whose root leads to its own byte 'a', which leads to
 * `unit`; the texts behind it are `text`. */
static void
expect_trie (guint32 unit, const char *text, gsize n, gboolean fine)
{
  g_autoptr (GByteArray) model = g_byte_array_new ();
  g_autoptr (GError) error = NULL;
  g_autoptr (SsmtTokenizer) tokenizer = NULL;
  guint32 size = GUINT32_TO_LE (1024), units[256] = { 0 };
  guint map = 4 + 1024 + (guint) n;
  guint8 head[] = {
    0x1a,
    (guint8) ((map + 3) | 0x80),
    (guint8) ((map + 3) >> 7),
    0x12,
    (guint8) (map | 0x80),
    (guint8) (map >> 7),
  };

  for (guint i = 0; i < 256; i++)
    units[i] = GUINT32_TO_LE (0x80000000u);
  units[0] = 0;
  units['a'] = GUINT32_TO_LE (unit);
  add_piece (model, "<unk>", 0, 2);
  add_piece (model, "a", 0, 1);
  g_byte_array_append (model, head, sizeof head);
  g_byte_array_append (model, (const guint8 *) &size, 4);
  g_byte_array_append (model, (const guint8 *) units, 1024);
  g_byte_array_append (model, (const guint8 *) text, (guint) n);
  tokenizer = load_bytes (model, &error);
  if (fine)
    g_assert_no_error (error);
  else
    g_assert_error (error, SSMT_ERROR, INVALID);
}

static void
test_trie (void)
{
  guint32 label = 'a', leaf = 1u << 8;
  char longest[130] = { 0 };

  expect_trie (label | leaf | 1u << 10, "b", 2, TRUE);
  /* a character becomes few bytes */
  memset (longest, 'b', 128);
  expect_trie (label | leaf | 1u << 10, longest, 129, TRUE);
  longest[128] = 'b';
  expect_trie (label | leaf | 1u << 10, longest, 130, FALSE);
  /* the text does not end */
  expect_trie (label | leaf | 1u << 10, "bb", 2, FALSE);
  expect_trie (label | leaf | 1u << 10, "", 0, FALSE);
  /* to another block, which is not there */
  expect_trie (label | leaf | 256u << 10, "b", 2, FALSE);
  expect_trie (label | leaf | 1u << 9 | 9u << 10, "b", 2, FALSE);
  /* from 'a' to 'a' for ever */
  expect_trie (label | (guint32) 'a' << 10, "b", 2, FALSE);
}

/* --- damaged files ------------------------------------------------------ */

static void
try_damaged (GByteArray *model)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (SsmtTokenizer) tokenizer = load_bytes (model, &error);

  g_autoptr (GArray) ids = g_array_new (FALSE, FALSE, sizeof (gint32));
  g_autofree char *text = NULL;

  g_assert_true ((tokenizer != NULL) == (error == NULL));
  if (!tokenizer)
    return;
  /* it may fail, but not in silence */
  g_assert_true (
      ssmt_tokenizer_encode (tokenizer, "Guten Morgen <sep> ①ﬁ 日", -1, ids, NULL, &error)
      == (error == NULL));
  text = decode (tokenizer, ids);
  g_assert_true (g_utf8_validate (text, -1, NULL));
}

static void
test_truncated (void)
{
  g_autofree char *path = test_data ("tiny.spm");
  g_autoptr (GBytes) file = test_file_read (path);
  gsize length;
  const guint8 *data = g_bytes_get_data (file, &length);

  for (gsize n = 0; n < length; n += n < 64 ? 1 : length / 97) {
    g_autoptr (GByteArray) cut = g_byte_array_new ();

    g_byte_array_append (cut, data, (guint) n);
    try_damaged (cut);
  }
}

static void
test_random_damage (void)
{
  g_autofree char *path = test_data ("tiny.spm");
  g_autoptr (GBytes) file = test_file_read (path);
  gsize length;
  const guint8 *data = g_bytes_get_data (file, &length);
  int n = g_test_thorough () ? MANY_DAMAGES : MANY_DAMAGES / 20;

  for (int i = 0; i < n; i++) {
    g_autoptr (GByteArray) model = g_byte_array_new ();
    int hits = g_test_rand_int_range (1, 20);

    g_byte_array_append (model, data, (guint) length);
    while (hits-- > 0) {
      /* half of them where the pieces are, half anywhere */
      gint32 end = hits % 2 ? (gint32) length : 7000;
      model->data[g_test_rand_int_range (0, end)] = (guint8) g_test_rand_int_range (0, 256);
    }
    try_damaged (model);
  }
}

static void
test_files (void)
{
  char *folder = test_folder_new ();
  GError *error = NULL;

  g_assert_null (ssmt_tokenizer_load (folder, &error));
  test_expect_error (&error, SSMT_ERROR_READ, "is a folder");
  g_assert_null (ssmt_tokenizer_load ("/nowhere/t.spm", &error));
  test_expect_error (&error, SSMT_ERROR_NOT_FOUND, "/nowhere/t.spm");
  test_folder_remove (folder);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_data_func ("/tokenizer/trips", "tiny.spm", test_trips);
  g_test_add_data_func ("/tokenizer/trips-user", "tiny-user.spm", test_trips);
  g_test_add_func ("/tokenizer/appends", test_appends);
  g_test_add_func ("/tokenizer/user-defined", test_user_defined);
  g_test_add_func ("/tokenizer/long-text", test_long_text);
  g_test_add_func ("/tokenizer/bad-text", test_bad_text);
  g_test_add_func ("/tokenizer/decode", test_decode);
  g_test_add_func ("/tokenizer/decode-anything", test_decode_anything);
  g_test_add_func ("/tokenizer/describe", test_describe);
  g_test_add_func ("/tokenizer/threads", test_threads);
  g_test_add_func ("/tokenizer/one-character-symbol", test_one_character_symbol);
  for (gsize i = 0; i < G_N_ELEMENTS (wires); i++) {
    g_autofree char *name = g_strdup_printf ("/tokenizer/wire/%s", wires[i].name);
    g_test_add_data_func (name, &wires[i], test_wire);
  }
  g_test_add_func ("/tokenizer/trie", test_trie);
  g_test_add_func ("/tokenizer/truncated", test_truncated);
  g_test_add_func ("/tokenizer/random-damage", test_random_damage);
  g_test_add_func ("/tokenizer/files", test_files);
  return g_test_run ();
}
