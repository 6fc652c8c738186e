/* ssmtranslate: segments, seeks, flushes and state changes at any moment
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <string.h>
#include <unistd.h>

#include "fake-ssmt.h"
#include "rig.h"

#define HEAD "stream-start caps:utf8 segment tag:de "

/* --- segments -------------------------------------------------------------- */

/* Behind BEGIN:utf8, "1:" is a new document. Fields: rate, start, stop, time, base. */
static const struct {
  const char *name, *script, *log;
} segments[] = {
  { "update of the stop", "a@1 SEGMENT:1,0,30,0,0 b@2", "1:A segment 2:B" },
  { "two updates", "a@1 SEGMENT:1,0,30,0,0 SEGMENT:1,0,60,0,0 b@2", "1:A segment segment 2:B" },
  { "follows", "a@5 SEGMENT:1,6,-,6,6 b@6", "1:A segment 2:B" },
  { "edit list", "a@1 SEGMENT:1,20,30,2,2 b@20", "1:A segment 2:B" },
  { "edit list of two", "a@1 SEGMENT:1,0,2,0,0 SEGMENT:1,20,30,2,2 b@20",
      "1:A segment segment 2:B" },
  { "edit list, then a jump", "a@1 SEGMENT:1,20,30,2,2 b@20 SEGMENT:1,90,-,90,4 c@90",
      "1:A segment 2:B segment 1:C" },

  /* seeks without a flush */
  { "jump forward", "a@1 SEGMENT:1,100,-,100,2 b@100", "1:A segment 1:B" },
  { "jump back", "a@50 SEGMENT:1,20,-,20,51 b@20", "1:A segment 1:B" },
  { "jump back to the start", "a@50 SEGMENT:1,0,-,0,51 b@1", "1:A segment 1:B" },
  { "update, then a jump", "a@1 SEGMENT:1,0,30,0,0 SEGMENT:1,100,-,100,2 b@100",
      "1:A segment segment 1:B" },
  { "jump after a gap",
      "a@1 GAP:@60 SEGMENT:1,61,-,61,61 b@61 "
      "SEGMENT:1,0,-,0,62 c@1",
      "1:A gap segment 2:B segment 1:C" },
  { "jump and update",
      "a@1 SEGMENT:1,100,-,100,2 SEGMENT:1,100,200,100,2 "
      "b@100 c@101",
      "1:A segment segment 1:B 2:C" },
  { "jump before a cue", "SEGMENT:1,100,-,100,0 b@100 c@101", "segment 1:B 2:C" },

  /* with one */
  { "flush", "a@1 WAIT FLUSH SEGMENT:1,100,-,100,0 b@100 c@101",
      "1:A flush-start flush-stop segment 1:B 2:C" },
  { "flush to the same place", "a@1 WAIT FLUSH SEGMENT b@1 c@2",
      "1:A flush-start flush-stop segment 1:B 2:C" },
  { "flush, then an update", "a@1 WAIT FLUSH SEGMENT:1,50,-,50,0 b@50 SEGMENT:1,50,90,50,0 c@51",
      "1:A flush-start flush-stop segment 1:B segment 2:C" },

  /* rates */
  { "faster", "a@5 SEGMENT:2,6,-,6,6 b@6", "1:A segment 2:B" },
  { "faster and back", "a@5 SEGMENT:2,6,-,6,6 b@6 SEGMENT:1,7,-,7,7 c@7",
      "1:A segment 2:B segment 3:C" },
  { "faster and elsewhere", "a@5 SEGMENT:2,60,-,60,6 b@60", "1:A segment 1:B" },
  { "reverse", "a@50 SEGMENT:-1,0,50,0,51 b@49 c@48", "1:A segment 1:B 2:C" },
  { "reverse, update",
      "a@50 SEGMENT:-1,0,50,0,51 b@49 SEGMENT:-1,0,50,0,51 "
      "c@48",
      "1:A segment 1:B segment 2:C" },
  { "reverse and back",
      "a@50 SEGMENT:-1,0,50,0,51 b@49 SEGMENT:1,49,-,49,53 "
      "c@49",
      "1:A segment 1:B segment 1:C" },
  { "update, then reverse",
      "a@50 SEGMENT:1,0,90,0,0 SEGMENT:-1,0,50,0,51 "
      "b@49",
      "1:A segment segment 1:B" },
};

