/* ssmtranslate: what the element's task does with a cue
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

/* --- trouble ---------------------------------------------------------------- */

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

/* --- settings --------------------------------------------------------------- */

static GstSsmtSettings
get_settings (GstSsmTranslate * self)
{
  GstSsmtSettings settings;

  GST_OBJECT_LOCK (self);
  settings = gst_ssmt_settings_get_values (&self->settings);
  GST_OBJECT_UNLOCK (self);
  return settings;
}

static void
update_params (GstSsmTranslate * self, GstBuffer * buffer,
    const GstSsmtSettings * settings)
{
  g_autoptr (GError) error = NULL;
  SsmtStreamParams params = self->params;

  params.context = settings->context;
  params.beam_size = gst_ssm_translate_get_beam (self, settings->beam_size);
  if (params.context == self->params.context
      && params.beam_size == self->params.beam_size)
    return;
  self->params = params;
  if (!ssmt_stream_set_params (self->stream, &params, &error))
    warn (self, buffer, "The new settings have no effect", error->message);
}

/* --- text ------------------------------------------------------------------- */

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

  GST_LOG_OBJECT (self, "%" GST_TIME_FORMAT ": \"%s\" -> \"%s\"",
      GST_TIME_ARGS (GST_BUFFER_PTS (*buffer)), text, out);
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

/* --- merging ---------------------------------------------------------------- */

static gboolean
begins_with_dash (GstBuffer * buffer)
{
  guint8 byte = 0;

  return gst_buffer_extract (buffer, 0, &byte, 1) == 1 && byte == '-';
}

static void
append_text (GString * text, GstBuffer * buffer)
{
  GstMapInfo map;

  if (!gst_buffer_map (buffer, &map, GST_MAP_READ))
    return;
  while (text->len > 0 && strchr ("\n\r ", text->str[text->len - 1]))
    g_string_truncate (text, text->len - 1);
  if (text->len > 0)
    g_string_append_c (text, begins_with_dash (buffer) ? '\n' : ' ');
  g_string_append_len (text, (const char *) map.data, map.size);
  gst_buffer_unmap (buffer, &map);
}

/* One cue of `buffer` (taken) and all that wait behind it, over the time of all. */
static GstBuffer *
merge_waiting (GstSsmTranslate * self, GstBuffer * buffer, guint * n_cues)
{
  g_autoptr (GPtrArray) cues = gst_ssm_translate_queue_take_cues (self);
  GstClockTime start = GST_BUFFER_PTS (buffer);
  GString *text;
  GstBuffer *merged;

  if (cues->len == 0)
    return buffer;
  text = g_string_new (NULL);
  append_text (text, buffer);
  merged = gst_buffer_new ();
  gst_buffer_copy_into (merged, buffer, GST_BUFFER_COPY_METADATA, 0, -1);
  gst_buffer_unref (buffer);
  for (guint i = 0; i < cues->len; i++) {
    GstBuffer *cue = GST_BUFFER_CAST (((GstSsmtItem *)
            cues->pdata[i])->object);
    GstClockTime end = GST_BUFFER_PTS (cue);

    append_text (text, cue);
    if (GST_BUFFER_DURATION_IS_VALID (cue) && GST_CLOCK_TIME_IS_VALID (end))
      end += GST_BUFFER_DURATION (cue);
    if (GST_CLOCK_TIME_IS_VALID (end) && GST_CLOCK_TIME_IS_VALID (start)
        && end > start)
      GST_BUFFER_DURATION (merged) = end - start;
    gst_buffer_unref (cue);
  }
  *n_cues += cues->len;
  gst_buffer_append_memory (merged, gst_memory_new_wrapped (0, text->str,
          text->len, 0, text->len, text->str, g_free));
  g_string_free (text, FALSE);
  return merged;
}

/* --- a cue ------------------------------------------------------------------ */

static void
note_position (GstSsmTranslate * self, GstBuffer * buffer)
{
  if (!GST_BUFFER_PTS_IS_VALID (buffer))
    return;
  self->position = GST_BUFFER_PTS (buffer);
  if (GST_BUFFER_DURATION_IS_VALID (buffer))
    self->position += GST_BUFFER_DURATION (buffer);
}

