/* ssmtranslate tests: each call of the system fails once
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Whatever fails, it is told, or it does no harm: what comes out is then right. And so is the next
 * call, in every case.
 */
#include <string.h>

#include "ssmt/ssmt.h"
#include "tests/faults/fail.h"

#define MOST 2000 /* of a call in what is tried here */

static const char *const calls[] = { "malloc", "aligned_alloc", "mmap", "open", "read",
  "pthread_create" };
static const char *const lines[] = { "the river carries old wood", "down to a mill, at 7:30." };

/* What is tried: its own model and stream, or those that stand. */
typedef struct {
  char *folder;
  SsmtModel *model;
  SsmtStream *stream;
  SsmtState *start;
  GBytes *saved;
  gboolean is_renewed; /* before each try */
} Rig;

/* What it came to, as text; NULL with an error. */
typedef char *(*Try) (Rig *rig, GError **error);

static SsmtStream *
new_stream (SsmtModel *model, guint beam_size, GError **error)
{
  SsmtStreamParams params;

  ssmt_stream_params_init (&params);
  params.beam_size = beam_size;
  return ssmt_stream_new (model, &params, error);
}

static char *
translate (SsmtStream *stream, SsmtTranslateFlags flags, GError **error)
{
  g_autoptr (GString) out = g_string_new (NULL);

  for (guint i = 0; i < G_N_ELEMENTS (lines); i++) {
    g_autoptr (SsmtTranslation) translation =
        ssmt_stream_translate (stream, lines[i], flags, NULL, error);

    if (translation == NULL)
      return NULL;
    g_string_append_printf (out, "%s\n", ssmt_translation_get_text (translation));
  }
  return g_strdup (out->str);
}

static char *
try_load (Rig *rig, GError **error)
{
  g_autoptr (SsmtModel) model = ssmt_model_load (rig->folder, "cpu", 2, error);
  g_autoptr (SsmtStream) stream = model != NULL ? new_stream (model, 1, error) : NULL;

  return stream != NULL ? translate (stream, SSMT_TRANSLATE_NONE, error) : NULL;
}

static char *
try_translate (Rig *rig, GError **error)
{
  return ssmt_stream_set_state (rig->stream, rig->start, error)
      ? translate (rig->stream, SSMT_TRANSLATE_NONE, error)
      : NULL;
}

static char *
try_align (Rig *rig, GError **error)
{
  return ssmt_stream_set_state (rig->stream, rig->start, error)
      ? translate (rig->stream, SSMT_TRANSLATE_ALIGN, error)
      : NULL;
}

static char *
try_beam (Rig *rig, GError **error)
{
  g_autoptr (SsmtStream) stream = new_stream (rig->model, 4, error);

  return stream != NULL ? translate (stream, SSMT_TRANSLATE_NONE, error) : NULL;
}

static char *
try_save (Rig *rig, GError **error)
{
  g_autoptr (SsmtState) state = ssmt_stream_get_state (rig->stream, error);
  g_autoptr (GBytes) bytes = state != NULL ? ssmt_state_to_bytes (state, error) : NULL;

  return bytes != NULL ? g_compute_checksum_for_bytes (G_CHECKSUM_SHA256, bytes) : NULL;
}

static char *
try_restore (Rig *rig, GError **error)
{
  g_autoptr (SsmtState) state = ssmt_state_new_from_bytes (rig->model, rig->saved, error);

  return state != NULL && ssmt_stream_set_state (rig->stream, state, error)
      ? translate (rig->stream, SSMT_TRANSLATE_NONE, error)
      : NULL;
}

/* --- the rig --------------------------------------------------------------------- */

static void
rig_init (Rig *rig, const char *name)
{
  GError *error = NULL;
  g_autoptr (SsmtState) state = NULL;
  g_autofree char *text = NULL;

  rig->folder = g_test_build_filename (G_TEST_DIST, "data", name, NULL);
  rig->model = ssmt_model_load (rig->folder, "cpu", 1, &error);
  g_assert_no_error (error);
  rig->stream = new_stream (rig->model, 1, &error);
  g_assert_no_error (error);
  text = translate (rig->stream, SSMT_TRANSLATE_NONE, &error);
  g_assert_no_error (error);
  rig->start = ssmt_stream_get_state (rig->stream, &error);
  g_assert_no_error (error);
  rig->saved = ssmt_state_to_bytes (rig->start, &error);
  g_assert_no_error (error);
}