static void
test_segments (gconstpointer data)
{
  guint i = GPOINTER_TO_UINT (data);
  g_autofree char *log = NULL, *expected = NULL, *script = NULL;

  for (guint segmentation = 0; segmentation < 2; segmentation++) {
    Rig *rig = rig_new (NULL);

    fake_reset ();
    g_object_set (rig->element, "segmentation", segmentation, NULL);
    g_free (script);
    script = g_strconcat ("BEGIN:utf8 TAG:en WAIT ", segments[i].script, " WAIT", NULL);
    rig_play (rig, script);
    g_free (log);
    log = rig_take_log (rig);
    g_free (expected);
    expected = g_strconcat (HEAD, segments[i].log, NULL);
    /* cues of a sentence are one segment for the engine */
    if (segmentation == 0)
      g_assert_cmpstr (log, ==, expected);
    else
      g_assert_cmpuint (
          rig_count_words (log, "segment"), ==, rig_count_words (expected, "segment"));
    rig_free (rig);
  }
}

/* A change of rate as the core makes it: the start stays, an offset says where. */
static void
test_core_rate (void)
{
  static const struct {
    double rate;
    const char *end;
  } rows[] = { { 2.0, "2:B" }, { 0.5, "2:B" }, { -1.0, "1:B" } };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    Rig *rig = rig_new (NULL);
    g_autofree char *log = NULL;
    GstSegment segment;
    gboolean update;

    rig_play (rig, "BEGIN:utf8 a@20");
    gst_segment_init (&segment, GST_FORMAT_TIME);
    segment.position = 21 * GST_SECOND;
    gst_segment_do_seek (&segment, rows[i].rate, GST_FORMAT_TIME, 0, GST_SEEK_TYPE_NONE, 0,
        GST_SEEK_TYPE_NONE, -1, &update);
    gst_harness_push_event (rig->h, gst_event_new_segment (&segment));
    rig_play (rig, "b@21 WAIT");
    log = rig_take_log (rig);
    g_assert_true (g_str_has_suffix (log, rows[i].end));
    rig_free (rig);
  }
}

/* None is swallowed, merged or changed. */
static void
test_segments_in_order (void)
{
  Rig *rig = rig_new (NULL);
  static const guint64 starts[] = { 0, 7, 7, 3 };
  guint32 seqnums[G_N_ELEMENTS (starts)];
  guint n = 0;
  GstEvent *event;

  rig_play (rig, "STREAM:one CAPS:utf8");
  for (guint i = 0; i < G_N_ELEMENTS (starts); i++) {
    GstSegment segment;

    gst_segment_init (&segment, GST_FORMAT_TIME);
    segment.start = starts[i];
    segment.applied_rate = 2.0;
    segment.flags = GST_SEGMENT_FLAG_RESET;
    event = gst_event_new_segment (&segment);
    seqnums[i] = gst_event_get_seqnum (event);
    gst_harness_push_event (rig->h, event);
  }
  rig_wait (rig);
  while ((event = gst_harness_try_pull_event (rig->h))) {
    if (GST_EVENT_TYPE (event) == GST_EVENT_SEGMENT) {
      const GstSegment *segment;

      gst_event_parse_segment (event, &segment);
      g_assert_cmpuint (n, <, G_N_ELEMENTS (starts));
      g_assert_cmpuint (segment->start, ==, starts[n]);
      g_assert_cmpfloat (segment->applied_rate, ==, 2.0);
      g_assert_cmpuint (segment->flags, ==, GST_SEGMENT_FLAG_RESET);
      g_assert_cmpuint (gst_event_get_seqnum (event), ==, seqnums[n]);
      n++;
    }
    gst_event_unref (event);
  }
  g_assert_cmpuint (n, ==, G_N_ELEMENTS (starts));
  rig_free (rig);
}

/* --- flush ------------------------------------------------------------------- */

enum { N_TRIES = 9, MAX_MS = 50, DECODE_US = G_USEC_PER_SEC };

static gint n_blocked;

