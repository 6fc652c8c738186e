/* ssmtranslate: the engine's stream of an element, on the fake engine
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <string.h>

#include "fake-ssmt.h"
#include "translator.h"

typedef struct {
  GstSsmtStats *stats;
  CueTranslator *translator;
} Rig;

static Rig
make_rig (void)
{
  Rig rig;
  g_autoptr (SsmtModel) model = ssmt_model_load ("en-de", "auto", 0, NULL);

  fake_reset ();
  rig.stats = gst_ssmt_stats_new ();
  rig.translator = cue_translator_new (rig.stats);
  g_assert_null (cue_translator_get_model (rig.translator));
  g_assert_true (cue_translator_open (rig.translator, model, NULL));
  g_assert_true (cue_translator_get_model (rig.translator) == model);
  return rig;
}

static void
clear_rig (Rig *rig)
{
  CueWarning warning;

  g_assert_false (cue_translator_take_warning (rig->translator, &warning));
  cue_translator_free (rig->translator);
  gst_ssmt_stats_free (rig->stats);
  g_assert_cmpint (fake.n_streams, ==, 0);
  g_assert_cmpint (fake.n_models, ==, 0);
}

static guint64
get_count (Rig *rig, const char *field)
{
  GstStructure *s = gst_ssmt_stats_to_structure (rig->stats);
  guint64 n;

  g_assert_true (gst_structure_get_uint64 (s, field, &n));
  gst_structure_free (s);
  return n;
}

static Cue *
make_cue (const char *text)
{
  return cue_new (gst_buffer_new_memdup (text, strlen (text)), 0, CUE_FORMAT_PANGO);
}

static void
expect_warning (Rig *rig, CueWarningKind kind)
{
  g_auto (CueWarning) warning = { 0 };

  g_assert_true (cue_translator_take_warning (rig->translator, &warning));
  g_assert_cmpint (warning.kind, ==, kind);
  g_assert_nonnull (warning.detail);
}

/* --- cues ---------------------------------------------------------------------- */

static const struct {
  const char *in, *out;
  CueFormat format;
} cues[] = {
  { "Hello &amp; bye.", "1:HELLO &amp; BYE.", CUE_FORMAT_PANGO },
  { "Hello &amp; bye.", "1:HELLO & BYE.", CUE_FORMAT_UTF8 },
  { "- A.\n- B.", "- 1:A.\n- 2:B.", CUE_FORMAT_UTF8 },
  { "a <i>b</i> c", "1:A <i>B</i> C", CUE_FORMAT_PANGO },
  { "12.30", "12.30", CUE_FORMAT_PANGO },
};

static void
test_cues (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (cues); i++) {
    Rig rig = make_rig ();
    g_autoptr (Cue) cue = make_cue (cues[i].in);
    g_autofree char *out =
        cue_translator_translate (rig.translator, cue, NULL, cues[i].format, NULL);

    g_assert_cmpstr (out, ==, cues[i].out);
    clear_rig (&rig);
  }
}

static void
test_speech (void)
{
  Rig rig = make_rig ();
  g_autofree char *plain = NULL, *capital = NULL, *as_is = NULL;

  cue_translator_translate_text (rig.translator, "go on", TRUE, NULL, &plain, NULL, NULL);
  cue_translator_translate_text (rig.translator, "Go on", TRUE, NULL, &capital, NULL, NULL);
  cue_translator_translate_text (rig.translator, "go on", FALSE, NULL, &as_is, NULL, NULL);
  g_assert_cmpstr (plain, ==, "1:GO ON.");
  g_assert_cmpstr (capital, ==, "2:GO ON");
  g_assert_cmpstr (as_is, ==, "3:GO ON");
  g_assert_cmpuint (get_count (&rig, "source-tokens"), ==, 6);
  g_assert_cmpuint (get_count (&rig, "state-bytes"), ==, 4096);
  clear_rig (&rig);
}

/* --- trouble -------------------------------------------------------------------- */