static void
rig_clear (Rig *rig)
{
  g_bytes_unref (rig->saved);
  ssmt_state_unref (rig->start);
  g_object_unref (rig->stream);
  g_object_unref (rig->model);
  g_free (rig->folder);
}

/* From the same place each time. */
static void
rig_back (Rig *rig)
{
  GError *error = NULL;

  ssmt_stream_set_state (rig->stream, rig->start, &error);
  g_assert_no_error (error);
}

/* A model that has made room for nothing yet. */
static void
rig_renew (Rig *rig)
{
  GError *error = NULL;

  g_clear_object (&rig->stream);
  g_clear_object (&rig->model);
  rig->model = ssmt_model_load (rig->folder, "cpu", 1, &error);
  g_assert_no_error (error);
  rig->stream = new_stream (rig->model, 1, &error);
  g_assert_no_error (error);
  g_clear_pointer (&rig->start, ssmt_state_unref);
  rig->start = ssmt_state_new_from_bytes (rig->model, rig->saved, &error);
  g_assert_no_error (error);
}

static char *
run_whole (Rig *rig, Try try)
{
  GError *error = NULL;
  char *out;

  rig_back (rig);
  out = try (rig, &error);
  g_assert_no_error (error);
  return out;
}

/* With the n-th call failing. FALSE: there are fewer. */
static gboolean
run_failing (Rig *rig, Try try, const char *call, guint n, const char *expected, guint *n_told)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *out = NULL, *next = NULL;
  gboolean failed;

  if (rig->is_renewed)
    rig_renew (rig);
  rig_back (rig);
  ssmt_test_fail (call, n);
  out = try (rig, &error);
  failed = ssmt_test_has_failed ();
  ssmt_test_fail (NULL, 0);
  if (out != NULL)
    g_assert_cmpstr (out, ==, expected);
  else
    g_assert_cmpuint (strlen (error->message), >, 10);
  *n_told += out == NULL;
  next = run_whole (rig, try);
  g_assert_cmpstr (next, ==, expected);
  return failed;
}

static void
test_try (Try try, gboolean is_renewed)
{
  static const char *const names[] = { "tiny-decoder", "tiny-encdec" };

  for (guint i = 0; i < G_N_ELEMENTS (names); i++) {
    Rig rig = { NULL };
    g_autofree char *expected = NULL;

    rig_init (&rig, names[i]);
    rig.is_renewed = is_renewed;
    expected = run_whole (&rig, try);
    for (guint c = 0; c < G_N_ELEMENTS (calls); c++) {
      guint n = 1, n_told = 0;

      while (n < MOST && run_failing (&rig, try, calls[c], n, expected, &n_told))
        n++;
      g_test_message ("%s: %u failed of %s, %u were told", names[i], n - 1, calls[c], n_told);
    }
    rig_clear (&rig);
  }
}

static void
test_load (void)
{
  test_try (try_load, FALSE);
}

static void
test_translate (void)
{
  test_try (try_translate, FALSE);
}

static void
test_first (void)
{
  test_try (try_translate, TRUE);
}

static void
test_align (void)
{
  test_try (try_align, FALSE);
}

static void
test_beam (void)
{
  test_try (try_beam, FALSE);
}

static void
test_save (void)
{
  test_try (try_save, FALSE);
}

static void
test_restore (void)
{
  test_try (try_restore, FALSE);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/faults/load", test_load);
  g_test_add_func ("/faults/translate", test_translate);
  g_test_add_func ("/faults/first", test_first);
  g_test_add_func ("/faults/align", test_align);
  g_test_add_func ("/faults/beam", test_beam);
  g_test_add_func ("/faults/save", test_save);
  g_test_add_func ("/faults/restore", test_restore);
  return g_test_run ();
}
