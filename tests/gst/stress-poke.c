/* ssmtranslate tests: what the stress program does to a pipeline
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "stress.h"

#include <gst/app/gstappsrc.h>
#include <ssmt/ssmt.h>

/* Where the cues are, about. */
#define MAX_POSITION_MS 70000

static GstElement *
pick_element (StressSite *site, StressWorker *worker)
{
  return site->elements->pdata[stress_pick (worker, site->elements->len)];
}

/* --- seeks, flushes ---------------------------------------------------------------- */

/* TRUE: it is, and stays so until the state lock is given back. Without a flush a seek
 * waits for the source, so that a sink in PAUSED keeps it; by way of the pipeline it
 * would keep the pipeline's state lock meanwhile; and a source that goes to NULL
 * behind its back is started again. */
static gboolean
is_playing (StressSite *site)
{
  GstState state;

  if (!g_mutex_trylock (&site->state_lock))
    return FALSE;
  if (gst_element_get_state (site->pipeline, &state, NULL, 0) == GST_STATE_CHANGE_SUCCESS
      && state == GST_STATE_PLAYING)
    return TRUE;
  g_mutex_unlock (&site->state_lock);
  return FALSE;
}

static void
seek (StressSite *site, StressWorker *worker)
{
  static const gdouble rates[] = { 1, 1, 1, 1, 0.5, 2, 8, -1 };
  static const GstSeekFlags more[] = { 0, GST_SEEK_FLAG_ACCURATE, GST_SEEK_FLAG_KEY_UNIT,
    GST_SEEK_FLAG_SEGMENT };
  gboolean flush = !stress_chance (worker, 4);
  GstSeekFlags flags = STRESS_PICK (worker, more) | (flush ? GST_SEEK_FLAG_FLUSH : 0);
  gdouble rate = STRESS_PICK (worker, rates);
  gint64 start = stress_pick (worker, MAX_POSITION_MS) * GST_MSECOND;
  gint64 stop = stress_chance (worker, 3) || rate < 0
      ? start + stress_pick (worker, 20000) * GST_MSECOND
      : -1;
  GstEvent *event = gst_event_new_seek (
      rate, GST_FORMAT_TIME, flags, GST_SEEK_TYPE_SET, start, GST_SEEK_TYPE_SET, stop);
  GstPad *pad = gst_element_get_static_pad (pick_element (site, worker), "src");

  if (flush) {
    g_mutex_lock (&site->flush_lock);
    gst_element_send_event (site->pipeline, event);
    g_mutex_unlock (&site->flush_lock);
  } else if (is_playing (site)) {
    gst_pad_send_event (pad, event);
    g_mutex_unlock (&site->state_lock);
  } else {
    gst_event_unref (event);
  }
  gst_object_unref (pad);
}

/* What upstream's flush does, with the segment that has to come behind it. The time is
 * not reset: a sink then takes the pipeline's state lock within its stream lock, which a
 * state change takes the other way round. */
static void
flush_element (StressSite *site, StressWorker *worker, GstElement *element,
    void (*meanwhile) (GstElement *element, StressWorker *worker))
{
  GstPad *pad = gst_element_get_static_pad (element, "sink");
  GstPad *peer = gst_pad_get_peer (pad);
  GstEvent *segment = peer ? gst_pad_get_sticky_event (peer, GST_EVENT_SEGMENT, 0) : NULL;

  g_mutex_lock (&site->flush_lock);
  gst_pad_send_event (pad, gst_event_new_flush_start ());
  if (meanwhile)
    meanwhile (element, worker);
  gst_pad_send_event (pad, gst_event_new_flush_stop (FALSE));
  g_mutex_unlock (&site->flush_lock);
  if (segment)
    gst_pad_send_event (pad, segment);
  gst_clear_object (&peer);
  gst_object_unref (pad);
}

static void
flush (StressSite *site, StressWorker *worker)
{
  flush_element (site, worker, pick_element (site, worker), NULL);
}

/* --- states ------------------------------------------------------------------------ */

/* Somebody must be left who flushes, where a seek waits for that. */
static void
try_set_state (StressSite *site, GstState state)
{
  if (!g_mutex_trylock (&site->state_lock))
    return;
  gst_element_set_state (site->pipeline, state);
  g_mutex_unlock (&site->state_lock);
}

