/* ssm-subtitle: the texts of a document through the element
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "translate.h"

#include <string.h>

#include <gst/app/gstappsink.h>
#include <gst/app/gstappsrc.h>

/* How long a wait for the next text may keep a cancellation waiting. */
#define POLL (100 * GST_MSECOND)

/* One pass over the units of a document. */
typedef struct {
  const SubDocument *document;
  GArray *order;      /* of guint: the units that are translated, by their times */
  GArray *same;       /* of gint: of each unit another one with the same text and times, or -1 */
  GPtrArray *markups; /* the result */
  GstElement *pipeline, *source, *sink;
  SubCounts *counts;
} Pass;

/* --- which units, and in which order --------------------------------------- */

static gint
compare_starts (gconstpointer a, gconstpointer b, gpointer data)
{
  const SubUnit *units = data;
  guint i = *(const guint *) a, j = *(const guint *) b;
  GstClockTime one = units[i].start, other = units[j].start;

  if (one != other)
    return one < other ? -1 : 1;
  return i < j ? -1 : i > j;
}

/* Layers of a sign are the same text several times: it is translated once. */
static void
find_order (Pass *pass)
{
  const SubUnit *units = (const SubUnit *) pass->document->units->data;
  g_autoptr (GHashTable) seen = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);

  pass->order = g_array_new (FALSE, FALSE, sizeof (guint));
  pass->same = g_array_new (FALSE, FALSE, sizeof (gint));
  for (guint i = 0; i < pass->document->units->len; i++) {
    char *key = g_strdup_printf ("%" G_GUINT64_FORMAT " %" G_GUINT64_FORMAT " %s", units[i].start,
        units[i].end, sub_text_get_markup (units[i].text));
    gpointer first;
    gint same = -1;

    if (g_hash_table_lookup_extended (seen, key, NULL, &first)) {
      same = GPOINTER_TO_INT (first);
      g_free (key);
    } else {
      g_hash_table_insert (seen, key, GINT_TO_POINTER (i));
      g_array_append_val (pass->order, i);
    }
    g_array_append_val (pass->same, same);
  }
  g_array_sort_with_data (pass->order, compare_starts, (gpointer) units);
}

/* --- the pipeline ---------------------------------------------------------- */

static void
set_string (GstElement *element, const char *name, const char *value)
{
  if (value)
    gst_util_set_object_arg (G_OBJECT (element), name, value);
}

static void
set_number (GstElement *element, const char *name, guint value)
{
  if (value > 0)
    g_object_set (element, name, value, NULL);
}

static GstElement *
make_translator (const SubRoute *route, guint number, const SubSettings *settings, GError **error)
{
  GstElement *element = gst_element_factory_make ("ssmtranslate", NULL);
  gboolean is_last = number == 1 || !route->models[1];

  if (!element) {
    g_set_error_literal (error, GST_CORE_ERROR, GST_CORE_ERROR_MISSING_PLUGIN,
        "there is no element \"ssmtranslate\": GST_PLUGIN_PATH may have to name its folder");
    return NULL;
  }
  g_object_set (element, "model-path", route->models[number], NULL);
  if (number == 0 && route->source)
    g_object_set (element, "input-language-code", route->source, NULL);
  if (is_last)
    g_object_set (element, "output-language-code", route->target, NULL);
  set_string (element, "device", settings->device);
  set_string (element, "context", settings->context);
  set_string (element, "segmentation", settings->segmentation);
  set_number (element, "threads", settings->threads);
  set_number (element, "beam-size", settings->beam_size);
  if (is_last) {
    set_string (element, "glossary-location", settings->glossary);
    set_string (element, "quotes", settings->quotes);
    set_number (element, "max-columns", settings->max_columns);
    set_number (element, "max-lines", settings->max_lines);
    set_number (element, "max-cps", settings->max_cps);
  }
  return element;
}

/* Elements share a model as long as one of them has it. One that cannot load it says so in its pipeline. */
static void
hold_model (SubRoute *route, guint number, const SubSettings *settings)
{
  GstElement *holder = NULL;

  g_mutex_lock (&route->lock);
  if (!route->holders[number])
    holder = make_translator (route, number, settings, NULL);
  if (holder && gst_element_set_state (holder, GST_STATE_READY) == GST_STATE_CHANGE_FAILURE) {
    gst_element_set_state (holder, GST_STATE_NULL);
    g_clear_pointer (&holder, gst_object_unref);
  }
  if (holder)
    route->holders[number] = gst_object_ref_sink (holder);
  g_mutex_unlock (&route->lock);
}

static gboolean
build (Pass *pass, SubRoute *route, const SubSettings *settings, GError **error)
{
  g_autoptr (GstCaps) caps =
      gst_caps_new_simple ("text/x-raw", "format", G_TYPE_STRING, "pango-markup", NULL);
  GstElement *last;

  pass->pipeline = gst_pipeline_new (NULL);
  pass->source = gst_element_factory_make ("appsrc", NULL);
  pass->sink = gst_element_factory_make ("appsink", NULL);
  if (!pass->source || !pass->sink) {
    g_set_error_literal (error, GST_CORE_ERROR, GST_CORE_ERROR_MISSING_PLUGIN,
        "there are no elements \"appsrc\" and \"appsink\": gstreamer1.0-plugins-base has them");
    return FALSE;
  }
  g_object_set (
      pass->source, "caps", caps, "format", GST_FORMAT_TIME, "max-bytes", (guint64) 0, NULL);
  g_object_set (pass->sink, "caps", caps, "sync", FALSE, "async", FALSE, NULL);
  gst_bin_add_many (GST_BIN (pass->pipeline), pass->source, pass->sink, NULL);
  last = pass->source;
  for (guint i = 0; i < 2 && route->models[i]; i++) {
    GstElement *translator = make_translator (route, i, settings, error);

    if (!translator)
      return FALSE;
    hold_model (route, i, settings);
    gst_bin_add (GST_BIN (pass->pipeline), translator);
    gst_element_link (last, translator);
    last = translator;
  }
  gst_element_link (last, pass->sink);
  return TRUE;
}

