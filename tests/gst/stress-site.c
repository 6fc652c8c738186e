/* ssmtranslate tests: pipelines for the stress program
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "stress.h"

#include <glib/gstdio.h>
#include <gst/app/gstappsink.h>
#include <gst/app/gstappsrc.h>
#include <string.h>

#define INTERIM_META "SsmTranslateInterimMeta"
#define N_CUES 400
#define KEPT_THREADS 2

static const char *const texts[] = {
  "Good morning, Anna.",
  "- Is he ill?\n- No, he is just old.",
  "I have <i>never</i> seen such a <b>beautiful house</b> in my life.",
  "The old man who lives next door",
  "sold his car yesterday.",
  "♪ ♪",
  "42",
  "He wants to go out at three\nin the morning.",
  "<i>Where is the ship?</i>",
  "you &amp; me",
  "no end <b>of it",
  "\xff\xfe broken",
  "",
  "It is raining and",
  "the harbour is full of ships, boats, people and words.",
};

static const char *const words[] = { "go", "forward", "ten", "meters", "and", "then", "where", "is",
  "the", "harbour" };

/* --- what is alive ---------------------------------------------------------------- */

static GMutex alive_lock;
static GHashTable *alive; /* addresses; under the lock */

static void
forget_alive (gpointer data, GObject *object)
{
  g_mutex_lock (&alive_lock);
  g_hash_table_remove (alive, object);
  g_mutex_unlock (&alive_lock);
}

/* FALSE: it has been seen before. */
static gboolean
watch_object (gpointer object)
{
  gboolean is_new;

  g_mutex_lock (&alive_lock);
  if (!alive)
    alive = g_hash_table_new (NULL, NULL);
  is_new = g_hash_table_add (alive, object);
  g_mutex_unlock (&alive_lock);
  if (is_new)
    g_object_weak_ref (object, forget_alive, NULL);
  return is_new;
}

gint
stress_n_alive (void)
{
  return alive ? g_hash_table_size (alive) : 0;
}

/* --- models ------------------------------------------------------------------------ */

static GPtrArray *keepers;

/* Elements that keep each model: most others share it, since loading takes its time. */
void
stress_keep_models (void)
{
  keepers = g_ptr_array_new_with_free_func (gst_object_unref);
  for (guint i = 0; stress_models[i]; i++) {
    GstElement *keeper = gst_element_factory_make ("ssmtranslate", NULL);

    g_object_set (keeper, "model-path", stress_models[i], "threads", KEPT_THREADS, NULL);
    g_ptr_array_add (keepers, gst_object_ref_sink (keeper));
    if (gst_element_set_state (keeper, GST_STATE_READY) == GST_STATE_CHANGE_FAILURE)
      g_error ("%s cannot be loaded", stress_models[i]);
  }
}

void
stress_drop_models (void)
{
  for (guint i = 0; i < keepers->len; i++)
    gst_element_set_state (keepers->pdata[i], GST_STATE_NULL);
  g_ptr_array_unref (keepers);
}

void
stress_set_model (GstElement *element, StressWorker *worker)
{
  static const guint threads[] = { KEPT_THREADS, KEPT_THREADS, KEPT_THREADS, KEPT_THREADS,
    KEPT_THREADS, KEPT_THREADS, 1, 3 };
  const char *path = stress_models[stress_pick (worker, g_strv_length (stress_models))];

  if (stress_chance (worker, 40))
    path = "/nowhere";
  g_object_set (element, "model-path", path, "threads", STRESS_PICK (worker, threads), NULL);
}

/* --- building ---------------------------------------------------------------------- */

static void
append_time (GString *srt, guint ms)
{
  g_string_append_printf (
      srt, "%02u:%02u:%02u,%03u", ms / 3600000, ms / 60000 % 60, ms / 1000 % 60, ms % 1000);
}

/* A subtitle file whose cues come fast. */
void
stress_write_cues (GRand *rand)
{
  g_autoptr (GString) srt = g_string_new (NULL);
  guint ms = 0;
  int fd = g_file_open_tmp ("stress-XXXXXX.srt", &stress_cue_file, NULL);

  g_assert_cmpint (fd, >=, 0);
  g_close (fd, NULL);
  for (guint i = 0; i < N_CUES; i++) {
    guint duration = g_rand_int_range (rand, 20, 200);

    g_string_append_printf (srt, "%u\n", i + 1);
    append_time (srt, ms);
    g_string_append (srt, " --> ");
    append_time (srt, ms + duration);
    g_string_append_printf (
        srt, "\n%s\n\n", texts[g_rand_int_range (rand, 0, G_N_ELEMENTS (texts))]);
    ms += duration + g_rand_int_range (rand, 0, 100);
  }
  g_assert_true (g_file_set_contents (stress_cue_file, srt->str, srt->len, NULL));
}

