/* ssmtranslate: events, queries and metas that are none of its business
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <string.h>

#include "fake-ssmt.h"
#include "rig.h"

#define HEAD "stream-start caps:utf8 segment tag:de"

/* --- events from downstream --------------------------------------------------- */

static GstEvent *
make_upstream (guint i)
{
  GstStructure *s = gst_structure_new ("unknown", "n", G_TYPE_UINT, i, NULL);

  switch (i) {
    case 0:
      gst_structure_free (s);
      return gst_event_new_seek (1.5, GST_FORMAT_TIME, GST_SEEK_FLAG_FLUSH | GST_SEEK_FLAG_ACCURATE,
          GST_SEEK_TYPE_SET, 7 * GST_SECOND, GST_SEEK_TYPE_SET, 9 * GST_SECOND);
    case 1:
      gst_structure_free (s);
      return gst_event_new_seek (-2.0, GST_FORMAT_TIME, GST_SEEK_FLAG_SEGMENT, GST_SEEK_TYPE_NONE,
          0, GST_SEEK_TYPE_END, -1);
    case 2:
      gst_structure_free (s);
      return gst_event_new_qos (GST_QOS_TYPE_UNDERFLOW, 0.5, 20, GST_SECOND);
    case 3:
      gst_structure_free (s);
      return gst_event_new_latency (300 * GST_MSECOND);
    case 4:
      gst_structure_free (s);
      return gst_event_new_reconfigure ();
    case 5:
      gst_structure_free (s);
      return gst_event_new_step (GST_FORMAT_BUFFERS, 1, 1.0, TRUE, FALSE);
    case 6:
      return gst_event_new_navigation (s);
    case 7:
      return gst_event_new_custom (GST_EVENT_CUSTOM_UPSTREAM, s);
    case 8:
      return gst_event_new_custom (GST_EVENT_CUSTOM_BOTH, s);
    case 9:
      return gst_event_new_custom (GST_EVENT_CUSTOM_BOTH_OOB, s);
    default:
      gst_structure_free (s);
      return NULL;
  }
}

/* As they are, and at once: nothing of the queue is in their way. */
static void
test_upstream_events (void)
{
  Rig *rig;
  GstEvent *event, *seen;

  fake_reset ();
  g_atomic_int_set (&fake.delay_us, 60 * G_USEC_PER_SEC);
  rig = rig_new (NULL);
  rig_play (rig, "BEGIN:utf8 slow slow");
  rig_wait_for_count (&fake.n_started, 1);
  /* the harness has linked its pads: one RECONFIGURE each */
  while ((seen = gst_harness_try_pull_upstream_event (rig->h)))
    gst_event_unref (seen);
  for (guint i = 0; (event = make_upstream (i)); i++) {
    gst_harness_push_upstream_event (rig->h, gst_event_ref (event));
    seen = gst_harness_try_pull_upstream_event (rig->h);
    g_assert_true (seen == event);
    g_assert_null (gst_harness_try_pull_upstream_event (rig->h));
    gst_event_unref (seen);
    gst_event_unref (event);
  }
  g_assert_cmpint (g_atomic_int_get (&fake.n_cancelled), ==, 0);
  rig_free (rig);
}

/* --- events from upstream ------------------------------------------------------- */

static const struct {
  const char *name;
  GstEventType type;
  gboolean overtakes; /* else it stays where it is */
} downstream[] = {
  { "custom", GST_EVENT_CUSTOM_DOWNSTREAM, FALSE },
  { "custom, sticky", GST_EVENT_CUSTOM_DOWNSTREAM_STICKY, FALSE },
  { "custom, both ways", GST_EVENT_CUSTOM_BOTH, FALSE },
  { "custom, out of band", GST_EVENT_CUSTOM_DOWNSTREAM_OOB, TRUE },
  { "custom, both ways, out of band", GST_EVENT_CUSTOM_BOTH_OOB, TRUE },
  { "of another version",
      GST_EVENT_MAKE_TYPE (390, GST_EVENT_TYPE_DOWNSTREAM | GST_EVENT_TYPE_SERIALIZED), FALSE },
  { "of another version, out of band", GST_EVENT_MAKE_TYPE (391, GST_EVENT_TYPE_DOWNSTREAM), TRUE },
};

