/* ssmtranslate: what the element's task does with an event
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Only the task comes here, without a lock: downstream takes its time.
 */
#include "gstssmtranslate.h"

#include <gst/tag/tag.h>

#include <string.h>

#define GST_CAT_DEFAULT gst_ssm_translate_debug

/* --- documents -------------------------------------------------------------- */

void
gst_ssm_translate_drop_growing (GstSsmTranslate *self)
{
  g_auto (CueChange) change = { NULL };

  /* who shows it must not keep what will never come */
  if (cue_growing_show (self->growing, "", "", TRUE, &change))
    gst_ssm_translate_post_partial (
        self, &change, "", "", TRUE, cue_growing_get_pts (self->growing));
  cue_growing_clear (self->growing);
  cue_translator_drop_growing (self->translator);
}

void
gst_ssm_translate_begin_document (GstSsmTranslate *self, const char *reason)
{
  GST_DEBUG_OBJECT (self, "a new document: %s", reason);
  gst_ssm_translate_drop_growing (self);
  cue_translator_reset (self->translator);
  cue_keep_note (&self->keep, 0);
  if (!self->track.is_fresh)
    gst_ssmt_stats_add_reset (self->stats);
  self->track.is_fresh = TRUE;
}

/* --- caps --------------------------------------------------------------------- */

static CueFormat
caps_get_format (GstCaps *caps)
{
  const char *format = gst_structure_get_string (gst_caps_get_structure (caps, 0), "format");

  return g_strcmp0 (format, "pango-markup") == 0 ? CUE_FORMAT_PANGO : CUE_FORMAT_UTF8;
}

/* Upstream's caps with the format that downstream takes: the same if it can. */
static gboolean
negotiate (GstSsmTranslate *self)
{
  static const char *const formats[] = { "utf8", "pango-markup" };
  g_autoptr (GstCaps) peer = gst_pad_peer_query_caps (self->srcpad, NULL);
  g_autoptr (GstCaps) current = NULL, caps = NULL;
  CueFormat format = self->track.in;

  caps = gst_caps_copy (self->track.caps);
  for (guint i = 0; !gst_caps_can_intersect (caps, peer); i++) {
    if (i == 1)
      goto no_format;
    format = format == CUE_FORMAT_UTF8 ? CUE_FORMAT_PANGO : CUE_FORMAT_UTF8;
    gst_caps_set_simple (caps, "format", G_TYPE_STRING, formats[format], NULL);
  }

  self->track.out = format;
  current = gst_pad_get_current_caps (self->srcpad);
  if (current && gst_caps_is_equal (current, caps))
    return TRUE;
  GST_DEBUG_OBJECT (self, "%" GST_PTR_FORMAT " -> %" GST_PTR_FORMAT, self->track.caps, caps);
  return gst_pad_push_event (self->srcpad, gst_event_new_caps (caps));

  /* ERRORS */
no_format : {
  GST_WARNING_OBJECT (
      self, "%" GST_PTR_FORMAT " is nothing for %" GST_PTR_FORMAT, self->track.caps, peer);
  return FALSE;
}
}

static void
set_caps (GstSsmTranslate *self, GstCaps *caps)
{
  gst_caps_replace (&self->track.caps, caps);
  self->track.in = caps_get_format (caps);
  /* The pad may be flushing or not linked; a buffer finds out more. */
  if (!negotiate (self) && gst_pad_is_linked (self->srcpad))
    gst_pad_mark_reconfigure (self->srcpad);
}

static gboolean
is_plain (GstCaps *caps)
{
  return !gst_caps_is_any (caps) && gst_caps_get_size (caps) > 0
      && gst_structure_has_name (gst_caps_get_structure (caps, 0), "text/plain");
}

/* What a recogniser of speech would have said. */
static void
make_up_caps (GstSsmTranslate *self)
{
  g_autoptr (GstCaps) caps =
      gst_caps_new_simple ("text/x-raw", "format", G_TYPE_STRING, "utf8", NULL);

  GST_DEBUG_OBJECT (self, "plain text, as from a recogniser of speech");
  self->track.is_speech = TRUE;
  set_caps (self, caps);
}

static GstEvent *
take_caps (GstSsmTranslate *self, GstEvent *event)
{
  GstCaps *caps;

  gst_event_parse_caps (event, &caps);
  if (is_plain (caps)) {
    make_up_caps (self);
  } else {
    self->track.is_speech = FALSE;
    set_caps (self, caps);
  }
  gst_event_unref (event);
  return NULL;
}

