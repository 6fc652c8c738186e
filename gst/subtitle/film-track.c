/* ssm-subtitle: a text track and its translations
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Matroska keeps an event of ASS as "ReadOrder,Layer,Style,Name,MarginL,MarginR,MarginV,Effect,Text"
 * (https://www.matroska.org/technical/subtitles.html), without its times.
 */
#include <string.h>

#include <gst/app/gstappsrc.h>
#include <gst/tag/tag.h>

#include "film.h"
#include "format-ass.h"
#include "format-srt.h"
#include "inline.h"

#define ASS_COMMAS 8
/* A text that does not say how long it stands: as long as it takes to read. */
#define UNKNOWN_DURATION (2 * GST_SECOND)

static gboolean
is_ass (const SubTrack *track)
{
  const GstStructure *structure = gst_caps_get_structure (track->caps, 0);

  return gst_structure_has_name (structure, "application/x-ass")
      || gst_structure_has_name (structure, "application/x-ssa");
}

static gboolean
is_text (const SubTrack *track)
{
  return gst_structure_has_name (gst_caps_get_structure (track->caps, 0), "text/x-raw");
}

static GstClockTime
buffer_end (const SubTrack *track, guint i)
{
  GstBuffer *buffer = track->buffers->pdata[i];

  if (!GST_BUFFER_PTS_IS_VALID (buffer))
    return GST_CLOCK_TIME_NONE;
  if (GST_BUFFER_DURATION_IS_VALID (buffer))
    return GST_BUFFER_PTS (buffer) + GST_BUFFER_DURATION (buffer);
  return GST_BUFFER_PTS (buffer) + UNKNOWN_DURATION;
}

/* What the buffer holds as a string; bytes that are no UTF-8 are replaced. */
static char *
dup_text (GstBuffer *buffer)
{
  GstMapInfo map;
  char *text;

  if (!gst_buffer_map (buffer, &map, GST_MAP_READ))
    return g_strdup ("");
  text = g_utf8_make_valid ((const char *) map.data, strnlen ((const char *) map.data, map.size));
  gst_buffer_unmap (buffer, &map);
  return text;
}

static char *
time_text (GstClockTime time, gboolean ass)
{
  guint64 ms;

  if (!GST_CLOCK_TIME_IS_VALID (time))
    time = 0;
  ms = (time + GST_MSECOND / 2) / GST_MSECOND;
  if (ass)
    return g_strdup_printf ("%" G_GUINT64_FORMAT ":%02u:%02u.%02u", ms / 3600000,
        (guint) (ms / 60000 % 60), (guint) (ms / 1000 % 60), (guint) (ms / 10 % 100));
  return g_strdup_printf ("%02" G_GUINT64_FORMAT ":%02u:%02u,%03u", ms / 3600000,
      (guint) (ms / 60000 % 60), (guint) (ms / 1000 % 60), (guint) (ms % 1000));
}

/* --- documents ------------------------------------------------------------ */

static void
add_srt_cue (SubTrack *track, guint i)
{
  GstBuffer *buffer = track->buffers->pdata[i];
  GstClockTime end = buffer_end (track, i);
  g_autofree char *text = dup_text (buffer);
  g_autofree char *from = time_text (GST_BUFFER_PTS (buffer), FALSE);
  g_autofree char *to = time_text (end, FALSE);

  g_strstrip (text);
  sub_document_add_piece (
      track->document, g_strdup_printf ("%u\n%s --> %s\n", i + 1, from, to), -1);
  sub_srt_read_text (track->document, text, strlen (text), GST_BUFFER_PTS (buffer), end);
  sub_document_add_piece (track->document, g_strdup ("\n\n"), -1);
}

/* Where the text of an event begins. */
static const char *
find_ass_text (const char *event)
{
  for (guint i = 0; i < ASS_COMMAS; i++) {
    event = strchr (event, ',');
    if (!event)
      return NULL;
    event++;
  }
  return event;
}

