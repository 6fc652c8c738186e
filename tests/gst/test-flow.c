/* ssmtranslate: order, EOS, flush and the state of the element's stream
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "fake-ssmt.h"
#include "rig.h"

#define HEAD "stream-start caps:utf8 segment"
#define DONE HEAD " tag:de"

/* --- scripts: what goes in, what comes out ----------------------------------- */

static const struct {
  const char *name;
  const char *script;
  const char *log;
} scripts[] = {
  { "cues", "BEGIN:utf8 a b c EOS", DONE " 1:A 2:B 3:C eos" },
  { "no cues", "BEGIN:utf8 EOS", HEAD " eos" },
  { "gap between", "BEGIN:utf8 a GAP b GAP EOS", DONE " 1:A gap 2:B gap eos" },
  { "gap first", "BEGIN:utf8 GAP a EOS", DONE " gap 1:A eos" },
  { "many gaps", "BEGIN:utf8 a GAP GAP GAP GAP b EOS", DONE " 1:A gap gap gap gap 2:B eos" },
  { "empty", "BEGIN:utf8 a EMPTY b EOS", DONE " 1:A (empty) 2:B eos" },
  { "custom events", "BEGIN:utf8 a CUSTOM:rstranscribe/final-transcript b EOS",
      DONE " 1:A rstranscribe/final-transcript 2:B eos" },
  { "segments", "BEGIN:utf8 a SEGMENT b EOS", DONE " 1:A segment 2:B eos" },
  { "caps again", "BEGIN:utf8 a CAPS:pango-markup b EOS", DONE " 1:A caps:pango-markup 2:B eos" },
  { "same caps again", "BEGIN:utf8 a CAPS:utf8 b EOS", DONE " 1:A 2:B eos" },
  { "tag", "BEGIN:utf8 TAG:en a EOS", DONE " 1:A eos" },
  { "tag later", "BEGIN:utf8 a TAG:en b EOS", DONE " 1:A tag:de 2:B eos" },
  { "tag without language", "BEGIN:utf8 TITLE:x a EOS", DONE " 1:A eos" },
  { "tag before gap", "BEGIN:utf8 TAG:fr GAP a EOS", DONE " gap 1:A eos" },
  { "no letters", "BEGIN:utf8 1.2. a EOS", DONE " 1.2. 1:A eos" },

  /* what makes a new document, and what does not */
  { "first discont", "BEGIN:utf8 DISCONT:a b EOS", DONE " 1:A 2:B eos" },
  { "discont", "BEGIN:utf8 a b DISCONT:c d EOS", DONE " 1:A 2:B 1:C 2:D eos" },
  { "other stream", "BEGIN:utf8 a STREAM:two CAPS:utf8 SEGMENT b EOS",
      DONE " 1:A stream-start segment tag:de 1:B eos" },
  { "same stream", "BEGIN:utf8 a STREAM:one CAPS:utf8 SEGMENT b EOS",
      DONE " 1:A stream-start segment tag:de 2:B eos" },
  { "flush", "BEGIN:utf8 a WAIT FLUSH SEGMENT b EOS",
      DONE " 1:A flush-start flush-stop segment 1:B eos" },
  { "discont after flush", "BEGIN:utf8 a WAIT FLUSH SEGMENT DISCONT:b c EOS",
      DONE " 1:A flush-start flush-stop segment 1:B 2:C eos" },

  /* EOS is not the end of everything */
  { "flush after eos", "BEGIN:utf8 a WAIT EOS FLUSH SEGMENT b EOS", NULL },
  { "stream after eos", "BEGIN:utf8 a EOS STREAM:two CAPS:utf8 SEGMENT b EOS",
      DONE " 1:A eos stream-start segment tag:de 1:B eos" },
  { "short streams", "BEGIN:utf8 EOS STREAM:two EOS STREAM:three EOS",
      HEAD " eos stream-start eos stream-start eos" },
};

