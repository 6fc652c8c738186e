/* ssmtranslate tests: a document's state that is handed out, and taken by another element
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <string.h>

#include <gst/check/gstcheck.h>
#include <gst/check/gstharness.h>

#include "gstssmtranslate.h"

#define N_TEXTS 20

typedef struct {
  GstHarness *h;
  GstBus *bus;
} Host;

static Host
host_open (guint interval, GBytes *state, const char *segmentation)
{
  g_autofree char *model = g_test_build_filename (G_TEST_DIST, "data", "tiny-decoder", NULL);
  GstElement *element = gst_object_ref_sink (g_object_new (GST_TYPE_SSM_TRANSLATE, NULL));
  Host host = { NULL, gst_bus_new () };

  g_object_set (element, "model-path", model, "threads", 1, "guard", FALSE, "checkpoint-interval",
      interval, "initial-state", state, NULL);
  gst_util_set_object_arg (G_OBJECT (element), "segmentation", segmentation);
  gst_element_set_bus (element, host.bus);
  host.h = gst_harness_new_with_element (element, "sink", "src");
  gst_harness_set_src_caps_str (host.h, "text/x-raw, format=utf8");
  gst_object_unref (element);
  return host;
}

static gboolean rolls; /* cues show the line before, too */

static char *
dup_line (guint n)
{
  static const char *const words[] = { "river", "house", "winter", "letter", "friend", "street" };

  return g_strdup_printf (
      "the %s carries the old %s%s", words[n % 6], words[n * n / 3 % 6], n % 3 == 2 ? "." : "");
}

static void
host_push (const Host *host, guint n)
{
  g_autofree char *before = rolls && n > 0 ? dup_line (n - 1) : NULL, *line = dup_line (n);
  char *text = before ? g_strconcat (before, "\n", line, NULL) : g_steal_pointer (&line);
  GstBuffer *buffer = gst_buffer_new_wrapped (text, strlen (text));

  GST_BUFFER_PTS (buffer) = n * GST_SECOND;
  GST_BUFFER_DURATION (buffer) = GST_SECOND;
  GST_BUFFER_OFFSET (buffer) = 1000 + n;
  g_assert_cmpint (gst_harness_push (host->h, buffer), ==, GST_FLOW_OK);
}

/* Appends what has come out, a string each. */
static void
host_pull (const Host *host, guint n, GPtrArray *texts)
{
  for (guint i = 0; i < n; i++) {
    GstBuffer *buffer = gst_harness_pull (host->h);
    GstMapInfo map;

    gst_buffer_map (buffer, &map, GST_MAP_READ);
    g_ptr_array_add (texts, g_strndup ((const char *) map.data, map.size));
    gst_buffer_unmap (buffer, &map);
    gst_buffer_unref (buffer);
  }
}

static const GstStructure *
next_message (const Host *host, const char *name, GstMessage **message)
{
  g_clear_pointer (message, gst_message_unref);
  while ((*message = gst_bus_pop_filtered (host->bus, GST_MESSAGE_ELEMENT))) {
    if (gst_message_has_name (*message, name))
      return gst_message_get_structure (*message);
    gst_message_unref (*message);
  }
  return NULL;
}

static void
host_close (Host *host)
{
  /* messages have references of the element, which has one of the bus */
  gst_bus_set_flushing (host->bus, TRUE);
  gst_harness_teardown (host->h);
  gst_object_unref (host->bus);
}

typedef struct {
  GBytes *state;
  guint64 offset, cues, pts;
} Checkpoint;

/* What has been handed out until now. */
static GArray *
host_take_checkpoints (const Host *host)
{
  GArray *all = g_array_new (FALSE, FALSE, sizeof (Checkpoint));
  GstMessage *message = NULL;
  const GstStructure *s;

  while ((s = next_message (host, "ssmtranslate/checkpoint", &message))) {
    Checkpoint c = { NULL, 0, 0, 0 };

    g_assert_true (gst_structure_get (s, "state", G_TYPE_BYTES, &c.state, "offset", G_TYPE_UINT64,
        &c.offset, "cues", G_TYPE_UINT64, &c.cues, "pts", G_TYPE_UINT64, &c.pts, NULL));
    g_array_append_val (all, c);
  }
  return all;
}

static void
free_checkpoints (GArray *all)
{
  for (guint i = 0; i < all->len; i++)
    g_bytes_unref (g_array_index (all, Checkpoint, i).state);
  g_array_unref (all);
}

