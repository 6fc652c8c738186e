/* ssmtranslate: two threads at once, in an order that hurts
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <unistd.h>

#include "fake-ssmt.h"
#include "rig.h"

#define DECODE_US 300000

static gpointer
go_to_ready (gpointer element)
{
  gst_element_set_state (element, GST_STATE_READY);
  return NULL;
}

/* A flush ends while a state change waits for the task, which must not go on for that, nor
 * lose what it is at: only a sanitizer sees it read a sentence that is gone. */
static void
test_flush_stop_while_stopping (void)
{
  Rig *rig;
  GstPad *pad;
  GThread *thread;

  fake_reset ();
  rig = rig_new (NULL);
  pad = gst_element_get_static_pad (rig->element, "src");
  g_object_set (rig->element, "segmentation", 1, NULL);
  rig_begin (rig, "utf8");
  rig_wait (rig);
  g_atomic_int_set (&fake.delay_us, DECODE_US);
  g_atomic_int_set (&fake.ignore_cancel, 1);
  rig_play (rig, "He_went._badtext_here.");
  while (g_atomic_int_get (&fake.n_started) == 0)
    g_usleep (1000);
  thread = g_thread_new ("state", go_to_ready, rig->element);
  while (gst_pad_is_active (pad))
    g_usleep (1000);
  g_usleep (DECODE_US / 10); /* until it waits for the task */
  gst_harness_push_event (rig->h, gst_event_new_flush_stop (TRUE));
  g_thread_join (thread);

  /* and it works again */
  g_free (rig_take_log (rig));
  g_atomic_int_set (&fake.delay_us, 0);
  gst_element_set_state (rig->element, GST_STATE_PLAYING);
  rig_play (rig, "BEGIN:utf8 two WAIT");
  g_free (rig_take_log (rig));
  g_assert_cmpuint (gst_harness_buffers_in_queue (rig->h), ==, 1);
  gst_object_unref (pad);
  rig_free (rig);
}

/* Two threads set the latency: the flag fits what it is in the end. */
static gpointer
set_latency (gpointer element)
{
  for (guint i = 0; i < 20000; i++)
    g_object_set (element, "latency", i % 2 ? G_MAXUINT : 300, NULL);
  return NULL;
}

static void
test_latency (void)
{
  Rig *rig;
  GThread *thread;
  guint latency;

  fake_reset ();
  rig = rig_new_null ();
  thread = g_thread_new ("latency", set_latency, rig->element);
  set_latency (rig->element);
  g_thread_join (thread);
  g_object_get (rig->element, "latency", &latency, NULL);
  g_assert_cmpint (GST_OBJECT_FLAG_IS_SET (rig->element, GST_ELEMENT_FLAG_PROVIDE_CLOCK), ==,
      latency == G_MAXUINT);
  rig_free (rig);
}

/* Whoever is told that the task is created may use the element. */
static GstBusSyncReply
reset_on_create (GstBus *bus, GstMessage *message, gpointer element)
{
  GstStreamStatusType type;

  if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_STREAM_STATUS) {
    gst_message_parse_stream_status (message, &type, NULL);
    if (type == GST_STREAM_STATUS_TYPE_CREATE)
      g_signal_emit_by_name (element, "reset");
    g_atomic_int_inc (&fake.n_loads);
  }
  gst_message_unref (message);
  return GST_BUS_DROP;
}

static void
test_stream_status (void)
{
  Rig *rig = rig_new_null ();
  GstBus *bus = gst_bus_new ();

  fake_reset ();
  g_object_set (rig->element, "model-path", "en-de", NULL);
  gst_bus_set_sync_handler (bus, reset_on_create, rig->element, NULL);
  gst_element_set_bus (rig->element, bus);
  alarm (20);
  gst_element_set_state (rig->element, GST_STATE_PAUSED);
  gst_element_set_state (rig->element, GST_STATE_NULL);
  alarm (0);
  /* the model's, and at least one status */
  g_assert_cmpint (g_atomic_int_get (&fake.n_loads), >, 1);
  gst_bus_set_sync_handler (bus, NULL, NULL, NULL);
  gst_object_unref (bus);
  rig_free (rig);
}

/* The end of a flush that never began, while a cue is translated: the next flush cancels it
 * all the same. */
static void
test_flush_stop_alone (void)
{
  Rig *rig;
  gint64 start;

  fake_reset ();
  rig = rig_new (NULL);
  rig_begin (rig, "utf8");
  rig_wait (rig);
  g_atomic_int_set (&fake.delay_us, 60 * G_USEC_PER_SEC);
  rig_play (rig, "slow");
  rig_wait_for_count (&fake.n_started, 1);
  gst_harness_push_event (rig->h, gst_event_new_flush_stop (TRUE));
  start = g_get_monotonic_time ();
  gst_harness_push_event (rig->h, gst_event_new_flush_start ());
  rig_assert_faster (start, 1000);
  g_assert_cmpint (fake.n_cancelled, ==, 1);
  rig_free (rig);
}

int
main (int argc, char **argv)
{
  rig_init (&argc, &argv);
  g_test_add_func ("/race/flush-stop-while-stopping", test_flush_stop_while_stopping);
  g_test_add_func ("/race/latency", test_latency);
  g_test_add_func ("/race/stream-status", test_stream_status);
  g_test_add_func ("/race/flush-stop-alone", test_flush_stop_alone);
  return g_test_run ();
}
