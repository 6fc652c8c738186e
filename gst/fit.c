/* ssmtranslate: whether text can be shown and read
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "fit.h"

#include <string.h>

/* --- limits -------------------------------------------------------------------- */

void
cue_fit_clear (CueFit *fit)
{
  g_clear_pointer (&fit->layout.breaks, ssmt_lines_free);
  g_clear_pointer (&fit->language, g_free);
}

void
cue_fit_set (CueFit *fit, const CueLimits *limits, const char *language)
{
  fit->layout.max_columns = limits->max_columns;
  fit->layout.max_lines = limits->max_lines;
  fit->max_cps = limits->max_cps;
  if (!cue_fit_has_limits (fit) || (fit->layout.breaks && g_strcmp0 (language, fit->language) == 0))
    return;
  cue_fit_clear (fit);
  fit->language = g_strdup (language);
  fit->layout.breaks = ssmt_lines_new (language);
}

gboolean
cue_fit_has_limits (const CueFit *fit)
{
  return fit->layout.max_columns > 0 || fit->layout.max_lines > 0 || fit->max_cps > 0;
}

/* --- what goes out --------------------------------------------------------------- */

CueMeasure
cue_fit_measure (const char *text, CueFormat format, char **plain)
{
  g_autoptr (CueText) cue = cue_text_parse (text, strlen (text), format);
  g_auto (GStrv) lines = NULL;
  CueMeasure measure = { 0 };

  cue->codes[0] = '\0';
  cue->ends_line = FALSE;
  *plain = cue_text_write (cue, NULL, CUE_FORMAT_UTF8);
  measure.characters = ssmt_text_count_characters (*plain);
  lines = g_strsplit (*plain, "\n", -1);
  for (; lines[measure.lines]; measure.lines++)
    measure.columns = MAX (measure.columns, ssmt_text_count_columns (lines[measure.lines]));
  return measure;
}

gdouble
cue_measure_get_cps (const CueMeasure *measure, GstClockTime duration)
{
  if (!GST_CLOCK_TIME_IS_VALID (duration) || duration == 0)
    return 0;
  return (gdouble) measure->characters * GST_SECOND / duration;
}

GstClockTime
cue_fit_get_time (const CueFit *fit, const CueMeasure *measure)
{
  guint64 ms;

  if (fit->max_cps == 0)
    return 0;
  ms = ((guint64) measure->characters * 1000 + fit->max_cps - 1) / fit->max_cps;
  return ms * GST_MSECOND;
}

gboolean
cue_fit_holds (const CueFit *fit, const CueMeasure *measure, GstClockTime duration)
{
  const CueLayout *layout = &fit->layout;

  if ((layout->max_columns > 0 && measure->columns > layout->max_columns)
      || (layout->max_lines > 0 && measure->lines > layout->max_lines))
    return FALSE;
  return fit->max_cps == 0 || cue_measure_get_cps (measure, duration) <= fit->max_cps;
}

/* --- room ------------------------------------------------------------------------ */

CueRoom
cue_fit_get_room (const CueFit *fit, GstClockTime duration, gboolean has_lines)
{
  CueRoom room = { .before = "", .after = "" };

  if (!cue_fit_has_limits (fit))
    return room;
  if (has_lines)
    room.layout = fit->layout;
  if (fit->max_cps > 0 && GST_CLOCK_TIME_IS_VALID (duration) && duration > 0)
    room.max_characters = MAX (
        gst_util_uint64_scale (MIN (duration, GST_SECOND * 3600), fit->max_cps, GST_SECOND), 1);
  return room;
}

CueRoom
cue_room_get_part (const CueRoom *room, const CueText *cue, guint part)
{
  const CuePart *own = cue->parts->pdata[part];
  CueRoom share = *room;
  gsize length = strlen (own->text), total = 0;

  share.before = own->prefix;
  share.after = own->suffix;
  if (cue->parts->len == 1)
    return share;
  for (guint i = 0; i < cue->parts->len; i++)
    total += strlen (((const CuePart *) cue->parts->pdata[i])->text);
  if (room->max_characters > 0)
    share.max_characters = MAX (room->max_characters * length / MAX (total, 1), 1);
  if (room->layout.max_lines > 0)
    share.layout.max_lines = MAX (room->layout.max_lines / cue->parts->len, 1);
  return share;
}

static guint
count_beyond (guint n, guint limit)
{
  return limit > 0 && n > limit ? n - limit : 0;
}

guint
cue_room_get_excess (const CueRoom *room, const char *text)
{
  g_autofree char *whole = g_strconcat (room->before, text, room->after, NULL);
  guint excess = count_beyond (ssmt_text_count_characters (whole), room->max_characters);
  g_autofree SsmtRange *lines = NULL;
  guint n;

  if (!room->layout.breaks || room->layout.max_columns == 0)
    return excess;
  lines = ssmt_lines_find (
      room->layout.breaks, whole, room->layout.max_columns, room->layout.max_lines, &n);
  for (guint i = 0; i < n; i++) {
    g_autofree char *line = g_strndup (whole + lines[i].start, lines[i].end - lines[i].start);

    excess += count_beyond (ssmt_text_count_columns (line), room->layout.max_columns);
  }
  return excess;
}
