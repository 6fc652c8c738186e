/* ssmtranslate: documents that a model keeps token by token, and their limit
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <string.h>

#include "engine/network/arena.h"
#include "engine/formats/config.h"
#include "engine/stream/model-private.h"
#include "stream-util.h"
#include "test-util.h"

/* What the tiny models' longest segment takes: max_source + max_target + 3. */
#define SHORTEST 115

static SsmtStream *
stream_of (SsmtModel *model, guint max_context, guint beam)
{
  SsmtStreamParams params;
  GError *error = NULL;
  SsmtStream *stream;

  ssmt_stream_params_init (&params);
  params.guard = FALSE;
  params.max_context = max_context;
  params.beam_size = beam;
  stream = ssmt_stream_new (model, &params, &error);
  g_assert_no_error (error);
  return stream;
}

/* Translates lines until the document is full; the line that was too much. */
static guint
fill (SsmtStream *stream, GError **error)
{
  for (guint i = 0; i < 1000; i++) {
    g_autofree char *text = stream_line (i);
    g_autoptr (GBytes) before = stream_save (stream);
    g_autoptr (SsmtTranslation) out =
        ssmt_stream_translate (stream, text, SSMT_TRANSLATE_NONE, NULL, error);

    if (out == NULL) {
      stream_assert_state (stream, before);
      return i;
    }
  }
  g_assert_not_reached ();
}

/* The call fails, the state is that before, and after a reset all goes on. */
static void
test_full (gconstpointer name)
{
  static const guint beams[] = { 1, 5 };
  g_autoptr (SsmtModel) model = stream_model_load (name);

  for (guint b = 0; b < G_N_ELEMENTS (beams); b++) {
    g_autoptr (SsmtStream) stream = stream_of (model, 150, beams[b]);
    g_autoptr (SsmtStream) fresh = stream_of (model, 0, beams[b]);
    g_autoptr (GError) error = NULL, again = NULL;
    guint line = fill (stream, &error);

    g_assert_cmpuint (line, >, 0);
    test_expect_error (
        &error, SSMT_ERROR_CONTEXT, "the document has|holds 150|reset the stream|max_context");
    g_autofree char *text = stream_line (line);
    g_assert_null (ssmt_stream_translate (stream, text, SSMT_TRANSLATE_NONE, NULL, &again));
    g_assert_error (again, SSMT_ERROR, SSMT_ERROR_CONTEXT);

    ssmt_stream_reset (stream);
    g_autofree char *out = stream_translate (stream, text);
    g_autofree char *expected = stream_translate (fresh, text);
    g_assert_cmpstr (out, ==, expected);
  }
}

/* One text that is longer than a document may be: a new one begins where there is no room. */
static void
test_long_text (void)
{
  g_autoptr (SsmtModel) model = stream_model_load ("tiny-decoder-all");
  g_autoptr (SsmtStream) stream = stream_of (model, 150, 2);
  g_autoptr (SsmtStream) endless = stream_of (model, 0, 2);
  g_autoptr (GString) text = g_string_new (NULL);
  g_autofree char *out = NULL, *expected = NULL, *after = NULL;

  for (guint i = 0; i < 60; i++) {
    g_autofree char *line = stream_line (i);

    g_string_append_printf (text, "%s ", line);
  }
  out = stream_translate (stream, text->str);
  expected = stream_translate (endless, text->str);
  g_assert_cmpuint (strlen (out), >, text->len / 4);
  /* the first piece knows no difference */
  g_assert_cmpint (strncmp (out, expected, 8), ==, 0);
  g_assert_cmpstr (out, !=, expected);
  ssmt_stream_reset (stream);
  after = stream_translate (stream, text->str);
  g_assert_cmpstr (out, ==, after);
}

/* What one segment takes there is always room for. */
static void
test_least (void)
{
  g_autoptr (SsmtModel) model = stream_model_load ("tiny-decoder-all");
  g_autoptr (SsmtStream) stream = stream_of (model, 1, 1);
  g_autoptr (GString) text = g_string_new (NULL);

  g_assert_cmpuint (ssmt_config_get_segment_tokens (model->config), ==, SHORTEST);
  for (guint i = 0; i < 3; i++) {
    g_autofree char *line = stream_line (i), *out = NULL;

    out = stream_translate (stream, line);
    ssmt_stream_reset (stream);
  }
}

/* Models whose state is constant have no such limit. */
static void
test_constant (void)
{
  g_autoptr (SsmtModel) model = stream_model_load ("tiny-decoder");
  g_autoptr (SsmtStream) stream = stream_of (model, 1, 1);
  g_autofree char *out = stream_translate_lines (stream, 0, 40);

  g_assert_cmpuint (ssmt_model_get_token_bytes (model), ==, 0);
}

