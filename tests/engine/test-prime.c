/* ssmtranslate tests: documents that begin with examples
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <string.h>

#include <glib/gstdio.h>

#include "engine/stream/model-private.h"
#include "stream-util.h"
#include "test-util.h"

#define MODEL ((SsmtModel *) data)

/* --- pairs ------------------------------------------------------------------- */

static void
read_pair (SsmtStream *stream, const char *source, const char *target)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (ssmt_stream_read_pair (stream, source, target, NULL, &error));
  g_assert_no_error (error);
}

/* The state of the decoder after these tokens, in one piece. */
static guint8 *
read_by_hand (SsmtModel *model, const GArray *ids, gsize *n_bytes)
{
  guint8 *state;
  SsmtArena arena;

  g_assert_true (ssmt_network_init_arena (model->network, SSMT_STACK_DECODER, &arena, 0, 1));
  g_assert_true (ssmt_scheduler_run (model->scheduler,
      &(SsmtRequest){ .stack = SSMT_STACK_DECODER,
          .arena = &arena,
          .runs = &(SsmtRows){ 0, ids->len, 0, 0 },
          .n_runs = 1,
          .tokens = (gint32 *) ids->data },
      NULL));
  *n_bytes = ssmt_arena_get_used (&arena, arena.positions[0]);
  state = g_malloc (*n_bytes);
  ssmt_arena_read_slot (&arena, 0, state);
  ssmt_arena_clear (&arena);
  return state;
}

/* `source <source_end> target`, and the end of the target before the next. */
static void
test_pair (gconstpointer data)
{
  const char *const pairs[][2] = { { "The ship is here.", "Das Schiff ist hier." },
    { "Anna", "die Anna" } };
  const SsmtConfig *config = MODEL->config;
  g_autoptr (SsmtStream) stream = stream_new (MODEL);
  g_autoptr (GArray) ids = g_array_new (FALSE, FALSE, sizeof (gint32));
  g_autofree guint8 *expected = NULL;
  g_autoptr (GBytes) saved = NULL;
  const float *state;
  gsize n, length;

  if (config->encoder.layers->len > 0) {
    g_test_skip ("what the encoder reads is not counted by hand");
    return;
  }
  for (guint i = 0; i < G_N_ELEMENTS (pairs); i++) {
    if (i > 0)
      g_array_append_val (ids, config->target_end);
    g_assert_true (
        ssmt_tokenizer_encode (MODEL->tokenizers.source, pairs[i][0], -1, ids, NULL, NULL));
    g_array_append_val (ids, config->text.source_end);
    g_assert_true (
        ssmt_tokenizer_encode (MODEL->tokenizers.target, pairs[i][1], -1, ids, NULL, NULL));
    read_pair (stream, pairs[i][0], pairs[i][1]);
    g_assert_cmpuint (ssmt_stream_get_n_segments (stream), ==, i + 1);
  }
  expected = read_by_hand (MODEL, ids, &n);
  n /= sizeof (float);
  saved = stream_save (stream);
  /* behind the header, before the digest; pieces of a prefill round differently */
  state = (const float *) ((const guint8 *) g_bytes_get_data (saved, &length) + length - 32) - n;
  for (gsize i = 0; i < n; i++)
    g_assert_cmpfloat_with_epsilon (state[i], ((float *) expected)[i], 1e-4);
}

static void
test_pair_matters (gconstpointer data)
{
  g_autoptr (SsmtStream) one = stream_new (MODEL), two = stream_new (MODEL);
  g_autoptr (GBytes) first = NULL, second = NULL;

  read_pair (one, "The ship is here.", "Das Schiff ist hier.");
  read_pair (two, "The ship is here.", "Die Fregatte liegt da.");
  first = stream_save (one);
  second = stream_save (two);
  g_assert_false (g_bytes_equal (first, second));
}

