/* ssmtranslate tests: tokenizer.json files that would take all memory, or never end
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Each lengthens a text enough that a tokenizer without a budget would be seen to do it, and no more than any
 * machine can bear.
 */
#include <string.h>

#include "engine/tokens/bpe.h"
#include "stream-util.h"
#include "test-util.h"

#define STEP(type, more) "{ \"type\": \"" type "\"" more " }"
#define REPLACE(pattern, with)                                                                     \
  STEP ("Replace", ", \"pattern\": { " pattern " }, \"content\": \"" with "\"")
#define SPLIT(regex)                                                                               \
  STEP ("Split", ", \"pattern\": { \"Regex\": \"" regex "\" }, \"behavior\": \"Isolated\"")
#define BYTES STEP ("ByteLevel", ", \"add_prefix_space\": false, \"use_regex\": false")
#define TEN "aaaaaaaaaa"
#define FORTY TEN TEN TEN TEN

/* Searches of some 1,000,000 ways at each place, each within what PCRE allows one search. */
#define SLOW "(?=(?:x{0,9}){6}y)x|x"
/* 3 to the power of n ways through n letters; the end is looked at last. */
#define ENDLESS "(a|aa|aaa)+$"

/* --- files ---------------------------------------------------------------- */

/* Added tokens, and lists of steps. */
typedef struct {
  const char *added, *normalizers, *splitters, *decoders;
} Steps;

static char *
make_json (Steps steps)
{
  return g_strdup_printf (
      "{ \"added_tokens\": [ %s ],\n"
      "  \"normalizer\": { \"type\": \"Sequence\", \"normalizers\": [ %s ] },\n"
      "  \"pre_tokenizer\": { \"type\": \"Sequence\", \"pretokenizers\": [ %s ] },\n"
      "  \"decoder\": { \"type\": \"Sequence\", \"decoders\": [ %s ] },\n"
      "  \"model\": { \"unk_token\": \"?\", \"vocab\": { \"?\": 0, \"a\": 1, \"b\": 2,\n"
      "    \"x\": 3, \" \": 4 }, \"merges\": [] } }\n",
      steps.added ? steps.added : "", steps.normalizers ? steps.normalizers : "",
      steps.splitters ? steps.splitters : "", steps.decoders ? steps.decoders : "");
}

static SsmtBpe *
load (Steps steps, GError **error)
{
  g_autofree char *json = make_json (steps);

  return ssmt_bpe_load (json, strlen (json), "tokenizer.json", error);
}

static char *
repeat (const char *text, guint n)
{
  GString *out = g_string_new (NULL);

  for (guint i = 0; i < n; i++)
    g_string_append (out, text);
  return g_string_free (out, FALSE);
}

/* n steps as a list. */
static char *
many (const char *step, guint n)
{
  g_autofree char *more = g_strconcat (", ", step, NULL);
  g_autofree char *rest = repeat (more, n - 1);

  return g_strconcat (step, rest, NULL);
}

/* Encodes `n` times `unit`; `words` of the error, or NULL: it is fine. */
static void
expect_encoded (Steps steps, const char *unit, guint n, const char *words)
{
  g_autoptr (GArray) ids = g_array_new (FALSE, FALSE, sizeof (gint32));
  g_autofree char *text = repeat (unit, n);
  g_auto (SsmtBudget) budget = { NULL };
  GError *error = NULL;
  g_autoptr (SsmtBpe) bpe = load (steps, &error);
  gboolean fine;

  g_assert_no_error (error);
  ssmt_budget_init (&budget, strlen (text), NULL);
  fine = ssmt_bpe_encode (bpe, text, strlen (text), ids, &budget);
  g_assert_true (fine == ssmt_budget_check (&budget, &error));
  if (words == NULL) {
    g_assert_no_error (error);
    g_assert_cmpuint (ids->len, >, 0);
    return;
  }
  test_expect_error (&error, SSMT_ERROR_TEXT, words);
  g_assert_cmpuint (ids->len, ==, 0);
}

/* --- longer and longer ------------------------------------------------------ */