static void
test_downstream_event (gconstpointer data)
{
  guint i = GPOINTER_TO_UINT (data);

  for (guint segmentation = 0; segmentation < 2; segmentation++) {
    Rig *rig;
    GstEvent *event, *seen;
    guint n_before, n_seen = 0;

    fake_reset ();
    g_atomic_int_set (&fake.delay_us, 50000);
    rig = rig_new (NULL);
    g_object_set (rig->element, "segmentation", segmentation, NULL);
    rig_play (rig, "BEGIN:utf8 WAIT a.");
    rig_wait_for_count (&fake.n_started, 1);
    event = gst_event_new_custom (
        downstream[i].type, gst_structure_new ("unknown", "n", G_TYPE_UINT, 7, NULL));
    g_assert_true (gst_harness_push_event (rig->h, gst_event_ref (event)));
    n_before = gst_harness_buffers_received (rig->h);
    rig_play (rig, "b. WAIT");
    while ((seen = gst_harness_try_pull_event (rig->h))) {
      n_seen += seen == event;
      gst_event_unref (seen);
    }
    g_assert_cmpuint (n_seen, ==, 1);
    g_assert_cmpuint (n_before, ==, 0);
    {
      g_autofree char *log = rig_take_log (rig);
      const char *name = downstream[i].type == GST_EVENT_CUSTOM_DOWNSTREAM
          ? "unknown"
          : GST_EVENT_TYPE_NAME (event);
      g_autofree char *expected = downstream[i].overtakes
          ? g_strdup_printf (HEAD " %s 1:A. 2:B.", name)
          : g_strdup_printf (HEAD " 1:A. %s 2:B.", name);

      /* the tag goes out with the first cue, before it is translated */
      g_assert_cmpstr (log, ==, expected);
    }
    if (GST_EVENT_IS_STICKY (event)) {
      seen = gst_pad_get_sticky_event (rig->h->sinkpad, downstream[i].type, 0);
      g_assert_true (seen == event);
      gst_event_unref (seen);
    }
    gst_event_unref (event);
    rig_free (rig);
  }
}

/* A held sentence ends before it, and a sticky one survives a flush in the queue. */
static void
test_held_and_flushed (void)
{
  Rig *rig = rig_new (NULL);
  GstEvent *event = gst_event_new_custom (
      GST_EVENT_CUSTOM_DOWNSTREAM_STICKY, gst_structure_new_empty ("unknown"));
  g_autofree char *held = NULL, *flushed = NULL, *expected = NULL;

  fake_reset ();
  g_object_set (rig->element, "segmentation", 1, NULL);
  rig_play (rig, "BEGIN:utf8 he went");
  gst_harness_push_event (rig->h, gst_event_ref (event));
  rig_play (rig, "home. WAIT");
  held = rig_take_log (rig);
  expected = g_strdup_printf (HEAD " 1:HE WENT %s 2:HOME.", GST_EVENT_TYPE_NAME (event));
  g_assert_cmpstr (held, ==, expected);

  g_atomic_int_set (&fake.delay_us, 60 * G_USEC_PER_SEC);
  rig_play (rig, "slow.");
  rig_wait_for_count (&fake.n_started, 3);
  gst_event_unref (event);
  event = gst_event_new_custom (
      GST_EVENT_CUSTOM_DOWNSTREAM_STICKY, gst_structure_new_empty ("unknown"));
  gst_harness_push_event (rig->h, event);
  rig_play (rig, "FLUSH");
  g_atomic_int_set (&fake.delay_us, 0);
  rig_play (rig, "SEGMENT a. WAIT");
  flushed = rig_take_log (rig);
  g_free (expected);
  expected = g_strdup_printf ("flush-start flush-stop %s segment 1:A.",
      gst_event_type_get_name (GST_EVENT_CUSTOM_DOWNSTREAM_STICKY));
  g_assert_cmpstr (flushed, ==, expected);
  rig_free (rig);
}

/* --- queries -------------------------------------------------------------------- */

#define MAKE_QUERY(n, flags) ((GstQueryType) GST_QUERY_MAKE_TYPE (n, flags))
#define QUERY_UP MAKE_QUERY (380, GST_QUERY_TYPE_UPSTREAM)
#define QUERY_DOWN MAKE_QUERY (381, GST_QUERY_TYPE_DOWNSTREAM)
#define QUERY_DOWN_ORDERED MAKE_QUERY (382, GST_QUERY_TYPE_DOWNSTREAM | GST_QUERY_TYPE_SERIALIZED)
#define QUERY_BOTH MAKE_QUERY (383, GST_QUERY_TYPE_BOTH)

/* The neighbour writes the answer into it, and how much text was out by then. */
static gboolean
answer (GstPad *pad, GstObject *parent, GstQuery *query)
{
  Rig *rig = pad->querydata;

  if (!GST_QUERY_TYPE_NAME (query) || !gst_query_get_structure (query)
      || !gst_structure_has_name (gst_query_get_structure (query), "unknown"))
    return gst_pad_query_default (pad, parent, query);
  gst_structure_set (gst_query_writable_structure (query), "answer", G_TYPE_UINT,
      gst_harness_buffers_received (rig->h), NULL);
  return TRUE;
}

