/* ssmtranslate: what the element's task does with text
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Held or grown, translated, written, paced and pushed. Only the task comes here, without a lock:
 * translating takes its time, and so does downstream.
 */
#include "gstssmtranslate.h"

#define GST_CAT_DEFAULT gst_ssm_translate_debug

/* What the engine could not do: nothing where it was cancelled, else an error on the bus. */
static GstFlowReturn
fail (GstSsmTranslate *self, GError *error)
{
  GstFlowReturn ret = GST_FLOW_FLUSHING;

  if (!g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED)) {
    gst_ssm_translate_post_error (self, error, NULL);
    ret = GST_FLOW_ERROR;
  }
  g_error_free (error);
  return ret;
}

/* --- pacing ---------------------------------------------------------------------- */

/* Gives text its time. Takes the buffer, which stands for `n_cues`, and returns it. */
static GstBuffer *
pace (GstSsmTranslate *self, GstBuffer *buffer, guint n_cues, gint64 arrival,
    const GstSsmtSettings *settings)
{
  CueMoment moment = gst_ssm_translate_get_moment (self, settings->latency);
  GstClockTime pts = GST_BUFFER_PTS (buffer);
  GstClockTime duration = GST_BUFFER_DURATION (buffer);
  CueDelay delay =
      cue_pacer_schedule (&self->pacer, &moment, gst_buffer_get_size (buffer), &pts, &duration);

  gst_ssm_translate_post_delay (self, GST_BUFFER_PTS (buffer), &delay);
  if (pts != GST_BUFFER_PTS (buffer) || duration != GST_BUFFER_DURATION (buffer)) {
    buffer = gst_buffer_make_writable (buffer);
    GST_BUFFER_PTS (buffer) = pts;
    GST_BUFFER_DURATION (buffer) = duration;
  }
  gst_ssmt_stats_add_cues (
      self->stats, n_cues, MAX (g_get_monotonic_time () - arrival, 0) * GST_USECOND);
  return buffer;
}

/* Takes the cue and the text (NULL: as it was). */
static GstFlowReturn
finish_and_push (
    GstSsmTranslate *self, Cue *cue, char *text, guint n_cues, const GstSsmtSettings *settings)
{
  gint64 arrival = cue->arrival;
  GstBuffer *buffer;

  GST_LOG_OBJECT (self, "%" GST_TIME_FORMAT ": \"%s\" -> \"%s\"", GST_TIME_ARGS (cue->pts),
      cue->text, text ? text : cue->text);
  buffer = cue_finish (cue, text, cue_translator_get_reads (self->translator),
      cue_translator_get_writes (self->translator));
  buffer = pace (self, buffer, n_cues, arrival, settings);
  return gst_ssm_translate_push_fitting (self, buffer, settings);
}

/* The room that a translation has. In a hurry nothing is searched for. */
static CueRoom
get_room (GstSsmTranslate *self, GstClockTime duration, gboolean has_lines)
{
  static const CueFit no_limits = { 0 };
  gboolean hurries = self->pacer.catch_up != CUE_CATCH_UP_NONE;

  return cue_fit_get_room (hurries ? &no_limits : &self->fit, duration, has_lines);
}

/* What there is to say about the text at `pts`, once it has been translated. */
static void
post_findings (GstSsmTranslate *self, GstClockTime pts)
{
  gst_ssm_translate_post_warnings (self, pts);
  gst_ssm_translate_post_copies (self, pts);
  if (gst_ssm_translate_post_languages (self, pts))
    gst_ssm_translate_update_languages (self);
}

/* A cue that passes for its language. Its buffer stays as it is, unless `text` (taken) has another format or
 * puts right what is wrong with it. */
static GstFlowReturn
pass_and_push (GstSsmTranslate *self, Cue *cue, char *text, const GstSsmtSettings *settings)
{
  if (self->track.in == self->track.out && !cue->is_repaired
      && cue_text_is_clean (cue->text, self->track.in))
    g_clear_pointer (&text, g_free);
  gst_ssmt_stats_add_passed (self->stats, 1);
  return finish_and_push (self, cue, text, 1, settings);
}

