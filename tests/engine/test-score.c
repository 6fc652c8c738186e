/* ssmtranslate tests: how probable a translation is
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <math.h>
#include <string.h>

#include "engine/stream/model-private.h"
#include "stream-util.h"

#define MODEL ((SsmtModel *) data)

static double
score (SsmtStream *stream, const char *source, const char *target, guint *n_tokens)
{
  g_autoptr (GError) error = NULL;
  double logp;

  g_assert_true (ssmt_stream_score (stream, source, target, &logp, n_tokens, NULL, &error));
  g_assert_no_error (error);
  g_assert_cmpfloat (logp, <, 0);
  return logp;
}

static void
append_text (const SsmtTokenizer *tokenizer, GArray *ids, const char *text)
{
  g_assert_true (ssmt_tokenizer_encode (tokenizer, text, -1, ids, NULL, NULL));
}

/* log softmax of the row's logits, in double. */
static double
log_softmax (const float *logits, guint n, gint32 id)
{
  double sum = 0;

  for (guint i = 0; i < n; i++)
    sum += exp (logits[i]);
  return logits[id] - log (sum);
}

/* All of it in one call of the network. */
static void
test_by_hand (gconstpointer data)
{
  const SsmtConfig *config = MODEL->config;
  g_autoptr (SsmtStream) stream = stream_new (MODEL);
  g_autoptr (GArray) ids = g_array_new (FALSE, FALSE, sizeof (gint32));
  g_autoptr (GString) target = g_string_new ("das Haus am Fluss");
  g_autofree float *logits = NULL;
  g_autofree guint32 *rows = NULL;
  double expected = 0, logp;
  guint first, n_tokens;
  SsmtArena arena;

  if (config->encoder.layers->len > 0) {
    g_test_skip ("what the encoder reads is not counted by hand");
    return;
  }
  /* more rows than are looked at together */
  while (target->len < 60)
    g_string_append (target, " und mehr");
  append_text (MODEL->tokenizers.source, ids, "the house by the river");
  g_array_append_val (ids, config->text.source_end);
  first = ids->len;
  append_text (MODEL->tokenizers.target, ids, target->str);
  g_array_append_val (ids, config->target_end);
  g_assert_cmpuint (ids->len - first, >, 33);
  g_assert_cmpuint (ids->len - first, <=, config->max_target);

  logits = g_new (float, ids->len * config->vocab_size);
  rows = g_new (guint32, ids->len);
  for (guint i = 0; i < ids->len; i++)
    rows[i] = i;
  g_assert_true (ssmt_network_init_arena (MODEL->network, SSMT_STACK_DECODER, &arena, 0, 1));
  g_assert_true (ssmt_scheduler_run (MODEL->scheduler,
      &(SsmtRequest){ .stack = SSMT_STACK_DECODER,
          .arena = &arena,
          .runs = &(SsmtRows){ 0, ids->len, 0, 0 },
          .n_runs = 1,
          .tokens = (gint32 *) ids->data,
          .logit_rows = rows,
          .n_logit_rows = ids->len,
          .logits = logits },
      NULL));
  for (guint i = first; i < ids->len; i++)
    expected += log_softmax (
        logits + (i - 1) * config->vocab_size, config->vocab_size, g_array_index (ids, gint32, i));
  logp = score (stream, "the house by the river", target->str, &n_tokens);
  g_assert_cmpuint (n_tokens, ==, ids->len - first);
  g_assert_cmpfloat_with_epsilon (logp, expected, 1e-3);
  ssmt_arena_clear (&arena);
}

/* The state stays, and it matters. */
static void
test_context (gconstpointer data)
{
  g_autoptr (SsmtStream) stream = stream_new (MODEL);
  g_autoptr (SsmtStream) none = stream_with (MODEL, SSMT_CONTEXT_NONE, 1);
  double fresh = score (stream, "the old mill", "die alte Mühle", NULL);
  g_autofree char *read = stream_translate_lines (stream, 0, 5);
  g_autofree char *read_too = stream_translate_lines (none, 0, 5);
  g_autoptr (GBytes) before = stream_save (stream);
  double carried = score (stream, "the old mill", "die alte Mühle", NULL);

  stream_assert_state (stream, before);
  g_assert_cmpfloat (score (stream, "the old mill", "die alte Mühle", NULL), ==, carried);
  g_assert_cmpfloat (fabs (carried - fresh), >, 1e-3);
  g_assert_cmpfloat (score (none, "the old mill", "die alte Mühle", NULL), ==, fresh);
  g_assert_cmpfloat (score (stream, "the old mill", "die alte Mühle ist da", NULL), !=, carried);
}

static void
test_bad (gconstpointer data)
{
  g_autoptr (SsmtStream) stream = stream_new (MODEL);
  g_autoptr (GCancellable) cancelled = g_cancellable_new ();
  g_autoptr (GBytes) before = stream_save (stream);
  g_autoptr (GError) error = NULL;
  double logp;

  g_assert_false (ssmt_stream_score (stream, "a", "", &logp, NULL, NULL, &error));
  g_assert_error (error, SSMT_ERROR, SSMT_ERROR_TEXT);
  g_clear_error (&error);
  g_cancellable_cancel (cancelled);
  g_assert_false (ssmt_stream_score (stream, "a", "b", &logp, NULL, cancelled, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  stream_assert_state (stream, before);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  stream_add_test ("/score/by-hand", test_by_hand);
  stream_add_test ("/score/context", test_context);
  stream_add_test ("/score/bad", test_bad);
  return g_test_run ();
}
