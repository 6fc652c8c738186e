/* ssmtranslate: what the element posts
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "gstssmtranslate.h"

GST_DEBUG_CATEGORY (gst_ssm_translate_debug);
#define GST_CAT_DEFAULT gst_ssm_translate_debug

static void
post_element (GstSsmTranslate *self, GstStructure *structure)
{
  gst_element_post_message (
      GST_ELEMENT_CAST (self), gst_message_new_element (GST_OBJECT_CAST (self), structure));
}

void
gst_ssm_translate_post_stats (GstSsmTranslate *self)
{
  post_element (self, gst_ssmt_stats_to_structure (self->stats));
}

void
gst_ssm_translate_post_model (GstSsmTranslate *self)
{
  SsmtModel *model = cue_translator_get_model (self->translator);
  const char *source = ssmt_model_get_source_language (model);
  const char *target = ssmt_model_get_target_language (model);
  gboolean carries;

  if (!source && !target && !ssmt_model_get_target_languages (model))
    GST_ELEMENT_WARNING (self, LIBRARY, SETTINGS,
        ("The model names no languages: where it was not trained to translate, what it writes is "
         "no "
         "translation"),
        ("%s; its ssmt.json can name them: \"languages\"", ssmt_model_get_path (model)));
  GST_OBJECT_LOCK (self);
  carries = ssmt_model_get_carries_state (model) && self->settings.context == SSMT_CONTEXT_DOCUMENT;
  GST_OBJECT_UNLOCK (self);
  post_element (self,
      gst_structure_new ("ssmtranslate/model", "path", G_TYPE_STRING, ssmt_model_get_path (model),
          "source-language", G_TYPE_STRING, source ? source : "", "target-language", G_TYPE_STRING,
          target ? target : "", "carries-state", G_TYPE_BOOLEAN, carries, "device", G_TYPE_STRING,
          ssmt_model_get_device_description (model), NULL));
}

void
gst_ssm_translate_post_state (GstSsmTranslate *self, const char *location)
{
  post_element (self,
      gst_structure_new ("ssmtranslate/state", "location", G_TYPE_STRING, location, "texts",
          G_TYPE_UINT64, cue_translator_count_texts (self->translator), NULL));
}

void
gst_ssm_translate_post_checkpoint (GstSsmTranslate *self, GBytes *state)
{
  post_element (self,
      gst_structure_new ("ssmtranslate/checkpoint", "state", G_TYPE_BYTES, state, "cues",
          G_TYPE_UINT64, self->out.cues, "pts", G_TYPE_UINT64, self->out.pts, "offset",
          G_TYPE_UINT64, self->out.offset, "texts", G_TYPE_UINT64,
          cue_translator_count_texts (self->translator), NULL));
}

/* --- trouble ---------------------------------------------------------------------- */

void
gst_ssm_translate_post_error (GstSsmTranslate *self, const GError *error, const char *debug)
{
  GQuark domain;
  gint code;

  cue_translator_map_error (error, &domain, &code);
  gst_element_message_full (GST_ELEMENT_CAST (self), GST_MESSAGE_ERROR, domain, code,
      g_strdup (error->message), g_strdup (debug), __FILE__, GST_FUNCTION, __LINE__);
}

/* Once a stream: a bad file has many bad cues. */
static void
warn (GstSsmTranslate *self, GstClockTime pts, const char *problem, const char *detail)
{
  GST_WARNING_OBJECT (self, "%s: %s, at %" GST_TIME_FORMAT, problem, detail, GST_TIME_ARGS (pts));
  if (self->track.warned)
    return;
  self->track.warned = TRUE;
  GST_ELEMENT_WARNING (self, STREAM, DECODE, ("%s", problem),
      ("%s, at %" GST_TIME_FORMAT, detail, GST_TIME_ARGS (pts)));
}

void
gst_ssm_translate_warn_if_repaired (GstSsmTranslate *self, const Cue *cue)
{
  if (cue->is_repaired)
    warn (self, cue->pts, "A cue is not valid UTF-8", "what is not became U+FFFD");
}

static void
warn_context (GstSsmTranslate *self, const char *detail)
{
  GST_INFO_OBJECT (self, "a new document begins: %s", detail);
  if (self->track.warned_context)
    return;
  self->track.warned_context = TRUE;
  GST_ELEMENT_WARNING (self, LIBRARY, SETTINGS,
      ("The model's memory of the document is full, a new document begins"), ("%s", detail));
}

/* Once for each language, as the model is looked for. */
static void
warn_model (GstSsmTranslate *self, const char *detail)
{
  GST_ELEMENT_WARNING (self, RESOURCE, NOT_FOUND,
      ("Text of one language passes untranslated: its model cannot be loaded"), ("%s", detail));
}

/* Once for each state of the file. */
static void
warn_glossary (GstSsmTranslate *self, const char *detail)
{
  GST_ELEMENT_WARNING (self, RESOURCE, READ,
      ("The glossary cannot be read: %s. The terms of before hold.", detail),
      ("glossary-location holds a line each: source, tab, target (*: not translated)"));
}

void
gst_ssm_translate_post_warnings (GstSsmTranslate *self, GstClockTime pts)
{
  CueWarning warning;

  while (cue_translator_take_warning (self->translator, &warning)) {
    switch (warning.kind) {
      case CUE_WARNING_UNTRANSLATED:
        warn (self, pts, "A cue stays untranslated", warning.detail);
        break;
      case CUE_WARNING_NEW_DOCUMENT:
        warn_context (self, warning.detail);
        break;
      case CUE_WARNING_SETTINGS:
        warn (self, pts, "The new settings have no effect", warning.detail);
        break;
      case CUE_WARNING_GLOSSARY:
        warn_glossary (self, warning.detail);
        break;
      case CUE_WARNING_MODEL:
        warn_model (self, warning.detail);
        break;
    }
    cue_warning_clear (&warning);
  }
}

