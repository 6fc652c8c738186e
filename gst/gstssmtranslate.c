/* ssmtranslate: the element
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
/**
 * SECTION:element-ssmtranslate
 * @title: ssmtranslate
 *
 * Translates text, cue by cue, with a state-space model whose state is carried
 * from cue to cue: a cue is read knowing the document before it, and the time
 * and memory that takes do not grow with the document.
 *
 * One cue in is one cue out, with its times, flags and metas. Markup around a
 * whole cue stays around its translation.
 *
 * ## Example launch lines
 * |[
 * gst-launch-1.0 filesrc location=talk.en.srt ! subparse ! ssmtranslate ! srtenc ! filesink location=talk.de.srt
 * ]| Translates a subtitle file.
 * |[
 * gst-launch-1.0 filesrc location=talk.en.srt ! subparse ! ssmtranslate model-path=models/en-de ! text/x-raw,format=utf8 ! srtenc ! fdsink
 * ]| The same without markup, with a model of one's own.
 * |[
 * gst-launch-1.0 videotestsrc ! textoverlay name=overlay ! videoconvert ! autovideosink filesrc location=talk.en.srt ! subparse ! ssmtranslate ! overlay.text_sink
 * ]| Shows the translation in the picture.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstssmtranslate.h"
#include "gstssmtmodels.h"

#include <gst/tag/tag.h>

#include <string.h>

GST_DEBUG_CATEGORY (gst_ssm_translate_debug);
#define GST_CAT_DEFAULT gst_ssm_translate_debug

enum
{
  PROP_0,
  PROP_MODEL_PATH,
  PROP_DEVICE,
  PROP_CONTEXT,
  PROP_BEAM_SIZE,
  PROP_THREADS,
  PROP_OUTPUT_LANGUAGE_CODE,
  PROP_LATENCY,
};

#define DEFAULT_MODEL_PATH NULL
#define DEFAULT_DEVICE "auto"
#define DEFAULT_CONTEXT SSMT_CONTEXT_DOCUMENT
#define DEFAULT_BEAM_SIZE 1
#define DEFAULT_THREADS 0
#define DEFAULT_OUTPUT_LANGUAGE_CODE NULL
#define DEFAULT_LATENCY 300
#define MAX_THREADS 256
#define LATENCY_UNSYNCHRONISED G_MAXUINT

#define TEXT_CAPS "text/x-raw, format = (string) { pango-markup, utf8 }"

static GstStaticPadTemplate sink_template = GST_STATIC_PAD_TEMPLATE ("sink",
    GST_PAD_SINK, GST_PAD_ALWAYS, GST_STATIC_CAPS (TEXT_CAPS));

static GstStaticPadTemplate src_template = GST_STATIC_PAD_TEMPLATE ("src",
    GST_PAD_SRC, GST_PAD_ALWAYS, GST_STATIC_CAPS (TEXT_CAPS));

#define gst_ssm_translate_parent_class parent_class
G_DEFINE_TYPE (GstSsmTranslate, gst_ssm_translate, GST_TYPE_ELEMENT);
GST_ELEMENT_REGISTER_DEFINE_WITH_CODE (ssmtranslate, "ssmtranslate",
    GST_RANK_NONE, GST_TYPE_SSM_TRANSLATE,
    GST_DEBUG_CATEGORY_INIT (gst_ssm_translate_debug, "ssmtranslate", 0,
        "translation of text"));

static void gst_ssm_translate_finalize (GObject * object);
static void gst_ssm_translate_set_property (GObject * object, guint prop_id,
    const GValue * value, GParamSpec * pspec);
static void gst_ssm_translate_get_property (GObject * object, guint prop_id,
    GValue * value, GParamSpec * pspec);
static GstStateChangeReturn gst_ssm_translate_change_state (GstElement *
    element, GstStateChange transition);
static gboolean gst_ssm_translate_sink_query (GstPad * pad, GstObject * parent,
    GstQuery * query);
static gboolean gst_ssm_translate_src_query (GstPad * pad, GstObject * parent,
    GstQuery * query);

static void
install_properties (GObjectClass * object_class)
{
  const GParamFlags flags = G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS;

  g_object_class_install_property (object_class, PROP_MODEL_PATH,
      g_param_spec_string ("model-path", "Model path",
          "Folder of the model (NULL = the default model)",
          DEFAULT_MODEL_PATH, flags | GST_PARAM_MUTABLE_READY));
  g_object_class_install_property (object_class, PROP_DEVICE,
      g_param_spec_string ("device", "Device",
          "What computes: \"auto\" or \"cpu\"",
          DEFAULT_DEVICE, flags | GST_PARAM_MUTABLE_READY));
  g_object_class_install_property (object_class, PROP_CONTEXT,
      g_param_spec_enum ("context", "Context",
          "What a cue knows of those before it",
          SSMT_TYPE_CONTEXT, DEFAULT_CONTEXT,
          flags | GST_PARAM_MUTABLE_PLAYING));
  g_object_class_install_property (object_class, PROP_BEAM_SIZE,
      g_param_spec_uint ("beam-size", "Beam size",
          "Translations weighed against each other (1 = greedy, the fastest)",
          1, SSMT_STREAM_MAX_BEAM, DEFAULT_BEAM_SIZE,
          flags | GST_PARAM_MUTABLE_PLAYING));
  g_object_class_install_property (object_class, PROP_THREADS,
      g_param_spec_uint ("threads", "Threads",
          "Threads that compute (0 = one for each physical core, at most 4)",
          0, MAX_THREADS, DEFAULT_THREADS, flags | GST_PARAM_MUTABLE_READY));
  g_object_class_install_property (object_class, PROP_OUTPUT_LANGUAGE_CODE,
      g_param_spec_string ("output-language-code", "Output language code",
          "Language to translate to, such as \"de\" or \"de-AT\"; an error "
          "where the model does not write it (NULL = what the model writes)",
          DEFAULT_OUTPUT_LANGUAGE_CODE, flags | GST_PARAM_MUTABLE_READY));
  g_object_class_install_property (object_class, PROP_LATENCY,
      g_param_spec_uint ("latency", "Latency",
          "Time in ms that a cue may take to translate, added to the latency "
          "of a live pipeline (-1 is reserved and adds nothing)",
          0, G_MAXUINT, DEFAULT_LATENCY, flags | GST_PARAM_MUTABLE_PLAYING));
}

static void
gst_ssm_translate_class_init (GstSsmTranslateClass * klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GstElementClass *element_class = GST_ELEMENT_CLASS (klass);

  object_class->finalize = gst_ssm_translate_finalize;
  object_class->set_property = gst_ssm_translate_set_property;
  object_class->get_property = gst_ssm_translate_get_property;
  install_properties (object_class);
  gst_type_mark_as_plugin_api (SSMT_TYPE_CONTEXT, 0);

  element_class->change_state = gst_ssm_translate_change_state;
  gst_element_class_add_static_pad_template (element_class, &sink_template);
  gst_element_class_add_static_pad_template (element_class, &src_template);
  gst_element_class_set_static_metadata (element_class, "Text translator",
      "Text/Filter", "Translates text with a state-space model, in context",
      "The ssmtranslate developers");
}

static void
gst_ssm_translate_init (GstSsmTranslate * self)
{
  self->sinkpad = gst_pad_new_from_static_template (&sink_template, "sink");
  gst_pad_set_chain_function (self->sinkpad, gst_ssm_translate_chain);
  gst_pad_set_event_full_function (self->sinkpad,
      gst_ssm_translate_sink_event);
  gst_pad_set_query_function (self->sinkpad, gst_ssm_translate_sink_query);
  gst_pad_set_activatemode_function (self->sinkpad,
      gst_ssm_translate_sink_activate_mode);
  gst_element_add_pad (GST_ELEMENT (self), self->sinkpad);

  self->srcpad = gst_pad_new_from_static_template (&src_template, "src");
  gst_pad_set_event_function (self->srcpad, gst_ssm_translate_src_event);
  gst_pad_set_query_function (self->srcpad, gst_ssm_translate_src_query);
  gst_pad_set_activatemode_function (self->srcpad,
      gst_ssm_translate_src_activate_mode);
  gst_element_add_pad (GST_ELEMENT (self), self->srcpad);

  self->device = g_strdup (DEFAULT_DEVICE);
  self->context = DEFAULT_CONTEXT;
  self->beam_size = DEFAULT_BEAM_SIZE;
  self->threads = DEFAULT_THREADS;
  self->latency = DEFAULT_LATENCY;
  gst_ssm_translate_queue_init (self);
}

static void
gst_ssm_translate_finalize (GObject * object)
{
  GstSsmTranslate *self = GST_SSM_TRANSLATE (object);

  gst_ssm_translate_queue_clear (self);
  g_free (self->model_path);
  g_free (self->device);
  g_free (self->output_language_code);
  G_OBJECT_CLASS (parent_class)->finalize (object);
}

/* --- properties ----------------------------------------------------------- */

