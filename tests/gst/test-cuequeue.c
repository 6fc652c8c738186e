/* ssmtranslate: the queue between upstream and the task
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "cuequeue.h"
#include "cue.h"

#include <string.h>

#define N_BUFFERS 16 /* that find room */

static CueQueue *
new_queue (void)
{
  CueQueue *queue = cue_queue_new ();

  cue_queue_start (queue);
  return queue;
}

/* Without a task nobody is waited for. */
static void
end (CueQueue *queue)
{
  cue_queue_stop (queue);
  cue_queue_free (queue);
}

static GstBuffer *
make_buffer (const char *text)
{
  return gst_buffer_new_memdup (text, strlen (text));
}

static GstFlowReturn
add (CueQueue *queue, GstEvent *event)
{
  gboolean unreported;

  return cue_queue_add_event (queue, event, &unreported);
}

static GstEvent *
make_segment (void)
{
  GstSegment segment;

  gst_segment_init (&segment, GST_FORMAT_TIME);
  return gst_event_new_segment (&segment);
}

/* One turn of a task to which everything goes as `flow`. What it was: text, an event's name,
 * or "timeout", "flushed", "rest", "stop". */
static char *
play_turn (CueQueue *queue, gint64 deadline, GstFlowReturn flow)
{
  static const char *const names[] = { "stop", "item", "timeout", "flushed", "rest" };
  CueQueueTurn turn;
  char *text = NULL;

  cue_queue_take (queue, deadline, &turn);
  if (turn.task == CUE_QUEUE_STOP)
    return g_strdup ("stop");
  if (turn.task != CUE_QUEUE_ITEM) {
    text = g_strdup (names[turn.task]);
  } else if (GST_IS_BUFFER (turn.object)) {
    Cue *cue = cue_new (GST_BUFFER_CAST (turn.object), turn.arrival, CUE_FORMAT_UTF8);

    text = g_strconcat (turn.begins_document ? "1:" : "", cue->text, NULL);
    cue_free (cue);
  } else if (GST_IS_EVENT (turn.object)) {
    text = g_strdup (gst_event_type_get_name (turn.type));
    gst_mini_object_unref (turn.object);
  } else {
    text = g_strdup ("query");
  }
  cue_queue_done (queue, &turn, flow, TRUE);
  return text;
}

static void
expect (CueQueue *queue, GstFlowReturn flow, const char *expected)
{
  g_autofree char *text = play_turn (queue, g_get_monotonic_time (), flow);

  g_assert_cmpstr (text, ==, expected);
}

/* --- order -------------------------------------------------------------------- */

static void
test_order (void)
{
  CueQueue *queue = new_queue ();

  g_assert_cmpint (add (queue, make_segment ()), ==, GST_FLOW_OK);
  g_assert_cmpint (cue_queue_add_buffer (queue, make_buffer ("a")), ==, GST_FLOW_OK);
  add (queue, gst_event_new_gap (0, GST_SECOND));
  cue_queue_add_buffer (queue, make_buffer ("b"));
  g_assert_cmpuint (cue_queue_count (queue), ==, 2);
  expect (queue, GST_FLOW_OK, "segment");
  expect (queue, GST_FLOW_OK, "1:a");
  expect (queue, GST_FLOW_OK, "gap");
  cue_queue_reset (queue);
  expect (queue, GST_FLOW_OK, "1:b");
  expect (queue, GST_FLOW_OK, "timeout");
  g_assert_cmpuint (cue_queue_count (queue), ==, 0);
  end (queue);
}

/* Interim text: the last is enough, and never waits for room. */
static void
test_interim (void)
{
  CueQueue *queue = new_queue ();

  cue_queue_add_buffer (queue, make_buffer ("a"));
  cue_queue_add_interim (queue, cue_new_interim ("he"));
  cue_queue_add_buffer (queue, cue_new_interim ("he went"));
  g_assert_cmpuint (cue_queue_count (queue), ==, 2);
  for (guint i = 2; i < N_BUFFERS; i++)
    cue_queue_add_buffer (queue, make_buffer ("x"));
  cue_queue_add_interim (queue, cue_new_interim ("no room"));
  g_assert_cmpuint (cue_queue_count (queue), ==, N_BUFFERS);
  expect (queue, GST_FLOW_OK, "1:a");
  expect (queue, GST_FLOW_OK, "he went");
  end (queue);
}

