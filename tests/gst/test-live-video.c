/* ssmtranslate tests: live video keeps all its frames beside a slow translation
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A camera at 25 frames a second and captions of it in one overlay; the model takes 0.4 s
 * a cue.  The same pipeline runs twice at once: with the element's LATENCY answer, and
 * with a probe that answers for upstream alone.
 */
#include <string.h>

#include <gst/check/gstcheck.h>

#include "fake-ssmt.h"
#include "gstssmtranslate.h"

#define SECONDS 5
#define FRAMES 125
#define DECODE_MS 400
/* the last cue and the latency come on top */
#define TIMEOUT ((SECONDS + 20) * GST_SECOND)

typedef struct {
  GstElement *pipeline, *captions;
  guint n_cues;
  guint64 rendered, dropped;
} Channel;

/* The cue of each second is there when the second begins, as a recogniser with a
 * second of look-ahead has it. */
static gboolean
push_cue (gpointer data)
{
  Channel *channel = data;
  g_autofree char *text = g_strdup_printf ("cue %u", channel->n_cues);
  gsize length = strlen (text);
  GstBuffer *cue = gst_buffer_new_wrapped (g_steal_pointer (&text), length);
  GstFlowReturn ret;

  GST_BUFFER_PTS (cue) = channel->n_cues * GST_SECOND;
  GST_BUFFER_DURATION (cue) = GST_SECOND;
  g_signal_emit_by_name (channel->captions, "push-buffer", cue, &ret);
  gst_buffer_unref (cue);
  if (++channel->n_cues <= SECONDS)
    return G_SOURCE_CONTINUE;
  g_signal_emit_by_name (channel->captions, "end-of-stream", &ret);
  return G_SOURCE_REMOVE;
}

static GstPadProbeReturn
answer_for_upstream (GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
  GstQuery *query = GST_PAD_PROBE_INFO_QUERY (info);
  GstElement *element;
  GstPad *sinkpad;
  gboolean answered;

  if (GST_QUERY_TYPE (query) != GST_QUERY_LATENCY)
    return GST_PAD_PROBE_OK;
  element = gst_pad_get_parent_element (pad);
  sinkpad = gst_element_get_static_pad (element, "sink");
  answered = gst_pad_peer_query (sinkpad, query);
  gst_object_unref (sinkpad);
  gst_object_unref (element);
  return answered ? GST_PAD_PROBE_HANDLED : GST_PAD_PROBE_OK;
}

static void
channel_open (Channel *channel, gboolean answers)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GstElement) element = NULL;
  g_autoptr (GstPad) pad = NULL;

  *channel = (Channel){ NULL };
  channel->pipeline = gst_parse_launch (
      "videotestsrc is-live=true "
      "num-buffers=" G_STRINGIFY (
          FRAMES) " ! video/x-raw,width=160,height=120,"
                  "framerate=25/1 ! textoverlay name=overlay ! fakesink name=screen "
                  "sync=true qos=true max-lateness=20000000 "
                  "appsrc name=captions is-live=true format=time "
                  "caps=text/x-raw,format=utf8 ! ssmtranslate name=translate "
                  "model-path=en-de latency=800 ! overlay.text_sink",
      &error);
  g_assert_no_error (error);
  channel->captions = gst_bin_get_by_name (GST_BIN (channel->pipeline), "captions");
  element = gst_bin_get_by_name (GST_BIN (channel->pipeline), "translate");
  pad = gst_element_get_static_pad (element, "src");
  if (!answers)
    gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_QUERY_UPSTREAM | GST_PAD_PROBE_TYPE_PUSH,
        answer_for_upstream, NULL, NULL);
  gst_element_set_state (channel->pipeline, GST_STATE_PLAYING);
  push_cue (channel);
  g_timeout_add (1000, push_cue, channel);
}

static gboolean
is_over (Channel *channel)
{
  g_autoptr (GstBus) bus = gst_element_get_bus (channel->pipeline);
  g_autoptr (GstMessage) message = gst_bus_pop_filtered (bus, GST_MESSAGE_EOS | GST_MESSAGE_ERROR);

  if (message)
    g_assert_cmpint (GST_MESSAGE_TYPE (message), ==, GST_MESSAGE_EOS);
  return message != NULL;
}

static void
channel_close (Channel *channel)
{
  g_autoptr (GstElement) screen = gst_bin_get_by_name (GST_BIN (channel->pipeline), "screen");
  g_autoptr (GstStructure) stats = NULL;

  g_object_get (screen, "stats", &stats, NULL);
  g_assert_true (gst_structure_get_uint64 (stats, "rendered", &channel->rendered));
  g_assert_true (gst_structure_get_uint64 (stats, "dropped", &channel->dropped));
  gst_element_set_state (channel->pipeline, GST_STATE_NULL);
  gst_object_unref (channel->captions);
  gst_object_unref (channel->pipeline);
}

static void
test_frames (void)
{
  Channel channels[2];
  guint n_over = 0;
  gint64 deadline = g_get_monotonic_time () + TIMEOUT / 1000;
  g_autoptr (GstElementFactory) overlay = gst_element_factory_find ("textoverlay");

  if (!overlay) {
    g_test_skip ("no textoverlay");
    return;
  }
  G_STATIC_ASSERT (FRAMES == 25 * SECONDS);
  fake_reset ();
  g_atomic_int_set (&fake.delay_us, DECODE_MS * 1000);
  for (guint i = 0; i < 2; i++)
    channel_open (&channels[i], i == 0);
  while (n_over < 2) {
    g_main_context_iteration (NULL, FALSE);
    g_usleep (5000);
    n_over += is_over (&channels[0]) + is_over (&channels[1]);
    g_assert_cmpint (g_get_monotonic_time (), <, deadline);
  }
  for (guint i = 0; i < 2; i++)
    channel_close (&channels[i]);
  g_test_message ("with the answer %u rendered, %u dropped; without %u, %u",
      (guint) channels[0].rendered, (guint) channels[0].dropped, (guint) channels[1].rendered,
      (guint) channels[1].dropped);
  g_assert_cmpuint (channels[0].dropped, ==, 0);
  g_assert_cmpuint (channels[0].rendered, ==, FRAMES);
  g_assert_cmpuint (channels[1].dropped, >, FRAMES / 10);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  gst_init (&argc, &argv);
  GST_ELEMENT_REGISTER (ssmtranslate, NULL);
  g_test_add_func ("/live-video/frames", test_frames);
  return g_test_run ();
}