static void
add_ass_cue (SubTrack *track, guint i)
{
  GstBuffer *buffer = track->buffers->pdata[i];
  GstClockTime end = buffer_end (track, i);
  g_autofree char *event = dup_text (buffer);
  g_autofree char *from = time_text (GST_BUFFER_PTS (buffer), TRUE);
  g_autofree char *to = time_text (end, TRUE);
  const char *text = find_ass_text (event);
  g_auto (GStrv) fields = g_strsplit (event, ",", 3);

  if (!text) {
    sub_document_add_piece (track->document, g_strdup (event), i);
    return;
  }
  sub_document_add_piece (track->document,
      g_strdup_printf ("Dialogue: %s,%s,%s,%.*s", fields[1], from, to,
          (int) (text - event - strlen (fields[0]) - strlen (fields[1]) - 2), fields[2]),
      -1);
  sub_ass_read_text (track->document, text, strlen (text), GST_BUFFER_PTS (buffer), end);
  sub_document_add_piece (track->document, g_strdup ("\n"), -1);
}

/* Styles and all that stands before the events. */
static char *
dup_ass_header (const SubTrack *track)
{
  const GValue *value =
      gst_structure_get_value (gst_caps_get_structure (track->caps, 0), "codec_data");
  g_autofree char *header =
      value && GST_VALUE_HOLDS_BUFFER (value) ? dup_text (gst_value_get_buffer (value)) : NULL;

  if (!header)
    header = g_strdup ("[Script Info]\nScriptType: v4.00+\n");
  g_strchomp (header);
  if (strstr (header, "[Events]"))
    return g_strconcat (header, "\n", NULL);
  return g_strconcat (header,
      "\n\n[Events]\nFormat: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, "
      "Text\n",
      NULL);
}

gboolean
sub_track_read_document (SubTrack *track)
{
  if (track->document)
    return TRUE;
  if (!is_ass (track) && !is_text (track))
    return FALSE;
  track->document = sub_document_new (is_ass (track) ? &sub_format_ass : &sub_format_srt);
  if (is_ass (track))
    sub_document_add_piece (track->document, dup_ass_header (track), -1);
  for (guint i = 0; i < track->buffers->len; i++) {
    if (is_ass (track))
      add_ass_cue (track, i);
    else
      add_srt_cue (track, i);
  }
  return TRUE;
}

/* --- Pango --------------------------------------------------------------- */

/* What a tag of SubRip is to Pango, or "". */
static char *
dup_pango_tag (const char *tag)
{
  static const char *const same[] = { "<b>", "<i>", "<s>", "<u>", NULL };
  const char *color = strstr (tag, "color=");
  gsize n;

  if (g_strv_contains (same, tag))
    return g_strdup (tag);
  if (!color)
    return g_strdup ("");
  color += strlen ("color=");
  color += strspn (color, "\"'");
  n = strcspn (color, "\"'> ");
  if (color[0] != '#' || strspn (color + 1, "0123456789abcdefABCDEF") != 6 || n != 7)
    return g_strdup ("");
  return g_strdup_printf ("<span foreground=\"%.7s\">", color);
}

static void
append_pango (GString *out, const SubUnit *unit, const char *markup)
{
  g_autoptr (GArray) tokens = sub_text_tokens (markup);

  for (guint i = 0; i < tokens->len; i++) {
    const SubToken *token = &g_array_index (tokens, SubToken, i);
    g_autofree char *tag = NULL;

    if (!token->opens && !token->closes) {
      sub_write_escaped (out, token->c);
      continue;
    }
    tag = dup_pango_tag (sub_text_get_open (unit->text, token->span));
    if (tag[0] && token->closes)
      g_string_append (out, tag[2] == '>' ? "</" : "</span>");
    if (tag[0] && token->closes && tag[2] == '>')
      g_string_append (out, tag + 1);
    else if (token->opens)
      g_string_append (out, tag);
  }
}