static void
test_growth (void)
{
  g_autofree char *replace = many (REPLACE ("\"String\": \"a\"", FORTY), 5);
  g_autofree char *regex = many (REPLACE ("\"Regex\": \"[^b]\"", FORTY), 5);
  g_autofree char *empty = many (REPLACE ("\"Regex\": \"(?=a)\"", "a"), 27);
  g_autofree char *bytes = many (BYTES, 24);
  g_autofree char *content = repeat ("a", 100000);
  g_autofree char *prepend = g_strdup_printf (STEP ("Prepend", ", \"prepend\": \"%s\""), content);
  g_autofree char *prepends = many (prepend, 20);
  g_autofree char *one = g_strdup_printf (REPLACE ("\"String\": \"a\"", "%s"), content);

  expect_encoded ((Steps){ .normalizers = replace }, "a", 1, "longer");
  expect_encoded ((Steps){ .normalizers = regex }, "a", 1, "longer");
  expect_encoded ((Steps){ .normalizers = empty }, "a", 1, "longer");
  expect_encoded ((Steps){ .normalizers = prepends }, "a", 1, "longer");
  expect_encoded ((Steps){ .normalizers = one }, "a", 1000, "longer");
  expect_encoded ((Steps){ .splitters = bytes }, "\303\251", 1, "longer");
}

/* Spaces that each token takes again. */
static void
test_growing_spaces (void)
{
  static const char added[] = "{ \"id\": 4, \"content\": \" \", \"rstrip\": true }";

  expect_encoded ((Steps){ .added = added }, " ", 100, NULL);
  expect_encoded ((Steps){ .added = added }, " ", 10000, "longer");
}

/* What honest tokenizers do to the longest of cues. */
static void
test_honest (void)
{
  Steps steps = { .normalizers = STEP ("NFKC", ""), .splitters = BYTES };

  expect_encoded (steps, "\357\267\272", 21000, NULL); /* 18 letters in one */
  expect_encoded (steps, "a", 65536, NULL);
  expect_encoded (
      (Steps){ .splitters = SPLIT ("\\\\p{L}+|\\\\s+(?!\\\\S)|\\\\s+") }, "a b  ", 13000, NULL);
  expect_encoded (
      (Steps){ .normalizers = REPLACE ("\"String\": \" \"", "\342\226\201") }, " a", 30000, NULL);
}

static void
test_decoders (void)
{
  g_autofree char *decoders = many (REPLACE ("\"Regex\": \".\"", FORTY), 5);
  g_autoptr (SsmtBpe) bpe = load ((Steps){ .decoders = decoders }, NULL);
  g_auto (SsmtBudget) budget = { NULL };
  const gint32 ids[] = { 1, 2, 3 };
  g_autofree char *text = NULL;
  GError *error = NULL;

  ssmt_budget_init (&budget, 3, NULL);
  text = ssmt_bpe_decode (bpe, ids, G_N_ELEMENTS (ids), &budget);
  g_assert_cmpstr (text, ==, "");
  g_assert_false (ssmt_budget_check (&budget, &error));
  test_expect_error (&error, SSMT_ERROR_TEXT, "longer");
}

/* They are normalized when the file is read. */
static void
test_added_tokens (void)
{
  static const char added[] = "{ \"id\": 1, \"content\": \"a\", \"normalized\": true }";
  g_autofree char *normalizers = many (REPLACE ("\"String\": \"a\"", FORTY), 5);
  g_autofree char *slow = many (REPLACE ("\"Regex\": \"" SLOW "\"", "x"), 20);
  g_autofree char *letters = repeat ("x", 400);
  g_autofree char *long_one =
      g_strdup_printf ("{ \"id\": 5, \"content\": \"%s\", \"normalized\": true }", letters);
  GError *error = NULL;

  g_assert_null (load ((Steps){ .added = added, .normalizers = normalizers }, &error));
  test_expect_error (&error, SSMT_ERROR_UNSUPPORTED, "added_tokens[0]|longer");
  g_assert_null (load ((Steps){ .added = long_one, .normalizers = slow }, &error));
  test_expect_error (&error, SSMT_ERROR_UNSUPPORTED, "added_tokens[0]|too long");
}

/* --- without end -------------------------------------------------------------- */

static void
test_slow (void)
{
  g_autofree char *splitters = many (SPLIT (SLOW), 20);
  g_autofree char *normalizers = many (REPLACE ("\"Regex\": \"" SLOW "\"", "x"), 20);

  expect_encoded ((Steps){ .splitters = splitters }, "x", 400, "too long");
  expect_encoded ((Steps){ .normalizers = normalizers }, "x", 400, "too long");
}