/* What makes the model is read when the element goes to READY and to PAUSED. */
static void
warn_if_late (GstSsmTranslate * self, GParamSpec * pspec)
{
  if (GST_STATE (self) > GST_STATE_READY)
    GST_WARNING_OBJECT (self, "%s has no effect before the element has been "
        "in READY", pspec->name);
}

static void
set_latency (GstSsmTranslate * self, guint latency)
{
  gboolean changed;

  GST_OBJECT_LOCK (self);
  changed = self->latency != latency;
  self->latency = latency;
  GST_OBJECT_UNLOCK (self);
  if (changed && GST_STATE (self) > GST_STATE_READY)
    gst_element_post_message (GST_ELEMENT (self),
        gst_message_new_latency (GST_OBJECT (self)));
}

static void
set_string (GstSsmTranslate * self, char **member, const GValue * value)
{
  GST_OBJECT_LOCK (self);
  g_free (*member);
  *member = g_value_dup_string (value);
  GST_OBJECT_UNLOCK (self);
}

static void
set_uint (GstSsmTranslate * self, guint * member, const GValue * value)
{
  GST_OBJECT_LOCK (self);
  *member = g_value_get_uint (value);
  GST_OBJECT_UNLOCK (self);
}

static void
gst_ssm_translate_set_property (GObject * object, guint prop_id,
    const GValue * value, GParamSpec * pspec)
{
  GstSsmTranslate *self = GST_SSM_TRANSLATE (object);

  if (pspec->flags & GST_PARAM_MUTABLE_READY)
    warn_if_late (self, pspec);
  switch (prop_id) {
    case PROP_MODEL_PATH:
      set_string (self, &self->model_path, value);
      break;
    case PROP_DEVICE:
      set_string (self, &self->device, value);
      break;
    case PROP_CONTEXT:
      GST_OBJECT_LOCK (self);
      self->context = g_value_get_enum (value);
      GST_OBJECT_UNLOCK (self);
      break;
    case PROP_BEAM_SIZE:
      set_uint (self, &self->beam_size, value);
      break;
    case PROP_THREADS:
      set_uint (self, &self->threads, value);
      break;
    case PROP_OUTPUT_LANGUAGE_CODE:
      set_string (self, &self->output_language_code, value);
      break;
    case PROP_LATENCY:
      set_latency (self, g_value_get_uint (value));
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
      break;
  }
}

