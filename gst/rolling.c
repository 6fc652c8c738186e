/* ssmtranslate: captions that roll up
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "rolling.h"
#include "cue-lines.h"

#include <string.h>

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
  whole = g_strconcat (self->translation, CUE_LINE_BREAK, translation ? translation : new_text, NULL);
  keep (self, new_text, translation, TRUE);
  return whole;
}
