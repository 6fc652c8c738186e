/* ssmtranslate: text of strangers where people read it
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "engine/files/printable.h"

static gboolean
is_command (gunichar c)
{
  return (c < 0x20 && c != '\t' && c != '\n') || (c >= 0x7f && c < 0xa0)
      || (c >= 0x202a && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069);
}

char *
ssmt_dup_printable (const char *text)
{
  GString *out = g_string_new (NULL);

  while (*text != '\0') {
    gunichar c = g_utf8_get_char_validated (text, -1);

    if ((gint) c < 0) {
      g_string_append_printf (out, "\\x%02x", (guint8) *text++);
      continue;
    }
    if (is_command (c))
      g_string_append_printf (out, c < 0x100 ? "\\x%02x" : "\\u%04x", c);
    else
      g_string_append_unichar (out, c);
    text = g_utf8_next_char (text);
  }
  return g_string_free (out, FALSE);
}

void
ssmt_error_make_printable (GError **error)
{
  char *message;

  if (error == NULL || *error == NULL)
    return;
  message = (*error)->message;
  (*error)->message = ssmt_dup_printable (message);
  g_free (message);
}
