/* ssmtranslate: properties, the model, messages and latency
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <string.h>

#include "fake-ssmt.h"
#include "rig.h"

/* --- loading ------------------------------------------------------------------ */

static const struct {
  const char *name;
  const char *path, *device, *language;
  GstResourceError error; /* on the bus, 0: it works */
  const char *says;       /* part of its text */
} loads[] = {
  { "works", "en-de", NULL, NULL, 0, NULL },
  { "device", "en-de", "cpu", NULL, 0, NULL },
  { "missing", "missing", NULL, NULL, GST_RESOURCE_ERROR_NOT_FOUND, "missing: the engine's words" },
  { "unreadable", "unreadable", NULL, NULL, GST_RESOURCE_ERROR_OPEN_READ, "the engine's words" },
  { "damaged", "damaged", NULL, NULL, GST_RESOURCE_ERROR_READ, "the engine's words" },
  { "no device", "en-de", "abacus", NULL, GST_RESOURCE_ERROR_FAILED, "no such device" },
  { "language", "en-de", NULL, "de", 0, NULL },
  { "language and region", "en-de", NULL, "de-AT", 0, NULL },
  { "language, three letters", "en-de", NULL, "deu", 0, NULL },
  { "language, other region", "en-pt-BR", NULL, "pt_PT", 0, NULL },
  { "other language", "en-de", NULL, "fr", GST_RESOURCE_ERROR_SETTINGS, "writes \"de\"" },
  { "one of several languages", "en-mul", NULL, "de", 0, NULL },
  { "none of several languages", "en-mul", NULL, "ru", GST_RESOURCE_ERROR_SETTINGS,
      "not written: ru" },
  { "several languages, none chosen", "en-mul", NULL, NULL, GST_RESOURCE_ERROR_SETTINGS,
      "one of deu, fra" },
  { "language not known", "anything", NULL, "fr", 0, NULL },
  { "language empty", "en-de", NULL, "", 0, NULL },
  { "chosen by language", NULL, NULL, "fr", 0, NULL },
  { "chosen by language, three letters", NULL, NULL, "fra", 0, NULL },
  { "none for the language", NULL, NULL, "xx", GST_RESOURCE_ERROR_NOT_FOUND, "says the catalog" },
};

static void
test_load (gconstpointer data)
{
  guint i = GPOINTER_TO_UINT (data);
  Rig *rig = rig_new_null ();
  g_autofree char *error = NULL, *second = NULL;
  g_autofree char *prefix = g_strdup_printf ("gst-resource-error-quark %d ", loads[i].error);
  GstStateChangeReturn ret;

  fake_reset ();
  g_object_set (
      rig->element, "model-path", loads[i].path, "output-language-code", loads[i].language, NULL);
  if (loads[i].device)
    g_object_set (rig->element, "device", loads[i].device, NULL);
  ret = gst_element_set_state (rig->element, GST_STATE_READY);
  error = rig_pop_message (rig, GST_MESSAGE_ERROR);
  second = rig_pop_message (rig, GST_MESSAGE_ERROR);
  if (loads[i].error) {
    g_assert_cmpint (ret, ==, GST_STATE_CHANGE_FAILURE);
    g_assert_nonnull (error);
    g_assert_true (g_str_has_prefix (error, prefix));
    g_assert_nonnull (strstr (error, loads[i].says));
  } else {
    g_assert_cmpint (ret, ==, GST_STATE_CHANGE_SUCCESS);
    g_assert_cmpstr (error, ==, NULL);
  }
  g_assert_null (second);
  rig_free (rig);
  g_assert_cmpint (fake.n_models, ==, 0);
  g_assert_cmpint (fake.n_streams, ==, 0);
}

/* What the message at the start says, and that there is one a start. */
static void
test_message (gconstpointer context)
{
  gboolean document = g_str_equal (context, "document");
  g_autoptr (GstMessage) message = NULL;
  const GstStructure *s = NULL;
  Rig *rig = rig_new_null ();
  gboolean carries;

  g_object_set (rig->element, "model-path", "en-de", NULL);
  gst_util_set_object_arg (G_OBJECT (rig->element), "context", context);
  gst_element_set_state (rig->element, GST_STATE_READY);
  g_assert_null (gst_bus_pop_filtered (rig->bus, GST_MESSAGE_ELEMENT));
  gst_element_set_state (rig->element, GST_STATE_PAUSED);
  message = gst_bus_pop_filtered (rig->bus, GST_MESSAGE_ELEMENT);
  g_assert_nonnull (message);
  s = gst_message_get_structure (message);
  g_assert_true (gst_structure_has_name (s, "ssmtranslate/model"));
  g_assert_nonnull (strstr (gst_structure_get_string (s, "path"), "en-de"));
  g_assert_cmpstr (gst_structure_get_string (s, "source-language"), ==, "en");
  g_assert_cmpstr (gst_structure_get_string (s, "target-language"), ==, "de");
  g_assert_cmpstr (gst_structure_get_string (s, "device"), ==, "fake");
  g_assert_true (gst_structure_get_boolean (s, "carries-state", &carries));
  g_assert_cmpint (carries, ==, document);
  g_assert_null (gst_bus_pop_filtered (rig->bus, GST_MESSAGE_ELEMENT));
  rig_free (rig);
}

