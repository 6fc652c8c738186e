/* ssm-subtitle: a text track and its translations
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Matroska keeps an event of ASS as "ReadOrder,Layer,Style,Name,MarginL,MarginR,MarginV,Effect,Text"
 * (https://www.matroska.org/technical/subtitles.html), without its times.
 */
#include <string.h>

#include "film.h"
#include "format-ass.h"
#include "format-srt.h"
#include "format-vtt.h"
#include "inline.h"

#define ASS_COMMAS 8

static const SubPacket *
get_packet (const SubTrack *track, guint i)
{
  return &g_array_index (track->packets, SubPacket, i);
}

static char *
time_text (GstClockTime time, SubTrackKind kind)
{
  guint64 ms;

  if (!GST_CLOCK_TIME_IS_VALID (time))
    time = 0;
  ms = (time + GST_MSECOND / 2) / GST_MSECOND;
  if (kind == SUB_TRACK_ASS)
    return g_strdup_printf ("%" G_GUINT64_FORMAT ":%02u:%02u.%02u", ms / 3600000,
        (guint) (ms / 60000 % 60), (guint) (ms / 1000 % 60), (guint) (ms / 10 % 100));
  return g_strdup_printf ("%02" G_GUINT64_FORMAT ":%02u:%02u%c%03u", ms / 3600000,
      (guint) (ms / 60000 % 60), (guint) (ms / 1000 % 60), kind == SUB_TRACK_VTT ? '.' : ',',
      (guint) (ms % 1000));
}

/* --- documents ------------------------------------------------------------ */

static void
add_text_cue (SubTrack *track, guint i)
{
  const SubPacket *packet = get_packet (track, i);
  g_autofree char *text = g_strdup (packet->text);
  g_autofree char *from = time_text (packet->start, track->kind);
  g_autofree char *to = time_text (packet->end, track->kind);

  g_strstrip (text);
  if (track->kind == SUB_TRACK_VTT)
    sub_document_add_piece (track->document,
        g_strdup_printf ("%s%s%s --> %s%s%s\n", packet->identifier ? packet->identifier : "",
            packet->identifier ? "\n" : "", from, to, packet->settings ? " " : "",
            packet->settings ? packet->settings : ""),
        -1);
  else
    sub_document_add_piece (
        track->document, g_strdup_printf ("%u\n%s --> %s\n", i + 1, from, to), -1);
  if (track->kind == SUB_TRACK_VTT)
    sub_vtt_read_text (track->document, text, strlen (text), packet->start, packet->end);
  else
    sub_srt_read_text (track->document, text, strlen (text), packet->start, packet->end);
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
  const SubPacket *packet = get_packet (track, i);
  g_autofree char *from = time_text (packet->start, SUB_TRACK_ASS);
  g_autofree char *to = time_text (packet->end, SUB_TRACK_ASS);
  const char *event = packet->text, *text = find_ass_text (event);
  g_auto (GStrv) fields = g_strsplit (event, ",", 3);

  if (!text) {
    sub_document_add_piece (track->document, g_strdup (event), i);
    return;
  }
  sub_document_add_piece (track->document,
      g_strdup_printf ("Dialogue: %s,%s,%s,%.*s", fields[1], from, to,
          (int) (text - event - strlen (fields[0]) - strlen (fields[1]) - 2), fields[2]),
      -1);
  sub_ass_read_text (track->document, text, strlen (text), packet->start, packet->end);
  sub_document_add_piece (track->document, g_strdup ("\n"), -1);
}

/* Styles and all that stands before the events. */
static char *
dup_ass_header (const SubTrack *track)
{
  g_autofree char *header =
      g_strdup (track->header ? track->header : "[Script Info]\nScriptType: v4.00+\n");

  g_strchomp (header);
  if (strstr (header, "[Events]"))
    return g_strconcat (header, "\n", NULL);
  return g_strconcat (header,
      "\n\n[Events]\nFormat: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, "
      "Text\n",
      NULL);
}

void
sub_track_read_document (SubTrack *track)
{
  static const SubFormat *const formats[] = { &sub_format_srt, &sub_format_ass, &sub_format_vtt,
    &sub_format_srt };

  if (track->document)
    return;
  track->document = sub_document_new (formats[track->kind]);
  if (track->kind == SUB_TRACK_ASS)
    sub_document_add_piece (track->document, dup_ass_header (track), -1);
  else if (track->kind == SUB_TRACK_VTT)
    sub_document_add_piece (track->document, g_strdup ("WEBVTT\n\n"), -1);
  for (guint i = 0; i < track->packets->len; i++) {
    if (track->kind == SUB_TRACK_ASS)
      add_ass_cue (track, i);
    else
      add_text_cue (track, i);
  }
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

/* --- packets -------------------------------------------------------------- */

/* The text alone, on as many lines, as MP4 has it. */
static char *
dup_plain (const SubTrack *track, guint cue, char *const *markups)
{
  const SubDocument *document = track->document;
  GString *out = g_string_new (NULL);

  for (guint i = 0; i < document->pieces->len; i++) {
    const SubPiece *piece = &g_array_index (document->pieces, SubPiece, i);
    g_autoptr (GArray) tokens = NULL;

    if (piece->cue != (gint) cue || piece->unit < 0)
      continue;
    if (out->len > 0)
      g_string_append_c (out, '\n');
    tokens = sub_text_tokens (markups[piece->unit]);
    for (guint k = 0; k < tokens->len; k++) {
      const SubToken *token = &g_array_index (tokens, SubToken, k);

      if (!token->opens && !token->closes)
        sub_write_plain (out, token->c);
    }
  }
  return g_string_free (out, FALSE);
}

char *
sub_track_dup_packet (const SubTrack *track, guint i, char *const *markups)
{
  const char *event = get_packet (track, i)->text;
  const char *text = track->kind == SUB_TRACK_ASS ? find_ass_text (event) : NULL;
  g_autofree char *written = NULL;

  if (track->kind == SUB_TRACK_TX3G) {
    char *plain = dup_plain (track, i, markups);

    if (plain[0])
      return plain;
    g_free (plain);
    return g_strdup (event); /* nothing in it was to be translated */
  }
  written = sub_document_write_cue (track->document, i, markups);
  return g_strdup_printf ("%.*s%s", (int) (text ? text - event : 0), event, written);
}