/* No caps have come before the segment: none will, from who speaks plain text. */
static void
check_caps (GstSsmTranslate *self)
{
  g_autoptr (GstCaps) caps = NULL;

  if (self->track.caps)
    return;
  caps = gst_pad_peer_query_caps (self->sinkpad, NULL);
  if (is_plain (caps))
    make_up_caps (self);
}

/* --- segments --------------------------------------------------------------- */

/* With the lateness in its base: all that follows is shown so much later. */
static GstEvent *
take_segment (GstSsmTranslate *self, GstEvent *event)
{
  guint lateness = gst_ssm_translate_get_settings (self).lateness;
  GstEvent *shifted;
  GstSegment segment;

  check_caps (self);
  gst_event_copy_segment (event, &segment);
  if (cue_pacer_take_segment (&self->pacer, &segment, lateness))
    gst_ssm_translate_begin_document (self, "the segment is elsewhere");
  if (segment.format != GST_FORMAT_TIME)
    GST_WARNING_OBJECT (self,
        "the segment is not in time: text is translated, "
        "but there is no latency, no lateness and no catching up");
  if (self->pacer.shift == 0)
    return event;
  shifted = gst_event_new_segment (&segment);
  gst_event_set_seqnum (shifted, gst_event_get_seqnum (event));
  gst_event_set_running_time_offset (shifted, gst_event_get_running_time_offset (event));
  gst_event_unref (event);
  return shifted;
}

/* A muxer writes the language down with the first cue. */
static void
send_language (GstSsmTranslate *self)
{
  const char *language = cue_translator_get_writes (self->translator);

  if (self->track.sent_language || !language)
    return;
  self->track.sent_language = TRUE;
  gst_pad_push_event (
      self->srcpad, gst_event_new_tag (gst_tag_list_new (GST_TAG_LANGUAGE_CODE, language, NULL)));
}

/* A gap has to be where the text around it is. */
static GstEvent *
take_gap (GstSsmTranslate *self, GstEvent *event)
{
  guint latency = gst_ssm_translate_get_settings (self).latency;
  GstClockTime start, duration, position;
  CueMoment moment;
  GstEvent *gap;

  gst_event_parse_gap (event, &start, &duration);
  cue_pacer_note_position (&self->pacer, start, duration);
  send_language (self);
  if (latency != CUE_PACER_UNSYNCHRONISED)
    return event;
  moment = gst_ssm_translate_get_moment (self, latency);
  position = cue_pacer_get_free_position (&self->pacer, &moment);
  if (!GST_CLOCK_TIME_IS_VALID (position))
    return event;
  gap = gst_event_new_gap (position, duration);
  gst_event_set_seqnum (gap, gst_event_get_seqnum (event));
  gst_event_unref (event);
  return gap;
}

/* --- streams and languages --------------------------------------------------- */

char *
gst_ssm_translate_language_code (const char *code)
{
  g_autofree char *language = NULL;
  const char *iso;

  if (!code || !*code)
    return NULL;
  language = g_ascii_strdown (code, strcspn (code, "-_"));
  iso = gst_tag_get_language_code_iso_639_1 (language);
  return iso ? g_strdup (iso) : g_steal_pointer (&language);
}

/* The text has the language of its tags where these name one. */
void
gst_ssm_translate_update_languages (GstSsmTranslate *self)
{
  cue_hold_set_languages (self->hold,
      self->track.tag_language ? self->track.tag_language
                               : cue_translator_get_reads (self->translator),
      cue_translator_get_writes (self->translator));
}

static GstEvent *
take_stream (GstSsmTranslate *self, GstEvent *event)
{
  const char *stream_id;

  gst_event_parse_stream_start (event, &stream_id);
  if (g_strcmp0 (stream_id, self->track.stream_id) != 0) {
    gst_ssm_translate_begin_document (self, "another stream");
    cue_translator_begin_stream (self->translator);
    g_free (self->track.stream_id);
    self->track.stream_id = g_strdup (stream_id);
  }
  self->track.sent_language = FALSE;
  self->track.warned = FALSE;
  self->track.warned_context = FALSE;
  g_clear_pointer (&self->track.tag_language, g_free);
  gst_ssm_translate_update_languages (self);
  return event;
}