static void
test_prime (void)
{
  Rig *rig = rig_new_null ();
  g_autofree char *error = NULL, *first = NULL, *log = NULL;

  g_object_set (rig->element, "model-path", "en-de", "prime-location", "missing.tsv", NULL);
  g_assert_cmpint (
      gst_element_set_state (rig->element, GST_STATE_READY), ==, GST_STATE_CHANGE_FAILURE);
  error = rig_pop_message (rig, GST_MESSAGE_ERROR);
  g_assert_true (g_str_has_prefix (error,
      "gst-resource-error-quark 3 missing"
      ".tsv: the engine's words"));
  rig_free (rig);

  rig = rig_new_null ();
  g_object_set (rig->element, "model-path", "en-de", "prime-location", "names.tsv", NULL);
  rig->h = gst_harness_new_with_element (rig->element, "sink", "src");
  rig_play (rig, "BEGIN:utf8 one two STREAM:other SEGMENT three WAIT");
  log = rig_take_log (rig);
  g_assert_nonnull (strstr (log, "101:ONE 102:TWO"));
  g_assert_nonnull (strstr (log, "101:THREE"));
  rig_free (rig);
}

static void
test_default_model (void)
{
  Rig *rig = rig_new_null ();
  g_autofree char *error = NULL;

  g_unsetenv ("SSMT_MODEL_PATH");
  g_assert_cmpint (
      gst_element_set_state (rig->element, GST_STATE_READY), ==, GST_STATE_CHANGE_FAILURE);
  error = rig_pop_message (rig, GST_MESSAGE_ERROR);
  g_assert_true (g_str_has_prefix (error, "gst-resource-error-quark 3 "));
  g_assert_nonnull (strstr (error, "ssmt fetch")); /* what to do */
  g_setenv ("SSMT_MODEL_PATH", "en-de", TRUE);
  g_assert_cmpint (
      gst_element_set_state (rig->element, GST_STATE_READY), ==, GST_STATE_CHANGE_SUCCESS);
  rig_free (rig);
}

/* An element that failed works once its settings are right. */
static void
test_second_try (void)
{
  Rig *rig = rig_new_null ();

  g_object_set (rig->element, "model-path", "missing", NULL);
  g_assert_cmpint (
      gst_element_set_state (rig->element, GST_STATE_PLAYING), ==, GST_STATE_CHANGE_FAILURE);
  g_object_set (rig->element, "model-path", "en-de", NULL);
  g_assert_cmpint (
      gst_element_set_state (rig->element, GST_STATE_PLAYING), !=, GST_STATE_CHANGE_FAILURE);
  rig_free (rig);
}

/* What is set in READY holds in PAUSED. */
static void
test_change_in_ready (void)
{
  Rig *rig = rig_new_null ();

  fake_reset ();
  g_object_set (rig->element, "model-path", "en-de", NULL);
  gst_element_set_state (rig->element, GST_STATE_READY);
  gst_element_set_state (rig->element, GST_STATE_PAUSED);
  g_assert_cmpint (fake.n_loads, ==, 1);
  gst_element_set_state (rig->element, GST_STATE_READY);
  g_object_set (rig->element, "model-path", "en-fr", NULL);
  gst_element_set_state (rig->element, GST_STATE_PAUSED);
  g_assert_cmpint (fake.n_loads, ==, 2);
  g_assert_cmpint (fake.n_models, ==, 1);
  gst_element_set_state (rig->element, GST_STATE_READY);
  g_object_set (rig->element, "model-path", "missing", NULL);
  g_assert_cmpint (
      gst_element_set_state (rig->element, GST_STATE_PAUSED), ==, GST_STATE_CHANGE_FAILURE);
  rig_free (rig);
}

/* --- sharing -------------------------------------------------------------------- */

