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

/* Bytes: what is longer is no caption, and an alignment grows with its square. */
#define MAX_ALIGNED 4096

/* --- text ------------------------------------------------------------------- */

/* What the parts of a cue become, and what their words translate. A part that the engine
 * cannot read stays NULL. */
typedef struct {
  guint n;
  CueTranslation *parts;
  GArray **links;               /* of CueLink; NULL: not known */
} Translations;

static void
translations_clear (Translations * translations)
{
  for (guint i = 0; i < translations->n; i++) {
    g_free (translations->parts[i].text);
    g_clear_pointer (&translations->links[i], g_array_unref);
  }
  g_free (translations->parts);
  g_free (translations->links);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Translations, translations_clear)

static GstFlowReturn
translate_part (GstSsmTranslate * self, GstBuffer * buffer,
    const CuePart * part, GCancellable * cancellable,
    CueTranslation * translation, GArray ** links)
{
  g_autoptr (SsmtAlignment) alignment = NULL;
  g_autofree char *source = cue_part_dup_source (part);
  gboolean align = self->out_format == CUE_FORMAT_PANGO
      && cue_part_has_spans (part) && strlen (source) <= MAX_ALIGNED;
  GstFlowReturn ret;

  ret = gst_ssm_translate_translate (self, buffer, source, cancellable,
      &translation->text, align ? &alignment : NULL);
  if (alignment) {
    *links = cue_links_new (alignment);
    translation->links = (const CueLink *) (*links)->data;
    translation->n_links = (*links)->len;
  }
  return ret;
}

static GstFlowReturn
translate_parts (GstSsmTranslate * self, GstBuffer * buffer, CueText * cue,
    GCancellable * cancellable, Translations * translations)
{
  GstFlowReturn ret = GST_FLOW_OK;

  for (guint i = 0; i < cue->parts->len && ret == GST_FLOW_OK; i++) {
    const CuePart *part = cue->parts->pdata[i];

    if (part->has_letters)
      ret = translate_part (self, buffer, part, cancellable,
          &translations->parts[i], &translations->links[i]);
  }
  return ret;
}

/* The text of the new cue, or NULL with `ret` set. */
static char *
translate_text (GstSsmTranslate * self, GstBuffer * buffer, const char * text,
    gsize length, GCancellable * cancellable, GstFlowReturn * ret)
{
  g_autoptr (CueText) cue = cue_text_parse (text, length, self->in_format);
  g_auto (Translations) translations = { cue->parts->len };
  char *out = NULL;

  translations.parts = g_new0 (CueTranslation, translations.n + 1);
  translations.links = g_new0 (GArray *, translations.n + 1);
  if (length > CUE_MAX_LENGTH)
    gst_ssm_translate_warn (self, buffer, "A cue stays untranslated",
        "too long to be one");
  else
    *ret = translate_parts (self, buffer, cue, cancellable, &translations);
  if (*ret == GST_FLOW_OK)
    out = cue_text_write_aligned (cue, translations.parts, self->out_format);
  return out;
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

  text = gst_ssm_translate_dup_text (self, *buffer, &length);
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
  translated = gst_ssm_translate_new_cue (self, *buffer, out);
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

static GstClockTime
get_end (GstBuffer * buffer)
{
  GstClockTime end = GST_BUFFER_PTS (buffer);

  if (GST_CLOCK_TIME_IS_VALID (end) && GST_BUFFER_DURATION_IS_VALID (buffer))
    end += GST_BUFFER_DURATION (buffer);
  return end;
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
  GstClockTime start = GST_BUFFER_PTS (buffer), end = get_end (buffer);
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
    append_text (text, cue);
    if (GST_CLOCK_TIME_IS_VALID (get_end (cue)))
      end = MAX (end, get_end (cue));
    gst_buffer_unref (cue);
  }
  if (GST_CLOCK_TIME_IS_VALID (start) && end > start)
    GST_BUFFER_DURATION (merged) = end - start;
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
  gst_ssm_translate_note_position (self, GST_BUFFER_PTS (buffer),
      GST_BUFFER_DURATION (buffer));
}

