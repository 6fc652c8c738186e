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
 * gst-launch-1.0 filesrc location=talk.en.srt ! subparse ! ssmtranslate ! srtenc ! filesink location=talk.pt.srt
 * ]| Translates a subtitle file.
 * |[
 * gst-launch-1.0 filesrc location=talk.en.srt ! subparse ! ssmtranslate model-path=models/en-pt ! text/x-raw,format=utf8 ! srtenc ! fdsink
 * ]| The same without markup, with a model of one's own.
 * |[
 * gst-launch-1.0 videotestsrc ! textoverlay name=overlay ! videoconvert ! autovideosink filesrc location=talk.en.srt ! subparse ! ssmtranslate ! overlay.text_sink
 * ]| Shows the translation in the picture.
 */
#include "gstssmtranslate.h"

#define GST_CAT_DEFAULT gst_ssm_translate_debug

enum { SIGNAL_RESET, SIGNAL_POST_STATS, N_SIGNALS };

static guint signals[N_SIGNALS];

#define gst_ssm_translate_parent_class parent_class
G_DEFINE_TYPE (GstSsmTranslate, gst_ssm_translate, GST_TYPE_ELEMENT);
GST_ELEMENT_REGISTER_DEFINE_WITH_CODE (ssmtranslate, "ssmtranslate", GST_RANK_NONE,
    GST_TYPE_SSM_TRANSLATE,
    GST_DEBUG_CATEGORY_INIT (gst_ssm_translate_debug, "ssmtranslate", 0, "translation of text"));

static void gst_ssm_translate_finalize (GObject *object);
static void gst_ssm_translate_set_property (
    GObject *object, guint prop_id, const GValue *value, GParamSpec *pspec);
static void gst_ssm_translate_get_property (
    GObject *object, guint prop_id, GValue *value, GParamSpec *pspec);
static GstStateChangeReturn gst_ssm_translate_change_state (
    GstElement *element, GstStateChange transition);
static GstClock *gst_ssm_translate_provide_clock (GstElement *element);
static void gst_ssm_translate_reset (GstSsmTranslate *self);

static void
install_signals (GstSsmTranslateClass *klass)
{
  /**
   * GstSsmTranslate::reset:
   *
   * Action: the next cue begins a new document. What was read is forgotten, what is
   * waiting is translated all the same.
   */
  signals[SIGNAL_RESET] = g_signal_new_class_handler ("reset", G_TYPE_FROM_CLASS (klass),
      G_SIGNAL_RUN_LAST | G_SIGNAL_ACTION, G_CALLBACK (gst_ssm_translate_reset), NULL, NULL, NULL,
      G_TYPE_NONE, 0);
  /**
   * GstSsmTranslate::post-stats:
   *
   * Action: posts the element message `ssmtranslate/stats`.
   */
  signals[SIGNAL_POST_STATS] = g_signal_new_class_handler ("post-stats", G_TYPE_FROM_CLASS (klass),
      G_SIGNAL_RUN_LAST | G_SIGNAL_ACTION, G_CALLBACK (gst_ssm_translate_post_stats), NULL, NULL,
      NULL, G_TYPE_NONE, 0);
}

static void
gst_ssm_translate_class_init (GstSsmTranslateClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GstElementClass *element_class = GST_ELEMENT_CLASS (klass);

  object_class->finalize = gst_ssm_translate_finalize;
  object_class->set_property = gst_ssm_translate_set_property;
  object_class->get_property = gst_ssm_translate_get_property;
  gst_ssmt_settings_install (object_class);
  install_signals (klass);
  cue_register_interim ();

  element_class->change_state = gst_ssm_translate_change_state;
  element_class->provide_clock = gst_ssm_translate_provide_clock;
  gst_ssm_translate_install_pads (element_class);
  gst_element_class_set_static_metadata (element_class, "Text translator", "Text/Filter",
      "Translates text with a state-space model, in context", "The ssmtranslate developers");
}