static gboolean
is_language_set (GstSsmTranslate *self)
{
  gboolean is_set;

  GST_OBJECT_LOCK (self);
  is_set = self->settings.input_language_code != NULL;
  GST_OBJECT_UNLOCK (self);
  return is_set;
}

/* Warns once a stream where tags name a language that the model does not read. The property
 * knows better than tags: files without a language are tagged as English. So does text that is looked at. */
static void
check_language (GstSsmTranslate *self, GstTagList *tags)
{
  g_autofree char *code = NULL, *language = NULL;
  const char *reads;

  if (!gst_tag_list_get_string (tags, GST_TAG_LANGUAGE_CODE, &code))
    return;
  language = gst_ssm_translate_language_code (code);
  if (language && !g_str_equal (language, "und")
      && cue_translator_expect (self->translator, language))
    gst_ssm_translate_update_languages (self);
  if (!language || is_language_set (self) || g_strcmp0 (language, self->track.tag_language) == 0)
    return;
  g_free (self->track.tag_language);
  self->track.tag_language = g_strdup (language);
  gst_ssm_translate_update_languages (self);
  reads = cue_translator_get_reads (self->translator);
  if (!reads || g_str_equal (language, reads) || g_str_equal (language, "und"))
    return;
  GST_ELEMENT_WARNING (self, STREAM, FORMAT,
      ("The text is tagged as \"%s\", the model reads \"%s\".", language, reads),
      ("set input-language-code to \"%s\" where the tag is wrong, or "
       "model-path to a model of that language",
          reads));
}

/* Says the language of the translation in place of that of the source. */
static GstEvent *
take_tags (GstSsmTranslate *self, GstEvent *event)
{
  const char *language = cue_translator_get_writes (self->translator);
  GstTagList *upstream, *tags;
  GstEvent *replaced = NULL;

  gst_event_parse_tag (event, &upstream);
  check_language (self, upstream);
  tags = gst_tag_list_copy (upstream);
  gst_tag_list_remove_tag (tags, GST_TAG_LANGUAGE_CODE);
  gst_tag_list_remove_tag (tags, GST_TAG_LANGUAGE_NAME);
  if (gst_tag_list_get_scope (tags) == GST_TAG_SCOPE_STREAM && language) {
    gst_tag_list_add (tags, GST_TAG_MERGE_REPLACE, GST_TAG_LANGUAGE_CODE, language, NULL);
    self->track.sent_language = TRUE;
  }
  if (!gst_tag_list_is_empty (tags)) {
    replaced = gst_event_new_tag (gst_tag_list_ref (tags));
    gst_event_set_seqnum (replaced, gst_event_get_seqnum (event));
  }
  gst_tag_list_unref (tags);
  gst_event_unref (event);
  return replaced;
}

/* --- from the task --------------------------------------------------------------- */

GstEvent *
gst_ssm_translate_take_event (GstSsmTranslate *self, GstEvent *event)
{
  switch (GST_EVENT_TYPE (event)) {
    case GST_EVENT_STREAM_START:
      return take_stream (self, event);
    case GST_EVENT_CAPS:
      return take_caps (self, event);
    case GST_EVENT_SEGMENT:
      return take_segment (self, event);
    case GST_EVENT_TAG:
      return take_tags (self, event);
    case GST_EVENT_GAP:
      return take_gap (self, event);
    default:
      return event;
  }
}

GstFlowReturn
gst_ssm_translate_prepare (GstSsmTranslate *self)
{
  if (!self->track.caps)
    goto not_negotiated;
  if (self->pacer.segment.format == GST_FORMAT_UNDEFINED)
    goto no_segment;
  if (gst_pad_check_reconfigure (self->srcpad) && !negotiate (self)) {
    gst_pad_mark_reconfigure (self->srcpad);
    if (!gst_pad_is_linked (self->srcpad))
      return GST_FLOW_NOT_LINKED;
    goto not_negotiated;
  }
  send_language (self);
  return GST_FLOW_OK;

  /* ERRORS */
not_negotiated : {
  GST_WARNING_OBJECT (self, "no caps for this cue");
  return GST_FLOW_NOT_NEGOTIATED;
}
no_segment : {
  GST_ELEMENT_ERROR (self, CORE, EVENT, ("Text came before its segment."), (NULL));
  return GST_FLOW_ERROR;
}
}