/* How the engine is to work, before the text at `pts` is translated. */
static void
set_params (GstSsmTranslate *self, GstClockTime pts, const GstSsmtSettings *settings)
{
  g_autofree char *glossary = NULL;

  GST_OBJECT_LOCK (self);
  glossary = g_strdup (self->settings.glossary_location);
  GST_OBJECT_UNLOCK (self);
  cue_translator_update_glossary (self->translator, glossary);
  cue_translator_set_guard (self->translator, settings->guard, settings->quotes);
  cue_translator_set_params (self->translator, settings->context,
      cue_pacer_get_beam (&self->pacer, settings->beam_size), settings->policy);
  cue_translator_translate_others (
      self->translator, settings->other_languages == GST_SSM_TRANSLATE_OTHER_LANGUAGES_TRANSLATE);
  gst_ssm_translate_post_warnings (self, pts);
}

/* How much to hurry. */
static void
plan (GstSsmTranslate *self, GstClockTime pts, const GstSsmtSettings *settings)
{
  CueMoment moment = gst_ssm_translate_get_moment (self, settings->latency);
  guint waiting = cue_queue_count (self->queue);
  GstClockTime delay;

  if (cue_pacer_plan (&self->pacer, &moment, pts, settings->beam_size, waiting, &delay))
    gst_ssm_translate_post_catch_up (self, settings->beam_size, waiting, delay);
  gst_ssmt_stats_set_catch_up (self->stats, self->pacer.catch_up);
  set_params (self, pts, settings);
}

/* --- growing text ---------------------------------------------------------------- */

static GstFlowReturn
revise (GstSsmTranslate *self, const Cue *cue, gboolean is_final, const GstSsmtSettings *settings)
{
  g_autofree char *committed = NULL, *tail = NULL;
  g_auto (CueChange) change = { NULL };
  GError *error = NULL;
  GstFlowReturn flow;
  GstBuffer *buffer;
  gboolean done, passed;

  set_params (self, cue->pts, settings);
  done = cue_translator_revise (self->translator, cue, is_final, &committed, &tail, &error);
  passed = cue_translator_take_passed (self->translator);
  post_findings (self, cue->pts);
  if (!done)
    return fail (self, error);
  if (passed)
    gst_ssmt_stats_add_passed (self->stats, 1);
  if (cue_growing_show (self->growing, committed, tail, is_final, &change))
    gst_ssm_translate_post_partial (self, &change, committed, tail, is_final, cue->pts);
  if (*committed == '\0')
    return GST_FLOW_OK;
  buffer = cue_growing_make_buffer (self->growing, cue, committed, self->track.out);
  flow = gst_ssm_translate_push_waiting (self, GST_BUFFER_PTS (buffer));
  if (flow != GST_FLOW_OK) {
    gst_buffer_unref (buffer);
    return flow;
  }
  return gst_ssm_translate_push (self, pace (self, buffer, 1, cue->arrival, settings));
}

GstFlowReturn
gst_ssm_translate_push_interim (GstSsmTranslate *self, Cue *cue, const GstSsmtSettings *settings)
{
  GstFlowReturn ret = GST_FLOW_OK;

  if (settings->partial_results && cue_growing_takes (cue)
      && cue_get_only_part (cue)->has_letters) {
    /* what is held comes before it, and nothing else is translated while it grows */
    ret = gst_ssm_translate_push_held (self, settings);
    if (ret == GST_FLOW_OK)
      ret = revise (self, cue, FALSE, settings);
  }
  if (settings->partial_results && ret == GST_FLOW_OK)
    cue_growing_set (self->growing, cue);
  else
    cue_free (cue);
  return ret;
}

/* The final text of what grew. */
static GstFlowReturn
push_final (GstSsmTranslate *self, const Cue *cue, const GstSsmtSettings *settings)
{
  GstFlowReturn ret = GST_FLOW_OK;

  if (cue_growing_takes (cue))
    ret = revise (self, cue, TRUE, settings);
  gst_ssm_translate_drop_growing (self);
  return ret;
}

GstFlowReturn
gst_ssm_translate_finish_growing (GstSsmTranslate *self, const GstSsmtSettings *settings)
{
  g_autoptr (Cue) cue = cue_growing_take (self->growing);

  if (!cue)
    return GST_FLOW_OK;
  cue->arrival = g_get_monotonic_time ();
  return push_final (self, cue, settings);
}