static void
set_state (StressSite *site, StressWorker *worker)
{
  static const GstState states[] = { GST_STATE_PLAYING, GST_STATE_PLAYING, GST_STATE_PLAYING,
    GST_STATE_PAUSED, GST_STATE_PAUSED, GST_STATE_READY, GST_STATE_NULL };
  GstState state = STRESS_PICK (worker, states);

  try_set_state (site, state);
  if (state < GST_STATE_PLAYING) {
    if (stress_chance (worker, 2))
      gst_element_get_state (site->pipeline, NULL, NULL, stress_pick (worker, 20) * GST_MSECOND);
    try_set_state (site, GST_STATE_PLAYING);
  }
}

static void
change_element_state (GstElement *element, StressWorker *worker)
{
  static const GstState states[] = { GST_STATE_NULL, GST_STATE_READY, GST_STATE_PAUSED };

  gst_element_set_state (element, STRESS_PICK (worker, states));
  gst_element_sync_state_with_parent (element);
}

/* One element alone, in a pipeline that runs: what blocks downstream has to let go, and
 * stay so, which a sink that comes from READY does not. */
static void
set_element_state (StressSite *site, StressWorker *worker)
{
  /* somebody must be left who flushes */
  if (!g_mutex_trylock (&site->state_lock))
    return;
  flush_element (site, worker, pick_element (site, worker), change_element_state);
  g_mutex_unlock (&site->state_lock);
}

/* What makes the model, while there is none or while another one is in use. */
static void
change_model (StressSite *site, StressWorker *worker)
{
  static const char *const languages[] = { NULL, "en", "en-GB", "fr" };
  GstElement *element = pick_element (site, worker);

  if (!stress_chance (worker, 4))
    try_set_state (site, GST_STATE_READY);
  stress_set_model (element, worker);
  if (stress_chance (worker, 8))
    g_object_set (element, "input-language-code", STRESS_PICK (worker, languages), NULL);
  try_set_state (site, GST_STATE_PLAYING);
}

/* --- properties and actions ---------------------------------------------------------- */

void
stress_set_some_property (GstElement *element, StressWorker *worker)
{
  static const guint beams[] = { 1, 1, 1, 2, 4, 7 };
  static const guint latencies[] = { 300, 0, 50, 2000, G_MAXUINT };
  static const guint latenesses[] = { 0, 0, 100, 1000 };

  stress_count (COUNT_PROPERTIES);
  switch (stress_pick (worker, 7)) {
    case 0:
      g_object_set (element, "beam-size", STRESS_PICK (worker, beams), NULL);
      break;
    case 1:
      g_object_set (element, "context", stress_pick (worker, 2), NULL);
      break;
    case 2:
      g_object_set (element, "segmentation", stress_pick (worker, 2), NULL);
      break;
    case 3:
      g_object_set (element, "latency", STRESS_PICK (worker, latencies), NULL);
      break;
    case 4:
      g_object_set (element, "lateness", STRESS_PICK (worker, latenesses), NULL);
      break;
    case 5:
      g_object_set (element, "partial-results", !stress_chance (worker, 3), NULL);
      break;
    default:
      g_object_set (element, "policy", stress_pick (worker, 3), NULL);
      break;
  }
}

static void
set_property (StressSite *site, StressWorker *worker)
{
  stress_set_some_property (pick_element (site, worker), worker);
}

static void
reset (StressSite *site, StressWorker *worker)
{
  g_signal_emit_by_name (
      pick_element (site, worker), stress_chance (worker, 2) ? "reset" : "post-stats");
}

/* All of them, as an inspector does. */
static void
read_properties (StressSite *site, StressWorker *worker)
{
  GstElement *element = pick_element (site, worker);
  g_autofree GParamSpec **specs = NULL;
  guint n;

  specs = g_object_class_list_properties (G_OBJECT_GET_CLASS (element), &n);
  for (guint i = 0; i < n; i++) {
    g_auto (GValue) value = G_VALUE_INIT;

    g_object_get_property (G_OBJECT (element), specs[i]->name, &value);
  }
}

/* --- queries and events --------------------------------------------------------------- */

/* Nothing serialized where the source is live: it pushes events with the lock that it
 * needs for going to PAUSED, and would wait for ours, which a sink in PAUSED keeps.
 * Nothing to drain before an appsink: that of 1.22 waits without the lock that it gives
 * up meanwhile, and GLib aborts. */
