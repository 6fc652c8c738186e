/* ssmtranslate: what the element's task does with an event and with a cue
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Only the task comes here, without a lock: translating takes its time, and so
 * does downstream.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstssmtranslate.h"

#include <string.h>

#define GST_CAT_DEFAULT gst_ssm_translate_debug

/* --- events --------------------------------------------------------------- */

static void
reset_state (GstSsmTranslate * self, const char * reason)
{
  GST_DEBUG_OBJECT (self, "a new document: %s", reason);
  ssmt_stream_reset (self->stream);
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
static gboolean
negotiate (GstSsmTranslate * self)
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

static GstFlowReturn
push_caps (GstSsmTranslate * self, GstEvent * event)
{
  GstCaps *caps;

  gst_event_parse_caps (event, &caps);
  gst_caps_replace (&self->in_caps, caps);
  self->in_format = caps_get_format (caps);
  gst_event_unref (event);
  /* The pad may be flushing or not linked; a buffer finds out more. */
  if (!negotiate (self) && gst_pad_is_linked (self->srcpad))
    gst_pad_mark_reconfigure (self->srcpad);
  return GST_FLOW_OK;
}

static void
check_stream (GstSsmTranslate * self, GstEvent * event)
{
  const char *stream_id;

  gst_event_parse_stream_start (event, &stream_id);
  if (g_strcmp0 (stream_id, self->stream_id) != 0) {
    reset_state (self, "another stream");
    g_free (self->stream_id);
    self->stream_id = g_strdup (stream_id);
  }
  self->sent_language = FALSE;
  self->warned = FALSE;
}

/* Says the language of the translation in place of that of the source. NULL: nothing is left to say. */
static GstEvent *
replace_language (GstSsmTranslate * self, GstEvent * event)
{
  GstTagList *upstream, *tags;
  GstEvent *replaced;
  gboolean of_stream;

  gst_event_parse_tag (event, &upstream);
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
static void
send_language (GstSsmTranslate * self)
{
  if (self->sent_language || !self->language)
    return;
  self->sent_language = TRUE;
  gst_pad_push_event (self->srcpad,
      gst_event_new_tag (gst_tag_list_new (GST_TAG_LANGUAGE_CODE,
              self->language, NULL)));
}

GstFlowReturn
gst_ssm_translate_push_event (GstSsmTranslate * self, GstEvent * event)
{
  GstEventType type = GST_EVENT_TYPE (event);

  switch (type) {
    case GST_EVENT_STREAM_START:
      check_stream (self, event);
      break;
    case GST_EVENT_CAPS:
      return push_caps (self, event);
    case GST_EVENT_TAG:
      event = replace_language (self, event);
      break;
    case GST_EVENT_GAP:
      send_language (self);
      break;
    default:
      break;
  }
  if (event)
    gst_pad_push_event (self->srcpad, event);
  return type == GST_EVENT_EOS ? GST_FLOW_EOS : GST_FLOW_OK;
}

/* --- cues ----------------------------------------------------------------- */

/* Once a stream on the bus: a bad file has many bad cues. */
static void
warn (GstSsmTranslate * self, GstBuffer * buffer, const char * problem,
    const char * detail)
{
  GST_WARNING_OBJECT (self, "%s: %s, at %" GST_TIME_FORMAT, problem, detail,
      GST_TIME_ARGS (GST_BUFFER_PTS (buffer)));
  if (self->warned)
    return;
  self->warned = TRUE;
  GST_ELEMENT_WARNING (self, STREAM, DECODE, ("%s", problem),
      ("%s, at %" GST_TIME_FORMAT, detail,
          GST_TIME_ARGS (GST_BUFFER_PTS (buffer))));
}

static void
update_params (GstSsmTranslate * self, GstBuffer * buffer)
{
  g_autoptr (GError) error = NULL;
  SsmtStreamParams params;

  gst_ssm_translate_get_params (self, &params);
  if (params.context == self->params.context
      && params.beam_size == self->params.beam_size)
    return;
  self->params = params;
  if (!ssmt_stream_set_params (self->stream, &params, &error))
    warn (self, buffer, "The new settings have no effect", error->message);
}

/* Valid UTF-8 without NUL, or NULL where the buffer cannot be read. */
static char *
dup_text (GstSsmTranslate * self, GstBuffer * buffer, gsize * length)
{
  GstMapInfo map;
  char *text;

  if (!gst_buffer_map (buffer, &map, GST_MAP_READ))
    return NULL;
  *length = map.size;
  while (*length > 0 && map.data[*length - 1] == '\0')
    (*length)--;
  text = g_utf8_make_valid ((const char *) map.data, *length);
  if (strlen (text) != *length || memcmp (text, map.data, *length) != 0)
    warn (self, buffer, "A cue is not valid UTF-8",
        "what is not became U+FFFD");
  gst_buffer_unmap (buffer, &map);
  *length = strlen (text);
  return text;
}

static void
post_error (GstSsmTranslate * self, GError * error)
{
  if (g_error_matches (error, SSMT_ERROR, SSMT_ERROR_MEMORY))
    GST_ELEMENT_ERROR (self, RESOURCE, NO_SPACE_LEFT, ("%s", error->message),
        (NULL));
  else
    GST_ELEMENT_ERROR (self, LIBRARY, FAILED, ("%s", error->message), (NULL));
}

/* Translates what there is to translate; a part that the engine cannot read
 * stays NULL. */
static GstFlowReturn
translate_parts (GstSsmTranslate * self, GstBuffer * buffer, CueText * cue,
    GCancellable * cancellable, char **translations)
{
  for (guint i = 0; i < cue->parts->len; i++) {
    const CuePart *part = cue->parts->pdata[i];
    g_autofree char *source = NULL;
    g_autoptr (GError) error = NULL;

    if (!part->has_letters)
      continue;
    source = cue_part_dup_source (part);
    translations[i] = ssmt_stream_translate (self->stream, source, cancellable,
        &error);
    if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
      return GST_FLOW_FLUSHING;
    /* a model that found no words must not blank the screen */
    if (translations[i] && g_strchug (translations[i])[0] == '\0')
      g_clear_pointer (&translations[i], g_free);
    if (g_error_matches (error, SSMT_ERROR, SSMT_ERROR_TEXT)) {
      warn (self, buffer, "A cue stays untranslated", error->message);
    } else if (error) {
      post_error (self, error);
      return GST_FLOW_ERROR;
    }
  }
  return GST_FLOW_OK;
}

/* The text of the new cue, or NULL with `ret` set. */
static char *
translate_text (GstSsmTranslate * self, GstBuffer * buffer, const char * text,
    gsize length, GCancellable * cancellable, GstFlowReturn * ret)
{
  g_autoptr (CueText) cue = cue_text_parse (text, length, self->in_format);
  g_autoptr (GPtrArray) translations = g_ptr_array_new_with_free_func (g_free);
  char *out = NULL;

  g_ptr_array_set_size (translations, cue->parts->len);
  if (length > CUE_MAX_LENGTH)
    warn (self, buffer, "A cue stays untranslated", "too long to be one");
  else
    *ret = translate_parts (self, buffer, cue, cancellable,
        (char **) translations->pdata);
  if (*ret == GST_FLOW_OK)
    out = cue_text_write (cue, (char **) translations->pdata,
        self->out_format);
  return out;
}

/* A buffer with `text` (taken) and everything else that the cue had. */
static GstBuffer *
new_cue (GstBuffer * buffer, char *text)
{
  GstBuffer *cue = gst_buffer_new_wrapped (text, strlen (text));

  gst_buffer_copy_into (cue, buffer, GST_BUFFER_COPY_METADATA, 0, -1);
  return cue;
}

static GstFlowReturn
translate_cue (GstSsmTranslate * self, GstBuffer ** buffer,
    GCancellable * cancellable)
{
  GstClockTime start = gst_util_get_timestamp ();
  GstFlowReturn ret = GST_FLOW_OK;
  g_autofree char *text = NULL;
  GstBuffer *translated;
  gsize length;
  char *out;

  text = dup_text (self, *buffer, &length);
  if (!text)
    goto no_text;
  out = translate_text (self, *buffer, text, length, cancellable, &ret);
  if (!out)
    return ret;

  GST_LOG_OBJECT (self, "%" GST_TIME_FORMAT " in %" GST_TIME_FORMAT
      ": \"%s\" -> \"%s\"", GST_TIME_ARGS (GST_BUFFER_PTS (*buffer)),
      GST_TIME_ARGS (gst_util_get_timestamp () - start), text, out);
  if (strlen (out) == gst_buffer_get_size (*buffer)
      && gst_buffer_memcmp (*buffer, 0, out, strlen (out)) == 0) {
    g_free (out);
    return GST_FLOW_OK;
  }
  translated = new_cue (*buffer, out);
  gst_buffer_unref (*buffer);
  *buffer = translated;
  return GST_FLOW_OK;

  /* ERRORS */
no_text:
  {
    GST_ELEMENT_ERROR (self, RESOURCE, READ, ("A cue cannot be read."),
        ("mapping %" GST_PTR_FORMAT " failed", *buffer));
    return GST_FLOW_ERROR;
  }
}

GstFlowReturn
gst_ssm_translate_push_cue (GstSsmTranslate * self, GstBuffer * buffer,
    gboolean reset, GCancellable * cancellable)
{
  gboolean is_loss = GST_BUFFER_IS_DISCONT (buffer) && !self->is_fresh;
  GstFlowReturn ret = GST_FLOW_OK;

  if (reset || is_loss)
    reset_state (self, reset ? "after a flush" : "discontinuity");
  if (!self->in_caps)
    goto not_negotiated;
  if (gst_pad_check_reconfigure (self->srcpad) && !negotiate (self)) {
    gst_pad_mark_reconfigure (self->srcpad);
    if (!gst_pad_is_linked (self->srcpad))
      goto not_linked;
    goto not_negotiated;
  }
  send_language (self);

  self->is_fresh = FALSE;
  /* an empty cue clears the screen: nothing to read in it */
  if (gst_buffer_get_size (buffer) > 0) {
    update_params (self, buffer);
    ret = translate_cue (self, &buffer, cancellable);
  }
  if (ret != GST_FLOW_OK) {
    gst_buffer_unref (buffer);
    return ret;
  }
  return gst_pad_push (self->srcpad, buffer);

  /* ERRORS */
not_linked:
  {
    gst_buffer_unref (buffer);
    return GST_FLOW_NOT_LINKED;
  }
not_negotiated:
  {
    GST_WARNING_OBJECT (self, "no caps for this cue");
    gst_buffer_unref (buffer);
    return GST_FLOW_NOT_NEGOTIATED;
  }
}
