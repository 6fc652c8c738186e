/* ssmtranslate: what the element says of the guard around models
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "fake-ssmt.h"
#include "rig.h"

/* What is said of one cue at second 0: "KIND TEXT" of each message, ";" between. */
static const struct {
  const char *name, *cue, *messages;
  guint mended, copied;
} rows[] = {
  { "nothing", "all is well", "", 0, 0 },
  { "no letter", "12:30", "", 0, 0 },
  { "mended", "mendme", "", 1, 0 },
  { "copied", "copyme 12", "number copyme 12", 0, 1 },
  { "two kinds", "copyall", "copy+loop copyall", 0, 1 },
  { "two speakers", "- copyme\n- mendme", "number copyme", 1, 1 },
  { "both speakers", "- copyme\n- copyall", "number copyme;copy+loop copyall", 0, 2 },
  { "mended and copied", "mendme copyme", "number mendme copyme", 1, 1 },
};

static char *
take_messages (Rig *rig)
{
  GString *all = g_string_new (NULL);
  GstMessage *message;

  while ((message = gst_bus_pop_filtered (rig->bus, GST_MESSAGE_ELEMENT))) {
    const GstStructure *s = gst_message_get_structure (message);
    guint64 pts;

    if (gst_structure_has_name (s, "ssmtranslate/guarded")) {
      g_assert_true (gst_structure_get_uint64 (s, "pts", &pts));
      g_assert_cmpuint (pts, ==, 0);
      g_string_append_printf (all, "%s%s %s", all->len ? ";" : "",
          gst_structure_get_string (s, "kind"), gst_structure_get_string (s, "text"));
    }
    gst_message_unref (message);
  }
  return g_string_free (all, FALSE);
}

static guint64
get_count (Rig *rig, const char *field)
{
  GstStructure *s = NULL;
  guint64 n;

  g_object_get (rig->element, "stats", &s, NULL);
  g_assert_true (gst_structure_get_uint64 (s, field, &n));
  gst_structure_free (s);
  return n;
}

static void
test_row (gconstpointer data)
{
  guint i = GPOINTER_TO_UINT (data);
  Rig *rig = rig_new (NULL);
  g_autofree char *messages = NULL, *text = NULL;

  fake_reset ();
  rig_begin (rig, "utf8");
  gst_harness_push (rig->h, rig_make_cue (rows[i].cue, 0));
  text = rig_pull_text (rig);
  messages = take_messages (rig);
  g_assert_cmpstr (messages, ==, rows[i].messages);
  g_assert_cmpuint (get_count (rig, "guarded-mended"), ==, rows[i].mended);
  g_assert_cmpuint (get_count (rig, "guarded-copied"), ==, rows[i].copied);
  rig_free (rig);
}

/* A sentence is one text, whatever its cues. */
static void
test_sentence (void)
{
  Rig *rig = rig_new (NULL);
  g_autofree char *messages = NULL, *log = NULL;

  fake_reset ();
  g_object_set (rig->element, "segmentation", 1, NULL);
  rig_begin (rig, "utf8");
  gst_harness_push (rig->h, rig_make_cue ("all of it", 0));
  gst_harness_push (rig->h, rig_make_cue ("is copyme.", 1));
  gst_harness_push_event (rig->h, gst_event_new_eos ());
  log = rig_wait_for_eos (rig, 1);
  messages = take_messages (rig);
  g_assert_cmpstr (messages, ==, "number all of it is copyme.");
  g_assert_cmpuint (get_count (rig, "guarded-copied"), ==, 1);
  rig_free (rig);
}

/* They hold from the next cue on. */
static void
test_properties (void)
{
  Rig *rig = rig_new (NULL);
  g_autofree char *one = NULL, *two = NULL;

  fake_reset ();
  rig_begin (rig, "utf8");
  g_object_set (rig->element, "guard", FALSE, "quotes", SSMT_QUOTES_TARGET, NULL);
  gst_harness_push (rig->h, rig_make_cue ("one", 0));
  one = rig_pull_text (rig);
  g_assert_false (fake.last_guard);
  g_assert_cmpint (fake.last_quotes, ==, SSMT_QUOTES_TARGET);
  g_object_set (rig->element, "guard", TRUE, "quotes", SSMT_QUOTES_SOURCE, NULL);
  gst_harness_push (rig->h, rig_make_cue ("two", 1));
  two = rig_pull_text (rig);
  g_assert_true (fake.last_guard);
  g_assert_cmpint (fake.last_quotes, ==, SSMT_QUOTES_SOURCE);
  rig_free (rig);
}

int
main (int argc, char **argv)
{
  rig_init (&argc, &argv);
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autofree char *path = g_strdup_printf ("/guard/%s", rows[i].name);

    g_test_add_data_func (path, GUINT_TO_POINTER (i), test_row);
  }
  g_test_add_func ("/guard/sentence", test_sentence);
  g_test_add_func ("/guard/properties", test_properties);
  return g_test_run ();
}