/* Time does not run: text waits, events before it do not. */
static void
test_text_waits (void)
{
  CueQueue *queue = new_queue ();

  cue_queue_set_text_waits (queue, TRUE);
  add (queue, gst_event_new_gap (0, GST_SECOND));
  cue_queue_add_buffer (queue, make_buffer ("a"));
  expect (queue, GST_FLOW_OK, "gap");
  expect (queue, GST_FLOW_OK, "timeout");
  cue_queue_set_text_waits (queue, FALSE);
  expect (queue, GST_FLOW_OK, "1:a");
  end (queue);
}

/* All cues up to an event that is no gap, a loss, or a reset. */
static void
test_take_cues (void)
{
  CueQueue *queue = new_queue ();
  GstBuffer *loss = make_buffer ("d");
  g_autoptr (GPtrArray) cues = NULL, none = NULL;

  GST_BUFFER_FLAG_SET (loss, GST_BUFFER_FLAG_DISCONT);
  cue_queue_add_buffer (queue, make_buffer ("a"));
  cue_queue_add_buffer (queue, make_buffer ("b"));
  add (queue, gst_event_new_gap (0, GST_SECOND));
  cue_queue_add_buffer (queue, make_buffer ("c"));
  add (queue, gst_event_new_gap (0, GST_SECOND));
  cue_queue_add_buffer (queue, loss);
  expect (queue, GST_FLOW_OK, "1:a");
  cues = cue_queue_take_cues (queue);
  g_assert_cmpuint (cues->len, ==, 2);
  none = cue_queue_take_cues (queue);
  g_assert_cmpuint (none->len, ==, 0);
  expect (queue, GST_FLOW_OK, "gap");
  expect (queue, GST_FLOW_OK, "d");
  end (queue);
}

/* --- what downstream says ------------------------------------------------------- */

static void
test_error (void)
{
  CueQueue *queue = new_queue ();
  gboolean unreported;
  CueQueueTurn turn;

  cue_queue_add_buffer (queue, make_buffer ("a"));
  cue_queue_add_buffer (queue, make_buffer ("b"));
  expect (queue, GST_FLOW_ERROR, "1:a");
  expect (queue, GST_FLOW_OK, "rest");
  g_assert_cmpint (cue_queue_add_buffer (queue, make_buffer ("c")), ==, GST_FLOW_ERROR);
  /* sticky events are no place to report it, EOS must */
  g_assert_cmpint (add (queue, make_segment ()), ==, GST_FLOW_OK);
  g_assert_cmpint (
      cue_queue_add_event (queue, gst_event_new_eos (), &unreported), ==, GST_FLOW_ERROR);
  g_assert_true (unreported);
  end (queue);

  /* EOS is in already: the task is told */
  queue = new_queue ();
  cue_queue_add_buffer (queue, make_buffer ("a"));
  add (queue, gst_event_new_eos ());
  expect (queue, GST_FLOW_NOT_NEGOTIATED, "1:a");
  cue_queue_take (queue, -1, &turn);
  g_assert_cmpint (turn.task, ==, CUE_QUEUE_REST);
  g_assert_cmpint (turn.flow, ==, GST_FLOW_NOT_NEGOTIATED);
  g_assert_true (turn.unreported);
  cue_queue_done (queue, &turn, GST_FLOW_OK, FALSE);
  end (queue);
}

static void
test_not_linked (void)
{
  CueQueue *queue = new_queue ();

  cue_queue_add_buffer (queue, make_buffer ("a"));
  cue_queue_add_buffer (queue, make_buffer ("b"));
  expect (queue, GST_FLOW_NOT_LINKED, "1:a");
  expect (queue, GST_FLOW_OK, "rest");
  g_assert_cmpint (cue_queue_add_buffer (queue, make_buffer ("c")), ==, GST_FLOW_NOT_LINKED);
  cue_queue_relink (queue);
  expect (queue, GST_FLOW_OK, "b");
  end (queue);
}

