/* ssmtranslate: the element's task
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The only place that knows the order of the objects. It takes what waits in the queue, a turn each: a
 * cue is read, held or grown, translated, written, paced and pushed. No lock is held: translating
 * takes its time, and so does downstream.
 */
#include "gstssmtranslate.h"

#define GST_CAT_DEFAULT gst_ssm_translate_debug

/* --- cues ------------------------------------------------------------------------ */

/* Reads a buffer (taken), and stamps speech. */
static Cue *
read_cue (GstSsmTranslate *self, GstBuffer *buffer, gint64 arrival, guint latency)
{
  Cue *cue = cue_new (buffer, arrival, self->track.in);
  CueMoment moment;

  cue->is_speech = self->track.is_speech;
  if (cue->parsed)
    cue->parsed->layout = &self->fit.layout;
  if (cue->is_speech
      && !(GST_CLOCK_TIME_IS_VALID (cue->pts) && GST_CLOCK_TIME_IS_VALID (cue->duration))) {
    moment = gst_ssm_translate_get_moment (self, latency);
    cue_pacer_stamp (&self->pacer, &moment,
        MAX (g_get_monotonic_time () - arrival, 0) * GST_USECOND, gst_buffer_get_size (buffer),
        &cue->pts, &cue->duration);
  }
  cue_pacer_note_position (&self->pacer, cue->pts, cue->duration);
  return cue;
}

/* Ends what the text of a buffer does not belong to. `reset`: a document begins with it. */
static GstFlowReturn
make_way (GstSsmTranslate *self, GstBuffer *buffer, gboolean reset, const GstSsmtSettings *settings)
{
  gboolean is_loss = GST_BUFFER_IS_DISCONT (buffer) && !self->track.is_fresh;
  GstFlowReturn ret = GST_FLOW_OK;

  if (is_loss)
    ret = gst_ssm_translate_finish_growing (self, settings);
  if (ret != GST_FLOW_OK)
    return ret;
  /* text that grows is one cue */
  if (reset && cue_growing_is_active (self->growing)) {
    cue_queue_reset (self->queue);
    reset = FALSE;
  }
  if (reset || is_loss || cue_hold_is_past (self->hold, GST_BUFFER_PTS (buffer)))
    ret = gst_ssm_translate_push_held (self, settings);
  if (ret == GST_FLOW_OK && (reset || is_loss))
    gst_ssm_translate_begin_document (self, reset ? "as asked or after a flush" : "discontinuity");
  return ret;
}

/* A message of a recogniser can be earlier than the stream that it is about. */
static gboolean
is_too_early (GstSsmTranslate *self, GstBuffer *buffer)
{
  return cue_is_interim (buffer)
      && (!self->track.caps || self->pacer.segment.format == GST_FORMAT_UNDEFINED);
}

/* Takes the buffer. */
static GstFlowReturn
push_buffer (GstSsmTranslate *self, GstBuffer *buffer, const CueQueueTurn *turn,
    const GstSsmtSettings *settings)
{
  GstFlowReturn ret;
  Cue *cue;

  gst_ssm_translate_update_fit (self, settings);
  ret = make_way (self, buffer, turn->begins_document, settings);
  if (ret == GST_FLOW_OK)
    ret = gst_ssm_translate_push_waiting (self, GST_BUFFER_PTS (buffer));
  if (ret != GST_FLOW_OK || is_too_early (self, buffer))
    goto drop;
  ret = gst_ssm_translate_prepare (self);
  if (ret != GST_FLOW_OK)
    goto drop;
  if (self->track.is_fresh)
    gst_ssm_translate_restore_state (self);
  self->track.is_fresh = FALSE;
  cue = read_cue (self, buffer, turn->arrival, settings->latency);
  if (!cue->is_interim || settings->partial_results)
    gst_ssm_translate_warn_if_repaired (self, cue);
  return cue->is_interim ? gst_ssm_translate_push_interim (self, cue, settings)
                         : gst_ssm_translate_push_text (self, cue, settings);

drop:
  gst_buffer_unref (buffer);
  return ret;
}

/* --- events ---------------------------------------------------------------------- */

/* Everything but a gap within a sentence comes after what is held, and but for one that is too short for what
 * waits, after that. */
static gboolean
comes_after_held (GstSsmTranslate *self, GstEvent *event)
{
  GstClockTime start, duration;

  if (GST_EVENT_TYPE (event) != GST_EVENT_GAP)
    return TRUE;
  gst_event_parse_gap (event, &start, &duration);
  if (GST_CLOCK_TIME_IS_VALID (duration))
    start += duration;
  if (cue_stretch_is_waiting (&self->stretch) && !cue_stretch_note_silence (&self->stretch, start))
    return FALSE;
  return cue_hold_get_n_cues (self->hold) == 0 || cue_hold_is_past (self->hold, start);
}

/* Text goes on growing over what is not about text. */
static gboolean
ends_growing (GstEvent *event)
{
  GstTagList *tags;

  switch (GST_EVENT_TYPE (event)) {
    case GST_EVENT_GAP:
    case GST_EVENT_STREAM_GROUP_DONE:
      return FALSE;
    case GST_EVENT_TAG:
      gst_event_parse_tag (event, &tags);
      return gst_tag_list_get_tag_size (tags, GST_TAG_LANGUAGE_CODE) > 0;
    default:
      return TRUE;
  }
}