/* From each state on another element writes what the first one wrote. */
static void
check_each (GArray *all, const GPtrArray *texts, const char *segmentation)
{
  for (guint i = 0; i < all->len; i++) {
    const Checkpoint *c = &g_array_index (all, Checkpoint, i);
    guint first = (guint) (c->offset - 1000) + 1;
    g_autoptr (GPtrArray) again = g_ptr_array_new_with_free_func (g_free);
    Host host = host_open (0, c->state, segmentation);

    g_assert_cmpuint (c->pts, ==, (first - 1) * GST_SECOND);
    for (guint n = first; n < N_TEXTS; n++)
      host_push (&host, n);
    gst_harness_push_event (host.h, gst_event_new_eos ());
    host_pull (&host, N_TEXTS - first, again);
    for (guint n = first; n < N_TEXTS; n++)
      g_assert_cmpstr (again->pdata[n - first], ==, texts->pdata[n]);
    host_close (&host);
  }
}

static void
check_run (const char *segmentation, guint interval, const guint *cues, guint n_cues)
{
  g_autoptr (GPtrArray) texts = g_ptr_array_new_with_free_func (g_free);
  Host host = host_open (interval, NULL, segmentation);
  GArray *all;

  for (guint n = 0; n < N_TEXTS; n++)
    host_push (&host, n);
  gst_harness_push_event (host.h, gst_event_new_eos ());
  host_pull (&host, N_TEXTS, texts);
  gst_element_set_state (host.h->element, GST_STATE_READY);
  all = host_take_checkpoints (&host);
  g_assert_cmpuint (all->len, ==, n_cues);
  for (guint i = 0; i < n_cues; i++)
    g_assert_cmpuint (g_array_index (all, Checkpoint, i).cues, ==, cues[i]);
  check_each (all, texts, segmentation);
  free_checkpoints (all);
  host_close (&host);
}

static void
test_cues (void)
{
  static const guint cues[] = { 7, 14, N_TEXTS };

  check_run ("cue", 7, cues, G_N_ELEMENTS (cues));
  check_run ("cue", 0, NULL, 0);
}

/* The cues of a sentence go out together. */
static void
test_sentences (void)
{
  static const guint cues[] = { 6, 12, 18, N_TEXTS };

  check_run ("sentence", 4, cues, G_N_ELEMENTS (cues));
}

/* On the way down, too, what went out is not forgotten. */
static void
test_stopped (void)
{
  g_autoptr (GPtrArray) texts = g_ptr_array_new_with_free_func (g_free);
  Host host = host_open (100, NULL, "cue");
  GArray *all;

  for (guint n = 0; n < 3; n++)
    host_push (&host, n);
  host_pull (&host, 3, texts);
  gst_element_set_state (host.h->element, GST_STATE_READY);
  all = host_take_checkpoints (&host);
  g_assert_cmpuint (all->len, ==, 1);
  g_assert_cmpuint (g_array_index (all, Checkpoint, 0).offset, ==, 1002);
  free_checkpoints (all);
  host_close (&host);
}

/* What is no state of this model: a warning, and a document that begins. */
static void
test_foreign (void)
{
  g_autoptr (GBytes) bytes = g_bytes_new_static ("ssmtstat of another", 19);
  g_autoptr (GPtrArray) texts = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GstMessage) warning = NULL;
  Host fresh = host_open (0, NULL, "cue"), host = host_open (0, bytes, "cue");

  host_push (&fresh, 0);
  host_push (&host, 0);
  host_pull (&fresh, 1, texts);
  host_pull (&host, 1, texts);
  g_assert_cmpstr (texts->pdata[0], ==, texts->pdata[1]);
  warning = gst_bus_pop_filtered (host.bus, GST_MESSAGE_WARNING);
  g_assert_nonnull (warning);
  host_close (&fresh);
  host_close (&host);
}

/* The property gives back what it was given. */
static void
test_property (void)
{
  g_autoptr (GBytes) bytes = g_bytes_new_static ("x", 1), back = NULL;
  g_autoptr (GstElement) element =
      gst_object_ref_sink (g_object_new (GST_TYPE_SSM_TRANSLATE, "initial-state", bytes, NULL));

  g_object_get (element, "initial-state", &back, NULL);
  g_assert_true (back == bytes);
  g_clear_pointer (&back, g_bytes_unref);
  g_object_set (element, "initial-state", NULL, NULL);
  g_object_get (element, "initial-state", &back, NULL);
  g_assert_null (back);
}

/* Captions that roll up: what the line before became is known, too. */
static void
test_rolling (void)
{
  rolls = TRUE;
  test_cues ();
  rolls = FALSE;
}

int
main (int argc, char **argv)
{
  gst_init (NULL, NULL);
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/checkpoint/cues", test_cues);
  g_test_add_func ("/checkpoint/rolling", test_rolling);
  g_test_add_func ("/checkpoint/sentences", test_sentences);
  g_test_add_func ("/checkpoint/stopped", test_stopped);
  g_test_add_func ("/checkpoint/foreign", test_foreign);
  g_test_add_func ("/checkpoint/property", test_property);
  return g_test_run ();
}
