/* ssmtranslate: what the element's task does with an event
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Only the task comes here, without a lock: downstream takes its time.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstssmtranslate.h"

#include "cue-sentence.h"

#define GST_CAT_DEFAULT gst_ssm_translate_debug

/* A segment that begins so far from where the text was is another place in the
 * document; edit lists and updates are not. */
#define MAX_STEP_BACK (1 * GST_SECOND)
#define MAX_STEP_FORWARD (10 * GST_SECOND)

/* --- events --------------------------------------------------------------- */

void
gst_ssm_translate_reset_state (GstSsmTranslate * self, const char * reason)
{
  GST_DEBUG_OBJECT (self, "a new document: %s", reason);
  gst_ssm_translate_drop_partial (self);
  ssmt_stream_reset (self->stream);
  if (!self->is_fresh) {
    GST_OBJECT_LOCK (self);
    self->stats.resets++;
    GST_OBJECT_UNLOCK (self);
  }
  self->is_fresh = TRUE;
}

static CueFormat
caps_get_format (GstCaps * caps)
{
  const char *format = gst_structure_get_string (gst_caps_get_structure (caps,
          0), "format");

  return g_strcmp0 (format, "pango-markup") == 0 ? CUE_FORMAT_PANGO
      : CUE_FORMAT_UTF8;
}

/* Upstream's caps with the format that downstream takes: the same if it can. */
gboolean
gst_ssm_translate_negotiate (GstSsmTranslate * self)
{
  static const char *const formats[] = { "utf8", "pango-markup" };
  g_autoptr (GstCaps) peer = gst_pad_peer_query_caps (self->srcpad, NULL);
  g_autoptr (GstCaps) current = NULL, caps = NULL;
  CueFormat format = self->in_format;

  caps = gst_caps_copy (self->in_caps);
  for (guint i = 0; !gst_caps_can_intersect (caps, peer); i++) {
    if (i == 1)
      goto no_format;
    format = format == CUE_FORMAT_UTF8 ? CUE_FORMAT_PANGO : CUE_FORMAT_UTF8;
    gst_caps_set_simple (caps, "format", G_TYPE_STRING, formats[format], NULL);
  }

  self->out_format = format;
  current = gst_pad_get_current_caps (self->srcpad);
  if (current && gst_caps_is_equal (current, caps))
    return TRUE;
  GST_DEBUG_OBJECT (self, "%" GST_PTR_FORMAT " -> %" GST_PTR_FORMAT,
      self->in_caps, caps);
  return gst_pad_push_event (self->srcpad, gst_event_new_caps (caps));

  /* ERRORS */
no_format:
  {
    GST_WARNING_OBJECT (self, "%" GST_PTR_FORMAT " is nothing for %"
        GST_PTR_FORMAT, self->in_caps, peer);
    return FALSE;
  }
}

static void
set_caps (GstSsmTranslate * self, GstCaps * caps)
{
  gst_caps_replace (&self->in_caps, caps);
  self->in_format = caps_get_format (caps);
  /* The pad may be flushing or not linked; a buffer finds out more. */
  if (!gst_ssm_translate_negotiate (self) && gst_pad_is_linked (self->srcpad))
    gst_pad_mark_reconfigure (self->srcpad);
}

static gboolean
is_plain (GstCaps * caps)
{
  return !gst_caps_is_any (caps) && gst_caps_get_size (caps) > 0
      && gst_structure_has_name (gst_caps_get_structure (caps, 0),
      "text/plain");
}

/* What a recogniser of speech would have said. */
static void
make_up_caps (GstSsmTranslate * self)
{
  g_autoptr (GstCaps) caps = gst_caps_new_simple ("text/x-raw", "format",
      G_TYPE_STRING, "utf8", NULL);

  GST_DEBUG_OBJECT (self, "plain text, as from a recogniser of speech");
  self->made_up = TRUE;
  set_caps (self, caps);
}

static void
push_caps (GstSsmTranslate * self, GstEvent * event)
{
  GstCaps *caps;

  gst_event_parse_caps (event, &caps);
  if (is_plain (caps)) {
    make_up_caps (self);
  } else {
    self->made_up = FALSE;
    set_caps (self, caps);
  }
  gst_event_unref (event);
}

/* No caps have come before the segment: none will, from who speaks plain text. */
static void
check_caps (GstSsmTranslate * self)
{
  g_autoptr (GstCaps) caps = NULL;

  if (self->in_caps)
    return;
  caps = gst_pad_peer_query_caps (self->sinkpad, NULL);
  if (is_plain (caps))
    make_up_caps (self);
}

/* --- segments --------------------------------------------------------------- */