static void
test_bad_text (void)
{
  Rig rig = make_rig ();
  g_autoptr (Cue) cue = make_cue ("- badtext\n- Yes.");
  g_autofree char *out =
      cue_translator_translate (rig.translator, cue, NULL, CUE_FORMAT_UTF8, NULL);

  g_assert_cmpstr (out, ==, "- badtext\n- 1:YES.");
  expect_warning (&rig, CUE_WARNING_UNTRANSLATED);
  clear_rig (&rig);
}

static void
test_long_text (void)
{
  Rig rig = make_rig ();
  g_autofree char *text = g_strnfill (CUE_MAX_LENGTH + 1, 'a');
  g_autoptr (Cue) cue = make_cue (text);
  g_autofree char *out =
      cue_translator_translate (rig.translator, cue, NULL, CUE_FORMAT_UTF8, NULL);

  g_assert_cmpstr (out, ==, text);
  g_assert_cmpint (fake.n_started, ==, 0);
  expect_warning (&rig, CUE_WARNING_UNTRANSLATED);
  clear_rig (&rig);
}

static void
test_full_document (void)
{
  Rig rig = make_rig ();
  g_autofree char *one = NULL, *two = NULL, *three = NULL, *four = NULL;

  cue_translator_translate_text (rig.translator, "one", FALSE, NULL, &one, NULL, NULL);
  g_assert_true (
      cue_translator_translate_text (rig.translator, "contextfull", FALSE, NULL, &two, NULL, NULL));
  g_assert_cmpstr (two, ==, "1:CONTEXTFULL");
  expect_warning (&rig, CUE_WARNING_NEW_DOCUMENT);
  /* a state that is no numbers is left behind, too */
  g_assert_true (
      cue_translator_translate_text (rig.translator, "spoilt", FALSE, NULL, &four, NULL, NULL));
  g_assert_cmpstr (four, ==, "1:SPOILT");
  expect_warning (&rig, CUE_WARNING_NEW_DOCUMENT);
  /* never fits */
  g_assert_true (cue_translator_translate_text (
      rig.translator, "contextless", FALSE, NULL, &three, NULL, NULL));
  g_assert_null (three);
  expect_warning (&rig, CUE_WARNING_NEW_DOCUMENT);
  expect_warning (&rig, CUE_WARNING_UNTRANSLATED);
  clear_rig (&rig);
}

/* Memory may be there for the next text. */
static void
test_memory (void)
{
  Rig rig = make_rig ();
  g_autofree char *none = NULL, *next = NULL;

  g_assert_true (cue_translator_translate_text (
      rig.translator, "nomemory", FALSE, NULL, &none, NULL, NULL));
  g_assert_null (none);
  expect_warning (&rig, CUE_WARNING_UNTRANSLATED);
  g_assert_true (
      cue_translator_translate_text (rig.translator, "here", FALSE, NULL, &next, NULL, NULL));
  g_assert_cmpstr (next, ==, "1:HERE");
  clear_rig (&rig);
}

static void
test_errors (void)
{
  Rig rig = make_rig ();
  g_autoptr (Cue) cue = make_cue ("nodevice");
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GError) error = NULL, cancelled = NULL;

  g_assert_null (cue_translator_translate (rig.translator, cue, NULL, CUE_FORMAT_UTF8, &error));
  g_assert_error (error, SSMT_ERROR, SSMT_ERROR_DEVICE);
  g_cancellable_cancel (cancellable);
  cue_translator_set_cancellable (rig.translator, cancellable);
  g_assert_null (cue_translator_translate (rig.translator, cue, NULL, CUE_FORMAT_UTF8, &cancelled));
  g_assert_error (cancelled, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  clear_rig (&rig);
}

