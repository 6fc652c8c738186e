/* ssmtranslate: what a stream carries, through the public API
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * With the two tiny models of tests/data, which translate nothing but run
 * every part. What is compared must be equal to the byte.
 */
#include "stream-util.h"

#include <string.h>

#define MODEL ((SsmtModel *) data)

/* --- save, restore, fork, reset ----------------------------------------- */

static void
test_restore (gconstpointer data)
{
  g_autoptr (SsmtStream) straight = stream_new (MODEL);
  g_autofree char *before = stream_translate_lines (straight, 0, 7);
  g_autoptr (GBytes) saved = stream_save (straight);
  g_autofree char *expected = stream_translate_lines (straight, 7, 27);
  g_autoptr (GBytes) end = stream_save (straight);

  /* into a fresh stream, into one that is elsewhere, into the same */
  g_autoptr (SsmtStream) fresh = stream_new (MODEL);
  g_autoptr (SsmtStream) busy = stream_with (MODEL, SSMT_CONTEXT_DOCUMENT, 4);
  g_autofree char *other = stream_translate_lines (busy, 50, 53);
  SsmtStream *streams[] = { fresh, busy, straight };
  for (guint i = 0; i < G_N_ELEMENTS (streams); i++) {
    GError *error = NULL;
    SsmtStreamParams params;
    ssmt_stream_params_init (&params);
    params.guard = FALSE;
    g_assert_true (stream_restore (streams[i], saved, &error));
    g_assert_no_error (error);
    g_assert_true (ssmt_stream_set_params (streams[i], &params, &error));
    stream_assert_state (streams[i], saved);
    g_assert_cmpuint (ssmt_stream_get_n_segments (streams[i]), ==, 7);
    g_autofree char *out = stream_translate_lines (streams[i], 7, 27);
    g_assert_cmpstr (out, ==, expected);
    stream_assert_state (streams[i], end);
  }
}

static void
test_fork (gconstpointer data)
{
  g_autoptr (SsmtStream) stream = stream_new (MODEL);
  g_autofree char *before = stream_translate_lines (stream, 0, 5);
  g_autoptr (GBytes) saved = stream_save (stream);
  g_autoptr (SsmtStream) fork = stream_fork (stream, 1);

  stream_assert_state (fork, saved);
  /* what the fork reads does not reach its parent, nor the other way round */
  g_autofree char *aside = stream_translate_lines (fork, 90, 95);
  stream_assert_state (stream, saved);
  g_autoptr (SsmtStream) second = stream_fork (stream, 1);
  g_autofree char *ours = stream_translate_lines (stream, 5, 25);
  stream_assert_state (second, saved);
  g_autofree char *theirs = stream_translate_lines (second, 5, 25);
  g_assert_cmpstr (ours, ==, theirs);
  g_autoptr (GBytes) end = stream_save (stream);
  stream_assert_state (second, end);
  g_assert_cmpuint (ssmt_stream_get_n_segments (second), ==, 25);
}

static void
test_reset (gconstpointer data)
{
  g_autoptr (SsmtStream) stream = stream_new (MODEL);
  g_autoptr (GBytes) empty = stream_save (stream);
  g_autofree char *first = stream_translate_lines (stream, 0, 10);

  ssmt_stream_reset (stream);
  stream_assert_state (stream, empty);
  g_assert_cmpuint (ssmt_stream_get_n_segments (stream), ==, 0);
  g_autofree char *again = stream_translate_lines (stream, 0, 10);
  g_assert_cmpstr (first, ==, again);
}

static void
assert_refused (SsmtStream *stream, GBytes *bytes)
{
  g_autoptr (GBytes) before = stream_save (stream);
  g_autoptr (GError) error = NULL;

  g_assert_false (stream_restore (stream, bytes, &error));
  g_assert_error (error, SSMT_ERROR, SSMT_ERROR_STATE);
  stream_assert_state (stream, before);
}

static void
test_damaged (gconstpointer data)
{
  g_autoptr (SsmtStream) stream = stream_new (MODEL);
  g_autofree char *out = stream_translate_lines (stream, 0, 3);
  g_autoptr (GBytes) saved = stream_save (stream);
  gsize length;
  const guint8 *bytes = g_bytes_get_data (saved, &length);

  /* each byte of the header, then one in 97 */
  for (gsize i = 0; i < length; i += i < 128 ? 1 : 97) {
    g_autofree guint8 *copy = g_memdup2 (bytes, length);
    copy[i] ^= 1 << (i % 8);
    g_autoptr (GBytes) damaged = g_bytes_new (copy, length);
    assert_refused (stream, damaged);
  }
  for (gsize cut = 0; cut < length; cut += cut < 140 ? 1 : 1009) {
    g_autoptr (GBytes) part = g_bytes_new (bytes, cut);
    assert_refused (stream, part);
  }
  g_autofree guint8 *longer = g_malloc0 (length + 1);
  memcpy (longer, bytes, length);
  g_autoptr (GBytes) more = g_bytes_new (longer, length + 1);
  /* what somebody put behind it */
  g_assert_true (stream_restore (stream, more, NULL));
  g_assert_true (stream_restore (stream, saved, NULL));
}

