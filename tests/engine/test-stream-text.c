/* ssmtranslate: what goes into a stream and what comes out, through the public API
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "stream-util.h"

#include <string.h>

#include "test-util.h"

#define MODEL ((SsmtModel *) data)

/* --- parameters --------------------------------------------------------- */

static void
test_beam (gconstpointer data)
{
  g_autofree char *greedy = NULL;
  guint differ = 0;

  for (guint beam = 1; beam <= 5; beam++) {
    g_autoptr (SsmtStream) a = stream_with (MODEL, SSMT_CONTEXT_DOCUMENT, beam);
    g_autoptr (SsmtStream) b = stream_new (MODEL);
    SsmtStreamParams params;
    ssmt_stream_params_init (&params);
  params.guard = FALSE;
    params.beam_size = beam;
    /* a beam that grows between segments is one that was there before */
    g_assert_true (ssmt_stream_set_params (b, &params, NULL));
    g_autofree char *out = stream_translate_lines (a, 0, 12);
    g_autofree char *same = stream_translate_lines (b, 0, 12);
    g_autoptr (GBytes) state = stream_save (a);
    g_assert_cmpstr (out, ==, same);
    stream_assert_state (b, state);
    if (greedy == NULL)
      greedy = g_strdup (out);
    differ += strcmp (out, greedy) != 0;
  }
  g_assert_cmpuint (differ, >, 0);
}

static void
test_clamp (gconstpointer data)
{
  g_autoptr (SsmtStream) most = stream_with (MODEL, SSMT_CONTEXT_DOCUMENT, SSMT_STREAM_MAX_BEAM);
  g_autoptr (SsmtStream) more = stream_with (MODEL, SSMT_CONTEXT_DOCUMENT, 100000);
  g_autofree char *a = stream_translate_lines (most, 0, 4);
  g_autofree char *b = stream_translate_lines (more, 0, 4);

  g_assert_cmpstr (a, ==, b);

  SsmtStreamParams odd = { 77, 0, -3.0f, 1e30f, 4000000000u };
  g_autoptr (SsmtStream) stream = ssmt_stream_new (MODEL, &odd, NULL);
  g_assert_nonnull (stream);
  g_autofree char *c = stream_translate_lines (stream, 0, 2);
  g_autoptr (SsmtStream) defaults = ssmt_stream_new (MODEL, NULL, NULL);
  g_autofree char *d = stream_translate_lines (defaults, 0, 2);
  SsmtStreamParams params;
  ssmt_stream_params_init (&params);
  g_autoptr (SsmtStream) greedy = ssmt_stream_new (MODEL, &params, NULL);
  g_autofree char *e = stream_translate_lines (greedy, 0, 2);
  g_assert_cmpstr (d, ==, e);
}

/* A target is never longer than params and model allow. */
static void
test_length (gconstpointer data)
{
  static const float ratios[] = { 0.0f, 0.5f, 1.0f, 3.0f };

  for (guint i = 0; i < G_N_ELEMENTS (ratios); i++) {
    SsmtStreamParams params;
    ssmt_stream_params_init (&params);
  params.guard = FALSE;
    params.max_length_ratio = ratios[i];
    params.beam_size = 1 + i;
    g_autoptr (SsmtStream) stream = ssmt_stream_new (MODEL, &params, NULL);
    guint64 source = 0, target = 0;
    for (guint n = 0; n < 30; n++) {
      guint64 more_source, more_target;
      g_autofree char *out = stream_translate_lines (stream, n, n + 1);
      ssmt_stream_get_n_tokens (stream, &more_source, &more_target);
      g_assert_cmpuint (
          more_target - target, <=, MIN (48, (guint) (ratios[i] * (more_source - source)) + 16));
      source = more_source;
      target = more_target;
    }
  }
}