static GstPadProbeReturn
count_out (GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
  stress_count (COUNT_CUES_OUT);
  return GST_PAD_PROBE_OK;
}

static void
prepare_element (StressSite *site, GstElement *element, StressWorker *worker)
{
  GstPad *pad = gst_element_get_static_pad (element, "src");

  gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_BUFFER, count_out, NULL, NULL);
  gst_object_unref (pad);
  watch_object (element);
  stress_set_model (element, worker);
  for (guint n = stress_pick (worker, 6); n > 0; n--)
    stress_set_some_property (element, worker);
  g_ptr_array_add (site->elements, gst_object_ref (element));
}

static void
find_elements (StressSite *site, StressWorker *worker)
{
  g_autoptr (GstIterator) iterator = gst_bin_iterate_elements (GST_BIN (site->pipeline));
  g_auto (GValue) value = G_VALUE_INIT;

  while (gst_iterator_next (iterator, &value) == GST_ITERATOR_OK) {
    GstElement *element = g_value_get_object (&value);

    if (g_str_equal (G_OBJECT_TYPE_NAME (element), "GstSsmTranslate"))
      prepare_element (site, element, worker);
    g_value_reset (&value);
  }
  site->source = gst_bin_get_by_name (GST_BIN (site->pipeline), "source");
  site->appsink = gst_bin_get_by_name (GST_BIN (site->pipeline), "appsink");
}

/* An appsink that does not drop may miss that it is asked to flush. */
static void
build (StressSite *site, StressWorker *worker)
{
  static const char *const lines[STRESS_N_KINDS] = {
    "filesrc location=%s ! subparse ! ssmtranslate ! fakesink sync=%s",
    "filesrc location=%s ! subparse ! ssmtranslate ! "
    "appsink name=appsink max-buffers=2 drop=true sync=%s",
    "filesrc location=%s ! subparse ! tee name=t "
    "t. ! queue ! ssmtranslate ! fakesink sync=%s "
    "t. ! queue ! ssmtranslate ! fakesink sync=false "
    "t. ! queue max-size-buffers=1 ! ssmtranslate ! fakesink sync=false "
    "async=false",
    "filesrc location=%s ! subparse ! ssmtranslate ! ssmtranslate ! "
    "fakesink sync=%s",
    "appsrc name=source is-live=true format=time do-timestamp=%s "
    "caps=text/x-raw,format=utf8 ! ssmtranslate ! fakesink sync=%s",
    "appsrc name=source is-live=true format=time do-timestamp=%s "
    "caps=text/plain ! ssmtranslate ! fakesink sync=%s",
  };
  const char *sync = stress_chance (worker, 2) ? "true" : "false";
  g_autoptr (GError) error = NULL;
  g_autofree char *line = NULL;

  site->kind = stress_pick (worker, STRESS_N_KINDS);
  line = g_strdup_printf (lines[site->kind],
      site->kind < STRESS_LIVE        ? stress_cue_file
          : stress_chance (worker, 2) ? "true"
                                      : "false",
      sync);
  site->pipeline = gst_parse_launch (line, &error);
  g_assert_no_error (error);
  gst_object_ref_sink (site->pipeline);
  site->position = 0;
  find_elements (site, worker);
  stress_count (COUNT_PIPELINES);
}

/* --- feeding an appsrc ---------------------------------------------------------------- */

static char *
dup_speech (StressWorker *worker)
{
  g_autoptr (GString) text = g_string_new (NULL);

  for (guint n = 1 + stress_pick (worker, 6); n > 0; n--)
    g_string_append_printf (text, "%s%s", text->len ? " " : "", STRESS_PICK (worker, words));
  return g_string_free (g_steal_pointer (&text), FALSE);
}

/* As pocketsphinx does. */
static void
post_hypothesis (StressSite *site, StressWorker *worker)
{
  g_autofree char *text = dup_speech (worker);

  stress_count (COUNT_INTERIMS);
  gst_element_post_message (site->source,
      gst_message_new_element (GST_OBJECT (site->source),
          gst_structure_new ("recogniser", "final", G_TYPE_BOOLEAN, FALSE, "hypothesis",
              G_TYPE_STRING, text, NULL)));
}