static GstQuery *
make_query (StressSite *site, StressWorker *worker)
{
  switch (stress_pick (worker, site->appsink || site->source ? 5 : 6)) {
    case 0:
      return gst_query_new_latency ();
    case 1:
      return gst_query_new_position (GST_FORMAT_TIME);
    case 2:
      return gst_query_new_caps (NULL);
    case 3:
      return gst_query_new_context ("ssmt.model.Context");
    case 4:
      return gst_query_new_duration (GST_FORMAT_TIME);
    default:
      return gst_query_new_drain ();
  }
}

static void
query (StressSite *site, StressWorker *worker)
{
  g_autoptr (GstQuery) query = make_query (site, worker);
  GstPad *pad;

  if (!GST_QUERY_IS_SERIALIZED (query) && stress_chance (worker, 3)) {
    gst_element_query (site->pipeline, query);
    return;
  }
  /* serialized ones come from upstream */
  pad = gst_element_get_static_pad (pick_element (site, worker),
      GST_QUERY_IS_SERIALIZED (query) || stress_chance (worker, 2) ? "sink" : "src");
  gst_pad_query (pad, query);
  gst_object_unref (pad);
}

static void
send_event (StressSite *site, StressWorker *worker)
{
  GstElement *element = pick_element (site, worker);
  GstPad *pad = gst_element_get_static_pad (element, "src");
  GstEvent *event;

  switch (stress_pick (worker, 3)) {
    case 0:
      gst_pad_send_event (pad, gst_event_new_reconfigure ());
      break;
    case 1:
      gst_pad_send_event (
          pad, gst_event_new_qos (GST_QOS_TYPE_THROTTLE, 0.5, GST_MSECOND, GST_SECOND));
      break;
    default:
      gst_object_unref (pad);
      pad = gst_element_get_static_pad (element, "sink");
      event = gst_event_new_tag (
          gst_tag_list_new (GST_TAG_LANGUAGE_CODE, stress_chance (worker, 2) ? "en" : "fr", NULL));
      if (site->source)
        gst_element_send_event (site->source, event);
      else
        gst_pad_send_event (pad, event);
      break;
  }
  gst_object_unref (pad);
}

/* Not by send_event: a source's waits for its thread, with its state lock. */
static void
send_eos (StressSite *site, StressWorker *worker)
{
  GstPad *pad;

  if (site->source) {
    gst_app_src_end_of_stream (GST_APP_SRC (site->source));
    return;
  }
  pad = gst_element_get_static_pad (pick_element (site, worker), "sink");
  gst_pad_send_event (pad, gst_event_new_eos ());
  gst_object_unref (pad);
}

/* --- all of it ------------------------------------------------------------------------ */

static const struct {
  const char *name;
  void (*run) (StressSite *site, StressWorker *worker);
  StressCount count;
  guint weight;
} pokes[] = {
  { "seeking", seek, COUNT_SEEKS, 20 },
  { "flushing", flush, COUNT_FLUSHES, 10 },
  { "changing the state", set_state, COUNT_STATE_CHANGES, 8 },
  { "changing an element's state", set_element_state, COUNT_ELEMENT_STATES, 4 },
  { "changing the model", change_model, COUNT_MODEL_PATHS, 3 },
  { "setting a property", set_property, N_COUNTS, 15 },
  { "resetting", reset, COUNT_RESETS, 8 },
  { "reading properties", read_properties, COUNT_READS, 12 },
  { "querying", query, COUNT_QUERIES, 15 },
  { "sending an event", send_event, COUNT_EVENTS, 6 },
  { "sending EOS", send_eos, COUNT_EOS_SENT, 1 },
};

void
stress_poke (StressSite *site, StressWorker *worker)
{
  guint sum = 0, n = 0, which;

  for (guint i = 0; i < G_N_ELEMENTS (pokes); i++)
    sum += pokes[i].weight;
  which = stress_pick (worker, sum);
  while (which >= pokes[n].weight)
    which -= pokes[n++].weight;
  stress_begin (worker, pokes[n].name);
  pokes[n].run (site, worker);
  stress_end (worker);
  if (pokes[n].count < N_COUNTS) /* else counted in there */
    stress_count (pokes[n].count);
}