static void
test_script (gconstpointer data)
{
  guint i = GPOINTER_TO_UINT (data);
  guint n_eos = rig_count_words (scripts[i].script, "EOS");
  Rig *rig;
  g_autofree char *log = NULL;

  fake_reset ();
  g_atomic_int_set (&fake.delay_us, 2000);
  rig = rig_new (NULL);
  rig_play (rig, scripts[i].script);
  if (scripts[i].log) {
    log = rig_wait_for_eos (rig, n_eos);
    g_assert_cmpstr (log, ==, scripts[i].log);
  } else {
    /* whether the first EOS came out before the flush is a matter of time */
    log = rig_wait_for_log (rig, 0, "flush-stop segment 1:B eos");
  }
  rig_free (rig);
}

/* --- flush ---------------------------------------------------------------------- */

static Rig *
new_slow_rig (void)
{
  Rig *rig;

  fake_reset ();
  g_atomic_int_set (&fake.delay_us, 60 * G_USEC_PER_SEC);
  rig = rig_new (NULL);
  rig_begin (rig, "utf8");
  return rig;
}

static void
test_flush_cancels (void)
{
  Rig *rig = new_slow_rig ();
  gint64 start;
  g_autofree char *text = NULL;

  for (guint i = 0; i < 10; i++)
    gst_harness_push (rig->h, rig_make_cue ("slow", i));
  rig_wait_for_count (&fake.n_started, 1);
  start = g_get_monotonic_time ();
  gst_harness_push_event (rig->h, gst_event_new_flush_start ());
  rig_assert_faster (start, 50);
  gst_harness_push_event (rig->h, gst_event_new_flush_stop (TRUE));
  rig_assert_faster (start, 50);
  g_assert_cmpint (g_atomic_int_get (&fake.n_cancelled), ==, 1);
  g_assert_cmpint (g_atomic_int_get (&fake.n_started), ==, 1);

  g_atomic_int_set (&fake.delay_us, 0);
  rig_play (rig, "SEGMENT after");
  text = rig_pull_text (rig);
  g_assert_cmpstr (text, ==, "1:AFTER");
  rig_free (rig);
}

/* Caps and tags that were in the queue still hold after the flush. */
static void
test_flush_keeps_sticky (void)
{
  Rig *rig = new_slow_rig ();
  g_autofree char *log = NULL;

  rig_play (rig, "slow CAPS:pango-markup TITLE:x SEGMENT lost CUSTOM:lost");
  rig_wait_for_count (&fake.n_started, 1);
  rig_play (rig, "FLUSH");
  g_atomic_int_set (&fake.delay_us, 0);
  rig_play (rig, "SEGMENT a EOS");
  log = rig_wait_for_eos (rig, 1);
  g_assert_cmpstr (log, ==,
      DONE " flush-start flush-stop "
           "caps:pango-markup tag:de segment 1:A eos");
  rig_free (rig);
}

static void
test_stop_cancels (void)
{
  Rig *rig = new_slow_rig ();
  gint64 start;

  gst_harness_push (rig->h, rig_make_cue ("slow", 0));
  rig_wait_for_count (&fake.n_started, 1);
  start = g_get_monotonic_time ();
  gst_element_set_state (rig->element, GST_STATE_NULL);
  rig_assert_faster (start, 50);
  g_assert_cmpint (g_atomic_int_get (&fake.n_cancelled), ==, 1);
  rig_free (rig);
}

static gpointer
flush_soon (gpointer data)
{
  Rig *rig = data;

  g_usleep (50000);
  gst_harness_push_event (rig->h, gst_event_new_flush_start ());
  return NULL;
}

/* The queue is bounded, and a flush frees whoever waits for room. */
static void
test_flush_frees_chain (void)
{
  Rig *rig = new_slow_rig ();
  GThread *thread = g_thread_new ("flush", flush_soon, rig);
  GstFlowReturn ret = GST_FLOW_OK;
  guint n;

  for (n = 0; ret == GST_FLOW_OK; n++)
    ret = gst_harness_push (rig->h, rig_make_cue ("slow", n));
  g_assert_cmpint (ret, ==, GST_FLOW_FLUSHING);
  g_assert_cmpuint (n, ==, 18); /* 16 wait, one is at work, one found no room */
  g_thread_join (thread);
  rig_free (rig);
}