/* Downstream takes its time, and gives up when it is flushed. */
static GstFlowReturn
block (GstPad *pad, GstObject *parent, GstBuffer *buffer)
{
  g_atomic_int_inc (&n_blocked);
  while (!GST_PAD_IS_FLUSHING (pad))
    g_usleep (500);
  gst_buffer_unref (buffer);
  return GST_FLOW_FLUSHING;
}

static void
push_interim (Rig *rig)
{
  GstBuffer *cue = rig_make_cue ("he went home", 1);

  gst_buffer_add_custom_meta (cue, "SsmTranslateInterimMeta");
  gst_harness_push (rig->h, cue);
}

/* What is at work when the flush comes. */
static void
begin_cue (Rig *rig)
{
  rig_play (rig, "lost lost");
  rig_wait_for_count (&fake.n_started, 1);
}

static void
begin_sentence (Rig *rig)
{
  g_object_set (rig->element, "segmentation", 1, NULL);
  rig_play (rig, "lost lost.");
  rig_wait_for_count (&fake.n_started, 1);
}

static void
begin_held (Rig *rig)
{
  g_object_set (rig->element, "segmentation", 1, NULL);
  rig_play (rig, "lost lost");
  g_usleep (5000);
}

static void
begin_interim (Rig *rig)
{
  push_interim (rig);
  rig_wait_for_count (&fake.n_started, 1);
}

static void
begin_partial (Rig *rig)
{
  g_atomic_int_set (&fake.delay_us, 0);
  push_interim (rig);
  rig_wait (rig);
}

static void
begin_final (Rig *rig)
{
  begin_partial (rig);
  g_atomic_int_set (&fake.delay_us, DECODE_US);
  rig_play (rig, "he_went_home.");
  rig_wait_for_count (&fake.n_started, 2);
}

static void
begin_event (Rig *rig)
{
  begin_partial (rig);
  g_atomic_int_set (&fake.delay_us, DECODE_US);
  rig_play (rig, "CUSTOM:rstranscribe/final-transcript");
  rig_wait_for_count (&fake.n_started, 2);
}

static void
begin_push (Rig *rig)
{
  g_atomic_int_set (&n_blocked, 0);
  g_atomic_int_set (&fake.delay_us, 0);
  gst_pad_set_chain_function (rig->h->sinkpad, block);
  rig_play (rig, "lost lost");
  rig_wait_for_count (&n_blocked, 1);
}

static void
begin_held_push (Rig *rig)
{
  g_object_set (rig->element, "segmentation", 1, NULL);
  g_atomic_int_set (&n_blocked, 0);
  g_atomic_int_set (&fake.delay_us, 0);
  gst_pad_set_chain_function (rig->h->sinkpad, block);
  rig_play (rig, "lost lost.");
  rig_wait_for_count (&n_blocked, 1);
}

static const struct {
  const char *name;
  void (*begin) (Rig *rig);
} flushes[] = {
  { "cue", begin_cue },
  { "sentence", begin_sentence },
  { "held", begin_held },
  { "interim text", begin_interim },
  { "partial result", begin_partial },
  { "final text", begin_final },
  { "final text by event", begin_event },
  { "push", begin_push },
  { "push of held", begin_held_push },
};

static int
compare (const void *a, const void *b)
{
  gint64 x = *(const gint64 *) a, y = *(const gint64 *) b;

  return (x > y) - (x < y);
}

static gint64
flush_once (guint i)
{
  Rig *rig;
  GstPadChainFunction chain;
  g_autofree char *log = NULL;
  gint64 start, took;

  fake_reset ();
  g_atomic_int_set (&fake.delay_us, DECODE_US);
  rig = rig_new (NULL);
  chain = GST_PAD_CHAINFUNC (rig->h->sinkpad);
  g_object_set (rig->element, "partial-results", TRUE, "policy", SSMT_POLICY_ALIGN_ATT, NULL);
  rig_begin (rig, "utf8");
  flushes[i].begin (rig);
  g_free (rig_take_log (rig));

  start = g_get_monotonic_time ();
  rig_play (rig, "FLUSH");
  took = g_get_monotonic_time () - start;

  g_atomic_int_set (&fake.delay_us, 0);
  gst_pad_set_chain_function (rig->h->sinkpad, chain);
  rig_play (rig, "SEGMENT after. WAIT");
  log = rig_take_log (rig);
  g_assert_cmpstr (strstr (log, "flush-start"), ==,
      g_str_has_prefix (strstr (log, "segment") + 8, "tag")
          ? "flush-start flush-stop segment tag:de 1:AFTER."
          : "flush-start flush-stop segment 1:AFTER.");
  rig_free (rig);
  return took;
}