/* Every error of the engine is a resource's, all else the library's. */
static void
test_map (void)
{
  for (gint code = SSMT_ERROR_NOT_FOUND; code <= SSMT_ERROR_NOT_FINITE; code++) {
    g_autoptr (GError) error = g_error_new_literal (SSMT_ERROR, code, "x");
    GQuark domain;
    gint mapped;

    cue_translator_map_error (error, &domain, &mapped);
    g_assert_cmpuint (domain, ==, GST_RESOURCE_ERROR);
    g_assert_cmpint (mapped, >, 0);
    error->domain = G_IO_ERROR;
    cue_translator_map_error (error, &domain, &mapped);
    g_assert_cmpuint (domain, ==, GST_LIBRARY_ERROR);
  }
}

/* Parameters that the engine did not take are tried again. */
static void
test_params (void)
{
  Rig rig = make_rig ();

  /* a new stream has the first */
  cue_translator_set_params (rig.translator, SSMT_CONTEXT_DOCUMENT, 1, SSMT_POLICY_FINAL);
  g_assert_cmpint (fake.n_set_params, ==, 1);
  g_atomic_int_set (&fake.refuse_params, 1);
  cue_translator_set_params (rig.translator, SSMT_CONTEXT_DOCUMENT, 4, SSMT_POLICY_FINAL);
  expect_warning (&rig, CUE_WARNING_SETTINGS);
  g_atomic_int_set (&fake.refuse_params, 0);
  cue_translator_set_params (rig.translator, SSMT_CONTEXT_DOCUMENT, 4, SSMT_POLICY_FINAL);
  g_assert_cmpint (fake.last_beam_size, ==, 4);
  cue_translator_set_params (rig.translator, SSMT_CONTEXT_DOCUMENT, 4, SSMT_POLICY_FINAL);
  g_assert_cmpint (fake.n_set_params, ==, 2);
  clear_rig (&rig);
}

/* --- growing text ------------------------------------------------------------------ */

static void
test_revise (void)
{
  static const struct {
    const char *text;
    gboolean is_final;
    const char *committed, *tail;
  } rows[] = {
    { "he went home", FALSE, "HE", "WENT HOME" },
    { "he went\nhome again", FALSE, "WENT", "HOME AGAIN" },
    { "he went home again", TRUE, "HOME AGAIN", "" },
  };
  Rig rig = make_rig ();

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autoptr (Cue) cue = make_cue (rows[i].text);
    g_autofree char *committed = NULL, *tail = NULL;

    cue_translator_set_params (rig.translator, SSMT_CONTEXT_DOCUMENT, 1, SSMT_POLICY_ALIGN_ATT);
    g_assert_true (
        cue_translator_revise (rig.translator, cue, rows[i].is_final, &committed, &tail, NULL));
    g_assert_cmpstr (committed, ==, rows[i].committed);
    g_assert_cmpstr (tail, ==, rows[i].tail);
  }
  clear_rig (&rig);
}

static void
test_languages (void)
{
  Rig rig = make_rig ();

  cue_translator_set_languages (rig.translator, "en", NULL);
  g_assert_cmpstr (cue_translator_get_reads (rig.translator), ==, "en");
  g_assert_null (cue_translator_get_writes (rig.translator));
  cue_translator_close (rig.translator);
  g_assert_null (cue_translator_get_reads (rig.translator));
  g_assert_cmpuint (get_count (&rig, "state-bytes"), ==, 0);
  clear_rig (&rig);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  gst_init (&argc, &argv);
  cue_register_interim ();
  g_test_add_func ("/translator/cues", test_cues);
  g_test_add_func ("/translator/speech", test_speech);
  g_test_add_func ("/translator/bad-text", test_bad_text);
  g_test_add_func ("/translator/long-text", test_long_text);
  g_test_add_func ("/translator/full-document", test_full_document);
  g_test_add_func ("/translator/errors", test_errors);
  g_test_add_func ("/translator/memory", test_memory);
  g_test_add_func ("/translator/map", test_map);
  g_test_add_func ("/translator/params", test_params);
  g_test_add_func ("/translator/revise", test_revise);
  g_test_add_func ("/translator/languages", test_languages);
  return g_test_run ();
}