static gpointer
ask_serialized (gpointer data)
{
  Rig *rig = data;
  GstQuery *query = gst_query_new_drain ();
  gboolean ret = gst_pad_peer_query (rig->h->srcpad, query);

  gst_query_unref (query);
  return GINT_TO_POINTER (ret);
}

static void
test_flush_frees_query (void)
{
  Rig *rig = new_slow_rig ();
  GThread *thread;

  gst_harness_push (rig->h, rig_make_cue ("slow", 0));
  rig_wait_for_count (&fake.n_started, 1);
  thread = g_thread_new ("query", ask_serialized, rig);
  g_usleep (20000);
  gst_harness_push_event (rig->h, gst_event_new_flush_start ());
  g_assert_false (GPOINTER_TO_INT (g_thread_join (thread)));
  rig_free (rig);
}

static GstPadProbeReturn
block (GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
  g_atomic_int_inc ((gint *) data);
  return GST_PAD_PROBE_OK;
}

/* Downstream holds a cue, as an overlay does. */
static void
test_flush_frees_push (void)
{
  gint n_blocked = 0;
  GstPad *pad;
  Rig *rig;
  gint64 start;

  fake_reset ();
  rig = rig_new (NULL);
  rig_begin (rig, "utf8");
  pad = gst_element_get_static_pad (rig->element, "src");
  gst_pad_add_probe (
      pad, GST_PAD_PROBE_TYPE_BLOCK | GST_PAD_PROBE_TYPE_BUFFER, block, &n_blocked, NULL);
  gst_harness_push (rig->h, rig_make_cue ("held", 0));
  rig_wait_for_count (&n_blocked, 1);
  start = g_get_monotonic_time ();
  rig_play (rig, "FLUSH");
  rig_assert_faster (start, 50);
  gst_object_unref (pad);
  rig_free (rig);
}

/* A seek storm: nothing hangs and nothing of before a flush comes after it. */
static void
test_flush_storm (void)
{
  Rig *rig;

  fake_reset ();
  g_atomic_int_set (&fake.delay_us, 300);
  rig = rig_new (NULL);
  rig_begin (rig, "utf8");
  for (guint i = 0; i < 300; i++) {
    g_autofree char *text = g_strdup_printf ("n%u", i);
    g_autofree char *log = NULL, *first = NULL;

    for (guint k = 0; k < i % 20; k++)
      gst_harness_push (rig->h, rig_make_cue ("old", k));
    rig_play (rig, "FLUSH SEGMENT");
    g_free (rig_take_log (rig));
    gst_harness_push (rig->h, rig_make_cue (text, 0));
    rig_wait (rig);
    log = rig_take_log (rig);
    first = g_strdup_printf ("1:N%u", i);
    g_assert_true (g_str_has_suffix (log, first));
    g_assert_null (strstr (log, "OLD"));
  }
  rig_free (rig);
}

/* --- downstream's answers ------------------------------------------------------ */

static GstFlowReturn next_flow;

static GstFlowReturn
answer (GstPad *pad, GstObject *parent, GstBuffer *buffer)
{
  gst_buffer_unref (buffer);
  return g_atomic_int_get (&next_flow);
}

static GstFlowReturn
push_until_refused (Rig *rig)
{
  GstFlowReturn ret = GST_FLOW_OK;

  for (guint i = 0; ret == GST_FLOW_OK && i < 1000; i++) {
    ret = gst_harness_push (rig->h, rig_make_cue ("x", i));
    g_usleep (1000);
  }
  return ret;
}

static Rig *
new_answering_rig (GstFlowReturn flow)
{
  Rig *rig;

  fake_reset ();
  rig = rig_new (NULL);
  gst_pad_set_chain_function (rig->h->sinkpad, answer);
  g_atomic_int_set (&next_flow, flow);
  rig_begin (rig, "utf8");
  return rig;
}

static void
test_downstream_error (void)
{
  Rig *rig = new_answering_rig (GST_FLOW_ERROR);
  g_autofree char *message = NULL;

  g_assert_cmpint (push_until_refused (rig), ==, GST_FLOW_ERROR);
  /* upstream has nothing more to push: the element must say it */
  gst_harness_push_event (rig->h, gst_event_new_eos ());
  message = rig_pop_message (rig, GST_MESSAGE_ERROR);
  g_assert_nonnull (message);
  rig_free (rig);
}