static void
gst_ssm_translate_get_property (GObject * object, guint prop_id,
    GValue * value, GParamSpec * pspec)
{
  GstSsmTranslate *self = GST_SSM_TRANSLATE (object);

  GST_OBJECT_LOCK (self);
  switch (prop_id) {
    case PROP_MODEL_PATH:
      g_value_set_string (value, self->model_path);
      break;
    case PROP_DEVICE:
      g_value_set_string (value, self->device);
      break;
    case PROP_CONTEXT:
      g_value_set_enum (value, self->context);
      break;
    case PROP_BEAM_SIZE:
      g_value_set_uint (value, self->beam_size);
      break;
    case PROP_THREADS:
      g_value_set_uint (value, self->threads);
      break;
    case PROP_OUTPUT_LANGUAGE_CODE:
      g_value_set_string (value, self->output_language_code);
      break;
    case PROP_LATENCY:
      g_value_set_uint (value, self->latency);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
      break;
  }
  GST_OBJECT_UNLOCK (self);
}

void
gst_ssm_translate_get_params (GstSsmTranslate * self,
    SsmtStreamParams * params)
{
  ssmt_stream_params_init (params);
  GST_OBJECT_LOCK (self);
  params->context = self->context;
  params->beam_size = self->beam_size;
  GST_OBJECT_UNLOCK (self);
}

/* --- model ---------------------------------------------------------------- */

static GstResourceError
resource_error (const GError * error)
{
  if (error->domain != SSMT_ERROR)
    return GST_RESOURCE_ERROR_FAILED;
  switch (error->code) {
    case SSMT_ERROR_NOT_FOUND:
      return GST_RESOURCE_ERROR_NOT_FOUND;
    case SSMT_ERROR_READ:
      return GST_RESOURCE_ERROR_OPEN_READ;
    case SSMT_ERROR_MEMORY:
      return GST_RESOURCE_ERROR_NO_SPACE_LEFT;
    case SSMT_ERROR_UNSUPPORTED:
      return GST_RESOURCE_ERROR_SETTINGS;
    case SSMT_ERROR_INVALID:
      return GST_RESOURCE_ERROR_READ;
    default:
      return GST_RESOURCE_ERROR_FAILED;
  }
}