static void
count_decode (GstSsmTranslate * self, GstClockTime start, guint64 source,
    guint64 target)
{
  GstClockTime duration = gst_util_get_timestamp () - start;
  guint64 source_now, target_now;

  ssmt_stream_get_n_tokens (self->stream, &source_now, &target_now);
  gst_ssm_translate_note_decode (self, duration);
  GST_OBJECT_LOCK (self);
  self->stats.source_tokens += source_now - source;
  self->stats.target_tokens += target_now - target;
  self->stats.decoding += duration;
  GST_OBJECT_UNLOCK (self);
}

static GstFlowReturn
translate_in_time (GstSsmTranslate * self, GstBuffer ** buffer,
    const GstSsmtSettings * settings, guint * n_cues,
    GCancellable * cancellable)
{
  GstClockTime start;
  GstFlowReturn ret;
  guint64 source, target;

  gst_ssm_translate_plan (self, *buffer, settings);
  update_params (self, *buffer, settings);
  if (self->catch_up == GST_SSMT_CATCH_UP_MERGE)
    *buffer = merge_waiting (self, *buffer, n_cues);
  note_position (self, *buffer);
  ssmt_stream_get_n_tokens (self->stream, &source, &target);
  start = gst_util_get_timestamp ();
  ret = translate_cue (self, buffer, cancellable);
  if (ret == GST_FLOW_OK)
    count_decode (self, start, source, target);
  return ret;
}

static void
count_cues (GstSsmTranslate * self, guint n_cues, gint64 arrival)
{
  GstClockTime delay = MAX (g_get_monotonic_time () - arrival, 0)
      * GST_USECOND;

  GST_OBJECT_LOCK (self);
  for (guint i = 0; i < n_cues; i++)
    gst_ssmt_stats_add_cue (&self->stats, delay);
  GST_OBJECT_UNLOCK (self);
}

/* What has to be there before a cue can go out. */
static GstFlowReturn
prepare (GstSsmTranslate * self)
{
  if (!self->in_caps)
    goto not_negotiated;
  if (gst_pad_check_reconfigure (self->srcpad)
      && !gst_ssm_translate_negotiate (self)) {
    gst_pad_mark_reconfigure (self->srcpad);
    if (!gst_pad_is_linked (self->srcpad))
      return GST_FLOW_NOT_LINKED;
    goto not_negotiated;
  }
  gst_ssm_translate_send_language (self);
  return GST_FLOW_OK;

  /* ERRORS */
not_negotiated:
  {
    GST_WARNING_OBJECT (self, "no caps for this cue");
    return GST_FLOW_NOT_NEGOTIATED;
  }
}

/* Takes the item's buffer, not the item. */
GstFlowReturn
gst_ssm_translate_push_cue (GstSsmTranslate * self, GstSsmtItem * item,
    gboolean reset, GCancellable * cancellable)
{
  GstBuffer *buffer = GST_BUFFER_CAST (item->object);
  gboolean is_loss = GST_BUFFER_IS_DISCONT (buffer) && !self->is_fresh;
  GstSsmtSettings settings = get_settings (self);
  GstFlowReturn ret;
  guint n_cues = 1;

  if (reset || is_loss)
    gst_ssm_translate_reset_state (self,
        reset ? "as asked or after a flush" : "discontinuity");
  ret = prepare (self);
  if (ret != GST_FLOW_OK)
    goto failed;

  self->is_fresh = FALSE;
  buffer = gst_ssm_translate_stamp (self, buffer, item->arrival);
  note_position (self, buffer);
  /* an empty cue clears the screen: nothing to read in it */
  if (gst_buffer_get_size (buffer) > 0)
    ret = translate_in_time (self, &buffer, &settings, &n_cues, cancellable);
  if (ret != GST_FLOW_OK)
    goto failed;
  buffer = gst_ssm_translate_schedule (self, buffer, &settings);
  count_cues (self, n_cues, item->arrival);
  return gst_pad_push (self->srcpad, buffer);

  /* ERRORS */
failed:
  {
    gst_buffer_unref (buffer);
    return ret;
  }
}