/* EOS was in the queue already when downstream failed, or held text goes out before it. */
static void
test_downstream_error_late (gconstpointer segmentation)
{
  Rig *rig = new_answering_rig (GST_FLOW_ERROR);
  g_autofree char *log = NULL, *message = NULL;

  g_object_set (rig->element, "segmentation", GPOINTER_TO_INT (segmentation), NULL);
  g_atomic_int_set (&fake.delay_us, 50000);
  rig_play (rig, "a EOS");
  log = rig_wait_for_eos (rig, 1);
  message = rig_pop_message (rig, GST_MESSAGE_ERROR);
  g_assert_nonnull (message);
  rig_free (rig);
}

static void
test_downstream_eos (void)
{
  Rig *rig = new_answering_rig (GST_FLOW_EOS);
  g_autofree char *log = NULL;

  g_assert_cmpint (push_until_refused (rig), ==, GST_FLOW_EOS);
  g_atomic_int_set (&next_flow, GST_FLOW_OK);
  g_free (rig_take_log (rig));
  rig_play (rig, "SEGMENT again EOS");
  log = rig_wait_for_eos (rig, 1);
  g_assert_true (g_str_has_prefix (log, "segment "));
  g_assert_true (g_str_has_suffix (log, ":AGAIN eos"));
  rig_free (rig);
}

/* Held text is refused where the next segment begins: that one is none of its business. */
static void
test_downstream_eos_held (void)
{
  static const char *const scripts[] = { "a b SEGMENT", "a b CUSTOM:x SEGMENT", "a b WAIT SEGMENT",
    "a b STREAM:one CAPS:utf8 SEGMENT" };

  for (guint i = 0; i < G_N_ELEMENTS (scripts); i++) {
    Rig *rig = new_answering_rig (GST_FLOW_EOS);
    g_autofree char *log = NULL;

    g_object_set (rig->element, "segmentation", 1, NULL);
    rig_wait (rig);
    g_free (rig_take_log (rig));
    rig_play (rig, scripts[i]);
    g_free (rig_wait_for_log (rig, 0, " segment"));
    g_usleep (5000);
    rig_play (rig, "again EOS");
    log = rig_wait_for_eos (rig, 1);
    g_assert_true (g_str_has_suffix (log, ":AGAIN eos"));
    rig_free (rig);
  }
}

/* What described the stream still does. */
static void
test_downstream_eos_caps (void)
{
  Rig *rig = new_answering_rig (GST_FLOW_EOS);
  g_autofree char *log = NULL;

  g_atomic_int_set (&fake.delay_us, 20000);
  rig_play (rig,
      "a CAPS:pango-markup <i>lost</i> TITLE:x CUSTOM:lost SEGMENT "
      "<i>b</i> EOS");
  log = rig_wait_for_eos (rig, 1);
  g_assert_cmpstr (log, ==,
      DONE " 1:A caps:pango-markup tag:de segment "
           "<i>2:B</i> eos");
  rig_free (rig);
}

static void
test_not_linked (void)
{
  Rig *rig = new_answering_rig (GST_FLOW_OK);
  GstPad *src = gst_element_get_static_pad (rig->element, "src");
  GstPad *peer = gst_pad_get_peer (src);
  g_autofree char *log = NULL;

  gst_pad_unlink (src, peer);
  g_assert_cmpint (push_until_refused (rig), ==, GST_FLOW_NOT_LINKED);
  gst_pad_link (src, peer); /* sends RECONFIGURE */
  rig_wait (rig);
  g_free (rig_take_log (rig));
  rig_play (rig, "back EOS");
  log = rig_wait_for_eos (rig, 1);
  g_assert_true (g_str_has_suffix (log, ":BACK eos"));
  gst_object_unref (peer);
  gst_object_unref (src);
  rig_free (rig);
}

static void
test_cue_after_eos (void)
{
  Rig *rig;
  g_autofree char *log = NULL;

  fake_reset ();
  rig = rig_new (NULL);
  rig_play (rig, "BEGIN:utf8 a EOS");
  g_assert_cmpint (gst_harness_push (rig->h, rig_make_cue ("late", 9)), ==, GST_FLOW_EOS);
  log = rig_wait_for_eos (rig, 1);
  g_assert_cmpstr (log, ==, DONE " 1:A eos");
  rig_free (rig);
}