static void
test_queries (void)
{
  static const struct {
    GstQueryType type;
    gboolean from_downstream;
    guint n_out;
  } rows[] = {
    { QUERY_UP, TRUE, 0 },
    { QUERY_BOTH, TRUE, 0 },
    { QUERY_DOWN, FALSE, 0 },
    { QUERY_BOTH, FALSE, 0 },
    { QUERY_DOWN_ORDERED, FALSE, 2 },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    GstQuery *query = gst_query_new_custom (rows[i].type, gst_structure_new_empty ("unknown"));
    GstPad *from, *to;
    guint n_out;
    Rig *rig;

    fake_reset ();
    g_atomic_int_set (&fake.delay_us, 50000);
    rig = rig_new (NULL);
    from = rows[i].from_downstream ? rig->h->sinkpad : rig->h->srcpad;
    to = rows[i].from_downstream ? rig->h->srcpad : rig->h->sinkpad;
    gst_pad_set_query_function_full (to, answer, rig, NULL);
    rig_play (rig, "BEGIN:utf8 a. b.");
    rig_wait_for_count (&fake.n_started, 1);
    g_assert_true (gst_pad_peer_query (from, query));
    g_assert_true (gst_structure_get_uint (gst_query_get_structure (query), "answer", &n_out));
    g_assert_cmpuint (n_out, ==, rows[i].n_out);
    gst_query_unref (query);
    rig_free (rig);
  }
}

/* Nobody knows the answer: no, at once, and nothing hangs. */
static void
test_queries_unanswered (void)
{
  Rig *rig = rig_new (NULL);

  rig_play (rig, "BEGIN:utf8 a.");
  for (guint type = 0; type < 2; type++) {
    GstQuery *query = gst_query_new_custom (
        type == 0 ? QUERY_DOWN : QUERY_DOWN_ORDERED, gst_structure_new_empty ("nobody"));

    g_assert_false (gst_pad_peer_query (rig->h->srcpad, query));
    gst_query_unref (query);
  }
  rig_free (rig);
}

/* --- metas ---------------------------------------------------------------------- */

/* On a cue, on a cue of a sentence, on one that stays as it is. */
static void
test_metas (void)
{
  static const char *const texts[] = { "he", "went.", "", "12.30", "- Yes." };
  static const char *no_tags[] = { NULL };

  gst_meta_register_custom ("UnknownMeta", no_tags, NULL, NULL, NULL);
  for (guint segmentation = 0; segmentation < 2; segmentation++) {
    Rig *rig = rig_new (NULL);

    g_object_set (rig->element, "segmentation", segmentation, NULL);
    rig_begin (rig, "utf8");
    for (guint i = 0; i < G_N_ELEMENTS (texts); i++) {
      GstBuffer *cue = rig_make_cue (texts[i], i);
      GstCustomMeta *meta = gst_buffer_add_custom_meta (cue, "UnknownMeta");

      gst_structure_set (gst_custom_meta_get_structure (meta), "n", G_TYPE_UINT, i, NULL);
      gst_harness_push (rig->h, cue);
    }
    rig_wait (rig);
    for (guint i = 0; i < G_N_ELEMENTS (texts); i++) {
      GstBuffer *cue = gst_harness_try_pull (rig->h);
      GstCustomMeta *meta = gst_buffer_get_custom_meta (cue, "UnknownMeta");
      guint n = G_MAXUINT;

      g_assert_nonnull (meta);
      g_assert_true (gst_structure_get_uint (gst_custom_meta_get_structure (meta), "n", &n));
      g_assert_cmpuint (n, ==, i);
      gst_buffer_unref (cue);
    }
    rig_free (rig);
  }
}

int
main (int argc, char **argv)
{
  rig_init (&argc, &argv);
  g_test_add_func ("/events/upstream", test_upstream_events);
  for (guint i = 0; i < G_N_ELEMENTS (downstream); i++) {
    g_autofree char *path = g_strdup_printf ("/events/%s", downstream[i].name);

    g_test_add_data_func (path, GUINT_TO_POINTER (i), test_downstream_event);
  }
  g_test_add_func ("/events/held and flushed", test_held_and_flushed);
  g_test_add_func ("/queries/forwarded", test_queries);
  g_test_add_func ("/queries/unanswered", test_queries_unanswered);
  g_test_add_func ("/metas/copied", test_metas);
  return g_test_run ();
}