static void
push_text (StressSite *site, StressWorker *worker)
{
  char *text =
      stress_chance (worker, 2) ? dup_speech (worker) : g_strdup (STRESS_PICK (worker, texts));
  GstBuffer *buffer = gst_buffer_new_wrapped (text, strlen (text));
  GstClockTime duration = GST_MSECOND * (1 + stress_pick (worker, 300));
  gboolean interim = stress_chance (worker, 3);

  if (!stress_chance (worker, 4)) {
    GST_BUFFER_PTS (buffer) = site->position;
    GST_BUFFER_DURATION (buffer) = duration;
  }
  if (stress_chance (worker, 30))
    GST_BUFFER_FLAG_SET (buffer, GST_BUFFER_FLAG_DISCONT);
  if (interim)
    gst_buffer_add_custom_meta (buffer, INTERIM_META);
  else
    site->position += duration;
  stress_count (interim ? COUNT_INTERIMS : COUNT_CUES_IN);
  gst_app_src_push_buffer (GST_APP_SRC (site->source), buffer);
}

static void
push_event (StressSite *site, StressWorker *worker)
{
  static const char *const names[] = { "rstranscribe/final-transcript",
    "rstranscribe/speaker-change", "something/else" };
  GstEvent *event;

  if (stress_chance (worker, 2))
    event = gst_event_new_gap (site->position, GST_MSECOND * stress_pick (worker, 100));
  else
    event = gst_event_new_custom (
        GST_EVENT_CUSTOM_DOWNSTREAM, gst_structure_new_empty (STRESS_PICK (worker, names)));
  stress_count (COUNT_EVENTS);
  gst_element_send_event (site->source, event);
}

static void
change_caps (StressSite *site, StressWorker *worker)
{
  static const char *const formats[] = { "utf8", "pango-markup" };
  g_autoptr (GstCaps) caps = NULL;

  if (site->kind == STRESS_SPEECH && stress_chance (worker, 2))
    caps = gst_caps_new_empty_simple ("text/plain");
  else
    caps = gst_caps_new_simple (
        "text/x-raw", "format", G_TYPE_STRING, STRESS_PICK (worker, formats), NULL);
  stress_count (COUNT_CAPS);
  gst_app_src_set_caps (GST_APP_SRC (site->source), caps);
}

static void
feed (StressSite *site, StressWorker *worker)
{
  stress_begin (worker, "feeding");
  for (guint n = stress_pick (worker, 6); n > 0; n--) {
    if (site->kind == STRESS_SPEECH && stress_chance (worker, 2))
      post_hypothesis (site, worker);
    if (stress_chance (worker, 5))
      push_event (site, worker);
    else if (stress_chance (worker, 40))
      change_caps (site, worker);
    else
      push_text (site, worker);
  }
  stress_end (worker);
}

/* --- messages --------------------------------------------------------------------------- */

/* Each model that an element has loaded or found, once. */
static void
watch_model (GstMessage *message)
{
  g_autoptr (GstContext) context = NULL;
  const GValue *value;

  gst_message_parse_have_context (message, &context);
  value = gst_structure_get_value (gst_context_get_structure (context), "model");
  if (value && watch_object (g_value_get_object (value)))
    stress_count (COUNT_MODELS);
}

static void
count_message (GstMessage *message)
{
  static const struct {
    const char *name;
    StressCount count;
  } elements[] = {
    { "ssmtranslate/stats", COUNT_STATS_SEEN },
    { "ssmtranslate/partial", COUNT_PARTIALS },
    { "ssmtranslate/excessive-delay", COUNT_LATE },
    { "ssmtranslate/catch-up", COUNT_CATCH_UPS },
  };
  const GstStructure *s = gst_message_get_structure (message);

  for (guint i = 0; i < G_N_ELEMENTS (elements); i++) {
    if (s && gst_structure_has_name (s, elements[i].name))
      stress_count (elements[i].count);
  }
}