static void
test_share (void)
{
  static const struct {
    const char *path, *device;
    guint threads;
    gint n_loads; /* so far */
  } rows[] = {
    { "en-de", "auto", 0, 1 },
    { "en-de", "auto", 0, 1 },
    { "./en-de", "auto", 0, 1 },
    { "en-de", "cpu", 0, 2 },
    { "en-de", "auto", 2, 3 },
    { "en-fr", "auto", 0, 4 },
    { "en-de", "auto", 2, 4 },
  };
  Rig *rigs[G_N_ELEMENTS (rows)];

  fake_reset ();
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    rigs[i] = rig_new_null ();
    g_object_set (rigs[i]->element, "model-path", rows[i].path, "device", rows[i].device, "threads",
        rows[i].threads, NULL);
    gst_element_set_state (rigs[i]->element, GST_STATE_READY);
    g_assert_cmpint (fake.n_loads, ==, rows[i].n_loads);
  }
  g_assert_cmpint (fake.n_models, ==, 4);
  g_assert_cmpint (fake.n_streams, ==, G_N_ELEMENTS (rows));
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    rig_free (rigs[i]);
  g_assert_cmpint (fake.n_models, ==, 0);
}

static gpointer
start_element (gpointer data)
{
  return GINT_TO_POINTER (gst_element_set_state (((Rig *) data)->element, GST_STATE_READY));
}

/* Eight elements at the same time load once; a model that is bad fails for all. */
static void
share_at_once (const char *path, gint n_loads, GstStateChangeReturn expected)
{
  Rig *rigs[8];
  GThread *threads[8];

  fake_reset ();
  g_atomic_int_set (&fake.load_delay_us, 50000);
  for (guint i = 0; i < 8; i++) {
    rigs[i] = rig_new_null ();
    g_object_set (rigs[i]->element, "model-path", path, NULL);
    threads[i] = g_thread_new ("start", start_element, rigs[i]);
  }
  for (guint i = 0; i < 8; i++)
    g_assert_cmpint (GPOINTER_TO_INT (g_thread_join (threads[i])), ==, expected);
  g_assert_cmpint (fake.n_loads, ==, n_loads);
  for (guint i = 0; i < 8; i++)
    rig_free (rigs[i]);
}

static void
test_share_at_once (void)
{
  share_at_once ("en-de", 1, GST_STATE_CHANGE_SUCCESS);
  share_at_once ("missing", 8, GST_STATE_CHANGE_FAILURE);
}

/* Streams of one model keep their documents apart. */
static void
test_streams_apart (void)
{
  Rig *one = rig_new (NULL), *two = rig_new (NULL);
  g_autofree char *log_one = NULL, *log_two = NULL;

  rig_play (one, "BEGIN:utf8 a b");
  rig_play (two, "BEGIN:utf8 x WAIT");
  rig_play (one, "c WAIT");
  log_one = rig_take_log (one);
  log_two = rig_take_log (two);
  g_assert_true (g_str_has_suffix (log_one, " 1:A 2:B 3:C"));
  g_assert_true (g_str_has_suffix (log_two, " 1:X"));
  rig_free (one);
  rig_free (two);
}

/* --- properties ------------------------------------------------------------------ */

static void
test_properties (void)
{
  Rig *rig = rig_new_null ();
  g_autofree char *path = NULL, *device = NULL, *language = NULL;
  guint beam_size, threads, latency;
  gint context;

  g_object_get (rig->element, "model-path", &path, "device", &device, "context", &context,
      "beam-size", &beam_size, "threads", &threads, "output-language-code", &language, "latency",
      &latency, NULL);
  g_assert_cmpstr (path, ==, NULL);
  g_assert_cmpstr (device, ==, "auto");
  g_assert_cmpint (context, ==, SSMT_CONTEXT_DOCUMENT);
  g_assert_cmpuint (beam_size, ==, 1);
  g_assert_cmpuint (threads, ==, 0);
  g_assert_cmpstr (language, ==, NULL);
  g_assert_cmpuint (latency, ==, 300);

  gst_util_set_object_arg (G_OBJECT (rig->element), "context", "none");
  gst_util_set_object_arg (G_OBJECT (rig->element), "latency", "-1");
  g_object_get (rig->element, "context", &context, "latency", &latency, NULL);
  g_assert_cmpint (context, ==, SSMT_CONTEXT_NONE);
  g_assert_cmpuint (latency, ==, G_MAXUINT);
  rig_free (rig);
}

/* What a playing element is told holds for the next cue. */
static void
test_change_in_playing (void)
{
  Rig *rig;
  g_autofree char *log = NULL;
  gint n_before;

  fake_reset ();
  rig = rig_new (NULL);
  rig_play (rig, "BEGIN:utf8 a b WAIT");
  n_before = fake.n_set_params;
  g_object_set (rig->element, "context", SSMT_CONTEXT_NONE, "beam-size", 4, NULL);
  rig_play (rig, "c d WAIT");
  log = rig_take_log (rig);
  g_assert_true (g_str_has_suffix (log, " 1:A 2:B 1:C 1:D"));
  g_assert_cmpint (fake.last_context, ==, SSMT_CONTEXT_NONE);
  g_assert_cmpint (fake.last_beam_size, ==, 4);
  g_assert_cmpint (fake.n_set_params, ==, n_before + 1);
  rig_free (rig);
}