/* Takes the event. */
static GstFlowReturn
push_event (GstSsmTranslate *self, GstEvent *event, const GstSsmtSettings *settings)
{
  gboolean is_eos = GST_EVENT_TYPE (event) == GST_EVENT_EOS;
  GstFlowReturn ret = GST_FLOW_OK;

  /* the held text is what there is at this time */
  if (!comes_after_held (self, event)) {
    gst_event_unref (event);
    return GST_FLOW_OK;
  }
  if (ends_growing (event))
    ret = gst_ssm_translate_finish_growing (self, settings);
  if (ret == GST_FLOW_OK)
    ret = gst_ssm_translate_push_held (self, settings);
  if (ret == GST_FLOW_OK)
    ret = gst_ssm_translate_push_waiting (self, is_eos ? CUE_STRETCH_END : CUE_STRETCH_NOTHING);
  if (is_eos && ret == GST_FLOW_OK)
    gst_ssm_translate_keep_state (self, TRUE);
  if (is_eos)
    gst_ssm_translate_post_stats (self);
  if (is_eos && ret != GST_FLOW_OK && ret != GST_FLOW_EOS) {
    /* the task says so on the bus when it rests, then sends another */
    gst_event_unref (event);
    return ret;
  }
  event = gst_ssm_translate_take_event (self, event);
  if (event)
    gst_pad_push_event (self->srcpad, event);
  return is_eos ? GST_FLOW_EOS : ret;
}

/* --- the loop -------------------------------------------------------------------- */

/* `*answer`: to a query. */
static GstFlowReturn
push_item (GstSsmTranslate *self, const CueQueueTurn *turn, gboolean *answer)
{
  GstSsmtSettings settings = gst_ssm_translate_get_settings (self);
  GstFlowReturn ret;

  if (turn->object && GST_IS_BUFFER (turn->object))
    return push_buffer (self, GST_BUFFER_CAST (turn->object), turn, &settings);
  if (turn->object && GST_IS_EVENT (turn->object))
    return push_event (self, GST_EVENT_CAST (turn->object), &settings);
  ret = gst_ssm_translate_push_held (self, &settings);
  if (ret == GST_FLOW_OK)
    ret = gst_ssm_translate_push_waiting (self, CUE_STRETCH_NOTHING);
  if (turn->object)
    *answer = gst_pad_peer_query (self->srcpad, GST_QUERY_CAST (turn->object));
  return ret;
}

void
gst_ssm_translate_forget_waiting (GstSsmTranslate *self)
{
  /* the state knows of what will not go out */
  if (cue_stretch_is_waiting (&self->stretch) && cue_translator_get_model (self->translator))
    gst_ssm_translate_skip_state (self);
  cue_hold_clear (self->hold);
  cue_stretch_clear (&self->stretch);
  gst_ssm_translate_drop_growing (self);
}

void
gst_ssm_translate_forget_flow (GstSsmTranslate *self)
{
  GstSsmtTrack *track = &self->track;

  gst_ssm_translate_forget_waiting (self);
  gst_caps_replace (&track->caps, NULL);
  g_free (track->stream_id);
  g_free (track->tag_language);
  *track = (GstSsmtTrack){ .is_fresh = TRUE };
  self->out = (GstSsmtOut){ 0 };
  cue_pacer_init (&self->pacer);
  cue_translator_begin_stream (self->translator);
  gst_ssm_translate_update_languages (self);
  gst_ssm_translate_forget_latency (self);
}

static void
rest (GstSsmTranslate *self, const CueQueueTurn *turn)
{
  GST_DEBUG_OBJECT (self, "task rests: %s", gst_flow_get_name (turn->flow));
  gst_ssm_translate_forget_waiting (self);
  if (turn->unreported) {
    GST_ELEMENT_FLOW_ERROR (self, turn->flow);
    gst_pad_push_event (self->srcpad, gst_event_new_eos ());
  }
}

/* Until when the task may sleep, monotonic time in us; -1: for ever. */
static gint64
get_deadline (GstSsmTranslate *self)
{
  gint64 hold = cue_hold_get_deadline (self->hold);
  gint64 stretch = cue_stretch_get_deadline (&self->stretch);

  if (hold < 0 || stretch < 0)
    return MAX (hold, stretch);
  return MIN (hold, stretch);
}

void
gst_ssm_translate_loop (GstPad *pad)
{
  GstSsmTranslate *self = (GstSsmTranslate *) GST_PAD_PARENT (pad);
  GstFlowReturn ret = GST_FLOW_OK;
  gboolean answer = FALSE;
  CueQueueTurn turn;

  cue_queue_take (self->queue, get_deadline (self), &turn);
  cue_translator_set_cancellable (self->translator, turn.cancellable);
  switch (turn.task) {
    case CUE_QUEUE_STOP:
      return;
    case CUE_QUEUE_ITEM:
    case CUE_QUEUE_TIMEOUT:
      ret = push_item (self, &turn, &answer);
      /* what downstream does not take it does not take later either */
      if (ret != GST_FLOW_OK) {
        cue_hold_clear (self->hold);
        cue_stretch_clear (&self->stretch);
      }
      /* a state that knows of text which did not go out is nothing to go on from */
      if (ret == GST_FLOW_OK)
        gst_ssm_translate_keep_state (self, FALSE);
      else
        gst_ssm_translate_skip_state (self);
      break;
    case CUE_QUEUE_FLUSHED:
      gst_ssm_translate_forget_waiting (self);
      cue_pacer_forget_segment (&self->pacer);
      break;
    case CUE_QUEUE_REST:
      rest (self, &turn);
      break;
  }
  cue_queue_done (self->queue, &turn, ret, answer);
}