static void
handle_message (StressSite *site, GstMessage *message, StressWorker *worker)
{
  switch (GST_MESSAGE_TYPE (message)) {
    case GST_MESSAGE_HAVE_CONTEXT:
      watch_model (message);
      break;
    case GST_MESSAGE_ELEMENT:
      count_message (message);
      break;
    case GST_MESSAGE_EOS:
      stress_count (COUNT_EOS_SEEN);
      break;
    case GST_MESSAGE_ERROR:
      stress_count (COUNT_ERRORS);
      break;
    case GST_MESSAGE_WARNING:
      stress_count (COUNT_WARNINGS);
      break;
    case GST_MESSAGE_LATENCY:
      stress_begin (worker, "recalculating the latency");
      gst_bin_recalculate_latency (GST_BIN (site->pipeline));
      stress_end (worker);
      break;
    default:
      break;
  }
}

static void
handle_messages (StressSite *site, StressWorker *worker, GstClockTime timeout)
{
  g_autoptr (GstBus) bus = gst_element_get_bus (site->pipeline);
  GstMessage *message;

  while ((message = gst_bus_timed_pop (bus, timeout))) {
    handle_message (site, message, worker);
    gst_message_unref (message);
    timeout = 0;
  }
}

/* --- running ------------------------------------------------------------------------------ */

void
stress_site_init (StressSite *site)
{
  g_mutex_init (&site->lock);
  g_mutex_init (&site->state_lock);
  g_mutex_init (&site->flush_lock);
  g_cond_init (&site->unused);
  site->elements = g_ptr_array_new_with_free_func (gst_object_unref);
}

void
stress_site_clear (StressSite *site)
{
  g_mutex_clear (&site->lock);
  g_mutex_clear (&site->state_lock);
  g_mutex_clear (&site->flush_lock);
  g_cond_clear (&site->unused);
  g_ptr_array_unref (site->elements);
}

gboolean
stress_site_use (StressSite *site)
{
  gboolean is_open;

  g_mutex_lock (&site->lock);
  is_open = site->is_open;
  if (is_open)
    site->n_users++;
  g_mutex_unlock (&site->lock);
  return is_open;
}

void
stress_site_release (StressSite *site)
{
  g_mutex_lock (&site->lock);
  if (--site->n_users == 0)
    g_cond_signal (&site->unused);
  g_mutex_unlock (&site->lock);
}

static void
set_open (StressSite *site, gboolean is_open)
{
  g_mutex_lock (&site->lock);
  site->is_open = is_open;
  while (!is_open && site->n_users > 0)
    g_cond_wait (&site->unused, &site->lock);
  g_mutex_unlock (&site->lock);
}

static void
play (StressSite *site, StressWorker *worker, gint64 until)
{
  GstSample *sample;

  while (g_get_monotonic_time () < until) {
    if (site->source)
      feed (site, worker);
    if (site->appsink && (sample = gst_app_sink_try_pull_sample (GST_APP_SINK (site->appsink), 0)))
      gst_sample_unref (sample);
    handle_messages (site, worker, stress_pick (worker, 30) * GST_MSECOND);
  }
}

static void
set_state (StressSite *site, GstState state)
{
  g_mutex_lock (&site->state_lock);
  gst_element_set_state (site->pipeline, state);
  g_mutex_unlock (&site->state_lock);
}

static void
set_null (StressSite *site, StressWorker *worker, const char *what)
{
  stress_begin (worker, what);
  set_state (site, GST_STATE_NULL);
  stress_end (worker);
}

/* An element whose state somebody has set may be left behind by its pipeline. */
static void
take_down (StressSite *site, StressWorker *worker)
{
  set_null (site, worker, "to NULL while others use it");
  stress_begin (worker, "waiting for the others");
  set_open (site, FALSE);
  stress_end (worker);
  set_null (site, worker, "to NULL");
  for (guint i = 0; i < site->elements->len; i++)
    gst_element_set_state (site->elements->pdata[i], GST_STATE_NULL);
  handle_messages (site, worker, 0);
  g_ptr_array_set_size (site->elements, 0);
  gst_clear_object (&site->source);
  gst_clear_object (&site->appsink);
  gst_clear_object (&site->pipeline);
}

void
stress_site_run_one (StressSite *site, StressWorker *worker)
{
  /* most live long enough for some cues, some not */
  gint64 duration =
      stress_chance (worker, 4) ? stress_pick (worker, 100) : 500 + stress_pick (worker, 3000);

  stress_begin (worker, "building");
  build (site, worker);
  set_open (site, TRUE);
  stress_begin (worker, "to PLAYING");
  set_state (site, GST_STATE_PLAYING);
  stress_end (worker);
  play (site, worker, g_get_monotonic_time () + duration * G_TIME_SPAN_MILLISECOND);
  take_down (site, worker);
}