static void
test_flush (gconstpointer data)
{
  guint i = GPOINTER_TO_UINT (data);
  gint64 times[N_TRIES];

  for (guint k = 0; k < N_TRIES; k++)
    times[k] = flush_once (i);
  qsort (times, N_TRIES, sizeof *times, compare);
  g_test_message (
      "median %.1f ms, longest %.1f ms", times[N_TRIES / 2] / 1000.0, times[N_TRIES - 1] / 1000.0);
  g_assert_cmpint (times[N_TRIES / 2], <, MAX_MS * 1000);
}

/* --- states -------------------------------------------------------------------- */

enum { STRESS_US = 2 * G_USEC_PER_SEC, WATCHDOG_S = 100 };

static gint stop;

/* Any state at any moment. */
static gpointer
change_states (gpointer data)
{
  GstElement *element = data;
  g_autoptr (GRand) rand = g_rand_new_with_seed (1);
  guint n = 0;

  for (; !g_atomic_int_get (&stop); n++) {
    gst_element_set_state (element, g_rand_int_range (rand, GST_STATE_NULL, GST_STATE_PLAYING + 1));
    g_usleep (g_rand_int_range (rand, 0, 3000));
  }
  return GUINT_TO_POINTER (n);
}

/* What downstream and an application do meanwhile. */
static gpointer
interfere (gpointer data)
{
  Rig *rig = data;
  g_autoptr (GRand) rand = g_rand_new_with_seed (2);
  guint n = 0;

  for (; !g_atomic_int_get (&stop); n++) {
    GstStructure *stats = NULL;
    GstCaps *caps;

    switch (g_rand_int_range (rand, 0, 7)) {
      case 0:
        gst_harness_push_upstream_event (rig->h, gst_event_new_reconfigure ());
        break;
      case 1:
        gst_harness_query_latency (rig->h);
        break;
      case 2:
        caps = gst_pad_peer_query_caps (rig->h->sinkpad, NULL);
        gst_caps_unref (caps);
        break;
      case 3:
        g_signal_emit_by_name (rig->element, "reset");
        break;
      case 4:
        g_object_get (rig->element, "stats", &stats, NULL);
        gst_structure_free (stats);
        break;
      case 5:
        g_object_set (rig->element, "segmentation", g_rand_boolean (rand), "partial-results",
            g_rand_boolean (rand), "policy", g_rand_int_range (rand, 0, 3), NULL);
        break;
      default:
        g_usleep (500);
    }
  }
  return GUINT_TO_POINTER (n);
}

/* A stream of everything. */
static guint
push_anything (Rig *rig)
{
  static const char *const words[] = { "one", "two.", "three", "EMPTY", "GAP", "CUSTOM:x",
    "TITLE:x", "WAIT", "FLUSH SEGMENT", "SEGMENT", "CAPS:utf8", "CAPS:pango-markup", "DISCONT:four",
    "EOS STREAM:two CAPS:utf8 SEGMENT" };
  gint64 end = g_get_monotonic_time () + STRESS_US;
  g_autoptr (GRand) rand = g_rand_new_with_seed (3);
  guint n = 0;

  for (; g_get_monotonic_time () < end; n++) {
    if (g_rand_int_range (rand, 0, 8) == 0)
      push_interim (rig);
    else
      rig_play (rig, words[g_rand_int_range (rand, 0, G_N_ELEMENTS (words))]);
  }
  return n;
}