char *
sub_track_dup_pango (const SubTrack *track, guint cue, char *const *markups)
{
  const SubDocument *document = track->document;
  GString *out = g_string_new (NULL);

  for (guint i = 0; i < document->pieces->len; i++) {
    const SubPiece *piece = &g_array_index (document->pieces, SubPiece, i);
    const SubUnit *unit;

    if (piece->cue != (gint) cue || piece->unit < 0)
      continue;
    unit = &g_array_index (document->units, SubUnit, piece->unit);
    if (out->len > 0)
      g_string_append_c (out, '\n');
    append_pango (out, unit, markups[piece->unit]);
  }
  return g_string_free (out, FALSE);
}

/* --- buffers -------------------------------------------------------------- */

static char *
dup_event (const SubTrack *track, guint i, const char *text)
{
  g_autofree char *event = dup_text (track->buffers->pdata[i]);
  const char *end = is_ass (track) ? find_ass_text (event) : event;

  return g_strdup_printf ("%.*s%s", (int) (end ? end - event : 0), event, text);
}

GPtrArray *
sub_track_make_buffers (const SubTrack *track, char *const *markups)
{
  GPtrArray *buffers = g_ptr_array_new_with_free_func ((GDestroyNotify) gst_buffer_unref);

  for (guint i = 0; i < track->buffers->len; i++) {
    GstBuffer *buffer = track->buffers->pdata[i];

    if (track->document && (markups || is_text (track))) {
      g_autofree char *text = sub_document_write_cue (track->document, i, markups);
      char *event = dup_event (track, i, text);
      GstBuffer *written = gst_buffer_new_wrapped (event, strlen (event));

      gst_buffer_copy_into (
          written, buffer, GST_BUFFER_COPY_FLAGS | GST_BUFFER_COPY_TIMESTAMPS, 0, -1);
      g_ptr_array_add (buffers, written);
    } else {
      g_ptr_array_add (buffers, gst_buffer_ref (buffer));
    }
  }
  return buffers;
}

GstCaps *
sub_track_dup_write_caps (const SubTrack *track)
{
  if (is_text (track))
    return gst_caps_new_simple ("text/x-raw", "format", G_TYPE_STRING, "utf8", NULL);
  return gst_caps_ref (track->caps);
}

static GstTagList *
make_tags (const SubTrack *track, const char *language)
{
  GstTagList *tags = track->tags ? gst_tag_list_copy (track->tags) : gst_tag_list_new_empty ();
  g_autofree char *title = NULL, *code = g_strdup (language);

  gst_tag_list_set_scope (tags, GST_TAG_SCOPE_STREAM);
  if (!language)
    return tags;
  code[strcspn (code, "-_")] = '\0';
  gst_tag_list_get_string (tags, GST_TAG_TITLE, &title);
  if (title) {
    char *all = g_strconcat (title, ", machine translation", NULL);

    g_free (title);
    title = all;
  }
  gst_tag_list_add (tags, GST_TAG_MERGE_REPLACE, GST_TAG_LANGUAGE_CODE, code, GST_TAG_TITLE,
      title ? title : "machine translation", NULL);
  gst_tag_list_remove_tag (tags, GST_TAG_LANGUAGE_NAME);
  return tags;
}

GstElement *
sub_track_add_source (GstElement *pipeline, const SubTrack *track, GPtrArray *buffers,
    GstCaps *caps, const char *language)
{
  GstElement *source = gst_element_factory_make ("appsrc", NULL);

  g_object_set (source, "caps", caps, "format", GST_FORMAT_TIME, "max-bytes", (guint64) 0, NULL);
  gst_bin_add (GST_BIN (pipeline), source);
  gst_element_send_event (source, gst_event_new_tag (make_tags (track, language)));
  for (guint i = 0; i < buffers->len; i++)
    gst_app_src_push_buffer (GST_APP_SRC (source), gst_buffer_ref (buffers->pdata[i]));
  gst_app_src_end_of_stream (GST_APP_SRC (source));
  return source;
}