static void
post_resource_error (GstSsmTranslate * self, GstResourceError code,
    const char * text, const char * debug)
{
  gst_element_message_full (GST_ELEMENT (self), GST_MESSAGE_ERROR,
      GST_RESOURCE_ERROR, code, g_strdup (text), g_strdup (debug), __FILE__,
      GST_FUNCTION, __LINE__);
}

/* "de-AT", "deu", "ger" and "de" are "de"; a code without two letters keeps its three. */
static char *
language_code (const char * code)
{
  g_autofree char *language = NULL;
  const char *iso;

  if (!code || !*code)
    return NULL;
  language = g_ascii_strdown (code, strcspn (code, "-_"));
  iso = gst_tag_get_language_code_iso_639_1 (language);
  return iso ? g_strdup (iso) : g_steal_pointer (&language);
}

/* The settings in self that make the model; free with g_free. */
static void
get_model_settings (GstSsmTranslate * self, char **path, char **device,
    guint * threads, char **language)
{
  GST_OBJECT_LOCK (self);
  *path = g_strdup (self->model_path);
  *device = g_strdup (self->device);
  *threads = self->threads;
  *language = language_code (self->output_language_code);
  GST_OBJECT_UNLOCK (self);
}

static void
gst_ssm_translate_close (GstSsmTranslate * self)
{
  g_clear_object (&self->stream);
  g_clear_object (&self->model);
  g_clear_pointer (&self->language, g_free);
  g_clear_pointer (&self->stream_id, g_free);
  gst_caps_replace (&self->in_caps, NULL);
}

/* Has a model and a stream that fit the settings, the same as before where these are the same. */
static gboolean
gst_ssm_translate_open (GstSsmTranslate * self)
{
  g_autofree char *path = NULL, *device = NULL, *wanted = NULL;
  g_autofree char *writes = NULL, *text = NULL;
  g_autoptr (SsmtModel) model = NULL;
  g_autoptr (GError) error = NULL;
  guint threads;

  get_model_settings (self, &path, &device, &threads, &wanted);
  if (!path)
    path = ssmt_model_find_default ();
  if (!path)
    goto no_model;
  model = gst_ssmt_models_get (path, device, threads, &error);
  if (!model)
    goto not_loaded;
  writes = language_code (ssmt_model_get_target_language (model));
  if (wanted && writes && strcmp (wanted, writes) != 0)
    goto other_language;

  if (model != self->model) {
    gst_ssm_translate_close (self);
    gst_ssm_translate_get_params (self, &self->params);
    self->stream = ssmt_stream_new (model, &self->params, &error);
    if (!self->stream)
      goto not_loaded;
    self->model = g_steal_pointer (&model);
    GST_INFO_OBJECT (self, "%s on %s", path,
        ssmt_model_get_device_description (self->model));
  }
  g_free (self->language);
  self->language = writes ? g_steal_pointer (&writes)
      : g_steal_pointer (&wanted);
  return TRUE;

  /* ERRORS */
no_model:
  {
    post_resource_error (self, GST_RESOURCE_ERROR_NOT_FOUND,
        "There is no model: model-path is not set and no default model is "
        "installed.", "looked where SSMT_MODEL_PATH says and in the data "
        "folders, for ssmt-1.0/models/en-de");
    return FALSE;
  }
not_loaded:
  {
    text = g_strdup_printf ("model-path \"%s\", device \"%s\", %u threads",
        path, device ? device : "auto", threads);
    post_resource_error (self, resource_error (error), error->message, text);
    return FALSE;
  }
other_language:
  {
    text = g_strdup_printf ("%s writes \"%s\", not the output-language-code "
        "\"%s\".", path, writes, wanted);
    post_resource_error (self, GST_RESOURCE_ERROR_SETTINGS, text, NULL);
    return FALSE;
  }
}