static void
test_stress (gconstpointer latency)
{
  GThread *states, *others;
  guint n_states, n_others, n_pushed;
  g_autofree char *log = NULL;
  Rig *rig;

  alarm (WATCHDOG_S);
  /* pads that go down lose what upstream believes it has told them */
  rig_allow_warnings (TRUE);
  fake_reset ();
  g_atomic_int_set (&fake.delay_us, 500);
  g_atomic_int_set (&stop, 0);
  rig = rig_new (NULL);
  g_object_set (rig->element, "latency", GPOINTER_TO_UINT (latency), NULL);
  rig_begin (rig, "utf8");
  states = g_thread_new ("states", change_states, rig->element);
  others = g_thread_new ("others", interfere, rig);
  n_pushed = push_anything (rig);
  g_atomic_int_set (&stop, 1);
  n_states = GPOINTER_TO_UINT (g_thread_join (states));
  n_others = GPOINTER_TO_UINT (g_thread_join (others));
  g_test_message ("%u states, %u pushes, %u others, %d translations", n_states, n_pushed, n_others,
      g_atomic_int_get (&fake.n_started));
  /* how often is the machine's affair */
  g_assert_cmpuint (n_states, >, 0);
  g_assert_cmpuint (n_pushed, >, 0);
  g_assert_cmpint (g_atomic_int_get (&fake.n_started), >, 0);

  g_object_set (rig->element, "segmentation", 0, "partial-results", FALSE, NULL);
  gst_element_set_state (rig->element, GST_STATE_NULL);
  gst_element_set_state (rig->element, GST_STATE_PLAYING);
  rig_play (rig, "FLUSH STREAM:three CAPS:utf8 SEGMENT after WAIT");
  log = rig_take_log (rig);
  g_assert_true (g_str_has_suffix (log, "segment tag:de 1:AFTER"));
  rig_free (rig);
  rig_allow_warnings (FALSE);
  alarm (0);
}

static gpointer
stop_element (gpointer data)
{
  gst_element_set_state (data, GST_STATE_READY);
  return NULL;
}

/* The source pad waits for the task, the sink pad does not know of it yet. */
static void
test_flush_on_the_way_down (void)
{
  GThread *thread;
  GstPad *pad;
  Rig *rig;

  alarm (WATCHDOG_S);
  fake_reset ();
  g_atomic_int_set (&fake.delay_us, 200000);
  g_atomic_int_set (&fake.ignore_cancel, 1);
  rig = rig_new (NULL);
  g_object_set (rig->element, "segmentation", 1, NULL);
  pad = gst_element_get_static_pad (rig->element, "src");
  rig_play (rig, "BEGIN:utf8 he went. but");
  rig_wait_for_count (&fake.n_started, 1);
  thread = g_thread_new ("stop", stop_element, rig->element);
  while (gst_pad_is_active (pad))
    g_usleep (500);
  g_usleep (5000);
  gst_harness_push_event (rig->h, gst_event_new_flush_stop (TRUE));
  rig_play (rig, "SEGMENT");
  g_assert_cmpint (gst_harness_push (rig->h, rig_make_cue ("x", 9)), ==, GST_FLOW_FLUSHING);
  g_thread_join (thread);
  gst_object_unref (pad);
  rig_free (rig);
  fake_reset ();
  alarm (0);
}

int
main (int argc, char **argv)
{
  rig_init (&argc, &argv);
  for (guint i = 0; i < G_N_ELEMENTS (segments); i++) {
    g_autofree char *path = g_strdup_printf ("/segments/%s", segments[i].name);

    g_test_add_data_func (path, GUINT_TO_POINTER (i), test_segments);
  }
  g_test_add_func ("/segments/rate by the core", test_core_rate);
  g_test_add_func ("/segments/in order", test_segments_in_order);
  for (guint i = 0; i < G_N_ELEMENTS (flushes); i++) {
    g_autofree char *path = g_strdup_printf ("/flush/%s", flushes[i].name);

    g_test_add_data_func (path, GUINT_TO_POINTER (i), test_flush);
  }
  g_test_add_func ("/states/flush on the way down", test_flush_on_the_way_down);
  g_test_add_data_func ("/states/any moment", GUINT_TO_POINTER (300), test_stress);
  g_test_add_data_func (
      "/states/any moment, unsynchronised", GUINT_TO_POINTER (G_MAXUINT), test_stress);
  return g_test_run ();
}