static GstFlowReturn
translate_in_time (GstSsmTranslate * self, GstBuffer ** buffer,
    const GstSsmtSettings * settings, guint * n_cues,
    GCancellable * cancellable)
{
  GstClockTime start;
  GstFlowReturn ret;

  gst_ssm_translate_plan (self, *buffer, settings);
  gst_ssm_translate_update_params (self, *buffer, settings);
  if (self->catch_up == GST_SSMT_CATCH_UP_MERGE)
    *buffer = merge_waiting (self, *buffer, n_cues);
  note_position (self, *buffer);
  start = gst_util_get_timestamp ();
  ret = translate_cue (self, buffer, cancellable);
  if (ret == GST_FLOW_OK)
    gst_ssm_translate_note_decode (self, gst_util_get_timestamp () - start);
  return ret;
}

/* Sentence by sentence. TRUE: the buffer was taken, *ret tells more. */
static gboolean
push_by_sentence (GstSsmTranslate * self, GstBuffer * buffer, gint64 arrival,
    const GstSsmtSettings * settings, GCancellable * cancellable,
    GstFlowReturn * ret)
{
  gboolean is_sentence = gst_ssm_translate_has_words (buffer);

  if (settings->segmentation == GST_SSM_TRANSLATE_SEGMENTATION_CUE
      || !gst_ssm_translate_hold (self, buffer, arrival, settings)) {
    *ret = gst_ssm_translate_push_held (self, cancellable);
    return FALSE;
  }
  *ret = GST_FLOW_OK;
  if (is_sentence || gst_ssm_translate_is_held_complete (self))
    *ret = gst_ssm_translate_push_held (self, cancellable);
  return TRUE;
}

static GstFlowReturn
push_one (GstSsmTranslate * self, GstBuffer * buffer, gint64 arrival,
    const GstSsmtSettings * settings, GCancellable * cancellable)
{
  GstFlowReturn ret = GST_FLOW_OK;
  guint n_cues = 1;

  /* an empty cue clears the screen: nothing to read in it */
  if (gst_buffer_get_size (buffer) > 0)
    ret = translate_in_time (self, &buffer, settings, &n_cues, cancellable);
  if (ret != GST_FLOW_OK) {
    gst_buffer_unref (buffer);
    return ret;
  }
  buffer = gst_ssm_translate_schedule (self, buffer, settings);
  gst_ssm_translate_count_cues (self, n_cues, arrival);
  return gst_pad_push (self->srcpad, buffer);
}

/* Takes the item's buffer, not the item. */
GstFlowReturn
gst_ssm_translate_push_cue (GstSsmTranslate * self, GstSsmtItem * item,
    gboolean reset, GCancellable * cancellable)
{
  GstBuffer *buffer = GST_BUFFER_CAST (item->object);
  gboolean is_loss = GST_BUFFER_IS_DISCONT (buffer) && !self->is_fresh;
  GstSsmtSettings settings = gst_ssm_translate_get_settings (self);
  GstFlowReturn ret = GST_FLOW_OK;

  if (is_loss)
    ret = gst_ssm_translate_finish_partial (self, cancellable);
  if (ret != GST_FLOW_OK)
    goto failed;
  /* text that grows is one cue */
  if (reset && self->partial) {
    gst_ssm_translate_queue_reset (self);
    reset = FALSE;
  }
  if (reset || is_loss || gst_ssm_translate_is_past_held (self,
          GST_BUFFER_PTS (buffer)))
    ret = gst_ssm_translate_push_held (self, cancellable);
  if (ret != GST_FLOW_OK)
    goto failed;
  if (reset || is_loss)
    gst_ssm_translate_reset_state (self,
        reset ? "as asked or after a flush" : "discontinuity");
  /* a message can be earlier than the stream that it is about */
  if (gst_ssm_translate_is_interim (buffer) && (!self->in_caps
          || self->segment.format == GST_FORMAT_UNDEFINED))
    goto failed;
  ret = gst_ssm_translate_prepare (self);
  if (ret != GST_FLOW_OK)
    goto failed;

  self->is_fresh = FALSE;
  buffer = gst_ssm_translate_stamp (self, buffer, item->arrival);
  note_position (self, buffer);
  if (gst_ssm_translate_is_interim (buffer))
    return gst_ssm_translate_push_interim (self, buffer, item->arrival,
        &settings, cancellable);
  if (gst_ssm_translate_push_final (self, buffer, item->arrival, &settings,
          cancellable, &ret))
    return ret;
  if (push_by_sentence (self, buffer, item->arrival, &settings, cancellable,
          &ret))
    return ret;
  if (ret != GST_FLOW_OK)
    goto failed;
  return push_one (self, buffer, item->arrival, &settings, cancellable);

  /* ERRORS */
failed:
  {
    gst_buffer_unref (buffer);
    return ret;
  }
}