/* --- the guard ---------------------------------------------------------------------- */

void
gst_ssm_translate_post_copies (GstSsmTranslate *self, GstClockTime pts)
{
  CueCopy copy;

  while (cue_translator_take_copy (self->translator, &copy)) {
    g_autofree char *kind = ssmt_guard_faults_to_string (copy.faults);

    GST_INFO_OBJECT (
        self, "%" GST_TIME_FORMAT ": copied for %s: \"%s\"", GST_TIME_ARGS (pts), kind, copy.text);
    post_element (self,
        gst_structure_new ("ssmtranslate/guarded", "pts", G_TYPE_UINT64, pts, "kind", G_TYPE_STRING,
            kind, "text", G_TYPE_STRING, copy.text, NULL));
    cue_copy_clear (&copy);
  }
}

/* --- languages -------------------------------------------------------------------- */

static void
post_language (GstSsmTranslate *self, GstClockTime pts, const CueLanguageChange *change)
{
  const char *action = change->model ? "translated" : "passed";

  GST_INFO_OBJECT (self, "%" GST_TIME_FORMAT ": \"%s\" (%.2f), %s", GST_TIME_ARGS (pts),
      change->language, change->confidence, action);
  post_element (self,
      gst_structure_new ("ssmtranslate/language", "pts", G_TYPE_UINT64, pts, "language",
          G_TYPE_STRING, change->language, "confidence", G_TYPE_DOUBLE, change->confidence,
          "action", G_TYPE_STRING, action, "path", G_TYPE_STRING,
          change->model ? ssmt_model_get_path (change->model) : "", NULL));
}

gboolean
gst_ssm_translate_post_languages (GstSsmTranslate *self, GstClockTime pts)
{
  CueLanguageChange change;
  gboolean changed = FALSE;

  for (; cue_translator_take_change (self->translator, &change); changed = TRUE) {
    post_language (self, pts, &change);
    cue_language_change_clear (&change);
  }
  return changed;
}

/* --- time --------------------------------------------------------------------------- */

void
gst_ssm_translate_post_delay (GstSsmTranslate *self, GstClockTime pts, const CueDelay *delay)
{
  if (!GST_CLOCK_TIME_IS_VALID (delay->delay))
    return;
  if (gst_ssmt_stats_observe (self->stats, delay->delay, delay->allowed))
    g_object_notify (G_OBJECT (self), "max-observed-delay");
  if (delay->delay <= delay->allowed)
    return;
  GST_WARNING_OBJECT (self,
      "text of %" GST_TIME_FORMAT " is %" GST_TIME_FORMAT " late, %" GST_TIME_FORMAT
      " were allowed",
      GST_TIME_ARGS (pts), GST_TIME_ARGS (delay->delay), GST_TIME_ARGS (delay->allowed));
  post_element (self,
      gst_structure_new ("ssmtranslate/excessive-delay", "pts", G_TYPE_UINT64, pts, "delay",
          G_TYPE_UINT64, delay->delay, "allowed", G_TYPE_UINT64, delay->allowed, NULL));
}

void
gst_ssm_translate_post_catch_up (
    GstSsmTranslate *self, guint beam_size, guint waiting, GstClockTime delay)
{
  const char *step = cue_catch_up_get_name (self->pacer.catch_up);

  GST_INFO_OBJECT (self, "catching up: %s; %u cues wait, delay %" GST_TIME_FORMAT, step, waiting,
      GST_TIME_ARGS (delay));
  post_element (self,
      gst_structure_new ("ssmtranslate/catch-up", "step", G_TYPE_STRING, step, "beam-size",
          G_TYPE_UINT, cue_pacer_get_beam (&self->pacer, beam_size), "waiting", G_TYPE_UINT,
          waiting, "delay", G_TYPE_UINT64, delay, NULL));
}

void
gst_ssm_translate_post_does_not_fit (GstSsmTranslate *self, GstClockTime pts,
    const CueMeasure *measure, gdouble cps, const char *text)
{
  GST_INFO_OBJECT (self,
      "%" GST_TIME_FORMAT ": %u columns, %u lines, %.1f characters a second: \"%s\"",
      GST_TIME_ARGS (pts), measure->columns, measure->lines, cps, text);
  post_element (self,
      gst_structure_new ("ssmtranslate/does-not-fit", "pts", G_TYPE_UINT64, pts, "columns",
          G_TYPE_UINT, measure->columns, "lines", G_TYPE_UINT, measure->lines, "cps", G_TYPE_DOUBLE,
          cps, "text", G_TYPE_STRING, text, NULL));
}

/* --- growing text --------------------------------------------------------------------- */

void
gst_ssm_translate_post_partial (GstSsmTranslate *self, const CueChange *change,
    const char *committed, const char *tail, gboolean is_final, GstClockTime pts)
{
  post_element (self,
      gst_structure_new ("ssmtranslate/partial", "text", G_TYPE_STRING, tail, "committed",
          G_TYPE_STRING, committed, "deleted", G_TYPE_STRING, change->deleted, "new", G_TYPE_STRING,
          change->added, "final", G_TYPE_BOOLEAN, is_final, "pts", G_TYPE_UINT64, pts, NULL));
}
