/* ssmtranslate: text for the engine, and from it
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What single cues and sentences over many have in common. Only the task comes
 * here, without a lock.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstssmtranslate.h"

#include <string.h>

#define GST_CAT_DEFAULT gst_ssm_translate_debug

/* --- trouble ---------------------------------------------------------------- */

/* Once a stream on the bus: a bad file has many bad cues. */
void
gst_ssm_translate_warn (GstSsmTranslate * self, GstBuffer * buffer, const char * problem,
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

GstSsmtSettings
gst_ssm_translate_get_settings (GstSsmTranslate * self)
{
  GstSsmtSettings settings;

  GST_OBJECT_LOCK (self);
  settings = gst_ssmt_settings_get_values (&self->settings);
  GST_OBJECT_UNLOCK (self);
  return settings;
}

void
gst_ssm_translate_update_params (GstSsmTranslate * self, GstBuffer * buffer,
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
    gst_ssm_translate_warn (self, buffer, "The new settings have no effect", error->message);
}

/* --- text ------------------------------------------------------------------- */

/* Valid UTF-8 without NUL, or NULL where the buffer cannot be read. */
char *
gst_ssm_translate_dup_text (GstSsmTranslate * self, GstBuffer * buffer, gsize * length)
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
    gst_ssm_translate_warn (self, buffer, "A cue is not valid UTF-8",
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
  else if (g_error_matches (error, SSMT_ERROR, SSMT_ERROR_DEVICE))
    GST_ELEMENT_ERROR (self, RESOURCE, FAILED, ("%s", error->message), (NULL));
  else
    GST_ELEMENT_ERROR (self, LIBRARY, FAILED, ("%s", error->message), (NULL));
}

/* Speech as recognisers write it, "go forward ten meters", in the form that models
 * have learnt to read. NULL: it has that form already. */
static char *
dup_as_sentence (const char * text)
{
  g_autofree char *first = NULL;
  gunichar c = g_utf8_get_char (text), last;

  for (const char *p = text; *p; p = g_utf8_next_char (p)) {
    if (g_unichar_isupper (g_utf8_get_char (p)))
      return NULL;
  }
  first = g_new0 (char, 7);
  g_unichar_to_utf8 (g_unichar_toupper (c), first);
  last = g_utf8_get_char (g_utf8_prev_char (text + strlen (text)));
  return g_strconcat (first, g_utf8_next_char (text),
      g_unichar_ispunct (last) ? "" : ".", NULL);
}

static void
count_decode (GstSsmTranslate * self, GstClockTime start, guint64 source,
    guint64 target)
{
  GstClockTime duration = gst_util_get_timestamp () - start;
  guint64 source_now, target_now;

  ssmt_stream_get_n_tokens (self->stream, &source_now, &target_now);
  GST_OBJECT_LOCK (self);
  self->stats.source_tokens += source_now - source;
  self->stats.target_tokens += target_now - target;
  self->stats.decoding += duration;
  GST_OBJECT_UNLOCK (self);
}

/* TRUE where the engine failed for a document that is too long for it: a new one has begun
 * and the cue is worth another try. */
static gboolean
begin_again (GstSsmTranslate * self, GError ** error)
{
  if (!g_error_matches (*error, SSMT_ERROR, SSMT_ERROR_CONTEXT))
    return FALSE;
  GST_INFO_OBJECT (self, "a new document begins: %s", (*error)->message);
  if (!self->warned_context)
    GST_ELEMENT_WARNING (self, LIBRARY, SETTINGS,
        ("The model's memory of the document is full, a new document begins"),
        ("%s", (*error)->message));
  self->warned_context = TRUE;
  g_clear_error (error);
  ssmt_stream_reset (self->stream);
  return TRUE;
}

/* What is wrong with the text, not with the engine. */
static gboolean
is_about_text (const GError * error)
{
  return g_error_matches (error, SSMT_ERROR, SSMT_ERROR_TEXT)
      || g_error_matches (error, SSMT_ERROR, SSMT_ERROR_CONTEXT);
}

/* One segment for the engine. *translation is NULL where it cannot read it or finds no words:
 * the caller keeps what it has. `alignment` may be NULL, without it is faster. */
GstFlowReturn
gst_ssm_translate_translate (GstSsmTranslate * self, GstBuffer * buffer,
    const char * source, GCancellable * cancellable, char ** translation,
    SsmtAlignment ** alignment)
{
  GstClockTime start = gst_util_get_timestamp ();
  g_autofree char *sentence = NULL;
  g_autoptr (GError) error = NULL;
  guint64 source_tokens, target_tokens;

  ssmt_stream_get_n_tokens (self->stream, &source_tokens, &target_tokens);
  if (self->made_up)
    sentence = dup_as_sentence (source);
  *translation = ssmt_stream_translate_aligned (self->stream,
      sentence ? sentence : source, alignment, cancellable, &error);
  if (begin_again (self, &error))
    *translation = ssmt_stream_translate_aligned (self->stream,
        sentence ? sentence : source, alignment, cancellable, &error);
  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    return GST_FLOW_FLUSHING;
  count_decode (self, start, source_tokens, target_tokens);
  /* a model that found no words must not blank the screen */
  if (*translation && g_strchug (*translation)[0] == '\0')
    g_clear_pointer (translation, g_free);
  if (is_about_text (error)) {
    gst_ssm_translate_warn (self, buffer, "A cue stays untranslated",
        error->message);
  } else if (error) {
    post_error (self, error);
    return GST_FLOW_ERROR;
  }
  return GST_FLOW_OK;
}

/* The same for text that still grows. Both strings are "" where the engine cannot read it. */
GstFlowReturn
gst_ssm_translate_revise (GstSsmTranslate * self, GstBuffer * buffer,
    const char * source, gboolean is_final, SsmtPolicy policy,
    GCancellable * cancellable, char ** committed, char ** tail)
{
  GstClockTime start = gst_util_get_timestamp ();
  g_autoptr (GError) error = NULL;
  guint64 source_tokens, target_tokens;

  ssmt_stream_get_n_tokens (self->stream, &source_tokens, &target_tokens);
  ssmt_stream_revise (self->stream, source, is_final, policy, committed, tail,
      cancellable, &error);
  if (begin_again (self, &error))
    ssmt_stream_revise (self->stream, source, is_final, policy, committed,
        tail, cancellable, &error);
  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    return GST_FLOW_FLUSHING;
  count_decode (self, start, source_tokens, target_tokens);
  if (!error)
    return GST_FLOW_OK;
  if (!is_about_text (error)) {
    post_error (self, error);
    return GST_FLOW_ERROR;
  }
  gst_ssm_translate_warn (self, buffer, "A cue stays untranslated",
      error->message);
  *committed = g_strdup (is_final ? source : "");
  *tail = g_strdup ("");
  return GST_FLOW_OK;
}

/* --- cues ------------------------------------------------------------------- */

/* A buffer with `text` (taken) and everything else that the cue had. */
GstBuffer *
gst_ssm_translate_new_cue (GstSsmTranslate * self, GstBuffer * buffer,
    char *text)
{
  GstBuffer *cue = gst_buffer_new_wrapped (text, strlen (text));

  gst_buffer_copy_into (cue, buffer, GST_BUFFER_COPY_METADATA, 0, -1);
  if (gst_ssm_translate_has_words (cue))
    gst_ssm_translate_replace_words (self, cue, text);
  return cue;
}

void
gst_ssm_translate_count_cues (GstSsmTranslate * self, guint n_cues, gint64 arrival)
{
  GstClockTime delay = MAX (g_get_monotonic_time () - arrival, 0)
      * GST_USECOND;

  GST_OBJECT_LOCK (self);
  for (guint i = 0; i < n_cues; i++)
    gst_ssmt_stats_add_cue (&self->stats, delay);
  GST_OBJECT_UNLOCK (self);
}

/* What has to be there before a cue can go out. */
GstFlowReturn
gst_ssm_translate_prepare (GstSsmTranslate * self)
{
  if (!self->in_caps)
    goto not_negotiated;
  if (self->segment.format == GST_FORMAT_UNDEFINED)
    goto no_segment;
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
no_segment:
  {
    GST_ELEMENT_ERROR (self, CORE, EVENT, ("Text came before its segment."),
        (NULL));
    return GST_FLOW_ERROR;
  }
}