/* One budget is for all that is done with a text; once it is spent it stays so. */
static void
test_all_of_a_text (void)
{
  g_autoptr (SsmtBpe) bpe = load ((Steps){ .splitters = SPLIT ("(?:x{0,3}){3}y|x") }, NULL);
  g_autoptr (GArray) ids = g_array_new (FALSE, FALSE, sizeof (gint32));
  g_autofree char *text = repeat ("x", 400);
  g_auto (SsmtBudget) budget = { NULL };
  guint64 left, used;
  guint n = 1;

  ssmt_budget_init (&budget, strlen (text), NULL);
  left = budget.left;
  g_assert_true (ssmt_bpe_encode (bpe, text, strlen (text), ids, &budget));
  used = left - budget.left;
  g_assert_cmpuint (used, >, 400 * 64);
  while (ssmt_bpe_encode (bpe, text, strlen (text), ids, &budget))
    n++;
  g_assert_cmpuint (n, ==, (left - 1) / used);
  g_assert_false (ssmt_bpe_encode (bpe, "a", 1, ids, &budget));
  g_assert_error (budget.error, SSMT_ERROR, SSMT_ERROR_TEXT);
}

static gpointer
cancel_soon (gpointer cancellable)
{
  g_usleep (20000);
  g_cancellable_cancel (cancellable);
  return NULL;
}

/* It would search for years. */
static void
test_cancel (void)
{
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (SsmtBpe) bpe = load ((Steps){ .splitters = SPLIT (ENDLESS) }, NULL);
  g_autoptr (GArray) ids = g_array_new (FALSE, FALSE, sizeof (gint32));
  g_autofree char *letters = repeat ("a", 200);
  g_autofree char *text = g_strconcat (letters, "b", NULL);
  g_auto (SsmtBudget) budget = { NULL };
  GThread *thread;

  ssmt_budget_init (&budget, strlen (text), cancellable);
  budget.left = budget.next_check = G_MAXUINT64;
  thread = g_thread_new ("cancel", cancel_soon, cancellable);
  g_assert_false (ssmt_bpe_encode (bpe, text, strlen (text), ids, &budget));
  g_thread_join (thread);
  g_assert_error (budget.error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
}

/* --- added tokens are found by their order -------------------------------------- */

static const char *
longest_at (char tokens[][9], guint n, const char *text)
{
  const char *longest = NULL;

  for (guint i = 0; i < n; i++)
    if (g_str_has_prefix (text, tokens[i])
        && (longest == NULL || strlen (tokens[i]) > strlen (longest)))
      longest = tokens[i];
  return longest;
}

static void
test_longest (void)
{
  for (guint round = 0; round < 200; round++) {
    g_autoptr (GString) added = g_string_new (NULL);
    g_autoptr (GArray) ids = g_array_new (FALSE, FALSE, sizeof (gint32));
    g_auto (SsmtBudget) budget = { NULL };
    guint n = 1 + (guint) g_test_rand_int_range (0, 30), at = 0;
    g_autoptr (SsmtBpe) bpe = NULL;
    char tokens[32][9] = { { 0 } }, text[101] = { 0 };

    for (guint i = 0; i < n; i++) {
      guint length = (guint) g_test_rand_int_range (2, 9);

      for (guint j = 0; j < length; j++)
        tokens[i][j] = "ab"[g_test_rand_bit ()];
      if (longest_at (tokens, i, tokens[i]) != NULL
          && strcmp (longest_at (tokens, i, tokens[i]), tokens[i]) == 0)
        tokens[i][0] = 'x';
      if (tokens[i][0] != 'x')
        g_string_append_printf (added, "%s{ \"id\": %u, \"content\": \"%s\" }",
            added->len > 0 ? ", " : "", 10 + i, tokens[i]);
    }
    for (guint i = 0; i < 100; i++)
      text[i] = "ab"[g_test_rand_bit ()];
    bpe = load ((Steps){ .added = added->str }, NULL);
    ssmt_budget_init (&budget, 100, NULL);
    g_assert_true (ssmt_bpe_encode (bpe, text, 100, ids, &budget));
    for (guint i = 0; i < 100; at++) {
      const char *token = longest_at (tokens, n, text + i);
      gint32 id = token ? 10 + (gint32) ((token - tokens[0]) / 9) : text[i] == 'a' ? 1 : 2;

      g_assert_cmpint (g_array_index (ids, gint32, at), ==, id);
      i += token ? (guint) strlen (token) : 1;
    }
    g_assert_cmpuint (at, ==, ids->len);
  }
}

/* --- files of too many values ----------------------------------------------------- */

static void
test_values (void)
{
  g_autofree char *many_values = repeat ("0,", (3 << 20) + 10);
  g_autofree char *json = g_strdup_printf ("{ \"version\": [ %s0 ] }", many_values);
  GError *error = NULL;

  g_assert_null (ssmt_bpe_load (json, strlen (json), "tokenizer.json", &error));
  test_expect_error (&error, SSMT_ERROR_INVALID, "tokenizer.json|values");
}

/* --- in a stream ------------------------------------------------------------------- */

/* The model of checkpoints/jamba with other steps. */
static SsmtModel *
load_model (const char *find, const char *replace)
{
  static const char *const files[] = { "config.json", "generation_config.json", "model.safetensors",
    "tokenizer.json" };
  char *folder = test_folder_new ();
  g_autoptr (GError) error = NULL;
  SsmtModel *model;

  for (guint i = 0; i < G_N_ELEMENTS (files); i++) {
    g_autofree char *name = g_strconcat ("checkpoints/jamba/", files[i], NULL);
    g_autofree char *from = test_data (name);
    g_autoptr (GBytes) bytes = test_file_read (from);
    g_autofree char *text = g_strndup (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes));
    g_autofree char *changed = i == 3 ? test_replace (text, find, replace) : NULL;
    g_autofree char *path =
        test_file_write (folder, files[i], changed ? changed : g_bytes_get_data (bytes, NULL),
            changed ? strlen (changed) : g_bytes_get_size (bytes));
  }
  model = ssmt_model_load (folder, "cpu", 1, &error);
  g_assert_no_error (error);
  test_folder_remove (folder);
  return model;
}