/* A saved state is as large as what was read. */
static void
test_saved (gconstpointer name)
{
  g_autoptr (SsmtModel) model = stream_model_load (name);
  g_autoptr (SsmtStream) stream = stream_of (model, 0, 5);
  g_autoptr (SsmtStream) small = stream_of (model, SHORTEST, 1);
  guint64 token = ssmt_model_get_token_bytes (model);
  g_autoptr (GBytes) empty = stream_save (stream);
  g_autoptr (GError) error = NULL;

  g_assert_cmpuint (token, >, 0);
  g_assert_cmpuint (g_bytes_get_size (empty), <, ssmt_model_get_state_bytes (model) + 1024);
  g_autofree char *first = stream_translate_lines (stream, 0, 1);
  g_autoptr (GBytes) shorter = stream_save (stream);
  gsize grown = g_bytes_get_size (shorter) - g_bytes_get_size (empty);
  g_assert_cmpuint (grown % token, ==, 0);
  g_assert_cmpuint (grown, <, 100 * token);

  /* past several steps of growth, forked and restored */
  g_autofree char *more = stream_translate_lines (stream, 1, 30);
  g_autoptr (GBytes) saved = stream_save (stream);
  g_autoptr (SsmtStream) fork = stream_fork (stream, 5);
  g_autoptr (SsmtStream) restored = stream_of (model, 0, 5);
  g_assert_true (stream_restore (restored, saved, &error));
  stream_assert_state (restored, saved);
  stream_assert_state (fork, saved);
  g_autofree char *a = stream_translate_lines (stream, 30, 40);
  g_autofree char *b = stream_translate_lines (fork, 30, 40);
  g_autofree char *c = stream_translate_lines (restored, 30, 40);
  g_assert_cmpstr (a, ==, b);
  g_assert_cmpstr (a, ==, c);
  g_autoptr (GBytes) end = stream_save (stream);
  stream_assert_state (fork, end);
  stream_assert_state (restored, end);

  /* a larger beam takes the state along */
  SsmtStreamParams params;
  ssmt_stream_params_init (&params);
  params.guard = FALSE;
  params.beam_size = 12;
  g_assert_true (ssmt_stream_set_params (stream, &params, &error));
  stream_assert_state (stream, end);

  g_assert_false (stream_restore (small, saved, &error));
  test_expect_error (&error, SSMT_ERROR_STATE, "longer than max_context");
}

/* A revision that no longer fits goes on in a new document with what it has committed. */
static void
test_reset_growing (void)
{
  g_autoptr (SsmtModel) model = stream_model_load ("tiny-decoder-all");
  g_autoptr (SsmtStream) stream = stream_of (model, 150, 1);
  g_autoptr (GError) error = NULL;
  g_autoptr (SsmtTranslation) growing = NULL;

  fill (stream, &error);
  g_clear_error (&error);
  g_assert_cmpuint (ssmt_stream_get_n_segments (stream), >, 0);
  ssmt_stream_reset (stream);
  g_assert_cmpuint (ssmt_stream_get_n_segments (stream), ==, 0);
  growing = ssmt_stream_translate (stream, "Anna sold it", SSMT_TRANSLATE_GROWING, NULL, &error);
  g_assert_no_error (error);
  g_assert_nonnull (growing);
}

/* --- the arena ------------------------------------------------------------ */

static void
test_arena (void)
{
  SsmtDevice *device = ssmt_device_open ("cpu", 1, NULL);
  SsmtArena arena, huge;
  guint8 bytes[64 + 5000], read[64 + 5000];

  for (guint i = 0; i < sizeof bytes; i++)
    bytes[i] = i * 7 + 1;
  g_assert_true (ssmt_arena_init_growing (&arena, device, 64, 5, 1000, 3));
  g_assert_cmpuint (arena.slot_bytes, ==, 64);
  g_assert_true (ssmt_arena_reserve (&arena, 10));
  ssmt_arena_write_slot (&arena, 1, bytes, 10);
  g_assert_true (ssmt_arena_reserve (&arena, 900));
  ssmt_arena_read_slot (&arena, 1, read);
  g_assert_cmpmem (read, 64 + 10 * 5, bytes, 64 + 10 * 5);
  ssmt_arena_copy_slot (&arena, 2, &arena, 1);
  ssmt_arena_read_slot (&arena, 2, read);
  g_assert_cmpmem (read, 64 + 10 * 5, bytes, 64 + 10 * 5);
  g_assert_true (ssmt_arena_reserve (&arena, 1000));
  g_assert_cmpuint (arena.capacity, ==, 1000);
  g_assert_false (ssmt_arena_reserve (&arena, 1001));
  ssmt_arena_clear (&arena);

  /* more than there is: all stays as it was */
  g_assert_true (ssmt_arena_init_growing (&huge, device, 64, (gsize) 1 << 44, G_MAXUINT32, 2));
  ssmt_arena_write_slot (&huge, 1, bytes, 0);
  g_assert_false (ssmt_arena_reserve (&huge, 1 << 20));
  g_assert_false (ssmt_arena_reserve (&huge, G_MAXUINT32));
  ssmt_arena_read_slot (&huge, 1, read);
  g_assert_cmpmem (read, 64, bytes, 64);
  ssmt_arena_clear (&huge);
  ssmt_device_close (device);
}