static void
gst_ssm_translate_init (GstSsmTranslate *self)
{
  gst_ssmt_settings_init (&self->settings);
  self->queue = cue_queue_new ();
  self->stats = gst_ssmt_stats_new ();
  self->translator = cue_translator_new (self->stats);
  self->hold = cue_hold_new ();
  self->growing = cue_growing_new ();
  cue_pacer_init (&self->pacer);
  gst_ssm_translate_add_pads (self);
}

static void
gst_ssm_translate_finalize (GObject *object)
{
  GstSsmTranslate *self = GST_SSM_TRANSLATE (object);

  cue_growing_free (self->growing);
  cue_hold_free (self->hold);
  cue_stretch_clear (&self->stretch);
  cue_keep_clear (&self->keep);
  cue_fit_clear (&self->fit);
  cue_translator_free (self->translator);
  gst_ssmt_stats_free (self->stats);
  cue_queue_free (self->queue);
  gst_ssmt_settings_clear (&self->settings);
  G_OBJECT_CLASS (parent_class)->finalize (object);
}

/* --- properties and signals ----------------------------------------------- */

/* What makes the model is read when the element goes to READY and to PAUSED. */
static void
warn_if_late (GstSsmTranslate *self, GParamSpec *pspec)
{
  if (GST_STATE (self) > GST_STATE_READY)
    GST_WARNING_OBJECT (self,
        "%s has no effect before the element has been "
        "in READY",
        pspec->name);
}

static void
latency_changed (GstSsmTranslate *self)
{
  /* core changes other flags at the same time, somebody else this property */
  GST_OBJECT_LOCK (self);
  if (self->settings.latency == CUE_PACER_UNSYNCHRONISED)
    GST_OBJECT_FLAG_SET (self, GST_ELEMENT_FLAG_PROVIDE_CLOCK);
  else
    GST_OBJECT_FLAG_UNSET (self, GST_ELEMENT_FLAG_PROVIDE_CLOCK);
  gst_ssm_translate_update_waiting (self);
  GST_OBJECT_UNLOCK (self);
  if (GST_STATE (self) > GST_STATE_READY)
    gst_element_post_message (GST_ELEMENT (self), gst_message_new_latency (GST_OBJECT (self)));
}

static void
gst_ssm_translate_set_property (
    GObject *object, guint prop_id, const GValue *value, GParamSpec *pspec)
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

static void
gst_ssm_translate_get_property (GObject *object, guint prop_id, GValue *value, GParamSpec *pspec)
{
  GstSsmTranslate *self = GST_SSM_TRANSLATE (object);
  gboolean known;

  GST_OBJECT_LOCK (self);
  known = gst_ssmt_settings_get (&self->settings, self->stats, prop_id, value);
  GST_OBJECT_UNLOCK (self);
  if (!known)
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
}

static void
gst_ssm_translate_reset (GstSsmTranslate *self)
{
  cue_queue_reset (self->queue);
}

/* --- state ---------------------------------------------------------------- */

static gboolean
is_unsynchronised (GstSsmTranslate *self)
{
  return gst_ssm_translate_get_settings (self).latency == CUE_PACER_UNSYNCHRONISED;
}

static GstClock *
gst_ssm_translate_provide_clock (GstElement *element)
{
  if (!is_unsynchronised (GST_SSM_TRANSLATE (element)))
    return NULL;
  return gst_system_clock_obtain ();
}

static GstStateChangeReturn
gst_ssm_translate_change_state (GstElement *element, GstStateChange transition)
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
      gst_ssm_translate_post_model (self);
      gst_ssm_translate_forget_flow (self);
      gst_ssmt_stats_clear (self->stats);
      gst_ssm_translate_listen (self, TRUE);
      break;
    case GST_STATE_CHANGE_PAUSED_TO_PLAYING:
      gst_ssm_translate_set_playing (self, TRUE);
      break;
    case GST_STATE_CHANGE_PLAYING_TO_PAUSED:
      gst_ssm_translate_set_playing (self, FALSE);
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
      gst_ssm_translate_keep_state (self, TRUE);
      gst_ssm_translate_forget_flow (self);
      break;
    case GST_STATE_CHANGE_READY_TO_NULL:
      gst_ssm_translate_close (self);
      break;
    default:
      break;
  }
  return ret;
}