/* tiny-decoder without its mixers: a token's likeliest successor is itself. */
static SsmtModel *
load_loop (void)
{
  static const char *const copied[] = { "config.json", "tokenizer.spm" };
  static const char *const outputs[] = { "out_proj.weight", "o_proj.weight", "down_proj.weight" };
  g_autofree char *weights = test_data ("tiny-decoder/model.safetensors");
  g_autoptr (GPtrArray) tensors = test_tensors_read (weights);
  char *folder = test_folder_new ();
  GError *error = NULL;

  for (guint i = 0; i < tensors->len; i++) {
    TestTensor *tensor = g_ptr_array_index (tensors, i);
    gsize size = g_bytes_get_size (tensor->data);
    for (guint o = 0; o < G_N_ELEMENTS (outputs); o++)
      if (g_str_has_suffix (tensor->name, outputs[o])) {
        g_bytes_unref (tensor->data);
        tensor->data = g_bytes_new_take (g_malloc0 (size), size);
      }
  }
  g_autoptr (GBytes) bytes = test_tensors_write (tensors, 0);
  g_free (test_file_write (
      folder, "model.safetensors", g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes)));
  for (guint i = 0; i < G_N_ELEMENTS (copied); i++) {
    g_autofree char *name = g_build_filename ("tiny-decoder", copied[i], NULL);
    g_autofree char *from = test_data (name);
    g_autoptr (GBytes) content = test_file_read (from);
    g_free (test_file_write (
        folder, copied[i], g_bytes_get_data (content, NULL), g_bytes_get_size (content)));
  }
  SsmtModel *model = ssmt_model_load (folder, g_getenv ("SSMT_TEST_DEVICE"), 1, &error);
  g_assert_no_error (error);
  test_folder_remove (folder);
  return model;
}

/* The longest row of equal parts of at least 3 bytes. */
static guint
longest_loop (const char *text)
{
  guint longest = 1, length = strlen (text);

  for (guint part = 3; part <= length / 2; part++)
    for (guint from = 0; from + 2 * part <= length; from++) {
      guint n = 1;
      while (from + (n + 1) * part <= length
          && memcmp (text + from, text + from + n * part, part) == 0)
        n++;
      longest = MAX (longest, n);
    }
  return longest;
}

/* The longest run of bytes that stands in the text more than once. */
static guint
longest_repeat (const char *text)
{
  guint longest = 0, length = strlen (text);

  for (guint a = 0; a < length; a++)
    for (guint b = a + 1; b < length; b++) {
      guint n = 0;
      while (b + n < length && text[a + n] == text[b + n])
        n++;
      longest = MAX (longest, n);
    }
  return longest;
}

static void
test_guard (void)
{
  g_autoptr (SsmtModel) model = load_loop ();
  SsmtStreamParams params;
  guint64 n;

  ssmt_stream_params_init (&params);
  params.guard = FALSE;
  params.no_repeat_ngram = 0;
  g_autoptr (SsmtStream) stream = ssmt_stream_new (model, &params, NULL);
  g_autofree char *loop = stream_translate (stream, "the river carries old wood.");
  ssmt_stream_get_n_tokens (stream, NULL, &n);
  g_test_message ("without the guard: %s", loop);
  g_assert_cmpuint (n, ==, 48);
  g_assert_cmpuint (longest_loop (loop), >=, 8);

  params.no_repeat_ngram = 8;
  g_autoptr (SsmtStream) guarded = ssmt_stream_new (model, &params, NULL);
  g_autofree char *out = stream_translate (guarded, "the river carries old wood.");
  g_test_message ("with it: %s", out);
  g_test_message (
      "longest repeat: %u, with the guard %u", longest_repeat (loop), longest_repeat (out));
  g_assert_cmpuint (longest_loop (out), <=, 4);
  /* fewer bytes than six tokens have, wherever they stand */
  g_assert_cmpuint (longest_repeat (out), <, 6 * 6);
  g_assert_cmpuint (longest_repeat (loop), >, 2 * longest_repeat (out));
}

/* --- texts -------------------------------------------------------------- */

static void
test_no_letters (gconstpointer data)
{
  static const char *const texts[] = { "", " ", " \t\n ", "...", "-- !?", "12:30", "♪ ♫",
    "\xe2\x80\x93", "\xc2\xa0" };
  g_autoptr (SsmtStream) stream = stream_new (MODEL);
  g_autofree char *before = stream_translate_lines (stream, 0, 2);
  g_autoptr (GBytes) saved = stream_save (stream);

  for (guint i = 0; i < G_N_ELEMENTS (texts); i++) {
    g_autofree char *out = stream_translate (stream, texts[i]);
    g_assert_cmpstr (out, ==, texts[i]);
    stream_assert_state (stream, saved);
  }
}