/* Where text ends that has come in, or a gap. */
void
gst_ssm_translate_note_position (GstSsmTranslate * self, GstClockTime start,
    GstClockTime duration)
{
  const GstSegment *segment = &self->segment;
  GstClockTime end = start;

  if (segment->format != GST_FORMAT_TIME || !GST_CLOCK_TIME_IS_VALID (start))
    return;
  if (GST_CLOCK_TIME_IS_VALID (duration))
    end += duration;
  self->position = gst_segment_to_stream_time (segment, GST_FORMAT_TIME,
      CLAMP (end, segment->start, segment->stop));
}

/* The task does not run, or is the caller. */
void
gst_ssm_translate_forget_segment (GstSsmTranslate * self)
{
  gst_segment_init (&self->segment, GST_FORMAT_UNDEFINED);
  self->shift = 0;
  self->position = self->last_end = GST_CLOCK_TIME_NONE;
}

/* The segment goes on: its end has changed, or nothing. */
static gboolean
is_update (GstSsmTranslate * self, const GstSegment * segment)
{
  const GstSegment *last = &self->segment;

  return segment->rate == last->rate && segment->start == last->start
      && segment->time == last->time && segment->offset == last->offset
      && segment->base + self->shift == last->base;
}

static gboolean
jumps (GstSsmTranslate * self, const GstSegment * segment)
{
  guint64 to;

  if (segment->format != GST_FORMAT_TIME
      || !GST_CLOCK_TIME_IS_VALID (self->position)
      || is_update (self, segment))
    return FALSE;
  if (segment->rate < 0 || self->segment.rate < 0)
    return TRUE;
  /* a change of rate begins at an offset */
  to = gst_segment_to_stream_time (segment, GST_FORMAT_TIME,
      segment->start + segment->offset);
  if (to == (guint64) - 1)
    return FALSE;
  return to + MAX_STEP_BACK < self->position
      || to > self->position + MAX_STEP_FORWARD;
}

/* With the lateness in its base: all that follows is shown so much later. */
static GstEvent *
take_segment (GstSsmTranslate * self, GstEvent * event)
{
  GstEvent *shifted;
  GstSegment segment;
  guint lateness;

  gst_event_copy_segment (event, &segment);
  if (jumps (self, &segment)) {
    gst_ssm_translate_reset_state (self, "the segment is elsewhere");
    self->position = GST_CLOCK_TIME_NONE;
  }
  GST_OBJECT_LOCK (self);
  lateness = self->settings.lateness;
  GST_OBJECT_UNLOCK (self);
  if (segment.format != GST_FORMAT_TIME) {
    GST_WARNING_OBJECT (self, "the segment is not in time: text is translated, "
        "but there is no latency, no lateness and no catching up");
    lateness = 0;
  }
  self->shift = lateness * GST_MSECOND;
  segment.base += self->shift;
  self->segment = segment;
  if (lateness == 0)
    return event;
  shifted = gst_event_new_segment (&segment);
  gst_event_set_seqnum (shifted, gst_event_get_seqnum (event));
  gst_event_set_running_time_offset (shifted,
      gst_event_get_running_time_offset (event));
  gst_event_unref (event);
  return shifted;
}

static GstEvent *
take_gap (GstSsmTranslate * self, GstEvent * event)
{
  GstClockTime start, duration;

  gst_event_parse_gap (event, &start, &duration);
  gst_ssm_translate_note_position (self, start, duration);
  gst_ssm_translate_send_language (self);
  return gst_ssm_translate_schedule_gap (self, event);
}

/* --- streams and languages --------------------------------------------------- */

static void
check_stream (GstSsmTranslate * self, GstEvent * event)
{
  const char *stream_id;

  gst_event_parse_stream_start (event, &stream_id);
  if (g_strcmp0 (stream_id, self->stream_id) != 0) {
    gst_ssm_translate_reset_state (self, "another stream");
    g_free (self->stream_id);
    self->stream_id = g_strdup (stream_id);
  }
  self->sent_language = FALSE;
  self->warned = FALSE;
  self->warned_context = FALSE;
  g_clear_pointer (&self->tag_language, g_free);
}

/* Warns once a stream where tags name a language that the model does not read. The property
 * knows better than tags: files without a language are tagged as English. */