static void
test_bad_pair (gconstpointer data)
{
  g_autoptr (GString) endless = g_string_new (NULL);
  g_autoptr (SsmtStream) stream = stream_new (MODEL);
  g_autofree char *line = stream_translate_lines (stream, 0, 3);
  g_autoptr (GBytes) before = stream_save (stream);
  g_autoptr (GCancellable) cancelled = g_cancellable_new ();
  g_autoptr (GError) error = NULL;
  const char *pairs[][2] = { { "", "x" }, { "x", " \n" }, { "\xff", "x" }, { "x", "\xff" },
    { "x", "long" }, { "long", "x" } };

  for (guint i = 0; i < 500; i++)
    g_string_append (endless, "ship ");
  for (guint i = 0; i < G_N_ELEMENTS (pairs); i++) {
    const char *source = pairs[i][0], *target = pairs[i][1];

    g_assert_false (
        ssmt_stream_read_pair (stream, strcmp (source, "long") == 0 ? endless->str : source,
            strcmp (target, "long") == 0 ? endless->str : target, NULL, &error));
    g_assert_error (error, SSMT_ERROR, SSMT_ERROR_TEXT);
    g_clear_error (&error);
    stream_assert_state (stream, before);
  }
  g_cancellable_cancel (cancelled);
  g_assert_false (ssmt_stream_read_pair (stream, "a", "b", cancelled, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  stream_assert_state (stream, before);
}

/* --- starts ------------------------------------------------------------------ */

static char *
write_pairs (const char *folder)
{
  const char *text = "# names\n\nThe ship is here.\tDas Schiff ist hier.\r\n"
                     "Anna is there.\tAnna ist da.\n";

  return test_file_write (folder, "pairs.tsv", text, strlen (text));
}

static SsmtState *
prime (SsmtModel *model, const char *path)
{
  g_autoptr (GError) error = NULL;
  SsmtState *start = ssmt_model_prime (model, path, NULL, &error);

  g_assert_no_error (error);
  return start;
}

static GBytes *
to_bytes (SsmtState *state)
{
  g_autoptr (GError) error = NULL;
  GBytes *bytes = ssmt_state_to_bytes (state, &error);

  g_assert_no_error (error);
  return bytes;
}

static void
set_start (SsmtStream *stream, SsmtState *start)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (ssmt_stream_set_start (stream, start, &error));
  g_assert_no_error (error);
}

static void
test_start (gconstpointer data)
{
  char *folder = test_folder_new ();
  g_autofree char *path = write_pairs (folder);
  g_autoptr (SsmtState) start = prime (MODEL, path), again = prime (MODEL, path);
  g_autoptr (SsmtStream) by_hand = stream_new (MODEL);
  g_autoptr (SsmtStream) stream = stream_with (MODEL, SSMT_CONTEXT_DOCUMENT, 3);
  g_autoptr (SsmtStream) fork = NULL;
  g_autoptr (GBytes) read = NULL, empty = NULL, primed = to_bytes (start);
  g_autofree char *first = NULL, *second = NULL, *third = NULL;

  /* read once */
  g_assert_true (start == again);
  empty = stream_save (stream);
  read_pair (by_hand, "The ship is here.", "Das Schiff ist hier.");
  read_pair (by_hand, "Anna is there.", "Anna ist da.");
  read = stream_save (by_hand);
  g_assert_true (g_bytes_equal (read, primed));

  /* every document begins there */
  set_start (stream, start);
  first = stream_translate_lines (stream, 0, 3);
  ssmt_stream_reset (stream);
  g_assert_cmpuint (ssmt_stream_get_n_segments (stream), ==, 0);
  second = stream_translate_lines (stream, 0, 3);
  g_assert_cmpstr (first, ==, second);

  /* one that is set holds for just this document */
  fork = stream_with (MODEL, SSMT_CONTEXT_DOCUMENT, 3);
  g_assert_true (ssmt_stream_set_state (fork, start, NULL));
  third = stream_translate_lines (fork, 0, 3);
  g_assert_cmpstr (first, ==, third);
  ssmt_stream_reset (fork);
  stream_assert_state (fork, empty);

  set_start (stream, NULL);
  stream_assert_state (stream, empty);
  test_folder_remove (folder);
}

/* Without context each segment begins there. */
static void
test_start_without_context (gconstpointer data)
{
  char *folder = test_folder_new ();
  g_autofree char *path = write_pairs (folder);
  g_autoptr (SsmtState) start = prime (MODEL, path);
  g_autoptr (SsmtStream) none = stream_with (MODEL, SSMT_CONTEXT_NONE, 1);
  g_autoptr (SsmtStream) document = stream_new (MODEL);

  set_start (none, start);
  for (guint n = 0; n < 6; n++) {
    g_autofree char *line = stream_line (n), *alone = NULL, *fresh = NULL;

    alone = stream_translate (none, line);
    set_start (document, start);
    fresh = stream_translate (document, line);
    g_assert_cmpstr (alone, ==, fresh);
  }
  test_folder_remove (folder);
}

/* A file of a saved state is a start as well as one of pairs. */
static void
test_saved_start (gconstpointer data)
{
  char *folder = test_folder_new ();
  g_autofree char *pairs = write_pairs (folder), *saved = NULL, *cut = NULL;
  g_autoptr (SsmtState) start = prime (MODEL, pairs), loaded = NULL;
  g_autoptr (SsmtState) other = NULL;
  g_autoptr (GBytes) bytes = to_bytes (start), again = NULL, third = NULL;
  g_autoptr (SsmtStream) stream = stream_new (MODEL);
  g_autoptr (GError) error = NULL;

  saved =
      test_file_write (folder, "a.state", g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes));
  loaded = prime (MODEL, saved);
  again = to_bytes (loaded);
  g_assert_true (g_bytes_equal (again, bytes));
  set_start (stream, loaded);
  cut = test_file_write (
      folder, "cut.state", g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes) - 1);
  g_assert_null (ssmt_model_prime (MODEL, cut, NULL, &error));
  test_expect_error (&error, SSMT_ERROR_STATE, "cut.state|as long as");

  /* another file of that name is read anew */
  g_free (test_file_write (folder, "pairs.tsv", "a b\tc d\n", 8));
  other = prime (MODEL, pairs);
  third = to_bytes (other);
  g_assert_false (g_bytes_equal (third, bytes));
  test_folder_remove (folder);
}