/* --- sentences ------------------------------------------------------------------- */

/* The translations of the sentences that are held, NULL: an error. `links`: of GArray of CueLink, one
 * each, or none where nobody needs them. */
static char **
translate_sentences (GstSsmTranslate *self, GPtrArray *links, GError **error)
{
  char **sentences = cue_hold_dup_sentences (self->hold);
  gboolean is_speech = cue_hold_get_first (self->hold)->is_speech;
  gboolean align = self->track.out == CUE_FORMAT_PANGO && cue_hold_has_spans (self->hold);

  for (guint i = 0; sentences[i]; i++) {
    CueRoom room = get_room (self, cue_hold_get_time (self->hold, i), FALSE);
    GArray *known = NULL;
    char *translation = NULL;

    if (!cue_translator_translate_text (self->translator, sentences[i], is_speech, &room,
            &translation, align ? &known : NULL, error)) {
      g_strfreev (sentences);
      return NULL;
    }
    if (known)
      g_ptr_array_add (links, known);
    if (translation) {
      g_free (sentences[i]);
      sentences[i] = translation;
    }
  }
  return sentences;
}

/* Pushes each cue of the hold its share. */
static GstFlowReturn
push_shares (GstSsmTranslate *self, char *const *translations, const GPtrArray *links,
    const GstSsmtSettings *settings)
{
  g_autoptr (GPtrArray) texts = cue_hold_divide (self->hold, translations, links, self->track.out);
  GstFlowReturn ret = GST_FLOW_OK;

  for (guint i = 0; i < texts->len && ret == GST_FLOW_OK; i++)
    ret = finish_and_push (
        self, cue_hold_take (self->hold), g_steal_pointer (&texts->pdata[i]), 1, settings);
  return ret;
}

/* The same for those that pass: nothing is divided anew. */
static GstFlowReturn
pass_held (GstSsmTranslate *self, const GstSsmtSettings *settings)
{
  GstFlowReturn ret = GST_FLOW_OK;

  while (cue_hold_get_n_cues (self->hold) > 0 && ret == GST_FLOW_OK) {
    Cue *cue = cue_hold_take (self->hold);

    ret = pass_and_push (self, cue, cue_text_write (cue->parsed, NULL, self->track.out), settings);
  }
  return ret;
}

GstFlowReturn
gst_ssm_translate_push_held (GstSsmTranslate *self, const GstSsmtSettings *settings)
{
  g_autoptr (GPtrArray) links = g_ptr_array_new_with_free_func ((GDestroyNotify) g_array_unref);
  g_auto (GStrv) translations = NULL;
  GError *error = NULL;
  GstClockTime pts, start;
  GstFlowReturn ret;
  gboolean passed;

  if (cue_hold_get_n_cues (self->hold) == 0)
    return GST_FLOW_OK;
  pts = cue_hold_get_first (self->hold)->pts;
  plan (self, pts, settings);
  start = gst_util_get_timestamp ();
  translations = translate_sentences (self, links, &error);
  passed = cue_translator_take_passed (self->translator);
  post_findings (self, pts);
  if (translations && passed) {
    ret = pass_held (self, settings);
  } else if (translations) {
    cue_pacer_note_decode (&self->pacer, gst_util_get_timestamp () - start);
    ret = push_shares (self, translations, links, settings);
  } else {
    ret = fail (self, error);
  }
  cue_hold_clear (self->hold);
  return ret;
}

/* Pushes what is held where it cannot be one sentence with the cue. */
static GstFlowReturn
divide_held (GstSsmTranslate *self, const Cue *cue, const GstSsmtSettings *settings)
{
  g_auto (GStrv) sentences = NULL;
  g_autofree char *held = NULL;

  if (cue_hold_get_n_cues (self->hold) == 0)
    return GST_FLOW_OK;
  sentences = cue_hold_dup_sentences (self->hold);
  held = g_strjoinv (" ", sentences);
  return cue_translator_divides (self->translator, held, cue)
      ? gst_ssm_translate_push_held (self, settings)
      : GST_FLOW_OK;
}