static GstStateChangeReturn
gst_ssm_translate_change_state (GstElement * element,
    GstStateChange transition)
{
  GstSsmTranslate *self = GST_SSM_TRANSLATE (element);
  GstStateChangeReturn ret;

  /* READY may have seen other settings; without, this costs nothing again */
  if ((transition == GST_STATE_CHANGE_NULL_TO_READY
          || transition == GST_STATE_CHANGE_READY_TO_PAUSED)
      && !gst_ssm_translate_open (self))
    return GST_STATE_CHANGE_FAILURE;

  ret = GST_ELEMENT_CLASS (parent_class)->change_state (element, transition);

  switch (transition) {
    case GST_STATE_CHANGE_PAUSED_TO_READY:
      g_clear_pointer (&self->stream_id, g_free);
      gst_caps_replace (&self->in_caps, NULL);
      break;
    case GST_STATE_CHANGE_READY_TO_NULL:
      gst_ssm_translate_close (self);
      break;
    default:
      break;
  }
  return ret;
}

/* --- queries -------------------------------------------------------------- */

/* What one pad can carry is what the other side takes, in either format. */
static GstCaps *
get_caps (GstSsmTranslate * self, GstPad * pad, GstCaps * filter)
{
  GstPad *other = pad == self->sinkpad ? self->srcpad : self->sinkpad;
  g_autoptr (GstCaps) both = gst_pad_get_pad_template_caps (pad);
  g_autoptr (GstCaps) peer = gst_pad_peer_query_caps (other, both);
  GstCaps *caps = gst_caps_make_writable (gst_caps_intersect (peer, both));

  for (guint i = 0; i < gst_caps_get_size (caps); i++)
    gst_structure_set_value (gst_caps_get_structure (caps, i), "format",
        gst_structure_get_value (gst_caps_get_structure (both, 0), "format"));
  caps = gst_caps_simplify (caps);
  if (filter) {
    GstCaps *filtered = gst_caps_intersect_full (filter, caps,
        GST_CAPS_INTERSECT_FIRST);

    gst_caps_unref (caps);
    caps = filtered;
  }
  return caps;
}

static void
answer_caps (GstSsmTranslate * self, GstPad * pad, GstQuery * query)
{
  GstCaps *filter, *caps;

  gst_query_parse_caps (query, &filter);
  caps = get_caps (self, pad, filter);
  gst_query_set_caps_result (query, caps);
  gst_caps_unref (caps);
}

static gboolean
gst_ssm_translate_sink_query (GstPad * pad, GstObject * parent,
    GstQuery * query)
{
  GstSsmTranslate *self = GST_SSM_TRANSLATE (parent);

  if (GST_QUERY_TYPE (query) == GST_QUERY_CAPS) {
    answer_caps (self, pad, query);
    return TRUE;
  }
  /* cues are small and new: nobody else's memory is needed */
  if (GST_QUERY_TYPE (query) == GST_QUERY_ALLOCATION)
    return FALSE;
  if (GST_QUERY_IS_SERIALIZED (query))
    return gst_ssm_translate_serialized_query (self, query);
  return gst_pad_query_default (pad, parent, query);
}

static gboolean
answer_latency (GstSsmTranslate * self, GstQuery * query)
{
  GstClockTime min, max, ours;
  gboolean live;

  if (!gst_pad_peer_query (self->sinkpad, query))
    return FALSE;
  gst_query_parse_latency (query, &live, &min, &max);
  if (!live)
    return TRUE;

  GST_OBJECT_LOCK (self);
  ours = self->latency == LATENCY_UNSYNCHRONISED ? 0
      : self->latency * GST_MSECOND;
  GST_OBJECT_UNLOCK (self);
  GST_DEBUG_OBJECT (self, "upstream %" GST_TIME_FORMAT ", ours %"
      GST_TIME_FORMAT, GST_TIME_ARGS (min), GST_TIME_ARGS (ours));
  /* the queue has no limit in time */
  gst_query_set_latency (query, TRUE, min + ours, GST_CLOCK_TIME_NONE);
  return TRUE;
}

static gboolean
gst_ssm_translate_src_query (GstPad * pad, GstObject * parent,
    GstQuery * query)
{
  GstSsmTranslate *self = GST_SSM_TRANSLATE (parent);

  switch (GST_QUERY_TYPE (query)) {
    case GST_QUERY_CAPS:
      answer_caps (self, pad, query);
      return TRUE;
    case GST_QUERY_LATENCY:
      return answer_latency (self, query);
    case GST_QUERY_SCHEDULING:
      gst_query_add_scheduling_mode (query, GST_PAD_MODE_PUSH);
      return TRUE;
    default:
      return gst_pad_query_default (pad, parent, query);
  }
}