/* --- what is remembered ------------------------------------------------------- */

static gint n_buffers;
static const SsmtDeviceOps *whole_ops;

static SsmtBuffer *
alloc_counted (SsmtDevice *device, size_t bytes)
{
  n_buffers++;
  return whole_ops->alloc (device, bytes);
}

static void
release_counted (SsmtDevice *device, SsmtBuffer *buffer)
{
  n_buffers -= buffer != NULL;
  whole_ops->release (device, buffer);
}

/* A file that changes and changes, then many files: a few states at most are kept. */
static void
test_bounded (gconstpointer data)
{
  SsmtModel *model = MODEL;
  SsmtDeviceOps ops = *model->device->ops;
  char *folder = test_folder_new ();
  gint after_one = 0;

  whole_ops = model->device->ops;
  ops.alloc = alloc_counted;
  ops.release = release_counted;
  model->device->ops = &ops;
  for (guint i = 0; i < 60; i++) {
    g_autofree char *text = g_strdup_printf ("# %0*u\nthe house\tdas Haus\n", (int) i + 1, i);
    g_autofree char *path = test_file_write (folder, "pairs.tsv", text, strlen (text));
    g_autoptr (SsmtState) state = prime (model, path);

    if (i == 0)
      after_one = n_buffers;
    g_assert_cmpuint (model->primes->len, ==, 1);
    g_assert_cmpint (n_buffers, ==, after_one);
  }
  for (guint i = 0; i < 30; i++) {
    g_autofree char *name = g_strdup_printf ("%u.tsv", i);
    g_autofree char *path = test_file_write (folder, name, "a\tb\n", 4);
    g_autoptr (SsmtState) state = prime (model, path);

    g_assert_cmpuint (model->primes->len, <=, 8);
  }
  g_clear_pointer (&model->primes, g_ptr_array_unref);
  model->device->ops = whole_ops;
  test_folder_remove (folder);
}

