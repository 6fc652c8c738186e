/* ssmtranslate: a cue
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "cue.h"
#include "cue-words.h"

#include <string.h>

#define META_NAME "SsmTranslateInterimMeta"

/* --- interim text ------------------------------------------------------------- */

void
cue_register_interim (void)
{
  static const gchar *no_tags[] = { NULL };
  static gsize done = 0;

  if (!g_once_init_enter (&done))
    return;
  if (!gst_meta_get_info (META_NAME))
    gst_meta_register_custom (META_NAME, no_tags, NULL, NULL, NULL);
  g_once_init_leave (&done, 1);
}

gboolean
cue_is_interim (GstBuffer *buffer)
{
  return gst_buffer_get_custom_meta (buffer, META_NAME) != NULL;
}

GstBuffer *
cue_new_interim (const char *text)
{
  GstBuffer *buffer = gst_buffer_new_memdup (text, strlen (text));

  gst_buffer_add_custom_meta (buffer, META_NAME);
  return buffer;
}

/* --- reading ------------------------------------------------------------------- */

static void
read_text (Cue *cue, CueFormat format)
{
  GstMapInfo map;

  if (!gst_buffer_map (cue->buffer, &map, GST_MAP_READ))
    return;
  cue->length = map.size;
  while (cue->length > 0 && map.data[cue->length - 1] == '\0')
    cue->length--;
  /* what is empty has no data */
  cue->text = g_utf8_make_valid (cue->length > 0 ? (const char *) map.data : "", cue->length);
  cue->is_repaired = strlen (cue->text) != cue->length
      || (cue->length > 0 && memcmp (cue->text, map.data, cue->length) != 0);
  gst_buffer_unmap (cue->buffer, &map);
  cue->length = strlen (cue->text);
  cue->is_too_long = cue->length > CUE_MAX_LENGTH;
  cue->parsed = cue_text_parse (cue->text, cue->length, format);
}

Cue *
cue_new (GstBuffer *buffer, gint64 arrival, CueFormat format)
{
  Cue *cue = g_new0 (Cue, 1);

  cue->buffer = buffer;
  cue->arrival = arrival;
  cue->pts = GST_BUFFER_PTS (buffer);
  cue->duration = GST_BUFFER_DURATION (buffer);
  cue->is_empty = gst_buffer_get_size (buffer) == 0;
  cue->is_interim = cue_is_interim (buffer);
  cue->is_sentence = cue_words_are_in (buffer);
  read_text (cue, format);
  return cue;
}

void
cue_free (Cue *cue)
{
  gst_clear_buffer (&cue->buffer);
  g_free (cue->text);
  g_clear_pointer (&cue->parsed, cue_text_free);
  g_free (cue);
}

const CuePart *
cue_get_only_part (const Cue *cue)
{
  return cue->parsed && cue->parsed->parts->len == 1 ? cue->parsed->parts->pdata[0] : NULL;
}

/* --- merging ------------------------------------------------------------------- */

static gboolean
begins_with_dash (GstBuffer *buffer)
{
  guint8 byte = 0;

  return gst_buffer_extract (buffer, 0, &byte, 1) == 1 && byte == '-';
}

static GstClockTime
get_end (GstClockTime pts, GstClockTime duration)
{
  if (GST_CLOCK_TIME_IS_VALID (pts) && GST_CLOCK_TIME_IS_VALID (duration))
    return pts + duration;
  return pts;
}

static void
append_text (GString *text, GstBuffer *buffer)
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

Cue *
cue_merge (Cue *cue, GstBuffer *const *buffers, guint n_buffers, CueFormat format)
{
  GstClockTime end = get_end (cue->pts, cue->duration), next;
  GString *text = g_string_new (NULL);
  GstBuffer *buffer = gst_buffer_new ();
  char *joined;
  gsize length;
  Cue *merged;

  gst_buffer_copy_into (buffer, cue->buffer, GST_BUFFER_COPY_METADATA, 0, -1);
  /* who goes on behind it goes on behind all of them */
  if (n_buffers > 0)
    GST_BUFFER_OFFSET (buffer) = GST_BUFFER_OFFSET (buffers[n_buffers - 1]);
  append_text (text, cue->buffer);
  for (guint i = 0; i < n_buffers; i++) {
    append_text (text, buffers[i]);
    next = get_end (GST_BUFFER_PTS (buffers[i]), GST_BUFFER_DURATION (buffers[i]));
    if (GST_CLOCK_TIME_IS_VALID (next))
      end = MAX (end, next);
  }
  length = text->len;
  joined = g_string_free (text, FALSE);
  gst_buffer_append_memory (
      buffer, gst_memory_new_wrapped (0, joined, length, 0, length, joined, g_free));
  merged = cue_new (buffer, cue->arrival, format);
  merged->pts = cue->pts;
  merged->duration = cue->duration;
  merged->is_speech = cue->is_speech;
  if (GST_CLOCK_TIME_IS_VALID (cue->pts) && end > cue->pts)
    merged->duration = end - cue->pts;
  cue_free (cue);
  return merged;
}

/* --- going out ------------------------------------------------------------------ */

static gboolean
says (GstBuffer *buffer, const char *text)
{
  return strlen (text) == gst_buffer_get_size (buffer)
      && gst_buffer_memcmp (buffer, 0, text, strlen (text)) == 0;
}

/* Takes the text. */
static GstBuffer *
replace_text (GstBuffer *buffer, char *text, const char *reads, const char *writes)
{
  GstBuffer *replaced = gst_buffer_new_wrapped (text, strlen (text));

  gst_buffer_copy_into (replaced, buffer, GST_BUFFER_COPY_METADATA, 0, -1);
  if (cue_words_are_in (replaced))
    cue_words_replace (replaced, text, reads, writes);
  gst_buffer_unref (buffer);
  return replaced;
}

GstBuffer *
cue_finish (Cue *cue, char *text, const char *reads, const char *writes)
{
  GstBuffer *buffer = g_steal_pointer (&cue->buffer);

  if (text && says (buffer, text))
    g_clear_pointer (&text, g_free);
  if (text)
    buffer = replace_text (buffer, text, reads, writes);
  if (GST_BUFFER_PTS (buffer) != cue->pts || GST_BUFFER_DURATION (buffer) != cue->duration) {
    buffer = gst_buffer_make_writable (buffer);
    GST_BUFFER_PTS (buffer) = cue->pts;
    GST_BUFFER_DURATION (buffer) = cue->duration;
  }
  cue_free (cue);
  return buffer;
}