static void
push_units (Pass *pass)
{
  for (guint i = 0; i < pass->order->len; i++) {
    const SubUnit *unit =
        &g_array_index (pass->document->units, SubUnit, g_array_index (pass->order, guint, i));
    const char *markup = sub_text_get_markup (unit->text);
    GstBuffer *buffer = gst_buffer_new_memdup (markup, strlen (markup));

    GST_BUFFER_PTS (buffer) = unit->start;
    if (GST_CLOCK_TIME_IS_VALID (unit->start) && GST_CLOCK_TIME_IS_VALID (unit->end)
        && unit->end > unit->start)
      GST_BUFFER_DURATION (buffer) = unit->end - unit->start;
    gst_app_src_push_buffer (GST_APP_SRC (pass->source), buffer);
  }
  gst_app_src_end_of_stream (GST_APP_SRC (pass->source));
}

gboolean
sub_message_is_error (GstMessage *message, GError **error)
{
  g_autoptr (GError) local = NULL;

  if (GST_MESSAGE_TYPE (message) != GST_MESSAGE_ERROR)
    return FALSE;
  gst_message_parse_error (message, &local, NULL);
  g_propagate_error (error, g_steal_pointer (&local));
  return TRUE;
}

static void
count_message (Pass *pass, GstMessage *message)
{
  const GstStructure *structure = gst_message_get_structure (message);

  if (GST_MESSAGE_TYPE (message) != GST_MESSAGE_ELEMENT || !structure)
    return;
  if (gst_structure_has_name (structure, "ssmtranslate/guarded"))
    pass->counts->copied++;
  else if (gst_structure_has_name (structure, "ssmtranslate/does-not-fit"))
    pass->counts->too_long++;
}

/* FALSE with *error set where the pipeline has said so. */
static gboolean
read_bus (Pass *pass, GError **error)
{
  g_autoptr (GstBus) bus = gst_element_get_bus (pass->pipeline);
  GstMessage *message;

  while ((message = gst_bus_pop (bus))) {
    gboolean is_error = sub_message_is_error (message, error);

    if (!is_error)
      count_message (pass, message);
    gst_message_unref (message);
    if (is_error)
      return FALSE;
  }
  return TRUE;
}

static void
take_sample (Pass *pass, GstSample *sample, guint number)
{
  guint unit = g_array_index (pass->order, guint, number);
  GstBuffer *buffer = gst_sample_get_buffer (sample);
  GstMapInfo map;

  if (!gst_buffer_map (buffer, &map, GST_MAP_READ))
    return;
  pass->markups->pdata[unit] = g_strndup ((const char *) map.data, map.size);
  gst_buffer_unmap (buffer, &map);
  pass->counts->texts++;
}

static gboolean
run (Pass *pass, SubTranslated translated, gpointer data, GCancellable *cancellable, GError **error)
{
  guint n = 0;

  if (gst_element_set_state (pass->pipeline, GST_STATE_PLAYING) == GST_STATE_CHANGE_FAILURE) {
    if (read_bus (pass, error))
      g_set_error_literal (error, GST_CORE_ERROR, GST_CORE_ERROR_STATE_CHANGE,
          "the element \"ssmtranslate\" does not start, and does not say why");
    return FALSE;
  }
  push_units (pass);
  for (;;) {
    g_autoptr (GstSample) sample = gst_app_sink_try_pull_sample (GST_APP_SINK (pass->sink), POLL);

    if (!read_bus (pass, error) || g_cancellable_set_error_if_cancelled (cancellable, error))
      return FALSE;
    if (sample && n < pass->order->len) {
      take_sample (pass, sample, n++);
      translated (n, pass->order->len, data);
    } else if (sample || gst_app_sink_is_eos (GST_APP_SINK (pass->sink))) {
      break;
    }
  }
  if (n == pass->order->len)
    return TRUE;
  g_set_error (error, GST_STREAM_ERROR, GST_STREAM_ERROR_FAILED,
      "of %u texts %u came back from the element", pass->order->len, n);
  return FALSE;
}

static void
copy_same (Pass *pass)
{
  for (guint i = 0; i < pass->same->len; i++) {
    gint same = g_array_index (pass->same, gint, i);

    if (same >= 0)
      pass->markups->pdata[i] = g_strdup (pass->markups->pdata[same]);
  }
}

GPtrArray *
sub_translate (const SubDocument *document, SubRoute *route, const SubSettings *settings,
    SubTranslated translated, gpointer data, SubCounts *counts, GCancellable *cancellable,
    GError **error)
{
  Pass pass = { .document = document, .counts = counts };
  gboolean good;

  pass.markups = g_ptr_array_new_with_free_func (g_free);
  g_ptr_array_set_size (pass.markups, document->units->len);
  find_order (&pass);
  good = pass.order->len == 0
      || (build (&pass, route, settings, error)
          && run (&pass, translated, data, cancellable, error));
  if (pass.pipeline) {
    gst_element_set_state (pass.pipeline, GST_STATE_NULL);
    gst_object_unref (pass.pipeline);
  }
  if (good)
    copy_same (&pass);
  g_array_unref (pass.order);
  g_array_unref (pass.same);
  if (good)
    return pass.markups;
  g_ptr_array_unref (pass.markups);
  return NULL;
}