/* Takes the cue, which may wait for its sentence's end, or end one. */
static GstFlowReturn
hold (GstSsmTranslate *self, Cue *cue, const GstSsmtSettings *settings)
{
  CueMoment moment = gst_ssm_translate_get_moment (self, settings->latency);
  gboolean is_sentence = cue->is_sentence;
  GstClockTimeDiff slack = 0;
  gboolean has_slack;

  has_slack = cue_pacer_get_slack (&self->pacer, &moment, cue->pts, &slack);
  slack -= (GstClockTimeDiff) self->pacer.decode_time;
  cue_hold_add (self->hold, cue, g_get_monotonic_time (), has_slack ? &slack : NULL);
  if (is_sentence || cue_hold_is_complete (self->hold))
    return gst_ssm_translate_push_held (self, settings);
  return GST_FLOW_OK;
}

/* --- cues ------------------------------------------------------------------------ */

/* One cue of `cue` and all that wait behind it. */
static Cue *
merge_waiting (GstSsmTranslate *self, Cue *cue, guint *n_cues)
{
  g_autoptr (GPtrArray) buffers = cue_queue_take_cues (self->queue);

  *n_cues += buffers->len;
  if (buffers->len == 0)
    return cue;
  cue = cue_merge (cue, (GstBuffer *const *) buffers->pdata, buffers->len, self->track.in);
  cue->parsed->layout = &self->fit.layout;
  return cue;
}

/* A cue on its own. Takes it. */
static GstFlowReturn
push_single (GstSsmTranslate *self, Cue *cue, const GstSsmtSettings *settings)
{
  GError *error = NULL;
  GstClockTime start;
  guint n_cues = 1;
  gboolean passed;
  CueRoom room;
  char *text;

  /* it clears the screen: nothing to read in it */
  if (cue->is_empty)
    return finish_and_push (self, cue, NULL, 1, settings);
  if (!cue->parsed)
    goto no_text;
  plan (self, cue->pts, settings);
  if (self->pacer.catch_up == CUE_CATCH_UP_MERGE)
    cue = merge_waiting (self, cue, &n_cues);
  if (n_cues > 1)
    gst_ssm_translate_warn_if_repaired (self, cue);
  cue_pacer_note_position (&self->pacer, cue->pts, cue->duration);
  room = get_room (self, cue->duration, TRUE);
  start = gst_util_get_timestamp ();
  text = cue_translator_translate (self->translator, cue, &room, self->track.out, &error);
  passed = cue_translator_take_passed (self->translator);
  post_findings (self, cue->pts);
  if (!text) {
    cue_free (cue);
    return fail (self, error);
  }
  if (passed && n_cues == 1)
    return pass_and_push (self, cue, text, settings);
  if (passed)
    gst_ssmt_stats_add_passed (self->stats, n_cues);
  cue_pacer_note_decode (&self->pacer, gst_util_get_timestamp () - start);
  return finish_and_push (self, cue, text, n_cues, settings);

  /* ERRORS */
no_text : {
  GST_ELEMENT_ERROR (self, RESOURCE, READ, ("A cue cannot be read."),
      ("mapping %" GST_PTR_FORMAT " failed", cue->buffer));
  cue_free (cue);
  return GST_FLOW_ERROR;
}
}

GstFlowReturn
gst_ssm_translate_push_text (GstSsmTranslate *self, Cue *cue, const GstSsmtSettings *settings)
{
  gboolean grew = cue_growing_is_active (self->growing);
  GstFlowReturn ret = GST_FLOW_OK;

  if (grew)
    ret = push_final (self, cue, settings);
  if (grew && cue_growing_takes (cue)) {
    cue_free (cue);
    return ret;
  }
  if (settings->segmentation == GST_SSM_TRANSLATE_SEGMENTATION_SENTENCE && cue_hold_takes (cue)) {
    ret = divide_held (self, cue, settings);
    /* what this has let go ends where the cue begins */
    if (ret == GST_FLOW_OK)
      ret = gst_ssm_translate_push_waiting (self, cue->pts);
    if (ret == GST_FLOW_OK)
      return hold (self, cue, settings);
    cue_free (cue);
    return ret;
  }
  ret = gst_ssm_translate_push_held (self, settings);
  if (ret == GST_FLOW_OK)
    return push_single (self, cue, settings);
  cue_free (cue);
  return ret;
}