/* A line that cannot be read or written is an error, and the document stands where it stood. */
static void
test_stream (void)
{
  g_autofree char *slow = many (REPLACE ("\"Regex\": \"" SLOW "\"", "x"), 20);
  g_autofree char *slow_steps =
      g_strdup_printf ("\"normalizer\": { \"type\": \"Sequence\", \"normalizers\": [ %s ] }", slow);
  g_autofree char *grow = many (REPLACE ("\"Regex\": \".\"", FORTY), 5);
  g_autofree char *grow_steps = g_strdup_printf (
      "\"decoder\": { \"type\": \"Sequence\", \"decoders\": [ %s ] }, \"unused\": {", grow);
  const struct {
    const char *find, *replace, *unit, *words;
  } rows[] = { { "\"normalizer\": null", slow_steps, "hello x", "too long" },
    { "\"decoder\": {", grow_steps, "he is there ", "longer" } };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autoptr (SsmtModel) model = load_model (rows[i].find, rows[i].replace);
    g_autoptr (SsmtStream) stream = stream_new (model);
    g_autoptr (GBytes) before = stream_save (stream);
    g_autofree char *letters = i == 0 ? repeat ("x", 100) : g_strdup ("");
    g_autofree char *text = g_strconcat (rows[i].unit, letters, NULL);

    for (guint flags = 0; flags < 2; flags++) {
      GError *error = NULL;

      g_assert_null (ssmt_stream_translate (
          stream, text, flags ? SSMT_TRANSLATE_GROWING : SSMT_TRANSLATE_NONE, NULL, &error));
      test_expect_error (&error, SSMT_ERROR_TEXT, rows[i].words);
    }
    ssmt_stream_reset (stream);
    stream_assert_state (stream, before);
  }
}

/* What a flush does. */
static void
test_stream_cancelled (void)
{
  g_autofree char *slow = many (REPLACE ("\"Regex\": \"" SLOW "\"", "x"), 20);
  g_autofree char *steps =
      g_strdup_printf ("\"normalizer\": { \"type\": \"Sequence\", \"normalizers\": [ %s ] }", slow);
  g_autoptr (SsmtModel) model = load_model ("\"normalizer\": null", steps);
  g_autoptr (SsmtStream) stream = stream_new (model);
  g_autoptr (GBytes) before = stream_save (stream);
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autofree char *words = repeat (" hexxxxxxxxxxxx", 20000);
  g_autoptr (GError) error = NULL;
  GThread *thread = g_thread_new ("cancel", cancel_soon, cancellable);

  g_assert_null (ssmt_stream_translate (stream, words, SSMT_TRANSLATE_NONE, cancellable, &error));
  g_thread_join (thread);
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  stream_assert_state (stream, before);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/budget/growth", test_growth);
  g_test_add_func ("/budget/growing-spaces", test_growing_spaces);
  g_test_add_func ("/budget/honest", test_honest);
  g_test_add_func ("/budget/decoders", test_decoders);
  g_test_add_func ("/budget/added-tokens", test_added_tokens);
  g_test_add_func ("/budget/slow", test_slow);
  g_test_add_func ("/budget/all-of-a-text", test_all_of_a_text);
  g_test_add_func ("/budget/cancel", test_cancel);
  g_test_add_func ("/budget/longest", test_longest);
  g_test_add_func ("/budget/values", test_values);
  g_test_add_func ("/budget/stream", test_stream);
  g_test_add_func ("/budget/stream-cancelled", test_stream_cancelled);
  return g_test_run ();
}