static void
test_other_model (void)
{
  g_autoptr (SsmtModel) decoder_only = stream_model_load ("tiny-decoder");
  g_autoptr (SsmtModel) encoder_decoder = stream_model_load ("tiny-encdec");
  g_autoptr (SsmtStream) a = stream_new (decoder_only);
  g_autoptr (SsmtStream) b = stream_new (encoder_decoder);
  g_autofree char *out_a = stream_translate_lines (a, 0, 2);
  g_autofree char *out_b = stream_translate_lines (b, 0, 2);
  g_autoptr (GBytes) saved_a = stream_save (a);
  g_autoptr (GBytes) saved_b = stream_save (b);

  assert_refused (a, saved_b);
  assert_refused (b, saved_a);
  g_autofree char *a_more = stream_translate_lines (a, 2, 6);
  g_autofree char *b_more = stream_translate_lines (b, 2, 6);
  g_assert_cmpstr (a_more, !=, b_more);
}

/* --- cancelling --------------------------------------------------------- */

static gpointer
cancel_later (gpointer data)
{
  GCancellable *cancellable = data;

  g_usleep (GPOINTER_TO_UINT (g_object_get_data (data, "delay")));
  g_cancellable_cancel (cancellable);
  return NULL;
}

static void
test_cancel (gconstpointer data)
{
  g_autoptr (GCancellable) cancelled = g_cancellable_new ();
  g_autoptr (SsmtStream) stream = stream_with (MODEL, SSMT_CONTEXT_DOCUMENT, 3);
  g_autofree char *before = stream_translate_lines (stream, 0, 4);
  g_autoptr (GBytes) saved = stream_save (stream);
  g_autoptr (GString) text = g_string_new (NULL);
  g_autofree char *whole = NULL;
  GError *error = NULL;
  guint n_cancelled = 0;
  gint64 start, duration;

  for (guint i = 0; i < 60; i++) {
    g_autofree char *more = stream_line (i);
    g_string_append_printf (text, "%s ", more);
  }
  g_cancellable_cancel (cancelled);
  g_assert_null (
      ssmt_stream_translate (stream, "Some words.", SSMT_TRANSLATE_NONE, cancelled, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_clear_error (&error);
  stream_assert_state (stream, saved);

  /* how long it takes here */
  start = g_get_monotonic_time ();
  whole = stream_translate (stream, text->str);
  duration = g_get_monotonic_time () - start;
  g_assert_true (stream_restore (stream, saved, NULL));

  /* from another thread, at all sorts of moments; more often than there are
   * slots, so that one that is not given back would be missed */
  for (guint i = 0; i < 500 && n_cancelled < 24; i++) {
    g_autoptr (GCancellable) cancellable = g_cancellable_new ();
    g_object_set_data (
        G_OBJECT (cancellable), "delay", GUINT_TO_POINTER (duration * (i % 24) / 24));
    GThread *thread = g_thread_new ("cancel", cancel_later, cancellable);
    g_autoptr (SsmtTranslation) out =
        ssmt_stream_translate (stream, text->str, SSMT_TRANSLATE_NONE, cancellable, &error);
    g_thread_join (thread);
    if (out != NULL) { /* it was there before: other work had slowed it down */
      duration = duration * 7 / 8;
      g_assert_true (stream_restore (stream, saved, NULL));
      continue;
    }
    n_cancelled++;
    g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
    g_clear_error (&error);
    stream_assert_state (stream, saved);
  }
  g_test_message ("%u cancelled on the way", n_cancelled);
  g_assert_cmpuint (n_cancelled, ==, 24);

  /* and it goes on as if nothing had been */
  g_autoptr (SsmtStream) other = stream_with (MODEL, SSMT_CONTEXT_DOCUMENT, 3);
  g_autofree char *skipped = stream_translate_lines (other, 0, 4);
  g_autofree char *ours = stream_translate_lines (stream, 4, 9);
  g_autofree char *theirs = stream_translate_lines (other, 4, 9);
  g_assert_cmpstr (ours, ==, theirs);
}

/* --- documents ----------------------------------------------------------- */

static void
test_context (gconstpointer data)
{
  g_autoptr (SsmtStream) none = stream_with (MODEL, SSMT_CONTEXT_NONE, 1);
  g_autoptr (SsmtStream) document = stream_new (MODEL);
  g_autofree char *forwards = stream_translate_lines (none, 3, 6);
  g_autofree char *again = stream_translate_lines (none, 3, 6);
  g_autofree char *first = stream_translate_lines (document, 3, 6);
  g_autofree char *second = stream_translate_lines (document, 3, 6);

  g_assert_cmpstr (forwards, ==, again);
  g_assert_cmpstr (first, !=, second);
  g_assert_cmpuint (ssmt_stream_get_n_segments (none), ==, 6);

  /* without context a segment is the first of a document of its own */
  ssmt_stream_reset (document);
  g_autofree char *alone = stream_translate_lines (document, 9, 10);
  g_autofree char *same = stream_translate_lines (none, 9, 10);
  g_assert_cmpstr (alone, ==, same);

  /* a document is interrupted by a segment without context, and goes on */
  SsmtStreamParams params;
  ssmt_stream_params_init (&params);
    params.guard = FALSE;
  params.context = SSMT_CONTEXT_NONE;
  g_assert_true (ssmt_stream_set_params (document, &params, NULL));
  g_autofree char *aside = stream_translate_lines (document, 20, 22);
  params.context = SSMT_CONTEXT_DOCUMENT;
  g_assert_true (ssmt_stream_set_params (document, &params, NULL));
  g_autofree char *after = stream_translate_lines (document, 10, 14);
  g_autoptr (SsmtStream) plain = stream_new (MODEL);
  g_autofree char *begin = stream_translate_lines (plain, 9, 10);
  g_autofree char *expected = stream_translate_lines (plain, 10, 14);
  g_assert_cmpstr (after, ==, expected);
}

static void
test_constant (gconstpointer data)
{
  g_autoptr (SsmtStream) stream = stream_new (MODEL);
  g_autoptr (GBytes) empty = stream_save (stream);
  guint64 state = ssmt_model_get_state_bytes (MODEL);

  for (guint i = 0; i < 200; i++) {
    g_autofree char *out = stream_translate_lines (stream, i, i + 1);
    g_autoptr (GBytes) now = stream_save (stream);
    if (ssmt_model_get_token_bytes (MODEL) > 0)
      g_assert_cmpuint (g_bytes_get_size (now), >, g_bytes_get_size (empty));
    else
      g_assert_cmpuint (g_bytes_get_size (now), ==, g_bytes_get_size (empty));
    g_assert_false (g_bytes_equal (now, empty));
  }
  g_assert_cmpuint (g_bytes_get_size (empty), >=, state);
  g_assert_cmpuint (g_bytes_get_size (empty), <, state + 1024);
  g_assert_cmpuint (ssmt_stream_get_n_segments (stream), ==, 200);
}

typedef struct {
  SsmtModel *model;
  guint from;
  char *out;
} Job;

static gpointer
run_job (gpointer data)
{
  Job *job = data;
  g_autoptr (SsmtStream) stream =
      stream_with (job->model, SSMT_CONTEXT_DOCUMENT, 1 + job->from % 3);

  job->out = stream_translate_lines (stream, job->from, job->from + 25);
  return NULL;
}

static void
test_threads (void)
{
  g_autoptr (SsmtModel) decoder_only = stream_model_load ("tiny-decoder");
  g_autoptr (SsmtModel) encoder_decoder = stream_model_load ("tiny-encdec");
  Job together[4], alone[4];
  GThread *threads[4];

  for (guint i = 0; i < 4; i++) {
    together[i] = (Job){ i < 3 ? decoder_only : encoder_decoder, 10 * i };
    alone[i] = together[i];
  }
  for (guint i = 0; i < 4; i++)
    threads[i] = g_thread_new ("stream", run_job, &together[i]);
  for (guint i = 0; i < 4; i++)
    g_thread_join (threads[i]);
  for (guint i = 0; i < 4; i++) {
    run_job (&alone[i]);
    g_assert_cmpstr (together[i].out, ==, alone[i].out);
    g_free (together[i].out);
    g_free (alone[i].out);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  stream_add_test ("restore", test_restore);
  stream_add_test ("fork", test_fork);
  stream_add_test ("reset", test_reset);
  stream_add_test ("damaged", test_damaged);
  stream_add_test ("cancel", test_cancel);
  stream_add_test ("context", test_context);
  stream_add_test ("constant", test_constant);
  g_test_add_func ("/stream/other-model", test_other_model);
  g_test_add_func ("/stream/threads", test_threads);
  return g_test_run ();
}
