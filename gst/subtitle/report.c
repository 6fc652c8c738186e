/* ssm-subtitle: what became of a file, as a line of JSON
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "report.h"

#include <stdio.h>
#include <string.h>

static void
append_string (GString *out, const char *text)
{
  g_string_append_c (out, '"');
  while (*text) {
    gunichar c = g_utf8_get_char_validated (text, -1);

    if ((gint32) c < 0) {
      g_string_append_printf (out, "\\udc%02x", (guchar) *text++);
      continue;
    }
    if (c < 0x20 || c == 0x7f)
      g_string_append_printf (out, "\\u%04x", c);
    else if (c == '"' || c == '\\')
      g_string_append_printf (out, "\\%c", (char) c);
    else
      g_string_append_unichar (out, c);
    text = g_utf8_next_char (text);
  }
  g_string_append_c (out, '"');
}

static void
append_member (GString *out, const char *name, const char *text)
{
  g_string_append_printf (out, ", \"%s\": ", name);
  append_string (out, text);
}

gboolean
sub_report_write (const SubReport *report)
{
  g_autoptr (GString) line = g_string_new ("{\"file\": ");
  char seconds[G_ASCII_DTOSTR_BUF_SIZE];

  append_string (line, report->file);
  append_member (line, "status", report->status);
  g_string_append (line, ", \"outputs\": [");
  for (guint i = 0; report->outputs && i < report->outputs->len; i++) {
    if (i > 0)
      g_string_append (line, ", ");
    append_string (line, report->outputs->pdata[i]);
  }
  g_string_append_c (line, ']');
  if (report->reason)
    append_member (line, "reason", report->reason);
  if (report->is_transient)
    g_string_append (line, ", \"transient\": true");
  g_string_append_printf (line,
      ", \"texts\": %" G_GUINT64_FORMAT ", \"copied\": %" G_GUINT64_FORMAT ", \"seconds\": %s}\n",
      report->texts, report->copied,
      g_ascii_formatd (seconds, sizeof seconds, "%.3f", report->seconds));
  return fwrite (line->str, 1, line->len, stdout) == line->len && fflush (stdout) == 0;
}