/* Streams with one start share it. */
static void
test_shared (gconstpointer data)
{
  SsmtModel *model = MODEL;
  SsmtDeviceOps ops = *model->device->ops;
  g_autoptr (SsmtStream) reader = stream_new (model);
  g_autofree char *text = stream_translate (reader, "the river");
  g_autoptr (SsmtState) start = ssmt_stream_get_state (reader, NULL);
  g_autoptr (GPtrArray) streams = g_ptr_array_new_with_free_func (g_object_unref);
  gint before;

  for (guint i = 0; i < 20; i++)
    g_ptr_array_add (streams, stream_new (model));
  /* room for it, where it grows */
  for (guint i = 0; i < streams->len; i++)
    set_start (streams->pdata[i], start);
  whole_ops = model->device->ops;
  ops.alloc = alloc_counted;
  ops.release = release_counted;
  model->device->ops = &ops;
  before = n_buffers;
  for (guint i = 0; i < streams->len; i++)
    set_start (streams->pdata[i], start);
  g_assert_cmpint (n_buffers, ==, before);
  model->device->ops = whole_ops;
}

/* A state outlives its model, and goes to another's device. */
static void
test_outlives (gconstpointer data)
{
  g_autoptr (SsmtModel) other = stream_model_load ("tiny-decoder");
  g_autoptr (SsmtStream) stream = stream_new (other);
  g_autoptr (SsmtState) state = NULL;
  g_autofree char *expected = NULL, *text = NULL;
  SsmtModel *model = stream_model_load ("tiny-decoder");
  SsmtStream *first = stream_new (model);

  g_free (stream_translate (first, "the river"));
  state = ssmt_stream_get_state (first, NULL);
  expected = stream_translate (first, "carries old wood");
  g_object_unref (first);
  g_assert_finalize_object (model);
  g_assert_true (ssmt_stream_set_state (stream, state, NULL));
  text = stream_translate (stream, "carries old wood");
  g_assert_cmpstr (text, ==, expected);
}

static void
test_bad_files (gconstpointer data)
{
  static const struct {
    const char *text, *says;
  } files[] = {
    { "a\tb\nno tab\n", "line 2: a pair is" },
    { "a\tb\tc\n", "line 1: a pair is" },
    { "\n\na\t\n", "line 3: the target of a pair is empty" },
    { "a\t \n", "line 1" },
    { "a\t\xff\n", "line 1: the target of a pair is not valid UTF-8" },
  };
  char *folder = test_folder_new ();

  for (guint i = 0; i < G_N_ELEMENTS (files); i++) {
    g_autofree char *path =
        test_file_write (folder, "pairs.tsv", files[i].text, strlen (files[i].text));
    g_autoptr (GError) error = NULL;

    g_assert_null (ssmt_model_prime (MODEL, path, NULL, &error));
    g_assert_error (error, SSMT_ERROR, SSMT_ERROR_TEXT);
    g_assert_nonnull (strstr (error->message, "pairs.tsv"));
    g_assert_nonnull (strstr (error->message, files[i].says));
  }
  {
    g_autofree char *path = g_build_filename (folder, "none.tsv", NULL);
    g_autoptr (GError) error = NULL;

    g_assert_null (ssmt_model_prime (MODEL, path, NULL, &error));
    g_assert_error (error, SSMT_ERROR, SSMT_ERROR_NOT_FOUND);
  }
  test_folder_remove (folder);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  stream_add_test ("/pair/state", test_pair);
  stream_add_test ("/pair/matters", test_pair_matters);
  stream_add_test ("/pair/bad", test_bad_pair);
  stream_add_test ("/start/document", test_start);
  stream_add_test ("/start/no-context", test_start_without_context);
  stream_add_test ("/start/saved", test_saved_start);
  stream_add_test ("/start/bounded", test_bounded);
  stream_add_test ("/start/shared", test_shared);
  g_test_add_data_func ("/start/outlives", NULL, test_outlives);
  stream_add_test ("/start/bad-files", test_bad_files);
  return g_test_run ();
}