/* --- config.json ------------------------------------------------------------ */

#define CONFIG(more, segment)                                                                      \
  "{\"model_type\": \"ssmt\", \"format_version\": 1, \"vocab_size\": 10, "                         \
  "\"d_model\": 4, \"norm_eps\": 1e-5, \"tie_embeddings\": true, " more                            \
  "\"decoder_layers\": [{\"kind\": \"mlp\", \"hidden\": 4}], "                                     \
  "\"tokenizer\": {\"type\": \"sentencepiece\", \"file\": \"t.spm\"}, "                            \
  "\"segment\": {\"source_end\": 1, \"target_end\": 2, \"carry_end\": true, " segment              \
  "\"max_source\": 100, \"max_target\": 50}}"

static void
test_config (void)
{
  static const struct {
    const char *json, *words;
  } bad[] = {
    { CONFIG ("\"max_context\": 152, ", ""), "\"max_context\" is 152|153" },
    { CONFIG ("\"max_context\": 0, ", ""), "\"max_context\" must be" },
    { CONFIG ("\"norm\": \"batch\", ", ""), "\"norm\" must be|rms, layer" },
    { CONFIG ("\"positions\": 3, ", ""), "\"positions\" must be" },
    { CONFIG ("\"position_offset\": -1, ", ""), "\"position_offset\" must be" },
    { CONFIG ("\"encoder_embeddings\": 1, ", ""), "\"encoder_embeddings\" must be" },
    { CONFIG ("", "\"carry\": \"no\", "), "segment|\"carry\" must be" },
  };
  g_autoptr (GError) error = NULL;
  g_autoptr (SsmtConfig) plain = ssmt_config_parse (CONFIG ("", ""), -1, "c", &error);
  g_autoptr (SsmtConfig) full = NULL;

  g_assert_no_error (error);
  g_assert_cmpuint (plain->max_context, ==, SSMT_DEFAULT_CONTEXT);
  g_assert_true (plain->carry && !plain->decoder.layer_norm && !plain->positions);
  full = ssmt_config_parse (CONFIG ("\"max_context\": 153, \"norm\": \"layer\", "
                                    "\"positions\": \"sinusoidal\", \"position_offset\": 1, ",
                                "\"carry\": false, "),
      -1, "c", &error);
  g_assert_no_error (error);
  g_assert_cmpuint (full->max_context, ==, 153);
  g_assert_true (!full->carry && full->decoder.layer_norm && full->positions);
  g_assert_cmpuint (full->position_offset, ==, 1);
  for (guint i = 0; i < G_N_ELEMENTS (bad); i++) {
    g_assert_null (ssmt_config_parse (bad[i].json, -1, "c", &error));
    test_expect_error (&error, SSMT_ERROR_INVALID, bad[i].words);
  }
}

/* A model that was trained on single sentences: each begins afresh. */
static void
test_carry (void)
{
  g_autoptr (SsmtModel) model = stream_model_load ("tiny-decoder-all");
  g_autoptr (SsmtStream) stream = stream_of (model, 0, 1);

  model->config->carry = FALSE; /* nobody else has it yet */
  for (guint i = 0; i < 5; i++) {
    g_autoptr (SsmtStream) fresh = stream_of (model, 0, 1);
    g_autofree char *text = stream_line (i);
    g_autofree char *out = stream_translate (stream, text);
    g_autofree char *expected = stream_translate (fresh, text);

    g_assert_cmpstr (out, ==, expected);
  }
  g_assert_cmpuint (ssmt_stream_get_n_segments (stream), ==, 5);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_data_func ("/context/full/decoder", "tiny-decoder-all", test_full);
  g_test_add_func ("/context/least", test_least);
  g_test_add_func ("/context/long-text", test_long_text);
  g_test_add_func ("/context/constant", test_constant);
  g_test_add_data_func ("/context/snapshot/decoder", "tiny-decoder-all", test_saved);
  g_test_add_func ("/context/reset-growing", test_reset_growing);
  g_test_add_func ("/context/arena", test_arena);
  g_test_add_func ("/context/config", test_config);
  g_test_add_func ("/context/carry", test_carry);
  return g_test_run ();
}
