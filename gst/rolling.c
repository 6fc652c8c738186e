/* ssmtranslate: captions that roll up
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "rolling.h"
#include "cue-lines.h"

#include <string.h>

#define MAGIC "ssmtroll"

/* What ends the bytes, behind line and translation; no padding, little-endian. */
typedef struct {
  guint32 line, translation; /* bytes of each */
  guint32 rolls;
  char magic[8];
} End;

G_STATIC_ASSERT (sizeof (End) == 20);

void
cue_rolling_clear (CueRolling *self)
{
  g_clear_pointer (&self->line, g_free);
  g_clear_pointer (&self->translation, g_free);
  self->rolls = FALSE;
}

const char *
cue_rolling_find_new (const CueRolling *self, const char *text)
{
  gsize length = self->line ? strlen (self->line) : 0;

  if (length == 0 || strncmp (text, self->line, length) != 0)
    return NULL;
  if (text[length] == '\n' && text[length + 1] != '\0')
    return text + length + 1;
  return text[length] == '\0' && self->rolls ? "" : NULL;
}

static void
keep (CueRolling *self, const char *line, const char *translation, gboolean rolls)
{
  CueRolling old = *self;

  *self = (CueRolling){ NULL };
  if (translation && !strchr (line, '\n'))
    *self = (CueRolling){ g_strdup (line), g_strdup (translation), rolls };
  cue_rolling_clear (&old);
}

char *
cue_rolling_finish (CueRolling *self, const char *text, const char *translation)
{
  const char *new_text = cue_rolling_find_new (self, text);
  char *whole;

  if (!new_text) {
    keep (self, text, translation, FALSE);
    return g_strdup (translation);
  }
  if (*new_text == '\0')
    return g_strdup (self->translation);
  whole =
      g_strconcat (self->translation, CUE_LINE_BREAK, translation ? translation : new_text, NULL);
  keep (self, new_text, translation, TRUE);
  return whole;
}

void
cue_rolling_save (const CueRolling *self, GByteArray *bytes)
{
  End end = { .rolls = GUINT32_TO_LE (self->rolls) };

  if (!self->line)
    return;
  end.line = GUINT32_TO_LE ((guint32) strlen (self->line));
  end.translation = GUINT32_TO_LE ((guint32) strlen (self->translation));
  memcpy (end.magic, MAGIC, sizeof end.magic);
  g_byte_array_append (bytes, (const guint8 *) self->line, (guint) strlen (self->line));
  g_byte_array_append (
      bytes, (const guint8 *) self->translation, (guint) strlen (self->translation));
  g_byte_array_append (bytes, (const guint8 *) &end, sizeof end);
}

void
cue_rolling_load (CueRolling *self, const guint8 *bytes, gsize length)
{
  const char *text;
  gsize line, translation;
  End end;

  cue_rolling_clear (self);
  if (length < sizeof end)
    return;
  length -= sizeof end;
  memcpy (&end, bytes + length, sizeof end);
  line = GUINT32_FROM_LE (end.line);
  translation = GUINT32_FROM_LE (end.translation);
  if (memcmp (end.magic, MAGIC, sizeof end.magic) != 0 || line + translation > length)
    return;
  text = (const char *) bytes + length - line - translation;
  if (line == 0 || !g_utf8_validate (text, (gssize) line, NULL)
      || !g_utf8_validate (text + line, (gssize) translation, NULL))
    return;
  *self =
      (CueRolling){ g_strndup (text, line), g_strndup (text + line, translation), end.rolls != 0 };
}