static void
check_language (GstSsmTranslate * self, GstTagList * tags)
{
  g_autofree char *code = NULL, *language = NULL;
  gboolean is_set;

  if (!gst_tag_list_get_string (tags, GST_TAG_LANGUAGE_CODE, &code))
    return;
  language = gst_ssm_translate_language_code (code);
  GST_OBJECT_LOCK (self);
  is_set = self->settings.input_language_code != NULL;
  GST_OBJECT_UNLOCK (self);
  if (!language || is_set || g_strcmp0 (language, self->tag_language) == 0)
    return;
  g_free (self->tag_language);
  self->tag_language = g_steal_pointer (&language);
  g_clear_pointer (&self->group, cue_group_free);
  if (!self->input_language
      || g_strcmp0 (self->tag_language, self->input_language) == 0
      || g_str_equal (self->tag_language, "und"))
    return;
  GST_ELEMENT_WARNING (self, STREAM, FORMAT,
      ("The text is tagged as \"%s\", the model reads \"%s\".",
          self->tag_language, self->input_language),
      ("set input-language-code to \"%s\" where the tag is wrong, or "
          "model-path to a model of that language", self->input_language));
}

/* Says the language of the translation in place of that of the source. NULL: nothing is left to say. */
static GstEvent *
replace_language (GstSsmTranslate * self, GstEvent * event)
{
  GstTagList *upstream, *tags;
  GstEvent *replaced;
  gboolean of_stream;

  gst_event_parse_tag (event, &upstream);
  check_language (self, upstream);
  tags = gst_tag_list_copy (upstream);
  gst_tag_list_remove_tag (tags, GST_TAG_LANGUAGE_CODE);
  gst_tag_list_remove_tag (tags, GST_TAG_LANGUAGE_NAME);
  of_stream = gst_tag_list_get_scope (tags) == GST_TAG_SCOPE_STREAM;
  if (of_stream && self->language) {
    gst_tag_list_add (tags, GST_TAG_MERGE_REPLACE, GST_TAG_LANGUAGE_CODE,
        self->language, NULL);
    self->sent_language = TRUE;
  }
  if (gst_tag_list_is_empty (tags)) {
    gst_tag_list_unref (tags);
    gst_event_unref (event);
    return NULL;
  }
  replaced = gst_event_new_tag (tags);
  gst_event_set_seqnum (replaced, gst_event_get_seqnum (event));
  gst_event_unref (event);
  return replaced;
}

/* A muxer writes the language down with the first cue. */
void
gst_ssm_translate_send_language (GstSsmTranslate * self)
{
  if (self->sent_language || !self->language)
    return;
  self->sent_language = TRUE;
  gst_pad_push_event (self->srcpad,
      gst_event_new_tag (gst_tag_list_new (GST_TAG_LANGUAGE_CODE,
              self->language, NULL)));
}

/* Everything but a gap within a sentence comes after what is held. */
static gboolean
comes_after_held (GstSsmTranslate * self, GstEvent * event)
{
  GstClockTime start, duration;

  if (self->held->len == 0)
    return FALSE;
  if (GST_EVENT_TYPE (event) != GST_EVENT_GAP)
    return TRUE;
  gst_event_parse_gap (event, &start, &duration);
  if (GST_CLOCK_TIME_IS_VALID (duration))
    start += duration;
  return gst_ssm_translate_is_past_held (self, start);
}

GstFlowReturn
gst_ssm_translate_push_event (GstSsmTranslate * self, GstEvent * event,
    GCancellable * cancellable)
{
  GstEventType type = GST_EVENT_TYPE (event);
  GstFlowReturn ret = GST_FLOW_OK;

  if (type != GST_EVENT_GAP)
    ret = gst_ssm_translate_finish_partial (self, cancellable);
  if (comes_after_held (self, event)) {
    if (ret == GST_FLOW_OK)
      ret = gst_ssm_translate_push_held (self, cancellable);
  } else if (self->held->len > 0) {
    /* the held text is what there is at this time */
    gst_event_unref (event);
    return GST_FLOW_OK;
  }

  switch (type) {
    case GST_EVENT_STREAM_START:
      check_stream (self, event);
      break;
    case GST_EVENT_CAPS:
      push_caps (self, event);
      return ret;
    case GST_EVENT_SEGMENT:
      check_caps (self);
      event = take_segment (self, event);
      break;
    case GST_EVENT_TAG:
      event = replace_language (self, event);
      break;
    case GST_EVENT_GAP:
      event = take_gap (self, event);
      break;
    case GST_EVENT_EOS:
      g_signal_emit_by_name (self, "post-stats");
      if (ret != GST_FLOW_OK && ret != GST_FLOW_EOS)
        goto failed;
      break;
    default:
      break;
  }
  if (event)
    gst_pad_push_event (self->srcpad, event);
  return type == GST_EVENT_EOS ? GST_FLOW_EOS : ret;

  /* ERRORS */
failed:
  {
    /* the loop says so on the bus, then sends another */
    gst_event_unref (event);
    return ret;
  }
}