/* Downstream has enough of this segment, and takes the next one. */
static void
test_unexpected (void)
{
  CueQueue *queue = new_queue ();

  cue_queue_add_buffer (queue, make_buffer ("a"));
  cue_queue_add_buffer (queue, make_buffer ("b"));
  add (queue, gst_event_new_tag (gst_tag_list_new (GST_TAG_TITLE, "x", NULL)));
  expect (queue, GST_FLOW_EOS, "1:a");
  g_assert_cmpint (cue_queue_add_buffer (queue, make_buffer ("c")), ==, GST_FLOW_EOS);
  add (queue, make_segment ());
  cue_queue_add_buffer (queue, make_buffer ("d"));
  expect (queue, GST_FLOW_OK, "tag");
  expect (queue, GST_FLOW_OK, "segment");
  expect (queue, GST_FLOW_OK, "d");
  end (queue);
}

static void
test_eos (void)
{
  CueQueue *queue = new_queue ();

  g_assert_cmpint (add (queue, gst_event_new_eos ()), ==, GST_FLOW_OK);
  g_assert_cmpint (cue_queue_add_buffer (queue, make_buffer ("a")), ==, GST_FLOW_EOS);
  expect (queue, GST_FLOW_EOS, "eos");
  expect (queue, GST_FLOW_OK, "rest");
  g_assert_cmpint (add (queue, gst_event_new_stream_start ("two")), ==, GST_FLOW_OK);
  expect (queue, GST_FLOW_OK, "stream-start");
  g_assert_cmpint (cue_queue_add_buffer (queue, make_buffer ("a")), ==, GST_FLOW_OK);
  end (queue);
}

/* --- flush -------------------------------------------------------------------- */

static void
test_flush (void)
{
  CueQueue *queue = new_queue ();

  cue_queue_add_buffer (queue, make_buffer ("a"));
  add (queue, gst_event_new_tag (gst_tag_list_new (GST_TAG_TITLE, "x", NULL)));
  add (queue, make_segment ());
  cue_queue_flush_start (queue);
  g_assert_cmpint (cue_queue_add_buffer (queue, make_buffer ("b")), ==, GST_FLOW_FLUSHING);
  g_assert_cmpint (add (queue, make_segment ()), ==, GST_FLOW_FLUSHING);
  cue_queue_flush_stop (queue);
  cue_queue_add_buffer (queue, make_buffer ("c"));
  expect (queue, GST_FLOW_OK, "flushed");
  expect (queue, GST_FLOW_OK, "tag");
  expect (queue, GST_FLOW_OK, "1:c");
  end (queue);
}

static gpointer
flush (gpointer queue)
{
  cue_queue_flush_start (queue);
  return NULL;
}

/* A flush cancels the turn and waits for its end. After a FLUSH_STOP alone, too. */
static void
test_flush_cancels (gconstpointer stop_alone)
{
  CueQueue *queue = new_queue ();
  GThread *thread;
  CueQueueTurn turn;

  cue_queue_add_buffer (queue, make_buffer ("a"));
  cue_queue_take (queue, -1, &turn);
  if (stop_alone)
    cue_queue_flush_stop (queue);
  thread = g_thread_new ("flush", flush, queue);
  for (guint i = 0; !g_cancellable_is_cancelled (turn.cancellable); i++) {
    g_assert_cmpuint (i, <, 5000);
    g_usleep (1000);
  }
  gst_mini_object_unref (turn.object);
  cue_queue_done (queue, &turn, GST_FLOW_FLUSHING, FALSE);
  g_thread_join (thread);
  expect (queue, GST_FLOW_OK, "rest");
  end (queue);
}