/* A pipeline that is stopped and started again begins a new document. */
static void
test_restart (void)
{
  Rig *rig = rig_new (NULL);
  g_autofree char *log = NULL;

  rig_play (rig, "BEGIN:utf8 a b WAIT");
  gst_element_set_state (rig->element, GST_STATE_READY);
  gst_element_set_state (rig->element, GST_STATE_PLAYING);
  g_free (rig_take_log (rig));
  rig_play (rig, "BEGIN:utf8 a b WAIT");
  log = rig_take_log (rig);
  g_assert_true (g_str_has_suffix (log, " tag:de 1:A 2:B"));
  rig_free (rig);
}

static void
test_factory (void)
{
  g_autoptr (GstElementFactory) factory = gst_element_factory_find ("ssmtranslate");

  g_assert_cmpstr (
      gst_element_factory_get_metadata (factory, GST_ELEMENT_METADATA_KLASS), ==, "Text/Filter");
  g_assert_cmpuint (gst_plugin_feature_get_rank (GST_PLUGIN_FEATURE (factory)), ==, GST_RANK_NONE);
}

/* --- latency ---------------------------------------------------------------------- */

static void
test_latency (void)
{
  static const struct {
    gboolean live;
    GstClockTime upstream, expected;
    guint latency;
  } rows[] = {
    { TRUE, 20 * GST_MSECOND, 320 * GST_MSECOND, 300 },
    { TRUE, 0, 1500 * GST_MSECOND, 1500 },
    { TRUE, 20 * GST_MSECOND, 20 * GST_MSECOND, 0 },
    { TRUE, 20 * GST_MSECOND, 0, G_MAXUINT },
    { FALSE, 20 * GST_MSECOND, 20 * GST_MSECOND, 300 },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    Rig *rig = rig_new (NULL);
    GstQuery *query = gst_query_new_latency ();
    GstClockTime min, max;
    gboolean live;

    g_object_set (rig->element, "latency", rows[i].latency, NULL);
    gst_harness_set_live (rig->h, rows[i].live);
    gst_harness_set_upstream_latency (rig->h, rows[i].upstream);
    g_assert_true (gst_pad_peer_query (rig->h->sinkpad, query));
    gst_query_parse_latency (query, &live, &min, &max);
    g_assert_cmpint (live, ==, rows[i].live);
    g_assert_cmpuint (min, ==, rows[i].expected);
    if (live)
      g_assert_true (max == GST_CLOCK_TIME_NONE);
    gst_query_unref (query);
    rig_free (rig);
  }
}

static void
test_latency_message (void)
{
  Rig *rig = rig_new_null ();
  g_autofree char *in_null = NULL, *changed = NULL, *same = NULL;

  g_object_set (rig->element, "model-path", "en-de", "latency", 500, NULL);
  in_null = rig_pop_message (rig, GST_MESSAGE_LATENCY);
  gst_element_set_state (rig->element, GST_STATE_PAUSED);
  g_object_set (rig->element, "latency", 700, NULL);
  changed = rig_pop_message (rig, GST_MESSAGE_LATENCY);
  g_object_set (rig->element, "latency", 700, NULL);
  same = rig_pop_message (rig, GST_MESSAGE_LATENCY);
  g_assert_cmpstr (in_null, ==, NULL);
  g_assert_cmpstr (changed, !=, NULL);
  g_assert_cmpstr (same, ==, NULL);
  rig_free (rig);
}

int
main (int argc, char **argv)
{
  rig_init (&argc, &argv);
  for (guint i = 0; i < G_N_ELEMENTS (loads); i++) {
    g_autofree char *path = g_strdup_printf ("/load/%s", loads[i].name);

    g_test_add_data_func (path, GUINT_TO_POINTER (i), test_load);
  }
  g_test_add_func ("/load/default model", test_default_model);
  g_test_add_func ("/load/prime", test_prime);
  g_test_add_data_func ("/load/message/document", "document", test_message);
  g_test_add_data_func ("/load/message/none", "none", test_message);
  g_test_add_func ("/load/second try", test_second_try);
  g_test_add_func ("/load/change in READY", test_change_in_ready);
  g_test_add_func ("/share/one model", test_share);
  g_test_add_func ("/share/at once", test_share_at_once);
  g_test_add_func ("/share/streams apart", test_streams_apart);
  g_test_add_func ("/properties/defaults", test_properties);
  g_test_add_func ("/properties/change in PLAYING", test_change_in_playing);
  g_test_add_func ("/properties/restart", test_restart);
  g_test_add_func ("/properties/factory", test_factory);
  g_test_add_func ("/latency/query", test_latency);
  g_test_add_func ("/latency/message", test_latency_message);
  return g_test_run ();
}