/* --- queries, load ------------------------------------------------------------- */

static void
test_query_in_order (void)
{
  Rig *rig;
  g_autofree char *log = NULL;

  fake_reset ();
  g_atomic_int_set (&fake.delay_us, 10000);
  rig = rig_new (NULL);
  rig_play (rig, "BEGIN:utf8 a b c WAIT");
  log = rig_take_log (rig);
  g_assert_cmpstr (log, ==, DONE " 1:A 2:B 3:C");
  rig_free (rig);
}

/* A day of a demuxer's gaps: no translation, no growth, no loss. */
static void
test_gaps_are_cheap (void)
{
  gint64 start = g_get_monotonic_time ();
  Rig *rig;
  guint n = 0;

  fake_reset ();
  rig = rig_new (NULL);
  rig_begin (rig, "utf8");
  for (guint i = 0; i < 100000; i++)
    gst_harness_push_event (rig->h, gst_event_new_gap (i * GST_MSECOND, GST_MSECOND));
  rig_wait (rig);
  g_assert_cmpint (g_atomic_int_get (&fake.n_started), ==, 0);
  g_test_message ("%.2f us a gap", (g_get_monotonic_time () - start) / 100000.0);
  while (gst_harness_events_in_queue (rig->h) > 0) {
    gst_event_unref (gst_harness_pull_event (rig->h));
    n++;
  }
  g_assert_cmpuint (n, >=, 100000);
  rig_free (rig);
}

static void
test_two_thousand (void)
{
  Rig *rig;

  fake_reset ();
  rig = rig_new (NULL);
  rig_begin (rig, "utf8");
  for (guint i = 0; i < 2000; i++)
    gst_harness_push (rig->h, rig_make_cue ("word", i));
  for (guint i = 0; i < 2000; i++) {
    GstBuffer *buffer = gst_harness_pull (rig->h);

    g_assert_cmpuint (GST_BUFFER_PTS (buffer), ==, i * GST_SECOND);
    g_assert_cmpuint (GST_BUFFER_DURATION (buffer), ==, 500 * GST_MSECOND);
    gst_buffer_unref (buffer);
  }
  rig_free (rig);
}

int
main (int argc, char **argv)
{
  rig_init (&argc, &argv);
  for (guint i = 0; i < G_N_ELEMENTS (scripts); i++) {
    g_autofree char *path = g_strdup_printf ("/scripts/%s", scripts[i].name);

    g_test_add_data_func (path, GUINT_TO_POINTER (i), test_script);
  }
  g_test_add_func ("/flush/cancels", test_flush_cancels);
  g_test_add_func ("/flush/keeps sticky events", test_flush_keeps_sticky);
  g_test_add_func ("/flush/stop cancels", test_stop_cancels);
  g_test_add_func ("/flush/frees chain", test_flush_frees_chain);
  g_test_add_func ("/flush/frees query", test_flush_frees_query);
  g_test_add_func ("/flush/frees push", test_flush_frees_push);
  g_test_add_func ("/flush/storm", test_flush_storm);
  g_test_add_func ("/downstream/error", test_downstream_error);
  g_test_add_data_func (
      "/downstream/error after eos", GINT_TO_POINTER (0), test_downstream_error_late);
  g_test_add_data_func (
      "/downstream/error of held text", GINT_TO_POINTER (1), test_downstream_error_late);
  g_test_add_func ("/downstream/eos", test_downstream_eos);
  g_test_add_func ("/downstream/eos of held text", test_downstream_eos_held);
  g_test_add_func ("/downstream/eos keeps caps", test_downstream_eos_caps);
  g_test_add_func ("/downstream/not linked", test_not_linked);
  g_test_add_func ("/eos/cue after", test_cue_after_eos);
  g_test_add_func ("/query/in order", test_query_in_order);
  g_test_add_func ("/load/gaps are cheap", test_gaps_are_cheap);
  g_test_add_func ("/load/two thousand", test_two_thousand);
  return g_test_run ();
}