static void
test_invalid_text (gconstpointer data)
{
  static const char *const texts[] = { "\xff", "good \xc3\x28 bad", "cut short \xe2\x82",
    "\xed\xa0\x80 surrogate", "\xf8\x88\x80\x80\x80" };
  g_autoptr (SsmtStream) stream = stream_new (MODEL);
  g_autoptr (GBytes) saved = stream_save (stream);

  for (guint i = 0; i < G_N_ELEMENTS (texts); i++) {
    GError *error = NULL;
    g_assert_null (ssmt_stream_translate (stream, texts[i], SSMT_TRANSLATE_NONE, NULL, &error));
    g_assert_error (error, SSMT_ERROR, SSMT_ERROR_TEXT);
    g_clear_error (&error);
    stream_assert_state (stream, saved);
  }
}

static void
test_white_space (gconstpointer data)
{
  g_autoptr (SsmtStream) a = stream_new (MODEL);
  g_autoptr (SsmtStream) b = stream_new (MODEL);
  g_autofree char *plain = stream_translate (a, "the old mill.");
  g_autofree char *spaced = stream_translate (b, "\n  the\nold \t mill. \r\n");
  g_autoptr (GBytes) state = stream_save (a);

  g_assert_cmpstr (plain, ==, spaced);
  stream_assert_state (b, state);
}

/* What comes out is text: one line, nothing that is a symbol of the model. */
static void
test_symbols (gconstpointer data)
{
  static const char *const symbols[] = { "<pad>", "<unk>", "<s>", "</s>", "<sep>", "<0x", "\n",
    "\xe2\x81\x87", "\xe2\x96\x81" };
  static const char *const odd[] = { "a</s>b <sep> c <s>", "<0x41> x", "日本語のテキスト",
    "emoji 👩‍👩‍👧 here", "combin\xcc\x81ing", "\xe2\x96\x81under", "x\x01\x02y", "ﷺ" };
  g_autoptr (SsmtStream) stream = stream_with (MODEL, SSMT_CONTEXT_DOCUMENT, 2);

  for (guint i = 0; i < 100; i++) {
    g_autofree char *text = i < G_N_ELEMENTS (odd) ? g_strdup (odd[i]) : stream_line (i);
    g_autofree char *out = stream_translate (stream, text);
    g_assert_cmpuint (strlen (out), >, 0);
    /* where a random model finds nothing but blanks the source stays */
    if (strcmp (out, text) == 0)
      continue;
    for (guint s = 0; s < G_N_ELEMENTS (symbols); s++)
      g_assert_null (strstr (out, symbols[s]));
  }
}

static void
test_long (gconstpointer data)
{
  if (ssmt_model_get_token_bytes (MODEL) > 0) {
    g_test_skip ("attention without a window is not for 10000 words at once");
    return;
  }

  g_autoptr (SsmtStream) stream = stream_new (MODEL);
  g_autoptr (GBytes) empty = stream_save (stream);
  g_autoptr (GString) text = g_string_new (NULL);
  guint64 source, target;

  for (guint i = 0; i < 10000; i++)
    g_string_append_printf (text, "word%s", i % 17 == 16 ? ". " : " ");
  g_autofree char *out = stream_translate (stream, text->str);
  ssmt_stream_get_n_tokens (stream, &source, &target);
  g_assert_cmpuint (source, >=, 10000);
  g_assert_cmpuint (target, >, 0);
  g_assert_cmpuint (ssmt_stream_get_n_segments (stream), ==, 1);
  g_autoptr (GBytes) full = stream_save (stream);
  g_assert_cmpuint (g_bytes_get_size (full), ==, g_bytes_get_size (empty));

  /* one word without a place to cut it */
  g_string_assign (text, "");
  for (guint i = 0; i < 3000; i++)
    g_string_append (text, "ß");
  g_autofree char *word = stream_translate (stream, text->str);
  g_assert_cmpuint (strlen (word), >, 0);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  stream_add_test ("beam", test_beam);
  stream_add_test ("clamp", test_clamp);
  stream_add_test ("length", test_length);
  stream_add_test ("no-letters", test_no_letters);
  stream_add_test ("invalid-text", test_invalid_text);
  stream_add_test ("white-space", test_white_space);
  stream_add_test ("symbols", test_symbols);
  stream_add_test ("long", test_long);
  g_test_add_func ("/stream/guard", test_guard);
  return g_test_run ();
}