/* From within the turn nobody waits. */
static void
test_flush_within (void)
{
  CueQueue *queue = new_queue ();
  CueQueueTurn turn;

  cue_queue_add_buffer (queue, make_buffer ("a"));
  cue_queue_take (queue, -1, &turn);
  cue_queue_flush_start (queue);
  cue_queue_flush_stop (queue);
  gst_mini_object_unref (turn.object);
  cue_queue_done (queue, &turn, GST_FLOW_FLUSHING, FALSE);
  end (queue);
}

static gpointer
add_many (gpointer queue)
{
  guint n = 0;

  while (cue_queue_add_buffer (queue, make_buffer ("x")) == GST_FLOW_OK)
    n++;
  return GUINT_TO_POINTER (n);
}

static void
test_flush_frees_chain (void)
{
  CueQueue *queue = new_queue ();
  GThread *thread = g_thread_new ("chain", add_many, queue);

  while (cue_queue_count (queue) < N_BUFFERS)
    g_usleep (1000);
  g_usleep (20000);
  g_assert_cmpuint (cue_queue_count (queue), ==, N_BUFFERS);
  cue_queue_flush_start (queue);
  g_assert_cmpuint (GPOINTER_TO_UINT (g_thread_join (thread)), ==, N_BUFFERS);
  end (queue);
}

/* --- queries -------------------------------------------------------------------- */

static gpointer
ask (gpointer queue)
{
  GstQuery *query = gst_query_new_drain ();
  gboolean ret = cue_queue_ask (queue, query);

  gst_query_unref (query);
  return GINT_TO_POINTER (ret);
}

static void
test_query (void)
{
  CueQueue *queue = new_queue ();
  GThread *thread = g_thread_new ("query", ask, queue);
  g_autofree char *text = play_turn (queue, -1, GST_FLOW_OK);

  g_assert_cmpstr (text, ==, "query");
  g_assert_true (GPOINTER_TO_INT (g_thread_join (thread)));
  /* refused, and given up */
  cue_queue_add_buffer (queue, make_buffer ("a"));
  thread = g_thread_new ("query", ask, queue);
  g_usleep (20000);
  cue_queue_flush_start (queue);
  g_assert_false (GPOINTER_TO_INT (g_thread_join (thread)));
  g_assert_false (GPOINTER_TO_INT (ask (queue)));
  end (queue);
}

/* --- the end ---------------------------------------------------------------------- */

static gpointer
wait_for_turn (gpointer queue)
{
  return play_turn (queue, -1, GST_FLOW_OK);
}

static void
test_stop (void)
{
  CueQueue *queue = new_queue ();
  GThread *thread = g_thread_new ("task", wait_for_turn, queue);
  g_autofree char *text = NULL;

  g_usleep (10000);
  cue_queue_stop (queue);
  text = g_thread_join (thread);
  g_assert_cmpstr (text, ==, "stop");
  /* nothing starts it again but who starts a task */
  cue_queue_flush_stop (queue);
  cue_queue_open (queue);
  expect (queue, GST_FLOW_OK, "stop");
  cue_queue_start (queue);
  expect (queue, GST_FLOW_OK, "timeout");
  end (queue);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  gst_init (&argc, &argv);
  cue_register_interim ();
  g_test_add_func ("/queue/order", test_order);
  g_test_add_func ("/queue/interim", test_interim);
  g_test_add_func ("/queue/text-waits", test_text_waits);
  g_test_add_func ("/queue/take-cues", test_take_cues);
  g_test_add_func ("/queue/error", test_error);
  g_test_add_func ("/queue/not-linked", test_not_linked);
  g_test_add_func ("/queue/unexpected", test_unexpected);
  g_test_add_func ("/queue/eos", test_eos);
  g_test_add_func ("/queue/flush", test_flush);
  g_test_add_data_func ("/queue/flush-cancels", NULL, test_flush_cancels);
  g_test_add_data_func ("/queue/flush-cancels-after-stop", GINT_TO_POINTER (1), test_flush_cancels);
  g_test_add_func ("/queue/flush-within", test_flush_within);
  g_test_add_func ("/queue/flush-frees-chain", test_flush_frees_chain);
  g_test_add_func ("/queue/query", test_query);
  g_test_add_func ("/queue/stop", test_stop);
  return g_test_run ();
}
