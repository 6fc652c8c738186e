/* ssmtranslate: terms of a file that changes
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <string.h>

#include <glib/gstdio.h>

#include "fake-ssmt.h"
#include "rig.h"

static char *folder;

/* A file with another content, which is another size, too; NULL: it is removed. */
static char *
write_terms (const char *name, const char *content)
{
  char *path = g_build_filename (folder, name, NULL);

  if (content)
    g_assert_true (g_file_set_contents (path, content, -1, NULL));
  else
    g_remove (path);
  return path;
}

static void
play (Rig *rig, const char *script, const char *expected)
{
  g_autofree char *log = NULL;

  rig_play (rig, script);
  log = rig_take_log (rig);
  if (!strstr (log, expected))
    g_error ("%s: not %s but %s", script, expected, log);
}

/* What is in the file when the next cue comes, and what then comes out. */
static const struct {
  const char *name, *first, *second, *expected;
  const char *says; /* of a warning; NULL: there is none */
} changes[] = {
  { "the same", "one\tUM", "one\tUM", "2:UM", NULL },
  { "another target", "one\tUM", "one\tPRIMEIRO", "2:PRIMEIRO", NULL },
  { "a bad line", "one\tUM", "nothing", "2:UM", "line 1: the engine's words" },
  { "it has gone", "one\tUM", NULL, "2:UM", "the engine's words" },
};

static void
test_change (gconstpointer data)
{
  guint i = GPOINTER_TO_UINT (data);
  Rig *rig = rig_new_null ();
  g_autofree char *path = write_terms ("terms.tsv", changes[i].first), *again = NULL;
  g_autofree char *warning = NULL, *second = NULL;

  fake_reset ();
  g_object_set (rig->element, "model-path", "en-de", "glossary-location", path, NULL);
  rig->h = gst_harness_new_with_element (rig->element, "sink", "src");
  play (rig, "BEGIN:utf8 one WAIT", "1:UM");
  again = write_terms ("terms.tsv", changes[i].second);
  play (rig, "one WAIT", changes[i].expected);
  play (rig, "one WAIT", changes[i].expected + 2); /* and the one after it */
  warning = rig_pop_message (rig, GST_MESSAGE_WARNING);
  second = rig_pop_message (rig, GST_MESSAGE_WARNING);
  if (changes[i].says)
    g_assert_nonnull (strstr (warning, changes[i].says));
  else
    g_assert_null (warning);
  g_assert_null (second);
  rig_free (rig);
}

/* Right again: the terms are those of the file. */
static void
test_recovery (void)
{
  Rig *rig = rig_new_null ();
  g_autofree char *path = write_terms ("terms.tsv", "one\tUM"), *bad = NULL, *good = NULL;

  fake_reset ();
  g_object_set (rig->element, "model-path", "en-de", "glossary-location", path, NULL);
  rig->h = gst_harness_new_with_element (rig->element, "sink", "src");
  play (rig, "BEGIN:utf8 one WAIT", "1:UM");
  bad = write_terms ("terms.tsv", "nothing");
  play (rig, "one WAIT", "2:UM");
  good = write_terms ("terms.tsv", "one\tEINS ZWEI");
  play (rig, "one WAIT", "3:EINS ZWEI");
  g_assert_cmpint (fake.n_glossaries, ==, 3);
  play (rig, "one one one WAIT", "6:EINS ZWEI");
  g_assert_cmpint (fake.n_glossaries, ==, 3);
  rig_free (rig);
}

/* Set, set anew and taken away while cues flow. */
static void
test_property (void)
{
  Rig *rig = rig_new (NULL);
  g_autofree char *a = write_terms ("a.tsv", "one\tUM"), *b = write_terms ("b.tsv", "one\tUNO");
  g_autofree char *missing = write_terms ("missing.tsv", NULL), *warning = NULL, *got = NULL;

  play (rig, "BEGIN:utf8 one WAIT", "1:ONE");
  g_object_set (rig->element, "glossary-location", a, NULL);
  play (rig, "one WAIT", "2:UM");
  g_object_set (rig->element, "glossary-location", b, NULL);
  play (rig, "one WAIT", "3:UNO");
  g_object_set (rig->element, "glossary-location", missing, NULL);
  play (rig, "one WAIT", "4:UNO");
  warning = rig_pop_message (rig, GST_MESSAGE_WARNING);
  g_assert_nonnull (strstr (warning, "missing.tsv"));
  g_object_set (rig->element, "glossary-location", NULL, NULL);
  play (rig, "one WAIT", "5:ONE");
  g_object_get (rig->element, "glossary-location", &got, NULL);
  g_assert_null (got);
  rig_free (rig);
}

/* A file that was never right is an error. */
static void
test_error (void)
{
  Rig *rig = rig_new_null ();
  g_autofree char *path = write_terms ("terms.tsv", "nothing"), *error = NULL;

  g_object_set (rig->element, "model-path", "en-de", "glossary-location", path, NULL);
  g_assert_cmpint (
      gst_element_set_state (rig->element, GST_STATE_READY), ==, GST_STATE_CHANGE_FAILURE);
  error = rig_pop_message (rig, GST_MESSAGE_ERROR);
  g_assert_nonnull (strstr (error, "line 1: the engine's words"));
  rig_free (rig);
}

int
main (int argc, char **argv)
{
  int status;

  rig_init (&argc, &argv);
  folder = g_dir_make_tmp ("ssmt-glossary-XXXXXX", NULL);
  for (guint i = 0; i < G_N_ELEMENTS (changes); i++) {
    g_autofree char *path = g_strconcat ("/glossary/change/", changes[i].name, NULL);

    g_test_add_data_func (path, GUINT_TO_POINTER (i), test_change);
  }
  g_test_add_func ("/glossary/recovery", test_recovery);
  g_test_add_func ("/glossary/property", test_property);
  g_test_add_func ("/glossary/error", test_error);
  status = g_test_run ();
  for (guint i = 0; i < 4; i++) {
    const char *const names[] = { "terms.tsv", "a.tsv", "b.tsv", "missing.tsv" };

    g_free (write_terms (names[i], NULL));
  }
  g_rmdir (folder);
  g_free (folder);
  return status;
}
