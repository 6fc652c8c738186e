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

GST_DEBUG_CATEGORY (gst_ssm_translate_debug);
#define GST_CAT_DEFAULT gst_ssm_translate_debug

/* Behind those of the settings. */
#define PROP_MAX_OBSERVED_DELAY (gst_ssmt_settings_get_n_props ())
#define PROP_STATS (gst_ssmt_settings_get_n_props () + 1)

enum
{
  SIGNAL_RESET,
  SIGNAL_POST_STATS,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

#define TEXT_CAPS "text/x-raw, format = (string) { pango-markup, utf8 }"

/* Recognisers of speech say text/plain and send no caps event. */
static GstStaticPadTemplate sink_template = GST_STATIC_PAD_TEMPLATE ("sink",
    GST_PAD_SINK, GST_PAD_ALWAYS, GST_STATIC_CAPS (TEXT_CAPS "; text/plain"));

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
static GstClock *gst_ssm_translate_provide_clock (GstElement * element);
static gboolean gst_ssm_translate_sink_query (GstPad * pad, GstObject * parent,
    GstQuery * query);
static gboolean gst_ssm_translate_src_query (GstPad * pad, GstObject * parent,
    GstQuery * query);
static void gst_ssm_translate_reset (GstSsmTranslate * self);
static void gst_ssm_translate_post_stats (GstSsmTranslate * self);

static void
install_properties (GObjectClass * object_class)
{
  const GParamFlags flags = G_PARAM_READABLE | G_PARAM_STATIC_STRINGS;

  gst_ssmt_settings_install (object_class);
  g_object_class_install_property (object_class, PROP_MAX_OBSERVED_DELAY,
      g_param_spec_uint64 ("max-observed-delay", "Maximum observed delay",
          "The longest time in ns that text of a live source has come out "
          "after its time, upstream's latency not counted",
          0, G_MAXUINT64, 0, flags));
  g_object_class_install_property (object_class, PROP_STATS,
      g_param_spec_boxed ("stats", "Statistics",
          "What the element message ssmtranslate/stats says",
          GST_TYPE_STRUCTURE, flags));
}

static void
install_signals (GstSsmTranslateClass * klass)
{
  /**
   * GstSsmTranslate::reset:
   *
   * Action: the next cue begins a new document. What was read is forgotten, what is
   * waiting is translated all the same.
   */
  signals[SIGNAL_RESET] = g_signal_new_class_handler ("reset",
      G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST | G_SIGNAL_ACTION,
      G_CALLBACK (gst_ssm_translate_reset), NULL, NULL, NULL, G_TYPE_NONE, 0);
  /**
   * GstSsmTranslate::post-stats:
   *
   * Action: posts the element message `ssmtranslate/stats`.
   */
  signals[SIGNAL_POST_STATS] = g_signal_new_class_handler ("post-stats",
      G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST | G_SIGNAL_ACTION,
      G_CALLBACK (gst_ssm_translate_post_stats), NULL, NULL, NULL,
      G_TYPE_NONE, 0);
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
  install_signals (klass);
  gst_ssm_translate_register_interim ();
  gst_type_mark_as_plugin_api (SSMT_TYPE_CONTEXT, 0);
  gst_type_mark_as_plugin_api (SSMT_TYPE_POLICY, 0);
  gst_type_mark_as_plugin_api (GST_TYPE_SSM_TRANSLATE_SEGMENTATION, 0);

  element_class->change_state = gst_ssm_translate_change_state;
  element_class->provide_clock = gst_ssm_translate_provide_clock;
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

  gst_ssmt_settings_init (&self->settings);
  gst_ssm_translate_queue_init (self);
}

static void
gst_ssm_translate_finalize (GObject * object)
{
  GstSsmTranslate *self = GST_SSM_TRANSLATE (object);

  gst_ssm_translate_queue_clear (self);
  gst_ssmt_settings_clear (&self->settings);
  G_OBJECT_CLASS (parent_class)->finalize (object);
}

/* --- properties and signals ----------------------------------------------- */

/* What makes the model is read when the element goes to READY and to PAUSED. */
static void
warn_if_late (GstSsmTranslate * self, GParamSpec * pspec)
{
  if (GST_STATE (self) > GST_STATE_READY)
    GST_WARNING_OBJECT (self, "%s has no effect before the element has been "
        "in READY", pspec->name);
}

static void
latency_changed (GstSsmTranslate * self)
{
  /* core changes other flags at the same time, somebody else this property */
  GST_OBJECT_LOCK (self);
  if (self->settings.latency == GST_SSMT_UNSYNCHRONISED)
    GST_OBJECT_FLAG_SET (self, GST_ELEMENT_FLAG_PROVIDE_CLOCK);
  else
    GST_OBJECT_FLAG_UNSET (self, GST_ELEMENT_FLAG_PROVIDE_CLOCK);
  GST_OBJECT_UNLOCK (self);
  if (GST_STATE (self) > GST_STATE_READY)
    gst_element_post_message (GST_ELEMENT (self),
        gst_message_new_latency (GST_OBJECT (self)));
}

static void
gst_ssm_translate_set_property (GObject * object, guint prop_id,
    const GValue * value, GParamSpec * pspec)
{
  GstSsmTranslate *self = GST_SSM_TRANSLATE (object);
  guint before, after;
  gboolean known;

  if (pspec->flags & GST_PARAM_MUTABLE_READY)
    warn_if_late (self, pspec);
  GST_OBJECT_LOCK (self);
  before = self->settings.latency;
  known = gst_ssmt_settings_set (&self->settings, prop_id, value);
  after = self->settings.latency;
  GST_OBJECT_UNLOCK (self);
  if (!known)
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
  if (before != after)
    latency_changed (self);
}

static GstStructure *
get_stats (GstSsmTranslate * self)
{
  g_autoptr (SsmtModel) model = NULL;
  GstSsmtStats stats;

  GST_OBJECT_LOCK (self);
  stats = self->stats;
  if (self->model)
    model = g_object_ref (self->model);
  GST_OBJECT_UNLOCK (self);
  return gst_ssmt_stats_to_structure (&stats,
      model ? ssmt_model_get_state_bytes (model) : 0);
}

static void
gst_ssm_translate_get_property (GObject * object, guint prop_id,
    GValue * value, GParamSpec * pspec)
{
  GstSsmTranslate *self = GST_SSM_TRANSLATE (object);
  gboolean known = TRUE;

  if (prop_id == PROP_STATS) {
    g_value_take_boxed (value, get_stats (self));
    return;
  }
  GST_OBJECT_LOCK (self);
  if (prop_id == PROP_MAX_OBSERVED_DELAY)
    g_value_set_uint64 (value, self->max_observed_delay);
  else
    known = gst_ssmt_settings_get (&self->settings, prop_id, value);
  GST_OBJECT_UNLOCK (self);
  if (!known)
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
}

static void
gst_ssm_translate_reset (GstSsmTranslate * self)
{
  gst_ssm_translate_queue_reset (self);
}

static void
gst_ssm_translate_post_stats (GstSsmTranslate * self)
{
  gst_element_post_message (GST_ELEMENT (self),
      gst_message_new_element (GST_OBJECT (self), get_stats (self)));
}

/* --- state ---------------------------------------------------------------- */

static gboolean
is_unsynchronised (GstSsmTranslate * self)
{
  gboolean is;

  GST_OBJECT_LOCK (self);
  is = self->settings.latency == GST_SSMT_UNSYNCHRONISED;
  GST_OBJECT_UNLOCK (self);
  return is;
}

static GstClock *
gst_ssm_translate_provide_clock (GstElement * element)
{
  if (!is_unsynchronised (GST_SSM_TRANSLATE (element)))
    return NULL;
  return gst_system_clock_obtain ();
}

/* Forgets what belongs to the data that flowed. The pads are inactive. */
static void
forget_flow (GstSsmTranslate * self)
{
  g_clear_pointer (&self->stream_id, g_free);
  g_clear_pointer (&self->tag_language, g_free);
  gst_caps_replace (&self->in_caps, NULL);
  gst_ssm_translate_forget_segment (self);
  gst_ssm_translate_drop_partial (self);
  self->made_up = FALSE;
  self->is_fresh = TRUE;
  self->catch_up = GST_SSMT_CATCH_UP_NONE;
  self->n_calm = 0;
  self->decode_time = 0;
  GST_OBJECT_LOCK (self);
  self->latency_known = FALSE;
  GST_OBJECT_UNLOCK (self);
}

static void
forget_stats (GstSsmTranslate * self)
{
  GST_OBJECT_LOCK (self);
  self->stats = (GstSsmtStats) { 0 };
  self->max_observed_delay = 0;
  GST_OBJECT_UNLOCK (self);
}

static GstStateChangeReturn
gst_ssm_translate_change_state (GstElement * element,
    GstStateChange transition)
{
  GstSsmTranslate *self = GST_SSM_TRANSLATE (element);
  GstStateChangeReturn ret;

  switch (transition) {
    case GST_STATE_CHANGE_NULL_TO_READY:
      if (!gst_ssm_translate_open (self)) {
        /* there is no way down from here that would */
        gst_ssm_translate_close (self);
        return GST_STATE_CHANGE_FAILURE;
      }
      break;
    case GST_STATE_CHANGE_READY_TO_PAUSED:
      /* READY may have seen other settings; without, this costs nothing again */
      if (!gst_ssm_translate_open (self))
        return GST_STATE_CHANGE_FAILURE;
      forget_flow (self);
      forget_stats (self);
      gst_ssm_translate_listen (self, TRUE);
      break;
    case GST_STATE_CHANGE_PAUSED_TO_PLAYING:
      gst_ssm_translate_queue_set_playing (self, TRUE);
      break;
    case GST_STATE_CHANGE_PLAYING_TO_PAUSED:
      gst_ssm_translate_queue_set_playing (self, FALSE);
      break;
    default:
      break;
  }

  ret = GST_ELEMENT_CLASS (parent_class)->change_state (element, transition);
  if (ret == GST_STATE_CHANGE_FAILURE) {
    if (transition == GST_STATE_CHANGE_READY_TO_PAUSED)
      gst_ssm_translate_listen (self, FALSE);
    return ret;
  }

  switch (transition) {
    case GST_STATE_CHANGE_READY_TO_PAUSED:
    case GST_STATE_CHANGE_PLAYING_TO_PAUSED:
      /* text that has no time of its own is not there before PLAYING */
      if (is_unsynchronised (self))
        ret = GST_STATE_CHANGE_NO_PREROLL;
      break;
    case GST_STATE_CHANGE_PAUSED_TO_READY:
      gst_ssm_translate_listen (self, FALSE);
      forget_flow (self);
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

static gboolean
has_plain (GstCaps * caps)
{
  for (guint i = 0; i < gst_caps_get_size (caps); i++) {
    if (gst_structure_has_name (gst_caps_get_structure (caps, i),
            "text/plain"))
      return TRUE;
  }
  return FALSE;
}

/* The text/x-raw of `caps`, in either format. What is plain becomes text, too. */
static GstCaps *
widen_caps (GstCaps * caps, GstCaps * text)
{
  GstCaps *wide = gst_caps_new_empty ();
  GstStructure *any = gst_caps_get_structure (text, 0);

  for (guint i = 0; i < gst_caps_get_size (caps); i++) {
    GstStructure *s = gst_caps_get_structure (caps, i);

    s = gst_structure_has_name (s, "text/plain") ? gst_structure_copy (any)
        : gst_structure_copy (s);
    gst_structure_set_value (s, "format",
        gst_structure_get_value (any, "format"));
    gst_caps_append_structure (wide, s);
  }
  return gst_caps_simplify (wide);
}

/* What one pad can carry is what the other side takes, in either format. */
static GstCaps *
get_caps (GstSsmTranslate * self, GstPad * pad, GstCaps * filter)
{
  GstPad *other = pad == self->sinkpad ? self->srcpad : self->sinkpad;
  g_autoptr (GstCaps) ours = gst_pad_get_pad_template_caps (pad);
  g_autoptr (GstCaps) text = gst_pad_get_pad_template_caps (self->srcpad);
  g_autoptr (GstCaps) theirs = gst_pad_get_pad_template_caps (other);
  g_autoptr (GstCaps) peer = gst_pad_peer_query_caps (other, theirs);
  g_autoptr (GstCaps) both = gst_caps_intersect (peer, theirs);
  GstCaps *caps = widen_caps (both, text);

  if (pad == self->sinkpad && !gst_caps_is_empty (caps) && has_plain (ours))
    gst_caps_append_structure (caps, gst_structure_new_empty ("text/plain"));
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
  if (GST_QUERY_TYPE (query) == GST_QUERY_CONTEXT
      && gst_ssm_translate_answer_context (self, query))
    return TRUE;
  /* cues are small and new: nobody else's memory is needed */
  if (GST_QUERY_TYPE (query) == GST_QUERY_ALLOCATION)
    return FALSE;
  if (GST_QUERY_IS_SERIALIZED (query))
    return gst_ssm_translate_serialized_query (self, query);
  return gst_pad_query_default (pad, parent, query);
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
    case GST_QUERY_CONTEXT:
      if (gst_ssm_translate_answer_context (self, query))
        return TRUE;
      return gst_pad_query_default (pad, parent, query);
    case GST_QUERY_LATENCY:
      return gst_ssm_translate_answer_latency (self, query);
    case GST_QUERY_SCHEDULING:
      gst_query_add_scheduling_mode (query, GST_PAD_MODE_PUSH);
      return TRUE;
    default:
      return gst_pad_query_default (pad, parent, query);
  }
}
